"""The files below a directory that is no git repository: everything but the usual ignores."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

IGNORED_NAMES: Final = frozenset(
    {
        ".DS_Store",
        ".cache",
        ".coverage",
        ".env",
        ".env.local",
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".uv-cache",
        ".venv",
        ".vscode",
        "__pycache__",
        "htmlcov",
        "node_modules",
        "venv",
    }
)

IGNORED_PATTERNS: Final = ("*.egg-info", "*.pyc", "*.swp", ".coverage.*")

#: The Hub asks for fewer; a home directory that was taken for a Space has more.
MOST_FILES: Final = 100_000


def walk(root: Path) -> tuple[dict[str, int], bool]:
    """Path from the root to git's mode, in the order of names; False if it had to stop early.

    Links are listed, never followed.
    """
    found: dict[str, int] = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        below = []
        for path, mode in _entries(root, folder):
            if stat.S_ISDIR(mode):
                below.append(path)
            elif stat.S_ISLNK(mode):
                found[path] = 0o120000
            elif stat.S_ISREG(mode):
                found[path] = 0o100755 if mode & stat.S_IXUSR else 0o100644
            if len(found) >= MOST_FILES:
                return found, False
        folders += reversed(below)
    return found, True


def _entries(root: Path, folder: str) -> list[tuple[str, int]]:
    prefix = f"{folder}/" if folder else ""
    try:
        with os.scandir(root / folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
            if folder and any(entry.name == "pyvenv.cfg" for entry in listed):
                return []  # a virtual environment, whatever its name
            return [
                (prefix + entry.name, entry.stat(follow_symlinks=False).st_mode)
                for entry in listed
                if not _ignored(entry.name)
            ]
    except OSError:
        return []  # cannot be read, or is gone already


def _ignored(name: str) -> bool:
    return name in IGNORED_NAMES or any(fnmatchcase(name, pattern) for pattern in IGNORED_PATTERNS)
