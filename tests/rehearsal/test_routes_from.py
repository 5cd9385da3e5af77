"""The schema of an app, and the routes that the parent makes of an inventory."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    from fastapi import APIRouter, FastAPI
    from pydantic import BaseModel

    from pytest_hfspace.rehearsal.child.inventory import Inventory, inventory
    from pytest_hfspace.rehearsal.facts import Route as Fact
    from pytest_hfspace.rehearsal.facts import Where
    from pytest_hfspace.rehearsal.routes import routes_from

    from .inventory_driver import one_route, plain


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


def test_what_the_apps_own_schema_raises_is_told_before_that_of_mounts() -> None:
    sub, app = FastAPI(), with_openapi(RuntimeError("above"))
    sub.add_route("/a", plain)
    app.mount("/sub", sub)
    found = inventory(app)
    assert str(found.raised) == "above"
    assert found.openapi is not None
    assert list(found.openapi["x-mounted"]) == ["/sub"]


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


def test_files_have_no_operation_even_where_a_route_has_their_path() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.get("/static")(save)
    app.mount("/static", lambda scope, receive, send: None)
    route, files = facts(inventory(app))[1:]
    assert (route.kind, files.kind, route.path) == ("http", "files", files.path)
    assert route.operation is not None
    assert files.operation is None


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
