"""The files that a push would send to the Hub: what git tracks, as it stands in the working tree."""

from __future__ import annotations

import codecs
import os
import posixpath
import shutil
import stat
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from .changes import uncommitted
from .git import Entry, GitError, Objects, list_index, list_tree
from .walk import walk

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

_NAMES_IN_A_NOTICE: Final = 5


class UnknownRevisionError(ValueError):
    """The revision that was asked for is not there; the text is meant for the user."""


@dataclass(frozen=True)
class Tracked:
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
        try:
            entry = self._file(path)
            if entry.object:
                return self._git_objects.read(entry.object, limit)
            descriptor = os.open(self._on_disk(entry.path), _READ)
            with os.fdopen(descriptor, "rb") as file:
                return file.read() if limit is None else file.read(limit)
        except FileNotFoundError:
            raise
        except (OSError, GitError) as error:
            raise FileNotFoundError(f"{path!r} cannot be read: {error}") from error

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


def read_files(root: Path, ref: str | None = None) -> Files:
    """List what would arrive.

    Raises NotADirectoryError if ``root`` is none, and :class:`UnknownRevisionError` for a ``ref`` that
    git cannot resolve there.
    """
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a directory")
    if ref is not None:
        return _at_ref(root, ref)
    try:
        entries = list_index(root)
    except GitError as error:
        return _without_git(root, str(error))
    return _in_working_tree(root, entries)


def _at_ref(root: Path, ref: str) -> Files:
    try:
        entries = list_tree(root, ref)
    except GitError as error:
        raise UnknownRevisionError(f"git has no commit {ref!r} in {root}: {error}") from None
    tracked = {entry.path: Tracked(entry.path, entry.mode, entry.object) for entry in entries}
    notices = () if tracked else (f"{ref} has no files below {root}",)
    return Files(root, tracked, ref, notices=notices, _objects=Objects(root))


def _without_git(root: Path, reason: str) -> Files:
    if "not a git repository" in reason:
        reason = "not a git repository"
    tracked, complete = walk(root)
    notices = [f"{reason}: every file here but the usual ignores is taken for tracked"]
    if not complete:
        notices.append(f"there are too many files here: only the first {len(tracked)} are looked at")
    return Files(
        root,
        {path: Tracked(path, mode) for path, mode in tracked.items()},
        is_git=False,
        notices=tuple(notices),
    )


def _in_working_tree(root: Path, entries: list[Entry]) -> Files:
    tracked: dict[str, Tracked] = {}
    absent: list[str] = []
    unmerged: dict[str, None] = {}
    top = f"{root}/"
    for entry in entries:
        if entry.unmerged:
            unmerged[entry.path] = None
        mode = entry.mode if entry.mode == SUBMODULE else _mode_here(top + entry.path, entry.mode)
        if mode is not None:
            tracked[entry.path] = Tracked(entry.path, mode)
        elif entry.sparse:
            tracked[entry.path] = Tracked(entry.path, entry.mode, entry.object)
        else:
            absent.append(entry.path)
    notices = []
    if absent:
        notices.append(f"tracked, but deleted here, so they are taken as gone: {_some(absent)}")
    if unmerged:
        notices.append(f"a merge is not finished: {_some(list(unmerged))}")
    if not entries:
        notices.append(f"git tracks nothing in {root}: nothing would arrive")
    differing = [] if unmerged else _differing(root, entries)
    if differing:
        files = "1 tracked file differs" if len(differing) == 1 else f"{len(differing)} tracked files differ"
        notices.append(
            f"{files} from HEAD: {_some(differing)}: a push sends HEAD (--hfspace-ref HEAD looks at that)"
        )
    return Files(root, tracked, notices=tuple(notices), deleted=frozenset(absent), _objects=Objects(root))


def _differing(root: Path, entries: list[Entry]) -> list[str]:
    try:
        return uncommitted(root, entries)
    except GitError:
        return []  # there is no commit yet, or git does not tell


def _mode_here(path: str, mode: int) -> int | None:
    """Git's mode of what lies there now; None for nothing, a directory, a pipe or a device."""
    try:
        now = os.lstat(path).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISLNK(now):
        return SYMLINK
    if stat.S_ISREG(now):
        # The executable bit is the index's: some file systems have it set on everything.
        return REGULAR if mode == SYMLINK else mode
    return None


def _names(folder: Path) -> set[str]:
    """What a directory lists: the names as they are, also where any case would be found."""
    try:
        return {entry.name for entry in folder.iterdir()}
    except (OSError, ValueError):
        return set()


def _some(paths: list[str]) -> str:
    unique = list(dict.fromkeys(paths))
    names = ", ".join(ascii(path)[1:-1] for path in unique[:_NAMES_IN_A_NOTICE])
    more = len(unique) - _NAMES_IN_A_NOTICE
    return f"{names} and {more} more" if more > 0 else names


def _set_mode(place: Path, mode: int) -> None:
    if mode == EXECUTABLE:
        place.chmod(0o755)
