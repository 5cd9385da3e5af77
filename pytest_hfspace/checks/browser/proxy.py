"""6xx: does it work behind the Hub's proxy and inside the Space page?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from ...check import Finding, Skip, check
from ...contract import EMBEDDING_ORIGIN, SPACE_HOST, Stage
from ...rehearsal.facts import Rehearsal, Visit, Where
from ...space import Space
from ..serving import (
    CONTROL,
    SERVED,
    bare_path,
    control_visit,
    mentioned,
    one_line,
    request_name,
    request_names,
    root_visits,
    route_of,
    serving,
    sources,
)
from .framing import is_near_miss, refusal

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: The Space's address as plain http: written out, in JSON with escaped slashes, or percent-encoded.
_HTTP_URL = re.compile(
    rf"http(?::|%3a)(?:\\?/|%2f){{2}}{re.escape(SPACE_HOST)}(?::\d+)?[^\s\"'<>,;)]{{0,60}}", re.IGNORECASE
)
_TEXTS = ("text/html", "text/plain", "text/xml", "application/xml", "application/xhtml", "application/json")

#: How each server is told to trust the proxy's headers, its owner's option first.
_TRUST = {
    "uvicorn": 'add --forwarded-allow-ips "*" to the start command, or ENV FORWARDED_ALLOW_IPS="*"',
    "fastapi": 'put ENV FORWARDED_ALLOW_IPS="*" into the Dockerfile',
    "gunicorn": 'add --forwarded-allow-ips "*" to the start command, or ENV FORWARDED_ALLOW_IPS="*"',
    "hypercorn": "wrap the app: hypercorn.middleware.ProxyFixMiddleware(app, mode='legacy')",
    "granian": 'wrap the app: granian.utils.proxies.wrap_asgi_with_proxy_headers(app, trusted_hosts="*")',
    "daphne": "add --proxy-headers to the start command",
    "litestar": 'put ENV FORWARDED_ALLOW_IPS="*" into the Dockerfile',
}
_TRUST_IN_CODE = 'uvicorn.run(…, forwarded_allow_ips="*")'

#: A host of the Hub's that the repository itself names: ours is another one.
_OWN_HOST = re.compile(r"(?<![\w.*-])([\w-]+\.hf\.space)\b", re.IGNORECASE)


@check(
    "HFS601",
    "forwarded-https",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and browsers block what its pages load as mixed content.",
)
def forwarded_https(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Behind the Hub's proxy the app's own URLs say https.  [uvicorn: --forwarded-allow-ips; field]"""
    serving(space_rehearsal)
    if not space_rehearsal.proxied:
        raise Skip(space_rehearsal.not_proxied or "the visits came from 127.0.0.1, which servers trust")
    _same_server(space, space_rehearsal)
    seen = {visit: said for visit in space_rehearsal.visits if (said := _says_http(visit))}
    if not seen:
        return
    real = [visit for visit in seen if visit.kind != "slash"]
    visits = real or list(seen)
    where = _listening_at(space, space_rehearsal)
    yield Finding(
        f"{request_names(visits)} answered with {seen[visits[0]]}, wanted https://{SPACE_HOST}",
        _trust_hint(space, space_rehearsal),
        path=where[0],
        line=where[1],
        level=None if real else "warn",
    )


def _same_server(space: Space, rehearsal: Rehearsal) -> None:
    """Which headers are trusted is the server's affair: another one in its place shows nothing."""
    runner = space.command.runner if space.command else None
    server = rehearsal.listener.server if rehearsal.listener else ""
    if runner in ("hypercorn", "granian", "daphne") and server == "uvicorn":
        raise Skip(f"the rehearsal was served by uvicorn in place of {runner}")


def _says_http(visit: Visit) -> str:
    """What an answer says that names the Space by http, "" if nothing does."""
    if visit.route == CONTROL:
        return ""
    location = visit.header("location") or ""
    said = f"Location: {one_line(location, 100)}" if _HTTP_URL.search(location) else ""
    kind = (visit.header("content-type") or "").lower()
    if not said and (kind.startswith(_TEXTS) or "+json" in kind or "+xml" in kind):
        found = _HTTP_URL.search(visit.body.decode("utf-8", "replace"))
        said = one_line(found[0].replace("\\/", "/"), 100) if found else ""
    return "" if said and _sent(visit) else said


def _sent(visit: Visit) -> bool:
    """Was such a URL in the request?  A route that repeats it has no opinion of its own."""
    request = visit.request
    texts = (request.path, request.body.decode("latin-1"), *(value for _, value in request.headers))
    return any(_HTTP_URL.search(text) for text in texts)


def _listening_at(space: Space, rehearsal: Rehearsal) -> tuple[str, int | None]:
    """The line that starts the server: a call in code, else the start command."""
    called = rehearsal.listener.where if rehearsal.listener else None
    if called:
        return called.path, called.line
    return (space.command.path, space.command.line) if space.command else ("", None)


def _trust_hint(space: Space, rehearsal: Rehearsal) -> str:
    listener = rehearsal.listener
    if listener and listener.proxy_headers and listener.forwarded_allow_ips.strip() == "*":
        return "the server trusts the proxy already: build the URL with request.url_for(), or write https://"
    runner = (space.command.runner if space.command else None) or ""
    hint = _TRUST_IN_CODE if (listener and listener.where) or runner not in _TRUST else _TRUST[runner]
    if listener and not listener.proxy_headers:
        hint += ", and leave proxy headers switched on"
    return hint


@check(
    "HFS602",
    "frame-refused",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and its page on huggingface.co stays blank.",
)
def frame_refused(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The Space page may show the app in a frame.  [spaces-embed; CSP Level 3, frame-ancestors]"""
    serving(space_rehearsal)
    shown = _shown_in_frame(space_rehearsal)
    refused = [visit for visit in shown if refusal(visit)]
    if refused:
        yield _frame_finding(space, space_rehearsal, refused)
        return
    others = [visit for visit in space_rehearsal.visits if _is_page(visit) and refusal(visit)]
    if others:
        yield _frame_finding(space, space_rehearsal, others, linked=True)
    elif not shown:
        raise Skip("what the Space page would show was not seen")


def _shown_in_frame(rehearsal: Rehearsal) -> list[Visit]:
    """What the frame shows first: the answer to the root visit, or where that redirects to."""
    shown = []
    for visit in (*root_visits(rehearsal), *(v for v in rehearsal.of("GET /") if v.kind == "valid")):
        at, steps = visit, 0
        while at.status in _REDIRECTS and steps < 10:
            following = _visit_at(rehearsal, _target(at))
            if following is None:
                break
            at, steps = following, steps + 1
        if at.status is not None and at.status not in _REDIRECTS and at not in shown:
            shown.append(at)
    return shown


def _visit_at(rehearsal: Rehearsal, target: str | None) -> Visit | None:
    """The valid GET visit of this path, whatever its query string."""
    path = target.partition("?")[0] if target else None
    visits = (v for v in rehearsal.visits if v.kind == "valid" and v.request.method == "GET")
    return next((visit for visit in visits if unquote(bare_path(visit)) == path), None)


def _is_page(visit: Visit) -> bool:
    return (
        visit.kind == "valid"
        and visit.status is not None
        and visit.status < 300
        and (visit.header("content-type") or "").lower().startswith("text/html")
    )


def _frame_finding(
    space: Space, rehearsal: Rehearsal, visits: list[Visit], *, linked: bool = False
) -> Finding:
    header = refusal(visits[0])
    name, _, _ = header.partition(":")
    source = mentioned(space, rehearsal, re.escape(name)) or _where(rehearsal, visits[0])
    if is_near_miss(header):
        hint = f"add {EMBEDDING_ORIGIN} to it: *.huggingface.co does not match huggingface.co itself"
    elif name == "X-Frame-Options":
        hint = f"send Content-Security-Policy: frame-ancestors 'self' {EMBEDDING_ORIGIN} in its place"
    else:
        hint = f"add {EMBEDDING_ORIGIN} to frame-ancestors"
    return Finding(
        f"{request_names(visits)} answered with {one_line(header)}, wanted {EMBEDDING_ORIGIN} admitted",
        hint,
        path=source.path if source else "",
        line=source.line if source else None,
        level="warn" if linked else None,
        consequence="Whoever follows a link to it inside the Space page sees nothing." if linked else "",
    )


@check(
    "HFS604",
    "host-refused",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and every request to it is refused.",
)
def host_refused(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app answers requests for the Space's host name.  [field; Starlette: TrustedHostMiddleware]"""
    serving(space_rehearsal)
    asked = (*root_visits(space_rehearsal), *(v for v in space_rehearsal.visits if v.kind == "valid"))
    control = control_visit(space_rehearsal)
    refused = [visit for visit in asked if _refuses_host(visit) or _is_answered(visit, control)]
    if not refused:
        return
    if control is None or control.status is None:
        raise Skip(
            f"{request_name(refused[0])} was refused, and there is no request with another Host to compare"
        )
    if _refuses_host(control):
        raise Skip(
            f"the app refuses Host {SPACE_HOST} and localhost alike: it may expect its Space's own name"
        )
    own = _own_host(space, space_rehearsal)
    if own:
        raise Skip(f"the app names the host {own}, and the rehearsal's is {SPACE_HOST}")
    first = next(filter(_refuses_host, refused), refused[0])
    where = mentioned(space, space_rehearsal, "allowed_hosts|TrustedHostMiddleware|transport_security")
    where = where or _where(space_rehearsal, first)
    said = one_line(first.body.decode("utf-8", "replace"), 60)
    found = Finding(
        f"{request_name(first)} with Host {SPACE_HOST} answered {first.status}"
        f"{f' ({said})' if said else ''}, with Host localhost {control.status}",
        _OF_MCP if first.status == 421 else _ALLOWED,
        path=where.path if where else "",
        line=where.line if where else None,
    )
    if not _refuses_host(first):
        # it says nothing of hosts: what refuses may be a guard that localhost alone may pass
        found = replace(found, level="warn", hint=_OWN_GUARD, consequence=_PERHAPS)
    elif first.kind != "root":
        found = replace(found, consequence="The Space runs, and refuses every request for this route.")
    yield found


_ALLOWED = 'add the Space\'s host to the allowed ones: allowed_hosts=["*.hf.space", …]'
_OWN_GUARD = (
    'let the Space\'s host in as well, os.environ["SPACE_HOST"]; nothing is wrong if localhost is '
    "only let in without credentials"
)
_PERHAPS = "The Space runs, and refuses its visitors, unless they are to sign in first."
#: MCP's own guard knows no wildcard for the host.
_OF_MCP = (
    'add the Space\'s host to the allowed ones: allowed_hosts=[os.environ["SPACE_HOST"], …]; of an MCP '
    "server: transport_security=TransportSecuritySettings(allowed_hosts=…)"
)


def _refuses_host(visit: Visit) -> bool:
    return visit.status == 421 or (visit.status == 400 and b"invalid host header" in visit.body[:200].lower())


def _is_answered(visit: Visit, control: Visit | None) -> bool:
    """Was it refused, in whatever words, while the same request with another Host is answered?"""
    is_same = visit.kind == "root" and visit.status in (400, 403)
    return is_same and control is not None and control.status is not None and control.status < 400


def _own_host(space: Space, rehearsal: Rehearsal) -> str:
    """The host of a Space that the app's modules or its image's variables name, "" if none."""
    texts = [text for _, text in sources(space, rehearsal)]
    texts += [variable.value for variable in space.image.env.values()] if space.image else []
    texts += [declared.value for declared in space.settings.values()]
    found = (_OWN_HOST.search(text) for text in texts)
    return next((match[1] for match in found if match and match[1].lower() != SPACE_HOST), "")


@check(
    "HFS605",
    "redirect-loop",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and browsers give up with ERR_TOO_MANY_REDIRECTS.",
)
def redirect_loop(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """No redirect leads back to where it started.  [Starlette: HTTPSRedirectMiddleware; field]"""
    serving(space_rehearsal)
    redirects = [visit for visit in space_rehearsal.visits if _redirects(visit)]
    to_itself = [visit for visit in redirects if _target(visit) == _address(visit)]
    if to_itself:
        first = to_itself[0]
        sender = mentioned(space, space_rehearsal, r"HTTPSRedirectMiddleware\b")
        where = sender or _where(space_rehearsal, first)
        location = first.header("location") or ""
        if location.lower().startswith("https:"):
            _same_server(space, space_rehearsal)
        yield Finding(
            f"{request_names(to_itself)} answered {first.status} with Location: {one_line(location, 100)}, "
            "which is the same request again",
            _loop_hint(space, space_rehearsal, location),
            path=where.path if where else "",
            line=where.line if where else None,
        )
    addresses = {
        (_address(visit), _credentials(visit)): visit for visit in redirects if visit not in to_itself
    }
    told: set[Visit] = set()
    for visit in addresses.values():
        back = addresses.get((_target(visit) or "", _credentials(visit)))
        if back is None or _target(back) != _address(visit) or visit in told:
            continue
        told |= {visit, back}
        where = _where(space_rehearsal, visit)
        yield Finding(
            f"{request_name(visit)} redirects to {one_line(_address(back), 80)}, which redirects back",
            "let one of the two answer",
            path=where.path if where else "",
            line=where.line if where else None,
        )


def _redirects(visit: Visit) -> bool:
    """Will a browser that follows this redirect send the same again?  With a new cookie it does not."""
    return (
        visit.kind in ("valid", "root", "slash")
        and visit.route != CONTROL
        and visit.request.method == "GET"
        and visit.status in _REDIRECTS
        and visit.header("set-cookie") is None
        and _target(visit) is not None
    )


def _credentials(visit: Visit) -> frozenset[tuple[str, str]]:
    """Two answers make a loop only if both were given to the same visitor."""
    return frozenset(
        (name.lower(), value)
        for name, value in visit.request.headers
        if name.lower() in ("authorization", "cookie") or "key" in name.lower() or "token" in name.lower()
    )


def _address(visit: Visit) -> str:
    return unquote(visit.request.path)


def _target(visit: Visit) -> str | None:
    """Path and query that a Location leads to, None where it leaves the Space.

    The scheme is left out: the Hub's edge makes http and https the same request.
    """
    location = visit.header("location")
    if location is None:
        return None
    try:
        url = urlsplit(urljoin(f"https://{SPACE_HOST}{visit.request.path}", location.strip()))
        if (url.hostname or "").lower() != SPACE_HOST or url.port not in (None, 80, 443):
            return None
    except ValueError:
        return None
    return unquote((url.path or "/") + (f"?{url.query}" if url.query else ""))


def _loop_hint(space: Space, rehearsal: Rehearsal, location: str) -> str:
    if location.lower().startswith("https:"):
        return (
            f"TLS ends at the Hub's edge: remove HTTPSRedirectMiddleware, or {_trust_hint(space, rehearsal)}"
        )
    return "let the route answer, or redirect to another path"


def _where(rehearsal: Rehearsal, visit: Visit) -> Where | None:
    route = route_of(rehearsal, visit)
    return route.where if route else None


CHECKS = (forwarded_https, frame_refused, host_refused, redirect_loop)
