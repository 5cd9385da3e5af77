"""An audit hook and a wrapped ``bind``: files, connections and listeners that the app asks for."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from .channel import Channel
from .sources import Sources

#: how many events of a kind are told, so that a busy app does not flood the parent
MOST = 1000
#: what the interpreter itself reads of the repository
_CODE = (".py", ".pyc", ".so", ".pyd")
_OWN_HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound


class Auditor:
    """Sees what the interpreter reports; it refuses nothing."""

    def __init__(self, channel: Channel, sources: Sources, own_port: int) -> None:
        self.channel = channel
        self.sources = sources
        self.own_port = own_port
        #: "host:port" of every outbound connection attempt so far
        self.connects: list[str] = []
        #: ports that the app asked for, and where its listeners are instead
        self.moved: dict[int, int] = {}
        self._told: set[tuple[Any, ...]] = set()
        self._busy = False

    def install(self) -> None:
        """Start listening.  An audit hook cannot be removed again."""
        handlers: dict[str, Callable[[Any], None]] = {
            "open": self._open,
            "os.mkdir": self._mkdir,
            "sqlite3.connect": self._database,
            "socket.connect": self._connect,
            "socket.getaddrinfo": self._lookup,
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
        self._wrap_bind()
        self._wrap_connect()

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
        if name and name != ":memory:" and not name.startswith("file:"):
            self._use(name, write=True)

    def _use(self, name: str, *, write: bool) -> None:
        where = self.sources.caller(sys._getframe(3))
        if where is None and write:
            return
        full = os.path.abspath(name)
        self._tell("file", (full, write), path=full, write=write, found=os.path.exists(full), where=where)

    def _connect(self, args: Any) -> None:
        address = args[1]
        if isinstance(address, tuple) and len(address) >= 2 and address[1] != self.own_port:
            self.connects.append(f"{address[0]}:{address[1]}")

    def _lookup(self, args: Any) -> None:
        host, port = args[0], args[1]
        if host and port:
            self.connects.append(f"{os.fsdecode(host)}:{port}")

    def _wrap_bind(self) -> None:
        """A listener of the app's own goes to a free port of loopback: a rehearsal must neither be
        reachable from outside nor meet another program's port.  What was asked for is told."""
        original = socket.socket.bind
        auditor = self

        def bind(sock: socket.socket, address: Any) -> None:
            if not (
                sock.family in (socket.AF_INET, socket.AF_INET6)
                and sock.type == socket.SOCK_STREAM
                and isinstance(address, tuple)
                and len(address) >= 2
                and address[1]
            ):
                return original(sock, address)
            original(sock, ("127.0.0.1" if sock.family == socket.AF_INET else "::1", 0))
            auditor.moved[int(address[1])] = int(sock.getsockname()[1])
            auditor.channel.emit(
                "bound",
                host=str(address[0]),
                port=int(address[1]),
                actual=list(sock.getsockname()[:2]),
                where=auditor.sources.caller(sys._getframe(1)),
                phase=auditor.channel.phase,
            )
            return None

        socket.socket.bind = bind  # type: ignore[method-assign, assignment]

    def _wrap_connect(self) -> None:
        """An app that asks itself, on the port that it believes to have, finds its listener."""
        original = socket.socket.connect
        moved = self.moved

        def connect(sock: socket.socket, address: Any) -> None:
            if isinstance(address, tuple) and len(address) >= 2 and str(address[0]) in _OWN_HOSTS:
                address = (address[0], moved.get(address[1], address[1]), *address[2:])
            original(sock, address)

        socket.socket.connect = connect  # type: ignore[method-assign, assignment]
