"""5xx: does the app answer in time, to several at once?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Overlap, Rehearsal, Route, Where
from ...rehearsal.overlap import ATTEMPTS, WAITS
from ...space import Space
from ..serving import SERVED, one_line, request_name, serving, text_of

#: Seconds until the first byte, after which people and proxies give up.
SLOW: Final = 30.0


@check(
    "HFS509",
    "route-slow",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and whoever uses this route waits, or is cut off by a time-out on the way.",
)
def route_slow(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The first byte of every answer comes within 30 s.  [field]

    A route that has not answered at the deadline of a visit (a quarter of --hfspace-timeout) is
    HFS501's: nobody knows whether it ever would have.
    """
    serving(space_rehearsal)
    if not space_rehearsal.visits:
        raise Skip("no route was visited")
    told = set()
    for visit in space_rehearsal.visits:
        if visit.status is None or visit.seconds <= SLOW or visit.route in told:
            continue
        told.add(visit.route)
        route = _labelled(space_rehearsal, visit.route)
        where = route.where if route is not None else None
        yield Finding(
            f"{request_name(visit)}: first byte after {visit.seconds:.0f} s, wanted within {SLOW:.0f} s",
            "answer at once with an id, work in the background, and let the visitor ask for the result; or "
            "send what there is as a stream",
            where.path if where else "",
            where.line if where else None,
        )


def _labelled(rehearsal: Rehearsal, label: str) -> Route | None:
    label = "GET /" if label == "ROOT" else label
    return next((route for route in rehearsal.routes if route.label == label), None)


@check(
    "HFS510",
    "loop-blocked",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and while one visitor uses this route, everybody else waits.",
)
def loop_blocked(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A quick route answers while a slow one is at work.  [Starlette: thread pool; field]"""
    serving(space_rehearsal)
    for seen in space_rehearsal.overlaps:
        if not _is_blocked(seen):
            continue
        route = _labelled(space_rehearsal, seen.slow)
        where = route.where if route is not None else None
        left, beside = seen.pairs[-1]
        quick = "GET /" if seen.quick == "ROOT" else seen.quick
        yield Finding(
            f"{one_line(quick, 60)} took {beside:.2f} s beside {one_line(seen.slow, 60)}, which was at work "
            f"for {left:.2f} s more, and {seen.alone:.3f} s alone: it waits for it",
            _hint(space, where),
            where.path if where else "",
            where.line if where else None,
        )


def _is_blocked(seen: Overlap) -> bool:
    """Did the quick one wait every time, and for the slow one?"""
    return len(seen.pairs) >= ATTEMPTS and all(
        beside >= WAITS * left and beside >= 4 * seen.alone for left, beside in seen.pairs
    )


def _hint(space: Space, where: Where | None) -> str:
    if where is not None and _is_plain(text_of(space, where.path), where.line):
        return "it keeps Python's lock while it works: do the work in another process, or in smaller pieces"
    return "write def in place of async def, or: await asyncio.to_thread(work, …)"


def _is_plain(text: str, line: int) -> bool:
    """Is the function at this line a ``def``, which runs in a thread already?"""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(node, ast.FunctionDef) and _begins(node) <= line <= node.body[0].lineno
        for node in ast.walk(tree)
    )


def _begins(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


CHECKS: Final[tuple[Check, ...]] = (route_slow, loop_blocked)
