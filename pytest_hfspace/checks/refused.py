"""From an exception to the write that the Space refuses, decided once: one refusal, one code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..rehearsal.facts import FileUse, Raised, Rehearsal, Where, chain
from ..rehearsal.ownership import is_refused
from ..space import Space
from ..space.mounts import is_mounted, makes_mount

_DENIED: Final = re.compile(r"\[Errno (?:13|30)\]|Permission denied|Read-only file system")
_ABSENT: Final = re.compile(r"\[Errno 2\]|No such file or directory|does not exist|not found", re.IGNORECASE)
_DATABASE: Final = re.compile(r"unable to open database file|readonly database|disk I/O error")
_QUOTED: Final = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"")
#: An exception that only the output tells of.
_PRINTED: Final = re.compile(r"^(\w*Error): (\[Errno (?:2|13|30)\] .*)$", re.MULTILINE)


class Refusal(NamedTuple):
    """A write that ended the start, or the request of a route.

    ``code``: the check that tells of it.  ``path``: in the image, "~/..." below the home.
    ``said``: the app's own exception.  ``route``: its label, "" for the start.
    """

    code: str
    path: str
    said: str
    where: Where | None
    route: str = ""


def refusals(space: Space, rehearsal: Rehearsal) -> tuple[Refusal, ...]:
    """All of them, the start's first; a path once for each code."""
    found: dict[tuple[str, str], Refusal] = {}
    start = refusal_of_start(space, rehearsal)
    if start is not None:
        found[start.code, start.path] = start
    # what a route of its own tells is not told of the visit of the Space page
    for visit in sorted(rehearsal.visits, key=lambda visit: visit.kind == "root"):
        if visit.raised is not None and visit.route not in rehearsal.skipped_routes:
            refusal = refusal_of(space, rehearsal, visit.raised, visit.route)
            if refusal is not None:
                found.setdefault((refusal.code, refusal.path), refusal)
    return tuple(found.values())


def refusal_of_start(space: Space, rehearsal: Rehearsal) -> Refusal | None:
    """What ended the start; None if that was something else."""
    failure = rehearsal.failure
    if failure is None or failure.phase not in ("launch", "import", "startup"):
        return None
    found = refusal_of(space, rehearsal, failure.raised)
    if found is not None or (failure.raised is not None and failure.raised.kind != "SystemExit"):
        return found
    for kind, message in _PRINTED.findall(failure.output):
        raised = Raised((f"builtins.{kind}",), message, failure.where)
        found = refusal_of(space, rehearsal, raised)
        if found is not None:
            return found
    return None


def refusal_of(space: Space, rehearsal: Rehearsal, raised: Raised | None, route: str = "") -> Refusal | None:
    """The refused write that an exception, or one of its causes, is about."""
    links = list(chain(raised))
    lines = [link.where for link in links if link.where]
    for link in links:
        for path in _paths(space, rehearsal, link, lines):
            code = _code(space, path)
            if code:
                return Refusal(code, path, str(link), link.where or next(iter(lines), None), route)
    return None


def _code(space: Space, path: str) -> str:
    if is_mounted(path):
        return "HFS809" if makes_mount(space) is False else ""
    if not is_refused(space.image, path):
        return ""
    return "HFS803" if path.startswith("~") else "HFS801"


def _paths(space: Space, rehearsal: Rehearsal, raised: Raised, lines: list[Where]) -> Iterator[str]:
    """Image paths of what could not be written, or is not where it is looked for."""
    message = raised.message
    cwd = space.command.cwd if space.command else "/app"
    is_denied = _DENIED.search(message) is not None
    if is_denied or _ABSENT.search(message):
        for groups in _QUOTED.findall(message):
            path = groups[0] or groups[1]
            path = path if path.startswith("~") else posixpath.normpath(posixpath.join(cwd, path))
            if is_denied or is_mounted(path):
                yield path
    if _DATABASE.search(message):
        yield from (use.path for use in reversed(rehearsal.files) if _is_of(use, lines))


def _is_of(use: FileUse, lines: list[Where]) -> bool:
    """Was it written by one of these lines, or by a thread that none of them is in?"""
    return use.write and (use.where is None or use.where in lines)
