"""What the visits of a route amount to: the one word that checks and reports use for it."""

from __future__ import annotations

from typing import Literal

from .facts import Rehearsal, Route, Visit

RouteOutcome = Literal["answered", "guarded", "rejected", "failed", "skipped"]

#: From best to worst: a route is what its best valid visit was.
_ORDER: tuple[RouteOutcome, ...] = ("answered", "guarded", "rejected", "failed")


def visit_outcome(visit: Visit) -> RouteOutcome:
    """``answered``: 1xx to 3xx.  ``guarded``: 401, 403.  ``rejected``: any other 4xx.
    ``failed``: 5xx, an exception, or no whole answer."""
    if visit.status is None or visit.status >= 500 or visit.raised or visit.problem or visit.busy:
        return "failed"
    if visit.status < 400:
        return "answered"
    return "guarded" if visit.status in (401, 403) else "rejected"


def is_bare_mount(rehearsal: Rehearsal, route: Route) -> bool:
    """Is it a mount of files of which only the root was asked for, where there is nothing?

    That says nothing of what it answers below.
    """
    best = best_visit(rehearsal, route) if route.kind == "files" and not route.sample else None
    return best is not None and best.status == 404


def best_visit(rehearsal: Rehearsal, route: Route) -> Visit | None:
    """The valid visit of a route that came furthest, None where there was none."""
    valid = [visit for visit in rehearsal.of(route.label) if visit.kind == "valid"]
    return min(valid, key=lambda visit: _ORDER.index(visit_outcome(visit)), default=None)


def route_outcome(rehearsal: Rehearsal, route: Route) -> RouteOutcome:
    """The outcome of a route: that of its best valid visit, ``skipped`` where there was none."""
    best = best_visit(rehearsal, route)
    return visit_outcome(best) if best else "skipped"
