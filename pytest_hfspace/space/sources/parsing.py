"""From untrusted bytes to a syntax tree, or to the reason why there is none."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ...quiet import quiet
from ..files import Files

#: Bytes of one file, and of all files together, that are parsed (1.5 s of work).
LARGEST_FILE: Final = 1_000_000
LARGEST_TOTAL: Final = 6_000_000
MOST_FILES: Final = 3_000

#: Trees that are held at once.
_MOST_TREES: Final = 16


@dataclass
class Budget:
    """What may still be parsed."""

    bytes: int = field(default_factory=lambda: LARGEST_TOTAL)
    files: int = field(default_factory=lambda: MOST_FILES)


class NotParsed(Exception):
    """A file has no tree; the text says why."""


class Trees(Mapping[str, ast.Module]):
    """The trees of files that are known to parse, each made when it is asked for: together they would
    take a hundred times the memory of the sources."""

    def __init__(self, files: Files, paths: Iterable[str]) -> None:
        self._files = files
        self._paths = dict.fromkeys(paths)
        self._latest: dict[str, ast.Module] = {}

    def __getitem__(self, path: str) -> ast.Module:
        if path not in self._paths:
            raise KeyError(path)
        if path not in self._latest:
            while len(self._latest) >= _MOST_TREES:
                del self._latest[next(iter(self._latest))]
            self._latest[path] = self._parse(path)
        return self._latest[path]

    def _parse(self, path: str) -> ast.Module:
        try:
            return parse(self._files, path, Budget())[0]
        except NotParsed:  # it was changed meanwhile
            return ast.Module([], [])

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def parse(files: Files, path: str, budget: Budget) -> tuple[ast.Module, bytes]:
    """The tree of a Python file that would arrive, and its text.  Raises NotParsed."""
    if budget.files <= 0 or budget.bytes <= 0:
        raise NotParsed("the app has more sources than are read")
    try:
        source = files.read(path, LARGEST_FILE + 1)
    except OSError:
        raise NotParsed(f"{path!a} cannot be read") from None
    if len(source) > LARGEST_FILE:
        raise NotParsed(f"{path!a} is larger than {LARGEST_FILE // 1_000_000} MB")
    budget.bytes -= len(source)
    budget.files -= 1
    try:
        with quiet():
            return ast.parse(source), source
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        raise NotParsed(f"{path!a} does not parse here") from None
