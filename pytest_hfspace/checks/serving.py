"""What the checks of a serving app share: their prerequisites, and how requests are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..check import Skip
from ..rehearsal.facts import Rehearsal, Route, Visit, Where
from ..space import Space

#: Without these there was no app to visit.  HFS420 is not among them: the rehearsal goes on.
SERVED = ("HFS401", "HFS402", "HFS403", "HFS404", "HFS406", "HFS407", "HFS419")

#: The label of the visit of ``/`` with another Host, which shows what the Host alone changes.
CONTROL = "CONTROL"

_SUFFIXES = {
    "empty body": " with an empty body",
    "malformed body": " with a malformed body",
    "wrong token": " with a wrong bearer token",
}


def serving(rehearsal: Rehearsal) -> None:
    """Raise Skip where no app came up."""
    if rehearsal.impossible:
        raise Skip(rehearsal.impossible)
    if rehearsal.failure:
        raise Skip(f"the app did not come up: {one_line(rehearsal.failure.message)}")


def root_visits(rehearsal: Rehearsal) -> tuple[Visit, ...]:
    """The visits that ask as the Space page does; the control visit is none of them."""
    return tuple(visit for visit in rehearsal.visits if visit.kind == "root" and visit.route != CONTROL)


def control_visit(rehearsal: Rehearsal) -> Visit | None:
    """The same request as the root visit with ``Host: localhost``, where one was made."""
    return next((visit for visit in rehearsal.visits if visit.route == CONTROL), None)


def route_of(rehearsal: Rehearsal, visit: Visit) -> Route | None:
    """The route that a visit was made for; a root visit belongs to ``GET /``, if there is one."""
    label = f"GET {bare_path(visit)}" if visit.kind == "root" else visit.route
    return next((route for route in rehearsal.routes if route.label == label), None)


def bare_path(visit: Visit) -> str:
    """The path of a request without its query string."""
    return visit.request.path.partition("?")[0]


def one_line(text: str, limit: int = 160) -> str:
    """Text of others, fit for one line of ours: white space folded, control characters out."""
    folded = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 8]).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def request_name(visit: Visit) -> str:
    """``POST /items with an empty body``"""
    method = "WS" if visit.route.startswith("WS ") else visit.request.method
    return f"{method} {one_line(visit.request.path, 80)}{_SUFFIXES.get(visit.kind, '')}"


def request_names(visits: Sequence[Visit], limit: int = 3) -> str:
    """The first few requests by name, and the number of the others."""
    return listing([request_name(visit) for visit in visits], limit)


def listing(names: Iterable[str], limit: int = 3) -> str:
    """``a, b, c and 4 others``; a name that comes twice is said once."""
    unique = list(dict.fromkeys(names))
    more = len(unique) - limit
    shown = ", ".join(unique[:limit])
    return shown if more <= 0 else f"{shown} and {more} {'other' if more == 1 else 'others'}"


def sources(space: Space, rehearsal: Rehearsal) -> Iterator[tuple[str, str]]:
    """Path and text of the repository's files that the app loaded as modules."""
    for path in rehearsal.imported:
        yield path, text_of(space, path)


def text_of(space: Space, path: str) -> str:
    """A file's text, "" where it cannot be read."""
    try:
        return space.files.text(path)
    except OSError:
        return ""


def mentioned(space: Space, rehearsal: Rehearsal, pattern: str) -> Where | None:
    """The first line of the app's own modules that matches, to point at what a header comes from."""
    wanted = re.compile(pattern, re.IGNORECASE)
    for path, text in sources(space, rehearsal):
        found = wanted.search(text)
        if found:
            return Where(path, text.count("\n", 0, found.start()) + 1)
    return None
