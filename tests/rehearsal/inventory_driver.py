"""Drives an ASGI app over its listed routes, to compare the list with what answers."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from pytest_hfspace.rehearsal.child.inventory import Inventory, endpoint_of, inventory

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    from fastapi import FastAPI, WebSocket
    from starlette.responses import PlainTextResponse

VALUES = {
    "int": "1",
    "float": "1.5",
    "path": "a/b",
    "uuid": "12345678-1234-5678-1234-567812345678",
}


def listed(found: Inventory, *, own: bool | None = True) -> list[str]:
    """The labels of the routes, in order; ``own=None`` for all of them."""
    return [
        f"{route['method']} {route['path']}" + (f" ({route['host']})" if route["host"] else "")
        for route in found.routes
        if own is None or route["own"] is own
    ]


def entry(found: Inventory, label: str) -> dict[str, Any]:
    """The one entry with this method and path."""
    (match,) = [route for route in found.routes if f"{route['method']} {route['path']}" == label]
    return match


def concrete(route: Mapping[str, Any]) -> str:
    """The route's path with values for its parameters; a file below a mount."""
    path = route["path"]
    for name, convertor in route["parameters"].items():
        path = path.replace("{" + name + "}", VALUES.get(convertor, "x"))
    return path.rstrip("/") + "/probe.txt" if route["kind"] == "files" else path


def drive(app: Any, route: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """Ask the app for a route.  The status, None for a WebSocket, and the scope as it was left."""
    return visit(app, route["method"], concrete(route), route["host"].replace("{name}", "x") or "testserver")


def visit(app: Any, method: str, path: str, host: str = "testserver") -> tuple[int | None, dict[str, Any]]:
    scopes: list[dict[str, Any]] = []

    async def looked_at(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await app(scope, receive, send)

    work = _socket(looked_at, path, host) if method == "WS" else _request(looked_at, method, path, host)
    status = asyncio.run(work)
    return status, scopes[0]


async def _request(app: Callable[..., Any], method: str, path: str, host: str) -> int:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return (await client.request(method, path)).status_code


async def _socket(app: Callable[..., Any], path: str, host: str) -> None:
    waiting = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        assert message["type"] in {"websocket.accept", "websocket.close", "websocket.http.response.start"}

    await app(
        {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", host.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "subprotocols": [],
        },
        receive,
        send,
    )


def handler() -> str:
    return "ok"


def plain(request: Any) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def agrees(app: Any) -> None:
    """Every listed route is what the router chooses for it, and answers."""
    found = inventory(app)
    assert found.problem == ""
    assert found.raised is None
    assert found.routes
    for route in found.routes:
        status, scope = drive(app, route)
        assert endpoint_of(scope) == route["endpoint"], route
        assert route["kind"] == "files" or status not in {404, 405}, route


def bare(**options: Any) -> FastAPI:
    return FastAPI(openapi_url=None, **options)


def one_route() -> FastAPI:
    app = bare()
    app.add_route("/a", plain)
    return app


def line_of(function: Any) -> int:
    return inspect.getsourcelines(function)[1]
