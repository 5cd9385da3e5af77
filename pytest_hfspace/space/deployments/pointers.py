"""The files that git has as LFS pointers: what a checkout without LFS leaves on the disk."""

from __future__ import annotations

import os
from typing import Final

from ..attributes import stored_in_lfs
from ..files import REGULAR, Files
from ..git import GitError, Objects, ask

_POINTER: Final = b"version https://git-lfs"

#: Bytes that a pointer has at most.  [git-lfs specification]
_LONGEST_POINTER: Final = 1024

_MOST_LOOKED_AT: Final = 20
_MOST_NAMED: Final = 3


def lfs_files(files: Files) -> tuple[str, ...]:
    """The first few of them below the Space's root; none where git does not tell."""
    regular = [path for path, entry in files.tracked.items() if entry.mode == REGULAR and "\n" not in path]
    if not files.is_git:
        return ()
    try:
        wanted = sorted(stored_in_lfs(files.root, regular))
        return _pointers(files, wanted)[:_MOST_NAMED]
    except GitError:
        return ()


def _pointers(files: Files, paths: list[str]) -> tuple[str, ...]:
    """Those whose content in git is a pointer, whatever lies in the working tree."""
    names = [files.tracked[path].object or f":./{path}" for path in paths]
    asked = b"".join(os.fsencode(name) + b"\n" for name in names)
    answers = ask(files.root, "cat-file", "--batch-check=%(objectsize)", given=asked).split(b"\n")
    objects = Objects(files.root)
    small = [
        (path, name)
        for path, name, size in zip(paths, names, answers, strict=False)
        if size.isdigit() and int(size) < _LONGEST_POINTER
    ]
    return tuple(
        path for path, name in small[:_MOST_LOOKED_AT] if objects.read(name, len(_POINTER)) == _POINTER
    )
