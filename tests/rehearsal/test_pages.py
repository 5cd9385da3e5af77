"""What a page loads, and how it, a WebSocket's handler and two routes at once are asked for it."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from pytest_hfspace.rehearsal import Rehearsal
from pytest_hfspace.rehearsal.facts import Raised, Request, Route, Visit, Where
from pytest_hfspace.rehearsal.messages import Talk, about_message
from pytest_hfspace.rehearsal.overlap import pairs
from pytest_hfspace.rehearsal.pages import MOST_LOADS, Page, pages_of, read, read_css, unseen

from .rehearse import Case, side_by_side

HTML, CSS = "text/html; charset=utf-8", "text/css"


def visit(path: str = "/", body: str = "", kind: Any = "valid", **changes: Any) -> Visit:
    headers = (("Content-Type", changes.pop("type", HTML)), *changes.pop("headers", ()))
    label = {"root": "ROOT", "asset": f"ASSET {path}"}.get(kind, f"GET {path.partition('?')[0]}")
    changes.setdefault("status", 200)
    return Visit(label, kind, Request("GET", path), headers=headers, body=body.encode(), **changes)


def root(body: str = "", **changes: Any) -> Visit:
    return visit("/?logs=container", body, "root", **changes)


def page(body: str, path: str = "/") -> Page:
    return read(visit(path, body))


def loads(body: str, path: str = "/") -> dict[str, str]:
    return {load.target or load.address: load.kind for load in page(body, path).loads}


# -- reading


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", {}),
        ("<h1>Hello</h1>", {}),
        ("<script src=/a.js></script>", {"/a.js": "script"}),
        ("<SCRIPT SRC='A.JS'></SCRIPT>", {"/x/A.JS": "script"}),
        ("<script src='../a.js?v=1#top'></script>", {"/a.js?v=1": "script"}),
        ("<script src='//example.org/a.js'></script>", {"https://example.org/a.js": "script"}),
        ("<script type='importmap' src='a.js'></script>", {}),
        ("<script type='module' src='a.js'></script>", {"/x/a.js": "script"}),
        ("<link rel='stylesheet' href='a b.css'>", {"/x/a%20b.css": "stylesheet"}),
        ("<link rel='preload stylesheet' href='a.css'>", {"/x/a.css": "preload"}),
        ("<link rel='alternate stylesheet' href='a.css'>", {}),
        ("<link rel='canonical' href='/'><link href='/x'><link rel='next' href='/2'>", {}),
        ("<img src='&#47;a.png'>", {"/a.png": "image"}),
        ("<img src='/a' srcset='/b 1x, /c 2x'>", {"/a": "image", "/b": "image", "/c": "image"}),
        ("<picture><source srcset='/b'><img src='/a'></picture>", {"/b": "image", "/a": "image"}),
        ("<video poster='p.png'><source src='v.mp4'></video>", {"/x/p.png": "image", "/x/v.mp4": "media"}),
        ("<base href='/other/'><img src='a.png'>", {"/other/a.png": "image"}),
        ("<base href='https://example.org/'><img src='a.png'>", {"https://example.org/a.png": "image"}),
        ("<base target='_blank'><img src='a.png'>", {"/x/a.png": "image"}),
        ("<div style='background:url(a.png)'>", {"/x/a.png": "style"}),
        ("<style>/* url(no.png) */ b{background:url( 'a.png' )}</style>", {"/x/a.png": "style"}),
        ("<style>@import '/a'; @import url(/b);</style>", {"/a": "stylesheet", "/b": "stylesheet"}),
        ("<template><img src='a.png'></template><img src='b.png'>", {"/x/b.png": "image"}),
        ("<noscript><img src='a.png'></noscript>", {}),
        ("<!-- <img src='a.png'> --><img src='b.png'", {}),
        ("<img src='data:image/png;base64,xx'><img src='blob:1'><a href='javascript:x()'>", {}),
        ("<a href='mailto:a@example.org'><a href='#top'><img src='#'><img src>", {}),
        ("<img src='{{ x }}'><img src='a/${x}'><img src='%7B%7Bx%7D%7D'><img src='{% x %}'>", {}),
        ("<img src='http://[bad'><img src='http://a:b:c/'>", {}),
        ("<img src='https://owner-name.hf.space:81/a'>", {"https://owner-name.hf.space:81/a": "image"}),
        ("<a title=it's><img src=/a><b title='>'><img src=/b>", {"/a": "image", "/b": "image"}),
        ("a < b <1> </> <img/src=/a/><img src = '/b'><img src=\"/c\"src='/d'>",
         {"/a/": "image", "/b": "image", "/c": "image"}),
        ("<script>'</scripty>' + '<img src=a>'</script ><img src=/b>", {"/b": "image"}),
        ("<textarea><img src=/a></textarea><title><img src=/a></title>", {}),
        ("<!DOCTYPE html><?xml version='1.0'?><!---><img src=/a>", {"/a": "image"}),
        ("<img src='HTTP://OWNER-NAME.hf.space/a.png'>", {"/a.png": "image"}),
        ("<a href='/docs'>docs</a><form action='/f'>", {"/docs": "link", "/f": "form"}),
        ("<img src='é.png'>", {"/x/%C3%A9.png": "image"}),
        ("<img src='a%20b.png'>", {"/x/a%20b.png": "image"}),
    ],
)  # fmt: skip
def test_loads(body: str, expected: dict[str, str]) -> None:
    assert loads(body, "/x/page") == expected


def test_scripts() -> None:
    found = page("<script>a < b && '<img src=x>'</script><script type='application/json'>{}</script><p>x</p>")
    assert found.scripts == ("a < b && '<img src=x>'",)
    assert found.loads == ()


def test_upgrades() -> None:
    meta = "<meta http-equiv=Content-Security-Policy content='upgrade-insecure-requests'>"
    assert page(meta).upgrades
    assert not page("<meta name=description content='upgrade'>").upgrades
    assert read(visit(headers=(("content-security-policy", "Upgrade-Insecure-Requests"),))).upgrades


def test_style_sheet() -> None:
    sheet = visit("/css/a.css", "@import 'b.css'; i{background:url(../i.png)} j{b:url(data:x)}", type=CSS)
    assert [(load.target, load.optional) for load in read_css(sheet)] == [
        ("/css/b.css", False),
        ("/i.png", True),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<" * 65536,
        "<!" * 30000,
        "<![" * 20000,
        "<!--" * 16000,
        "<a " * 20000,
        "<a href='" * 7000,
        "<img src=a>" * 6000,
        "<template>" * 6000,
        "&#x" * 20000,
        "</" * 30000,
        "\x00\ufffd" * 10000,
        "<style>" + "url(" * 16000,
        "<style>" + "/*" * 32000,
        "<style>" + "/*a" * 21000,
        "<style>" + "url( " * 13000,
        "<style>" + "@import " * 8000,
        "<script>" * 8000,
        "<a b " + "c = " * 16000,
        "<base href='x/'>" * 4000,
        "<![CDATA[<img src=a>]]>",
        "<!DOCTYPE [<!ENTITY x 'y'>",
    ],
)
def test_garbage(body: str) -> None:
    began = time.perf_counter()
    assert len(page(body).loads) <= MOST_LOADS
    assert time.perf_counter() - began < 5


# -- which pages, and what of them is to be asked for

OWN = (Route("GET", "/"), Route("GET", "/about"), Route("GET", "/items/{id}"))
DOCS = Route("GET", "/docs", own=False)


def test_pages() -> None:
    visits = [
        root(),
        visit("/docs"),
        visit("/"),
        visit("/about"),
        visit("/about", status=404),
        visit("/items/1"),
        visit("/api", type="application/json"),
    ]
    found = pages_of(visits, (*OWN, DOCS))
    assert [(each.route, is_front) for each, is_front in found] == [("ROOT", True), ("GET /about", False)]


def test_front_page_of_the_framework() -> None:
    docs = visit("/docs?logs=container", kind="root")
    assert pages_of([docs, visit("/docs")], (DOCS,)) == []


def test_front_page_behind_redirects() -> None:
    to = lambda path: (("location", path),)  # noqa: E731
    moved = root(status=307, headers=to("/ui"))
    assert unseen([moved], OWN) == ["/ui"]
    again = visit("/ui", status=307, kind="asset", headers=to("/ui/"))
    assert unseen([moved, again], OWN) == ["/ui/"]
    there = visit("/ui/", "<img src=a.png>", "asset")
    assert unseen([moved, again, there], OWN) == ["/ui/a.png"]
    assert [is_front for _, is_front in pages_of([moved, again, there], OWN)] == [True]
    loop = visit("/ui", status=307, kind="asset", headers=to("/ui"))
    assert unseen([moved, loop], OWN) == []
    assert unseen([root(status=307, headers=to("https://example.org/"))], OWN) == []


def test_what_is_to_be_asked_for() -> None:
    visits = [
        root("<img src=b.png><img src=/about><script src=a.js></script><a href=/x>x</a><img src=b.png>"),
        visit("/about", "<img src=c.png><img src='https://example.org/d.png'>"),
    ]
    assert unseen(visits, OWN) == ["/b.png", "/a.js", "/c.png"]
    sheet = visit("/a.js", "b{background:url(e.png)}", "asset", type=CSS)
    assert unseen([*visits, sheet], OWN) == ["/b.png", "/c.png", "/e.png"]


def test_an_api_asks_for_nothing() -> None:
    sheet = visit("/style.css", "b{background:url(e.png)}", type=CSS)
    routes = (*OWN, DOCS, Route("GET", "/style.css"))
    visits = [root(type="application/json"), visit("/docs", "<img src=/x.png>"), sheet]
    assert unseen(visits, routes) == []


# -- what to say to a WebSocket's handler


def error(kinds: str, message: str = "", line: int = 5) -> Raised:
    return Raised(tuple(f"builtins.{kind}" for kind in kinds.split()), message, Where("main.py", line))


KEY = "KeyError LookupError Exception"
FEW, WORD = error("ValueError", "not enough values to unpack"), error(KEY, "'text'")


def test_keys_that_are_missed_are_given() -> None:
    talk = Talk()
    assert talk.first() == "{}"
    assert talk.following("{}", error(KEY, "'room'")) == '{"room": "text"}'
    assert talk.following('{"room": "text"}', error(KEY, "'user'")) == '{"room": "text", "user": "text"}'
    assert not talk.is_proved


@pytest.mark.parametrize(
    ("raised", "following"),
    [
        (error(KEY, "'bytes'"), b"{}"),
        (error("TypeError", "string indices must be integers"), '"text"'),
        (error("JSONDecodeError ValueError", "Expecting value"), '"text"'),
        (error("NameError", "name 'x' is not defined"), None),
        (error("RuntimeError", "closed"), None),
    ],
)
def test_what_to_say_next(raised: Raised, following: Any) -> None:
    talk = Talk()
    assert talk.following("{}", raised) == following
    assert talk.is_proved is (following is None)


@pytest.mark.parametrize(
    ("heard", "proved"),
    [
        # what the handler makes of a text differs with it
        ([("{}", FEW), ('"text"', FEW)], False),
        ([("{}", error("IndexError LookupError")), ('"text"', error("IndexError LookupError"))], False),
        ([("{}", error("TypeError", "string indices must be integers, not 'str'")),
          ('"text"', error("TypeError", "string indices must be integers, not 'str'"))], False),
        ([("{}", error("AttributeError", "'NoneType' object has no attribute 'x'")),
          ('"text"', error("AttributeError", "'str' object has no attribute 'get'"))], False),
        # rooms[data["room"]]
        ([('{"room": "text"}', WORD), ('{"room": "text", "text": "text"}', WORD)], False),
        ([(b"{}", error("error Exception", "unpack requires 8 bytes"))], False),
        # os.environ["NAME"]
        ([("{}", error(KEY, "'NAME'")), ('{"NAME": "text"}', error(KEY, "'NAME'"))], True),
        ([("{}", error("AttributeError", "'App' object has no attribute 'x'")),
          ('"text"', error("AttributeError", "'App' object has no attribute 'x'"))], True),
        ([("{}", error("AttributeError", "'App' object has no attribute 'x'")),
          ('"text"', error("AttributeError", "'App' object has no attribute 'x'", 9))], False),
        ([("{}", error("ZeroDivisionError ArithmeticError"))], True),
    ],
)  # fmt: skip
def test_proof(heard: list[tuple[Any, Raised]], proved: bool) -> None:
    talk = Talk()
    for message, raised in heard:
        talk.following(message, raised)
    assert talk.is_proved is proved


def test_a_handler_that_is_never_content_is_left() -> None:
    talk = Talk()
    message: Any = talk.first()
    said = []
    while message is not None:
        said.append(message)
        message = talk.following(message, error(KEY, f"'k{len(said)}'"))
    assert len(said) == 6


def test_about_the_message() -> None:
    assert about_message("{}", Raised(("pydantic_core.ValidationError",), ""))
    assert about_message(b"{}", Raised(("builtins.RuntimeError",), ""))
    assert not about_message("{}", Raised(("builtins.RuntimeError",), ""))
    assert not about_message(b"{}", Raised(("builtins.UnboundLocalError", "builtins.NameError"), ""))
    assert not about_message(b"{}", Raised(("builtins.ModuleNotFoundError", "builtins.ImportError"), ""))


# -- which routes to ask at once


def test_pairs() -> None:
    routes = [Route("GET", f"/{n}") for n in range(6)] + [Route("POST", "/p"), Route("GET", "/f", own=False)]
    times = [0.002, 0.2, 0.9, 9.0, 0.1, 0.4]
    visits = [root(seconds=0.003)]
    visits += [visit(f"/{n}", seconds=seconds) for n, seconds in enumerate(times)]
    visits += [visit("/f", seconds=0.5), Visit("POST /p", "valid", Request("POST", "/p"), 200, seconds=1.0)]
    assert [(each.slow.route, each.quick.route) for each in pairs(visits, routes)] == [
        ("GET /2", "ROOT"),
        ("GET /5", "ROOT"),
        ("GET /1", "ROOT"),
    ]
    assert pairs([root(seconds=0.003), visit("/0", seconds=0.14)], routes) == []
    assert pairs([visit("/0", seconds=0.9)], routes) == []
    assert pairs([visit("/0", seconds=0.05), visit("/1", seconds=0.3)], routes) == []
    assert pairs([root(seconds=0.003), visit("/0", seconds=0.9, status=500)], routes) == []
    (pair,) = pairs([root(seconds=0.06), visit("/", seconds=0.004), visit("/0", seconds=0.2)], routes)
    assert pair.quick.route == "GET /"  # the very first answer is slow
    (pair,) = pairs([root(seconds=0.9), visit("/0", seconds=0.9), visit("/1", seconds=0.01)], routes)
    assert (pair.slow.route, pair.quick.route) == ("GET /0", "GET /1")


# -- of running apps

APP = """
import os, time
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

BIG = "x" * 300_000

async def home(request):
    return HTMLResponse("<link rel=stylesheet href=/a.css><script src=/big.js></script><img src=/lost.png>")

async def api(request):
    return PlainTextResponse("fine")

async def named(request):
    name = request.path_params["name"]
    if name == "a.css":
        return Response("@import 'b.css'; i{background: url(lost.woff)}", media_type="text/css")
    if name == "big.js":
        return Response(BIG + "end", media_type="text/javascript")
    return Response("i{background: url(c.png)}" if name == "b.css" else "", 200 if name == "b.css" else 404,
                    media_type="text/css")

async def blocks(request):
    time.sleep(0.3)
    return PlainTextResponse("done")

def computes(request):
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        pass
    return PlainTextResponse("done")

async def json(socket):
    await socket.accept()
    while True:
        data = await socket.receive_json()
        await socket.send_json({"text": data["text"].upper()})

async def words(socket):
    await socket.accept()
    first, second = (await socket.receive_text()).split(" ")

async def binary(socket):
    await socket.accept()
    await socket.send_bytes(await socket.receive_bytes())

async def bug(socket):
    await socket.accept()
    await socket.receive_text()
    undefined

async def at_once(socket):
    await socket.accept()
    raise KeyError("first")

async def without_listening(socket):
    await socket.accept()
    import asyncio
    await asyncio.sleep(0.4)
    raise KeyError("first")

async def late(socket):
    await socket.accept()
    await socket.receive_text()
    import asyncio
    await asyncio.sleep(0.4)
    int("no number")

async def setting(socket):
    await socket.accept()
    await socket.receive_text()
    os.environ["NOT_SET"]

sockets = [json, words, binary, bug, at_once, without_listening, late, setting]
app = Starlette(routes=[
"""
PAGES = APP + (
    'Route("/", home), Route("/api", api), Route("/blocks", blocks), Route("/computes", computes),'
    'Route("/{name}", named)])\n'
)
SOCKETS = APP + 'Route("/", api), *(WebSocketRoute(f"/{f.__name__}", f) for f in sockets)])\n'
QUIET = APP + 'Route("/", api)])\n'


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    if sys.platform == "win32":
        pytest.skip("a rehearsal needs POSIX")
    cases = {"pages": Case(PAGES), "sockets": Case(SOCKETS), "quiet": Case(QUIET)}
    return side_by_side(tmp_path_factory.mktemp("pages"), cases, 1)


def test_assets_are_fetched(seen: dict[str, Rehearsal]) -> None:
    found = {each.route: each for each in seen["pages"].visits if each.kind == "asset"}
    assert {label: each.status for label, each in found.items()} == {
        "ASSET /a.css": 200,
        "ASSET /big.js": 200,
        "ASSET /lost.png": 404,
        "ASSET /b.css": 200,
        "ASSET /lost.woff": 404,
        "ASSET /c.png": 404,
    }
    assert found["ASSET /big.js"].body.endswith(b"end")
    assert found["ASSET /lost.png"].endpoint == "main:named"


def test_the_loop_that_is_blocked(seen: dict[str, Rehearsal]) -> None:
    overlaps = {each.slow: each for each in seen["pages"].overlaps}
    assert set(overlaps) == {"GET /blocks", "GET /computes"}
    assert all(beside > 0.6 * left for left, beside in overlaps["GET /blocks"].pairs)
    assert len(overlaps["GET /blocks"].pairs) == 2
    ((left, beside),) = overlaps["GET /computes"].pairs[-1:]
    assert beside < 0.6 * left


def test_what_needs_nothing_gets_nothing(seen: dict[str, Rehearsal]) -> None:
    assert [each.route for each in seen["quiet"].visits] == ["ROOT", "GET /"]
    assert seen["quiet"].overlaps == ()


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("json", None),
        ("words", None),
        ("binary", None),
        ("bug", "NameError"),
        ("at_once", "KeyError"),
        ("without_listening", "KeyError"),
        ("late", None),
        ("setting", "KeyError"),
    ],
)
def test_handlers(seen: dict[str, Rehearsal], name: str, raised: str | None) -> None:
    pytest.importorskip("websockets")
    (each,) = seen["sockets"].of(f"WS /{name}")
    assert (each.status, each.problem) == (101, "")
    assert (each.raised.kind if each.raised else None) == raised
