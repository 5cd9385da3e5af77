"""The files that git has as LFS pointers: what a checkout without LFS leaves on the disk."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ..files import REGULAR, Files
from ..git import GitError, Objects
from ..patterns import matches

_ATTRIBUTES: Final = ".gitattributes"
_POINTER: Final = b"version https://git-lfs"

_LARGEST_ATTRIBUTES: Final = 128 * 1024
_MOST_RULES: Final = 500
_MOST_LOOKED_AT: Final = 8
_NAMED: Final = 3

#: A plain blob of more bytes is refused by the Hub in any case, and would take time to read.
_LARGEST_PLAIN: Final = 10 << 20

#: Whether it is the LFS filter that a rule sets, or takes away.
_FILTER: Final = re.compile(r"(?:^|\s)(?:(filter=lfs)|([-!]filter\b|filter=\S+))(?=\s|$)")


def lfs_files(files: Files) -> tuple[str, ...]:
    """The first few of them below the Space's root; none where git does not tell."""
    wanted = [path for path in _attributed(files) if "\n" not in path]
    found = []
    objects = Objects(files.root)
    for path in sorted(wanted, key=lambda path: _size(files, path))[:_MOST_LOOKED_AT]:
        if _is_pointer(files, objects, path):
            found.append(path)
            if len(found) == _NAMED:
                break
    return tuple(sorted(found))


def _attributed(files: Files) -> Iterator[str]:
    """The files that .gitattributes gives to LFS: the last rule that matches decides."""
    rules = _rules(files)
    if not any(lfs for _, lfs in rules):
        return
    for path, entry in files.tracked.items():
        name = path.rpartition("/")[2]
        if entry.mode == REGULAR and name != _ATTRIBUTES:
            decided = next((lfs for rule, lfs in reversed(rules) if _applies(rule, path)), False)
            if decided:
                yield path


def _rules(files: Files) -> list[tuple[str, bool]]:
    """Patterns, and whether they give to LFS; outer files first, so that inner ones decide."""
    found = []
    paths = [path for path in files.tracked if path.rpartition("/")[2] == _ATTRIBUTES]
    for path in sorted(paths, key=lambda path: path.count("/")):
        folder = posixpath.dirname(path)
        for pattern, attributes in _lines(files, path):
            match = _FILTER.search(attributes)
            if match is not None:
                anchored = pattern.lstrip("/") if "/" in pattern else f"**/{pattern}"
                found.append((posixpath.join(folder, anchored), match[1] is not None))
    return found[:_MOST_RULES]


def _lines(files: Files, path: str) -> Iterator[tuple[str, str]]:
    try:
        text = files.text(path, _LARGEST_ATTRIBUTES)
    except FileNotFoundError:
        return
    for row in text.splitlines():
        quoted = re.match(r'\s*"((?:[^"\\]|\\.)*)"\s*(.*)', row)
        pattern, _, attributes = (quoted[1], "", quoted[2]) if quoted else row.strip().partition(" ")
        if pattern and not pattern.startswith(("#", "[", "!")):
            yield pattern, attributes


def _applies(rule: str, path: str) -> bool:
    if rule.startswith("**/") and "/" not in rule[3:]:
        return matches(rule[3:], path.rpartition("/")[2])
    return matches(rule, path)


def _size(files: Files, path: str) -> int:
    try:
        return (files.root / path).lstat().st_size
    except (OSError, ValueError):
        return 0


def _is_pointer(files: Files, objects: Objects, path: str) -> bool:
    """Is it a pointer in git, whatever lies in the working tree?"""
    try:
        if not files.is_git or files.ref is not None:
            return files.read(path, len(_POINTER)) == _POINTER
        if _size(files, path) > _LARGEST_PLAIN:
            return True
        return objects.read(f":./{path}", len(_POINTER)) == _POINTER
    except (OSError, GitError):
        return False
