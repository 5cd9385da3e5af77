"""A board in this process, with a database of its own for each test."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from sqlalchemy import Engine

from backend.app import create_app
from backend.report import EXAMPLE
from backend.settings import Settings

from . import postgresql

TOKEN = "correct-horse"


class Board:
    """The board behind a synchronous client.  The same event loop serves every request of a test."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.loop = asyncio.new_event_loop()
        self.lifespan = self.run(self.started())
        # A crash is an answer of 500 here as well; its exception would hide the answer.
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://board")

    @property
    def engine(self) -> Engine:
        return self.app.state.engine

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    async def started(self) -> LifespanManager:
        return await LifespanManager(self.app).__aenter__()

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.run(self.client.get(url, **options))

    def post(self, submission: Any, token: str | None = TOKEN, **options: Any) -> httpx.Response:
        return self.run(self.sent(submission, token, **options))

    async def sent(self, submission: Any, token: str | None = TOKEN, **options: Any) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        options = options or {"json": submission}
        return await self.client.post("/api/reports", headers=headers, **options)

    def close(self) -> None:
        self.run(self.client.aclose())
        self.run(self.lifespan.__aexit__(None, None, None))
        self.loop.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    reason = postgresql.missing()
    if reason:
        pytest.skip(reason)
    with postgresql.server() as directory:
        yield directory


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'board.db'}"
    return postgresql.empty_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Callable[..., Board]]:
    boards: list[Board] = []

    def make(**settings: Any) -> Board:
        url = f"sqlite:///{tmp_path / 'board.db'}"
        boards.append(Board(Settings(**{"database_url": url, "board_tokens": TOKEN, **settings})))
        return boards[-1]

    yield make
    for board in boards:
        board.close()


@pytest.fixture
def board(make_board: Callable[..., Board]) -> Board:
    return make_board()


@pytest.fixture
def submission() -> Callable[..., dict[str, Any]]:
    """The example of a report, with other members where they are given; ``space``: the Space's name."""

    def make(
        report: dict[str, Any] | None = None, *, space: str | None = None, **members: Any
    ) -> dict[str, Any]:
        made = {**copy.deepcopy(EXAMPLE), **(report or {}), **members}
        if space is not None:
            made["space"]["id"] = space
        return made

    return make
