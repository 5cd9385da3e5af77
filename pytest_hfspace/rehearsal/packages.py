"""Which declared packages are not installed here."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterable

from ..space.requirements import Requirement

_QUERY = (
    "import importlib.metadata as m, json; print(json.dumps([d.metadata['Name'] for d in m.distributions()]))"
)


def missing_packages(declared: Iterable[Requirement], python: str) -> tuple[str, ...]:
    """Names that the interpreter at ``python`` has no distribution of, sorted.

    A requirement whose marker does not hold for the Space's system (Linux) is not wanted at all.
    """
    wanted = {requirement.name for requirement in declared if _wanted(requirement.marker)}
    if python == sys.executable:
        return tuple(sorted(name for name in wanted if not _installed(name)))
    answer = subprocess.run([python, "-c", _QUERY], capture_output=True, text=True, timeout=30, check=False)
    if answer.returncode:
        return ()
    installed = {str(name).lower().replace("_", "-").replace(".", "-") for name in json.loads(answer.stdout)}
    return tuple(sorted(wanted - installed))


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _wanted(marker: str) -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    try:
        return Marker(marker).evaluate({**linux, "extra": ""})
    except (InvalidMarker, UndefinedEnvironmentName):
        return True
