"""Ends a running app as the Hub does, with visitors who have not left yet."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from .facts import Shutdown, Visit
from .log import Log
from .process import AppProcess
from .sockets import hold_socket
from .start import ask_where
from .visitor import PEER, hold_open, other_peer

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

#: how long, in seconds, a connection is held open after SIGTERM: as long as a server should wait
HELD = 5.0
#: how long, in seconds, an app may take to end once nobody is connected any more
RELEASED = 2.0
#: how long, in seconds, opening a connection may take
_OPENING = 2.0


class _Held(NamedTuple):
    label: str
    is_open: Callable[[], bool]
    close: Callable[[], None]


def stop(process: AppProcess, log: Log, visits: Sequence[Visit], patience: float) -> Shutdown:
    """SIGTERM, with a stream and a WebSocket open if the app has some, and its exit within
    ``patience`` seconds."""
    with contextlib.ExitStack() as stack:
        held = [] if _is_limited(log) else list(_hold(process, visits))
        for each in held:
            stack.callback(each.close)
        asked = time.monotonic()
        process.order("term")
        kept = _release(process, log, held, asked)
        names = tuple(each.label for each in held)
        if _ends(process, log, asked + max(patience, HELD + RELEASED if held else 0.0)):
            seconds = time.monotonic() - asked
            raised = log.shutdown_raised
            return Shutdown(seconds, status=log.status, raised=raised, held=names, kept_by=kept)
        where = ask_where(process, log)
        return Shutdown(time.monotonic() - asked, timed_out=True, stuck_at=where, held=names)


def _is_limited(log: Log) -> bool:
    """Does the server itself limit how long it waits for connections, or is another one meant?"""
    return bool(log.in_place_of) or any(each.graceful is not None for each in log.listeners)


def _hold(process: AppProcess, visits: Sequence[Visit]) -> Iterator[_Held]:
    """Open one stream and one WebSocket, of the routes that had no problem with it."""
    peer = "127.0.0.1" if other_peer() else PEER
    fine = [visit for visit in visits if visit.kind == "valid" and not (visit.problem or visit.raised)]
    streams = sorted(
        (visit for visit in fine if visit.streamed), key=lambda visit: visit.request.method != "GET"
    )
    for visit in streams[:1]:
        sock = hold_open(visit.request, process.port, peer, _OPENING)
        if sock is not None:
            sock.setblocking(False)  # noqa: FBT003 - it takes no keyword
            yield _Held(visit.route, partial(_is_open, sock), sock.close)
    for visit in [visit for visit in fine if visit.status == 101][:1]:
        connection = hold_socket(visit.request, process.port, peer, _OPENING)
        if connection is not None:
            yield _Held(visit.route, partial(_is_connected, connection), connection.close)


def _is_connected(connection: ClientConnection) -> bool:
    return connection.state.name == "OPEN"


def _is_open(sock: socket.socket) -> bool:
    try:
        while sock.recv(1 << 16):
            continue
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _release(process: AppProcess, log: Log, held: Sequence[_Held], asked: float) -> tuple[str, ...]:
    """Leave when the app has had time to end; the connections without which it ended then."""
    if not held or _ends(process, log, asked + HELD):
        return ()
    kept = tuple(each.label for each in held if each.is_open())
    for each in held:
        each.close()
    return kept if _ends(process, log, time.monotonic() + RELEASED) else ()


def _ends(process: AppProcess, log: Log, until: float) -> bool:
    while log.status is None and not log.gone:
        event = process.next_event(until)
        if event is None:
            return False
        log.take(event)
    return True
