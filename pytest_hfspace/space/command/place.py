"""Where a command line stands, and what it starts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..shell.words import Arg
from .servers import Served


class Place(NamedTuple):
    """Where a command line stands and what holds there.

    ``variables``: what a program that is started here would see or the shell knows; ``exported``:
    the names among them that the shell has set for programs.  ``execs``: no shell stays behind.
    ``script``: its ``$0``, ``source``: bash's name for it; "" for what is no script.
    """

    path: str
    line: int | None
    cwd: str = "/"
    variables: Mapping[str, Arg] = MappingProxyType({})
    exported: frozenset[str] = frozenset()
    execs: bool = True
    depth: int = 0
    script: str = ""
    source: str = ""


class Launch(NamedTuple):
    """What a command line starts.  ``served`` is None, and ``reason`` says why, where it is no
    server that is known; ``words`` are then those of the program that it comes down to."""

    words: tuple[str, ...]
    served: Served | None
    place: Place
    reason: str = ""
    before: tuple[tuple[str, ...], ...] = ()
    skipped: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    unexpanded: tuple[str, ...] = ()

    @property
    def is_server(self) -> bool:
        """Is it a server by its name, not just a Python program that may be one?"""
        return self.served is not None and self.served.runner != "python"
