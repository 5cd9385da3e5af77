"""Lives in backend/ of the repository and in the work dir of the image."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

PAGES = Path(__file__).resolve().parents[1] / "pages"

app = FastAPI()
app.mount("/static", StaticFiles(directory=PAGES), name="static")


@app.get("/", response_class=HTMLResponse)
def front_page() -> str:
    return (PAGES / "index.html").read_text(encoding="utf-8")
