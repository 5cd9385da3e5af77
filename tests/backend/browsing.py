"""A board on a port of this machine, and Chromium to look at it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from backend.app import create_app
from backend.report import EXAMPLE
from backend.settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

TOKEN = "correct-horse"


def document(id_: str, name: str, /, **members: Any) -> dict[str, Any]:
    made = {**deepcopy(EXAMPLE), **members, "id": id_}
    made["space"] = {**made["space"], "id": name}
    return made


def ready(id_: str, space: str) -> dict[str, Any]:
    return document(id_, space, stage="RUNNING", ready=True, checks=[])


class Board:
    """A board on a port of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address

    def publish(self, made: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        httpx.post(f"{self.address}/api/reports", json=made, headers=headers).raise_for_status()


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Board]:
    app = create_app(Settings(database_url=f"sqlite:///{folder / 'board.db'}", board_tokens=TOKEN))
    config = uvicorn.Config(
        app, ws="none", log_level="warning", timeout_graceful_shutdown=1, **{"port": 0, **options}
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        (listener,) = server.servers
        port = listener.sockets[0].getsockname()[1]
        yield Board(f"http://127.0.0.1:{port}")
    finally:
        app.state.feed._loop.call_soon_threadsafe(app.state.feed.close)
        server.should_exit = True
        thread.join()


@contextmanager
def launched() -> Iterator[Any]:
    """Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        # The Hub's page is played here, and its frame is a board of this machine: not to be prevented.
        args = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        chromium = started.chromium.launch(executable_path=path, args=args)
        yield chromium
        chromium.close()


@contextmanager
def visiting(browser: Any, address: str, *, width: int = 800, **options: Any) -> Iterator[Any]:
    """A page that is open.  ``page.said``: lines of its console, and requests for another host."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    host = "/".join(address.split("/")[:3])
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: request.url.startswith(host) or page.said.append(request.url))
    page.goto(address)
    try:
        yield page
    finally:
        context.close()


def is_live(page: Any) -> None:
    page.wait_for_selector("#live[data-state=on]")
