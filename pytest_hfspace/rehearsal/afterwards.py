"""What is asked once the routes were visited, each only of an app that has such a thing: what its
pages load, what a browser asks for pages of other origins, two routes at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from .facts import Overlap, Request, Route, Visit
from .overlap import Pair, pairs
from .pages import unseen
from .start import Starter

#: how many of the things that pages load are asked for, in how many rounds (a page, its style sheet,
#: what that loads), and how many bytes of each are kept
ASSETS, ROUNDS, KEPT_ASSET = 40, 3, 1 << 20
#: how long, in seconds, routes are asked again beside others
OVERLAP_BUDGET = 10.0
#: the label of a visit that belongs to no route
PREFLIGHT = "PREFLIGHT"
#: nobody's site: an answer that admits it admits all
STRANGER = "https://stranger.example"


def assets(seen: Callable[[], Sequence[Visit]], routes: Sequence[Route]) -> Iterator[tuple[str, str]]:
    """Label and address of what to ask for; ``seen`` gives the visits by then."""
    left = ASSETS
    for _ in range(ROUNDS):
        targets = unseen(seen(), routes)[:left]
        left -= len(targets)
        for target in targets:
            yield f"ASSET {target.partition('?')[0]}", target


def preflight(starter: Starter) -> Request | None:
    """What a browser asks before a page of another origin may send a request; None where no module
    of the app's has an answer to that."""
    if not _mentions(starter, "CORSMiddleware"):
        return None
    headers = (("Origin", STRANGER), ("Access-Control-Request-Method", "GET"))
    return Request("OPTIONS", "/", headers)


def _mentions(starter: Starter, word: str) -> bool:
    """Do the app's own modules have this word?"""
    for name in (starter.log.inventory or {}).get("imported") or ():
        where = starter.layout.locate(str(name), 1)
        try:
            if where is not None and word in starter.space.files.text(where.path):
                return True
        except OSError:
            continue
    return False


def overlaps(
    visits: Sequence[Visit], routes: Sequence[Route], ask: Callable[[Pair], Overlap | None]
) -> Iterator[Overlap]:
    """What was seen of the routes that are slow, as long as there is time."""
    until = time.monotonic() + OVERLAP_BUDGET
    for pair in pairs(visits, routes):
        if time.monotonic() + 2 * pair.slow.seconds > until:
            return
        found = ask(pair)
        if found is not None:
            yield found
