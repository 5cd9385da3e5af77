"""Refuses the writes that the kernel should have refused, and does not on this machine.

An audit hook can end an operation before it begins.  It sees what Python code of this process does,
and no other program: where ``confine`` could do its work, it is not needed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .audit import of_uri

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_TRUNC
_WRITE_BITS = 0o222
_NO_DESCRIPTOR = -1


class Refuser:
    """``writable``: directories below which may be written; of what is below ``root`` only what its
    mode allows, with ``heed_modes``."""

    def __init__(self, writable: Iterable[str], root: str, *, heed_modes: bool) -> None:
        self._writable = tuple(os.path.realpath(place) for place in writable)
        self._root = os.path.realpath(root)
        self._heed_modes = heed_modes

    def install(self) -> None:
        """Start refusing.  An audit hook cannot be removed again."""
        handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.mkdir": self._make,
            "os.symlink": self._symlink,
            "os.link": self._link,
            "os.remove": self._remove,
            "os.rmdir": self._remove,
            "os.rename": self._rename,
            "os.truncate": self._truncate,
            "sqlite3.connect": self._database,
        }

        def hook(event: str, args: Any) -> None:
            handler = handlers.get(event)
            if handler is not None:
                handler(*args)

        sys.addaudithook(hook)

    # -- operations: what fails for another reason anyway is left to the system

    def _open(self, path: Any, _mode: Any, flags: Any) -> None:
        if not _is_name(path) or not isinstance(flags, int):
            return
        is_new = bool(flags & os.O_CREAT) and not _exists(path)
        if (is_new and not self._may_change(path)) or (flags & _WRITING and not self._may_write(path)):
            raise _denied(path)

    def _truncate(self, path: Any, _length: int) -> None:
        if _is_name(path) and not self._may_write(path):
            raise _denied(path)

    def _make(self, path: Any, _mode: int, directory: int) -> None:
        if directory == _NO_DESCRIPTOR and not _exists(path) and not self._may_change(path):
            raise _denied(path)

    def _symlink(self, _target: Any, path: Any, directory: int) -> None:
        self._make(path, 0, directory)

    def _link(self, target: Any, path: Any, _from: int, to: int) -> None:
        if _exists(target):
            self._make(path, 0, to)

    def _remove(self, path: Any, directory: int) -> None:
        if directory == _NO_DESCRIPTOR and _exists(path) and not self._may_change(path):
            raise _denied(path)

    def _rename(self, source: Any, target: Any, *directories: int) -> None:
        is_plain = set(directories) == {_NO_DESCRIPTOR} and _exists(source)
        if is_plain and not (self._may_change(source) and self._may_change(target)):
            raise _denied(source, target)

    def _database(self, path: Any) -> None:
        """SQLite makes the file itself, and says so little where it cannot."""
        name, write = (os.fsdecode(path), True) if _is_name(path) else ("", False)
        if name.startswith("file:"):
            name, write = of_uri(name)
        if write and name not in ("", ":memory:") and not _exists(name) and not self._may_change(name):
            from sqlite3 import OperationalError

            raise OperationalError("unable to open database file")

    # -- places

    def _may_change(self, path: Any) -> bool:
        """May this name be made, or removed, in its directory?"""
        directory = os.path.dirname(os.path.abspath(os.fsdecode(path)))
        return not os.path.isdir(directory) or self._is_allowed(os.path.realpath(directory))

    def _may_write(self, path: Any) -> bool:
        """May this file be written, if it is one?"""
        real = os.path.realpath(os.fsdecode(path))
        return not os.path.exists(real) or os.path.isdir(real) or self._is_allowed(real)

    def _is_allowed(self, real: str) -> bool:
        if not any(_is_below(real, place) for place in self._writable):
            return False
        if not (self._heed_modes and _is_below(real, self._root)):
            return True
        return bool(stat.S_IMODE(os.stat(real).st_mode) & _WRITE_BITS)


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place.rstrip('/')}/")


def _is_name(path: Any) -> bool:
    """Else it is an open descriptor."""
    return isinstance(path, (str, bytes, os.PathLike))


def _exists(path: Any) -> bool:
    return os.path.lexists(os.fsdecode(path))


def _denied(path: Any, target: Any = None) -> PermissionError:
    why = os.strerror(errno.EACCES)
    return PermissionError(errno.EACCES, why, path, *((None, target) if target is not None else ()))
