"""The shell fills in the port: the Hub sets no PORT."""

from fastapi import FastAPI

app = FastAPI(docs_url=None, redoc_url=None)


@app.get("/")
async def root() -> dict[str, bool]:
    return {"ok": True}
