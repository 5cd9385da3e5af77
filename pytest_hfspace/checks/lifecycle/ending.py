"""8xx: storage, network, life cycle.  Here: the end of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.excuses import is_network
from ...rehearsal.facts import Raised, Rehearsal, Shutdown
from ...rehearsal.variants import stays
from ...space import Space
from ..serve.answers import innermost
from ..serving import SERVED, mentioned, one_line, serving

#: What a cancelled task and a signal raise: the way in which a server is ended.
_ENDINGS = frozenset(
    {"asyncio.exceptions.CancelledError", "builtins.KeyboardInterrupt", "builtins.SystemExit"}
)

#: What code says that has something to do when the app ends.
_AT_THE_END = (
    r"\blifespan\s*=|\bon_shutdown\b|[\"']shutdown[\"']|\batexit\b|\badd_signal_handler\b|\bsignal\.signal\b"
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
    runner = space.command.runner if space.command else None
    if end.kept_by:
        yield _kept(space, space_rehearsal, end, _BOUNDS.get(runner or "", _BOUNDS["python"]))
    if not end.timed_out:
        return
    stuck = f", busy at {end.stuck_at}" if end.stuck_at else ""
    place = end.stuck_at
    yield Finding(
        f"still running {end.seconds:.0f} s after SIGTERM{stuck}, wanted an exit",
        "end threads and background tasks in the lifespan's code after yield; for open streams: "
        + _BOUNDS.get(runner or "", _BOUNDS["python"]),
        path=place.path if place else "",
        line=place.line if place else None,
    )


def _kept(space: Space, rehearsal: Rehearsal, end: Shutdown, bound: str) -> Finding:
    """An open connection kept it from ending: worth a warning if it has something to do at its end."""
    route = next((route for route in rehearsal.routes if route.label in end.kept_by), None)
    place = route.where if route else None
    names = " and ".join(one_line(name, 60) for name in end.kept_by)
    has_work = mentioned(space, rehearsal, _AT_THE_END) is not None
    return Finding(
        f"after SIGTERM it waited for {names}, which a visitor had open, until the visitor left",
        f"limit the wait: {bound}",
        path=place.path if place else "",
        line=place.line if place else None,
        level=None if has_work else "note",
        consequence=""
        if has_work
        else "At every rebuild and restart the Space is killed; it has nothing of its own to finish.",
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
    """The second half of the lifespan, which ends the app, does not raise.  [ASGI, Lifespan Protocol]"""
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


@check(
    "HFS808",
    "restart",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=SERVED,
    starts=("restart",),
    consequence="The container is started again on the same disk, and does not come up a second time.",
)
def restart(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A second start works on the disk that the first one has left.  [field]"""
    serving(space_rehearsal)
    again = space_rehearsal.variant("restart")
    if again is None:
        if any(map(stays, space_rehearsal.files)):
            raise Skip("the app was not started a second time")
        raise NotApplicable("the app writes nothing that a second start would find")
    if again.impossible:
        raise Skip(again.impossible)
    failure = again.failure
    if failure is None:
        return
    if failure.raised is not None and _is_of_network(space_rehearsal, failure.raised):
        raise Skip(f"the second start could not reach what it needs: {one_line(str(failure.raised))}")
    where = innermost(failure.raised) if failure.raised else failure.where
    said = one_line(str(failure.raised)) if failure.raised else one_line(failure.message)
    last = one_line(failure.output.strip().rpartition("\n")[2], 100)
    if failure.raised is None and last:
        said += f'; its last output: "{last}"'
    yield Finding(
        f"the first start works, and a second one on the disk that it has left does not: {said}",
        "make what start-up writes so that it may be there already: mkdir(exist_ok=True), CREATE TABLE "
        "IF NOT EXISTS, a lock that is removed",
        path=where.path if where else "",
        line=where.line if where else None,
        level="warn" if failure.kind == "hung" else None,
    )


def _is_of_network(rehearsal: Rehearsal, raised: Raised) -> bool:
    """May it be about a service? A database in a file raises what one on a server does."""
    in_file = "sqlite" in " ".join((*raised.kinds, raised.message)).lower()
    return bool(rehearsal.connects) and not in_file and is_network(raised)


@check(
    "HFS810",
    "logs-buffered",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space's log stays empty, or stops in the middle, just when somebody looks for an error.",
)
def logs_buffered(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the app prints appears as it is printed.  [field]"""
    serving(space_rehearsal)
    text, newline, _ = space_rehearsal.unprinted.partition("\n")
    if not newline or _is_unbuffered(space):
        return
    command = space.command
    more = space_rehearsal.unprinted.count("\n") - 1
    lines = f" and {more} more {'line' if more == 1 else 'lines'}" if more else ""
    yield Finding(
        f'what the app had printed when it served ("{one_line(text, 60)}"{lines}) was in no log yet: Python '
        "keeps it back",
        "write ENV PYTHONUNBUFFERED=1 in the Dockerfile",
        path=command.path if command else "",
        line=command.line if command else None,
    )


def _is_unbuffered(space: Space) -> bool:
    """Is the interpreter told on its command line?  The rehearsal's own is not."""
    words = space.command.words if space.command else ()
    options = itertools.takewhile(lambda word: word.startswith("-") and word != "-m", words[1:])
    return any(re.fullmatch(r"-[A-Za-z]*u[A-Za-z]*", word) for word in options)


CHECKS = (shutdown, shutdown_error, restart, logs_buffered)
