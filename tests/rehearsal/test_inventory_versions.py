"""The inventory against what answers, in whichever version of the frameworks is installed."""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import fastapi
    import fastapi.routing
    from fastapi import APIRouter, FastAPI
    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import PlainTextResponse, RedirectResponse
    from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    from pytest_hfspace.rehearsal.child.inventory import inventory

    from .inventory_driver import agrees, bare, entry, handler, line_of, listed, plain, talk, visit

#: Since 0.137 an included router stays a branch, and mounts of a router are included with it.
TREE = hasattr(fastapi.routing, "_IncludedRouter")
DOCS = ["GET /openapi.json", "GET /docs", "GET /docs/oauth2-redirect", "GET /redoc"]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("raw")(scope, receive, send)


class Page(HTTPEndpoint):
    async def get(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse("page")

    async def delete(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse("gone")


class Raw:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await raw(scope, receive, send)


# --- FastAPI


def test_fastapi_lists_its_docs_as_not_the_users() -> None:
    app = FastAPI()
    app.get("/items/{item_id}")(handler)
    found = inventory(app)
    assert found.framework == "fastapi"
    assert listed(found) == ["GET /items/{item_id}"]
    assert listed(found, own=False) == DOCS
    assert [route["index"] for route in found.routes] == [0, 1, 2, 3, 4]
    agrees(app)


def test_fastapi_docs_that_the_user_redefined_are_the_users() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.get("/docs", include_in_schema=False)(handler)
    assert listed(inventory(app)) == ["GET /docs"]
    agrees(app)


def test_fastapi_without_openapi_still_has_a_schema_for_requests() -> None:
    app = bare()
    app.get("/a")(handler)
    found = inventory(app)
    assert listed(found, own=None) == ["GET /a"]
    assert found.openapi is not None
    assert "/a" in found.openapi["paths"]


def test_the_schema_is_not_built_when_not_asked_for() -> None:
    app = FastAPI()
    app.openapi = lambda: pytest.fail("it was built")
    assert inventory(app, with_schema=False).openapi is None


def test_a_route_says_where_it_is() -> None:
    app = bare()
    app.get("/a", name="first")(handler)
    (route,) = inventory(app).routes
    assert route == {
        "method": "GET",
        "path": "/a",
        "kind": "http",
        "endpoint": f"{handler.__module__}:handler",
        "where": [inspect.getfile(handler), line_of(handler)],
        "own": True,
        "host": "",
        "name": "first",
        "parameters": {},
        "index": 0,
        "sample": "",
    }


def test_nested_routers_carry_every_prefix() -> None:
    inner = APIRouter(prefix="/inner")
    inner.get("/{leaf}")(handler)
    inner.get("")(handler)
    outer = APIRouter(prefix="/outer")
    outer.get("/before")(handler)
    outer.include_router(inner, prefix="/more")
    outer.websocket("/ws/{room:int}")(talk)
    app = bare()
    app.include_router(outer, prefix="/v1")
    app.get("/last")(handler)
    assert listed(inventory(app)) == [
        "GET /v1/outer/before",
        "GET /v1/outer/more/inner/{leaf}",
        "GET /v1/outer/more/inner",
        "WS /v1/outer/ws/{room}",
        "GET /last",
    ]
    assert entry(inventory(app), "WS /v1/outer/ws/{room}")["parameters"] == {"room": "int"}
    agrees(app)


def test_a_router_that_is_included_twice_is_listed_twice() -> None:
    router = APIRouter()
    router.get("/a")(handler)
    router.add_route("/plain", plain)
    app = bare()
    app.include_router(router, prefix="/one")
    app.include_router(router, prefix="/two")
    assert listed(inventory(app)) == ["GET /one/a", "GET /one/plain", "GET /two/a", "GET /two/plain"]
    agrees(app)


def test_a_route_that_is_added_after_its_router_was_included() -> None:
    router = APIRouter()
    app = bare()
    app.include_router(router)
    router.get("/late")(handler)
    found = inventory(app)
    assert listed(found) == (["GET /late"] if TREE else [])
    assert visit(app, "GET", "/late")[0] == (200 if TREE else 404)


def test_several_methods_are_several_entries_of_one_place() -> None:
    app = bare()
    app.add_api_route("/a", handler, methods=["POST", "GET"])
    app.add_api_route("/b", handler, methods=["GET", "HEAD"])
    app.add_route("/c", plain, methods=["GET", "PUT"])
    app.add_route("/d", plain, methods=["HEAD"])
    found = inventory(app)
    assert listed(found) == [
        "GET /a",
        "POST /a",
        "GET /b",
        "HEAD /b",
        "GET /c",
        "PUT /c",
        "HEAD /d",
    ]
    assert [route["index"] for route in found.routes] == [0, 0, 1, 1, 2, 2, 3]
    agrees(app)


def test_convertors_are_named_and_taken_out_of_the_path() -> None:
    app = bare()
    app.get("/{a:int}/{b:float}/{c:uuid}/{d}/{e:path}")(handler)
    (route,) = inventory(app).routes
    assert route["path"] == "/{a}/{b}/{c}/{d}/{e}"
    assert route["parameters"] == {"a": "int", "b": "float", "c": "uuid", "d": "str", "e": "path"}


def test_mounted_fastapi_brings_its_docs_and_its_schema() -> None:
    sub = FastAPI()
    sub.post("/items/{item_id}")(handler)
    app = FastAPI()
    app.mount("/sub/{tenant}", sub)
    app.get("/a")(handler)
    found = inventory(app)
    assert listed(found) == ["POST /sub/{tenant}/items/{item_id}", "GET /a"]
    assert [f"GET /sub/{{tenant}}{path[4:]}" for path in DOCS] == listed(found, own=False)[4:]
    assert found.routes[-2]["parameters"] == {"tenant": "str", "item_id": "str"}
    assert found.openapi is not None
    assert list(found.openapi["paths"]) == ["/a"]
    assert list(found.openapi["x-mounted"]["/sub/{tenant}"]["paths"]) == ["/items/{item_id}"]
    agrees(app)


def test_mounts_inside_mounts() -> None:
    leaf, middle, app = bare(), bare(), bare()
    leaf.get("/a")(handler)
    middle.mount("/leaf", leaf)
    app.mount("/middle", middle)
    app.mount("/again", leaf)
    assert listed(inventory(app)) == ["GET /middle/leaf/a", "GET /again/a"]
    agrees(app)


def test_a_mount_at_the_root() -> None:
    sub, app = bare(), bare()
    sub.get("/a")(handler)
    app.get("/first")(handler)
    app.mount("/", sub)
    assert listed(inventory(app)) == ["GET /first", "GET /a"]
    agrees(app)


@pytest.mark.parametrize(
    ("make", "name", "endpoint"),
    [
        (lambda path: StaticFiles(directory=path), "StaticFiles", "starlette.staticfiles:StaticFiles"),
        (lambda path: raw, "raw", f"{__name__}:raw"),
        (lambda path: Raw(), "Raw", f"{__name__}:Raw"),
        (lambda path: functools.partial(raw), "raw", f"{__name__}:raw"),
    ],
    ids=["static files", "function", "object", "partial"],
)
def test_a_mount_without_a_route_table_is_files(make: Any, name: str, endpoint: str, tmp_path: Any) -> None:
    app = bare()
    app.mount("/static/", make(tmp_path), name="whatever")
    (route,) = inventory(app).routes
    assert (route["method"], route["path"], route["kind"]) == ("GET", "/static", "files")
    assert (route["name"], route["endpoint"], route["own"]) == (name, endpoint, True)
    agrees(app)


def test_files_behind_the_middleware_of_their_mount(tmp_path: Any) -> None:
    files = StaticFiles(directory=tmp_path)
    app = Starlette(routes=[Mount("/static", files, middleware=[Middleware(GZipMiddleware)])])
    (route,) = inventory(app).routes
    assert (route["kind"], route["name"]) == ("files", "StaticFiles")
    agrees(app)


@pytest.mark.parametrize(
    ("names", "html", "sample"),
    [
        (["b.css", "a.css"], False, "a.css"),
        (["z.css", "a/b/c.css"], False, "z.css"),
        (["a/b/c d.css", ".hidden"], False, "a/b/c d.css"),
        (["index.html", "a.css"], False, "a.css"),
        (["index.html", "a.css"], True, ""),
        (["page.html"], True, "page.html"),
        (["a\nb", "link", "large.mp4"], False, ""),
        ([], False, ""),
    ],
)
def test_a_file_of_a_mount(names: list[str], html: bool, sample: str, tmp_path: Any) -> None:
    top = tmp_path / "static"
    top.mkdir()
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "link":
            path.symlink_to(tmp_path)
        else:
            path.write_bytes(bytes(2_000_000 if name == "large.mp4" else 2))
    app = bare()
    app.mount("/static", StaticFiles(directory=top, html=html))
    (route,) = inventory(app).routes
    assert route["sample"] == sample
    agrees(app)


def test_a_file_of_a_folder_that_is_not_there(tmp_path: Any) -> None:
    app = bare()
    app.mount("/static", StaticFiles(directory=tmp_path / "gone", check_dir=False))
    app.mount("/", StaticFiles(directory=Path(__file__).parent))
    assert [route["sample"] for route in inventory(app).routes] == ["", ""]


def test_files_at_the_root_have_the_path_of_the_root(tmp_path: Any) -> None:
    app = bare()
    app.get("/api")(handler)
    app.mount("/", StaticFiles(directory=tmp_path, html=True))
    assert listed(inventory(app)) == ["GET /api", "GET /"]
    agrees(app)


def test_a_wsgi_app_is_files_that_say_so() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.middleware.wsgi import WSGIMiddleware

    app = bare()
    app.mount("/old", WSGIMiddleware(lambda environ, start_response: []))
    (route,) = inventory(app).routes
    assert (route["kind"], route["name"]) == ("files", "WSGIMiddleware")


@pytest.mark.skipif(not TREE, reason="this FastAPI leaves a router's mounts out when it is included")
def test_mounts_and_hosts_of_an_included_router(tmp_path: Any) -> None:
    sub = bare()
    sub.get("/a")(handler)
    router = APIRouter(prefix="/r")
    router.mount("/sub", sub)
    router.mount("/static", StaticFiles(directory=tmp_path))
    router.host("api.example.org", Router([Route("/here", plain)]))
    app = bare()
    app.include_router(router, prefix="/v1")
    # A router's own prefix is not put in front of its mounts, that of its inclusion is.
    assert listed(inventory(app)) == [
        "GET /v1/sub/a",
        "GET /v1/static",
        "GET /v1/here (api.example.org)",
    ]
    agrees(app)


@pytest.mark.skipif(not hasattr(FastAPI, "frontend"), reason="this FastAPI has no frontends")
def test_frontends_come_after_every_route(tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text("hello", encoding="utf-8")
    app, router, sub = bare(), APIRouter(prefix="/r"), bare()
    app.frontend("/", directory=tmp_path)
    router.frontend("/ui", directory=tmp_path)
    sub.frontend("/", directory=tmp_path)
    app.include_router(router, prefix="/v1")
    app.mount("/sub", sub)
    app.get("/a")(handler)
    found = inventory(app)
    assert listed(found) == ["GET /sub", "GET /a", "GET /", "GET /v1/r/ui"]
    assert {route["kind"] for route in found.routes if route["name"] == "frontend"} == {"files"}
    agrees(app)


def test_a_router_as_the_app() -> None:
    router = APIRouter(prefix="/r")
    router.add_route("/plain", plain)
    found = inventory(router)
    assert (found.framework, listed(found)) == (
        "fastapi",
        ["GET /r/plain" if "/r" in router.routes[0].path else "GET /plain"],
    )
    agrees(router)


def test_gradio_internals_are_not_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    module = types.ModuleType("gradio.routes")
    source = "def predict() -> str: return 'ok'\nclass App(FastAPI): pass\n"
    vars(module)["FastAPI"] = FastAPI
    exec(source, vars(module))
    blocks = module.App(openapi_url=None)
    blocks.get("/gradio_api/info")(module.predict)
    blocks.mount("/assets", StaticFiles(directory=tmp_path))
    app = FastAPI()
    app.get("/api")(handler)
    app.mount("/", blocks)
    found = inventory(app)
    assert listed(found) == ["GET /api"]
    assert listed(found, own=False) == [*DOCS, "GET /gradio_api/info", "GET /assets"]
    assert found.openapi is not None
    assert "x-mounted" not in found.openapi


# --- Starlette


def test_starlette(tmp_path: Any) -> None:
    app = Starlette(
        routes=[
            Route("/", plain),
            Route("/both", plain, methods=["POST", "GET"]),
            Route("/page/{name}", Page),
            Route("/raw", Raw()),
            Route("/go", RedirectResponse("/")),
            WebSocketRoute("/ws", talk),
            Mount(
                "/mounted", routes=[Route("/a", plain), Mount("/deep", Router([Route("/b/{b:int}", plain)]))]
            ),
            Mount("/static", StaticFiles(directory=tmp_path)),
            Host("{name}.example.org", Router([Route("/there", plain)])),
        ]
    )
    found = inventory(app)
    assert found.framework == "starlette"
    assert found.openapi is None
    assert listed(found) == [
        "GET /",
        "GET /both",
        "POST /both",
        "DELETE /page/{name}",
        "GET /page/{name}",
        "GET /raw",
        "GET /go",
        "WS /ws",
        "GET /mounted/a",
        "GET /mounted/deep/b/{b}",
        "GET /static",
        "GET /there ({name}.example.org)",
    ]
    agrees(app)


def test_a_class_based_endpoint_is_where_its_method_is() -> None:
    found = inventory(Starlette(routes=[Route("/page", Page)]))
    assert entry(found, "GET /page")["where"] == [__file__, line_of(Page.get)]
    assert entry(found, "DELETE /page")["where"] == [__file__, line_of(Page.delete)]
    assert {route["endpoint"] for route in found.routes} == {f"{__name__}:Page"}


def test_a_plain_router_and_a_mount_with_middleware() -> None:
    app = Router([Mount("/a", routes=[Route("/b", plain)], middleware=[Middleware(GZipMiddleware)])])
    assert listed(inventory(app)) == ["GET /a/b"]
    agrees(app)


def test_fastapi_inside_starlette_has_its_schema_below_its_mount() -> None:
    sub = FastAPI()
    sub.get("/a")(handler)
    found = inventory(Starlette(routes=[Mount("/api", sub)]))
    assert found.framework == "starlette"
    assert found.openapi is not None
    assert found.openapi["paths"] == {}
    assert list(found.openapi["x-mounted"]) == ["/api"]
