"""Another framework, by its OpenAPI document and its route table."""

from dataclasses import dataclass

from litestar import Litestar, get, post


@dataclass
class Word:
    text: str
    times: int


@get("/")
async def home() -> dict[str, str]:
    return {"framework": "litestar"}


@get("/upper/{text:str}")
async def upper(text: str) -> str:
    return text.upper()


@post("/words")
async def repeat(data: Word) -> list[str]:
    return [data.text] * min(data.times, 3)


app = Litestar([home, upper, repeat])
