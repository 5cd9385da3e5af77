"""HFS607 to HFS609: what pages and scripts load and call."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.browser.pages import CHECKS, asset_missing, localhost_url, mixed_content
from pytest_hfspace.checks.browser.scripts import called, page_sockets
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Rehearsal, Request, Visit, Where

from .factories import (
    make_failure,
    make_image,
    make_rehearsal,
    make_route,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

HTML, JS, CSS = "text/html; charset=utf-8", "text/javascript", "text/css"
PORT = "http://localhost:8000"


def page(body: str, path: str = "/", **changes: Any) -> Visit:
    """A valid visit that was answered with a page; "/" is what the Space page shows."""
    headers = (("content-type", HTML), *changes.pop("headers", ()))
    return make_visit(f"GET {path}", body=body.encode(), headers=headers, **changes)


def front(body: str, **changes: Any) -> Visit:
    return page(body, **changes, kind="root", request=Request("GET", "/?logs=container"))


def asset(path: str, status: int | None = 200, body: str = "", kind: str = JS, **changes: Any) -> Visit:
    return make_visit(
        f"ASSET {path.partition('?')[0]}",
        kind="asset",
        request=Request("GET", path),
        status=status,
        body=body.encode(),
        headers=(("content-type", kind),),
        endpoint=changes.pop("endpoint", ""),
        **changes,
    )


def seen(*visits: Visit, **changes: Any) -> Rehearsal:
    return make_rehearsal(visits=visits, **changes)


def script(text: str) -> Rehearsal:
    return seen(front(f"<script>{text}</script>"))


def test_catalogue() -> None:
    assert [(c.id, c.level) for c in CHECKS] == [
        ("HFS607-localhost-url", "warn"),
        ("HFS608-mixed-content", "warn"),
        ("HFS609-asset-missing", "error"),
    ]
    assert {c.predicts for c in CHECKS} == {Stage.RUNNING}


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_nothing_to_look_at(check: Any) -> None:
    failed = make_rehearsal(failure=make_failure(message="no"))
    assert outcome(check, rehearsal=failed).reason == "the app did not come up: no"
    result = outcome(check, rehearsal=make_rehearsal())
    assert (result.outcome, result.reason, result.applicable) == ("skipped", "the app has no pages", False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_pages_of_the_framework_are_not_the_apps(check: Any) -> None:
    docs = make_route("GET", "/docs", own=False)
    facts = seen(page(f"<script src='{PORT}/x.js'></script>", "/docs"), routes=(make_route(), docs))
    assert outcome(check, rehearsal=facts).reason == "the app has no pages"


# -- HFS607


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Hello</h1><script src=/app.js></script>",
        f"<p>Open <code>{PORT}</code> and <pre>curl {PORT}</pre></p>",
        f"<!-- <script src='{PORT}/x.js'></script> -->",
        f"<input placeholder='{PORT}' value='{PORT}'>",
        f"<noscript><img src='{PORT}/x.png'></noscript><template><img src='{PORT}/x.png'></template>",
        f"<script type='text/template'>fetch('{PORT}')</script>",
        f"<script type='application/json'>{{'url': '{PORT}'}}</script>",
        "<img src='http://localhost.example.org/x.png'>",
        "<img src='{{ http://localhost:8000 }}'>",
        "<link rel='canonical' href='http://localhost:8000/'>",
        "<link rel='preconnect' href='http://localhost:8000/'>",
    ],
)
def test_page_that_names_it_and_does_not_need_it(body: str) -> None:
    assert outcome(localhost_url, rehearsal=seen(front(body))).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "fetch('/items')",
        f"// fetch('{PORT}/items')",
        f"  * fetch('{PORT}/items')",
        f"/* const API = '{PORT}';\n fetch(API) */",
        f"console.log('started on {PORT}')",
        f"console.log('{PORT}')",
        f"throw new Error('{PORT}')",
        # where the page is decides
        f"const API = location.hostname === 'localhost' ? '{PORT}' : ''; fetch(API + '/items')",
        f"let API = ''; if (location.hostname === 'localhost') {{ API = '{PORT}'; }} fetch(API)",
        f"const API = location.hostname !== 'localhost' ? '/api' : '{PORT}';\nfetch(API)",
        f"const API = window.API_URL || '{PORT}'; fetch(API)",
        f"const API = import.meta.env.VITE_API ?? '{PORT}'; fetch(`${{API}}/items`)",
        f"const API = process.env.NODE_ENV === 'production' ? '' : '{PORT}'; fetch(API)",
        f"if (origin === '{PORT}') fetch(origin)",
        f"['{PORT}'].includes(origin)",
        f"url.startsWith('{PORT}')",
        f"url = url.replace('{PORT}', '')",
        f"const u = new URL(path, '{PORT}')",
        # axios and others have it as the base of an address that is relative
        "const origin = env && window.location.href || 'http://localhost'; fetch(origin)",
        # nobody uses it
        f"const API = '{PORT}'; fetch('/items')",
        f"let API = '{PORT}'; API = ''; fetch(API)",
        f"const hint = '{PORT}' + path; fetch(path)",
        "fetch('http://localhost.example.org/items')",
    ],
)
def test_script_that_names_it_and_does_not_call_it(text: str) -> None:
    assert outcome(localhost_url, rehearsal=script(text)).findings == ()
    assert outcome(localhost_url, rehearsal=seen(front(""), asset("/app.js", body=text))).findings == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<script src='{PORT}/x.js'></script>", f"loads the script {PORT}/x.js"),
        ("<img src='http://127.0.0.1:5000/a.png'>", "loads the image http://127.0.0.1:5000/a.png"),
        ("<IMG SRC=http://0.0.0.0:7860/a.png />", "loads the image http://0.0.0.0:7860/a.png"),
        (f"<form action='{PORT}/login'>", f"sends a form to {PORT}/login"),
        (f"<iframe src='{PORT}/ui'></iframe>", f"loads the frame {PORT}/ui"),
        (
            "<link rel=stylesheet href='http://[::1]:8000/a.css'>",
            "loads the style sheet http://[::1]:8000/a.css",
        ),
        (f"<base href='{PORT}/'><script src='x.js'></script>", "loads the script x.js"),
    ],
)
def test_page_that_loads_from_localhost(body: str, said: str) -> None:
    finding = only_finding(localhost_url, rehearsal=seen(front(body)))
    assert finding.message == f"GET /?logs=container: {said}, wanted an address of the Space"
    assert finding.level == "warn"


@pytest.mark.parametrize(
    "text",
    [
        f"fetch('{PORT}/items')",
        f"fetch(\n  `{PORT}/items`)",
        f"await axios.post('{PORT}/items', body)",
        f"axios.create({{ baseURL: '{PORT}/items' }})",
        "new WebSocket('ws://localhost:8000/items')",
        f'new EventSource("{PORT}/items")',
        f"xhr.open('POST', '{PORT}/items')",
        f"$.ajax({{ type: 'GET', url: '{PORT}/items' }})",
        f"image.src = '{PORT}/items'",
        f"window.location.href = '{PORT}/items'",
        f"const API_URL = '{PORT}/items';\nasync function f() {{ await fetch(`${{API_URL}}/x`) }}",
        f"const API_URL: string = '{PORT}/items'; fetch(API_URL + '/x')",
        f'var a=1,Qn="{PORT}/items";function f(){{return fetch(Qn+"/x")}}',
        f"const a=void 0||'{PORT}/items';fetch(a)",
        f"/* image/* */ fetch('{PORT}/items', {{headers: {{Accept: 'text/plain, */*'}}}})",
        "const h = {accept: 'application/json, */*'}; fetch('http://localhost:8000/items')",
    ],
)
def test_script_that_calls_localhost(text: str) -> None:
    assert [call.url.endswith("localhost:8000/items") for call in called(text)] == [True]
    for facts in (script(text), seen(front(""), asset("/app.js", body=text))):
        finding = only_finding(localhost_url, rehearsal=facts)
        assert finding.hint == 'write the path alone: "/items"'
        assert finding.level == "warn"


def test_an_address_without_a_path() -> None:
    finding = only_finding(localhost_url, rehearsal=script(f"const API = '{PORT}'; fetch(API + '/items')"))
    assert finding.hint == "leave it out: write the paths alone"


def test_link_is_a_note() -> None:
    finding = only_finding(localhost_url, rehearsal=seen(front(f"<a href='{PORT}/docs'>docs</a>")))
    assert (finding.level, finding.message) == (
        "note",
        f"GET /?logs=container: links to {PORT}/docs, wanted an address of the Space",
    )


def test_the_line_is_found_in_the_repository() -> None:
    text = f"\n\nfetch('{PORT}/items')\n"
    space = make_space({"web/static/app.js": text, "templates/index.html": f"<h1>\n<img src='{PORT}/a.png'>"})
    finding = only_finding(localhost_url, space, seen(front(""), asset("/static/app.js", body=text)))
    assert (finding.path, finding.line) == ("web/static/app.js", 3)
    finding = only_finding(localhost_url, space, seen(front(f"<img src='{PORT}/a.png'>")))
    assert (finding.path, finding.line) == ("templates/index.html", 2)
    finding = only_finding(localhost_url, space, seen(front(f"<img src='{PORT}/other.png'>")))
    assert (finding.path, finding.line) == ("main.py", 7)  # the route


def test_one_address_of_a_page_is_told_once() -> None:
    twice = seen(front(f"<script>fetch('{PORT}/a?b=1'); fetch('{PORT}/a?b=2')</script>"))
    only_finding(localhost_url, rehearsal=twice)


def test_script_that_is_none() -> None:
    facts = seen(front(""), asset("/a.json", body=f"fetch('{PORT}')", kind="application/json"))
    assert outcome(localhost_url, rehearsal=facts).outcome == "passed"
    lost = seen(front(""), asset("/a.js", status=404, body=f"fetch('{PORT}')"))
    assert outcome(localhost_url, rehearsal=lost).outcome == "passed"


# -- HFS608


@pytest.mark.parametrize(
    "body",
    [
        "<script src='https://example.org/x.js'></script><img src='//example.org/x.png'>",
        "<a href='http://example.org/'>elsewhere</a>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>",
        "<html xmlns='http://www.w3.org/1999/xhtml'>",
        "<link rel='profile' href='http://gmpg.org/xfn/11'><meta content='http://example.org/a.png'>",
        # the app's own address is HFS601's, localhost HFS607's
        "<script src='http://owner-name.hf.space/x.js'></script><img src='http://localhost:1/x.png'>",
        (
            "<meta http-equiv='Content-Security-Policy' content='upgrade-insecure-requests'>"
            "<img src='http://example.org/x.png'>"
        ),
        "<script>const s = location.protocol === 'https:' ? 'wss:' : 'ws:'; new WebSocket(s + h)</script>",
        "<script>new WebSocket((location.protocol=='https:' ? 'wss://' : 'ws://') + location.host)</script>",
        (
            "<script>const u = location.protocol=='https:' ? 'wss://'+location.host : 'ws://' + location.host"
            "</script>"
        ),
        (
            "<script>if (location.protocol === 'https:') u = 'wss://' + location.host;\n"
            "else u = 'ws://' + location.host</script>"
        ),
        "<script>// new WebSocket('ws://' + location.host)\n</script>",
        "<script>const NS = 'http://www.w3.org/2000/svg'; document.createElementNS(NS, 'svg')</script>",
        "<script>document.createElementNS('http://www.w3.org/2000/svg', 'svg')</script>",
    ],
)
def test_nothing_is_blocked(body: str) -> None:
    assert outcome(mixed_content, rehearsal=seen(front(body))).findings == ()


def test_browser_is_asked_to_upgrade() -> None:
    policy = ("Content-Security-Policy", "default-src *; upgrade-insecure-requests")
    facts = seen(front("<img src='http://example.org/x.png'>", headers=(policy,)))
    assert outcome(mixed_content, rehearsal=facts).findings == ()


@pytest.mark.parametrize(
    ("body", "said", "wanted"),
    [
        ("<script src=http://example.org/x.js></script>", "the script http://example.org/x.js", "https"),
        (
            "<link rel='stylesheet' href='http://example.org/x.css'>",
            "the style sheet http://example.org/x.css",
            "https",
        ),
        ("<img src='http://example.org/x.png'>", "the image http://example.org/x.png", "https"),
        ("<iframe src='HTTP://example.org/'></iframe>", "the frame HTTP://example.org/", "https"),
        ("<form action='http://example.org/f'>", "http://example.org/f", "https"),
        ("<body style='background: url(http://example.org/x.png)'>", "http://example.org/x.png", "https"),
        (
            "<style>@import 'http://example.org/x.css';</style>",
            "the style sheet http://example.org/x.css",
            "https",
        ),
    ],
)
def test_sub_resource_by_http(body: str, said: str, wanted: str) -> None:
    finding = only_finding(mixed_content, rehearsal=seen(front(body)))
    verb = "sends a form to" if "<form" in body else "loads"
    assert finding.message == f"GET /?logs=container: {verb} {said}, wanted {wanted}://"
    assert finding.level == "warn"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("new WebSocket('ws://example.org/ws')", "calls ws://example.org/ws, wanted wss://"),
        ("fetch('http://example.org/api')", "calls http://example.org/api, wanted https://"),
        ("new WebSocket('ws://' + location.host + '/ws')", "opens 'ws://' + location.host, wanted wss://"),
        ("const u = `ws://${window.location.host}/ws`", "opens `ws://${window.location.host, wanted wss://"),
    ],
)
def test_call_without_tls(text: str, said: str) -> None:
    finding = only_finding(mixed_content, rehearsal=script(text))
    assert finding.message == f"GET /?logs=container: {said}"
    only_finding(mixed_content, rehearsal=seen(front(""), asset("/app.js", body=text)))


@pytest.mark.parametrize(("path", "told"), [("/js/app.js", 1), ("/js/other.js", 0)])
def test_a_script_that_was_asked_for_as_a_mounts_file(path: str, told: int) -> None:
    headers = (("content-type", JS),)
    text = b"fetch('http://localhost:8000/api'); new WebSocket('ws://' + location.host)"
    mount = make_visit("GET /js", request=Request("GET", path), body=text, headers=headers)
    facts = seen(front("<script src=/js/app.js></script>"), mount)

    for check in (localhost_url, mixed_content):
        assert len(outcome(check, rehearsal=facts).findings) == told


def test_a_style_sheet_that_imports_another_by_http() -> None:
    def sheet(text: str, status: int = 200) -> Rehearsal:
        return seen(front("<link rel=stylesheet href=/a.css>"), asset("/a.css", status, text, CSS))

    finding = only_finding(mixed_content, rehearsal=sheet("@import url(http://fonts.example.com/a.css);"))
    assert finding.message == (
        "GET /a.css: loads the style sheet http://fonts.example.com/a.css, wanted https://"
    )
    # a rule may apply to nothing, and browsers ask for images by https
    for text in (
        "@import url(https://fonts.example.com/a.css);",
        "b{background:url(http://x.example/a.png)}",
    ):
        assert outcome(mixed_content, rehearsal=sheet(text)).findings == ()
    gone = sheet("@import url(http://fonts.example.com/a.css);", 404)
    assert outcome(mixed_content, rehearsal=gone).findings == ()


# -- HFS609


def lost(body: str, *assets: Visit, space: Any = None, **changes: Any) -> list[Finding]:
    return list(outcome(asset_missing, space, seen(front(body), *assets, **changes)).findings)


@pytest.mark.parametrize(
    ("body", "assets"),
    [
        ("<h1>", ()),
        ("<script src=/app.js></script>", (asset("/app.js"),)),
        ("<script src=/app.js></script>", (asset("/app.js", 304),)),
        ("<script src=/app.js></script>", (asset("/app.js", 307),)),
        # nobody referred to it
        ("<h1>", (asset("/favicon.ico", 404),)),
        # what was not asked for is not known
        ("<script src=/app.js></script>", ()),
        ("<script src='https://example.org/app.js'></script>", ()),
        (
            "<img src='data:image/png;base64,AAAA'><img src='blob:x'><img src=''><a href='/x'>x</a>",
            (asset("/x", 404),),
        ),
        ("<img src='{{ logo }}'><img src='${logo}'><img src='<%= logo %>'>", ()),
        ("<form action='/send' method='post'>", (asset("/send", 405),)),
    ],
)
def test_everything_is_there(body: str, assets: tuple[Visit, ...]) -> None:
    assert lost(body, *assets) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script src='/a/x'></script>", "the script /a/x"),
        ("<script type=module src='a/x'></script>", "the script a/x"),
        ("<link rel='stylesheet' href='./a/x'>", "the style sheet ./a/x"),
        ("<img src='https://owner-name.hf.space/a/x'>", "the image https://owner-name.hf.space/a/x"),
        ("<img src='http://owner-name.hf.space/a/x'>", "the image http://owner-name.hf.space/a/x"),
        ("<base href='/a/'><iframe src='x'></iframe>", "the frame x"),
        ("<style>@import url('/a/x');</style>", "the style sheet /a/x"),
    ],
)
def test_front_page_lacks(body: str, said: str) -> None:
    (finding,) = lost(body, asset("/a/x", 404))
    assert finding.message == f"GET /?logs=container loads {said}, which is answered 404, wanted 200"
    assert finding.level == "error"
    assert finding.hint == "commit the file, or serve /a/x: app.mount(…, StaticFiles(directory=…))"


@pytest.mark.parametrize(
    ("body", "status", "level"),
    [
        ("<link rel='icon' href='/x'>", 404, "note"),
        ("<link rel='shortcut icon' href='/x'>", 404, "note"),
        ("<link rel='manifest' href='/x'>", 404, "note"),
        ("<link rel='apple-touch-icon' href='/x'>", 404, "note"),
        ("<script src='/x'></script>", 401, "note"),
        ("<script src='/x'></script>", 403, "note"),
        ("<img src='/x' onerror='this.remove()'>", 404, "note"),
        ("<script nomodule src='/x'></script>", 404, "note"),
        ("<img srcset='/x 1x, /y 2x'>", 404, "note"),
        ("<video src='/x'></video>", 404, "warn"),
        ("<link rel='preload' href='/x'>", 404, "warn"),
        ("<script src='/x'></script>", 500, "error"),
        ("<div style=\"background: url('/x')\">", 404, "note"),
    ],
)
def test_how_bad_it_is(body: str, status: int, level: str) -> None:
    (finding,) = lost(body, asset("/x", status))
    assert finding.level == level


def test_the_worst_comes_first() -> None:
    body = "<link rel=icon href=/i><video src=/v></video><script src=/s></script>"
    found = lost(body, asset("/i", 404), asset("/v", 404), asset("/s", 404))
    assert [finding.level for finding in found] == ["error", "warn", "note"]


def test_another_page_than_the_front_page() -> None:
    facts = seen(
        front("<h1>"),
        page("<script src='/x'></script>", "/about"),
        asset("/x", 404),
        routes=(make_route(), make_route("GET", "/about")),
    )
    finding = only_finding(asset_missing, rehearsal=facts)
    assert (finding.level, finding.message) == (
        "warn",
        "GET /about loads the script /x, which is answered 404, wanted 200",
    )


def test_front_page_elsewhere() -> None:
    moved = front("", status=307, headers=(("location", "/ui/"),))
    there = asset("/ui/", body="<script src='app.js'></script>", kind=HTML)
    finding = only_finding(asset_missing, rehearsal=seen(moved, there, asset("/ui/app.js", 404)))
    assert (finding.level, finding.message) == (
        "error",
        "GET /ui/ loads the script app.js, which is answered 404, wanted 200",
    )


def test_image_that_there_is_no_data_for() -> None:
    route = make_route("GET", "/photos/{name}", endpoint="main:photo", parameters={"name": "str"})
    (finding,) = lost(
        "<img src='/photos/1'>", asset("/photos/1", 404, endpoint="main:photo"), routes=(route,)
    )
    assert finding.level == "warn"


def test_route_that_fails_is_another_checks() -> None:
    route = make_route("GET", "/app.js", endpoint="main:app_js")
    own = make_visit("GET /app.js", status=500, endpoint="main:app_js")
    assert lost("<script src='/app.js'></script>", own, routes=(route,)) == []
    again = asset("/app.js?v=1", 500, endpoint="main:app_js")
    assert lost("<script src='/app.js?v=1'></script>", own, again, routes=(route,)) == []


def test_no_answer() -> None:
    (finding,) = lost("<script src='/x'></script>", asset("/x", None, problem="no answer within 30 s"))
    assert (
        finding.message
        == "GET /?logs=container loads the script /x, which got no answer within 30 s, wanted 200"
    )


def test_what_the_build_makes_may_have_it() -> None:
    space = make_space(image=make_image(not_followed=("COPY --from=build /dist ./static (Dockerfile:9)",)))
    result = outcome(asset_missing, space, seen(front("<script src='/x'></script>"), asset("/x", 404)))
    assert result.reason.startswith("what is missing may come from COPY --from=build")


def test_remedies() -> None:
    body = "<script src='/static/app.js'></script>"
    answer = asset("/static/app.js", 404)
    (finding,) = lost(body, answer, space=make_space(untracked={"static/app.js": ""}))
    assert finding.hint == "static/app.js is here and not tracked: git add -f static/app.js"
    (finding,) = lost(body, answer, space=make_space({"static/App.js": ""}))
    assert finding.hint == "the file is called static/App.js: write it in the same case"
    (finding,) = lost(body, asset("/static/app.js", 403))
    assert finding.hint == "let it be loaded without credentials: a browser sends none with it"


def test_style_sheet_names_what_is_not_there() -> None:
    sheet = asset("/css/a.css", body="b{background:url(../i/x.png)} @font-face{src:url('f.woff')}", kind=CSS)
    link = "<link rel=stylesheet href=/css/a.css>"
    (finding,) = lost(link, sheet, asset("/i/x.png", 404), asset("/css/f.woff", 200))
    assert (finding.level, finding.message) == ("note", "GET /css/a.css names what is not there: ../i/x.png")


def test_names_from_the_repository_are_on_one_line() -> None:
    (finding,) = lost("<script src='/x\n\x1b[31mred'></script>", asset("/x%1B[31mred", 404))
    assert "\n" not in finding.message + finding.hint
    assert "\x1b" not in finding.message + finding.hint


# -- hostile


@pytest.mark.parametrize(
    "text",
    [
        "'http://localhost:1'" * 50_000,
        "const a = 'http://localhost:1';" * 30_000,
        "/*" * 300_000,
        "//" * 300_000 + "'http://localhost:1'",
        "fetch(" * 100_000 + "'http://localhost:1'",
        "'http://" * 100_000,
        "? :" * 100_000 + "'http://localhost:1'",
    ],
)
def test_script_that_is_meant_to_take_long(text: str) -> None:
    began = time.perf_counter()
    list(called(text))
    list(page_sockets(text))
    assert time.perf_counter() - began < 5


def test_where_is_optional() -> None:
    facts = seen(front(f"<img src='{PORT}/a.png'>"), routes=(make_route(where=None),))
    assert only_finding(localhost_url, rehearsal=facts).path == ""
    assert Where("a", 1) != Where("a", 2)
