"""3xx: can the server that is installed speak the WebSocket protocol?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, Route
from ...space import Space
from ..causes import undeclarable
from ..distributions import brought
from ..serving import SERVED, listing, one_line, serving
from .prerequisites import need_build, requirements_file, workers

_LIBRARIES: Final = frozenset({"websockets", "wsproto"})

_SAYS: Final = (
    "No supported WebSocket library detected. Please use \"pip install 'uvicorn[standard]'\", "
    "or install 'websockets' or 'wsproto' manually."
)


@check(
    "HFS321",
    "websocket-library",
    level="error",
    predicts=Stage.RUNNING,
    needs=("HFS301", *SERVED),
    consequence=f"The Space runs, every handshake is answered 404, and the log says: {_SAYS}",
)
def websocket_library(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """An app with WebSocket routes on uvicorn has one of the libraries that it needs for them.  [uvicorn]"""
    serving(space_rehearsal)
    if space_rehearsal.routes_problem and not space_rehearsal.routes:
        raise Skip(one_line(space_rehearsal.routes_problem))
    routes = [route for route in space_rehearsal.routes if route.own and route.kind == "websocket"]
    if not routes:
        raise NotApplicable("the app has no WebSocket routes")
    server = _server(space, space_rehearsal)
    if server != "uvicorn":
        raise NotApplicable(f"{server or 'the server'} brings its own WebSocket protocol")
    need_build(space)
    chosen = _option(space, "--ws")
    if chosen == "none" or (space_rehearsal.listener and not space_rehearsal.listener.websockets):
        yield _switched_off(space, routes)
        return
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    found = brought(space, space_rehearsal)
    if found.names & _LIBRARIES:
        return
    if found.unknown:
        raise Skip(found.reason)
    if chosen not in ("", "auto"):
        # uvicorn is told to import the one that is missing, and does not start
        raise Skip("needs HFS303")
    yield _absent(space, routes)


def lacks_library(space: Space, rehearsal: Rehearsal) -> bool:
    """Is it this check's finding that handshakes are answered 404?"""
    try:
        return bool(list(websocket_library.function(space, rehearsal)))
    except Skip:
        return False


def _server(space: Space, rehearsal: Rehearsal) -> str:
    """The server that runs the app; "fastapi run" and gunicorn's worker class are uvicorn too."""
    runner = space.command.runner if space.command else None
    if runner in ("uvicorn", "fastapi"):
        return "uvicorn"
    if runner == "gunicorn" and space.command is not None:
        names = [name for group in workers(space.command.words) for name in group]
        return "uvicorn" if any(name.startswith("uvicorn") for name in names) else "gunicorn"
    if runner in (None, "python"):
        return rehearsal.listener.server if rehearsal.listener else ""
    return runner


def _option(space: Space, name: str) -> str:
    words = space.command.words if space.command else ()
    parts = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    return next((following for word, following in pairwise(parts) if word == name), "")


def _routes(routes: list[Route]) -> str:
    verb = "is a WebSocket route" if len(routes) == 1 else "are WebSocket routes"
    return f"{listing((one_line(route.label, 60) for route in routes), 3)} {verb}"


def _switched_off(space: Space, routes: list[Route]) -> Finding:
    command = space.command
    return Finding(
        f"{_routes(routes)}, and the start command has --ws none",
        'remove "--ws none" from the start command',
        command.path if command else "",
        command.line if command else None,
        consequence="The Space runs, and every handshake is answered 404.",
    )


def _absent(space: Space, routes: list[Route]) -> Finding:
    message = f"{_routes(routes)}, and no declared package brings websockets or wsproto"
    line = next((each for each in space.requirements.declared if each.name == "uvicorn" and each.path), None)
    if line is not None:
        rest = re.sub(r"^[\w.-]+\s*(?:\[[^\]]*\])?\s*", "", one_line(line.text, 100))
        return Finding(message, f"write uvicorn[standard]{rest}", line.path, line.line)
    where = routes[0].where
    return Finding(
        message,
        f"add the line websockets to {requirements_file(space)}",
        where.path if where else "",
        where.line if where else None,
    )
