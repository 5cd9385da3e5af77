"""The Python that runs the app, and which declared packages it does not have."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..space.requirement_lines import normalised
from ..space.requirements import Requirement


class Interpreter(NamedTuple):
    """``path`` of the executable; ``version`` as "3.12.1"; ``packages``: what is installed there,
    normalised name to version, None for the interpreter that runs this; ``site``: the directories
    that hold their metadata, none likewise."""

    path: str = sys.executable
    version: str = platform.python_version()
    packages: Mapping[str, str] | None = None
    site: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Is this distribution, by its normalised name, installed there?"""
        if self.packages is not None:
            return name in self.packages
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return False
        return True

    def requires(self, name: str) -> list[str]:
        """A distribution's requirements as written; none where it is not installed there."""
        found = next(iter(importlib.metadata.distributions(name=name, path=[*(self.site or sys.path)])), None)
        return list(found.requires or ()) if found is not None else []


def missing_packages(declared: Iterable[Requirement], python: Interpreter) -> tuple[str, ...]:
    """Names of what is declared and not installed there, sorted.

    A requirement whose marker does not hold for the Space's system (Linux) is not wanted at all.
    """
    wanted = {requirement.name for requirement in declared if _wanted(requirement.marker, python.version)}
    return tuple(sorted(name for name in wanted if not python.has(name)))


def missing_of_extras(declared: Iterable[Requirement], python: Interpreter) -> tuple[str, ...]:
    """Names of what the extras of declared packages bring and is not installed there, sorted:
    ``fastapi[standard]`` is declared, and somebody has installed ``fastapi`` alone."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    waiting = [(each.name, each.extras) for each in declared if each.extras]
    seen: set[tuple[str, frozenset[str]]] = set()
    missing: set[str] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for line in python.requires(name):
            try:
                brought = Parsed(line)
            except InvalidRequirement:
                continue
            marker = str(brought.marker or "")
            of_extras = any(_wanted(marker, python.version, extra) for extra in extras)
            if not of_extras or _wanted(marker, python.version):
                continue
            if not python.has(normalised(brought.name)):
                missing.add(normalised(brought.name))
            elif brought.extras:
                waiting.append((normalised(brought.name), frozenset(brought.extras)))
    return tuple(sorted(missing))


def _wanted(marker: str, version: str, extra: str = "") -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    there = {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
    }
    try:
        return Marker(marker).evaluate({**there, "extra": extra})
    except (InvalidMarker, UndefinedEnvironmentName):
        return True
