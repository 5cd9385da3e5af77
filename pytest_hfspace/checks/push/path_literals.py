"""Paths that the app's code writes out and that the image has in another case."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...rehearsal.facts import Where
from ...space import Space
from ...space.modules import image_files, repository_paths
from ...space.sources import Sources
from ...space.sources.paths import Paths
from ..absent import Names
from ..handled import expected_lines

#: Calls that read the file or folder that their first argument names.
_READERS: Final = frozenset(
    {
        *("open", "StaticFiles", "Jinja2Templates", "FileSystemLoader", "FileResponse", "imread", "load"),
        *("read_csv", "read_json", "read_parquet", "read_excel", "read_table", "read_feather", "read_pickle"),
        *("loadtxt", "genfromtxt", "fromfile", "load_workbook", "load_model", "from_json_file", "scan_csv"),
    }
)
#: Methods of a path that read it.
_METHODS: Final = frozenset({"open", "read_text", "read_bytes"})

_LITERAL: Final = re.compile(r"[\"']([\w. /-]{2,200})[\"']")
_READS: Final = re.compile("|".join(sorted(_READERS | _METHODS)))
_EXISTS: Final = frozenset({"exists", "is_file", "is_dir", "isfile", "isdir", "lexists"})
_ABSENT: Final = frozenset({"OSError", "IOError", "EnvironmentError", "FileNotFoundError", "Exception"})


def literals(space: Space, sources: Sources, names: Names) -> Iterator[tuple[str, str, Where]]:
    """Repository paths as the code has them, as the repository has them, and where they stand.

    Nothing where the build makes files that are not known: one of them may be the right one.
    """
    image = space.image
    if image is None or image.not_followed:
        return
    spellings = _spellings(space)
    files = image_files(space)
    where_is = {source: path for path, source in files.items()}
    for source in sources.app:
        if source in sources.trees and source in where_is and _may_differ(space, source, spellings):
            tree = sources.trees[source]
            paths = Paths(tree, where_is[source], space.command.cwd if space.command else "/")
            for node in _reading(tree):
                pair = _other_case(space, paths, names, node)
                if pair:
                    yield (*pair, Where(source, node.lineno))


def _spellings(space: Space) -> dict[str, set[str]]:
    """How the parts of the tracked paths are written, by what is left of them without case."""
    found: dict[str, set[str]] = {}
    for part in {part for path in space.files.tracked for part in path.split("/")}:
        found.setdefault(part.casefold(), set()).add(part)
    return found


def _may_differ(space: Space, source: str, spellings: dict[str, set[str]]) -> bool:
    """Is there anything to look at?  Most sources need not be parsed again."""
    try:
        text = space.files.text(source)
    except OSError:
        return False
    if not _READS.search(text):
        return False
    parts = {part for literal in _LITERAL.findall(text) for part in literal.split("/")}
    return any(spellings.get(part.casefold(), set()) - {part} for part in parts)


def _reading(tree: ast.Module) -> Iterator[ast.expr]:
    """Expressions that name what is read, unless the code is prepared for its absence."""
    prepared = [*expected_lines(tree, _ABSENT, _EXISTS)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not any(first <= node.lineno <= last for first, last in prepared):
            read = _read_by(node)
            if read is not None:
                yield read


def _read_by(node: ast.Call) -> ast.expr | None:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    named = next((each.value for each in node.keywords if each.arg in ("directory", "path", "file")), None)
    given = node.args[0] if node.args else named
    is_mode = isinstance(given, ast.Constant) and set(str(given.value)) <= set("rwaxbt+")
    if (
        isinstance(called, ast.Attribute)
        and name in _METHODS
        and (given is None or name != "open" or is_mode)
    ):
        return None if name == "open" and _writes(node, 0) else called.value
    if name not in _READERS or given is None:
        return None
    return None if name == "open" and _writes(node, 1) else given


def _writes(node: ast.Call, place: int) -> bool:
    """Is a mode given that makes the file?"""
    modes = [*node.args[place : place + 1], *(each.value for each in node.keywords if each.arg == "mode")]
    return any(
        not (isinstance(mode, ast.Constant) and not set(str(mode.value)) & set("wax+")) for mode in modes
    )


def _other_case(space: Space, paths: Paths, names: Names, node: ast.expr) -> tuple[str, str] | None:
    """The path that is meant and the one that there is, where only case tells them apart."""
    text = paths.text(node)
    if not text or "://" in text or "\0" in text:
        return None
    wanted: list[str] = []
    for folder in dict.fromkeys((paths.cwd, posixpath.dirname(paths.file))):
        wanted += repository_paths(space, posixpath.normpath(posixpath.join(folder, text)))
    if any(path in names for path in wanted):
        return None
    pairs = [(path, names.other(path)) for path in wanted if not space.files.exists_untracked(path)]
    return next((pair for pair in pairs if pair[1]), None)
