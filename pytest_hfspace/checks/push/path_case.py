"""2xx: names that are right on macOS and Windows, where case does not count, and wrong on Linux."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator
from typing import Final

from ...check import Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, Where
from ...space import Space
from ...space.modules import entry_file
from ...space.sources import Sources
from ..absent import Lost, Names, is_brought, lost_of_start, module_paths, raised_by_visits
from ..causes import failure_code, without_command
from ..serving import one_line
from .path_literals import literals

_ENDS: Final = (
    "Linux tells upper from lower case: the Space's log ends with ModuleNotFoundError or FileNotFoundError, "
    "and the Space stops with a runtime error."
)
_FAILS: Final = "Linux tells upper from lower case: the Space runs, and what needs this file fails."
_BOTH: Final = (
    "The Space has both. A checkout on macOS or Windows has one of them, and commits it for the other."
)


@check(
    "HFS207",
    "path-case",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence=_ENDS,
)
def path_case(space: Space, space_sources: Sources, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Imports and paths are written in the case of the tracked names, of which no two differ by case
    only.  [field]"""
    found: dict[tuple[str, str], Finding] = {}
    for lost, consequence in _lost(space, space_sources, space_rehearsal):
        found.setdefault((lost.path, lost.other), _finding(space, lost, consequence))
    yield from found.values()
    alike = [*_alike(space)]
    yield from alike[:1]
    if not found and not alike and space.sdk != "static" and not space_rehearsal.served:
        code = failure_code(space, space_rehearsal)
        reason = without_command(space) or space_sources.unknown or (f"needs {code}" if code else "")
        if reason:
            raise Skip(reason)


def _lost(space: Space, sources: Sources, rehearsal: Rehearsal) -> Iterator[tuple[Lost, str]]:
    """What was asked for by a name of another case, each with what that means."""
    if failure_code(space, rehearsal) == "HFS207":
        lost = lost_of_start(space, rehearsal)
        if lost is not None:
            yield lost, ""
    names = Names(space.files)
    yield from ((lost, "") for lost in _imports(space, sources, rehearsal, names))
    yield from ((lost, _FAILS) for lost in raised_by_visits(space, rehearsal) if lost.why == "case")
    seen = {use.path for use in rehearsal.files if use.found} if _tells_case() else set()
    for path, other, where in literals(space, sources, names):
        if path not in seen:
            at_start = where.path in sources.certain and not rehearsal.served
            yield Lost(path, "case", where, other), "" if at_start else _FAILS


def _imports(space: Space, sources: Sources, rehearsal: Rehearsal, names: Names) -> Iterator[Lost]:
    """Modules that a start imports whatever happens, and that the image has in another case."""
    if sources.elsewhere or (rehearsal.served and _tells_case()):
        return
    for each in sources.absent:
        if each.deferred or each.optional or each.path not in sources.certain:
            continue
        for name in (each.module, *(f"{each.module}.{name}" for name in each.names)):
            pairs = [(path, names.other(path)) for path in module_paths(space, name)]
            pair = next((pair for pair in pairs if pair[1]), None)
            if pair and not is_brought(space, rehearsal, name):
                yield Lost(pair[0], "case", Where(each.path, each.line), pair[1], name)
                break


def _tells_case() -> bool:
    """Does the file system of a rehearsal tell upper from lower case, as the Space's does?"""
    return sys.platform not in ("darwin", "win32")


def _finding(space: Space, lost: Lost, consequence: str) -> Finding:
    where, other = lost.where, one_line(lost.other)
    if lost.module:
        wanted = _module_name(lost)
        message = f"{one_line(lost.module)} is imported, and the repository has {other}"
        hint = f"import {one_line(wanted)}, or rename it: {_rename(other, one_line(lost.path))}"
    else:
        message = f"{one_line(lost.path)} is opened, and the repository has {other}"
        hint = f"write {other}, or rename it: {_rename(other, one_line(lost.path))}"
    return Finding(
        message,
        hint,
        where.path if where else entry_file(space),
        where.line if where else None,
        consequence=consequence,
        predicts=Stage.RUNNING if consequence == _FAILS else None,
    )


def _rename(old: str, new: str) -> str:
    """The command; of a folder whole, by way of another name, as macOS and Windows want it."""
    olds, news = old.split("/"), new.split("/")
    first = next((i for i, (one, other) in enumerate(zip(olds, news, strict=False)) if one != other), 0)
    if first == len(olds) - 1 or olds[first + 1 :] != news[first + 1 :]:
        return f"git mv {old} {new}"
    folder, wanted = "/".join(olds[: first + 1]), "/".join(news[: first + 1])
    return f"git mv {folder} {folder}-new && git mv {folder}-new {wanted}"


def _module_name(lost: Lost) -> str:
    """The module by the name that the repository has."""
    path = lost.other.removesuffix(".py").removesuffix("/__init__")
    return path.replace("/", ".")[-len(lost.module) :]


def _alike(space: Space) -> Iterator[Finding]:
    """Tracked names of which a file system that ignores case keeps one."""
    first: dict[str, str] = {}
    pairs = [
        (known, path)
        for path in space.files.tracked
        if (known := first.setdefault(path.casefold(), path)) != path
    ]
    for one, other in pairs:
        others = len(pairs) - 1
        more = f" (and {others} more {'pair' if others == 1 else 'pairs'})" if others else ""
        yield Finding(
            f"{one_line(one)} and {one_line(posixpath.basename(other))} differ by case only{more}",
            f"rename one of them: git mv {one_line(other)} a-name-of-its-own",
            other,
            level="note",
            consequence=_BOTH,
        )
