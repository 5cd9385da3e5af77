"""A Litestar app with one of each kind of handler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Controller, Litestar, Request, Router, WebSocket, asgi, get, head, post, websocket
from litestar.static_files import create_static_files_router


@get("/items/{item_id:int}")
async def item(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return dict(request.path_params)


class Pets(Controller):
    path = "/pets"

    @get()
    async def names(self) -> list[str]:
        return []

    @post()
    async def create(self) -> str:
        return "ok"

    @head("/head")
    async def length(self) -> None:
        return None


@websocket("/ws")
async def talk(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.close()


@asgi("/raw", is_mount=True, copy_scope=False)
async def raw(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"raw"})


@get("/a")
async def inner() -> str:
    return "ok"


def make(directory: Path) -> Litestar:
    return Litestar(
        [
            item,
            Pets,
            talk,
            raw,
            Router("/inner", route_handlers=[inner]),
            create_static_files_router("/static", directories=[directory]),
        ]
    )
