"""From an exception to the file of this repository whose absence it is about, and why it is absent."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from ..rehearsal.facts import FileUse, Raised, Rehearsal, Where
from ..space import Space
from ..space.files import Files
from ..space.modules import import_path, repository_paths
from ..space.requirement_lines import normalised
from ..space.untracked import is_untracked
from .browser.shipped import place_of
from .distributions import brought, installed_for
from .modules import candidates, is_standard

#: How SQLite says that a database has not what it should.
_NO_TABLE: Final = re.compile(r"\bno such table: ")
#: What the text of an exception says of a file that is not there.
SAYS_ABSENT: Final = re.compile(
    r"\b(not found|missing|not exist|no such|cannot find|could not find|unable to open|can't open)\b", re.I
)
_NO_MODULE: Final = re.compile(r"No module named '?([\w.]+)'?")
_NO_NAME: Final = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_NO_FILE: Final = re.compile(r"FileNotFoundError: .*No such file or directory: '([^'\n]+)'")
_QUOTED: Final = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"")
_BARE: Final = re.compile(r"[\w./~-]+")

_ABSENT_KINDS: Final = frozenset({"FileNotFoundError", "NotADirectoryError", "TemplateNotFound"})


class Lost(NamedTuple):
    """A file that something needed, by the repository path that it would have.

    ``why``: "untracked" (it lies here and would not arrive), "case" (the repository has ``other``,
    which differs by case only) or "copy" (a COPY that would bring it finds nothing).
    ``where``: the line that asked for it.  ``module``: what an import calls it, or "".
    ``write``: it was opened to write, so that it is the folder that is absent.  ``database``: SQLite
    opened it.
    """

    path: str
    why: Literal["untracked", "case", "copy"]
    where: Where | None = None
    other: str = ""
    module: str = ""
    write: bool = False
    database: bool = False


def lost_of_start(space: Space, rehearsal: Rehearsal) -> Lost | None:
    """What a failed start lacked."""
    failure = rehearsal.failure
    if failure is None or failure.phase not in ("launch", "import", "startup"):
        return None
    found = lost_of(space, rehearsal, failure.raised)
    is_told = failure.raised is None or failure.raised.kind == "SystemExit"
    said = _NO_FILE.findall(failure.output) if is_told and not found else []
    return found or _first(space, ((path, "") for path in _places(space, said)), failure.where)


def lost_of(space: Space, rehearsal: Rehearsal, raised: Raised | None) -> Lost | None:
    """What an exception, or one of its causes, is about; None if it is about something else."""
    step = raised
    while step is not None:
        found = (
            _first(space, _modules(space, rehearsal, step), step.where)
            or _first(space, _named(space, step), step.where)
            or _asked_for(space, rehearsal, step)
        )
        if found:
            return found
        step = step.cause
    return None


def raised_by_visits(space: Space, rehearsal: Rehearsal) -> Iterator[Lost]:
    """What routes lacked that raised an exception; the same line and message once."""
    seen: set[tuple[Where | None, str]] = set()
    for visit in rehearsal.visits:
        raised = visit.raised
        if raised is not None and (raised.where, raised.message) not in seen:
            seen.add((raised.where, raised.message))
            found = lost_of(space, rehearsal, raised)
            if found is not None and found.where is None:
                # a response that is sent after the handler has returned it
                name = posixpath.basename(found.path)
                found = found._replace(where=place_of(space, rehearsal, visit, name))
            if found is not None:
                yield found


def _first(
    space: Space,
    wanted: Iterable[tuple[str, str]],
    where: Where | None,
    *,
    write: bool = False,
    database: bool = False,
) -> Lost | None:
    """Of the paths that would do, each with a module's name, the first whose absence is explained."""
    paths = dict(wanted)
    for path, module in paths.items():
        if is_untracked(space.files, path):
            why: Literal["untracked", "copy"] = "copy" if uncopied(space, path) else "untracked"
            return Lost(path, why, where, module=module, write=write, database=database)
    names = Names(space.files) if paths else None
    for path, module in paths.items():
        other = names.other(path) if names else ""
        if other:
            return Lost(path, "case", where, other, module, write)
    return None


class Names:
    """What would arrive, by names in which case does not count."""

    def __init__(self, files: Files) -> None:
        self.known = (files.tracked, files.directories)
        self.folded: dict[str, list[str]] = {}
        for known in self.known:
            for path in known:
                self.folded.setdefault(path.casefold(), []).append(path)

    def other(self, path: str) -> str:
        """The only path that differs from this one by case; "" where there is none, and for one that
        is there itself."""
        found = self.folded.get(path.casefold(), [])
        return found[0] if len(found) == 1 and found[0] != path else ""

    def __contains__(self, path: str) -> bool:
        return any(path in known for known in self.known)


# -- modules


def _modules(space: Space, rehearsal: Rehearsal, raised: Raised) -> Iterator[tuple[str, str]]:
    """Files that would be the module that was not found."""
    names = [match[1] for match in [_NO_MODULE.match(raised.message)] if match]
    names += [f"{match[2]}.{match[1]}" for match in [_NO_NAME.match(raised.message)] if match]
    if not names or not any(kind.endswith("ImportError") for kind in raised.kinds):
        return
    if _NO_MODULE.match(raised.message):
        names += [name for name in _imported_at(space, raised.where) if name.startswith(f"{names[0]}.")]
    declared = brought(space, rehearsal).names
    for name in names:
        if declared.isdisjoint(candidates(name)):
            yield from ((path, name) for path in module_paths(space, name))


def module_paths(space: Space, module: str) -> list[str]:
    """The repository paths that a module of this name could have."""
    relative = module.replace(".", "/")
    found = []
    for folder in import_path(space):
        for base in repository_paths(space, posixpath.join(folder, relative)):
            found += [f"{base}.py", f"{base}/__init__.py"]
    return found


def is_brought(space: Space, rehearsal: Rehearsal, module: str) -> bool:
    """May a library have this module?  Then what lies here is perhaps not what is imported."""
    top = module.partition(".")[0]
    if is_standard(top) or installed_for(rehearsal).providers(top):
        return True
    known = candidates(module)
    # one of another name than its module is a library that people know
    return known != (normalised(top),) or not brought(space, rehearsal).names.isdisjoint(known)


def _imported_at(space: Space, where: Where | None) -> Iterator[str]:
    """All that the import on a line names: an exception tells only the first part that is absent."""
    if where is None:
        return
    try:
        tree = ast.parse(space.files.read(where.path, 1_000_000))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and node.lineno == where.line:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.lineno == where.line and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# -- files


def _named(space: Space, raised: Raised) -> Iterator[tuple[str, str]]:
    """Paths that the text of an exception names, if it says that something is absent."""
    kinds = {kind.rpartition(".")[2] for kind in raised.kinds}
    if kinds.isdisjoint(_ABSENT_KINDS) and not SAYS_ABSENT.search(raised.message):
        return
    if not kinds.isdisjoint({"ImportError", "KeyError"}):
        return
    text = raised.message[:2000]
    said = [one or other for one, other in _QUOTED.findall(text)]
    words = (word.rstrip(".") for word in _BARE.findall(_QUOTED.sub(" ", text)))
    said += [word for word in words if "/" in word or "." in word]
    if "TemplateNotFound" in kinds:
        folders = [*said[1:], "templates"]
        said = [posixpath.join(folder, (said or [text])[0]) for folder in folders]
    yield from ((path, "") for path in _places(space, said))


def _asked_for(space: Space, rehearsal: Rehearsal, raised: Raised) -> Lost | None:
    """A file that was not there when the line that raised, or one above it that says so, asked for it."""
    where = raised.where
    if _NO_TABLE.search(raised.message):
        return _database(space, rehearsal, where)
    if where is None:
        return None
    for use in rehearsal.files:
        if use.found or use.where is None or use.where.path != where.path:
            continue
        is_same = use.where.line == where.line and _is_of_files(raised)
        name = posixpath.basename(use.path)
        if is_same or (SAYS_ABSENT.search(raised.message) and not use.write) or name in raised.message:
            is_read = use.database and not use.write
            found = _first(space, _of_use(space, use), use.where, write=use.write, database=is_read)
            if found:
                return found
    return None


def _database(space: Space, rehearsal: Rehearsal, where: Where | None) -> Lost | None:
    """The database that SQLite made anew, empty, where it lies here with all that is in it."""
    uses = sorted(
        (use for use in rehearsal.files if use.database),
        key=lambda use: use.where is None or use.where != where,
    )
    for use in uses:
        for path in _places(space, [use.path]):
            if is_untracked(space.files, path) and not uncopied(space, path):
                return Lost(path, "untracked", use.where or where, database=True)
    return None


def _is_of_files(raised: Raised) -> bool:
    return any(kind.endswith(("OSError", "sqlite3.OperationalError")) for kind in raised.kinds) or bool(
        SAYS_ABSENT.search(raised.message)
    )


def _of_use(space: Space, use: FileUse) -> Iterator[tuple[str, str]]:
    """The file; for one that is written, the folder that it would be in."""
    path = posixpath.dirname(use.path) if use.write else use.path
    return ((place, "") for place in _places(space, [path]))


def _places(space: Space, said: Iterable[str]) -> Iterator[str]:
    """The repository paths of what was asked for."""
    cwd = space.command.cwd if space.command else "/app"
    for text in said:
        path = posixpath.normpath(posixpath.join(cwd, text))
        yield from (place for place in repository_paths(space, path) if place not in ("", "."))


# -- the build


def uncopied(space: Space, path: str) -> bool:
    """Does a COPY that finds nothing name this path, or a folder above it?"""
    return any(
        copy.certain and not copy.found and _is_below(path, posixpath.normpath(copy.source.lstrip("/")))
        for copy in (space.image.copies if space.image else ())
    )


def uncopied_target(space: Space, image_paths: Iterable[str]) -> bool:
    """Would a COPY that finds nothing have put one of these files into the image?"""
    missing = [
        copy for copy in (space.image.copies if space.image else ()) if copy.certain and not copy.found
    ]
    for copy in missing:
        name = posixpath.basename(copy.source.rstrip("/"))
        is_file = "." in name.lstrip(".")
        targets = {copy.target, posixpath.join(copy.target, name)}
        for path in image_paths:
            if path in targets or (not is_file and _is_below(path, copy.target)):
                return True
    return False


def is_copied(space: Space, path: str) -> bool:
    """Would the build bring this path once it is tracked?"""
    if space.sdk != "docker" or space.image is None or not space.image.copies:
        return True
    sources = [posixpath.normpath(copy.source.lstrip("/") or ".") for copy in space.image.copies]
    return any(_is_below(path, source) for source in sources)


def _is_below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(f"{folder.rstrip('/')}/")
