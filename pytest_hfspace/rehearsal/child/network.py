"""Connections that the app tries, and listeners that it opens."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from .channel import Channel
from .sources import Line, Sources

#: how many connections are told
MOST = 200
_OWN_HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound


class Network:
    """Sees connections by the audit hook, and moves listeners to free ports of loopback."""

    def __init__(self, channel: Channel, sources: Sources, own_port: int) -> None:
        self.channel = channel
        self.sources = sources
        self.own_port = own_port
        #: "host:port" of every outbound connection attempt so far
        self.connects: list[str] = []
        #: ports that the app asked for, and where its listeners are instead
        self.moved: dict[int, int] = {}
        self._told: set[tuple[str, int]] = set()
        self._looked_up: set[int] = set()

    @property
    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """By the names of audit events."""
        return {"socket.connect": self._connect, "socket.getaddrinfo": self._lookup}

    def hooks(self) -> dict[str, Callable[[ModuleType], None]]:
        """What to do with modules when the app has them loaded."""
        return {"asyncio.base_events": self._wrap_lookup}

    def install(self) -> None:
        """Wrap what no audit event tells, or what has to be another here."""
        self._wrap_bind()
        self._wrap_connect()

    def _connect(self, args: Any) -> None:
        address = args[1]
        if isinstance(address, tuple) and len(address) >= 2 and address[1] != self.own_port:
            host, port = str(address[0]), int(address[1])
            self.connects.append(f"{host}:{port}")
            if port not in self._looked_up:  # else its name was told
                self._tell(host, port, self.sources.caller(sys._getframe(2)))

    def _lookup(self, args: Any) -> None:
        host, port = args[0], args[1]
        if host and port:
            name = os.fsdecode(host)
            self.connects.append(f"{name}:{port}")
            self._looked_up_at(name, port, self.sources.caller(sys._getframe(2)))

    def _looked_up_at(self, host: str, port: Any, where: Line | None) -> None:
        number = int(port) if str(port).isdigit() else _service(str(port))
        self._looked_up.add(number)
        self._tell(host, number, where)

    def _tell(self, host: str, port: int, where: Line | None) -> None:
        key = (host, port)
        if host in _OWN_HOSTS or key in self._told or len(self._told) > MOST:
            return
        self._told.add(key)
        self.channel.emit("connect", host=host, port=port, where=where, phase=self.channel.phase)

    def _wrap_lookup(self, module: ModuleType) -> None:
        """asyncio looks names up in another thread, where nothing tells who asked."""
        loop = module.BaseEventLoop
        original, network = loop.getaddrinfo, self

        @wraps(original)
        async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
            if host and port:
                where = network.sources.caller(sys._getframe(1))
                network._looked_up_at(os.fsdecode(host), port, where)
            return await original(self, host, port, **options)

        loop.getaddrinfo = getaddrinfo

    def _wrap_bind(self) -> None:
        """A listener of the app's own goes to a free port of loopback: a rehearsal must neither be
        reachable from outside nor meet another program's port.  What was asked for is told."""
        original = socket.socket.bind
        network = self

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
            network.moved[int(address[1])] = int(sock.getsockname()[1])
            network.channel.emit(
                "bound",
                host=str(address[0]),
                port=int(address[1]),
                actual=list(sock.getsockname()[:2]),
                where=network.sources.caller(sys._getframe(1)),
                phase=network.channel.phase,
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


def _service(name: str) -> int:
    """The port of a service such as "https", 0 where there is none of that name."""
    try:
        return socket.getservbyname(name)
    except OSError:
        return 0
