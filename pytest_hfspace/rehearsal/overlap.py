"""Two requests at once: does a quick route answer while a slow one is at work?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .facts import Overlap, Request, Route, Visit
from .visitor import Answer, Visitor

#: a route is slow from so many seconds on, and if it takes so many times as long as the quick one
SLOW, TIMES = 0.15, 10.0
#: one that takes longer, in seconds, is not asked again
LONGEST = 5.0
#: how many slow routes are asked
MOST = 3
#: how many seconds after the slow request the quick one is sent
HEAD_START = 0.03
#: of the slow one's remaining time, what a quick one that did not wait for it stays below
WAITS = 0.6
#: how often a quick one must have waited
ATTEMPTS = 2


@dataclass(frozen=True)
class Pair:
    """A slow visit and the quick one to make beside it."""

    slow: Visit
    quick: Visit


def pairs(visits: Sequence[Visit], routes: Iterable[Route]) -> list[Pair]:
    """What to ask at once, the slowest route first; nothing where no route is slow."""
    own = {route.label for route in routes if route.own and route.kind == "http" and route.method == "GET"}
    asked = [
        visit
        for visit in visits
        if visit.route in own and visit.kind == "valid" and not visit.problem and (visit.status or 500) < 500
    ]
    slow = [visit for visit in asked if SLOW <= visit.seconds <= LONGEST]
    if not slow:
        return []
    fast = [visit for visit in visits if visit.kind in ("valid", "root") and _is_quick(visit)]
    quick = min(fast, key=lambda visit: (visit.kind != "root", visit.seconds), default=None)
    if quick is None:
        return []
    slow.sort(key=lambda visit: -visit.seconds)
    return [Pair(each, quick) for each in slow if each.seconds >= TIMES * quick.seconds][:MOST]


def _is_quick(visit: Visit) -> bool:
    return (
        visit.request.method == "GET"
        and visit.route != "CONTROL"
        and (visit.status or 500) < 500
        and not visit.streamed
        and not visit.problem
        and visit.seconds < SLOW / 2
    )


def ask(pair: Pair, port: int, peer: str, seconds: float) -> Overlap | None:
    """Ask both at once, again where the quick one had to wait.  None where the slow one is no longer
    slow, or one of them got no answer."""
    visitor = Visitor(port, peer)
    try:
        alone = visitor.visit(pair.quick.request, seconds)
        if alone.status is None:
            return None
        found: list[tuple[float, float]] = []
        while len(found) < ATTEMPTS:
            seen = _at_once(pair, visitor, peer, seconds)
            if seen is None:
                return None
            found.append(seen)
            left, beside = seen
            if beside < WAITS * left:
                break
        return Overlap(pair.slow.route, pair.quick.route, alone.seconds, tuple(found))
    finally:
        visitor.close()


def _at_once(pair: Pair, visitor: Visitor, peer: str, seconds: float) -> tuple[float, float] | None:
    """The seconds that the slow one still took when the quick one was asked, and the quick one's."""
    ended: list[tuple[float, Answer]] = []

    def ask_slow(request: Request) -> None:
        other = Visitor(visitor.port, peer)
        answer = other.visit(request, seconds)
        ended.append((time.monotonic(), answer))
        other.close()

    thread = threading.Thread(target=ask_slow, args=(pair.slow.request,), name="hfspace slow", daemon=True)
    thread.start()
    thread.join(HEAD_START)
    began = time.monotonic()
    beside = visitor.visit(pair.quick.request, seconds)
    thread.join()
    if not ended or beside.status is None or ended[0][1].status is None:
        return None
    left = ended[0][0] - began
    return (left, beside.seconds) if left >= SLOW / 2 else None
