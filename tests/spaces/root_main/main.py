"""A Space with everything in one module."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_root() -> dict[str, str]:
    return {"hello": "Space"}


@app.get("/square/{number}")
def square(number: int) -> dict[str, int]:
    return {"square": number * number}
