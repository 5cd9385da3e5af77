"""What a build is doing, in a few phrases taken from what the tool prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .plan import Plan

#: More phrases than this tell nobody anything.
_MOST: Final = 20

_PHASES: Final = (
    (re.compile(r"Resolved (\d+) packages?"), "build: {0} packages resolved"),
    (re.compile(r"Downloading ([A-Za-z0-9][\w.-]*) \("), "build: downloading {0}"),
    (re.compile(r"\s*Building (?:wheel for )?([A-Za-z0-9][\w.-]*)"), "build: building {0}"),
    (re.compile(r"Prepared (\d+) packages?"), "build: {0} packages downloaded"),
    (re.compile(r"Collecting ([A-Za-z0-9][\w.-]*)"), "build: resolving {0}"),
    (re.compile(r"Installing collected packages"), "build: installing"),
    (re.compile(r"Installed (\d+) packages?"), "build: {0} packages installed"),
)


class Phases:
    """Takes lines, gives phrases: never the same twice, and never many."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._told: set[str] = set()

    def __call__(self, line: str) -> None:
        """Look at a line of the tool's."""
        for pattern, phrase in _PHASES:
            match = pattern.match(line)
            if match is not None:
                text = phrase.format(*match.groups())
                if text not in self._told and len(self._told) < _MOST:
                    self._told.add(text)
                    self._progress(text)
                return


def headline(plan: Plan, python: str, tool: str) -> str:
    """What is about to be installed, with the first of its names."""
    names = list(dict.fromkeys(requirement.name for requirement in plan.declared))
    some = ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
    count = f"{len(names)} requirement{'s' if len(names) != 1 else ''}"
    return f"build: {python} with {tool}: {some} ({count})" if names else f"build: {python} with {tool}"
