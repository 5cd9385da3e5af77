"""Many routers, many routes."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: float
    y: float


def router_of(number: int) -> APIRouter:
    router = APIRouter(prefix=f"/area{number}", tags=[f"area {number}"])

    def reader(place: int) -> Callable[..., dict[str, int]]:
        def read(limit: int = 10) -> dict[str, int]:
            return {"place": place, "limit": limit}

        return read

    for place in range(9):
        router.add_api_route(f"/place{place}", reader(place), methods=["GET"], name=f"place {number} {place}")

    @router.post("/points", name=f"points {number}")
    def points(point: Point) -> Point:
        return point

    return router


@app.get("/")
def root() -> dict[str, str]:
    return {"areas": "30"}


for area in range(30):
    app.include_router(router_of(area))
