"""The audit hook: files and connections that the app asks for."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

from .channel import Channel
from .network import Network
from .sources import Sources

#: how many events of a kind are told, so that a busy app does not flood the parent
MOST = 1000
#: what the interpreter itself reads of the repository
_CODE = (".py", ".pyc", ".so", ".pyd")


class Auditor:
    """Sees what the interpreter reports; it refuses nothing."""

    def __init__(self, channel: Channel, sources: Sources, network: Network) -> None:
        self.channel = channel
        self.sources = sources
        self.network = network
        self._told: set[tuple[Any, ...]] = set()
        self._busy = False

    def install(self) -> None:
        """Start listening.  An audit hook cannot be removed again."""
        handlers: dict[str, Callable[[Any], None]] = {
            "open": self._open,
            "os.mkdir": self._mkdir,
            "sqlite3.connect": self._database,
            **self.network.handlers,
        }

        def hook(event: str, args: Any) -> None:
            handler = handlers.get(event)
            if handler is None or self._busy:
                return
            self._busy = True
            try:
                handler(args)
            except Exception:  # noqa: BLE001 - a recorder must not break what it records
                return
            finally:
                self._busy = False

        sys.addaudithook(hook)

    def _tell(self, event: str, key: tuple[Any, ...], **data: Any) -> None:
        if (event, *key) in self._told or len(self._told) > MOST:
            return
        self._told.add((event, *key))
        self.channel.emit(event, phase=self.channel.phase, **data)

    def _open(self, args: Any) -> None:
        path, mode, flags = args
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        name = os.fsdecode(path)
        write = (
            bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) if isinstance(flags, int) else "w" in mode
        )
        if write or os.path.basename(name).startswith(".env") or self._is_data(name):
            self._use(name, write=write)

    def _is_data(self, name: str) -> bool:
        """Is it a file of the repository that is no module?"""
        full = name if name.startswith("/") else os.path.abspath(name)
        own = full.startswith(self.sources.root) and f"{os.sep}site-packages{os.sep}" not in full
        return own and not full.endswith(_CODE)

    def _mkdir(self, args: Any) -> None:
        self._use(os.fsdecode(args[0]), write=True)

    def _database(self, args: Any) -> None:
        name = os.fsdecode(args[0]) if isinstance(args[0], (str, bytes, os.PathLike)) else ""
        write = True
        if name.startswith("file:"):
            name, write = of_uri(name)
        if name and name != ":memory:":
            # some libraries ask in a thread of their own
            self._use(name, write=write, anyones=True, database=True)

    def _use(self, name: str, *, write: bool, anyones: bool = False, database: bool = False) -> None:
        where = self.sources.caller(sys._getframe(3))
        if where is None and write and not anyones:
            return
        full = os.path.abspath(name)
        found = os.path.exists(full)
        key = (full, write, database)
        self._tell("file", key, path=full, write=write, found=found, where=where, database=database)


def of_uri(uri: str) -> tuple[str, bool]:
    """The path in SQLite's ``file:`` URI, "" for a database in memory, and whether it may be written."""
    path, _, query = uri.removeprefix("file:").partition("#")[0].partition("?")
    options = query.split("&")
    if path.startswith("//"):
        path = f"/{path[2:].partition('/')[2]}"
    path = re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), path)
    is_read = "mode=ro" in options or "immutable=1" in options
    return ("" if "mode=memory" in options else path), not is_read
