"""A project's test module with the documented type of each fixture.  Only mypy reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_hfspace import (
    Read,
    Rehearsal,
    Route,
    SettingsSeen,
    Space,
    SpaceServer,
    __version__,
    read_space,
)


@pytest.fixture(scope="session")
def space_app() -> Any:
    return __version__


def test_space(space: Space, space_rehearsal: Rehearsal) -> None:
    port: int = space.port
    memory: float | None = space_rehearsal.peak_rss_mb
    assert port
    assert memory


async def test_client(space_lifespan: Any, space_client: httpx.AsyncClient) -> None:
    answer: httpx.Response = await space_client.get("/")
    assert answer.is_success


def test_http(space_http: httpx.Client) -> None:
    answer: httpx.Response = space_http.get("/")
    assert answer.is_success


def test_routes(space_routes: tuple[Route, ...], space_route: Route) -> None:
    path: str = space_route.path
    line: int | None = space_route.where.line if space_route.where else None
    assert [path, line]
    assert space_route in space_routes


def test_settings(space_env: SettingsSeen) -> None:
    read: Read = space_env["APP_TITLE"]
    default: str | None = read.default
    required: tuple[str, ...] = space_env.required
    space_env.assert_only_environment()
    assert required or default


def test_server(space_server: SpaceServer, tmp_path: Path) -> None:
    port: int = space_server.port
    log: str = space_server.log
    assert space_server.get("/", headers={"A": "b"}).status_code == 200
    with SpaceServer(read_space(tmp_path)) as server:
        url: str = server.url
    assert [port, log, url]
