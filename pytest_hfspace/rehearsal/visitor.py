"""Requests as the Hub's edge sends them, on a kept-alive connection, each with a deadline."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import sys
import time
from typing import NamedTuple

from ..contract import SPACE_HOST
from .facts import Request

#: how much of a body is kept, and how much is read before the rest is left
KEPT_BODY = 64 * 1024
READ_BODY = 4 * 1024 * 1024
#: how long, in seconds, a stream that has begun may be silent, and how long it is listened to
STREAM_PATIENCE = 0.25
STREAM_LIMIT = 0.5
#: a server that closes an idle connection does so at once, and not after so many seconds
IDLE_CLOSE = 1.0

_TOO_MANY = 429

#: uvicorn trusts 127.0.0.1: seen from there, no proxy problem shows
PEER = "127.0.0.2"

#: a network for examples (RFC 5737), and how often a limit for each visitor is evaded
ADDRESS = "203.0.113.{}"
_FIRST_ADDRESS, _LAST_ADDRESS = 9, 250

_EDGE_HEADERS = (
    ("Host", SPACE_HOST),
    ("X-Forwarded-For", ADDRESS.format(_FIRST_ADDRESS)),
    ("X-Forwarded-Proto", "https"),
    ("User-Agent", "Mozilla/5.0 (pytest-hfspace)"),
    ("Accept", "*/*"),
)


class Answer(NamedTuple):
    """``problem`` says why there is no status; ``timed_out`` and ``dropped`` which kind it is."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    streamed: bool = False
    problem: str = ""
    timed_out: bool = False
    dropped: bool = False
    peer: int = 0
    number: int = 0


def other_peer() -> str:
    """Why requests cannot come from a peer that is not 127.0.0.1, or ""."""
    try:
        with socket.socket() as probe:
            probe.bind((PEER, 0))
    except OSError:
        return f"this system ({sys.platform}) has no loopback address but 127.0.0.1, which uvicorn trusts"
    return ""


class _Timed(io.RawIOBase):
    """A socket as a file whose every read counts against one deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.deadline = 0.0
        self.received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        count = self.sock.recv_into(buffer)
        self.received += count
        return count


class _Readable:
    """What ``HTTPResponse`` asks of a socket."""

    def __init__(self, raw: _Timed) -> None:
        self.raw = raw

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.raw, 1 << 16)


class Visitor:
    """One connection at a time to a server on loopback."""

    def __init__(self, port: int, peer: str) -> None:
        self.port = port
        self.peer = peer
        self._sock: socket.socket | None = None
        self._local = 0
        self._number = -1
        self._received = 0
        self._address = _FIRST_ADDRESS

    def close(self) -> None:
        """Leave."""
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.close()
        self._sock = None

    def visit(self, request: Request, seconds: float, keep: int = KEPT_BODY) -> Answer:
        """Send one request and take its answer, a stream's up to its first chunk, of the body the
        first ``keep`` bytes.

        A connection that the server has closed after an earlier answer is no fault of this
        request: it is then sent once more, on a new one.  Nor is it the request's fault that one
        visitor has made so many: after a 429 the next visitor makes it, from another address.
        """
        answer = self._steady(request, seconds, keep)
        if answer.status == _TOO_MANY and self._address < _LAST_ADDRESS:
            self._address += 1
            again = self._steady(request, seconds, keep)
            return answer if again.status is None else again
        return answer

    def _steady(self, request: Request, seconds: float, keep: int) -> Answer:
        reused = self._sock is not None
        answer = self._visit(request, seconds, keep)
        idle = reused and answer.dropped and not self._received and answer.seconds < IDLE_CLOSE
        return self._visit(request, seconds, keep) if idle else answer

    def _visit(self, request: Request, seconds: float, keep: int) -> Answer:
        started = time.monotonic()
        deadline = started + seconds
        raw: _Timed | None = None
        try:
            sock = self._connect(deadline)
            self._number += 1
            raw = _Timed(sock)
            raw.deadline = deadline
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            sock.sendall(_wire(self._named(request)))
            response = http.client.HTTPResponse(_Readable(raw), method=request.method)  # type: ignore[arg-type]
            with contextlib.closing(response):
                response.begin()
                first = time.monotonic() - started
                body, streamed, complete = self._body(response, raw, deadline, keep)
        except TimeoutError:
            self.close()
            return self._none(started, f"no answer within {seconds:g} s", timed_out=True)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return self._none(started, _dropped(error), dropped=True)
        finally:
            self._received = raw.received if raw is not None else 0
        answer = Answer(
            response.status,
            tuple(response.getheaders()),
            body,
            first,
            streamed,
            peer=self._local,
            number=self._number,
            problem="" if complete else "the connection was dropped in the middle of the answer",
        )
        if streamed or not complete or response.will_close or response.status >= 500:
            self.close()
        return answer

    def _named(self, request: Request) -> Request:
        """With the address of the visitor of now, unless the request has one of its own."""
        is_told = any(name.lower() == "x-forwarded-for" for name, _ in request.headers)
        if is_told or self._address == _FIRST_ADDRESS:
            return request
        address = ("X-Forwarded-For", ADDRESS.format(self._address))
        return request._replace(headers=(*request.headers, address))

    def _connect(self, deadline: float) -> socket.socket:
        if self._sock is None:
            self._sock = socket.create_connection(
                ("127.0.0.1", self.port), max(0.1, deadline - time.monotonic()), (self.peer, 0)
            )
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local = self._sock.getsockname()[1]
            self._number = -1
        return self._sock

    def _body(
        self, response: http.client.HTTPResponse, raw: _Timed, deadline: float, keep: int
    ) -> tuple[bytes, bool, bool]:
        """The body, whether it was left as a stream, and whether what was promised came."""
        kept = bytearray()
        read = 0
        limit = min(deadline, time.monotonic() + STREAM_LIMIT)
        open_ended = response.length is None and not response.isclosed()
        if open_ended:  # a stream may never end, and what has come by now is answer enough
            raw.deadline = min(limit, time.monotonic() + STREAM_PATIENCE)
        try:
            while not response.isclosed():
                data = response.read1(1 << 16)
                if not data:
                    break
                read += len(data)
                kept += data[: keep - len(kept)]
                if read > READ_BODY:
                    return bytes(kept), True, True
        except TimeoutError:
            if open_ended:
                return bytes(kept), True, True
            raise
        except (OSError, http.client.HTTPException):
            return bytes(kept), False, False
        return bytes(kept), False, not response.length

    def _none(self, started: float, problem: str, **kind: bool) -> Answer:
        return Answer(
            problem=problem,
            seconds=time.monotonic() - started,
            peer=self._local,
            number=self._number,
            **kind,  # type: ignore[arg-type]  # timed_out and dropped
        )


def _wire(request: Request) -> bytes:
    own = {name.lower() for name, _ in request.headers}
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in _EDGE_HEADERS if name.lower() not in own]
    lines += [f"{name}: {value}" for name, value in request.headers if name.lower() != "content-length"]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + request.body


def _dropped(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return "the connection was dropped without an answer"
    if isinstance(error, http.client.LineTooLong) or "headers" in str(error):
        return "the answer's header is longer than 64 KiB or 100 lines"
    return f"the answer is not HTTP ({type(error).__name__})"


def hold_open(request: Request, port: int, peer: str, seconds: float) -> socket.socket | None:
    """A connection of its own on which this request is being answered; None where that fails."""
    sock = None
    try:
        sock = socket.create_connection(("127.0.0.1", port), seconds, (peer, 0))
        sock.sendall(_wire(request))
        if sock.recv(1 << 16):
            return sock
    except OSError:
        pass
    if sock is not None:
        sock.close()
    return None
