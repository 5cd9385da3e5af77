"""The routes of Litestar and Quart, alone and below FastAPI."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.rehearsal.child.inventory import endpoint_of, inventory

from .inventory_driver import bare, drive, entry, listed, visit


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
    schema = listed(found, own=False)
    assert "GET /schema/openapi.json" in schema
    assert schema == sorted(schema)
    assert [route["own"] for route in found.routes] == [True] * 8 + [False] * len(schema)
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
