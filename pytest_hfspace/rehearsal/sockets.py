"""A handshake with a WebSocket route, by the installed ``websockets``, and a message to its handler."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

from ..contract import EMBEDDING_ORIGIN, SPACE_HOST
from .facts import Request
from .visitor import Answer

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

#: how long, in seconds, an opened socket is listened to before something is said, and after that
LISTEN, REPLY = 0.05, 0.2
#: with these a server ends a connection whose handler has raised; None is a dropped connection
_BROKEN = frozenset({None, 1006, 1011, 1012})


class Handshake(NamedTuple):
    """``impossible``: why there could be none, or "".  ``sent``: the handler waited, and was sent the
    message.  ``broken``: the server then ended the connection as it does after an exception."""

    answer: Answer = Answer()
    impossible: str = ""
    sent: bool = False
    broken: bool = False


def shake_hands(
    request: Request, port: int, peer: str, seconds: float, message: str | bytes | None = None
) -> Handshake:
    """Open, say the message to a handler that stays, and close."""
    if importlib.util.find_spec("websockets") is None:
        return Handshake(impossible="needs the package websockets to shake hands (pip install websockets)")
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Origin

    started = time.monotonic()
    try:
        sock = socket.create_connection(("127.0.0.1", port), seconds, (peer, 0))
    except OSError as error:
        problem = f"the connection was dropped during the handshake ({type(error).__name__})"
        return Handshake(Answer(problem=problem, dropped=True, seconds=time.monotonic() - started))
    known = {"peer": sock.getsockname()[1], "number": 0}
    try:
        with connect(
            f"ws://{SPACE_HOST}{request.path}",
            sock=sock,
            origin=Origin(EMBEDDING_ORIGIN),
            additional_headers=[
                *request.headers,
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-For", "203.0.113.9"),
            ],
            open_timeout=seconds,
            close_timeout=seconds,
            proxy=None,
        ) as connection:
            elapsed = time.monotonic() - started
            sent, broken = _talk(connection, message)
        return Handshake(Answer(status=101, seconds=elapsed, **known), sent=sent, broken=broken)
    except InvalidStatus as refusal:
        elapsed = time.monotonic() - started
        return Handshake(Answer(status=refusal.response.status_code, seconds=elapsed, **known))
    except TimeoutError:
        elapsed = time.monotonic() - started
        problem = f"no answer to the handshake within {seconds:g} s"
        return Handshake(Answer(problem=problem, timed_out=True, seconds=elapsed, **known))
    except (OSError, EOFError, InvalidHandshake) as error:
        elapsed = time.monotonic() - started
        problem = f"the connection was dropped during the handshake ({type(error).__name__})"
        return Handshake(Answer(problem=problem, dropped=True, seconds=elapsed, **known))
    finally:
        sock.close()


def _talk(connection: ClientConnection, message: str | bytes | None) -> tuple[bool, bool]:
    """Listen, speak, listen: whether the message was sent, and the connection broken after it."""
    from websockets.exceptions import ConnectionClosed

    sent = False
    try:
        _listen(connection, LISTEN)
        if message is not None:
            connection.send(message)
            sent = True
            _listen(connection, REPLY)
    except ConnectionClosed as closed:
        return sent, (closed.rcvd.code if closed.rcvd else None) in _BROKEN
    return sent, False


def _listen(connection: ClientConnection, seconds: float) -> None:
    try:
        connection.recv(timeout=seconds)
    except TimeoutError:
        return


def hold_socket(request: Request, port: int, peer: str, seconds: float) -> ClientConnection | None:
    """An open WebSocket, to be closed by the caller; None where that fails."""
    if importlib.util.find_spec("websockets") is None:
        return None
    from websockets.exceptions import InvalidHandshake
    from websockets.sync.client import connect
    from websockets.typing import Origin

    sock = None
    try:
        sock = socket.create_connection(("127.0.0.1", port), seconds, (peer, 0))
        opening = connect(
            f"ws://{SPACE_HOST}{request.path}",
            sock=sock,
            origin=Origin(EMBEDDING_ORIGIN),
            additional_headers=[*request.headers, ("X-Forwarded-Proto", "https")],
            open_timeout=seconds,
            close_timeout=seconds,
            proxy=None,
        )
        # entered, for newer versions warn of a connection that is not; never left, for that closes it
        return contextlib.ExitStack().enter_context(opening)
    except (OSError, EOFError, InvalidHandshake):
        if sock is not None:
            sock.close()
        return None
