"""The Python that runs the app, and which declared packages it does not have."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

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


def missing_packages(declared: Iterable[Requirement], python: Interpreter) -> tuple[str, ...]:
    """Names of what is declared and not installed there, sorted.

    A requirement whose marker does not hold for the Space's system (Linux) is not wanted at all.
    """
    wanted = {requirement.name for requirement in declared if _wanted(requirement.marker, python.version)}
    return tuple(sorted(name for name in wanted if not python.has(name)))


def _wanted(marker: str, version: str) -> bool:
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
        return Marker(marker).evaluate({**there, "extra": ""})
    except (InvalidMarker, UndefinedEnvironmentName):
        return True
