"""HFS502: an answer and what the OpenAPI document declares of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.checks.serve.conforms import CHECKS, route_conforms
from pytest_hfspace.checks.serve.fitting import misfit
from pytest_hfspace.rehearsal.facts import Request, Where

from .factories import make_raised, make_rehearsal, make_route, make_space, make_visit, outcome

ITEM = {
    "type": "object",
    "title": "Item",
    "required": ["name", "price"],
    "properties": {
        "name": {"type": "string"},
        "price": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "parent": {"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
        "kind": {"enum": ["chair", "table"]},
    },
}
DOCUMENT = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Item": ITEM}}}
ANY = {"application/json": {"schema": {}}}
OF_ITEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}


def declared(content: Any = None, status: str = "200") -> dict[str, Any]:
    response = {"description": "…"} if content is None else {"description": "…", "content": content}
    return {"responses": {status: response, "422": {"description": "Validation Error"}}}


def examined(operation: Any, space: Any = None, document: Any = DOCUMENT, **visit: Any) -> Result:
    """One route whose operation is this, and the answer to a good request for it."""
    method = visit.pop("method", "GET")
    kind = visit.pop("type", "application/json")
    visit.setdefault("headers", (("Content-Type", kind),) if kind else ())
    if not isinstance(visit.get("body", b""), bytes):
        visit["body"] = json.dumps(visit["body"]).encode()
    route = make_route(method, "/items", operation=operation, where=Where("main.py", 7))
    seen = make_visit(f"{method} /items", request=Request(method, "/items"), **visit)
    rehearsal = make_rehearsal(routes=(route,), visits=(seen,), openapi=document)
    return outcome(route_conforms, space, rehearsal, space_route=route)


def finding(result: Result) -> Finding:
    assert len(result.findings) == 1, result
    return result.findings[0]


def test_catalogue() -> None:
    assert [(c.id, c.level, c.each) for c in CHECKS] == [("HFS502-route-conforms", "warn", "route")]


# -- what is as declared, and what looks as if it were not


@pytest.mark.parametrize(
    ("operation", "visit"),
    [
        (declared(ANY), {}),
        (declared(), {"type": "image/png", "body": b"\x89PNG"}),
        (declared(ANY), {"body": [1, "two", None]}),
        (declared(ANY, "201"), {"status": 201}),
        (declared(ANY, "2XX"), {"status": 202}),
        (declared(ANY, "2xx"), {"status": 202}),
        (declared(ANY, "default"), {"status": 206}),
        ({"responses": {200: {"content": ANY}}}, {}),
        (declared(None, "204"), {"status": 204, "type": "", "body": b""}),
        # nobody sends a body with these, whatever is declared
        (declared(OF_ITEM, "204"), {"status": 204, "type": "", "body": b""}),
        (declared(OF_ITEM), {"method": "HEAD", "body": b""}),
        (declared({"text/html": {"schema": {"type": "string"}}}), {"type": "text/html; charset=utf-8"}),
        (declared({"TEXT/HTML; charset=utf-8": {}}), {"type": "text/html"}),
        (declared({"image/*": {}}), {"type": "image/webp", "body": b"RIFF"}),
        (declared({"*/*": {}}), {"type": "", "body": b"x"}),
        (declared({"application/json": {}, "image/png": {}}), {"type": "image/png", "body": b"\x89PNG"}),
        (declared({"application/problem+json": {}}), {"body": {}}),
        (declared(OF_ITEM), {"type": "application/vnd.shop+json", "body": {"name": "a", "price": 1}}),
        (declared(OF_ITEM), {"body": {"name": "a", "price": 1, "tags": [], "parent": None, "more": 1}}),
        (declared(OF_ITEM), {"body": {"name": "a", "price": 1.5, "parent": {"name": "b", "price": 2}}}),
        # what is cut off, or has no end, is not read
        (declared(OF_ITEM), {"body": b'{"name": "' + b"x" * 65526}),
        (declared(OF_ITEM), {"body": b'{"name"', "streamed": True}),
        # a schema of which nothing can be said
        (declared({"application/json": {"schema": {"$ref": "#/components/schemas/Lost"}}}), {"body": 1}),
        (declared({"application/json": {"schema": {"$ref": "other.json"}}}), {"body": 1}),
        (declared({"application/json": {"schema": {"$ref": "#"}}}), {"body": 1}),
        (declared({"application/json": {"schema": True}}), {"body": 1}),
        (declared({"application/json": "garbage"}), {"body": 1}),
        ({"responses": {"200": {"$ref": "#/components/responses/Lost"}}}, {"body": 1}),
        ({"responses": {"200": {"content": "garbage"}}}, {"body": 1}),
    ],
)
def test_conforms(operation: Any, visit: dict[str, Any]) -> None:
    assert examined(operation, **visit).outcome == "passed"


@pytest.mark.parametrize(
    ("operation", "visit", "reason"),
    [
        (None, {}, "it is not in an OpenAPI document"),
        ({}, {}, "its operation declares no response"),
        ({"responses": []}, {}, "its operation declares no response"),
        (declared(ANY), {"status": 307}, "it was only seen to answer 307"),
        (declared(ANY), {"status": 404}, "it was only seen to answer 404"),
        (declared(ANY), {"status": 401}, "it was only seen to answer 401"),
        (declared(ANY), {"status": 422}, "it was only seen to answer 422"),
        (declared(ANY), {"status": 503}, "needs HFS501"),
        (declared(ANY), {"status": None, "problem": "no answer within 15 s"}, "needs HFS501"),
        (declared(ANY), {"raised": make_raised()}, "needs HFS501"),
        (declared(ANY), {"kind": "empty body"}, "it was not visited"),
        (declared(ANY), {"endpoint": "main:other"}, "another route answered"),
    ],
)
def test_nothing_to_compare(operation: Any, visit: dict[str, Any], reason: str) -> None:
    result = examined(operation, **visit)
    assert (result.outcome, result.reason) == ("skipped", reason)


def test_route_that_was_not_to_be_visited() -> None:
    route = make_route(operation=declared(ANY))
    facts = make_rehearsal(routes=(route,), visits=(), skipped_routes={"GET /": "costs money"})
    assert outcome(route_conforms, rehearsal=facts, space_route=route).reason == "costs money"


def test_mounted_app_has_a_document_of_its_own() -> None:
    """A reference in it means its own components, not those of the same name in the app's."""
    part = {
        "paths": {"/items": {}},
        "components": {"schemas": {"Item": {"type": "integer"}}},
    }
    document = {**DOCUMENT, "x-mounted": {"/admin": part, "/bad": None}}
    route = make_route("GET", "/admin/items", operation=declared(OF_ITEM))
    visit = make_visit("GET /admin/items", body=b"5")
    facts = make_rehearsal(routes=(route,), visits=(visit,), openapi=document)
    assert outcome(route_conforms, rehearsal=facts, space_route=route).outcome == "passed"


# -- what is not


@pytest.mark.parametrize(
    ("operation", "visit", "message"),
    [
        (
            declared(ANY),
            {"status": 201},
            "GET /items answered 201, and the document declares 200, 422",
        ),
        (
            declared(ANY),
            {"status": 204, "type": "", "body": b""},
            "GET /items answered 204, and the document declares 200, 422",
        ),
        (
            declared(OF_ITEM),
            {"type": "text/html", "body": b"<h1>"},
            "GET /items answered with text/html, and the document declares application/json",
        ),
        (
            declared({"text/html": {"schema": {"type": "string"}}}),
            {},
            "GET /items answered with application/json, and the document declares text/html",
        ),
        (
            declared(OF_ITEM),
            {"type": "", "body": b""},
            "GET /items answered with no body, and the document declares application/json",
        ),
        (
            declared(ANY),
            {"body": b"hello\n"},
            "GET /items answered with what is not JSON, and its content type says that it is: hello",
        ),
        (
            declared(OF_ITEM),
            {"body": [1]},
            "GET /items answered with an array, and the document declares an object",
        ),
        (
            declared(OF_ITEM),
            {"body": {"name": "a"}},
            "GET /items answered with no price, and the document declares it as required",
        ),
        (
            declared(OF_ITEM),
            {"body": {"name": "a", "price": "free"}},
            'GET /items answered with the text "free" at price, and the document declares a number',
        ),
        (
            declared(OF_ITEM),
            {"body": {"name": "a", "price": 1, "tags": ["x", 2]}},
            "GET /items answered with the number 2 at tags[1], and the document declares a string",
        ),
        (
            declared(OF_ITEM),
            {"body": {"name": "a", "price": 1, "parent": {"name": "b", "price": None}}},
            "GET /items answered with null at parent.price, and the document declares a number",
        ),
        (
            declared(OF_ITEM),
            {"body": {"name": "a", "price": 1, "kind": "sofa"}},
            'GET /items answered with the text "sofa" at kind, and the document declares "chair" or "table"',
        ),
    ],
)
def test_does_not_conform(operation: Any, visit: dict[str, Any], message: str) -> None:
    found = finding(examined(operation, **visit))
    assert (found.message, found.level) == (message, "warn")
    assert (found.path, found.line) == ("main.py", 7)
    assert found.hint


def test_default_of_the_framework_is_no_promise() -> None:
    """A route that returns an HTMLResponse itself is declared as application/json, of anything."""
    found = finding(examined(declared(ANY), type="text/html; charset=utf-8", body=b"<h1>"))
    assert found.level == "note"
    assert found.hint == (
        "write response_class=HTMLResponse into the route's decorator, or answer with what is declared"
    )


@pytest.mark.parametrize("word", ["response_model_exclude_none=True", "response_model_by_alias=False"])
def test_fields_that_are_left_out_on_purpose(word: str) -> None:
    space = make_space({"main.py": f'@app.get("/items", {word})\n'})
    assert finding(examined(declared(OF_ITEM), space, body={"name": "a"})).level == "note"
    assert finding(examined(declared(OF_ITEM), space, body={"name": "a", "price": "x"})).level == "warn"


# -- values and schemas


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 3.0),
        ({"type": ["string", "null"]}, None),
        ({"type": "string", "nullable": True}, None),
        ({"type": "made-up"}, 1),
        ({"type": [["string"]]}, 1),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1),
        ({"anyOf": []}, 1),
        ({"anyOf": "garbage"}, 1),
        ({"enum": []}, 1),
        ({"const": 0}, False),
        ({"required": [{}, 1]}, {}),
        ({"additionalProperties": False, "properties": {}}, {"more": 1}),
        ({"patternProperties": {"^x": {}}, "additionalProperties": {"type": "string"}}, {"xa": 1}),
        ({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["a", 1]),
        ({"allOf": [{"$ref": "#/components/schemas/Item"}]}, {"name": "a", "price": 0}),
    ],
)
def test_fits(schema: Any, value: Any) -> None:
    assert misfit({**DOCUMENT, "openapi": "3.0.0"}, schema, value) is None


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "integer"}, True, ("a boolean", "an integer")),
        ({"type": "integer"}, 3.5, ("the number 3.5", "an integer")),
        ({"type": "string"}, None, ("null", "a string")),
        ({"type": ["string", "null"]}, 1, ("the number 1", "a string or null")),
        ({"type": "string"}, 10**400, ("the number " + "1" + "0" * 28 + "…", "a string")),
        ({"additionalProperties": {"type": "integer"}}, {"a": "b"}, ('the text "b" at a', "an integer")),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "a", ('the text "a"', "integer or null")),
        ({"allOf": [{"type": "object", "required": ["id"]}]}, {}, ("no id", "it as required")),
        (
            {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]},
            {},
            ("no a", "it as required"),
        ),
    ],
)
def test_does_not_fit(schema: Any, value: Any, said: tuple[str, str]) -> None:
    found = misfit(DOCUMENT, schema, value)
    assert found is not None
    assert (found.seen, found.wanted) == said


def test_schema_that_refers_to_itself() -> None:
    endless = {"components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}}
    assert misfit(endless, {"$ref": "#/components/schemas/A"}, {}) is None
    tree: dict[str, Any] = {"allOf": [{"$ref": "#/components/schemas/T"}] * 2}
    assert misfit({"components": {"schemas": {"T": tree}}}, tree, {}) is None


def test_large_and_deep_values_are_left_after_a_while() -> None:
    value: Any = []
    for _ in range(500):
        value = [value]
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/L"}}
    document = {"components": {"schemas": {"L": schema}}}
    assert misfit(document, schema, value) is None
    assert misfit({}, {"items": {"type": "string"}}, ["a"] * 60_000 + [1]) is None


def test_bounds_are_seen_by_the_library_alone() -> None:
    pytest.importorskip("jsonschema")
    found = misfit(DOCUMENT, {"type": "object", "properties": {"n": {"maximum": 3}}}, {"n": 5})
    assert found is not None
    assert (found.seen, found.wanted, found.is_limit) == ("the number 5 at n", "maximum 3", True)
    content = {"application/json": {"schema": {"type": "array", "minItems": 2}}}
    assert finding(examined(declared(content), body=[1])).level == "note"
    # the dialect of 3.0 is another one, and nothing is fetched
    assert misfit({"openapi": "3.0.3"}, {"maximum": 3}, 5) is None
    assert misfit(DOCUMENT, {"maximum": "garbage"}, 5) is None
    assert misfit(DOCUMENT, {"$ref": "https://example.org/schema.json"}, 5) is None
