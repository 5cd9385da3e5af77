"""The inventory of wrapped apps and of hostile objects."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware
    from starlette.routing import BaseRoute, Mount, Route, Router

    from pytest_hfspace.rehearsal.child import found as found_module
    from pytest_hfspace.rehearsal.child import inventory as inventory_module
    from pytest_hfspace.rehearsal.child.inventory import endpoint_of, inventory

    from .inventory_driver import listed, one_route, plain


# --- apps in wrappers


class Holder:
    """An ASGI wrapper that keeps what it wraps under a name of its choice."""

    def __init__(self, name: str, app: Any) -> None:
        setattr(self, name, app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        pass

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        pass


def forwarding(app: Any) -> Any:
    @functools.wraps(app, updated=())
    async def wrapper(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return wrapper


@pytest.mark.parametrize(
    "wrap",
    [
        lambda app: app,
        CORSMiddleware,
        lambda app: CORSMiddleware(CORSMiddleware(app)),
        lambda app: Holder("app", app),
        lambda app: Holder("other_asgi_app", app),
        lambda app: Holder("app", app).method,
        lambda app: functools.partial(CORSMiddleware(app)),
        lambda app: app.__call__,
        lambda app: app.router,
        forwarding,
    ],
    ids=["bare", "cors", "two", "app", "other", "method", "partial", "call", "router", "wraps"],
)
def test_the_app_is_found_below_its_wrappers(wrap: Any) -> None:
    found = inventory(wrap(one_route()))
    assert (found.framework, listed(found), found.problem) == ("fastapi", ["GET /a"], "")


async def plain_asgi(scope: Any, receive: Any, send: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("app", "named"),
    [
        (plain_asgi, "test_inventory:plain_asgi"),
        (functools.partial(plain_asgi), "test_inventory:plain_asgi"),
        (Holder("app", plain_asgi), "test_inventory:Holder"),
        (Holder("app", None), "test_inventory:Holder"),
        (Holder("app", FastAPI), "test_inventory:Holder"),
        (None, "builtins:NoneType"),
        (object(), "builtins:object"),
        ("main:app", "builtins:str"),
    ],
    ids=["function", "partial", "wrapper", "empty", "class", "None", "object", "text"],
)
def test_an_app_without_a_route_table_says_so(app: Any, named: str) -> None:
    found = inventory(app)
    assert (found.framework, found.routes, found.openapi, found.raised) == ("asgi", [], None, None)
    assert found.problem.startswith("no route table: the app is ")
    assert found.problem.endswith(named)


def test_an_app_without_routes_is_no_problem() -> None:
    found = inventory(FastAPI(openapi_url=None))
    assert (found.routes, found.problem) == ([], "")


# --- hostile objects


class Sealed:
    """Every look at it raises, even at its class."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(f"do not look at {name}")

    def __call__(self) -> None:
        pass


class Endless:
    """Every attribute is another of its kind."""

    def __getattr__(self, name: str) -> Any:
        return Endless()

    def __call__(self, *args: Any) -> Any:
        return Endless()


class MuteError(RuntimeError):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def circle() -> Any:
    first, second = Holder("app", None), Holder("app", None)
    first.app, second.app = second, first
    return first


@pytest.mark.parametrize(
    "make",
    [Sealed, Endless, mock.MagicMock, lambda: mock.call, circle, lambda: mock.MagicMock(spec=FastAPI)],
    ids=["sealed", "endless", "mock", "call", "circle", "mock of FastAPI"],
)
def test_hostile_apps_have_no_route_table(make: Any) -> None:
    found = inventory(make())
    assert found.routes == []
    assert found.problem.startswith("no route table")


@pytest.mark.parametrize(
    "make",
    [Sealed, Endless, lambda: mock.call, mock.MagicMock],
    ids=["sealed", "endless", "call", "mock"],
)
def test_hostile_endpoints_and_mounts_are_still_listed(make: Any) -> None:
    endpoint = make()
    route = Route("/before", plain)
    route.endpoint = endpoint
    app = Router([route, Mount("/below", plain_asgi), Route("/after", plain)])
    app.routes[1].app = app.routes[1]._base_app = endpoint
    found = inventory(app)
    assert listed(found) == ["GET /before", "GET /below", "GET /after"]
    assert found.problem == ""
    json.dumps(found.routes)
    assert isinstance(endpoint_of({"endpoint": endpoint}), str)


def endless_routes() -> Iterator[BaseRoute]:
    while True:
        yield Route("/a", plain)


def failing_routes() -> Iterator[BaseRoute]:
    yield Route("/a", plain)
    raise MuteError


def test_endless_routes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_module, "MOST_ROUTES", 30)
    app = Router()
    app.routes = endless_routes()
    found = inventory(app)
    assert len(found.routes) == 30
    assert found.problem == "more than 30 routes"


def test_as_many_routes_as_there_may_be_are_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_module, "MOST_ROUTES", 30)
    found = inventory(Router([Route("/a", plain)] * 30))
    assert (len(found.routes), found.problem) == (30, "")


def test_routes_that_break_off() -> None:
    app = Router()
    app.routes = failing_routes()
    found = inventory(app)
    assert listed(found) == ["GET /a"]
    assert found.problem == "the routes of Router at / cannot be listed: MuteError"


@pytest.mark.parametrize(
    "routes", [None, 7, [None], [object()]], ids=["none", "number", "nothing in it", "an object in it"]
)
def test_a_table_of_something_else_is_a_problem(routes: Any) -> None:
    app = Router()
    app.routes = routes
    found = inventory(app)
    assert found.routes == []
    assert found.problem


def test_a_route_table_that_raises() -> None:
    class Guarded(Router):
        routes = property(lambda self: 1 / 0, lambda self, value: None)

    assert inventory(Guarded()).problem == (
        "the routes of Guarded at / cannot be listed: ZeroDivisionError: division by zero"
    )


def test_one_broken_route_hides_no_other() -> None:
    class Broken(Route):
        path = property(lambda self: 1 / 0, lambda self, value: None)

    class Unknown(BaseRoute):
        pass

    found = inventory(Router([Route("/a", plain), Broken("/b", plain), Unknown(), Route("/c", plain)]))
    assert listed(found) == ["GET /a", "GET /c"]
    assert found.problem == (
        "a Broken cannot be read: TypeError: its path is NoneType; "
        "Unknown is a kind of route that is not understood"
    )


def test_only_the_first_problems_are_told() -> None:
    kinds = [type(f"Kind{number}", (BaseRoute,), {}) for number in range(20)]
    found = inventory(Router([kind() for kind in kinds]))
    assert found.problem.count(";") == found_module.MOST_PROBLEMS - 1


def test_an_app_that_is_mounted_in_itself() -> None:
    app = one_route()
    app.mount("/self", app)
    found = inventory(app)
    assert listed(found) == ["GET /a"]
    assert found.problem == "the app at /self is mounted inside itself"


def test_a_mounted_object_that_knows_the_app_is_no_cycle() -> None:
    app = one_route()
    app.mount("/below", Holder("app", app).method)
    found = inventory(app)
    assert (listed(found), found.problem) == (["GET /a", "GET /below"], "")


def test_the_same_app_mounted_twice_is_no_cycle() -> None:
    sub = one_route()
    found = inventory(Router([Mount("/one", sub), Mount("/two", sub)]))
    assert (listed(found), found.problem) == (["GET /one/a", "GET /two/a"], "")


@pytest.mark.parametrize(("depth", "problem"), [(49, ""), (50, "more than 50 mounts inside each other")])
def test_mounts_inside_mounts_end(depth: int, problem: str) -> None:
    app = Router([Route("/a", plain)])
    for _ in range(depth):
        app = Router([Mount("/m", app)])
    found = inventory(app)
    assert found.problem == problem
    assert listed(found) == ([] if problem else ["GET " + "/m" * depth + "/a"])


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"endpoint": None},
        {"route": object()},
        {"fastapi": []},
        {"fastapi": {}},
        {"fastapi": object()},
        {"route_handler": object()},
    ],
    ids=["empty", "none", "no endpoint", "list", "no path", "object", "handler"],
)
def test_a_scope_without_a_choice(scope: dict[str, Any]) -> None:
    assert endpoint_of(scope) == ""


def test_the_choice_of_a_router_that_names_only_its_route() -> None:
    assert endpoint_of({"route": Route("/a", plain)}).endswith(":plain")


def test_nothing_of_a_framework_is_imported() -> None:
    """The module is loaded by path, under another name, before the app and in its process."""
    code = f"""
import importlib.util, sys
folder = {str(Path(inventory_module.__file__).parent)!r}
spec = importlib.util.spec_from_file_location(
    "hfspace_child", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["hfspace_child"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from hfspace_child.inventory import inventory
print(inventory(print).problem)
print([name for name in sys.modules if name.split(".")[0] not in sys.stdlib_module_names
       and name.split(".")[0] not in ("hfspace_child", "__main__")])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["no route table: the app is builtins:print", "[]"]


# --- origins


class Registered:
    """A middleware as other versions register it."""

    def __init__(self, cls: Any, **named: Any) -> None:
        self.cls, self.options = cls, named


def test_origins_that_are_told_when_the_app_runs() -> None:
    app, inner = FastAPI(), FastAPI()
    inner.add_api_route("/plain", plain)
    app.mount("/v1", inner)
    app.add_middleware(CORSMiddleware, allow_origins=["https://a.example", "https://*.b.example"])
    inner.user_middleware.append(Registered(CORSMiddleware, allow_origins=("*", "https://a.example")))

    assert inventory(app).origins == ("https://a.example", "https://*.b.example", "*")
    assert inventory(CORSMiddleware(app)).origins == ("https://a.example", "https://*.b.example", "*")


@pytest.mark.parametrize("held", [None, 5, [object()], [Registered(CORSMiddleware, allow_origins=7)]])
def test_middlewares_that_tell_no_origins(held: Any) -> None:
    app = FastAPI()
    app.user_middleware = held

    assert inventory(app).origins == ()
