"""The application, put together."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from . import api, errors, pages, schema
from .auth import Publishers
from .head import Head
from .lifespan import OneLine, make_lifespan
from .limit import BodyLimit
from .security import SecurityHeaders
from .settings import Settings

#: The largest body of a request, in bytes.
MAX_BODY = 1024 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The board with these settings.  Connects to the database when its lifespan starts."""
    app = FastAPI(
        title=settings.board_title,
        description="Publish the JSON reports of `pytest --hfspace` and see which Spaces are ready.",
        version="1",
        lifespan=make_lifespan(settings),
        # FastAPI's pages for the API load their scripts from another host.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.publishers = Publishers(settings.token_digests(), settings.rate_limit)
    app.include_router(api.router)
    app.include_router(pages.router)
    errors.install(app, _page)
    schema.install(app)
    app.add_middleware(BodyLimit, limit=MAX_BODY)
    app.add_middleware(Head)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(OneLine)
    return app


def _page(request: Request, status: int, detail: str) -> Response | None:
    return pages.problem(request, status, detail) if pages.wants_page(request) else None
