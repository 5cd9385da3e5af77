"""A Litestar app whose schema is written by another hand than FastAPI's."""

# No postponed annotations: Litestar reads them when the handlers are made.
import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

import litestar
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    name: str
    price: float
    colour: Colour
    day: date
    tags: list[str] = field(default_factory=list)


@dataclass
class Stored:
    id: UUID
    name: str


@dataclass
class Contact:
    email: str
    age: int


def build_litestar() -> litestar.Litestar:  # noqa: C901  (a list of routes, not a program)
    store: dict[UUID, Item] = {}

    @litestar.post("/items")
    async def create(data: Item) -> Stored:
        key = uuid4()
        store[key] = data
        return Stored(key, data.name)

    @litestar.get("/items/{item_id:uuid}")
    async def one(item_id: UUID) -> Item:
        if item_id not in store:
            raise litestar.exceptions.NotFoundException
        return store[item_id]

    @litestar.delete("/items/{item_id:uuid}")
    async def remove(item_id: UUID) -> None:
        if store.pop(item_id, None) is None:
            raise litestar.exceptions.NotFoundException

    @litestar.get("/search")
    async def search(
        q: Annotated[str, Parameter(min_length=3, max_length=5)], limit: Annotated[int, Parameter(gt=10)]
    ) -> str:
        return q * limit

    @litestar.get("/colours/{colour:str}")
    async def colour(colour: Colour) -> str:
        return colour.value

    @litestar.get("/days/{day:date}")
    async def day(day: date) -> str:
        return day.isoformat()

    @litestar.get("/files/{path:path}")
    async def files(path: str) -> str:
        return path

    @litestar.get("/header")
    async def header(token: Annotated[str, Parameter(header="X-Token")]) -> str:
        return token

    @litestar.post("/form")
    async def form(
        data: Annotated[Contact, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> dict[str, Any]:
        return {"email": data.email}

    @litestar.post("/upload")
    async def upload(data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)]) -> str:
        return (await data.read()).decode("latin-1")

    return litestar.Litestar(
        [create, one, remove, search, colour, day, files, header, form, upload], logging_config=None
    )
