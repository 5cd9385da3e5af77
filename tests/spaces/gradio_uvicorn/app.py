"""The gradio SDK runs `python app.py`; nothing says that it must be Gradio."""

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def front_page() -> str:
    return "<h1>No Gradio here</h1>"


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=7860)
