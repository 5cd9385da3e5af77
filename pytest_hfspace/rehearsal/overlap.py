"""Two requests at once: does a quick route answer while a slow one is at work?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .facts import Overlap, Route, Visit
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


class Pair(NamedTuple):
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
    fast = sorted(filter(_is_quick, visits), key=lambda visit: visit.seconds)
    fast.sort(key=lambda visit: visit.request.path.partition("?")[0] != "/")
    slow.sort(key=lambda visit: -visit.seconds)
    return [Pair(each, quick) for each in slow if (quick := _beside(each, fast))][:MOST]


def _beside(slow: Visit, fast: list[Visit]) -> Visit | None:
    """The quick one to ask beside a slow one: the front page, unless another is quicker."""
    return next((visit for visit in fast if slow.seconds >= TIMES * visit.seconds), None)


def _is_quick(visit: Visit) -> bool:
    return (
        visit.kind in ("valid", "root")
        and visit.request.method == "GET"
        and visit.route != "CONTROL"
        and (visit.status or 500) < 500
        and not visit.streamed
        and not visit.problem
        and visit.seconds < SLOW / 2
    )


def ask(pair: Pair, port: int, peer: str, seconds: float) -> Overlap | None:
    """Ask both at once, again where the quick one had to wait.  None where the slow one is no longer
    slow, or one of them got no answer."""
    first, second = Visitor(port, peer), Visitor(port, peer)
    try:
        # both are connected then, and the slow request is not overtaken
        alone = [visitor.visit(pair.quick.request, seconds) for visitor in (first, second)]
        if any(answer.status is None for answer in alone):
            return None
        found: list[tuple[float, float]] = []
        while len(found) < ATTEMPTS:
            seen = _at_once(pair, first, second, seconds)
            if seen is None:
                return None
            found.append(seen)
            left, beside = seen
            if beside < WAITS * left:
                break
        quickest = min(answer.seconds for answer in alone)
        return Overlap(pair.slow.route, pair.quick.route, quickest, tuple(found))
    finally:
        first.close()
        second.close()


def _at_once(pair: Pair, first: Visitor, second: Visitor, seconds: float) -> tuple[float, float] | None:
    """The seconds that the slow one still took when the quick one was asked, and the quick one's."""
    ended: list[tuple[float, Answer]] = []

    def ask_slow() -> None:
        answer = first.visit(pair.slow.request, seconds)
        ended.append((time.monotonic(), answer))

    thread = threading.Thread(target=ask_slow, name="hfspace slow", daemon=True)
    thread.start()
    thread.join(HEAD_START)
    began = time.monotonic()
    beside = second.visit(pair.quick.request, seconds)
    thread.join()
    if not ended or beside.status is None or ended[0][1].status is None:
        return None
    left = ended[0][0] - began
    return (left, beside.seconds) if left >= SLOW / 2 else None
