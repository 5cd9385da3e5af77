"""The files that a push would send to the Hub: what git tracks, as it stands in the working tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tracked:
    """A file that would arrive.  ``mode`` is git's: 0o100644, 0o100755, 0o120000 or 0o160000."""

    path: str
    mode: int


@dataclass(frozen=True)
class Files:
    """The files below a Space's root, by their path from it, with "/" on every system.

    ``tracked`` maps each path that would arrive to its entry.  ``ref`` is the commit that was
    asked for; None means the working tree.  ``notices`` are sentences for the top of a run (not
    a git repository, a tracked file that is deleted here, ...).
    """

    root: Path
    tracked: dict[str, Tracked]
    ref: str | None = None
    is_git: bool = True
    notices: tuple[str, ...] = ()

    def __contains__(self, path: str) -> bool:
        raise NotImplementedError

    def read(self, path: str) -> bytes:
        """The content as it would arrive; FileNotFoundError for what would not."""
        raise NotImplementedError

    def text(self, path: str) -> str:
        """The content as text: UTF-8 (with or without BOM) or UTF-16 with BOM, else replaced."""
        raise NotImplementedError

    def exists_untracked(self, path: str) -> bool:
        """Is it in the working tree without being tracked?  (Always False for a ref.)"""
        raise NotImplementedError

    def similar(self, path: str) -> str | None:
        """A tracked path that differs from this one by case only, or None."""
        raise NotImplementedError


def read_files(root: Path, ref: str | None = None) -> Files:
    raise NotImplementedError
