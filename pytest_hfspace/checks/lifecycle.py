"""8xx: storage, network, life cycle.  Here: the end of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..check import Finding, Skip, check
from ..contract import Stage
from ..rehearsal.facts import Rehearsal, Shutdown
from ..space import Space
from .answers import innermost
from .serving import SERVED, one_line, serving

#: What a cancelled task and a signal raise: the way in which a server is ended.
_ENDINGS = frozenset(
    {"asyncio.exceptions.CancelledError", "builtins.KeyboardInterrupt", "builtins.SystemExit"}
)

#: How each server limits the wait for open connections.
_BOUNDS = {
    "uvicorn": "uvicorn --timeout-graceful-shutdown 5",
    "gunicorn": "gunicorn --graceful-timeout 5",
    "hypercorn": "hypercorn --graceful-timeout 5",
    "python": "uvicorn.run(…, timeout_graceful_shutdown=5)",
}


def _shutdown(rehearsal: Rehearsal) -> Shutdown:
    serving(rehearsal)
    if rehearsal.shutdown is None:
        if any(visit.problem.startswith("no answer") for visit in rehearsal.visits):
            raise Skip("a request was not answered, so the app was not asked to end: see HFS501")
        raise Skip("the app ended before it was asked to")
    return rehearsal.shutdown


@check(
    "HFS806",
    "shutdown",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="At every rebuild and restart the Space is killed in the middle of its work.",
)
def shutdown(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app ends in time when it is asked to with SIGTERM.  [field; the Hub's grace period is unknown]"""
    end = _shutdown(space_rehearsal)
    if not end.timed_out:
        return
    stuck = f", busy at {end.stuck_at}" if end.stuck_at else ""
    runner = space.command.runner if space.command else None
    place = end.stuck_at
    yield Finding(
        f"still running {end.seconds:.0f} s after SIGTERM{stuck}, wanted an exit",
        "end threads and background tasks in the lifespan's code after yield; for open streams: "
        + _BOUNDS.get(runner or "", _BOUNDS["python"]),
        path=place.path if place else "",
        line=place.line if place else None,
    )


@check(
    "HFS807",
    "shutdown-error",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="What the lifespan should save or close is lost at every rebuild and restart.",
)
def shutdown_error(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The lifespan's second half does not raise.  [ASGI, Lifespan Protocol]"""
    raised = _shutdown(space_rehearsal).raised
    if raised is None or not _ENDINGS.isdisjoint(raised.kinds):
        return
    where = innermost(raised)
    at = f" at {where}" if where else ""
    yield Finding(
        f"the lifespan's shutdown raised {one_line(str(raised))}{at}, wanted none",
        "catch it in the code after yield, or check there that start-up came far enough to have made it",
        path=where.path if where else "",
        line=where.line if where else None,
    )


CHECKS = (shutdown, shutdown_error)
