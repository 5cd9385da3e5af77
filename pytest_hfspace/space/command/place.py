"""Where a command line stands, and what it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..shell.words import Arg
from .servers import Served


@dataclass(frozen=True)
class Place:
    """Where a command line stands and what holds there.

    ``variables``: what a program that is started here would see or the shell knows; ``exported``:
    the names among them that the shell has set for programs.  ``execs``: no shell stays behind.
    ``script``: its ``$0``, ``source``: bash's name for it; "" for what is no script.
    """

    path: str
    line: int | None
    cwd: str = "/"
    variables: Mapping[str, Arg] = field(default_factory=dict)
    exported: frozenset[str] = frozenset()
    execs: bool = True
    depth: int = 0
    script: str = ""
    source: str = ""


@dataclass(frozen=True)
class Launch:
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
