"""6xx: answers as the Hub's proxy and a browser see them, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.checks.browser.framing import admits
from pytest_hfspace.checks.browser.proxy import (
    CHECKS,
    forwarded_https,
    frame_refused,
    host_refused,
    redirect_loop,
)
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Request, Visit, Where

from .factories import (
    make_command,
    make_failure,
    make_image,
    make_listener,
    make_rehearsal,
    make_route,
    make_settings,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

HTML = "text/html; charset=utf-8"
SPACE = "owner-name.hf.space"


def answer(
    path: str = "/", status: int = 200, body: bytes = b"", kind: Any = "valid", **changes: Any
) -> Visit:
    """``headers``: by name; an underscore stands for a dash."""
    headers = {name.replace("_", "-"): value for name, value in changes.pop("headers", {}).items()}
    headers.setdefault("content-type", HTML)
    request = Request("GET", path, headers=changes.pop("sent", ()))
    label = "ROOT" if kind == "root" else f"GET {path.partition('?')[0]}"
    return make_visit(
        changes.pop("route", label),
        kind=kind,
        request=request,
        status=status,
        body=body,
        headers=tuple(headers.items()),
        **changes,
    )


def page(status: int = 200, body: bytes = b"", **changes: Any) -> Visit:
    """The answer that the Space page shows."""
    return answer("/?logs=container", status, body, "root", **changes)


def control(status: int = 200, body: bytes = b"") -> Visit:
    return answer("/", status, body, "root", route="CONTROL", sent=(("host", "localhost"),))


def seen(*visits: Visit, **changes: Any) -> Any:
    return make_rehearsal(visits=visits, **changes)


def test_catalogue() -> None:
    assert [(c.id, c.level) for c in CHECKS] == [
        ("HFS601-forwarded-https", "error"),
        ("HFS602-frame-refused", "error"),
        ("HFS604-host-refused", "error"),
        ("HFS605-redirect-loop", "error"),
    ]
    assert {c.predicts for c in CHECKS} == {Stage.RUNNING}


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_healthy(check: Any) -> None:
    assert outcome(check, rehearsal=seen(page(), answer(), control())).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_app_that_did_not_come_up(check: Any) -> None:
    failed = make_rehearsal(failure=make_failure(message="no"))
    assert outcome(check, rehearsal=failed).reason == "the app did not come up: no"


# -- HFS601


@pytest.mark.parametrize(
    "visit",
    [
        answer("/a", 307, headers={"location": f"https://{SPACE}/a/"}),
        answer("/a", 307, headers={"location": "/a/"}),
        answer("/a", 302, headers={"location": "http://example.org/"}),
        answer(body=b'<script src="http://localhost:3000/x.js"></script>'),
        answer(body=f'<a href="//{SPACE}/x">'.encode()),
        answer(body=f"http://{SPACE}/x".encode(), headers={"content_type": "application/octet-stream"}),
        # an echo
        answer(f"/a?next=http://{SPACE}/", body=f"http://{SPACE}/".encode()),
    ],
)
def test_no_http_url_of_the_space(visit: Visit) -> None:
    assert outcome(forwarded_https, rehearsal=seen(visit)).outcome == "passed"


def test_not_proxied() -> None:
    facts = seen(proxied=False, not_proxied="macOS has no 127.0.0.2")
    assert outcome(forwarded_https, rehearsal=facts).reason == "macOS has no 127.0.0.2"


def test_http_location() -> None:
    visits = [answer(f"/{n}", 307, headers={"location": f"http://{SPACE}/{n}/"}) for n in range(5)]
    finding = only_finding(forwarded_https, rehearsal=seen(*visits))
    assert finding.message == (
        f"GET /0, GET /1, GET /2 and 2 others answered with Location: http://{SPACE}/0/, wanted https://{SPACE}"
    )
    assert (
        finding.hint == 'add --forwarded-allow-ips "*" to the start command, or ENV FORWARDED_ALLOW_IPS="*"'
    )
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", 6, "error")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f'<link href="http://{SPACE}/static/a.css">', f"http://{SPACE}/static/a.css"),
        (f'{{"next": "http:\\/\\/{SPACE}:80\\/items"}}', f"http://{SPACE}:80/items"),
        (f"HTTP://{SPACE.upper()}", f"HTTP://{SPACE.upper()}"),
    ],
)
def test_http_url_in_a_text(body: str, said: str) -> None:
    finding = only_finding(forwarded_https, rehearsal=seen(page(body=body.encode())))
    assert finding.message == (f"GET /?logs=container answered with {said}, wanted https://{SPACE}")


def test_redirect_uri_of_a_login() -> None:
    there = f"https://huggingface.co/oauth/authorize?redirect_uri=http%3A%2F%2F{SPACE}%2Fcallback"
    finding = only_finding(
        forwarded_https, rehearsal=seen(answer("/login", 302, headers={"location": there}))
    )
    assert finding.level == "error"
    assert "GET /login answered with Location: https://huggingface.co/oauth/authorize?" in finding.message


def test_only_after_a_request_of_our_own_making() -> None:
    slash = answer("/a", 307, kind="slash", headers={"location": f"http://{SPACE}/a/"})
    assert only_finding(forwarded_https, rehearsal=seen(slash)).level == "warn"
    real = answer("/b", body=f"http://{SPACE}/".encode())
    finding = only_finding(forwarded_https, rehearsal=seen(slash, real))
    assert finding.level == "error"
    assert finding.message.startswith("GET /b answered with")


@pytest.mark.parametrize(
    ("words", "listener", "hint", "place"),
    [
        ("fastapi run main.py", {}, 'put ENV FORWARDED_ALLOW_IPS="*" into the Dockerfile', ("Dockerfile", 6)),
        (
            "python main.py",
            {"where": Where("main.py", 9)},
            'uvicorn.run(…, forwarded_allow_ips="*")',
            ("main.py", 9),
        ),
        (
            "python main.py",
            {"where": Where("main.py", 9), "proxy_headers": False},
            'uvicorn.run(…, forwarded_allow_ips="*"), and leave proxy headers switched on',
            ("main.py", 9),
        ),
        (
            "uvicorn main:app",
            {"forwarded_allow_ips": "*"},
            "the server trusts the proxy already: build the URL with request.url_for(), or write https://",
            ("Dockerfile", 6),
        ),
    ],
)
def test_hint_for_the_server(words: str, listener: Any, hint: str, place: Any) -> None:
    facts = seen(page(body=f"http://{SPACE}/".encode()), listener=make_listener(**listener))
    finding = only_finding(forwarded_https, make_space(command=make_command(words)), facts)
    assert (finding.hint, (finding.path, finding.line)) == (hint, place)


def test_another_server_in_its_place() -> None:
    space = make_space(command=make_command("hypercorn main:app"))
    result = outcome(forwarded_https, space, seen(page(body=f"http://{SPACE}/".encode())))
    assert result.reason == "the rehearsal was served by uvicorn in place of hypercorn"


# -- HFS602


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_frame_options": "ALLOWALL"},
        # no browser knows it: the header is ignored
        {"x_frame_options": "ALLOW-FROM https://huggingface.co"},
        {"content_security_policy": "default-src 'self'"},
        {"content_security_policy_report_only": "frame-ancestors 'none'"},
        {"content_security_policy": "frame-ancestors https://huggingface.co", "x_frame_options": "DENY"},
        {"content_security_policy": "a b; Frame-Ancestors HTTPS://HuggingFace.co; frame-ancestors 'none'"},
    ],
)
def test_frame_that_is_admitted(headers: Any) -> None:
    assert outcome(frame_refused, rehearsal=seen(page(headers=headers))).outcome == "passed"


@pytest.mark.parametrize(
    ("source", "admitted"),
    [
        ("*", True),
        ("https:", True),
        ("http:", True),
        ("https://huggingface.co", True),
        ("https://huggingface.co:443", True),
        ("https://huggingface.co/", True),
        ("huggingface.co", True),
        ("huggingface.co:*", True),
        ("http://huggingface.co", True),
        ("https://*", True),
        ("'self'", False),
        ("'none'", False),
        ("wss:", False),
        ("https://*.huggingface.co", False),
        ("*.hf.space", False),
        ("https://huggingface.co.evil.example", False),
        ("https://nothuggingface.co", False),
        ("https://huggingface.co:8443", False),
        ("data:", False),
        ("", False),
    ],
)
def test_source_of_frame_ancestors(source: str, admitted: bool) -> None:
    assert admits(source) is admitted


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x_frame_options": "DENY"}, "X-Frame-Options: DENY"),
        ({"X_Frame_Options": "sameorigin"}, "X-Frame-Options: sameorigin"),
        ({"x_frame_options": "SAMEORIGIN, DENY"}, "X-Frame-Options: SAMEORIGIN, DENY"),
        (
            {"content_security_policy": "default-src *; frame-ancestors 'self'"},
            "Content-Security-Policy: frame-ancestors 'self'",
        ),
        ({"content_security_policy": "frame-ancestors"}, "Content-Security-Policy: frame-ancestors 'none'"),
        (
            {"content_security_policy": "frame-ancestors *, frame-ancestors 'none'"},
            "Content-Security-Policy: frame-ancestors 'none'",
        ),
    ],
)
def test_frame_that_is_refused(headers: Any, said: str) -> None:
    finding = only_finding(frame_refused, rehearsal=seen(page(headers=headers)))
    assert finding.message == (
        f"GET /?logs=container answered with {said}, wanted https://huggingface.co admitted"
    )
    assert (finding.path, finding.line, finding.level) == ("main.py", 7, "error")


def test_every_policy_must_admit() -> None:
    both = make_visit(
        "ROOT",
        kind="root",
        headers=(
            ("Content-Security-Policy", "frame-ancestors *"),
            ("Content-Security-Policy", "frame-ancestors 'self'"),
        ),
    )
    assert (
        only_finding(frame_refused, rehearsal=seen(both)).hint
        == "add https://huggingface.co to frame-ancestors"
    )


def test_wildcard_does_not_match_the_host_itself() -> None:
    headers = {"content_security_policy": "frame-ancestors https://*.huggingface.co"}
    assert only_finding(frame_refused, rehearsal=seen(page(headers=headers))).hint == (
        "add https://huggingface.co to it: *.huggingface.co does not match huggingface.co itself"
    )


def test_line_that_sends_the_header() -> None:
    space = make_space({"web/security.py": 'x = 1\nheaders["X-Frame-Options"] = "DENY"\n'})
    facts = seen(
        page(headers={"x_frame_options": "DENY"}), imported=("main.py", "web/security.py", "gone.py")
    )
    finding = only_finding(frame_refused, space, facts)
    assert (finding.path, finding.line) == ("web/security.py", 2)
    assert finding.hint.startswith(
        "send Content-Security-Policy: frame-ancestors 'self' https://huggingface.co"
    )


def test_json_is_shown_in_the_frame_as_well() -> None:
    headers = {"content_type": "application/json", "x_frame_options": "DENY"}
    assert only_finding(frame_refused, rehearsal=seen(page(headers=headers))).level == "error"
    other = seen(page(), answer("/api", headers=headers))
    assert outcome(frame_refused, rehearsal=other).outcome == "passed"


def test_page_that_a_link_leads_to() -> None:
    facts = seen(page(), answer("/admin", headers={"x_frame_options": "DENY"}))
    finding = only_finding(frame_refused, rehearsal=facts)
    assert (finding.level, finding.message) == (
        "warn",
        "GET /admin answered with X-Frame-Options: DENY, wanted https://huggingface.co admitted",
    )


def test_redirect_at_the_root() -> None:
    away = page(307, headers={"location": "/ui", "x_frame_options": "DENY"})
    assert outcome(frame_refused, rehearsal=seen(away, answer("/ui"))).outcome == "passed"
    refusing = seen(away, answer("/ui", headers={"x_frame_options": "DENY"}))
    finding = only_finding(frame_refused, rehearsal=refusing)
    assert (finding.level, finding.message[:18]) == ("error", "GET /ui answered w")


def test_nothing_to_frame() -> None:
    assert outcome(frame_refused, rehearsal=seen()).reason == "what the Space page would show was not seen"


# -- HFS604

REFUSED = b"Invalid host header"


@pytest.mark.parametrize(
    "visits", [[page(400, b"bad request")], [page(404), control()], [answer("/x", 403), control()]]
)
def test_other_refusals(visits: list[Visit]) -> None:
    for status in (400, 403):
        facts = seen(*visits, *([] if len(visits) > 1 else [control(status, b"bad request")]))
        assert outcome(host_refused, rehearsal=facts).outcome == "passed"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, REFUSED, "400 (Invalid host header)"),
        (421, b"", "421"),
    ],
)
def test_host_refused(status: int, body: bytes, said: str) -> None:
    space = make_space({"web.py": "x\nadd_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)\n"})
    facts = seen(page(status, body), control(), imported=("main.py", "web.py"))
    finding = only_finding(host_refused, space, facts)
    assert finding.message == (
        f"GET /?logs=container with Host {SPACE} answered {said}, with Host localhost 200"
    )
    allowed = '[os.environ["SPACE_HOST"], …]' if status == 421 else '["*.hf.space", …]'
    assert (
        finding.hint.partition(";")[0] == f"add the Space's host to the allowed ones: allowed_hosts={allowed}"
    )
    assert ("TransportSecuritySettings" in finding.hint) == (status == 421)
    assert (finding.path, finding.line, finding.level) == ("web.py", 2, "error")
    assert "every request to it is refused" in finding.consequence


@pytest.mark.parametrize(
    ("status", "body", "said"), [(400, b"bad request", "400 (bad request)"), (403, b"", "403")]
)
def test_a_guard_that_localhost_passes_may_be_meant(status: int, body: bytes, said: str) -> None:
    finding = only_finding(host_refused, rehearsal=seen(page(status, body), control()))
    assert finding.message == (
        f"GET /?logs=container with Host {SPACE} answered {said}, with Host localhost 200"
    )
    assert (finding.level, finding.consequence) == (
        "warn",
        "The Space runs, and refuses its visitors, unless they are to sign in first.",
    )
    assert "without credentials" in finding.hint


def test_of_two_refusals_that_of_the_host_is_told() -> None:
    facts = seen(page(403), answer("/mcp", 421, REFUSED), control())
    finding = only_finding(host_refused, rehearsal=facts)
    assert (finding.level, finding.message.partition(" with ")[0]) == ("error", "GET /mcp")


def test_host_refused_by_one_route() -> None:
    facts = seen(page(), answer("/mcp", 421, REFUSED), control(406))
    finding = only_finding(host_refused, rehearsal=facts)
    assert finding.message == (
        f"GET /mcp with Host {SPACE} answered 421 (Invalid host header), with Host localhost 406"
    )
    assert "every request for this route" in finding.consequence


def test_host_refused_without_proof() -> None:
    alone = seen(page(400, REFUSED))
    assert "no request with another Host to compare" in outcome(host_refused, rehearsal=alone).reason
    both = seen(page(400, REFUSED), control(400, REFUSED))
    assert outcome(host_refused, rehearsal=both).reason == (
        f"the app refuses Host {SPACE} and localhost alike: it may expect its Space's own name"
    )


@pytest.mark.parametrize(
    "space",
    [
        make_space({"main.py": 'HOSTS = ["me-my-space.hf.space", "localhost"]\n'}),
        make_space(image=make_image(env={"HOSTS": "me-my-space.hf.space"})),
        make_space(settings=make_settings(HOSTS="a,me-my-space.hf.space")),
    ],
)
def test_host_of_the_space_is_written_out(space: Any) -> None:
    result = outcome(host_refused, space, seen(page(400, REFUSED), control()))
    assert result.reason == f"the app names the host me-my-space.hf.space, and the rehearsal's is {SPACE}"


# -- HFS605


def to(location: str, path: str = "/", status: int = 307, **changes: Any) -> Visit:
    headers = {"location": location, **changes.pop("headers", {})}
    return answer(path, status, headers=headers, **changes)


@pytest.mark.parametrize(
    "visits",
    [
        [to("/a/", "/a")],
        [to("/a?x=1", "/a")],
        [to("https://example.org/a", "/a")],
        [to(f"https://{SPACE}:8443/a", "/a")],
        [to("http://[broken/a", "/a")],
        [to("/a", "/a", status=304)],
        [to("/a", "/a", status=201)],
        [to("/a", "/a", headers={"set_cookie": "seen=1"})],
        [to("/a", "/a", kind="wrong token")],
        [to("/b", "/a"), answer("/b")],
        [to("/b", "/a"), to("/c", "/b")],
        # the second answer was given to somebody who is logged in
        [to("/login", "/"), to("/", "/login", sent=(("authorization", "Bearer x"),))],
        [to("/", "/", kind="root", route="CONTROL")],
    ],
)
def test_redirect_that_leads_on(visits: list[Visit]) -> None:
    assert outcome(redirect_loop, rehearsal=seen(*visits)).findings == ()


@pytest.mark.parametrize(
    "location",
    [
        "/a%20b?x=1",
        "?x=1",
        f"http://{SPACE}/a%20b?x=1",
        f"https://{SPACE}:443/a%20b?x=1#top",
        f"//{SPACE.upper()}/a b?x=1",
    ],
)
def test_redirect_to_itself(location: str) -> None:
    visit = to(location, "/a%20b?x=1", route="GET /")
    finding = only_finding(redirect_loop, rehearsal=seen(visit))
    assert finding.message == (
        f"GET /a%20b?x=1 answered 307 with Location: {location}, which is the same request again"
    )
    assert (finding.path, finding.line, finding.level) == ("main.py", 7, "error")


def test_redirect_to_https() -> None:
    visits = [to(f"https://{SPACE}{path}", path) for path in ("/", "/a", "/b", "/c")]
    finding = only_finding(redirect_loop, rehearsal=seen(*visits))
    assert finding.message.startswith(
        "GET /, GET /a, GET /b and 1 other answered 307 with Location: https://"
    )
    assert finding.hint == (
        'TLS ends at the Hub\'s edge: remove HTTPSRedirectMiddleware, or add --forwarded-allow-ips "*" '
        'to the start command, or ENV FORWARDED_ALLOW_IPS="*"'
    )
    elsewhere = make_space(command=make_command("granian main:app"))
    assert outcome(redirect_loop, elsewhere, seen(*visits)).outcome == "skipped"


def test_two_redirects_to_each_other() -> None:
    routes = (make_route("GET", "/a", where=Where("api.py", 3)), make_route("GET", "/b"))
    facts = seen(to("/b", "/a"), to("/a", "/b"), routes=routes)
    finding = only_finding(redirect_loop, rehearsal=facts)
    assert finding.message == "GET /a redirects to /b, which redirects back"
    assert (finding.path, finding.line, finding.hint) == ("api.py", 3, "let one of the two answer")
