"""Sends reports to a readiness board.  Whatever the board does, it ends in time and in a warning at most."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from . import __version__
from .local_paths import shortened, shortener
from .report.text import one_line

if TYPE_CHECKING:
    import httpx

__all__ = ["TOKEN", "check_url", "publish"]

#: The variable that holds the token.
TOKEN: Final = "HFSPACE_BOARD_TOKEN"  # noqa: S105  # its name

_ROUTE: Final = "/api/reports"

#: Seconds that a board may ask to be waited for before the second attempt.
_LONGEST_PAUSE: Final = 5.0
#: Bytes of an answer, and characters of what it says.
_LARGEST_ANSWER: Final = 64 * 1024
_LONGEST_DETAIL: Final = 200
_MOST_NAMES: Final = 3

_AGAIN: Final = frozenset({429, 502, 503, 504})
#: What needs no detail of the board's.
_PLAIN: Final = {
    401: f"401, {TOKEN} is not accepted",
    404: f"404: nothing takes reports at {_ROUTE} there",
    405: f"405: nothing takes reports at {_ROUTE} there",
    413: "413: the report is larger than the board takes",
}
#: After these no other report would be taken either.
_FOR_ALL: Final = frozenset({401, 404, 405})

_WANTED: Final = "the address of a readiness board is wanted, such as https://board.example"
_CLEAR: Final = (
    "https:// is wanted, or the token would travel in the clear; "
    "http:// is for boards on localhost, 127.0.0.1 and [::1]"
)


# -- the address


def check_url(text: str) -> str:
    """The address that reports are sent to, for a board's.

    Raises ValueError with one line that says what is wanted, and quotes nothing of ``text``.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_WANTED) from None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-\[\]-~]+", text):
        raise ValueError(_WANTED)
    if "@" in parts.netloc:
        raise ValueError(f"an address without user and password is wanted: the token comes from {TOKEN}")
    if "?" in text or "#" in text:
        raise ValueError("an address without ? and # is wanted, such as https://board.example")
    if port == 0 or not _is_host(host):
        raise ValueError(_WANTED)
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(_CLEAR)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{place}{path.removesuffix(_ROUTE)}{_ROUTE}"


def _is_host(host: str) -> bool:
    return (
        _address(host) is not None or re.fullmatch(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?", host) is not None
    )


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else bool(address.is_loopback)


def _address(host: str) -> Any:
    from ipaddress import ip_address

    try:
        return ip_address(host)
    except ValueError:
        return None


# -- sending


@dataclass(frozen=True)
class _Failure:
    """Why a report was not taken.  ``for_all``: nor would another be; ``pause``: the seconds after
    which it may be sent again, None where that would not help."""

    reason: str
    for_all: bool = False
    pause: float | None = None


def publish(
    url: str,
    token: str,
    documents: Sequence[Mapping[str, Any]],
    *,
    each: float = 10.0,
    total: float = 30.0,
    pause: float = 0.5,
) -> list[str]:
    """Send every document; what comes back is a line for each reason why some were not taken.

    ``url``: what :func:`check_url` gave.  ``each``, ``total``: seconds for one document and for all;
    ``pause``: before a second attempt.  Raises nothing.
    """
    try:
        address = check_url(url)
    except ValueError as error:
        return [f"not published: {error}"]
    token = token.strip()
    failures: dict[str, list[str]] = {}
    failure = _unusable(token)
    board = _Board(address, token, pause)
    end = time.monotonic() + total
    shorten = shortener(_root(document) for document in documents)
    for document in documents:
        if failure is None or not failure.for_all:
            seconds = min(each, end - time.monotonic())
            failure = board.deliver(document, shorten, seconds)
        if failure is not None:
            failures.setdefault(failure.reason, []).append(shorten(_root(document)))
    shown = address.removesuffix(_ROUTE)
    return [
        _redacted(
            f"not published to {shown}: {reason}{_names(names) if len(names) < len(documents) else ''}", token
        )
        for reason, names in failures.items()
    ]


def _unusable(token: str) -> _Failure | None:
    if not token:
        return _Failure(f"{TOKEN} is not set", for_all=True)
    if not re.fullmatch(r"[!-~]+", token):
        return _Failure(f"{TOKEN} holds other characters than visible ASCII", for_all=True)
    return None


def _names(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return f" ({', '.join(names[:_MOST_NAMES])}{f' and {more} more' if more > 0 else ''})"


def _redacted(text: str, token: str) -> str:
    text = one_line(text)
    return re.sub(re.escape(token), f"<{TOKEN}>", text, flags=re.IGNORECASE) if token else text


def _root(document: Mapping[str, Any]) -> str:
    space = document.get("space")
    return str(space.get("root", "")) if isinstance(space, Mapping) else ""


class _Wire:
    """The connections of one thread, which another one can cut, whatever the first waits for there.

    A limit for each read would not do: a board may send a byte at a time, without end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = threading.Event()

    def follow(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpx for all that it does."""
        if event.endswith("connect_tcp.complete"):
            # a copy, as TLS takes the socket over
            copy = info["return_value"].get_extra_info("socket").dup()
            with self._lock:
                self._sockets.append(copy)
            if self._is_cut.is_set():
                self.cut()

    def wait(self, seconds: float) -> bool:
        """Wait; True as soon as it is cut."""
        return self._is_cut.wait(seconds)

    def cut(self) -> None:
        """End what is there, and what is yet to come."""
        self._is_cut.set()
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of what is there."""
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()


@dataclass(frozen=True)
class _Board:
    """Where reports go.  ``pause``: seconds before a second attempt."""

    address: str
    token: str
    pause: float

    def deliver(
        self, document: Mapping[str, Any], shorten: Callable[[str], str], seconds: float
    ) -> _Failure | None:
        """Send one document in a thread of its own: a name server cannot be hurried by other means."""
        if seconds <= 0:
            return _Failure("no time was left", for_all=True)
        wire = _Wire()
        outcome: list[_Failure | None] = []

        def work() -> None:
            try:
                outcome.append(self._send(document, shorten, wire, time.monotonic() + seconds))
            except Exception as error:  # noqa: BLE001  # the run ends as it would without a board
                outcome.append(_Failure(f"it cannot be sent: {type(error).__name__}"))

        thread = threading.Thread(target=work, name="hfspace-publish", daemon=True)
        try:
            thread.start()
            thread.join(seconds)
        except RuntimeError:
            return _Failure("no thread can be started", for_all=True)
        finally:
            known = list(outcome)
            wire.cut()
        if known:
            return known[0]
        thread.join(0.2)  # its connection is cut: it leaves nothing behind
        return _Failure(f"it did not answer within {seconds:.2g} s")

    def _send(
        self, document: Mapping[str, Any], shorten: Callable[[str], str], wire: _Wire, end: float
    ) -> _Failure | None:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(document.get("id", "")),
            "User-Agent": f"pytest-hfspace/{__version__}",
        }
        body = json.dumps(shortened(document, shorten)).encode("ascii")
        failure = self._attempt(headers, body, wire, end)
        if failure is None or failure.pause is None or failure.pause >= end - time.monotonic():
            return failure
        return failure if wire.wait(failure.pause) else self._attempt(headers, body, wire, end)

    def _attempt(self, headers: dict[str, str], body: bytes, wire: _Wire, end: float) -> _Failure | None:
        import httpx

        is_here = _is_loopback(urlsplit(self.address).hostname or "")
        # the wire is cut at the end; this is for a thread that has none yet
        timeout = max(0.0, end - time.monotonic()) + 1
        try:
            with (
                # a client with a transport of its own uses no proxy
                httpx.Client(transport=httpx.HTTPTransport() if is_here else None, timeout=timeout) as client,
                client.stream(
                    "POST",
                    self.address,
                    content=body,
                    headers=headers,
                    extensions={"trace": wire.follow},
                    follow_redirects=False,
                ) as response,
            ):
                return self._judge(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            return _Failure(f"cannot be reached: {_cause(error)}", for_all=True)
        except httpx.TransportError:
            return _Failure("the connection broke before an answer came", pause=self.pause)
        finally:
            wire.close()

    def _judge(self, response: httpx.Response) -> _Failure | None:
        status = response.status_code
        if response.is_success:
            if "html" in response.headers.get("content-type", "").lower():
                return _Failure(f"{status}: a web page is there, no readiness board", for_all=True)
            return None
        if response.is_redirect:
            return _Failure(
                f"{status}: it sends to another address, where the token does not follow", for_all=True
            )
        if status in _PLAIN:
            return _Failure(_PLAIN[status], for_all=status in _FOR_ALL)
        detail = _redacted(_detail(_first(response)), self.token) or _phrase(status)
        if len(detail) > _LONGEST_DETAIL:
            detail = f"{detail[: _LONGEST_DETAIL - 1]}…"
        return _Failure(f"{status}: {detail}", pause=self._pause(response) if status in _AGAIN else None)

    def _pause(self, response: httpx.Response) -> float | None:
        asked = response.headers.get("retry-after", "").strip()
        if not re.fullmatch(r"\d+", asked, re.ASCII):
            return self.pause
        return float(asked) if float(asked) <= _LONGEST_PAUSE else None


def _first(response: httpx.Response) -> bytes:
    """What comes of the answer, not much of it; not unpacked, for that could become anything."""
    import httpx

    body = b""
    with contextlib.suppress(httpx.TransportError):
        for part in response.iter_raw():
            body += part
            if len(body) > _LARGEST_ANSWER:
                break
    return body[:_LARGEST_ANSWER]


def _detail(body: bytes) -> str:
    """What a problem (RFC 9457, or FastAPI's) says, with the first member that is to blame."""
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(problem, dict):
        return ""
    detail, errors = problem.get("detail") or problem.get("title"), problem.get("errors")
    if isinstance(detail, list):
        detail, errors = "", detail
    said = [detail] if isinstance(detail, str) and detail else []
    first = errors[0] if isinstance(errors, list) and errors else None
    if isinstance(first, dict) and isinstance(first.get("msg"), str):
        place = first.get("loc")
        keys = [key for key in place if isinstance(key, (str, int))] if isinstance(place, list) else []
        said.append(": ".join(filter(None, (".".join(map(str, keys)), first["msg"]))))
    return " ".join(said)


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _cause(error: BaseException) -> str:
    """Why there is no connection, in the words of the system."""
    import ssl

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS fails: {(cause.reason or 'no reason given').replace('_', ' ').lower()}"
        if isinstance(cause, socket.gaierror):
            return "its name has no address"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return str(error)[:_LONGEST_DETAIL] or type(error).__name__
