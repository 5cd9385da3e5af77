"""Symbolic links that lead out of what would arrive."""

from __future__ import annotations

import os
import posixpath
from typing import NamedTuple

from .files import SYMLINK, Files
from .git import GitError, Objects

__all__ = ["Link", "find_links"]

_LONGEST: int = 4096


class Link(NamedTuple):
    """``target`` as it is written."""

    path: str
    target: str


def find_links(files: Files) -> tuple[Link, ...]:
    """The tracked links with an absolute target, or one above the root; where they end is not looked at."""
    objects = Objects(files.root)
    links = []
    for path, entry in sorted(files.tracked.items()):
        if entry.mode == SYMLINK:
            target = _target(files, path, entry.object, objects)
            if target.startswith("/") or _above(path, target):
                links.append(Link(path, target))
    return tuple(links)


def _target(files: Files, path: str, name: str, objects: Objects) -> str:
    try:
        if name:
            return os.fsdecode(objects.read(name, _LONGEST))
        return str((files.root / path).readlink())
    except (OSError, GitError):
        return ""


def _above(path: str, target: str) -> bool:
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached == ".." or reached.startswith("../")
