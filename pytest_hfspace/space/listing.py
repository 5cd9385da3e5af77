"""Lists the files that a push would send: from git's index, from a commit, or from a plain folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from .changes import uncommitted
from .files import REGULAR, SUBMODULE, SYMLINK, Files, Tracked
from .git import Entry, GitError, Objects, list_index, list_tree
from .walk import walk

_NAMES_IN_A_NOTICE: Final = 5


class UnknownRevisionError(ValueError):
    """The revision that was asked for is not there; the text is meant for the user."""


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


def _some(paths: list[str]) -> str:
    unique = list(dict.fromkeys(paths))
    names = ", ".join(ascii(path)[1:-1] for path in unique[:_NAMES_IN_A_NOTICE])
    more = len(unique) - _NAMES_IN_A_NOTICE
    return f"{names} and {more} more" if more > 0 else names
