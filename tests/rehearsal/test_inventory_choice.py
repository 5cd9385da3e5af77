"""Endpoints: what the router chose, read from the scope, is what the inventory lists."""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    from fastapi import APIRouter, FastAPI
    from starlette.applications import Starlette
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from pytest_hfspace.rehearsal.child.inventory import endpoint_of, inventory

    from .inventory_driver import agrees, bare, entry, handler, line_of, listed, plain, talk, visit


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Any) -> Any:
        return await call_next(request)


class Copying:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


def behind(middleware: Any, **options: Any) -> FastAPI:
    sub, router, app = bare(), APIRouter(), bare()
    sub.get("/a")(handler)
    router.get("/{item_id}")(handler)
    app.add_middleware(middleware, **options)
    app.include_router(router, prefix="/items")
    app.mount("/sub", sub)
    app.websocket("/ws")(talk)
    return app


@pytest.mark.parametrize(
    ("middleware", "options"),
    [
        (Passing, {}),
        (CORSMiddleware, {"allow_origins": ["*"]}),
        (GZipMiddleware, {}),
        (TrustedHostMiddleware, {"allowed_hosts": ["*"]}),
    ],
)
def test_the_choice_is_seen_behind_a_middleware(middleware: Any, options: Any) -> None:
    agrees(behind(middleware, **options))


def test_the_choice_is_seen_behind_a_wrapper_of_the_whole_app() -> None:
    app = bare()
    app.get("/a")(handler)
    wrapped = CORSMiddleware(Passing(app), allow_origins=["*"])
    assert listed(inventory(wrapped)) == ["GET /a"]
    agrees(wrapped)


def test_a_middleware_that_copies_the_scope_hides_the_choice() -> None:
    status, scope = visit(behind(Copying), "GET", "/items/1")
    assert (status, endpoint_of(scope)) == (200, "")


def test_the_choice_is_seen_when_the_endpoint_raises() -> None:
    def broken() -> None:
        raise RuntimeError("no")

    app = bare()
    app.get("/a")(broken)
    status, scope = visit(app, "GET", "/a")
    assert status == 500
    assert endpoint_of(scope) == inventory(app).routes[0]["endpoint"]


def test_the_first_of_two_routes_is_chosen() -> None:
    app = bare()
    app.get("/{name}")(handler)
    app.add_route("/mine", plain)
    _, scope = visit(app, "GET", "/mine")
    assert endpoint_of(scope) == entry(inventory(app), "GET /{name}")["endpoint"]


@pytest.mark.parametrize(
    ("method", "path", "chosen"),
    [("GET", "/nowhere", ""), ("POST", "/items/1", "handler"), ("GET", "/items/1/", "")],
)
def test_no_route_no_choice(method: str, path: str, chosen: str) -> None:
    _, scope = visit(behind(Passing), method, path)
    assert endpoint_of(scope) == (f"{handler.__module__}:{chosen}" if chosen else "")


def test_a_mount_that_has_no_such_route_is_the_choice() -> None:
    status, scope = visit(behind(Passing), "GET", "/sub/nowhere")
    assert (status, endpoint_of(scope)) == (404, "fastapi.applications:FastAPI")


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Service:
    def method(self, request: Any) -> PlainTextResponse:
        return plain(request)


@pytest.mark.parametrize(
    ("endpoint", "name", "code"),
    [
        (decorated(decorated(plain)), "plain", plain),
        (functools.partial(plain), "plain", plain),
        (functools.partial(functools.partial(decorated(plain))), "plain", plain),
        (Service().method, "Service.method", Service.method),
        (functools.partial(Service().method), "Service.method", Service.method),
    ],
    ids=["wraps", "partial", "all of them", "method", "partial method"],
)
def test_an_endpoint_is_the_users_function(endpoint: Any, name: str, code: Any) -> None:
    app = Starlette(routes=[Route("/a", endpoint)])
    (route,) = inventory(app).routes
    assert route["endpoint"] == f"{code.__module__}:{name}"
    assert route["where"] == [inspect.getfile(code), line_of(code)]
    agrees(app)
