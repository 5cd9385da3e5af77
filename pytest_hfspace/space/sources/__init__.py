"""The app's Python files: those that its entry point imports, read without being run."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import Space

__all__ = ["Import", "Sources", "read_sources"]


class Import(NamedTuple):
    """One module that a file imports.

    ``module``: absolute and dotted, relative imports resolved (one that has nothing to be relative
    to keeps its dots).  ``names``: what ``from`` takes of it.  ``deferred``: inside a function or
    under a condition, so that nobody knows whether it is reached.
    ``optional``: the code goes on where it is absent (``try`` with ``except ImportError``, a
    branch on ``find_spec``, the platform or the Python version, ``contextlib.suppress``).
    What stands under ``if TYPE_CHECKING`` is left out, as is ``if __name__ == "__main__"`` in all
    but the program that is run.
    """

    module: str
    path: str
    line: int
    names: tuple[str, ...] = ()
    deferred: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Sources:
    """What the entry point imports.

    ``app``: paths of the repository's files that it imports, directly or not, at the top level or
    in functions: first those of ``certain``, each in the order in which they are met.  ``imports``:
    of each of them.  ``trees``: of those that parse, each made when it is asked for.  ``certain``:
    those that a start reaches by imports that are neither deferred nor optional.  ``folders``: the
    image's directories that imports are looked for in.  ``absent``: the imports of what the
    repository does not bring (libraries among them); for ``from package import module`` the module
    is named.  ``elsewhere``: there are more directories than ``folders``.  ``unknown``: why ``app``
    may not be all, or "".
    """

    app: tuple[str, ...] = ()
    imports: Mapping[str, tuple[Import, ...]] = field(default_factory=dict)
    trees: Mapping[str, ast.Module] = field(default_factory=dict)
    unknown: str = ""
    certain: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    absent: tuple[Import, ...] = ()
    elsewhere: bool = False


def read_sources(space: Space) -> Sources:
    """Follow the imports.  Never raises for what the repository contains."""
    from .following import Follower

    collecting = gc.isenabled()
    gc.disable()  # a tree is one large piece of garbage, to be looked for when it is all there
    try:
        return Follower(space).follow()
    finally:
        if collecting:
            gc.enable()
