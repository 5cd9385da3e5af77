"""An application that is made by a function."""

from fastapi import APIRouter, FastAPI

router = APIRouter(prefix="/shop", tags=["shop"])


@router.get("/")
def index() -> list[str]:
    return ["tea"]


def create_app() -> FastAPI:
    app = FastAPI(title="Shop")
    app.include_router(router)

    @app.get("/")
    def root() -> dict[str, str]:
        return {"shop": "open"}

    return app
