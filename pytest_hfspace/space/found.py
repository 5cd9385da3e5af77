"""What of a repository's contents is worth a look, and the first bytes of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from .content import HEAD, LARGEST_PLAIN, POINTER_SIZES, Kind, is_binary, kind_of, pointer
from .files import EXECUTABLE, REGULAR, Files
from .git import Objects
from .pushed import Object, Walk, describe

#: Bytes of contents that are read from git to see what they are, and their number.
_MOST_READ: Final = 64 * 2**20
_MOST_CONTENTS: Final = 20_000

#: Bytes that a file must have in git to be named as one that makes the repository large.
_HEAVY: Final = 2**18


class Found:
    """Gathers from many objects those that may be too large, binary, or an LFS pointer.

    ``newest``: paths of the newest tree by object.  ``sizes``: in bytes, of what was kept.  ``disk``:
    what all take in git; ``heavy``: by path, of those that take the most.
    """

    def __init__(self, newest: Mapping[str, str]) -> None:
        self.newest = newest
        self.large: list[Object] = []
        self.suspicious: list[Object] = []
        self.sizes: dict[str, int] = {}
        self.disk = 0
        self.heavy: dict[str, int] = {}

    def add(self, each: Object) -> None:
        """Keep it if it is worth a look."""
        size, disk, name, path = each
        self.disk += disk
        if disk > _HEAVY:
            self.heavy[path] = self.heavy.get(path, 0) + disk
        if size > LARGEST_PLAIN:
            self.large.append(each)
            self.sizes[name] = size
        elif size and self._is_suspicious(kind_of(path), each):
            self.suspicious.append(each)
            self.sizes[name] = size

    def _is_suspicious(self, kind: Kind, each: Object) -> bool:
        if kind == "source":
            return False
        return (
            kind == "unknown" or each.size in POINTER_SIZES or (kind == "text" and each.name in self.newest)
        )

    def add_all(self, walk: Walk) -> int:
        """The number of commits.  Raises GitError."""
        for each in walk:
            self.add(each)
        return walk.commits


class Heads(NamedTuple):
    """``pointers``: path and size by the name of what is in LFS.  ``unread``: how many contents were
    too many to read."""

    binary: list[Object]
    pointers: dict[str, tuple[str, int]]
    unread: int = 0


def read_heads(
    files: Files, objects: Iterable[Object], newest: Mapping[str, str], here: Mapping[str, int]
) -> Heads:
    """Look into contents.  ``newest``: paths of the newest tree by object; ``here``: sizes in the
    working tree, which is quicker to read than git.

    Raises GitError.
    """
    heads = Heads([], {})
    in_git: list[Object] = []
    room = _MOST_READ
    unread = 0
    for each in sorted(objects, key=lambda each: each.size):
        if here.get(each.path) == each.size and each.name in newest:
            _note(heads, each, read_head(files, each.path))
        elif each.size <= room and len(in_git) < _MOST_CONTENTS:
            in_git.append(each)
            room -= each.size
        else:
            unread += 1
    contents = Objects(files.root).read_all(each.name for each in in_git)
    for each, content in zip(in_git, contents, strict=True):
        if content is not None:
            _note(heads, each, content[:HEAD])
    return heads._replace(unread=unread)


def _note(heads: Heads, each: Object, head: bytes) -> None:
    if is_binary(head):
        heads.binary.append(each)
    elif each.size in POINTER_SIZES:
        stands_for = pointer(head)
        if stands_for is not None:
            heads.pointers[stands_for[0]] = (each.path, stands_for[1])


def read_head(files: Files, path: str) -> bytes:
    """The first bytes of a file, b"" where it cannot be read."""
    try:
        return files.read(path, HEAD)
    except OSError:
        return b""


def sizes_here(files: Files) -> dict[str, int]:
    """In bytes, of the regular files of the working tree by path; none for a commit."""
    sizes = {}
    if files.ref is None:
        top = f"{files.root}/"
        for path, entry in files.tracked.items():
            if entry.mode in (REGULAR, EXECUTABLE) and not entry.object:
                try:
                    sizes[path] = os.lstat(top + path).st_size
                except OSError:
                    continue
    return sizes


def sizes_of(files: Files, index: Mapping[str, str]) -> dict[str, int]:
    """The same of a commit's files, by what git has.  Raises GitError."""
    wanted = {path: name for path, name in index.items() if kind_of(path) != "source"}
    known = describe(files.root, dict.fromkeys(wanted.values()))
    return {path: known[name].size for path, name in wanted.items() if name in known}
