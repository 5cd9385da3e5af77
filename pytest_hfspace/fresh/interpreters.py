"""Finds the interpreter that the Space would have among those of this machine; downloads none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: An interpreter that does not tell its version in this time is none.
_PATIENCE: Final = 10.0

#: The versions that are looked for where the wanted one is not here, as minors of Python 3.
_MINORS: Final = range(8, 21)

_FRAMEWORKS: Final = (
    "/Library/Frameworks/Python.framework/Versions",
    "/opt/homebrew/Frameworks/Python.framework/Versions",
)
_ASK: Final = (
    "import platform, sys; print(platform.python_implementation(), platform.python_version(), sys.executable)"
)


@dataclass(frozen=True)
class Found:
    """``path`` of the executable, ``version`` as "3.12.1"."""

    path: str
    version: str

    @property
    def minor(self) -> str:
        """ "3.12"."""
        return ".".join(self.version.split(".")[:2])


def find_interpreter(wanted: str, environment: Mapping[str, str], uv: str = "") -> tuple[Found, str]:
    """The interpreter of this minor version, or the nearest (of two as near, the newer), and a
    sentence where it is not the one wanted.  ``wanted`` "": this interpreter.  ``uv``: its path."""
    if not wanted:
        return this_interpreter(), f"the Space's Python is not known: built with {this_interpreter().minor}"
    for minor in _by_distance(wanted):
        found = _of_minor(minor, environment, uv if minor == wanted else "")
        if found is not None:
            told = "" if minor == wanted else f"the Space's Python {wanted} is not here: built with {minor}"
            return found, told
    found = this_interpreter()
    return found, f"the Space's Python {wanted} is not here: built with {found.minor}"


def this_interpreter() -> Found:
    """The one that runs this, outside of any virtual environment."""
    base = str(getattr(sys, "_base_executable", "") or sys.executable)
    return Found(base if Path(base).exists() else sys.executable, ".".join(map(str, sys.version_info[:3])))


def _by_distance(wanted: str) -> list[str]:
    number = int(wanted.partition(".")[2])
    minors = sorted({*_MINORS, number}, key=lambda minor: (abs(minor - number), -minor))
    return [f"3.{minor}" for minor in minors]


def _of_minor(minor: str, environment: Mapping[str, str], uv: str) -> Found | None:
    here = this_interpreter()
    if here.minor == minor and not _is_prerelease():
        return here
    seen: set[str] = set()
    for candidate in _candidates(minor, environment, uv):
        real = os.path.realpath(candidate)
        if real not in seen:
            seen.add(real)
            found = _ask(candidate, environment)
            if found is not None and found.minor == minor:
                return found
    return None


def _is_prerelease() -> bool:
    return sys.version_info.releaselevel != "final"


def _candidates(minor: str, environment: Mapping[str, str], uv: str) -> Iterator[str]:
    home = Path(environment.get("HOME") or "~").expanduser()
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    versions = sorted((pyenv / "versions").glob(f"{minor}.*"), key=_version_key, reverse=True)
    yield from _existing(directory / "bin" / "python" for directory in versions)
    # a shim of pyenv's answers for versions that are not switched on, too, and takes its time
    directories = [
        d for d in environment.get("PATH", "").split(os.pathsep) if d and Path(d) != pyenv / "shims"
    ]
    found = shutil.which(f"python{minor}", path=os.pathsep.join(directories))
    if found:
        yield found
    yield from _existing(Path(top) / minor / "bin" / f"python{minor}" for top in _FRAMEWORKS)
    if uv:
        found = _told_by_uv(uv, minor, environment)
        if found:
            yield found


def _existing(paths: Iterator[Path]) -> Iterator[str]:
    yield from (str(path) for path in paths if os.path.exists(path))  # noqa: PTH110 - Path's raises


def _version_key(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,6}", path.name))


def _told_by_uv(uv: str, minor: str, environment: Mapping[str, str]) -> str:
    told = _output(
        [uv, "python", "find", "--no-project", "--no-config", "--no-python-downloads", f"cpython@{minor}"],
        environment,
    )
    return told.strip() if told and "\n" not in told.strip() else ""


def _ask(candidate: str, environment: Mapping[str, str]) -> Found | None:
    """Does it run, and what is it?"""
    told = (_output([candidate, "-I", "-S", "-c", _ASK], environment) or "").strip().split(" ", 2)
    if len(told) != 3 or told[0] != "CPython" or not re.fullmatch(r"3\.\d+\.\d+", told[1]):
        return None  # another implementation, or a version before its release
    return Found(told[2] or candidate, told[1])


def _output(command: list[str], environment: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
