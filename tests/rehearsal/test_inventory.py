"""The inventory of hostile objects, of wrapped apps and of schemas; and the parent's side of it."""

from __future__ import annotations

import dataclasses
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
    from fastapi import APIRouter, FastAPI
    from pydantic import BaseModel
    from starlette.middleware.cors import CORSMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import BaseRoute, Mount, Route, Router

    from pytest_hfspace.rehearsal.child import found as found_module
    from pytest_hfspace.rehearsal.child import inventory as inventory_module
    from pytest_hfspace.rehearsal.child.inventory import Inventory, endpoint_of, inventory
    from pytest_hfspace.rehearsal.facts import Route as Fact
    from pytest_hfspace.rehearsal.facts import Where
    from pytest_hfspace.rehearsal.routes import routes_from

    from .inventory_driver import listed


def plain(request: Any) -> PlainTextResponse:
    return PlainTextResponse("ok")


def one_route() -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.add_route("/a", plain)
    return app


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
        lambda app: CORSMiddleware(app),
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


class Mute(RuntimeError):
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
    raise Mute


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
    assert found.problem == "the routes of Router at / cannot be listed: Mute"


@pytest.mark.parametrize("routes", [None, 7, [None], [object()]], ids=repr)
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


# --- schemas


class Item(BaseModel):
    name: str


def save(item: Item) -> Item:
    return item


def with_openapi(document: Any, **options: Any) -> FastAPI:
    def openapi() -> Any:
        if isinstance(document, BaseException):
            raise document
        return document

    app = FastAPI(**options)
    app.openapi = openapi
    return app


def test_an_overridden_schema_is_the_one_that_counts() -> None:
    found = inventory(with_openapi({"paths": {}, "info": {"title": "mine"}}))
    assert found.openapi == {"paths": {}, "info": {"title": "mine"}}
    assert found.raised is None


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (RuntimeError("no"), RuntimeError),
        (SystemExit(3), SystemExit),
        ({"paths": {"/a": {1, 2}}}, TypeError),
        ({"info": float("nan")}, ValueError),
        ({"info": "\ud800"}, UnicodeEncodeError),
        ([], TypeError),
    ],
    ids=["raises", "exits", "set", "nan", "surrogate", "list"],
)
def test_a_schema_that_cannot_be_published(document: Any, kind: type[BaseException]) -> None:
    found = inventory(with_openapi(document))
    assert found.openapi is None
    assert type(found.raised) is kind
    assert found.problem == ""
    unpublished = inventory(with_openapi(document, openapi_url=None))
    assert (unpublished.openapi, unpublished.raised) == (None, None)


def test_a_schema_that_refers_to_itself_without_end() -> None:
    document: dict[str, Any] = {}
    document["paths"] = document
    assert type(inventory(with_openapi(document)).raised) is ValueError


def test_a_duplicate_operation_is_a_warning_and_no_failure() -> None:
    app = FastAPI()
    app.post("/a", operation_id="same")(save)
    app.post("/b", operation_id="same")(save)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = inventory(app)
    assert found.raised is None
    assert found.openapi is not None


def test_what_a_mounted_apps_schema_raises_is_told() -> None:
    sub = with_openapi(RuntimeError("below"))
    sub.add_route("/a", plain)
    app = FastAPI()
    app.mount("/sub", sub)
    found = inventory(app)
    assert str(found.raised) == "below"
    assert found.openapi is not None


# --- the parent's side


def here(file: str, line: int) -> Where | None:
    return Where(Path(file).name, line) if file == __file__ else None


def facts(found: Inventory) -> tuple[Fact, ...]:
    routes = json.loads(json.dumps(found.routes))
    return routes_from(routes, found.openapi, here)


def test_the_entries_have_the_fields_of_a_route() -> None:
    (route,) = inventory(one_route()).routes
    assert set(route) == {field.name for field in dataclasses.fields(Fact)} - {"operation"}


def test_routes_say_where_and_what_they_are() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.post("/items/{item_id:int}", name="save")(save)
    app.get("/hidden", include_in_schema=False)(save)
    docs, route, hidden = facts(inventory(app))
    assert (docs.own, docs.where, docs.operation) == (False, None, None)
    assert route.label == "POST /items/{item_id}"
    assert route.where == Where(Path(__file__).name, save.__code__.co_firstlineno)
    assert route.parameters == {"item_id": "int"}
    assert route.operation is not None
    assert route.operation["operationId"].startswith("save_items")
    assert hidden.operation is None


def test_operations_of_included_and_of_mounted_apps() -> None:
    router = APIRouter(prefix="/r")
    router.post("/a")(save)
    sub, deep, app = FastAPI(), FastAPI(), FastAPI()
    sub.post("/a", summary="mounted")(save)
    sub.post("/", summary="root")(save)
    deep.post("/a", summary="deep")(save)
    sub.mount("/deep", deep)
    app.include_router(router, prefix="/v1")
    app.mount("/sub", sub)
    summaries = {
        route.label: (route.operation or {}).get("summary") for route in facts(inventory(app)) if route.own
    }
    assert summaries == {
        "POST /v1/r/a": "Save",
        "POST /sub/a": "mounted",
        "POST /sub/": "root",
        "POST /sub/deep/a": "deep",
    }


def test_references_of_a_mounted_app_point_into_the_one_document() -> None:
    sub, app = FastAPI(), FastAPI()
    sub.post("/a")(save)
    app.mount("/sub/{tenant}", sub)
    found = inventory(app)
    (route,) = [route for route in facts(found) if route.own]
    assert route.operation is not None
    reference = route.operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    node: Any = found.openapi
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    assert node["title"] == "Item"


def test_methods_of_one_path_have_their_own_operations() -> None:
    app = FastAPI()
    app.get("/a", summary="read")(lambda: None)
    app.post("/a", summary="write")(lambda: None)
    operations = [route.operation for route in facts(inventory(app)) if route.own]
    assert [operation and operation["summary"] for operation in operations] == ["read", "write"]


@pytest.mark.parametrize(
    "openapi",
    [
        None,
        {},
        {"paths": None},
        {"paths": ["/a"]},
        {"paths": {"/a": None}},
        {"paths": {"/a": {"get": "text"}}},
        {"x-mounted": ["/a"], "paths": {}},
        {"x-mounted": {"/a": None}, "paths": {}},
    ],
    ids=repr,
)
def test_a_document_of_anything_gives_no_operation(openapi: Any) -> None:
    (route,) = routes_from(inventory(one_route()).routes, openapi, here)
    assert route.operation is None
    assert route.label == "GET /a"
