"""Started by the FastAPI command line."""

from fastapi import FastAPI

from .greetings import greet

app = FastAPI()


@app.get("/")
def root(name: str = "Space") -> dict[str, str]:
    return {"greeting": greet(name)}
