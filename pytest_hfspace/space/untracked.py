"""What lies in the working tree and would not arrive: what it is, and why git leaves it out."""

from __future__ import annotations

import os
import posixpath
from typing import Final, Literal, NamedTuple

from .files import Files
from .git import GitError, Rule, ignore_rule

#: Folders that nobody means to push, whatever the app reads of them.
_LOCAL: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "env", "site-packages", "node_modules"),
        *(".cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", ".ipynb_checkpoints"),
        *(".idea", ".vscode"),
    }
)


class Untracked(NamedTuple):
    """A path that exists here.  ``rule``: of an ignore file, None where it was just not added."""

    path: str
    kind: Literal["file", "directory", "empty directory"] = "file"
    rule: Rule | None = None


def is_untracked(files: Files, path: str) -> bool:
    """Does it lie here without being tracked, and might it be meant to arrive?  Environment files,
    virtual environments and caches are not."""
    parts = posixpath.normpath(path).split("/")
    is_local = not _LOCAL.isdisjoint(parts) or parts[-1].startswith(".env")
    return not is_local and not parts[-1].endswith(".pyc") and files.exists_untracked(path)


def look(files: Files, path: str) -> Untracked:
    """What an untracked path is.  Never raises."""
    try:
        rule = ignore_rule(files.root, path)
    except GitError:
        rule = None
    return Untracked(path, _kind(files, path), rule)


def _kind(files: Files, path: str) -> Literal["file", "directory", "empty directory"]:
    try:
        with os.scandir(files.root / path) as entries:
            return "directory" if any(entries) else "empty directory"
    except (OSError, ValueError):
        return "file"
