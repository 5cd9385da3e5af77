"""Environments that are kept for a day, one for each set of requirements, in the user's cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any, Final

from ..rehearsal.child.remove import remove_tree
from .facts import Build, BuildFailure

#: Raised when the same requirements make another environment than they did before.
_FORMAT: Final = 1

_MARKER: Final = "build.json"
_OWN: Final = ".pytest-hfspace-environment"
_NAME: Final = re.compile(r"(\d{8})-[0-9a-f]{24}\Z")
_POLL: Final = 0.05


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Where environments are kept."""
    given = environment.get("XDG_CACHE_HOME", "")
    cache = (
        Path(given) if given.startswith("/") else Path(environment.get("HOME") or "~").expanduser() / ".cache"
    )
    return cache / "pytest-hfspace" / "environments"


def today() -> str:
    """The day in UTC: what installs today need not install tomorrow."""
    return time.strftime("%Y%m%d", time.gmtime())


def key_of(parts: Iterable[object], day: str) -> str:
    """The name of the environment that these parts make."""
    text = json.dumps([_FORMAT, *parts], sort_keys=True, default=str)
    return f"{day}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


class Entry:
    """One environment's directory.  It is held while it is made, and kept from removal while it is
    used: until :meth:`release`, or the end of this process."""

    def __init__(self, directory: Path, *, temporary: bool = False) -> None:
        self.directory = directory
        self.temporary = temporary
        self._lock: int | None = None

    @property
    def environment(self) -> Path:
        """Where the virtual environment lies: its scripts name this path."""
        return self.directory / "env"

    def hold(self, deadline: float, aborted: Event) -> bool:
        """Wait until nobody else makes it; False where ``deadline`` (monotonic) comes first."""
        if self.temporary:
            return True
        self._lock = os.open(
            self.directory.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        while True:
            if self.found() is not None:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return True
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline or aborted.wait(_POLL):
                    return False
            else:
                return True

    def found(self) -> Build | None:
        """What was made here before, None where nothing complete is."""
        try:
            data = json.loads((self.directory / _MARKER).read_text(encoding="utf-8"))
            build = _build(data)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return build if not build.python or os.access(build.python, os.X_OK) else None

    def begin(self) -> None:
        """An empty directory.  OSError where it cannot be made."""
        if self.directory.is_symlink():
            self.directory.unlink()
        remove_tree(str(self.directory))
        self.directory.mkdir(mode=0o700)
        (self.directory / _OWN).touch()

    def complete(self, build: Build) -> None:
        """Say that it is what ``build`` tells, after all else is there."""
        unfinished = self.directory / f"{_MARKER}.new"
        unfinished.write_text(json.dumps(asdict(build)), encoding="utf-8")
        unfinished.replace(self.directory / _MARKER)
        self.share()

    def share(self) -> None:
        """Others may use it from now on."""
        if self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def discard(self) -> None:
        """Remove what is there."""
        remove_tree(str(self.directory))

    def release(self) -> None:
        """It is not used any more."""
        if self.temporary:
            self.discard()
        elif self._lock is not None:
            os.close(self._lock)
            self._lock = None


def open_entry(environment: Mapping[str, str], key: str) -> tuple[Entry, str]:
    """The directory of this name, and a sentence where it will not be kept.

    OSError where not even a temporary one can be made.
    """
    top = cache_directory(environment)
    try:
        top.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(top, os.W_OK | os.X_OK):
            raise PermissionError(top)
    except OSError:
        directory = Path(tempfile.mkdtemp(prefix="hfspace-build-")).resolve()
        told = "the cache directory cannot be written to: the environment is not kept"
        return Entry(directory, temporary=True), told
    return Entry(top.resolve() / key), ""


def remove_old(top: Path, day: str) -> None:
    """Remove the environments of earlier days that nobody uses."""
    with contextlib.suppress(OSError):
        for name in {entry.name.removesuffix(".lock") for entry in top.iterdir()}:
            match = _NAME.match(name)
            if match is not None and match[1] < day:
                _remove_unused(top / name)


def _remove_unused(directory: Path) -> None:
    with contextlib.suppress(OSError):
        if directory.is_symlink() or (directory.exists() and not (directory / _OWN).is_file()):
            return
        lock = os.open(directory.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(str(directory))
            directory.with_suffix(".lock").unlink()
        finally:
            os.close(lock)


def _build(data: dict[str, Any]) -> Build:
    failure = data.pop("failure")
    if failure is not None:
        failure["names"] = tuple(failure["names"])
        failure = BuildFailure(**failure)
    data["notices"] = tuple(data["notices"])
    return Build(failure=failure, **data)
