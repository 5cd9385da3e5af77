"""HFS603, HFS606 and HFS610: cookies, other origins, and a root path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.browser.origins import CHECKS, cookie_site, cors_pattern, root_path
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Rehearsal, Request, Visit, Where

from .factories import (
    make_command,
    make_failure,
    make_listener,
    make_rehearsal,
    make_route,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

HTML = ("content-type", "text/html; charset=utf-8")
JSON = ("content-type", "application/json")
TOP = "from fastapi import FastAPI\nfrom {} import {}\n\napp = FastAPI()\n"


def test_catalogue() -> None:
    assert [(c.id, c.level) for c in CHECKS] == [
        ("HFS603-cookie-site", "warn"),
        ("HFS606-cors-pattern", "warn"),
        ("HFS610-root-path", "warn"),
    ]
    assert {c.predicts for c in CHECKS} == {Stage.RUNNING}


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_healthy(check: Any) -> None:
    assert outcome(check).outcome == "passed"
    failed = make_rehearsal(failure=make_failure(message="no"))
    assert outcome(check, rehearsal=failed).reason == "the app did not come up: no"


# -- HFS603


def answer(*cookies: str, kind: tuple[str, str] = HTML, route: str = "GET /") -> Visit:
    return make_visit(route, headers=(kind, *(("Set-Cookie", cookie) for cookie in cookies)))


def set_by(*cookies: str, kind: tuple[str, str] = HTML) -> Rehearsal:
    return make_rehearsal(visits=(answer(*cookies, kind=kind),))


@pytest.mark.parametrize(
    "cookie",
    [
        "session=x; Path=/; HttpOnly; SameSite=None; Secure",
        "session=x; path=/; samesite=none; secure; Partitioned",
        "session=x;SameSite=None;Secure;Max-Age=1209600",
        # it is taken away
        "session=; Max-Age=0; Path=/; SameSite=lax",
        "session=null; path=/; Max-Age=-1",
        'session=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=lax',
    ],
)
def test_cookie_that_arrives(cookie: str) -> None:
    assert outcome(cookie_site, rehearsal=set_by(cookie)).findings == ()


@pytest.mark.parametrize(
    ("cookie", "lacks"),
    [
        ("session=x; Path=/; HttpOnly; SameSite=lax", "SameSite=lax"),
        ("session=x; Path=/; Secure; SameSite=Strict", "SameSite=Strict"),
        ("session=x", "no SameSite"),
        ("session=x; Secure", "no SameSite"),
        ("session=x; SameSite=None", "no Secure"),
        ("session=x; SameSite=None; Max-Age=x", "no Secure"),
        ("session=x; SameSite=None; Expires=garbage", "no Secure"),
    ],
)
def test_cookie_that_is_lost(cookie: str, lacks: str) -> None:
    finding = only_finding(cookie_site, rehearsal=set_by(cookie))
    assert finding.message == f"GET / set the cookie session with {lacks}, wanted SameSite=None; Secure"
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 7)


@pytest.mark.parametrize(
    ("cookie", "level"),
    [
        ("theme=dark; SameSite=lax", "note"),
        ("theme=dark; SameSite=lax; HttpOnly", "warn"),
        ("access_token=x; SameSite=lax", "warn"),
        ("csrftoken=x", "warn"),
    ],
)
def test_a_preference_matters_less(cookie: str, level: str) -> None:
    assert only_finding(cookie_site, rehearsal=set_by(cookie)).level == level


def test_an_api_without_pages_is_not_shown_in_a_frame() -> None:
    assert only_finding(cookie_site, rehearsal=set_by("session=x", kind=JSON)).level == "note"
    both = make_rehearsal(
        visits=(answer(), answer("session=x", kind=JSON, route="POST /login")),
        routes=(make_route(), make_route("POST", "/login", where=Where("main.py", 20))),
    )
    finding = only_finding(cookie_site, rehearsal=both)
    assert (finding.level, finding.line) == ("warn", 20)


def test_the_same_cookie_of_several_answers_is_one_finding() -> None:
    visits = tuple(answer("session=x", route=f"GET /{n}") for n in range(5))
    routes = tuple(make_route("GET", f"/{n}") for n in range(5))
    finding = only_finding(cookie_site, rehearsal=make_rehearsal(visits=visits, routes=routes))
    assert finding.message.startswith("GET /0, GET /1, GET /2 and 2 others set the cookie session")


@pytest.mark.parametrize(
    ("code", "line", "hint"),
    [
        (
            TOP.format("starlette.middleware.sessions", "SessionMiddleware")
            + "app.add_middleware(SessionMiddleware, secret_key=KEY)\n",
            5,
            'add_middleware(SessionMiddleware, …, same_site="none", https_only=True)',
        ),
        (
            TOP.format("fastapi", "Response") + '\ndef f(r):\n    r.set_cookie("session", "x")\n',
            7,
            'set_cookie(…, samesite="none", secure=True), and better still partitioned',
        ),
        (
            TOP.format("fastapi", "Response") + "NAME = 'session'\nr.set_cookie(key=NAME, value='x')\n",
            6,
            'set_cookie(…, samesite="none", secure=True), and better still partitioned',
        ),
    ],
)
def test_what_sets_it(code: str, line: int, hint: str) -> None:
    finding = only_finding(cookie_site, make_space({"main.py": code}), set_by("session=x; SameSite=lax"))
    assert (finding.path, finding.line, finding.hint) == ("main.py", line, hint)


# -- HFS606


def cors(arguments: str, before: str = "") -> Any:
    code = TOP.format("fastapi.middleware.cors", "CORSMiddleware") + before
    return make_space({"main.py": f"{code}app.add_middleware(CORSMiddleware, {arguments})\n"})


def preflight(origin: str = "https://stranger.example", credentials: str = "true") -> Visit:
    headers = (("access-control-allow-origin", origin), ("access-control-allow-credentials", credentials))
    return make_visit(
        "PREFLIGHT", kind="preflight", request=Request("OPTIONS", "/"), headers=headers, status=200
    )


@pytest.mark.parametrize(
    "arguments",
    [
        'allow_origins=["*"]',
        'allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]',
        'allow_origins=["*"], allow_credentials=False',
        'allow_origins=["https://huggingface.co"], allow_credentials=True',
        'allow_origins=[], allow_origin_regex="https://.*"',
        "allow_origins=ORIGINS, allow_credentials=True",
        "allow_origins=settings.origins, allow_credentials=settings.credentials",
        "*arguments",
        "**arguments",
    ],
)
def test_origins_as_they_should_be(arguments: str) -> None:
    assert outcome(cors_pattern, cors(arguments)).findings == ()


@pytest.mark.parametrize(
    ("arguments", "before"),
    [
        ('allow_origins=["https://a.example.org", "https://*.vercel.app"]', ""),
        ('allow_origins=("https://*.vercel.app",)', ""),
        ("allow_origins=ORIGINS", 'ORIGINS = ["https://*.vercel.app"]\n'),
    ],
)
def test_pattern_that_matches_nothing(arguments: str, before: str) -> None:
    finding = only_finding(cors_pattern, cors(arguments, before))
    assert finding.message == (
        'allow_origins has "https://*.vercel.app": origins are compared as they are, and this is none'
    )
    assert finding.hint == r'allow_origin_regex=r"https://[\w-]+\.vercel\.app"'
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 6 if before else 5)


@pytest.mark.parametrize(
    "code",
    [
        "app = CORSMiddleware(app, ['https://*.vercel.app'])\n",
        "app = CORSMiddleware(app, allow_origins=['https://*.vercel.app'])\n",
        "app = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=['https://*.vercel.app'])])\n",
        "app.add_middleware(cors.CORSMiddleware, allow_origins=['https://*.vercel.app'])\n",
    ],
)
def test_other_spellings_of_the_middleware(code: str) -> None:
    assert only_finding(cors_pattern, make_space({"main.py": code})).line == 1


@pytest.mark.parametrize("arguments", ["allow_origins=settings.origins", "**cors()"])
def test_pattern_that_the_running_app_has(arguments: str) -> None:
    facts = make_rehearsal(origins=("https://a.example", "https://*.vercel.app"))
    finding = only_finding(cors_pattern, cors(arguments), facts)
    assert finding.message.startswith('allow_origins has "https://*.vercel.app": ')
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 5)


def test_a_pattern_is_told_once() -> None:
    facts = make_rehearsal(origins=("https://*.vercel.app", "*"))
    assert only_finding(cors_pattern, cors('allow_origins=["https://*.vercel.app"]'), facts)
    assert only_finding(cors_pattern, make_space(), facts).path == ""
    assert (
        outcome(cors_pattern, make_space(), make_rehearsal(origins=("*", "https://a.example"))).findings == ()
    )


def everybody(space: Any, *visits: Visit) -> Finding:
    return only_finding(cors_pattern, space, make_rehearsal(visits=(make_visit(), *visits)))


def test_every_origin_with_credentials() -> None:
    space = cors('allow_origins=["*"], allow_credentials=True')
    cookie = make_visit(headers=(JSON, ("set-cookie", "session=x")))
    for visits in ((cookie,), (cookie, preflight())):
        finding = everybody(space, *visits)
        assert finding.message == (
            "allow_origins=[*] with allow_credentials=True admits every origin with credentials, "
            "wanted the origins that need them"
        )
        assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 5)
        assert "in their name" in finding.consequence


def test_without_credentials_to_send_it_is_a_note() -> None:
    assert everybody(cors('allow_origins=["*"], allow_credentials=True'), preflight()).level == "note"
    space = cors('allow_origins=["*"], allow_credentials=True', "response.set_cookie('a', 'b')\n")
    assert everybody(space, preflight()).level == "warn"


def test_the_running_app_is_believed() -> None:
    origins = "allow_origins=settings.origins, allow_credentials=True"
    assert everybody(cors(origins), preflight()).message.startswith("the preflight admits every origin")
    careless = cors('allow_origins=["*"], allow_credentials=True')
    for answered in (preflight("https://huggingface.co"), preflight(credentials="")):
        facts = make_rehearsal(visits=(answered,))
        assert outcome(cors_pattern, careless, facts).findings == ()


# -- HFS610


def served(code: str, servers: Any = None, declared: Any = None, body: bytes | None = None) -> Any:
    """A Space of this code whose document, as it was served, has these servers."""
    whole = {"openapi": "3.1.0", "info": {}, **({"servers": servers} if servers is not None else {})}
    content = json.dumps({**whole, "paths": {}}).encode() if body is None else body
    document = {"openapi": "3.1.0", "paths": {}, **({"servers": declared} if declared else {})}
    facts = make_rehearsal(visits=(make_visit("GET /openapi.json", body=content),), openapi=document)
    return make_space({"main.py": code}), facts


APP = "from fastapi import FastAPI\n\napp = FastAPI({})\n"


@pytest.mark.parametrize(
    ("arguments", "servers", "declared"),
    [
        ("", None, None),
        ('root_path=""', None, None),
        ('root_path="/"', None, None),
        ('root_path=os.getenv("ROOT_PATH", "")', None, None),
        # the owner's own words
        ('servers=[{"url": "/api"}]', [{"url": "/api"}], [{"url": "/api"}]),
        ("", [{"url": "https://example.org"}], [{"url": "https://example.org"}]),
        # nothing of it arrives: it may be an app that is mounted
        ('root_path="/api"', None, None),
        ("", "garbage", None),
        ("", [1, {}], None),
    ],
)
def test_no_root_path(arguments: str, servers: Any, declared: Any) -> None:
    assert outcome(root_path, *served(APP.format(arguments), servers, declared)).findings == ()


def test_root_path_of_a_mounted_app() -> None:
    code = 'from fastapi import FastAPI\n\napp = FastAPI()\napi = FastAPI(root_path="/api")\n'
    assert outcome(root_path, make_space({"main.py": code})).findings == ()


@pytest.mark.parametrize("arguments", ['root_path="/api"', 'root_path=os.getenv("ROOT_PATH", "/api")'])
def test_root_path_in_code(arguments: str) -> None:
    finding = only_finding(root_path, *served(APP.format(arguments), [{"url": "/api"}]))
    assert finding.message == "the app is made with the root path /api, and a Space is served from /"
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 3)


@pytest.mark.parametrize(
    "code", ["app = FastAPI(**settings.fastapi)\n", "app = partial(FastAPI, root_path='/api')()\n"]
)
def test_root_path_that_comes_from_elsewhere(code: str) -> None:
    finding = only_finding(root_path, *served(f"from fastapi import FastAPI\n{code}", [{"url": "/api"}]))
    assert finding.message == "the app is made with the root path /api, and a Space is served from /"
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", None)


def test_document_of_a_mounted_app() -> None:
    body = b'{"openapi": "3.1.0", "servers": [{"url": "/v1"}], "paths": {}}'
    label = "GET /v1/openapi.json"
    visit = make_visit(label, request=Request("GET", "/v1/openapi.json"), body=body)
    facts = make_rehearsal(visits=(visit,), openapi={"openapi": "3.1.0", "paths": {}})
    space = make_space({"main.py": "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\n"})
    assert outcome(root_path, space, facts).findings == ()


def test_document_that_is_cut_off() -> None:
    body = b'{"openapi": "3.1.0", "servers": [{"url": "/api"}], "paths": {"/a'
    only_finding(root_path, *served(APP.format('root_path="/api"'), body=body))


def test_without_a_document_the_code_must_say_it() -> None:
    assert only_finding(root_path, make_space({"main.py": APP.format('root_path="/api"')})).line == 3
    computed = make_space({"main.py": APP.format("root_path=ROOT")})
    assert outcome(root_path, computed).findings == ()


@pytest.mark.parametrize(
    ("where", "place"), [(None, ("Dockerfile", 6)), (Where("main.py", 9), ("main.py", 9))]
)
def test_root_path_of_the_server(where: Where | None, place: tuple[str, int]) -> None:
    space = make_space(command=make_command("uvicorn main:app --root-path /api"))
    facts = make_rehearsal(listener=make_listener(root_path="/api", where=where))
    finding = only_finding(root_path, space, facts)
    assert finding.message == ("the server is started with the root path /api, and a Space is served from /")
    assert ((finding.path, finding.line), finding.level) == (place, "warn")


@pytest.mark.parametrize("given", ["", "/"])
def test_empty_root_path_of_the_server(given: str) -> None:
    facts = make_rehearsal(listener=make_listener(root_path=given))
    assert outcome(root_path, rehearsal=facts).outcome == "passed"
