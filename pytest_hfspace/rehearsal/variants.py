"""Further starts of the same app, each in another environment, side by side."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from ..space import Space
from ..space.command import StartCommand
from ..space.settings import is_secret_name
from .environment import marker, stand_in
from .facts import FileUse, Read, Rehearsal, Request, Variant, VariantName, Visit
from .layout import Layout, make_layout
from .leftovers import already_there, left_over
from .start import Starter

#: Seconds that a network may be silent before the start counts as one that waits for it.
SILENCE = 20.0
#: A further start may take so much longer than the first did, and a few seconds.
SLOWER, GRACE = 3.0, 5.0
#: What no number, boolean, address or JSON text can be.
UNREADABLE = "not!a{value"

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_BOOLEANS = ("true", "false", "1", "0", "yes", "no", "on", "off")
#: Types of a settings class that a text can fail to be.
_PARSED = ("int", "float", "bool", "url", "json")
_MOST_PAGES = 30
#: What an answer has that shows the whole environment.
_EVERYWHERE = (b"SPACE_AUTHOR_NAME", b"SPACE_CREATOR_USER_ID", b"SPACE_REPO_NAME")


class Wanted(NamedTuple):
    """A start to make: ``env`` comes on top of the first start's; ``visit``: are pages asked?"""

    name: VariantName
    env: Mapping[str, str] = MappingProxyType({})
    network: str = ""
    visit: bool = False


def wanted(space: Space, facts: Rehearsal) -> tuple[Wanted, ...]:
    """The starts that would tell something of this app: none for one that reads no settings,
    writes nothing and reaches for nobody while it comes up."""
    if not facts.served:
        return ()
    reads = {read.name: read for read in facts.reads if read.own}
    secrets = {name: read for name, read in reads.items() if read.secret}
    found = [
        Wanted("canaries", _canaries(space, facts, secrets), visit=True),
        Wanted("untrimmed", {name: f"{_canary(name, read, space)}\n" for name, read in secrets.items()}),
        Wanted("empty", dict.fromkeys(_optional(space, reads), "")),
        Wanted("invalid", dict.fromkeys(_parsed(reads), UNREADABLE)),
    ]
    result = [each for each in found if each.env]
    if any(connect.phase in ("import", "startup") for connect in facts.connects):
        result.append(Wanted("silent", network="silent"))
    if facts.shutdown is not None and any(map(stays, facts.files)):
        result.append(Wanted("restart"))
    return tuple(result)


def _canaries(space: Space, facts: Rehearsal, secrets: Mapping[str, Read]) -> dict[str, str]:
    """Of the secrets that are read; where an answer shows the whole environment, of those that the
    Space will have as well."""
    values = {name: _canary(name, read, space) for name, read in secrets.items()}
    if any(all(name in visit.body for name in _EVERYWHERE) for visit in facts.visits):
        declared = (name for name in space.settings if is_secret_name(name) and name not in values)
        values |= {name: _canary(name, None, space) for name in declared}
    return values


def _canary(name: str, read: Read | None, space: Space) -> str:
    # the home of the layout is not known here, and no secret is a path
    return stand_in(name, read, space, "~")


def _optional(space: Space, reads: Mapping[str, Read]) -> Iterator[str]:
    """Settings that the app can do without, and that an example file or the image leaves empty."""
    for name, read in reads.items():
        declared = space.settings.get(name)
        if declared is None or declared.value.strip() or declared.source not in ("env file", "image"):
            continue
        if not read.required and read.default:
            yield name


def _parsed(reads: Mapping[str, Read]) -> Iterator[str]:
    """Settings that the app makes a number or the like of."""
    for name, read in reads.items():
        default = (read.default or "").strip()
        if read.type in _PARSED or _NUMBER.fullmatch(default) or default.lower() in _BOOLEANS:
            yield name


def stays(use: FileUse) -> bool:
    """Was something written to the disk that a restart in the same container would find?"""
    passing = ("/tmp/", "/dev/", "/proc/")  # noqa: S108 - compared
    return (
        use.write
        and use.path.startswith(("/", "~"))
        and not use.path.startswith(passing)
        and "/__pycache__" not in use.path
    )


class First(NamedTuple):
    """The start that the others are compared with: its layout still exists."""

    space: Space
    layout: Layout
    command: StartCommand
    python: str
    given: Mapping[str, str]
    values: Mapping[str, str]
    limit: float
    seconds: float
    network: str = ""


def start_all(first: First, variants: tuple[Wanted, ...], facts: Rehearsal) -> tuple[Variant, ...]:
    """Make them side by side; each ends within its deadline.  In the order in which they are asked."""
    results: dict[int, Variant] = {}
    starters: list[Starter] = []

    def make(number: int, variant: Wanted) -> None:
        results[number] = _start(first, variant, facts, starters.append)

    threads = [
        threading.Thread(target=make, args=pair, name=f"hfspace {pair[1].name}", daemon=True)
        for pair in enumerate(variants)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for starter in starters:
            starter.end()
    return tuple(results[number] for number in sorted(results))


def _start(first: First, variant: Wanted, facts: Rehearsal, begun: Callable[[Starter], None]) -> Variant:
    limit = SILENCE if variant.network else min(first.limit, first.seconds * SLOWER + GRACE)
    nothing = Variant(variant.name, settings=dict(variant.env))
    again = variant.name == "restart"
    layout, temporary = first.layout if again else None, already_there()
    try:
        layout = layout or make_layout(first.space, first.command.cwd)
        starter = Starter(
            first.space,
            layout,
            first.command,
            first.python,
            {**first.given, **variant.env},
            limit,
            values=dict(first.values),
            repeats=0,
            network=variant.network or first.network,
        )
        starter.begin()
        begun(starter)
        failure = starter.come_up(lambda _phase: None)
        visits = _pages(starter, facts) if variant.visit and failure is None else ()
        starter.end()
        if failure is not None and failure.raised is not None:  # the first start may have left it
            reason = left_over(failure.raised, starter.log.files, temporary)
            if reason:
                return replace(nothing, impossible=reason)
        return replace(nothing, failure=failure, visits=visits, output=starter.output)
    except OSError as error:
        return replace(nothing, impossible=f"the start could not be repeated: {error.strerror or error}")
    finally:
        if layout is not None and not again:
            layout.remove()


def _pages(starter: Starter, facts: Rehearsal) -> tuple[Visit, ...]:
    """What everybody can see: pages without parameters, the schema, what is not found, and every
    route whose visit ended with an error."""
    from .visitor import PEER, Visitor, other_peer

    assert starter.process is not None
    requests = {
        visit.route: visit.request
        for visit in facts.visits
        if visit.kind in ("valid", "root") and (visit.request.method == "GET" or (visit.status or 0) >= 500)
    }
    requests["NOT FOUND"] = Request("GET", "/no-such-page-of-this-space")
    visitor = Visitor(starter.process.port, "127.0.0.1" if other_peer() else PEER)
    visits = []
    try:
        for route, request in list(requests.items())[:_MOST_PAGES]:
            answer = visitor.visit(request, GRACE)
            visits.append(
                Visit(
                    route,
                    "valid",
                    request,
                    status=answer.status,
                    headers=answer.headers,
                    body=answer.body,
                    seconds=answer.seconds,
                    problem=answer.problem,
                    streamed=answer.streamed,
                )
            )
    finally:
        visitor.close()
    return tuple(visits)


def markers(names: Mapping[str, object]) -> dict[str, str]:
    """By name, the digits that a canary is known by."""
    return {name: marker(name) for name in names}
