"""6xx: does what the pages load and call work in the Space's page?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from ...check import Check, Finding, Level, NotApplicable, Skip, check
from ...contract import SPACE_HOST, Stage
from ...rehearsal.facts import Rehearsal, Visit
from ...rehearsal.pages import Load, is_css, pages_of, read, read_css
from ...space import Space
from ..serving import SERVED, listing, one_line, request_name, serving
from .scripts import Called, called, page_sockets
from .shipped import at_hand, place_of

_LOCAL: Final = frozenset({"localhost", "0.0.0.0", "::1", "::"})  # noqa: S104 - nothing listens there
_SCRIPTS: Final = ("javascript", "ecmascript")

#: What a browser blocks, or cannot load, where the address is http.
_BLOCKED: Final = frozenset({"script", "stylesheet", "image", "frame", "media", "preload", "style", "form"})

_KINDS: Final = {
    "script": "the script",
    "stylesheet": "the style sheet",
    "image": "the image",
    "frame": "the frame",
    "media": "",
    "preload": "",
    "icon": "the icon or manifest",
    "style": "",
    "form": "",
    "link": "",
}


_Kind = Literal["load", "form", "link", "call"]
_VERBS: Final[dict[_Kind, str]] = {
    "load": "loads",
    "form": "sends a form to",
    "link": "links to",
    "call": "calls",
}


class _Seen(NamedTuple):
    """An address that a page or script loads or calls, and the answer that has it.

    ``what``: it as a message shows it.
    """

    visit: Visit
    address: str
    what: str
    kind: _Kind


def _pages(rehearsal: Rehearsal) -> list[tuple[Visit, bool]]:
    """The app's own pages, and which of them the Space page shows."""
    serving(rehearsal)
    pages = pages_of(rehearsal.visits, rehearsal.routes)
    if not pages:
        raise NotApplicable("the app has no pages")
    return pages


def _is_local(host: str) -> bool:
    return host in _LOCAL or host.startswith("127.") or host.endswith(".localhost")


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _seen(rehearsal: Rehearsal) -> Iterator[_Seen]:
    """Every address outside the app that its pages and their scripts load or call."""
    for visit, _ in _pages(rehearsal):
        page = read(visit)
        for load in page.loads:
            if not load.target:
                kind: _Kind = load.kind if load.kind in ("link", "form") else "load"
                yield _Seen(visit, load.address, f"{_KINDS[load.kind]} {load.url}".strip(), kind)
        for script in page.scripts:
            yield from _of_script(visit, script)
    for visit in _assets(rehearsal):
        if _is_script(visit):
            yield from _of_script(visit, visit.body.decode("utf-8", "replace"))
        elif is_css(visit):
            for load in read_css(visit):  # an @import; whether a rule applies, nobody knows
                if load.kind == "stylesheet" and not load.target:
                    yield _Seen(visit, load.address, f"{_KINDS[load.kind]} {load.url}", "load")


def _of_script(visit: Visit, text: str) -> Iterator[_Seen]:
    for call in called(text):
        yield _Seen(visit, call.url, call.url, "call")


def _assets(rehearsal: Rehearsal) -> Iterator[Visit]:
    """What the pages load; a mount's first file has been asked for with the routes."""
    loaded = {load.target for visit, _ in _pages(rehearsal) for load in read(visit).loads if load.target}
    for visit in rehearsal.visits:
        is_loaded = visit.kind == "asset" or (visit.kind == "valid" and visit.request.path in loaded)
        if is_loaded and (visit.status or 400) < 300:
            yield visit


def _is_script(visit: Visit) -> bool:
    kind = (visit.header("content-type") or "").lower()
    return any(name in kind for name in _SCRIPTS)


@check(
    "HFS607",
    "localhost-url",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and its pages look for their parts on the visitor's own computer.",
)
def localhost_url(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Pages and the scripts that they load call no address of the visitor's own machine.  [field]"""
    told: set[tuple[str, str]] = set()
    for seen in _seen(space_rehearsal):
        origin = seen.address.partition("?")[0]
        if not _is_local(_host(seen.address)) or (seen.visit.request.path, origin) in told:
            continue
        told.add((seen.visit.request.path, origin))
        yield _finding(
            space,
            space_rehearsal,
            seen.visit,
            seen.what.rpartition(" ")[2],
            message=f"{request_name(seen.visit)}: {_VERBS[seen.kind]} {one_line(seen.what, 100)}, "
            "wanted an address of the Space",
            hint=_without_host(seen.address),
            level="note" if seen.kind == "link" else None,
        )


def _without_host(address: str) -> str:
    path = urlsplit(address).path.rstrip("/")
    return f'write the path alone: "{one_line(path, 60)}"' if path else "leave it out: write the paths alone"


@check(
    "HFS608",
    "mixed-content",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and browsers refuse what its pages load by http or ws (mixed content).",
)
def mixed_content(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Pages, which are shown by https, load and call nothing by http or ws.  [W3C: Mixed Content]"""
    upgraded = {visit for visit, _ in _pages(space_rehearsal) if read(visit).upgrades}
    told: set[tuple[str, str]] = set()
    for seen in _seen(space_rehearsal):
        scheme, host = seen.address.partition(":")[0].lower(), _host(seen.address)
        own = host == SPACE_HOST  # what the app makes of its own address is HFS601's, if it is http
        if scheme not in ("http", "ws") or seen.kind == "link" or _is_local(host) or own or "$" in host:
            continue
        if seen.visit in upgraded or not host or (seen.visit.request.path, host) in told:
            continue
        told.add((seen.visit.request.path, host))
        wanted = "wss" if scheme == "ws" else "https"
        yield _finding(
            space,
            space_rehearsal,
            seen.visit,
            seen.what.rpartition(" ")[2],
            message=f"{request_name(seen.visit)}: {_VERBS[seen.kind]} {one_line(seen.what, 100)}, wanted {wanted}://",
            hint=f"write {wanted}://{one_line(host, 60)}, or bring a copy of it in the repository",
        )
    for visit, call in _sockets(space_rehearsal):
        if visit not in upgraded:
            yield _finding(
                space,
                space_rehearsal,
                visit,
                call.url,
                message=f"{request_name(visit)}: opens {one_line(call.url, 60)}, wanted wss://",
                hint='take the scheme of the page: (location.protocol === "https:" ? "wss://" : "ws://")',
            )


def _sockets(rehearsal: Rehearsal) -> Iterator[tuple[Visit, Called]]:
    """The first such address of each page and script."""
    texts = [(visit, script) for visit, _ in _pages(rehearsal) for script in read(visit).scripts]
    texts += [(v, v.body.decode("utf-8", "replace")) for v in _assets(rehearsal) if _is_script(v)]
    told = set()
    for visit, text in texts:
        for call in page_sockets(text):
            if visit.request.path not in told:
                told.add(visit.request.path)
                yield visit, call


def _finding(
    space: Space,
    rehearsal: Rehearsal,
    visit: Visit,
    literal: str,
    *,
    message: str,
    hint: str,
    level: Level | None = None,
) -> Finding:
    """``literal``: what the line has that is to blame."""
    where = place_of(space, rehearsal, visit, literal)
    return Finding(message, hint, where.path if where else "", where.line if where else None, level)


@check(
    "HFS609",
    "asset-missing",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and its page is shown without what it loads: unstyled, dead or empty.",
)
def asset_missing(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the pages load from the app answers.  [field]"""
    pages = _pages(space_rehearsal)
    answers = {visit.request.path: visit for visit in space_rehearsal.visits if visit.request.method == "GET"}
    told: set[str] = set()
    absent: list[Finding] = []
    for page, is_front in pages:
        for load in read(page).loads:
            if load.target in told or load.kind in ("form", "link") or load.target not in answers:
                continue
            answer = answers[load.target]
            level = _level(space_rehearsal, load, answer, is_front=is_front)
            if level:
                told.add(load.target)
                absent.append(_absent(space, space_rehearsal, page, load, answer=answer, level=level))
    unfollowed = space.image.not_followed if space.image is not None else ()
    if absent and unfollowed:
        raise Skip(f"what is missing may come from {one_line(unfollowed[0])}")
    yield from sorted(absent, key=lambda finding: ("error", "warn", "note").index(finding.level or "error"))
    yield from _of_style_sheets(space_rehearsal, answers, told)


def _level(rehearsal: Rehearsal, load: Load, answer: Visit, *, is_front: bool) -> Level | Literal[""]:
    """How bad it is, "" if it is fine or another check's."""
    status = answer.status
    if (status is not None and status < 400) or (answer.kind != "asset" and (status or 500) >= 500):
        return ""  # a route that fails is HFS501's
    route = next((route for route in rehearsal.routes if route.endpoint == answer.endpoint != ""), None)
    if (status or 500) >= 500 and route is not None and route.own and rehearsal.of(route.label):
        return ""
    if status in (401, 402, 403, 407, 429) or load.kind == "icon" or load.optional:
        return "note"
    by_data = route is not None and bool(route.parameters) and route.own  # what there is no data for here
    needed = load.kind in ("script", "stylesheet", "image", "frame")
    return "error" if is_front and needed and not by_data else "warn"


def _absent(
    space: Space, rehearsal: Rehearsal, page: Visit, load: Load, *, answer: Visit, level: Level
) -> Finding:
    where = place_of(space, rehearsal, page, load.url)
    what = f"{_KINDS[load.kind]} {one_line(load.url, 100)}".strip()
    got = f"is answered {answer.status}" if answer.status else f"got {one_line(answer.problem, 80)}"
    return Finding(
        f"{request_name(page)} loads {what}, which {got}, wanted 200",
        _remedy(space, load, answer),
        where.path if where else "",
        where.line if where else None,
        level,
    )


def _remedy(space: Space, load: Load, answer: Visit) -> str:
    path = unquote(load.target.partition("?")[0]).lstrip("/")
    if answer.status in (401, 403):
        return "let it be loaded without credentials: a browser sends none with it"
    if (answer.status or 500) >= 500:
        return "see the app's log for what the request raised"
    untracked, other = at_hand(space, path)
    if untracked:
        return f"{one_line(untracked, 80)} is here and not tracked: git add -f {one_line(untracked, 80)}"
    if other:
        return f"the file is called {one_line(other, 80)}: write it in the same case"
    return f"commit the file, or serve /{one_line(path, 60)}: app.mount(…, StaticFiles(directory=…))"


def _of_style_sheets(rehearsal: Rehearsal, answers: dict[str, Visit], told: set[str]) -> Iterator[Finding]:
    """What only style sheets name: a rule may apply to nothing, so no more than a note."""
    for visit in rehearsal.visits:
        if visit.kind not in ("asset", "valid") or not is_css(visit):
            continue
        lost = [
            load.url
            for load in read_css(visit)
            if load.target in answers
            and load.target not in told
            and answers[load.target].kind == "asset"
            and (answers[load.target].status or 0) >= 400
        ]
        if lost:
            names = listing((one_line(url, 60) for url in lost), 3)
            yield Finding(
                f"{request_name(visit)} names what is not there: {names}",
                "commit these files, or remove the rules that name them",
                level="note",
            )


CHECKS: Final[tuple[Check, ...]] = (localhost_url, mixed_content, asset_missing)
