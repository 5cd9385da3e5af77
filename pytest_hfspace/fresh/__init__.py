"""The fresh build: a new virtual environment with what the Hub would install, made as the Hub makes it."""

from __future__ import annotations

from collections.abc import Callable

from ..space import Space
from .building import Building
from .facts import Build, BuildFailure

__all__ = ["Build", "BuildFailure", "Building", "begin_build"]


def begin_build(space: Space, progress: Callable[[str], None], *, deadline: float = 900.0) -> Building:
    """Start it in a thread and return at once.

    ``progress`` is called from that thread with a phrase for each phase; ``deadline`` in seconds.
    """
    return Building(space, progress, deadline)
