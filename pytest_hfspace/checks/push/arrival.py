"""2xx: does everything that the app needs arrive, under the names that it uses?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, Where
from ...space import Space
from ...space.files import SUBMODULE
from ...space.modules import entry_file
from ...space.sources import Sources
from ...space.untracked import Untracked, is_untracked, look
from ..absent import Lost, is_brought, is_copied, lost_of_start, module_paths, raised_by_visits, uncopied
from ..adding import rule_text
from ..causes import NO_PROCESS, failure_code, without_command
from ..serving import one_line
from .path_case import path_case

_ENDS_WITH_IMPORT: Final = (
    'The Space\'s log ends with "ModuleNotFoundError: No module named {}", and the Space stops with a '
    "runtime error."
)
_ENDS_WITH_FILE: Final = (
    'The Space\'s log ends with "FileNotFoundError: [Errno 2] No such file or directory", or the '
    "library's own words for it, and the Space stops with a runtime error."
)
_ENDS_WITH_FOLDER: Final = (
    "The Space's log ends with \"RuntimeError: Directory '{}' does not exist\" or the like, and the Space "
    "stops with a runtime error."
)
_FAILS: Final = "The Space runs, and whoever uses this route gets a 500 Internal Server Error."


@check(
    "HFS206",
    "file-not-tracked",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence=_ENDS_WITH_FILE,
)
def file_not_tracked(space: Space, space_sources: Sources, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every module and file that the app needs is tracked by git, so that it arrives.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    found: dict[str, tuple[Lost, bool]] = {}
    code = failure_code(space, space_rehearsal)
    first = lost_of_start(space, space_rehearsal) if code == "HFS206" else None
    if first is not None:
        found[first.path] = (first, True)
    for lost in _not_imported(space, space_sources, space_rehearsal):
        found.setdefault(lost.path, (lost, True))
    for lost in raised_by_visits(space, space_rehearsal):
        if lost.why == "untracked":
            found.setdefault(lost.path, (lost, False))
    told: set[tuple[str, bool]] = set()
    for lost, at_start in found.values():
        folder = _whole_package(space, lost)
        if (folder, at_start) not in told:
            told.add((folder, at_start))
            yield _finding(space, lost._replace(path=folder), at_start=at_start)
    if not found:
        _skip_unless_seen(space, space_rehearsal, code)


def _skip_unless_seen(space: Space, rehearsal: Rehearsal, code: str) -> None:
    """Raise Skip where the app was not seen to do without what is not tracked."""
    reason = without_command(space) or rehearsal.impossible or (f"needs {code}" if code else "")
    if reason:
        raise Skip(reason)


def _not_imported(space: Space, sources: Sources, rehearsal: Rehearsal) -> Iterator[Lost]:
    """Modules that a start imports whatever happens, that the image lacks, and that lie here."""
    if rehearsal.served or sources.elsewhere:
        return
    for each in sources.absent:
        if each.deferred or each.optional or each.path not in sources.certain:
            continue
        for name in (each.module, *(f"{each.module}.{name}" for name in each.names)):
            paths = [path for path in module_paths(space, name) if is_untracked(space.files, path)]
            if paths and not uncopied(space, paths[0]) and not is_brought(space, rehearsal, name):
                yield Lost(paths[0], "untracked", Where(each.path, each.line), module=name)
                break


def _whole_package(space: Space, lost: Lost) -> str:
    """The folder of a package of which git tracks nothing, and ignores nothing; else the path itself."""
    parts = lost.path.split("/")[:-1] if lost.module else []
    folders = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    folder = next((each for each in folders if is_untracked(space.files, each)), "")
    return folder if folder and look(space.files, lost.path).rule is None else lost.path


# -- what to say


def _finding(space: Space, lost: Lost, *, at_start: bool) -> Finding:
    seen = look(space.files, lost.path)
    where = lost.where
    submodule = _submodule(space, lost.path)
    fetched = "add its files to this repository, or install it as a package"
    return Finding(
        _message(lost, seen, submodule),
        fetched if submodule else _hint(space, lost, seen),
        where.path if where else entry_file(space),
        where.line if where else None,
        consequence=_consequence(lost, seen, at_start=at_start),
        predicts=None if at_start else Stage.RUNNING,
    )


def _message(lost: Lost, seen: Untracked, submodule: str) -> str:
    name, rule = one_line(lost.path), rule_text(seen)
    if lost.module:
        what = f"{one_line(lost.module)} is imported"
    elif seen.kind == "empty directory":
        return f"the folder {name} is needed and is empty here: git keeps no empty folder"
    else:
        what = f"{name} is opened" if seen.kind == "file" else f"the folder {name} is needed"
    if submodule:
        return f"{what}, and {one_line(submodule)} is a submodule, which the Hub does not fetch"
    return f"{what}, and git does not track {name if lost.module else 'it'}{rule and f': {rule}'}"


def _submodule(space: Space, path: str) -> str:
    """The submodule that a path lies in, or ""."""
    parts = path.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    tracked = space.files.tracked
    return next((each for each in above if each in tracked and tracked[each].mode == SUBMODULE), "")


def _hint(space: Space, lost: Lost, seen: Untracked) -> str:
    name = one_line(lost.path)
    if seen.kind == "empty directory" or lost.write:
        made = f'make it before it is used: os.makedirs("{name}", exist_ok=True)'
        if lost.write or seen.rule is not None:
            return made
        return f"touch {name}/.gitkeep && git add {name}/.gitkeep, or {made}"
    force = "-f " if seen.rule is not None else ""
    hint = f"git add {force}{name}"
    if lost.database:
        # the Hub refuses binary files outside LFS
        hint = (
            f'git lfs track "{name}" && git add {force}.gitattributes {name}, or make its tables when the '
            "app starts"
        )
    if not is_copied(space, lost.path):
        hint += f", and COPY {posixpath.dirname(name) or name} into the image in the Dockerfile"
    return hint


def _consequence(lost: Lost, seen: Untracked, *, at_start: bool) -> str:
    if not at_start:
        return _FAILS
    if lost.module:
        return _ENDS_WITH_IMPORT.format(repr(lost.module.partition(".")[0]))
    return _ENDS_WITH_FILE if seen.kind == "file" else _ENDS_WITH_FOLDER.format(one_line(lost.path, 60))


CHECKS: Final[tuple[Check, ...]] = (file_not_tracked, path_case)
