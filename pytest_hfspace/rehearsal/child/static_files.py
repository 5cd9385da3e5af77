"""A file that a mount of static files would answer with: its root itself is nobody's page."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .endpoints import ANYTHING, attribute

#: Enough to find one, however many there are.
_MOST_FOLDERS = 20
_MOST_ENTRIES = 500

#: In bytes: no visit is to wait for a film.
_LARGEST = 1 << 20


def first_file(app: Any) -> str:
    """The path of one below the mount; "" where the root answers itself, or nothing is known.

    ``app``: as Starlette's ``StaticFiles``, which lists its ``all_directories``.
    """
    try:
        folders = [os.fspath(folder) for folder in attribute(app, "all_directories") or ()]
        pages = [os.path.join(folder, "index.html") for folder in folders]
        if attribute(app, "html") and any(map(os.path.isfile, pages)):
            return ""
        return next((path for folder in folders for path in _small_files(folder)), "")
    except ANYTHING:
        return ""


def _small_files(top: str) -> Iterator[str]:
    """Relative paths, those of a folder before those below it.  Links may lead anywhere."""
    waiting = [""]
    for _ in range(_MOST_FOLDERS):
        if not waiting:
            return
        folder = waiting.pop(0)
        for name in sorted(islice(_names(os.path.join(top, folder)), _MOST_ENTRIES)):
            path = f"{folder}/{name}" if folder else name
            about = os.lstat(os.path.join(top, path))
            if stat.S_ISREG(about.st_mode) and about.st_size <= _LARGEST:
                yield path
            elif stat.S_ISDIR(about.st_mode):
                waiting.append(path)


def _names(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from (each.name for each in entries if each.name[0] != "." and each.name.isprintable())
