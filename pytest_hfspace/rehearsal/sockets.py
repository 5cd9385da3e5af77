"""A handshake with a WebSocket route, by the installed ``websockets``."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import time

from ..contract import EMBEDDING_ORIGIN, SPACE_HOST
from .facts import Request
from .visitor import Answer

#: how long, in seconds, an opened socket is listened to before it is closed
LISTEN = 0.05


def shake_hands(request: Request, port: int, peer: str, seconds: float) -> tuple[Answer, str]:
    """Open and close; the answer, and why there could be none ("" if there was)."""
    if importlib.util.find_spec("websockets") is None:
        return Answer(), "needs the package websockets to shake hands (pip install websockets)"
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Origin

    started = time.monotonic()
    sock = socket.create_connection(("127.0.0.1", port), seconds, (peer, 0))
    local = sock.getsockname()[1]
    known = {"peer": local, "number": 0}
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
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                connection.recv(timeout=LISTEN)
        return Answer(status=101, seconds=elapsed, **known), ""
    except InvalidStatus as refusal:
        elapsed = time.monotonic() - started
        return Answer(status=refusal.response.status_code, seconds=elapsed, **known), ""
    except TimeoutError:
        elapsed = time.monotonic() - started
        problem = f"no answer to the handshake within {seconds:g} s"
        return Answer(problem=problem, timed_out=True, seconds=elapsed, **known), ""
    except (OSError, EOFError, InvalidHandshake) as error:
        elapsed = time.monotonic() - started
        problem = f"the connection was dropped during the handshake ({type(error).__name__})"
        return Answer(problem=problem, dropped=True, seconds=elapsed, **known), ""
    finally:
        sock.close()
