"""6xx: cookies and requests of other origins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...check import Check, Finding, check
from ...contract import Stage
from ...rehearsal.afterwards import PREFLIGHT, STRANGER
from ...rehearsal.facts import Rehearsal, Visit, Where
from ...rehearsal.pages import pages_of
from ...space import Space
from ...space.sources import Sources
from ..causes import entry_file
from ..serving import SERVED, listing, one_line, request_names, route_of, serving, text_of
from .calls import Call, calls, literal

#: Whoever is without such a cookie is signed out, or refused.
_SESSION: Final = re.compile(
    r"sess|sid\b|auth|token|jwt|login|user|csrf|xsrf|remember|access|refresh|state", re.I
)

#: What browsers send along by themselves: where an app has none of it, "credentials" are nothing.
_CREDENTIALS: Final = re.compile(
    r"set_cookie|SessionMiddleware|\bCookie\(|\.cookies\b|HTTPBasic\b|APIKeyCookie"
)


_SERVERS: Final = re.compile(r'"servers"\s*:\s*(\[\s*\{[^\[\]]{0,2000}\])')


class _Cookie(NamedTuple):
    """A Set-Cookie header of an answer."""

    name: str
    attributes: dict[str, str]
    visit: Visit

    @property
    def lacks(self) -> str:
        """What keeps it out of the Space page's frame, as the header has it; "" if nothing does."""
        site = self.attributes.get("samesite", "")
        if site.lower() != "none":
            return f"SameSite={one_line(site, 20)}" if site else "no SameSite"
        return "" if "secure" in self.attributes else "no Secure"

    @property
    def is_deletion(self) -> bool:
        """Does it only take a cookie away?"""
        age = self.attributes.get("max-age", "").strip()
        if re.fullmatch(r"-\d+|0+", age):
            return True
        from email.utils import parsedate_to_datetime

        try:
            return not age and parsedate_to_datetime(self.attributes.get("expires", "")).year < 2000
        except (ValueError, TypeError, IndexError, OverflowError):
            return False

    @property
    def matters(self) -> bool:
        """Does it carry a session, and no mere preference?"""
        return "httponly" in self.attributes or _SESSION.search(self.name) is not None


def _cookies(visits: tuple[Visit, ...]) -> Iterator[_Cookie]:
    for visit in visits:
        for header, value in visit.headers:
            if header.lower() == "set-cookie":
                first, *rest = value.split(";")
                pairs = (part.partition("=") for part in rest)
                attributes = {name.strip().lower(): text.strip() for name, _, text in pairs}
                yield _Cookie(one_line(first.partition("=")[0].strip(), 60), attributes, visit)


@check(
    "HFS603",
    "cookie-site",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and in its page on huggingface.co browsers drop the cookie: sign-in loops, "
    "forms are refused.",
)
def cookie_site(space: Space, space_rehearsal: Rehearsal, space_sources: Sources) -> Iterator[Finding]:
    """Cookies are sent inside the Space page's frame.  [spaces-cookie-limitations]"""
    serving(space_rehearsal)
    has_page = bool(pages_of(space_rehearsal.visits, space_rehearsal.routes))
    lost: dict[tuple[str, str], list[_Cookie]] = {}
    for cookie in _cookies(space_rehearsal.visits):
        if cookie.lacks and not cookie.is_deletion:
            lost.setdefault((cookie.name, cookie.lacks), []).append(cookie)
    for (name, lacks), cookies in lost.items():
        call = _setter(space, space_sources, name)
        where = _place(call) or _where(space_rehearsal, cookies[0].visit)
        matters = has_page and any(cookie.matters for cookie in cookies)
        yield Finding(
            f"{request_names([cookie.visit for cookie in cookies])} set the cookie {name} with {lacks}, "
            "wanted SameSite=None; Secure",
            _cookie_hint(call),
            where.path if where else "",
            where.line if where else None,
            level=None if matters else "note",
        )


def _setter(space: Space, sources: Sources, name: str) -> Call | None:
    """The call that sets a cookie of this name, or the middleware that does."""
    by_name = None
    for call in calls(space, sources, "set_cookie"):
        key = literal(call, "key", 0)
        if key == name:
            return call
        by_name = by_name or (call if key is None else None)
    for call in calls(space, sources, "SessionMiddleware"):
        if (literal(call, "session_cookie") or "session") == name:
            return call
    return by_name


def _cookie_hint(call: Call | None) -> str:
    if call is not None and call.name == "SessionMiddleware":
        return 'add_middleware(SessionMiddleware, …, same_site="none", https_only=True)'
    return 'set_cookie(…, samesite="none", secure=True), and better still partitioned'


@check(
    "HFS606",
    "cors-pattern",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and browsers refuse the requests of the pages that this should let in.",
)
def cors_pattern(space: Space, space_rehearsal: Rehearsal, space_sources: Sources) -> Iterator[Finding]:
    """allow_origins has whole origins, and not all of them with credentials.  [Fetch Standard; field]"""
    serving(space_rehearsal)
    middleware = list(calls(space, space_sources, "CORSMiddleware"))
    told: set[str] = set()
    for call in middleware:
        patterns = _patterns(literal(call, "allow_origins", 1))
        told.update(patterns)
        if patterns:
            yield _no_origin(patterns, call)
    # what comes from a setting or another module, the running app tells
    patterns = [each for each in _patterns(space_rehearsal.origins) if each not in told]
    if patterns:
        made = (call for call in middleware if literal(call, "allow_origins", 1) is None)
        yield _no_origin(patterns, next(made, None))
    yield from _everybody(space, space_rehearsal, space_sources, middleware)


def _patterns(origins: object) -> list[str]:
    return [each for each in _texts(origins) if "*" in each and each.strip() != "*"]


def _no_origin(patterns: list[str], call: Call | None) -> Finding:
    regex = re.escape(patterns[0]).replace(r"\*", r"[\w-]+")
    return Finding(
        f"allow_origins has {listing((one_line(json.dumps(each), 60) for each in patterns), 3)}: "
        "origins are compared as they are, and this is none",
        f'allow_origin_regex=r"{one_line(regex, 80)}"',
        call.path if call else "",
        call.line if call else None,
    )


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, (list, tuple, set)) else [value]
    return [item for item in items if isinstance(item, str)]


def _everybody(
    space: Space, rehearsal: Rehearsal, sources: Sources, middleware: list[Call]
) -> Iterator[Finding]:
    """May pages of any origin send requests with the visitor's credentials, and read the answers?"""
    careless = [
        call
        for call in middleware
        if literal(call, "allow_credentials") is True and "*" in _texts(literal(call, "allow_origins", 1))
    ]
    answer = next(iter(rehearsal.of(PREFLIGHT)), None)
    if answer is not None and answer.status is not None:
        admits = answer.header("access-control-allow-origin") in (STRANGER, "*")
        if not admits or (answer.header("access-control-allow-credentials") or "").lower() != "true":
            return
    elif not careless:
        return
    at = next(iter([*careless, *middleware]), None)
    has_cookies = any(True for _ in _cookies(rehearsal.visits)) or _mentions_credentials(space, sources)
    yield Finding(
        f"{'allow_origins=[*] with allow_credentials=True' if careless else 'the preflight'} admits "
        "every origin with credentials, wanted the origins that need them",
        'name them: allow_origins=["https://huggingface.co", …], or leave allow_credentials out',
        at.path if at else "",
        at.line if at else None,
        level=None if has_cookies else "note",
        consequence="The Space runs, and any page that a visitor opens may act and read here in their name.",
    )


def _mentions_credentials(space: Space, sources: Sources) -> bool:
    return any(_CREDENTIALS.search(text_of(space, path)) for path in sources.app)


@check(
    "HFS610",
    "root-path",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and /docs and the links that the app makes lead where nothing is.",
)
def root_path(space: Space, space_rehearsal: Rehearsal, space_sources: Sources) -> Iterator[Finding]:
    """A Space is served from the root of its host, so there is no root_path.  [spaces-embed; ASGI]"""
    serving(space_rehearsal)
    listener = space_rehearsal.listener
    given = listener.root_path.strip("/") if listener is not None else ""
    if listener is not None and given:
        where = listener.where
        command = space.command
        yield Finding(
            f"the server is started with the root path {one_line(listener.root_path, 60)}, and a Space is "
            "served from /",
            "remove --root-path (root_path=…) from what starts the server",
            where.path if where else command.path if command else "",
            where.line if where else command.line if command else None,
        )
        return
    told = _told_root_path(space_rehearsal)
    for call in calls(space, space_sources, "FastAPI", "root_path"):
        value = literal(call, "root_path")
        named = value.strip("/") if isinstance(value, str) else None
        if told is None:  # without a document, only what stands in the code of the app itself is sure
            shown = named if call.target == space.app.partition(":")[2] else None
        else:
            shown = told if call.gives("root_path") and named in (None, told) else None
        if shown:
            yield Finding(
                f"the app is made with the root path /{one_line(shown, 60)}, and a Space is served from /",
                "remove root_path=…, or take it from a variable that is not set on the Space",
                call.path,
                call.line,
            )
            return
    if told:  # in a call that takes its arguments from elsewhere
        path = entry_file(space)
        yield Finding(
            f"the app is made with the root path /{one_line(told, 60)}, and a Space is served from /",
            "give FastAPI no root_path, or take it from a variable that is not set on the Space",
            path,
        )


def _told_root_path(rehearsal: Rehearsal) -> str | None:
    """What the served OpenAPI document puts before its paths, "" if nothing; None where none was seen.

    FastAPI adds its root path to the servers when the document is asked for.
    """
    for visit in rehearsal.visits:
        is_document = visit.kind == "valid" and visit.status == 200 and "openapi" in visit.route.lower()
        text = visit.body.decode("utf-8", "replace") if is_document else ""
        if text.startswith("{"):
            found = _SERVERS.search(text)  # they stand before the paths, which may be cut off
            served = _servers({"servers": _json(found[1])}) if found else []
            added = [url for url in served if url not in _servers(rehearsal.openapi)]
            told = next((url.strip("/") for url in added if url.startswith("/")), "")
            # a mounted app's document says where the app is mounted
            if not (told and visit.request.path.startswith(f"/{told}/")):
                return told
    return None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _servers(document: object) -> list[str]:
    servers = document.get("servers") if isinstance(document, dict) else None
    listed = servers if isinstance(servers, list) else []
    return [str(server.get("url")) for server in listed if isinstance(server, dict)]


def _place(call: Call | None) -> Where | None:
    return Where(call.path, call.line) if call is not None else None


def _where(rehearsal: Rehearsal, visit: Visit) -> Where | None:
    route = route_of(rehearsal, visit)
    return route.where if route is not None else None


CHECKS: Final[tuple[Check, ...]] = (cookie_site, cors_pattern, root_path)
