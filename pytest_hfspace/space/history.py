"""What a git push would send: every commit that the Space's remote does not have."""

from __future__ import annotations

from dataclasses import dataclass

from . import Space


@dataclass(frozen=True)
class Blob:
    """A file's content as git has it.  ``size`` in bytes.  ``commit``: the short name of a commit
    that has it, "" where the newest tree still has."""

    path: str
    size: int
    binary: bool = False
    commit: str = ""


@dataclass(frozen=True)
class History:
    """``large`` and ``binary``: what the Hub refuses, outside LFS and Xet.  ``remote``: the name of
    the remote that is a Space, or "".  ``commits``: how many would be pushed.  ``shallow``: the
    clone does not have them all.  ``problem``: why nothing is known, or ""."""

    large: tuple[Blob, ...] = ()
    binary: tuple[Blob, ...] = ()
    remote: str = ""
    commits: int = 0
    shallow: bool = False
    problem: str = ""


def read_history(space: Space) -> History:
    """Ask git.  Never raises for what the repository contains."""
    return History()
