"""The planner's requests: what goes where on the wire, in which order, and what answers teach."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pytest_hfspace.rehearsal.facts import Route
from pytest_hfspace.rehearsal.requests import Override, Planned, RequestPlanner
from pytest_hfspace.rehearsal.requests.samples import UUID, WORD

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def planner(
    *routes: Route,
    openapi: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    **overrides: Override,
) -> RequestPlanner:
    return RequestPlanner(routes, openapi, headers or {}, overrides)


def valid(route: Route, override: Override | None = None, **options: Any) -> Any:
    overrides = {route.label: override} if override else {}
    return planner(route, **overrides, **options).plan(route)[0].request


def get(path: str, *parameters: dict[str, Any], **more: Any) -> Route:
    return Route("GET", path, operation={"parameters": list(parameters)}, **more)


def post(path: str = "/x", *, media: str = JSON, schema: Any = None, **more: Any) -> Route:
    body = {"content": {media: {"schema": schema if schema is not None else {"type": "object"}, **more}}}
    return Route("POST", path, operation={"requestBody": body})


def query(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "q", "in": "query", "required": True, "schema": schema, **more}


# -- paths


@pytest.mark.parametrize(
    ("path", "parameters", "wanted"),
    [
        ("/users/{name}", {"name": "str"}, f"/users/{WORD}"),
        ("/items/{item_id}", {"item_id": "int"}, "/items/1"),
        ("/x/{ratio}", {"ratio": "float"}, "/x/1.5"),
        ("/files/{file}", {"file": "path"}, "/files/a/b"),
        ("/files/{file:path}", {}, "/files/a/b"),
        ("/x/{key}", {"key": "uuid"}, f"/x/{UUID}"),
        ("/x/{a}-{b:int}.json", {"a": "str"}, f"/x/{WORD}-1.json"),
        ("/items/{item_id}", {"item_id": "str"}, "/items/1"),
        ("/x/{y}", {"y": "unheard of"}, f"/x/{WORD}"),
        ("/", {}, "/"),
        ("", {}, "/"),
        ("/Größe/a b", {}, "/Gr%C3%B6%C3%9Fe/a%20b"),
    ],
)
def test_paths_without_a_schema(path: str, parameters: dict[str, str], wanted: str) -> None:
    assert valid(Route("GET", path, parameters=parameters)).path == wanted


def test_a_word_that_is_the_name_of_a_neighbour_is_not_taken() -> None:
    one, other = Route("GET", "/users/{name}"), Route("GET", f"/users/{WORD}")
    assert planner(one, other).plan(one)[0].request.path == f"/users/{WORD}-0"


@pytest.mark.parametrize(
    ("schema", "convertor", "wanted"),
    [
        ({"type": "integer", "minimum": 5}, "str", "5"),
        ({"type": "string", "enum": ["a/b ü"]}, "path", "a/b%20%C3%BC"),
        ({"type": "string"}, "path", "a/b"),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, "str", "AA"),
        ({"type": "integer", "examples": [-3]}, "int", "1"),
        ({"type": "string", "example": ".."}, "str", "%2E%2E"),
        ({"type": "string", "example": ""}, "str", WORD),
        ({"type": "string"}, "str", WORD),
    ],
)
def test_paths_with_a_schema(schema: dict[str, Any], convertor: str, wanted: str) -> None:
    parameter = {"name": "p", "in": "path", "required": True, "schema": schema}
    assert valid(get("/x/{p}", parameter, parameters={"p": convertor})).path == f"/x/{wanted}"


def test_parameters_that_a_path_shares() -> None:
    shared = {"name": "p", "in": "path", "required": True, "schema": {"const": "shared"}}
    route = Route("GET", "/x/{p:str}", operation={})
    assert valid(route, openapi={"paths": {"/x/{p}": {"parameters": [shared]}}}).path == "/x/shared"


@pytest.mark.parametrize(
    ("sample", "path"),
    [("logo.svg", "/static/logo.svg"), ("a b/ü?#%.css", "/static/a%20b/%C3%BC%3F%23%25.css")],
)
def test_a_mount_of_files_is_asked_for_one_of_them(sample: str, path: str) -> None:
    route = Route("GET", "/static", kind="files", sample=sample)
    assert [(one.kind, one.request.path) for one in planner(route).plan(route)] == [("valid", path)]


def test_a_mount_of_files_is_asked_for_itself() -> None:
    route = Route("GET", "/static", kind="files")
    assert [(one.kind, one.request.path) for one in planner(route).plan(route)] == [("valid", "/static/")]


# -- parameters


@pytest.mark.parametrize(
    ("parameter", "wanted"),
    [
        (query({"type": "string"}), f"q={WORD}"),
        (query({"type": "boolean"}), "q=true"),
        (query({"const": "a&b=c d/ü"}), "q=a%26b%3Dc%20d%2F%C3%BC"),
        (query({"const": ["a", "b"]}), "q=a&q=b"),
        (query({"const": ["a", "b,c"]}, explode=False), "q=a,b%2Cc"),
        (query({"const": ["a", "b"]}, style="pipeDelimited"), "q=a%7Cb"),
        (query({"const": ["a", "b"]}, style="spaceDelimited"), "q=a%20b"),
        (query({"const": {"a": 1, "b": 2}}, style="deepObject"), "q%5Ba%5D=1&q%5Bb%5D=2"),
        (query({"const": {"a": 1, "b": 2}}), "a=1&b=2"),
        (query({"const": {"a": 1, "b": 2}}, explode=False), "q=a,1,b,2"),
        (
            {**query({}), "content": {JSON: {"schema": {"const": {"a": 1}}}}, "schema": None},
            "q=%7B%22a%22%3A%201%7D",
        ),
        (query({"type": "integer"}, examples={"one": {"value": 7}}), "q=7"),
        (query({"type": "integer"}, example=8), "q=8"),
    ],
)
def test_queries(parameter: dict[str, Any], wanted: str) -> None:
    assert valid(get("/x", parameter)).path == f"/x?{wanted}"


def test_optional_parameters_are_left_out() -> None:
    optional = [{"name": n, "in": n, "schema": {"type": "string"}} for n in ("query", "header", "cookie")]
    request = valid(get("/x", *optional))
    assert (request.path, request.headers) == ("/x", ())


def test_headers_and_cookies() -> None:
    request = valid(
        get(
            "/x",
            {
                "name": "X-Token",
                "in": "header",
                "required": True,
                "schema": {"const": "a\r\nX-Evil: ü\u20ac"},
            },
            {"name": "Accept", "in": "header", "required": True, "schema": {"type": "string"}},
            {"name": "no token", "in": "header", "required": True, "schema": {"type": "string"}},
            {"name": "a", "in": "cookie", "required": True, "schema": {"const": "1; b"}},
            {"name": "c", "in": "cookie", "required": True, "schema": {"const": 2}},
        ),
        headers={"Cookie": "session=s"},
    )
    assert dict(request.headers) == {
        "X-Token": "a X-Evil: ü?",
        "Cookie": "session=s; a=1%3B%20b; c=2",
    }


# -- bodies


@pytest.mark.parametrize(
    ("media", "schema", "content_type", "body"),
    [
        (JSON, {"const": {"a": "ü"}}, JSON, b'{"a": "\\u00fc"}'),
        (JSON, {}, JSON, b"{}"),
        ("application/merge-patch+json", {"const": [1]}, "application/merge-patch+json", b"[1]"),
        (FORM, {"const": {"a": "b c&", "d": [1, 2]}}, FORM, b"a=b%20c%26&d=1&d=2"),
        ("text/plain", {"type": "string"}, "text/plain", WORD.encode()),
        ("application/xml", {}, "application/xml", b"<rehearsal/>"),
        ("*/*", {}, "application/octet-stream", b"A rehearsal of this Space.\n"),
    ],
)
def test_bodies(media: str, schema: dict[str, Any], content_type: str, body: bytes) -> None:
    request = valid(post(media=media, schema=schema))
    assert request.body == body
    assert dict(request.headers) == {"Content-Type": content_type, "Content-Length": str(len(body))}


def test_a_picture_is_sent_as_one() -> None:
    assert valid(post(media="image/*")).body == b"A rehearsal of this Space.\n"
    assert valid(post(media="image/png")).body.startswith(b"\x89PNG")


def test_json_is_preferred() -> None:
    offered = {"text/plain": {}, "multipart/form-data": {}, FORM: {}, JSON: {}}
    route = Route("POST", "/x", operation={"requestBody": {"content": offered}})
    assert dict(valid(route).headers)["Content-Type"] == JSON


def test_an_example_of_the_media_type_is_sent() -> None:
    assert valid(post(schema={"type": "object"}, example={"a": 1})).body == b'{"a": 1}'
    assert valid(post(schema={"type": "object"}, examples={"x": {"value": {"b": 2}}})).body == b'{"b": 2}'


@pytest.mark.parametrize("binary", [{"format": "binary"}, {"contentMediaType": "application/octet-stream"}])
def test_multipart(binary: dict[str, str]) -> None:
    import email

    schema = {
        "type": "object",
        "properties": {
            "image": {"type": "string", **binary},
            "files": {"type": "array", "items": {"type": "string", **binary}, "minItems": 2},
            "note": {"type": "string"},
            "left": {"type": "string"},
        },
        "required": ["image", "files", "note"],
    }
    request = valid(post(media="multipart/form-data", schema=schema))
    head = f"Content-Type: {dict(request.headers)['Content-Type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + request.body).get_payload()
    assert isinstance(parts, list)
    seen = [
        (p.get_param("name", header="Content-Disposition"), p.get_filename(), p.get_content_type())
        for p in parts
    ]
    assert seen == [
        ("image", "rehearsal.png", "image/png"),
        ("files", "rehearsal.txt", "text/plain"),
        ("files", "rehearsal.txt", "text/plain"),
        ("note", None, "text/plain"),
    ]


def test_the_type_of_a_part_is_the_declared_one() -> None:
    schema = {
        "type": "object",
        "properties": {"f": {"type": "string", "format": "binary"}},
        "required": ["f"],
    }
    body = valid(
        post(media="multipart/form-data", schema=schema, encoding={"f": {"contentType": "image/x"}})
    ).body
    assert b"Content-Type: image/x\r\n" in body
    assert b"text/plain" not in body


def test_a_multipart_body_is_never_without_a_part() -> None:
    schema = {"type": "object", "properties": {"f": {"type": "string"}}}
    assert b'name="f"' in valid(post(media="multipart/form-data", schema=schema)).body


def test_a_route_outside_the_schema_gets_an_empty_object_and_no_broken_ones() -> None:
    route = Route("POST", "/hook")
    (only,) = planner(route).plan(route)
    assert only.request.body == b"{}"
    assert valid(Route("GET", "/hook")).body == b""
    assert valid(Route("POST", "/hook", operation={})).body == b""


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (Route("POST", "/graphql", operation={}), {"query": "{ __typename }"}),
        (Route("POST", "/api/GraphQL/"), {"query": "{ __typename }"}),
        (
            Route("POST", "/q", operation={}, endpoint="lib.fastapi:GraphQLRouter.post"),
            {"query": "{ __typename }"},
        ),
        (Route("GET", "/graphql"), None),
        (Route("PUT", "/graphql"), {}),
        (Route("POST", "/graph"), {}),
        (post("/graphql"), {}),
    ],
)
def test_a_question_that_every_graphql_schema_answers(route: Route, body: object) -> None:
    sent = valid(route).body
    assert (json.loads(sent) if sent else None) == body


# -- kinds


def kinds(route: Route, openapi: dict[str, Any] | None = None) -> dict[str, Planned]:
    return {one.kind: one for one in planner(route, openapi=openapi).plan(route)}


@pytest.mark.parametrize(
    ("media", "broken"),
    [
        (JSON, b'{"'),
        (FORM, b"\xff"),
        ("multipart/form-data", b"--another"),
        ("application/xml", b"<"),
        ("text/plain", None),
        ("application/octet-stream", None),
    ],
)
def test_broken_bodies(media: str, broken: bytes | None) -> None:
    made = kinds(post(media=media))
    assert list(made) == ["valid", "empty body"] + ["malformed body"] * (broken is not None)
    types = {dict(one.request.headers)["Content-Type"] for one in made.values()}
    assert len(types) == 1
    assert made["empty body"].request.body == b""
    assert all(dict(p.request.headers)["Content-Length"] == str(len(p.request.body)) for p in made.values())
    if broken is not None:
        assert made["malformed body"].request.body.startswith(broken)


def test_without_a_body_there_is_none_to_break() -> None:
    assert list(kinds(get("/x"))) == ["valid"]
    assert kinds(Route("WS", "/ws", kind="websocket")) == {}


@pytest.mark.parametrize(
    ("scheme", "takes"),
    [
        ({"type": "http", "scheme": "Bearer"}, True),
        ({"type": "oauth2", "flows": {}}, True),
        ({"type": "openIdConnect", "openIdConnectUrl": "/x"}, True),
        ({"type": "http", "scheme": "basic"}, False),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, False),
    ],
)
@pytest.mark.parametrize("everywhere", [True, False])
def test_wrong_token(scheme: dict[str, Any], takes: bool, everywhere: bool) -> None:
    document: dict[str, Any] = {"components": {"securitySchemes": {"s": scheme}}}
    (document if everywhere else (operation := {}))["security"] = [{"s": []}]
    route = Route("GET", "/x", operation={} if everywhere else operation)
    made = kinds(route, document)
    assert ("wrong token" in made) is takes
    assert made["valid"].request.headers == ()


def test_the_wrong_token_replaces_the_right_one_and_nothing_else() -> None:
    document = {"components": {"securitySchemes": {"s": {"type": "oauth2"}}}, "security": [{"s": []}]}
    route = Route("GET", "/x", operation={})
    right, wrong = planner(
        route, openapi=document, headers={"authorization": "Bearer right", "X-Other": "1"}
    ).plan(route)
    assert dict(right.request.headers) == {"authorization": "Bearer right", "X-Other": "1"}
    headers = dict(wrong.request.headers)
    token = headers.pop("Authorization").removeprefix("Bearer ")
    assert headers == {"X-Other": "1"}
    head, claims, _ = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["typ"] == "JWT"
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"] == WORD


def test_an_operation_may_waive_the_security_of_the_document() -> None:
    document = {"components": {"securitySchemes": {"s": {"type": "oauth2"}}}, "security": [{"s": []}]}
    assert list(kinds(Route("GET", "/x", operation={"security": []}), document)) == ["valid"]


# -- overrides


def test_the_hook_has_the_last_word() -> None:
    route = get(
        "/x/{p}",
        query({"const": "schema"}),
        {"name": "X-Token", "in": "header", "schema": {"type": "string"}},
        {"name": "c", "in": "cookie", "schema": {"type": "string"}},
    )
    params = {"p": "a b", "q": [1, 2], "x-token": "t", "c": 3, "more": True}
    request = valid(
        route, Override(params=params, headers={"x-all": "hook"}), headers={"X-All": "ini", "X-B": "b"}
    )
    assert request.path == "/x/a%20b?q=1&q=2&more=true"
    assert dict(request.headers) == {"x-token": "t", "Cookie": "c=3", "x-all": "hook", "X-B": "b"}


@pytest.mark.parametrize(
    ("override", "media", "content_type", "body"),
    [
        (Override(json={"a": 1}), JSON, JSON, b'{"a": 1}'),
        (Override(json={"a": 1}), FORM, FORM, b"a=1"),
        (Override(body=b"raw"), JSON, JSON, b"raw"),
        (Override(body=b"raw", headers={"content-type": "x/y"}), JSON, "x/y", b"raw"),
        (Override(json=False), JSON, JSON, b"false"),
    ],
)
def test_bodies_of_the_hook(override: Override, media: str, content_type: str, body: bytes) -> None:
    request = valid(post(media=media), override)
    assert request.body == body
    assert {name.lower(): one for name, one in request.headers}["content-type"] == content_type


# -- order


def test_order() -> None:
    wanted = [
        "POST /register",
        "POST /login",
        "POST /items",
        "POST /items/{item_id}/tags",
        "POST /predict",
        "PUT /settings",
        "POST /items/{item_id}/publish",
        "GET /",
        "HEAD /",
        "GET /items/{item_id}/tags/{tag}",
        "GET /items/{item_id}",
        "GET /static",
        "PUT /items/{item_id}",
        "DELETE /items/{item_id}/tags/{tag}",
        "DELETE /items/{item_id}",
        "DELETE /items",
        "POST /items/{item_id}/close",
        "GET /log-out",
        "POST /shutdown",
    ]
    labels = [label.split(" ") for label in wanted]
    routes = [
        Route(method, path, kind="files" if path == "/static" else "http", operation={})
        for method, path in labels
    ]
    mixed = [
        *routes[7:11],
        *reversed(routes[11:]),
        *reversed(routes[:7]),
        Route("WS", "/ws", kind="websocket"),
    ]
    order = [route.label for route in planner(*mixed).order()]
    assert set(order) == set(wanted)
    place = order.index
    assert order[:4] == wanted[:4]
    assert max(map(place, wanted[:7])) < min(map(place, wanted[7:12]))
    assert [one for one in order if one in wanted[12:17]] == wanted[12:17]
    assert set(order[-2:]) == set(wanted[-2:])


def test_order_is_stable() -> None:
    routes = [Route("GET", f"/{name}") for name in "cab"]
    assert planner(*routes).order() == routes


# -- what answers teach

CREATE, READ = post("/items"), Route("GET", "/items/{item_id}", operation={})


def learned(created: Route, answer: Any, read: Route, status: int = 201) -> str:
    plans = planner(created, read)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    plans.learn(plans.plan(created)[0], status, body)
    return str(plans.plan(read)[0].request.path)


@pytest.mark.parametrize(
    ("created", "answer", "read", "wanted"),
    [
        ("/items", {"id": 7}, "/items/{item_id}", "/items/7"),
        ("/items/", {"id": 7}, "/items/{id}/tags", "/items/7/tags"),
        ("/items", {"item_id": "x y"}, "/items/{item_id}", "/items/x%20y"),
        ("/items", {"uuid": UUID}, "/items/{item_uuid}", f"/items/{UUID}"),
        ("/items", {"id": 7, "slug": "s"}, "/items/{slug}", "/items/s"),
        ("/items", {"data": {"id": 7}}, "/items/{itemId}", "/items/7"),
        ("/categories", {"id": 7}, "/categories/{category}", "/categories/7"),
        ("/items/create", {"id": 7}, "/items/{item_id}", "/items/7"),
        ("/upload", {"file_id": "f"}, "/files/{file_id}", "/files/f"),
        ("/items", {"id": 7}, "/other/{item_id}", "/other/7"),
        # Near misses: another resource, another name, no scalar.
        ("/items", {"id": 7}, "/others/{other_id}", "/others/1"),
        ("/items", {"id": 7}, "/items/{name}", f"/items/{WORD}"),
        ("/items", {"id": [7]}, "/items/{item_id}", "/items/1"),
        ("/items", {"id": True}, "/items/{item_id}", "/items/1"),
        ("/items", [7], "/items/{item_id}", "/items/1"),
        ("/items", b"\xff", "/items/{item_id}", "/items/1"),
        ("/items", b"[" * 100_000, "/items/{item_id}", "/items/1"),
    ],
)
def test_ids(created: str, answer: Any, read: str, wanted: str) -> None:
    assert learned(post(created), answer, Route("GET", read, operation={})) == wanted


@pytest.mark.parametrize(
    ("status", "wanted"), [(200, "/items/7"), (302, "/items/1"), (422, "/items/1"), (500, "/items/1")]
)
def test_only_a_success_teaches(status: int, wanted: str) -> None:
    assert learned(CREATE, {"id": 7}, READ, status) == wanted


@pytest.mark.parametrize(
    ("answer", "schema", "wanted"),
    [
        ("abc", {"type": "integer"}, "1"),
        ("12", {"type": "integer"}, "12"),
        (12, {"type": "string"}, "12"),
        (12, {"type": "string", "format": "uuid"}, UUID),
        (12, {"type": "integer", "maximum": 5}, "1"),
    ],
)
def test_an_id_of_the_wrong_type_is_not_used(answer: Any, schema: dict[str, Any], wanted: str) -> None:
    read = get("/items/{item_id}", {"name": "item_id", "in": "path", "required": True, "schema": schema})
    assert learned(CREATE, {"id": answer}, read) == f"/items/{wanted}"


def test_nested_resources_keep_the_ids_around_them() -> None:
    inner = post("/items/{item_id}/notes")
    read = Route("GET", "/items/{item_id}/notes/{note_id}", operation={})
    plans = planner(CREATE, inner, read)
    plans.learn(plans.plan(CREATE)[0], 201, b'{"id": 7}')
    assert plans.plan(inner)[0].request.path == "/items/7/notes"
    plans.learn(plans.plan(inner)[0], 201, b'{"id": 8}')
    plans.learn(plans.plan(CREATE)[0], 201, b'{"id": 9}')
    assert plans.plan(read)[0].request.path == "/items/7/notes/8"


def test_an_id_is_used_where_a_body_or_query_names_its_resource() -> None:
    number = {"type": "integer"}
    order = post(
        "/orders",
        schema={"properties": {"item_id": number, "count": number}, "required": ["item_id", "count"]},
    )
    search = get("/search", {"name": "item_id", "in": "query", "required": True, "schema": number})
    plans = planner(CREATE, order, search)
    plans.learn(plans.plan(CREATE)[0], 201, b'{"id": 7}')
    assert plans.plan(order)[0].request.body == b'{"item_id": 7, "count": 1}'
    assert plans.plan(search)[0].request.path == "/search?item_id=7"


def test_the_hook_outweighs_what_was_learned() -> None:
    plans = planner(CREATE, READ, **{READ.label: Override(params={"item_id": 3})})
    plans.learn(plans.plan(CREATE)[0], 201, b'{"id": 7}')
    assert plans.plan(READ)[0].request.path == "/items/3"


# -- retries


def complaint(kind: str, *location: Any, **context: Any) -> dict[str, Any]:
    return {"type": kind, "loc": list(location), "msg": "no", "ctx": context}


def mended(route: Route, *complaints: Any, override: Override | None = None) -> Any:
    plans = planner(route, **({route.label: override} if override else {}))
    again = plans.retry(plans.plan(route)[0], 422, json.dumps({"detail": complaints}).encode())
    if again is not None:
        assert again.kind == "valid"
        assert plans.retry(again, 422, json.dumps({"detail": complaints}).encode()) is None
    return again.request if again else None


@pytest.mark.parametrize(
    ("kind", "context", "old", "wanted"),
    [
        ("int_parsing", {}, "x", 1),
        ("int_from_float", {}, 1.5, 1),
        ("float_parsing", {}, "x", 1.5),
        ("bool_type", {}, "x", True),
        ("string_type", {}, 5, WORD),
        ("greater_than", {"gt": 5}, 1, 6),
        ("greater_than", {"gt": 0.5}, 0, 1.5),
        ("greater_than_equal", {"ge": 5}, 1, 5),
        ("less_than", {"lt": 0}, 1, -1),
        ("less_than_equal", {"le": 0.5}, 1, 0.5),
        ("multiple_of", {"multiple_of": 4}, 1, 4),
        ("string_too_short", {"min_length": 4}, "a", "areh"),
        ("string_too_long", {"max_length": 2}, "abc", "ab"),
        ("string_pattern_mismatch", {"pattern": "^[0-9]{3}$"}, "a", "111"),
        ("too_short", {"min_length": 3}, [1], [1, 1, 1]),
        ("too_long", {"max_length": 1}, [1, 2], [1]),
        ("enum", {"expected": "'red', 'blue' or 'it\\'s'"}, "a", "red"),
        ("literal_error", {"expected": "2 or 3"}, "a", 2),
        ("uuid_parsing", {}, "a", UUID),
        ("date_from_datetime_inexact", {}, "a", "2024-01-15"),
        ("date_future", {}, "2024-01-15", "2999-01-01"),
        ("datetime_past", {}, "a", "2000-01-01T12:00:00Z"),
        ("datetime_from_date_parsing", {}, "a", "2024-01-15T12:00:00Z"),
        ("timezone_naive", {}, "2024-01-15T12:00:00Z", "2024-01-15T12:00:00"),
        ("timezone_aware", {}, "2024-01-15T12:00:00", "2024-01-15T12:00:00Z"),
        ("time_delta_parsing", {}, "a", "PT1H"),
        ("url_scheme", {"expected_schemes": "'redis' or 'rediss'"}, "a", "redis://example.com/"),
        ("decimal_whole_digits", {"whole_digits": 0}, 1, 0.5),
        (
            "union_tag_not_found",
            {"discriminator": "'kind'", "expected_tags": "'cat', 'dog'"},
            {"a": 1},
            {"a": 1, "kind": "cat"},
        ),
        ("list_type", {}, "a", ["a"]),
        ("none_required", {}, "a", None),
    ],
)
def test_what_a_complaint_mends(kind: str, context: dict[str, Any], old: Any, wanted: Any) -> None:
    route = post(schema={"type": "object"}, example={"outer": {"a": old}})
    request = mended(route, complaint(kind, "body", "outer", "a", **context))
    assert json.loads(request.body) == {"outer": {"a": wanted}}
    assert dict(request.headers)["Content-Length"] == str(len(request.body))


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("value_error", {"error": {}}),
        ("assertion_error", {}),
        ("unheard_of", {}),
        ("greater_than", {"gt": "soon"}),
        ("greater_than", {}),
        ("string_too_short", {"min_length": 10**9}),
        ("string_pattern_mismatch", {"pattern": "(("}),
        ("int_parsing", {}),
    ],
)
def test_what_cannot_be_mended_is_left(kind: str, context: dict[str, Any]) -> None:
    route = post(schema={"type": "object"}, example={"a": 1})
    assert mended(route, complaint(kind, "body", "a", **context)) is None


def test_missing_and_superfluous_properties() -> None:
    properties = {"count": {"type": "integer", "minimum": 4}, "inner": {"type": "object", "properties": {}}}
    route = post(schema={"type": "object", "properties": properties}, example={"inner": {}, "extra": 1})
    request = mended(
        route,
        complaint("missing", "body", "count"),
        complaint("missing", "body", "inner", "name"),
        complaint("extra_forbidden", "body", "extra"),
    )
    assert json.loads(request.body) == {"inner": {"name": WORD}, "count": 4}


def test_the_tags_of_unions_lead_nowhere() -> None:
    route = post(schema={"type": "object"}, example={"pet": {"age": "x"}, "either": "x"})
    request = mended(
        route,
        complaint("int_parsing", "body", "pet", "Cat", "age"),
        complaint("int_parsing", "body", "either", "int"),
        complaint("bool_parsing", "body", "either", "bool"),
    )
    assert json.loads(request.body) == {"pet": {"age": 1}, "either": 1}


def test_a_value_that_was_made_is_not_changed_by_mending_it() -> None:
    """Two routes share a model, and the second must not see what the first one's retry did."""
    model = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    document = {"components": {"schemas": {"M": model}}}
    schema = {"type": "object", "properties": {"m": {"$ref": "#/components/schemas/M"}}}
    first = post("/one", schema=schema)
    second = post("/two", schema={**schema, "required": ["m"]})
    plans = planner(first, second, openapi=document)
    errors = [complaint("missing", "body", "m"), complaint("greater_than", "body", "m", "a", gt=5)]
    errors += [complaint("dict_type", "body", "m", "a"), complaint("missing", "body", "m", "x")]
    again = plans.retry(plans.plan(first)[0], 422, json.dumps({"detail": errors}).encode())
    assert again is not None
    assert json.loads(again.request.body) == {"m": {"a": 6, "x": WORD}}
    assert plans.plan(second)[0].request.body == b'{"m": {"a": 1}}'


def test_the_whole_body_is_mended() -> None:
    assert mended(post(schema={"const": 5}), complaint("list_type", "body")).body == b"[5]"
    assert mended(post(schema={"const": 5}), complaint("missing", "body")) is None


def test_a_file_is_sent_where_a_text_was_refused() -> None:
    schema = {"type": "object", "properties": {"image": {"type": "string"}}, "required": ["image"]}
    one = {
        **complaint("value_error", "body", "image"),
        "msg": "Value error, Expected UploadFile, received: str",
    }
    assert b"\x89PNG" in mended(post(media="multipart/form-data", schema=schema), one).body


@pytest.mark.parametrize(
    "one",
    [
        complaint("missing", "path", "p"),
        complaint("int_parsing", "query", "absent"),
        complaint("value_error", "query", "q"),
        complaint("extra_forbidden", "body", 0),
        complaint("int_parsing", "elsewhere", "q"),
        complaint("json_invalid", "body", 3),
    ],
)
def test_complaints_that_lead_nowhere(one: dict[str, Any]) -> None:
    assert mended(get("/x/{p}", query({"type": "string"})), one) is None


def test_a_superfluous_parameter_is_left_out() -> None:
    assert mended(get("/x", query({})), complaint("extra_forbidden", "query", "q")).path == "/x"


def test_parameters_are_mended() -> None:
    route = get(
        "/x/{p}",
        query({"type": "string"}),
        {"name": "X-Count", "in": "header", "schema": {"type": "integer"}},
    )
    request = mended(
        route,
        complaint("int_parsing", "path", "p"),
        complaint("string_too_short", "query", "q", min_length=12),
        complaint("missing", "header", "x-count"),
        complaint("missing", "cookie", "session"),
    )
    assert request.path == "/x/1?q=rehearsalreh"
    assert dict(request.headers) == {"X-Count": "1", "Cookie": f"session={WORD}"}


def test_an_address_is_known_by_its_message() -> None:
    one = {**complaint("value_error", "body", "a"), "msg": "value is not a valid email address: no @"}
    assert json.loads(mended(post(example={"a": "x"}), one).body) == {"a": "user@example.com"}


def test_what_the_hook_gave_is_not_mended() -> None:
    override = Override(params={"q": "x"}, json={"a": "x"})
    complaints = complaint("int_parsing", "query", "q"), complaint("int_parsing", "body", "a")
    assert mended(post(), *complaints, override=override) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        b"[]",
        b'"no"',
        b'{"detail": "no"}',
        b'{"detail": [1, {"loc": 3}, {"type": "int"}]}',
        b"[" * 99_999,
    ],
)
def test_answers_of_another_shape_teach_nothing(answer: bytes) -> None:
    plans = planner(CREATE)
    assert plans.retry(plans.plan(CREATE)[0], 422, answer) is None


def test_only_a_refused_valid_request_is_retried() -> None:
    plans = planner(route := post(example={"a": "x"}))
    answer = json.dumps({"detail": [complaint("int_parsing", "body", "a")]}).encode()
    first, *others = plans.plan(route)
    assert plans.retry(first, 400, answer) is None
    assert [plans.retry(one, 422, answer) for one in others] == [None, None]
    again = plans.retry(first, 422, answer)
    assert again is not None
    assert again.request.body == b'{"a": 1}'


def test_a_retry_does_not_change_the_plan() -> None:
    plans = planner(route := post(example={"a": [1]}))
    first = plans.plan(route)
    plans.retry(
        first[0], 422, json.dumps({"detail": [complaint("too_short", "body", "a", min_length=3)]}).encode()
    )
    assert plans.plan(route) == first


# -- garbage

NODES: list[Any] = [None, 1, "a", [], {}, [1], {"$ref": "#/a"}, {"a": {"$ref": 1}}, float("nan"), True]


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    "place", ["parameters", "requestBody", "security", "parameter", "schema", "content", "media"]
)
def test_documents_of_garbage_are_survived(place: str, node: Any) -> None:
    operation: dict[str, Any] = {
        "parameter": {"parameters": [node]},
        "schema": {"parameters": [query(node)], "requestBody": {"content": {JSON: {"schema": node}}}},
        "content": {"requestBody": {"content": node}},
        "media": {"requestBody": {"content": {JSON: node, "multipart/form-data": node}}},
    }.get(place, {place: node})
    route = Route("POST", "/x/{p}", operation=operation)
    for document in (
        None,
        {"paths": node, "components": node, "security": node},
        {"components": {"schemas": node}},
    ):
        planned = planner(route, openapi=document).plan(route)
        assert planned[0].kind == "valid"
        assert planned[0].request.path.startswith(f"/x/{WORD}")


@pytest.mark.parametrize(
    ("name", "schema", "wanted"),
    [
        ("timeout", {"type": "number", "default": 30}, "/x?timeout=1"),
        ("wait_seconds", {"type": "integer", "default": 25, "minimum": 1}, "/x?wait_seconds=1"),
        ("poll_timeout", {"anyOf": [{"type": "number"}, {"type": "null"}]}, "/x?poll_timeout=1"),
        ("delay", {"type": "number", "default": 0.5, "maximum": 0.9}, "/x?delay=0"),
        ("timeout", {"type": "integer", "minimum": 10}, "/x"),
        ("wait", {"type": "boolean", "default": True}, "/x"),
        ("wait", {"type": "string"}, "/x"),
        ("waiter", {"type": "integer", "default": 9}, "/x"),
        ("limit", {"type": "integer", "default": 9}, "/x"),
    ],
)
def test_a_route_that_can_be_asked_not_to_wait(name: str, schema: dict[str, Any], wanted: str) -> None:
    route = get("/x", {"name": name, "in": "query", "schema": schema})
    assert valid(route).path == wanted


def test_the_hooks_patience_is_its_own() -> None:
    route = get("/x", {"name": "timeout", "in": "query", "schema": {"type": "number"}})
    assert valid(route, Override(params={"timeout": 9})).path == "/x?timeout=9"
