"""The files that a push would send to the Hub: what git tracks, as it stands in the working tree."""

from __future__ import annotations

import codecs
import os
import posixpath
import shutil
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Final, NamedTuple

from .git import GitError, Objects

REGULAR: Final = 0o100644
EXECUTABLE: Final = 0o100755
SYMLINK: Final = 0o120000
SUBMODULE: Final = 0o160000

#: What Linux allows before it says ELOOP.
_MOST_LINKS: Final = 40

#: Longest path that a link can hold on Linux; what is longer is no link.
_LONGEST_LINK: Final = 4096

_SMALL: Final = 1 << 20

#: Never wait for a pipe that has taken the place of a file, never follow a link unseen.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

#: Bytes of a file that is kept once it was read, and how many are.
_LARGEST_KEPT: Final = 16 * 1024
_MOST_KEPT: Final = 3000


class Tracked(NamedTuple):
    """A file that would arrive.  ``mode`` is git's: 0o100644, 0o100755, 0o120000 or 0o160000.

    ``object``: the name of its content in git where only git has it (a ref, a sparse checkout).
    """

    path: str
    mode: int
    object: str = ""


@dataclass(frozen=True)
class Files:
    """The files below a Space's root, by their path from it, with "/" on every system.

    ``tracked`` maps each path that would arrive to its entry.  ``ref`` is the commit that was
    asked for; None means the working tree.  ``notices`` are sentences for the top of a run (not
    a git repository, a tracked file that is deleted here, ...).  ``deleted``: the tracked files that are
    not in the working tree, and so not in ``tracked``.
    """

    root: Path
    tracked: dict[str, Tracked]
    ref: str | None = None
    is_git: bool = True
    notices: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    _objects: Objects | None = field(default=None, repr=False, compare=False)

    def __contains__(self, path: object) -> bool:
        return path in self.tracked

    def read(self, path: str, limit: int | None = None) -> bytes:
        """The content as it would arrive, or its first ``limit`` bytes.

        FileNotFoundError for what would not: not tracked, a directory or submodule, a link that
        leaves the root or ends nowhere, a file that cannot be read here.
        """
        kept = self._kept.get(path)
        if kept is not None:
            return kept if limit is None else kept[:limit]
        try:
            entry = self._file(path)
            if entry.object:
                content = self._git_objects.read(entry.object, limit)
            else:
                descriptor = os.open(self._on_disk(entry.path), _READ)
                with os.fdopen(descriptor, "rb", buffering=0) as file:
                    content = file.read() if limit is None else _first(file, limit)
        except FileNotFoundError:
            raise
        except (OSError, GitError) as error:
            raise FileNotFoundError(f"{path!r} cannot be read: {error}") from error
        is_whole = limit is None or len(content) < limit
        if is_whole and len(content) <= _LARGEST_KEPT and len(self._kept) < _MOST_KEPT:
            self._kept[path] = content
        return content

    def text(self, path: str, limit: int | None = None) -> str:
        """The content as text: UTF-8 (with or without BOM) or UTF-16 with BOM, else replaced.

        ``limit`` counts bytes.  FileNotFoundError as for :meth:`read`.
        """
        content = self.read(path, limit)
        utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")

    def exists_untracked(self, path: str) -> bool:
        """Is it in the working tree without being tracked?  (Always False for a ref.)

        A directory counts as tracked as soon as something in it is.  Case-exact everywhere.
        """
        path = posixpath.normpath(path)
        if self.ref is not None or path.startswith(("/", "../")) or path in {".", ".."}:
            return False
        if path in self.tracked or path in self.directories:
            return False
        folder = self.root
        for name in path.split("/"):
            if name not in _names(folder):
                return False
            folder = folder / name
        return True

    def similar(self, path: str) -> str | None:
        """A tracked path that differs from this one by case only, or None."""
        return next((other for other in self._by_casefold.get(path.casefold(), ()) if other != path), None)

    @cached_property
    def directories(self) -> frozenset[str]:
        """The directories that would arrive: those with a tracked file somewhere below."""
        found: set[str] = set()
        for path in self.tracked:
            parent = posixpath.dirname(path)
            while parent and parent not in found:
                found.add(parent)
                parent = posixpath.dirname(parent)
        return frozenset(found)

    def copy_to(self, paths: Mapping[str, Path] | Iterable[tuple[str, Path]]) -> tuple[str, ...]:
        """Copy files to where they are wanted; parents are made, executable bits kept.

        A link becomes a copy of what it leads to, also where that is a directory.  Returns the
        paths that would not arrive (submodules, links that leave the root) or cannot be read.
        OSError if a target cannot be written.
        """
        missing: list[str] = []
        in_git: list[tuple[Tracked, Path]] = []
        made: set[Path] = set()
        for path, target in paths.items() if isinstance(paths, Mapping) else paths:
            files = self._expanded(path, target)
            if files is None:
                missing.append(path)
            for entry, place in files or ():
                if place.parent not in made:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    made.add(place.parent)
                if entry.object:
                    in_git.append((entry, place))
                elif not self._copy_from_disk(entry, place):
                    missing.append(entry.path)
        missing += self._copy_from_git(in_git)
        return tuple(missing)

    def _copy_from_disk(self, entry: Tracked, place: Path) -> bool:
        """False if the file cannot be read."""
        try:
            descriptor = os.open(self._on_disk(entry.path), _READ)
        except OSError:
            return False
        with os.fdopen(descriptor, "rb", buffering=0) as file, place.open("wb", buffering=0) as copy:
            if os.fstat(descriptor).st_size <= _SMALL:
                copy.write(file.read())
            else:
                shutil.copyfileobj(file, copy, _SMALL)
        _set_mode(place, entry.mode)
        return True

    def _copy_from_git(self, wanted: list[tuple[Tracked, Path]]) -> list[str]:
        if not wanted:
            return []
        given = set()
        try:
            contents = self._git_objects.read_all(entry.object for entry, _ in wanted)
            for (entry, place), content in zip(wanted, contents, strict=True):
                if content is not None:
                    place.write_bytes(content)
                    _set_mode(place, entry.mode)
                    given.add(place)
        except GitError:
            pass  # what git did not give is missing
        return [entry.path for entry, place in wanted if place not in given]

    def _expanded(self, path: str, target: Path) -> list[tuple[Tracked, Path]] | None:
        """The file that a path leads to, or those below the directory that it leads to.

        None if it leads to nothing that would arrive.
        """
        try:
            resolved = self._resolved(path)
            if resolved in self.tracked:
                return [(self._file(resolved), target)]
        except OSError:
            return None
        if resolved and resolved not in self.directories:
            return None
        prefix = f"{resolved}/" if resolved else ""
        return [
            (entry, target / other[len(prefix) :])
            for other, entry in self.tracked.items()
            # links below are left out: one of them may lead back here
            if other.startswith(prefix) and entry.mode in {REGULAR, EXECUTABLE}
        ]

    def _file(self, path: str) -> Tracked:
        entry = self.tracked.get(self._resolved(path))
        if entry is None or entry.mode == SUBMODULE:
            raise FileNotFoundError(f"{path!r} would not arrive as a file")
        return entry

    def _resolved(self, path: str) -> str:
        """The path behind all links; it may be a directory's, or lead nowhere."""
        entry = self.tracked.get(path)
        if entry is not None and entry.mode != SYMLINK:
            return path
        if path.startswith("/"):
            raise FileNotFoundError(f"{path!r} is not a path from the root")
        done: list[str] = []
        parts = deque(path.split("/"))
        links = 0
        while parts:
            part = parts.popleft()
            if part == ".." and not done:
                raise FileNotFoundError(f"{path!r} leads out of the root")
            if part == "..":
                done.pop()
            if part in {"", ".", ".."}:
                continue
            done.append(part)
            entry = self.tracked.get("/".join(done))
            if entry is not None and entry.mode == SYMLINK:
                links += 1
                target = self._link(entry)
                if links > _MOST_LINKS or target.startswith("/"):
                    raise FileNotFoundError(f"{path!r} is a link that leads out of the root or in a circle")
                done.pop()
                parts.extendleft(reversed(target.split("/")))
        return "/".join(done)

    def _link(self, entry: Tracked) -> str:
        if not entry.object:
            return str((self.root / entry.path).readlink())
        return os.fsdecode(self._git_objects.read(entry.object, _LONGEST_LINK))

    def _on_disk(self, path: str) -> str:
        """Where a tracked file lies, if no directory above it was replaced by a link."""
        parent, _, name = path.rpartition("/")
        expected = f"{self._real_root}/{parent}" if parent else self._real_root
        if parent not in self._real_parents:
            if os.path.realpath(expected) != expected:
                raise FileNotFoundError(f"{path!r} lies behind a link that git does not track")
            self._real_parents.add(parent)
        return f"{expected}/{name}"

    @cached_property
    def _kept(self) -> dict[str, bytes]:
        """Small files that were read: several checks look at the same."""
        return {}

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self.root)

    @cached_property
    def _real_parents(self) -> set[str]:
        return {""}

    @cached_property
    def _by_casefold(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for path in self.tracked:
            index.setdefault(path.casefold(), []).append(path)
        return index

    @property
    def _git_objects(self) -> Objects:
        if self._objects is None:
            raise FileNotFoundError("these files are not in git")
        return self._objects


def _first(file: IO[bytes], limit: int) -> bytes:
    """The first bytes; a raw file may give fewer at once."""
    parts = []
    while limit > 0 and (part := file.read(limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _names(folder: Path) -> set[str]:
    """What a directory lists: the names as they are, also where any case would be found."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except (OSError, ValueError):
        return set()


def _set_mode(place: Path, mode: int) -> None:
    if mode == EXECUTABLE:
        place.chmod(0o755)
