"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import errors
from .api import router
from .database import make_engine, make_tables
from .limit import BodyLimit
from .settings import Settings

#: The largest body of a request, in bytes.
MAX_BODY = 1024 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The board with these settings.  Connects to the database when its lifespan starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings.database_url)
        try:
            make_tables(engine)
            app.state.engine = engine
            yield
        finally:
            engine.dispose()

    app = FastAPI(
        title=settings.board_title,
        description="Publish the JSON reports of `pytest --hfspace` and see which Spaces are ready.",
        version="1",
        lifespan=lifespan,
    )
    app.state.token_digests = settings.token_digests()
    app.add_middleware(BodyLimit, limit=MAX_BODY)
    app.include_router(router)
    errors.install(app)
    return app
