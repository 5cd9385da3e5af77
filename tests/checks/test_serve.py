"""5xx: facts about visits, routes and the OpenAPI document, and what is said of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_hfspace.check import Finding, Result, evaluate
from pytest_hfspace.checks.serve.routes import (
    CHECKS,
    coverage,
    inventory,
    openapi,
    root,
    route_answers,
    route_shadowed,
    websocket,
)
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.coverage import route_outcome
from pytest_hfspace.rehearsal.facts import Request, Route, StandIn, Visit, Where

from .factories import (
    make_failure,
    make_image,
    make_raised,
    make_read,
    make_rehearsal,
    make_route,
    make_settings,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

HERE = Where("api.py", 12)
ITEM = make_route("GET", "/items/{item_id}", endpoint="api:item", where=HERE, parameters={"item_id": "str"})
POST = make_route("POST", "/items", endpoint="api:create", where=HERE)
SOCKET = make_route("WS", "/ws", kind="websocket", endpoint="api:talk", where=HERE)


def visit(route: Route, path: str = "", **changes: Any) -> Any:
    changes.setdefault("endpoint", route.endpoint)
    method = "GET" if route.method == "WS" else route.method
    return make_visit(route.label, request=Request(method, path or route.path), **changes)


def of_route(
    route: Route, *visits: Any, space: Any = None, check: Any = route_answers, **changes: Any
) -> Result:
    rehearsal = make_rehearsal(routes=(route,), visits=visits, **changes)
    return evaluate(
        check, {"space": space or make_space(), "space_rehearsal": rehearsal, "space_route": route}
    )


def only(result: Result) -> Finding:
    assert len(result.findings) == 1, result
    return result.findings[0]


def test_catalogue() -> None:
    assert [(c.id, c.level, c.each) for c in CHECKS] == [
        ("HFS501-route-answers", "error", "route"),
        ("HFS503-route-shadowed", "error", None),
        ("HFS504-inventory", "error", None),
        ("HFS505-root", "warn", None),
        ("HFS506-openapi", "error", None),
        ("HFS507-websocket", "error", "websocket"),
        ("HFS508-coverage", "warn", None),
    ]
    assert {c.predicts for c in CHECKS} == {Stage.RUNNING}


@pytest.mark.parametrize("check", [c for c in CHECKS if c.each is None], ids=lambda c: c.code)
def test_healthy(check: Any) -> None:
    facts = make_rehearsal(
        openapi={"openapi": "3.1.0", "info": {}, "paths": {"/": {"get": {}}}},
        routes=(
            make_route(),
            make_route("GET", "/openapi.json", own=False, endpoint="fastapi.applications:o"),
        ),
        visits=(make_visit(), make_visit("ROOT", kind="root", request=Request("GET", "/?logs=container"))),
    )
    assert outcome(check, rehearsal=facts).outcome == "passed"


@pytest.mark.parametrize("check", [c for c in CHECKS if c.each is None], ids=lambda c: c.code)
def test_app_that_did_not_come_up(check: Any) -> None:
    failed = make_rehearsal(failure=make_failure(message="ValueError:\nno"))
    result = outcome(check, rehearsal=failed)
    assert (result.outcome, result.reason) == ("skipped", "the app did not come up: ValueError: no")
    assert (
        outcome(check, rehearsal=make_rehearsal(impossible="no start command")).reason == "no start command"
    )


# -- HFS501


@pytest.mark.parametrize("status", [200, 201, 204, 304, 307, 400, 401, 404, 405, 422, 429])
def test_any_answer_below_500_is_an_answer(status: int) -> None:
    assert of_route(POST, visit(POST, status=status)).outcome == "passed"


def test_not_visited() -> None:
    assert of_route(ITEM).reason == "it was not visited"
    assert of_route(ITEM, skipped_routes={ITEM.label: "deletes"}).reason == "deletes"


def test_exception() -> None:
    raised = make_raised("ZeroDivisionError", "division by zero", Where("lib/calc.py", 4))
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, raised=raised)))
    assert finding == Finding(
        "GET /items/1 raised ZeroDivisionError: division by zero at lib/calc.py:4, wanted an answer",
        "handle the case where it is raised, or answer with an HTTPException if the request is to blame",
        path="lib/calc.py",
        line=4,
        level="error",
        consequence=route_answers.consequence,
    )


def test_what_refuses_the_host_is_told_elsewhere() -> None:
    raised = make_raised("ValueError", "Request validation failed")
    assert of_route(ITEM, visit(ITEM, status=421, raised=raised)).reason == "needs HFS604"
    assert of_route(ITEM, visit(ITEM, status=420, raised=raised)).outcome == "failed"


#: a route, the line that raises, and whether it exists to fail
MEANT = [
    ("/sentry-debug", "api:trigger_error", "    return 1 / 0", True),
    ("/sentry-debug", "api:trigger_error", "    division_by_zero = 1 / 0  # on purpose", True),
    ("/debug/raise-error", "api:f", "    raise RuntimeError('meant')", True),
    ("/x", "api:test_exception", "    raise ValueError", True),
    ("/crash", "api:f", "    raise Exception", True),
    ("/crash", "api:f", "    total / count", False),
    ("/crash", "api:f", "    return 100 / 0.5", False),
    ("/errors", "api:errors", "    raise RuntimeError('no log')", False),
    ("/items/1", "api:item", "    return 1 / 0", False),
    ("/errors/{id}", "api:error", "    raise KeyError(id)", False),
    ("/sentry", "api:sentry", "    raise KeyError(id)", False),
]


@pytest.mark.parametrize(("path", "endpoint", "line", "meant"), MEANT)
def test_routes_that_exist_to_fail(path: str, endpoint: str, line: str, meant: bool) -> None:
    route = make_route("GET", path, endpoint=endpoint, where=Where("api.py", 3))
    space = make_space({"api.py": f"import x\n\n@app.get('{path}')\ndef f():\n{line}\n" + "\n" * 40 + line})
    raised = make_raised("ZeroDivisionError", "division by zero", Where("api.py", 5))
    finding = only(of_route(route, visit(route, status=500, raised=raised), space=space))
    assert (finding.level, "meant to fail" in finding.message) == (
        ("note", True) if meant else ("error", False)
    )
    for where in (Where("api.py", 46), Where("lib.py", 5), Where("api.py", 99), Where("api.py", 1)):
        elsewhere = visit(route, status=500, raised=make_raised("ZeroDivisionError", "x", where))
        assert only(of_route(route, elsewhere, space=space)).level == "error"


def test_unknown_id() -> None:
    raised = make_raised("KeyError LookupError Exception", "1", HERE)
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, raised=raised)))
    assert finding.hint == 'answer 404 where there is no such thing: raise HTTPException(404, "…")'


def test_body_that_is_no_json() -> None:
    raised = make_raised("json.decoder.JSONDecodeError ValueError", "Expecting value", HERE)
    assert only(of_route(POST, visit(POST, status=500, raised=raised))).hint.startswith("check the body")


def test_one_cause_is_one_finding() -> None:
    raised = make_raised("TypeError", "None is\nnot a dict", HERE)
    visits = [
        visit(POST),
        visit(POST, kind="empty body", status=500, raised=raised),
        visit(POST, kind="malformed body", status=500, raised=raised._replace(message="other words")),
    ]
    finding = only(of_route(POST, *visits))
    assert finding.message == (
        "POST /items with an empty body, POST /items with a malformed body "
        "raised TypeError: None is not a dict at api.py:12, wanted an answer"
    )
    assert finding.hint.startswith("check the body before using it and answer 422")


def test_two_causes_are_two_findings() -> None:
    visits = [
        visit(POST, status=500, raised=make_raised("TypeError", "a", HERE)),
        visit(POST, kind="wrong token", status=500, raised=make_raised("JWTError", "b", Where("auth.py", 3))),
    ]
    result = of_route(POST, *visits)
    assert [f.path for f in result.findings] == ["api.py", "auth.py"]
    assert result.findings[1].message.startswith("POST /items with a wrong bearer token raised JWTError: b")


def test_place_of_an_exception_from_a_library() -> None:
    outside = make_raised("ValueError", "x", None)
    assert only(of_route(ITEM, visit(ITEM, raised=outside, status=500))).line == 12
    caused = make_raised("ValueError", "x", None, cause=make_raised(where=Where("deep.py", 2)))
    assert only(of_route(ITEM, visit(ITEM, raised=caused, status=500))).path == "deep.py"


def test_exception_after_the_answer() -> None:
    finding = only(of_route(POST, visit(POST, status=202, raised=make_raised("OSError", "disk", HERE))))
    assert finding.message == "POST /items raised OSError: disk at api.py:12 after answering 202"
    assert finding.level == "error"


@pytest.mark.parametrize(
    "problem",
    ["no answer within 15 s", "the connection was dropped", "the process ended with exit code 1"],
)
def test_no_answer(problem: str) -> None:
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=None, problem=problem)))
    assert (finding.message, finding.level) == (f"GET /items/1: {problem}, wanted an answer", "error")
    assert (finding.path, finding.line) == ("api.py", 12)


@pytest.mark.parametrize(
    ("problem", "hint"),
    [
        (
            "no answer within 15 s, waiting at api.py:14",
            "give what it waits for a time-out, or return at once and work in the background",
        ),
        (
            "the connection was dropped in the middle of the answer",
            "catch what the code that makes the rest of the answer raises: the app's log has it",
        ),
        (
            "the process ended with exit code 1",
            f"let {ITEM.endpoint} answer, and run elsewhere what may end the process",
        ),
    ],
)
def test_what_to_do_without_an_answer(problem: str, hint: str) -> None:
    assert only(of_route(ITEM, visit(ITEM, status=None, problem=problem))).hint == hint


@pytest.mark.parametrize(
    ("raised", "told", "hint"),
    [
        (
            make_raised("ResponseValidationError", '1 error: missing\n\n  File "/x/main.py", line 3, in x'),
            "raised ResponseValidationError: 1 error: missing at main.py:3",
            "response_model",
        ),
        (make_raised("UndefinedError", "'user' is undefined"), "UndefinedError", "{{ name | default('') }}"),
        (make_raised("TemplateNotFound", "a.html"), "TemplateNotFound: a.html", "commit it"),
        (make_raised("TypeError", "unhashable type: 'dict'"), "TypeError", "TemplateResponse(request"),
        (make_raised("TypeError", "unhashable type: 'list'"), "TypeError", "handle the case"),
    ],
)
def test_exceptions_that_say_it_all(raised: Any, told: str, hint: str) -> None:
    finding = only(of_route(ITEM, visit(ITEM, status=500, raised=raised)))
    assert told in finding.message
    assert "File" not in finding.message
    assert hint in finding.hint


def test_busy_is_no_proof() -> None:
    finding = only(
        of_route(ITEM, visit(ITEM, status=None, problem="no answer within 15 s", busy=True, seconds=15.02))
    )
    assert finding.level == "warn"
    assert finding.message == "GET /items/{item_id}: still computing after 15 s, so it was not seen to answer"


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (b'{"detail": "no key"}', ' "no key"'),
        (b'{"error": {"code": 7}}', ' "{"code": 7}"'),
        (b"<h1>Sorry</h1>\n<p>down</p>", ' "Sorry down"'),
        (b"", ""),
        (b"\xff\x00", ' "\ufffd"'),
        (b"[" * 5000, f' "{"[" * 59}…"'),
    ],
)
def test_deliberate_5xx(body: bytes, quoted: str) -> None:
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=503, body=body)))
    assert (finding.message, finding.level) == (f"GET /items/1 answered 503{quoted}", "warn")


def test_deliberate_5xx_for_an_absent_key() -> None:
    space = make_space(settings=make_settings(OPENAI_API_KEY=""))
    finding = only(of_route(ITEM, visit(ITEM, status=503, body=b"OPENAI_API_KEY is not set"), space=space))
    assert finding.hint == "give a value with --hfspace-env OPENAI_API_KEY=VALUE to see the route answer"
    assert finding.level == "warn"


def test_unreachable_service_is_no_proof() -> None:
    answered = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, unreachable="db:5432")))
    assert answered.message == "GET /items/1: could not reach db:5432 in the rehearsal, answered 500"
    raised = make_raised("OperationalError", "refused", HERE)
    escaped = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, raised=raised, unreachable="db:5432")))
    assert escaped.message == (
        "GET /items/1 raised OperationalError: refused at api.py:12: could not reach db:5432 in the rehearsal"
    )
    assert (answered.level, escaped.level) == ("warn", "warn")
    assert "no proof of a defect" in escaped.hint


@pytest.mark.parametrize(
    ("target", "level"),
    [
        ("api.example.com:443", "note"),
        ("93.184.216.34:80", "note"),
        ("api.example.com:8443", "warn"),
        ("db.example.com:5432", "warn"),
        ("localhost:8080", "warn"),
        ("127.0.0.1:80", "warn"),
        ("10.1.2.3:443", "warn"),
        ("cache:443", "warn"),
        ("models.internal:443", "warn"),
        ("stand-in.invalid:443", "warn"),
        ("stand-in", "warn"),
    ],
)
@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_answer_for_an_outage_that_a_space_does_not_have(target: str, level: str, status: int) -> None:
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=status, unreachable=target)))
    assert (finding.level, f"answered {status}" in finding.message) == (level, True)
    raised = make_raised("ConnectError", "refused", HERE)
    escaped = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, raised=raised, unreachable=target)))
    hung = only(of_route(ITEM, visit(ITEM, status=None, problem="no answer within 15 s", unreachable=target)))
    assert (escaped.level, hung.level) == ("warn", "warn")


@pytest.mark.parametrize(
    "raised",
    [
        make_raised("KeyError LookupError", "'OPENAI_API_KEY'", HERE),
        make_raised("RuntimeError", "set OPENAI_API_KEY first", HERE),
        make_raised("ValueError", "no client", HERE, cause=make_raised("KeyError", "'OPENAI_API_KEY'")),
        make_raised("pydantic_core.ValidationError", "openai_api_key\n  Field required", HERE),
    ],
)
def test_declared_setting_is_missing(raised: Any) -> None:
    space = make_space(settings=make_settings(OPENAI_API_KEY=""))
    result = of_route(ITEM, visit(ITEM, status=500, raised=raised), space=space)
    assert result.outcome == "skipped"
    assert result.reason == (
        "needs OPENAI_API_KEY, which .env.example:1 declares: "
        "give a value with --hfspace-env OPENAI_API_KEY=VALUE"
    )


def test_declared_setting_does_not_hide_another_cause() -> None:
    space = make_space(settings=make_settings(OPENAI_API_KEY=""))
    visits = [
        visit(POST, status=500, raised=make_raised("KeyError", "'OPENAI_API_KEY'", HERE)),
        visit(POST, kind="empty body", status=500, raised=make_raised("TypeError", "x", Where("api.py", 20))),
    ]
    assert only(of_route(POST, *visits, space=space)).line == 20


def test_undeclared_setting_is_missing() -> None:
    raised = make_raised("KeyError", "'OPENAI_API_KEY'", HERE)
    reads = (make_read("OPENAI_API_KEY", required=True, phase="serve"),)
    finding = only(of_route(ITEM, visit(ITEM, "/items/1", status=500, raised=raised), reads=reads))
    assert finding.message == (
        "GET /items/1 raised KeyError: 'OPENAI_API_KEY' at api.py:12: "
        "the variable OPENAI_API_KEY is not set, and nothing declares it"
    )
    assert finding.level == "error"


def test_stand_in_is_not_blamed() -> None:
    raised = make_raised("ValueError", "API_URL is no URL", HERE)
    result = of_route(
        ITEM,
        visit(ITEM, status=500, raised=raised),
        stand_ins=(StandIn("API_URL", HERE),),
        reads=(make_read("API_URL", given=True),),
    )
    assert result.reason == "needs API_URL, see HFS420: give a value with --hfspace-env API_URL=VALUE"


@pytest.mark.parametrize(
    ("message", "settings", "image"),
    [
        ("'colour'", {"COLOUR_KEY": ""}, {}),  # any dictionary's key
        ("no MODEL found", {"MODEL": ""}, {}),  # a plain word
        ("MY_DATABASE_URL_2", {"DATABASE_URL": ""}, {}),  # part of another word
        ("bad DATA_DIR", {"DATA_DIR": ""}, {"DATA_DIR": "/data"}),  # the image sets it
        ("bad LOG_LEVEL", {"LOG_LEVEL": "loud"}, {}),  # given as documented
    ],
)
def test_setting_that_is_not_to_blame(message: str, settings: Any, image: Any) -> None:
    space = make_space(settings=make_settings(**settings), image=make_image(env=image))
    reads = (make_read("LOG_LEVEL", given=True), make_read("COLOUR_KEY"))
    raised = make_raised("KeyError", message, HERE)
    assert (
        of_route(ITEM, visit(ITEM, status=500, raised=raised), space=space, reads=reads).outcome == "failed"
    )


def test_framework_route() -> None:
    docs = make_route("GET", "/docs", own=False, where=None)
    assert of_route(docs, visit(docs, status=500)).outcome == "passed"
    raised = make_raised("TypeError", "x", None)
    finding = only(of_route(docs, visit(docs, status=500, raised=raised)))
    assert (finding.level, finding.path) == ("warn", "")
    assert finding.message == "GET /docs raised TypeError: x, wanted an answer"


def test_answers_of_another_route() -> None:
    latest = replace(named("b", "/items/latest"), index=1)
    facts = make_rehearsal(
        routes=(replace(ITEM, index=0), latest),
        visits=(visit(latest, endpoint=ITEM.endpoint, status=500, raised=make_raised()),),
    )
    result = evaluate(route_answers, {"space": make_space(), "space_rehearsal": facts, "space_route": latest})
    assert result.reason == "another route answers for it: see HFS503"


# -- HFS503


def routed(*routes: Route, **endpoints: str) -> Any:
    """Routes in their order, each visited; ``endpoints``: which other one answered, by route name."""
    listed = tuple(replace(route, index=index) for index, route in enumerate(routes))
    visits = tuple(visit(r, endpoint=endpoints.get(r.name, r.endpoint)) for r in listed)
    return make_rehearsal(routes=listed, visits=visits)


def named(name: str, path: str, method: str = "GET", line: int = 5, **changes: Any) -> Route:
    return make_route(method, path, name=name, endpoint=f"api:{name}", where=Where("api.py", line), **changes)


@pytest.mark.parametrize(
    "facts",
    [
        routed(named("a", "/items/latest"), named("b", "/items/{x}")),
        # a value that happened to be the literal of a more special route
        routed(named("a", "/items/latest"), named("b", "/items/{x}"), b="api:a"),
        routed(named("a", "/items/{x}", parameters={"x": "int"}), named("b", "/items/{y}"), b="api:a"),
        routed(named("a", "/x/{a}"), named("b", "/x/{p}", parameters={"p": "path"}), b="api:a"),
        # twins
        routed(named("a", "/x"), named("b", "/x", "HEAD"), b="api:a"),
        routed(named("a", "/x"), named("b", "/x", "POST")),
        routed(named("a", "/x", host="a.example"), named("b", "/x", host="b.example")),
        routed(named("a", "/x"), replace(named("b", "/x"), endpoint="api:a")),
        # a middleware answered; what did is not known
        routed(named("a", "/{x}"), named("b", "/y"), b=""),
        routed(named("a", "", kind="files"), named("b", "/y"), b=""),
        # a later one answered, or an unknown one
        routed(named("b", "/y"), named("a", "/{x}"), b="api:a"),
        routed(named("b", "/y"), b="other:wrapper"),
        # not the user's
        routed(named("a", "/docs"), named("b", "/docs", own=False), b="api:a"),
    ],
)
def test_routes_that_can_be_reached(facts: Any) -> None:
    assert outcome(route_shadowed, rehearsal=facts).findings == ()


def test_literal_after_parameter() -> None:
    facts = routed(named("a", "/items/{x}"), named("b", "/items/latest", line=9), b="api:a")
    finding = only_finding(route_shadowed, rehearsal=facts)
    assert finding.message == "GET /items/latest is never reached: GET /items/{x} (api.py:5) answers"
    assert finding.hint == "register GET /items/latest before GET /items/{x}"
    assert (finding.path, finding.line, finding.level) == ("api.py", 9, "error")


def test_parameter_after_wider_parameter() -> None:
    pages = named("a", "/{p}", parameters={"p": "path"})
    facts = routed(pages, named("b", "/items/{n}", parameters={"n": "int"}), b="api:a")
    assert "GET /{p} (api.py:5) answers" in only_finding(route_shadowed, rehearsal=facts).message


def test_mount_before_route() -> None:
    files = make_route("GET", "/", kind="files", name="files", endpoint="starlette.staticfiles:StaticFiles")
    facts = routed(replace(files, where=None), named("b", "/api/x", "POST"), b=files.endpoint)
    finding = only_finding(route_shadowed, rehearsal=facts)
    assert finding.message == "POST /api/x is never reached: what is mounted at / answers"
    assert finding.hint == "mount / after the last route"


MOUNTED = "fastapi.applications:FastAPI"


def mounted_first(route: Route, status: int = 404, endpoint: str = MOUNTED) -> Any:
    """An app with ``GET /hello`` is mounted; it answers for the route after it."""
    hello, later = named("hello", "/hello"), replace(route, index=1)
    answered = visit(later, route.path.replace("{x}", "1"), endpoint=endpoint, status=status)
    return make_rehearsal(routes=(hello, later), visits=(visit(hello), answered))


@pytest.mark.parametrize("path", ["/later", "/items/{x}"])
@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    "endpoint", [MOUNTED, "starlette.applications:Starlette", "starlette.routing:Router"]
)
def test_app_that_is_mounted_before_route(path: str, status: int, endpoint: str) -> None:
    facts = mounted_first(named("b", path, line=9), status, endpoint)
    finding = only_finding(route_shadowed, rehearsal=facts)
    assert finding.message == (
        f"GET {path} is never reached: an app that is mounted before it answers, and has no such route"
    )
    assert finding.hint == f"register GET {path} before the mount, or mount that app at a path of its own"
    assert (finding.path, finding.line, finding.level) == ("api.py", 9, "error")


@pytest.mark.parametrize(
    "facts",
    [
        # its own answer, that of a middleware, and that of a wrapper with a name of its own
        mounted_first(named("b", "/later"), endpoint="api:b"),
        mounted_first(named("b", "/later"), endpoint=""),
        mounted_first(named("b", "/later"), endpoint="api:wrapper"),
        mounted_first(named("b", "/later"), 200),
        # the value that was sent for a parameter is the path of the mount
        make_rehearsal(
            routes=(named("c", "/items/1/more"), replace(named("b", "/items/{x}"), index=1)),
            visits=(
                visit(named("c", "/items/1/more")),
                visit(named("b", "/items/{x}"), "/items/1", endpoint=MOUNTED, status=404),
            ),
        ),
    ],
)
def test_app_that_is_mounted_beside_route(facts: Any) -> None:
    assert outcome(route_shadowed, rehearsal=facts).findings == ()


def test_registered_twice() -> None:
    facts = routed(named("a", "/items/{x}"), named("b", "/items/{y}", line=9), b="api:a")
    finding = only_finding(route_shadowed, rehearsal=facts)
    assert finding.message == "GET /items/{y} is registered twice: api:a (api.py:5) answers, api:b never"
    assert (finding.path, finding.line, finding.level) == ("api.py", 9, "error")


def test_registered_twice_and_both_reached() -> None:
    first, second = named("a", "/x"), replace(named("b", "/x"), index=1)
    facts = make_rehearsal(routes=(first, second), visits=(visit(first), visit(second)))
    assert outcome(route_shadowed, rehearsal=facts).outcome == "passed"


def test_page_of_the_framework_in_front() -> None:
    docs = make_route("GET", "/docs", own=False, where=None, endpoint="fastapi.applications:docs", name="d")
    facts = routed(docs, named("b", "/docs"), b=docs.endpoint)
    assert only_finding(route_shadowed, rehearsal=facts).hint == (
        "use another path, or switch the framework's page off: FastAPI(docs_url=None, redoc_url=None)"
    )


# -- HFS504

DOCS = make_route(
    "GET", "/docs", own=False, where=None, endpoint="fastapi.applications:FastAPI.setup.swagger"
)


def test_no_routes() -> None:
    facts = make_rehearsal(routes=(DOCS,), visits=(), openapi=None)
    finding = only_finding(inventory, rehearsal=facts)
    assert finding.message == "main:app has no routes of its own: every request is answered 404"
    assert (finding.path, finding.level) == ("main.py", "error")


def test_apps_without_routes_of_their_own() -> None:
    gradio = make_route("GET", "/config", own=False, endpoint="gradio.routes:config")
    assert outcome(inventory, rehearsal=make_rehearsal(routes=(gradio,), openapi=None)).outcome == "passed"
    page = make_visit("ROOT", kind="root", request=Request("GET", "/?logs=container"))
    assert (
        outcome(inventory, rehearsal=make_rehearsal(routes=(), visits=(page,), openapi=None)).outcome
        == "passed"
    )


def test_routes_that_cannot_be_listed() -> None:
    raw = make_rehearsal(routes=(), openapi=None, routes_problem="no route table: the app is main:asgi")
    assert outcome(inventory, rehearsal=raw).reason == "no route table: the app is main:asgi"
    finding = only_finding(inventory, rehearsal=make_rehearsal(routes_problem="Odd is not understood"))
    assert (finding.level, finding.message) == (
        "warn",
        "the list of routes may be incomplete: Odd is not understood",
    )


@pytest.mark.parametrize(
    ("path", "routes"),
    [
        ("/items/{item_id}", (ITEM,)),
        ("/items/{other}/", (ITEM,)),
        ("/files/{p}", (make_route("GET", "/files/{p:path}"),)),
        ("/old/anything", (make_route("GET", "/old", kind="files"),)),
    ],
)
def test_documented_operation_that_is_routed(path: str, routes: Any) -> None:
    document = {"openapi": "3.1.0", "paths": {path: {"get": {}}}}
    assert outcome(inventory, rehearsal=make_rehearsal(routes=routes, openapi=document)).outcome == "passed"


def test_documented_operation_that_nothing_answers() -> None:
    document = {
        "paths": {"/": {"get": {}, "post": {}, "summary": "x"}, "/a": {"get": {}}},
        "x-mounted": {"/api": {"paths": {"/b": {"get": {}}}}},
    }
    finding = only_finding(inventory, rehearsal=make_rehearsal(openapi=document))
    assert finding.message == (
        "the OpenAPI document has operations that no route answers: POST /, GET /a, GET /api/b"
    )
    assert finding.level == "warn"


# -- HFS505


HTML = (("content-type", "text/html; charset=utf-8"),)
#: A route whose answer shows that the app has pages.
PAGE = (make_route("GET", "/page"), make_visit("GET /page", headers=HTML))


def at_root(*others: tuple[Route, Visit], **changes: Any) -> Any:
    page = make_visit("ROOT", kind="root", request=Request("GET", "/?logs=container"), endpoint="", **changes)
    routes = (make_route(), *(route for route, _ in others))
    return make_rehearsal(routes=routes, visits=(page, *(visit for _, visit in others)))


@pytest.mark.parametrize("status", [200, 302, 307, 405, 422, 500, 503])
def test_root_that_answers(status: int) -> None:
    assert outcome(root, rehearsal=at_root(status=status)).outcome == "passed"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_root_that_does_not(status: int) -> None:
    finding = only_finding(root, rehearsal=at_root(PAGE, status=status))
    assert finding.message == (
        f"GET /?logs=container is answered {status}, wanted a page: it is what the Space page shows"
    )
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 7)
    assert ("base_path" in finding.hint) == (status == 404)


DOCS = make_route("GET", "/docs", own=False, endpoint="fastapi.applications:FastAPI.setup.swagger_ui_html")
DECLARED = make_route(
    "GET", "/page", operation={"responses": {"200": {"content": {"text/html": {"schema": {}}}}}}
)


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    "others",
    [
        (),
        ((make_route("GET", "/items"), make_visit("GET /items")),),
        ((DOCS, make_visit("GET /docs", headers=HTML)),),
        ((make_route("GET", "/page"), make_visit("GET /page", headers=HTML, status=404)),),
        ((make_route(operation={"responses": {"200": {"content": 1}, "default": None}}), make_visit()),),
    ],
)
def test_root_of_an_api(status: int, others: Any) -> None:
    finding = only_finding(root, rehearsal=at_root(*others, status=status))
    assert finding.level == "note"
    assert "wanted a page" in finding.message


@pytest.mark.parametrize(
    "others",
    [
        (PAGE,),
        ((DECLARED, make_visit("GET /page", status=401)),),
        ((make_route("GET", "/ui", kind="files"), make_visit("GET /ui", headers=HTML)),),
        ((make_route("GET", "/ui", own=False, endpoint="gradio.routes:main"), PAGE[1]), PAGE),
    ],
)
def test_root_of_an_app_with_pages(others: Any) -> None:
    assert only_finding(root, rehearsal=at_root(*others, status=404)).level == "warn"


def test_root_that_a_browser_may_log_in_to() -> None:
    basic = at_root(status=401, headers=(("www-authenticate", 'Basic realm="x"'),))
    assert only_finding(root, rehearsal=basic).level == "warn"


UNSEEN = "line 4: COPY --from=pages /dist static"


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("not_followed", [(), (UNSEEN, "line 9: RUN make")])
def test_root_whose_page_may_come_from_an_unseen_step(status: int, not_followed: tuple[str, ...]) -> None:
    space = make_space(image=make_image(["main.py"], not_followed=not_followed))
    result = outcome(root, space, at_root(status=status))
    if status == 404 and not_followed:
        assert (result.outcome, result.reason, result.findings) == (
            "skipped",
            f"GET / is answered 404, and its page may come from {UNSEEN}",
            (),
        )
    else:
        assert (result.outcome, len(result.findings)) == ("noted", 1)


def test_root_that_answers_whatever_the_unseen_step_does() -> None:
    space = make_space(image=make_image(["main.py"], not_followed=(UNSEEN,)))
    assert outcome(root, space, at_root(status=200)).outcome == "passed"


def test_root_that_another_route_hides() -> None:
    index = replace(named("index", "/"), index=1)
    facts = make_rehearsal(
        routes=(named("hello", "/hello"), index),
        visits=(
            visit(index, endpoint=MOUNTED, status=404),
            visit(index, "/?logs=container", kind="root", endpoint=MOUNTED, status=404),
        ),
    )
    result = outcome(root, rehearsal=facts)
    assert (result.outcome, result.reason) == ("skipped", "another route answers for it: see HFS503")


def test_root_without_evidence() -> None:
    assert outcome(root).reason == "GET / was not visited"
    silent = at_root(status=None, problem="no answer within 15 s")
    assert (
        outcome(root, rehearsal=silent).reason == "GET /?logs=container got no answer: no answer within 15 s"
    )
    control = make_visit("CONTROL", kind="root", status=404, request=Request("GET", "/"))
    assert outcome(root, rehearsal=make_rehearsal(visits=(control,))).outcome == "skipped"
    elsewhere = make_space(card="sdk: docker\nbase_path: /docs\n")
    assert outcome(root, elsewhere, at_root(status=404)).reason.endswith("see HFS111")


# -- HFS506


def documented(*, published: bool = True, **parts: Any) -> Any:
    page = make_route("GET", "/openapi.json" if published else "/x", own=False, endpoint="fastapi.x:page")
    document = {"openapi": "3.1.0", "info": {"title": "x"}, "paths": {}, **parts}
    return make_rehearsal(routes=(make_route(), POST, ITEM, page), openapi=document)


def get(path: str, method: str = "get", **operation: Any) -> Any:
    return {path: {method: {"responses": {"200": {"description": ""}}, **operation}}}


ITEM_ID = {"name": "item_id", "in": "path", "required": True}
REF = {"$ref": "#/components/schemas/Item"}


@pytest.mark.parametrize(
    "parts",
    [
        {"paths": get("/items/{item_id}", parameters=[ITEM_ID])},
        {"paths": {"/items/{item_id}": {"parameters": [ITEM_ID], "get": {}}}},
        {
            "paths": get("/items/{item_id}", parameters=[{"$ref": "#/components/parameters/Id"}]),
            "components": {"parameters": {"Id": ITEM_ID}},
        },
        {"paths": get("/", x=REF), "components": {"schemas": {"Item": {}}}},
        {"paths": get("/", x={"$ref": "#/paths/~1/get/responses/200"})},
        {"paths": get("/", x={"$ref": "https://example.org/schema.json"})},
        {"paths": get("/", example=REF, default=REF, enum=[REF])},
        {"paths": get("/", schema={"properties": {"$ref": {"type": "string"}}})},
        {
            "paths": get(
                "/", schema={"$id": "https://example.org/x", "properties": {"a": {"$ref": "#/$defs/A"}}}
            )
        },
        {"paths": {"/": {"get": {}}}},  # 3.1 needs no responses
        {"paths": None, "components": {}},  # nor paths
        {"webhooks": {"x": {"post": {}}}, "x-mounted": {"/api": {"paths": get("/")}}},
        {"paths": get("/", operationId="a") | get("/b", operationId="b")},
    ],
)
def test_document_that_is_whole(parts: Any) -> None:
    assert outcome(openapi, rehearsal=documented(**parts)).findings == ()


def test_document_that_is_not_there() -> None:
    assert (
        outcome(openapi, rehearsal=make_rehearsal(openapi=None)).reason == "the app has no OpenAPI document"
    )
    unpublished = documented(published=False, paths=get("/", x=REF))
    assert outcome(openapi, rehearsal=unpublished).reason == "the app does not publish its OpenAPI document"


def test_document_that_cannot_be_generated() -> None:
    problem = make_raised("PydanticInvalidForJsonSchema", "Cannot generate", HERE)
    finding = only_finding(openapi, rehearsal=make_rehearsal(openapi=None, openapi_problem=problem))
    assert finding.message == (
        "the OpenAPI document cannot be generated: PydanticInvalidForJsonSchema: Cannot generate"
    )
    assert (finding.path, finding.line, finding.level) == ("api.py", 12, "error")


@pytest.mark.parametrize(
    ("parts", "message", "level"),
    [
        ({"info": None, "paths": []}, "the OpenAPI document has no info, paths", "error"),
        (
            {
                "paths": get(
                    "/items",
                    "post",
                    requestBody={"content": {"application/json": {"schema": {"$ref": "#/$defs/Item"}}}},
                )
            },
            "the OpenAPI document refers to what it does not contain: #/$defs/Item in POST /items",
            "error",
        ),
        (
            {"components": {"schemas": {"A": {"properties": {"default": {"$ref": "#/$defs/B"}}}}}},
            "the OpenAPI document refers to what it does not contain: #/$defs/B",
            "error",
        ),
        (
            {"x-mounted": {"/api": {"paths": get("/b", x={"$ref": "#/$defs/Item"})}}},
            "the OpenAPI document refers to what it does not contain: #/$defs/Item in GET /api/b",
            "error",
        ),
        (
            {"openapi": "3.0.3", "paths": {"/": {"get": {}}}},
            "operations declare no response, which OpenAPI 3.0 requires: GET /",
            "error",
        ),
        (
            {"paths": get("/items", "post", parameters=[ITEM_ID])},
            "path parameters are declared that the path does not have: item_id in POST /items",
            "error",
        ),
        (
            {"paths": get("/items/{item_id}")},
            "path parameters are not declared: item_id in GET /items/{item_id}",
            "warn",
        ),
        (
            {"paths": get("/", operationId="x") | get("/b", operationId="x")},
            "the operation id x is not unique: GET /, GET /b",
            "warn",
        ),
        (
            {"paths": {"/": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}}},
            "the operation id x is not unique: GET /, PUT /",
            "note",
        ),
    ],
)
def test_document_that_is_not_whole(parts: Any, message: str, level: str) -> None:
    finding = only_finding(openapi, rehearsal=documented(**parts))
    assert (finding.message, finding.level) == (message, level)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (get("/items/{item_id}"), "item_id in GET /items/{item_id}"),
        (
            get("/items/{item_id}", parameters=[ITEM_ID, {**ITEM_ID, "name": "x"}]),
            "x in GET /items/{item_id}",
        ),
    ],
)
def test_parameters_of_operations_that_a_framework_adds_are_its_own_affair(
    own: bool, paths: dict[str, Any], name: str
) -> None:
    facts = documented(paths=paths)
    theirs = tuple(replace(route, own=own) if route.label == ITEM.label else route for route in facts.routes)
    findings = outcome(openapi, rehearsal=replace(facts, routes=theirs)).findings
    assert [finding.message.partition(": ")[2] for finding in findings] == ([name] if own else [])


def test_own_operations_are_named_beside_those_of_a_framework() -> None:
    facts = documented(paths=get("/items/{item_id}") | get("/files/{name}"))
    theirs = make_route("GET", "/files/{name}", own=False, endpoint="framework:file")
    finding = only_finding(openapi, rehearsal=replace(facts, routes=(*facts.routes, theirs)))
    assert finding.message == "path parameters are not declared: item_id in GET /items/{item_id}"


def test_place_in_the_document() -> None:
    finding = only_finding(openapi, rehearsal=documented(paths=get("/items/{item_id}")))
    assert (finding.path, finding.line) == ("api.py", 12)


# -- HFS507


@pytest.mark.parametrize("status", [101, 401, 403])
def test_handshake_that_is_accepted_or_refused(status: int) -> None:
    assert of_route(SOCKET, visit(SOCKET, status=status), check=websocket).outcome == "passed"


@pytest.mark.parametrize(
    "raised",
    [
        make_raised("RuntimeError", 'Cannot call "send" once a close message has been sent.'),
        make_raised("RuntimeError", 'WebSocket is not connected. Need to call "accept" first.'),
    ],
)
def test_handler_that_only_sees_the_visitor_go(raised: Any) -> None:
    assert of_route(SOCKET, visit(SOCKET, status=101, raised=raised), check=websocket).outcome == "passed"


def test_handler_that_sends_before_it_accepts() -> None:
    raised = make_raised("RuntimeError", 'WebSocket is not connected. Need to call "accept" first.', HERE)
    finding = only(of_route(SOCKET, visit(SOCKET, status=500, raised=raised), check=websocket))
    assert (finding.level, finding.hint) == ("error", "await websocket.accept() first")


def test_handler_that_raises() -> None:
    raised = make_raised("KeyError LookupError", "'type'", HERE)
    finding = only(of_route(SOCKET, visit(SOCKET, status=101, raised=raised), check=websocket))
    assert finding.message == "WS /ws raised KeyError: 'type' at api.py:12, wanted a handler that closes"
    assert finding.hint == "catch it in the handler and end with: await websocket.close(code=1011)"
    assert (finding.path, finding.line, finding.level) == ("api.py", 12, "error")


def test_handshake_without_an_answer() -> None:
    result = of_route(
        SOCKET, visit(SOCKET, status=None, problem="the connection was dropped"), check=websocket
    )
    assert only(result).message == "WS /ws: the connection was dropped, wanted an answer"


def test_handshake_without_a_library() -> None:
    result = of_route(SOCKET, visit(SOCKET, status=404), check=websocket)
    assert result.outcome == "skipped"
    assert result.reason == "needs HFS321"
    skipped = of_route(SOCKET, check=websocket, skipped_routes={SOCKET.label: "no WebSocket client"})
    assert skipped.reason == "no WebSocket client"


def test_handshake_without_a_library_here() -> None:
    """It is declared, and comes with the build: what is not seen here says nothing of the Space."""
    space = make_space(requirements="fastapi\nuvicorn\nwebsockets\n")
    result = of_route(SOCKET, visit(SOCKET, status=404), space=space, check=websocket)
    assert result.reason.startswith("the handshake was answered 404, as by a server that has no WebSocket")


# -- HFS508


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": 200}, "answered"),
        ({"status": 307}, "answered"),
        ({"status": 101}, "answered"),
        ({"status": 401}, "guarded"),
        ({"status": 403}, "guarded"),
        ({"status": 422}, "rejected"),
        ({"status": 500}, "failed"),
        ({"status": 200, "raised": make_raised()}, "failed"),
        ({"status": 200, "problem": "the connection was dropped"}, "failed"),
        ({"status": None, "busy": True}, "failed"),
        ({"status": 200, "kind": "empty body"}, "skipped"),
    ],
)
def test_outcome_of_a_route(changes: Any, expected: str) -> None:
    facts = make_rehearsal(routes=(POST,), visits=(visit(POST, **changes),))
    assert route_outcome(facts, POST) == expected


def test_best_visit_counts() -> None:
    facts = make_rehearsal(routes=(POST,), visits=(visit(POST, status=422), visit(POST, status=201)))
    assert route_outcome(facts, POST) == "answered"


def covered(*pairs: tuple[Route, int]) -> Any:
    return make_rehearsal(
        routes=tuple(route for route, _ in pairs), visits=tuple(visit(r, status=s) for r, s in pairs)
    )


def test_covered() -> None:
    framework = make_route("GET", "/docs", own=False)
    facts = covered((POST, 201), (ITEM, 500), (framework, 422), (SOCKET, 400))
    assert outcome(coverage, rehearsal=facts).outcome == "passed"
    assert outcome(coverage, rehearsal=covered((framework, 200))).outcome == "skipped"


def test_requests_without_a_document_prove_nothing() -> None:
    facts = make_rehearsal(
        routes=(ITEM,), visits=(visit(ITEM, status=422),), openapi=None, openapi_problem=make_raised("E", "x")
    )
    assert outcome(coverage, rehearsal=facts).reason == "needs HFS506"


def test_only_rejected() -> None:
    routes = [make_route("PUT", f"/r{n}", where=HERE) for n in range(7)]
    facts = covered((make_route(), 200), *((route, 422) for route in routes))
    finding = only_finding(coverage, rehearsal=facts)
    assert finding.message == (
        "7 of 8 routes were only seen to refuse a request, wanted an answer below 400: "
        "PUT /r0 422, PUT /r1 422, PUT /r2 422, PUT /r3 422, PUT /r4 422 and 2 others"
    )
    assert (finding.level, finding.path, finding.line) == ("warn", "api.py", 12)
    assert "pytest_hfspace_request(route) in conftest.py" in finding.hint


@pytest.mark.parametrize(("status", "level"), [(404, "note"), (409, "note"), (405, "warn"), (422, "warn")])
def test_nothing_there(status: int, level: str) -> None:
    assert only_finding(coverage, rehearsal=covered((ITEM, status))).level == level
    assert only_finding(coverage, rehearsal=covered((POST, status))).level == "warn"


@pytest.mark.parametrize("route", [ITEM, POST], ids=lambda route: route.label)
def test_too_many_requests(route: Route) -> None:
    finding = only_finding(coverage, rehearsal=covered((route, 429), (make_route(), 200)))
    assert (finding.level, "--hfspace-env" in finding.hint) == ("note", True)
    assert "1 of 2 routes answered that there were too many requests" in finding.message


def test_what_is_gone_for_everybody_is_no_refusal() -> None:
    finding = only_finding(coverage, rehearsal=covered((POST, 410), (ITEM, 410)))
    assert (finding.level, "no such thing" in finding.message) == ("note", True)


def test_hidden_route_is_not_counted_twice() -> None:
    facts = routed(named("a", "/{x}"), named("b", "/y"), b="api:a")
    refused = tuple(v._replace(status=400 if v.route == "GET /y" else 200) for v in facts.visits)
    assert outcome(coverage, rehearsal=replace(facts, visits=refused)).outcome == "passed"
    assert "HFS604" in coverage.needs


def test_guarded() -> None:
    finding = only_finding(coverage, rehearsal=covered((POST, 401), (ITEM, 200)))
    assert (finding.level, finding.message) == (
        "note",
        "1 of 2 routes were only seen to ask for credentials: POST /items 401",
    )


@pytest.mark.parametrize(
    ("status", "said", "level"),
    [
        (400, "Incorrect username or password", "note"),
        (400, "Missing API key", "note"),
        (400, "X-API-Key header is required", "note"),
        (400, "Could not validate: invalid token", "note"),
        (400, "Sign-in failed: mismatching_state", "note"),
        (400, "OAuth error: access denied", "note"),
        (400, "Authorization failed", "note"),
        (400, "mismatching_state: CSRF Warning! State not equal in request and response.", "note"),
        (400, "the state is a mismatch", "note"),
        (400, "The link has expired", "note"),
        (400, "Invalid confirmation link", "note"),
        (400, "invalid state", "warn"),
        (400, "the download link is wrong", "warn"),
        (400, "logging in: error", "warn"),
        (400, "wrong code", "warn"),
        (400, "too many tokens requested", "warn"),
        (400, "", "warn"),
        (422, "Missing API key", "warn"),
    ],
)
def test_refusals_that_only_want_credentials(status: int, said: str, level: str) -> None:
    answer = visit(POST, status=status, body=json.dumps({"detail": said}).encode())
    finding = only_finding(coverage, rehearsal=make_rehearsal(routes=(POST,), visits=(answer,)))
    assert finding.level == level
    assert ("credentials" in finding.message) == (level == "note")
