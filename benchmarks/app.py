"""A FastAPI application with as many routes as asked for: half read, a third take a body."""

from __future__ import annotations

from pathlib import Path

_HEAD = """
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    price: float = Field(gt=0)
    tags: list[str] = []
"""
_READ = """

@app.get("/read{n}/{{item_id}}")
def read{n}(item_id: int, limit: int = 10) -> dict[str, int]:
    return {{"item": item_id, "limit": limit}}
"""
_LIST = """

@app.get("/list{n}")
def list{n}(query: str | None = None) -> list[str]:
    return [query or "all"]
"""
_WRITE = """

@app.post("/write{n}")
def write{n}(item: Item) -> Item:
    return item
"""
_KINDS = (_READ, _WRITE, _LIST)

_CARD = "---\ntitle: Bench\nemoji: ⏱️\ncolorFrom: blue\ncolorTo: gray\nsdk: docker\n---\n"
_DOCKERFILE = """FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt main.py ./
RUN pip install -r requirements.txt
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
"""


def write_space(directory: Path, routes: int) -> list[tuple[str, str, dict[str, object] | None]]:
    """Write a Space with so many routes; the requests (method, path, body) that ask each once."""
    directory.mkdir(parents=True)
    parts, requests = [_HEAD], []
    for n in range(routes):
        kind = _KINDS[n % 3]
        parts.append(kind.format(n=n))
        if kind is _READ:
            requests.append(("GET", f"/read{n}/1", None))
        elif kind is _LIST:
            requests.append(("GET", f"/list{n}", None))
        else:
            requests.append(("POST", f"/write{n}", {"name": "a", "price": 1.5}))
    (directory / "main.py").write_text("".join(parts), encoding="utf-8")
    (directory / "README.md").write_text(_CARD, encoding="utf-8")
    (directory / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
    (directory / "requirements.txt").write_text("fastapi\nuvicorn\n", encoding="utf-8")
    return requests
