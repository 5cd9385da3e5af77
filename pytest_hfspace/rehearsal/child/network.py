"""Connections that the app tries, listeners that it opens, and a network that does not answer."""

from __future__ import annotations

import errno
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
#: an address that is nobody's (RFC 5737), for every name where no network is wanted
_NOBODY = "192.0.2.1"
_OWN_HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound


class Network:
    """Sees connections by the audit hook, and moves listeners to free ports of loopback.

    ``mode``: "" leaves the network as it is, "offline" fails at once as an unreachable one does,
    "silent" lets every attempt wait for an answer that does not come.
    """

    def __init__(self, channel: Channel, sources: Sources, own_port: int, mode: str = "") -> None:
        self.channel = channel
        self.sources = sources
        self.own_port = own_port
        self.mode = mode
        #: "host:port" of every outbound connection attempt so far
        self.connects: list[str] = []
        #: ports that the app asked for, and where its listeners are instead
        self.moved: dict[int, int] = {}
        self._told: set[tuple[str, int]] = set()
        self._looked_up: set[int] = set()
        #: by the socket's descriptor, the address that the app asked for
        self._asked: dict[int, tuple[str, int]] = {}
        #: a listener that answers nobody, and those that wait at it
        self._silence: list[socket.socket] = []

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
        self._wrap_listen()
        self._wrap_connect("connect")
        self._wrap_connect("connect_ex")
        if self.mode:
            self._wrap_names()

    def _connect(self, args: Any) -> None:
        address = args[1]
        ours = [self.own_port, *(sock.getsockname()[1] for sock in self._silence[:1])]
        if args[0].type != socket.SOCK_STREAM:
            return  # "connecting" a datagram socket sends nothing: it is how a program learns its address
        if isinstance(address, tuple) and len(address) >= 2 and address[1] not in ours:
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
            network._asked[sock.fileno()] = (str(address[0]), int(address[1]))
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

    def _wrap_listen(self) -> None:
        """A socket that is bound may only be a question whether the port is free."""
        original = socket.socket.listen
        network = self

        def listen(sock: socket.socket, *backlog: int) -> None:
            original(sock, *backlog)
            asked = network._asked.pop(sock.fileno(), None)
            if asked is not None:
                network.tell_listening(*asked, network.sources.caller(sys._getframe(1)))

        socket.socket.listen = listen  # type: ignore[method-assign, assignment]

    def tell_listening(self, host: str, port: int, where: Line | None) -> None:
        """Tell of a listener, by the address that was asked for."""
        self.channel.emit("listening", host=host, port=port, where=where, phase=self.channel.phase)

    def _wrap_connect(self, name: str) -> None:
        """An app that asks itself, on the port that it believes to have, finds its listener."""
        original = getattr(socket.socket, name)
        network = self

        def connect(sock: socket.socket, address: Any) -> Any:
            try:
                if isinstance(address, tuple) and len(address) >= 2:
                    address = network._towards(sock, address)
            except OSError as error:
                if name == "connect":
                    raise
                return error.errno
            return original(sock, address)

        setattr(socket.socket, name, connect)

    def _towards(self, sock: socket.socket, address: tuple[Any, ...]) -> tuple[Any, ...]:
        """Where a connection goes instead."""
        host, port, *rest = address
        if str(host) in _OWN_HOSTS:
            return (host, self.moved.get(port, port), *rest)
        if self.mode:
            self._connect((sock, address))
        if self.mode == "offline":
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        if self.mode == "silent" and sock.family == socket.AF_INET:
            return tuple(self._silence[0].getsockname())
        return address

    def _wrap_names(self) -> None:
        """Names are looked up nowhere: "offline" finds none, "silent" the address of nobody."""
        original, network = socket.getaddrinfo, self
        network._silence = _full_listener() if self.mode == "silent" else []

        @wraps(original)
        def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, *rest: Any, **more: Any) -> Any:  # noqa: A002 - as the original names it
            if host is None or os.fsdecode(host) in _OWN_HOSTS:
                return original(host, port, family, type, *rest, **more)
            network._lookup((host, port))
            if network.mode == "offline":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            number = int(port) if str(port).isdigit() else _service(str(port))
            kind = type or socket.SOCK_STREAM
            return [(socket.AF_INET, kind, 0, "", (_NOBODY, number))]

        socket.getaddrinfo = getaddrinfo


def _full_listener() -> list[socket.socket]:
    """A listener of loopback, and those that fill its queue: the system leaves who comes next waiting."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        guest = socket.socket()
        guest.setblocking(False)  # noqa: FBT003 - it takes no keyword
        guest.connect_ex(listener.getsockname())
        waiting.append(guest)
    return [listener, *waiting]


def _service(name: str) -> int:
    """The port of a service such as "https", 0 where there is none of that name."""
    try:
        return socket.getservbyname(name)
    except OSError:
        return 0
