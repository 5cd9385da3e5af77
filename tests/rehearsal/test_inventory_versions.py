"""The inventory against what answers, in whichever version of the frameworks is installed."""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    # Starlette 0.38 warns while it is imported.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import fastapi
    import fastapi.routing
    from fastapi import APIRouter, FastAPI, WebSocket
    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import PlainTextResponse, RedirectResponse
    from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    from pytest_hfspace.rehearsal.child.inventory import endpoint_of, inventory
    from .inventory_driver import drive, entry, listed, visit

#: Since 0.137 an included router stays a branch, and mounts of a router are included with it.
TREE = hasattr(fastapi.routing, "_IncludedRouter")
DOCS = ["GET /openapi.json", "GET /docs", "GET /docs/oauth2-redirect", "GET /redoc"]


def handler() -> str:
    return "ok"


def plain(request: Any) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


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


def line_of(function: Any) -> int:
    return inspect.getsourcelines(function)[1]


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
        "endpoint": f"{__name__}:handler",
        "where": [__file__, line_of(handler)],
        "own": True,
        "host": "",
        "name": "first",
        "parameters": {},
        "index": 0,
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


# --- wrapped endpoints


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
    assert route["endpoint"] == f"{__name__}:{name}"
    assert route["where"] == [__file__, line_of(code)]
    agrees(app)


# --- what the router chose


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
    assert endpoint_of(scope) == (f"{__name__}:{chosen}" if chosen else "")


def test_a_mount_that_has_no_such_route_is_the_choice() -> None:
    status, scope = visit(behind(Passing), "GET", "/sub/nowhere")
    assert (status, endpoint_of(scope)) == (404, "fastapi.applications:FastAPI")


# --- Litestar and Quart


def test_litestar(tmp_path: Any) -> None:
    pytest.importorskip("litestar")
    from .litestar_app import make

    app = make(tmp_path)
    found = inventory(app)
    assert (found.framework, found.problem, found.raised) == ("litestar", "", None)
    assert listed(found) == [
        "GET /items/{item_id}",
        "GET /pets",
        "POST /pets",
        "HEAD /pets/head",
        "WS /ws",
        "GET /raw",
        "GET /inner/a",
        "GET /static",
    ]
    assert entry(found, "GET /items/{item_id}")["parameters"] == {"item_id": "int"}
    assert entry(found, "POST /pets")["endpoint"].endswith(":Pets.create")
    assert "GET /schema/openapi.json" in listed(found, own=False)
    assert found.openapi is not None
    assert "/items/{item_id}" in found.openapi["paths"]
    assert inventory(make(tmp_path)).routes == found.routes
    for route in found.routes:
        if route["name"] != "handle_schema_path_not_found" and "{path}" not in route["path"]:
            status, scope = drive(app, route)
            assert endpoint_of(scope) == route["endpoint"], route
            assert route["kind"] == "files" or status not in {404, 405}, route


def test_litestar_below_fastapi(tmp_path: Any) -> None:
    pytest.importorskip("litestar")
    from .litestar_app import make

    app = bare()
    app.mount("/lite", make(tmp_path))
    found = inventory(app)
    assert entry(found, "GET /lite/pets")["own"]
    status, scope = visit(app, "GET", "/lite/pets")
    assert (status, endpoint_of(scope)) == (200, entry(found, "GET /lite/pets")["endpoint"])


def test_litestar_without_openapi(tmp_path: Any) -> None:
    litestar = pytest.importorskip("litestar")
    found = inventory(litestar.Litestar([], openapi_config=None))
    assert (found.routes, found.openapi, found.raised) == ([], None, None)


def test_quart(tmp_path: Any) -> None:
    pytest.importorskip("quart")
    from .quart_app import make

    app = make(tmp_path)
    found = inventory(app)
    assert (found.framework, found.problem, found.raised, found.openapi) == ("quart", "", None, None)
    assert listed(found, own=None) == [
        "GET /static",
        "GET /items/{item_id}",
        "POST /items/{item_id}",
        "GET /files/{rest}",
        "GET /any/{kind}",
        "WS /ws",
        "GET /view",
        "GET /blue/a",
    ]
    assert entry(found, "GET /items/{item_id}")["parameters"] == {"item_id": "int"}
    assert entry(found, "GET /files/{rest}")["parameters"] == {"rest": "path"}
    assert entry(found, "GET /view")["endpoint"].endswith(":View")
    assert not entry(found, "GET /static")["own"]
    for route in found.routes:
        status, scope = drive(app, {**route, "parameters": {**route["parameters"]}})
        assert endpoint_of(scope) == ""
        assert route["kind"] == "files" or route["path"] == "/any/{kind}" or status not in {404, 405}, route


def test_quart_static_files_are_the_users_where_the_folder_is(tmp_path: Any) -> None:
    pytest.importorskip("quart")
    from .quart_app import make

    (tmp_path / "static").mkdir()
    assert "GET /static" in listed(inventory(make(tmp_path)))


def test_quart_below_fastapi(tmp_path: Any) -> None:
    pytest.importorskip("quart")
    from .quart_app import make

    app = bare()
    app.mount("/q", make(tmp_path))
    assert "GET /q/items/{item_id}" in listed(inventory(app))
    status, scope = visit(app, "GET", "/q/items/1")
    assert (status, endpoint_of(scope)) == (200, "")
