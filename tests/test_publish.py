"""Reports on their way to a board: what is sent, and what becomes of a board that fails or means ill."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

# Their import would count towards the first deadline.  And httpx imports httpcore at its first request,
# whose errors it then knows: it must not be an import that pytester takes back after its test.
import httpcore  # noqa: F401
import httpx  # noqa: F401
import pytest

from pytest_hfspace import __version__
from pytest_hfspace.local_paths import shortener
from pytest_hfspace.publish import check_url, publish

TOKEN = "board-token-1234"
CLEAR = (
    "https:// is wanted, or the token would travel in the clear; "
    "http:// is for boards on localhost, 127.0.0.1 and [::1]"
)
CREATED = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n" + b'{"id":"x"}'
)


class Server:
    """A server on loopback that gives the next of its answers to each connection, the last for ever.

    An answer is bytes, sent as they are, or a function of the connection and of the event at the end.
    """

    def __init__(self, *answers: Any, reads: bool = True, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.closing = threading.Event()
        self._answers, self._reads, self._context = list(answers), reads, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                if self._reads:
                    self.requests.append(_request(connection))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if callable(answer):
                    answer(connection, self.closing)
                else:
                    connection.sendall(answer)


def _request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    with connection.makefile("rb") as file:
        first = file.readline().decode().strip()
        headers = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return first, headers, file.read(int(headers.get("content-length", 0)))


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*answers: Any, **options: Any) -> Server:
        servers.append(Server(*answers, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
    assert [thread for thread in threading.enumerate() if thread.name == "hfspace-publish"] == []


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(status: int, detail: Any, **members: Any) -> bytes:
    return answer(status, json.dumps({"status": status, "detail": detail, **members}).encode())


def document(root: str = "/home/ada/work/chat", **members: Any) -> dict[str, Any]:
    return {"schema": 1, "id": "a1b2", "space": {"root": root, "sdk": "docker"}, "checks": [], **members}


def sent(server: Server, *documents: dict[str, Any], token: str = TOKEN, **options: float) -> list[str]:
    return publish(server.url, token, documents or [document()], **{"pause": 0.0, **options})


def only(server: Server, *documents: dict[str, Any], **options: Any) -> str:
    (line,) = sent(server, *documents, **options)
    assert line.startswith(f"not published to {server.url}: ")
    assert line.isprintable()
    return line.removeprefix(f"not published to {server.url}: ")


# -- the address


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://board.example", "https://board.example/api/reports"),
        ("https://board.example/", "https://board.example/api/reports"),
        (" https://board.example\n", "https://board.example/api/reports"),
        ("HTTPS://Board.Example:8443", "https://board.example:8443/api/reports"),
        ("https://board.example/api/reports", "https://board.example/api/reports"),
        ("https://board.example/api/reports/", "https://board.example/api/reports"),
        ("https://board.example/team/a/", "https://board.example/team/a/api/reports"),
        ("https://board.example/team/api/reports", "https://board.example/team/api/reports"),
        ("https://owner-board.hf.space", "https://owner-board.hf.space/api/reports"),
        ("https://10.0.0.7", "https://10.0.0.7/api/reports"),
        ("https://[2001:db8::1]:7860/", "https://[2001:db8::1]:7860/api/reports"),
        ("http://localhost:7860", "http://localhost:7860/api/reports"),
        ("http://127.0.0.1:7860/", "http://127.0.0.1:7860/api/reports"),
        ("http://127.8.9.10", "http://127.8.9.10/api/reports"),
        ("http://[::1]:7860", "http://[::1]:7860/api/reports"),
    ],
)
def test_an_address(text: str, wanted: str) -> None:
    assert check_url(text) == wanted
    assert check_url(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *[
            (text, "the address of a readiness board is wanted, such as https://board.example")
            for text in (
                "",
                "board.example",
                "//board.example",
                "https://",
                "https:///api/reports",
                "https://:443",
                "ftp://board.example",
                "file:///etc/passwd",
                "https://board.example:99999",
                "https://board.example:0",
                "https://board.example:port",
                "https://board example",
                "https://board.example/a\nb",
                "https://board.example\\@evil.example",
                "https://[::1",
                "https://bo%61rd.example",
                "https://bücher.example",
                "https://-board.example",
            )
        ],
        *[
            (
                text,
                CLEAR,
            )
            for text in (
                "http://board.example",
                "http://10.0.0.7",
                "http://0.0.0.0:7860",
                "http://localhost.board.example",
                "http://127.0.0.1.board.example",
                "http://127.1",
                "http://[::]",
            )
        ],
        *[
            (
                text,
                "an address without user and password is wanted: the token comes from HFSPACE_BOARD_TOKEN",
            )
            for text in (
                "https://ada:hunter2@board.example",
                "http://hunter2@localhost",
                "https://@board.example",
            )
        ],
        *[
            (text, "an address without ? and # is wanted, such as https://board.example")
            for text in (
                "https://board.example/?token=hunter2",
                "https://board.example/#hunter2",
                "https://b.example/?",
            )
        ],
    ],
)
def test_what_is_no_address(text: str, wanted: str) -> None:
    with pytest.raises(ValueError, match="wanted") as raised:
        check_url(text)
    assert str(raised.value) == wanted
    assert "hunter2" not in repr(raised.value)
    assert publish(text, TOKEN, [document()]) == [f"not published: {wanted}"]


# -- what is sent


def test_a_report_is_sent(serve: Serve) -> None:
    server = serve(CREATED)
    assert sent(server) == []
    ((first, headers, body),) = server.requests
    assert first == "POST /api/reports HTTP/1.1"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["idempotency-key"] == "a1b2"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == f"pytest-hfspace/{__version__}"
    assert json.loads(body) == {**document(), "space": {"root": "chat", "sdk": "docker"}}


def test_each_report_is_sent_under_its_own_id(serve: Serve) -> None:
    server = serve(CREATED)
    assert sent(server, document(id="one"), document(id="two"), document(id="three")) == []
    assert [headers["idempotency-key"] for _, headers, _ in server.requests] == ["one", "two", "three"]
    assert [json.loads(body)["id"] for *_, body in server.requests] == ["one", "two", "three"]


def test_a_path_before_the_route(serve: Serve) -> None:
    server = serve(CREATED)
    assert publish(f"{server.url}/team/", TOKEN, [document()]) == []
    assert server.requests[0][0] == "POST /team/api/reports HTTP/1.1"


def test_nothing_to_send(serve: Serve) -> None:
    server = serve(CREATED)
    assert publish(server.url, TOKEN, []) == []
    assert publish(server.url, "", []) == []
    assert server.requests == []


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_will_do(serve: Serve, status: int) -> None:
    assert sent(serve(answer(status))) == []


def test_a_success_is_not_read_to_its_end(serve: Serve) -> None:
    assert sent(serve(endless(b"HTTP/1.1 201 Created\r\n\r\n", b"x" * 65536))) == []


def test_a_token_with_a_line_feed(serve: Serve) -> None:
    server = serve(CREATED)
    assert sent(server, token=f"{TOKEN}\n") == []
    assert server.requests[0][1]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "HFSPACE_BOARD_TOKEN is not set"),
        (" \n", "HFSPACE_BOARD_TOKEN is not set"),
        ("two words", "HFSPACE_BOARD_TOKEN holds other characters than visible ASCII"),
        ("line\r\nX-Evil: 1", "HFSPACE_BOARD_TOKEN holds other characters than visible ASCII"),
        ("schlüssel", "HFSPACE_BOARD_TOKEN holds other characters than visible ASCII"),
    ],
)
def test_nothing_is_sent_without_a_usable_token(serve: Serve, token: str, reason: str) -> None:
    server = serve(CREATED)
    assert only(server, document("/w/s/a"), document("/w/s/b"), token=token) == reason
    assert server.requests == []


def test_nothing_of_this_machine_is_sent(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/ada")
    root = "/srv/agent 7/bücher  club/spaces/chat"
    server = serve(CREATED)
    hidden = document(
        root,
        checks=[{"findings": [{"message": f"No such file: '{root}/data/x.db' (of {root})."}]}],
        not_rehearsed=[f"{' '.join(root.split())}/main.py:3", ascii(root)],
        environment={f"{root}/.env": ["file:///srv/agent%207/b%C3%BCcher%20%20club/spaces/chat/a.db"]},
        routes=["/srv/agent 7/bücher  club/lib/x.py", "/users/ada/.cache/x", f"{root}2/x"],
    )
    assert sent(server, hidden) == []
    body = server.requests[0][2].decode()
    for trace in ("agent", "club", "ada", "srv"):
        assert trace not in body
    assert json.loads(body) == {
        **document("chat"),
        "checks": [{"findings": [{"message": "No such file: 'chat/data/x.db' (of chat)."}]}],
        "not_rehearsed": ["chat/main.py:3", "'chat'"],
        "environment": {"chat/.env": ["file://chat/a.db"]},
        "routes": ["…/lib/x.py", "~/.cache/x", "…/chat2/x"],
    }


@pytest.mark.parametrize(
    ("root", "text", "wanted"),
    [
        ("/app", "/app", "app"),
        ("/app", "COPY . /app/src", "COPY . /app/src"),
        ("/", "/", "/"),
        (".", "a.b", "a.b"),
        ("", "/home", "/home"),
        ("/w/chat", "see/w/chat and -/w/chat", "see/w/chat and -/w/chat"),
        ("/w/chat", "at /w/chat, /w/chat. /w/chat:3", "at chat, chat. chat:3"),
        ("/w/chat", "/w/chat.bak /w/chatter", "/w/chat.bak /w/chatter"),
        ("/w/a(b)[c]", "/w/a(b)[c]/x", "a(b)[c]/x"),
    ],
)
def test_what_counts_as_a_path_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, root: str, text: str, wanted: str
) -> None:
    monkeypatch.setenv("HOME", "/root")
    assert shortener([root])(text) == wanted


# -- boards that refuse


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (problem(401, "A publisher's bearer token is needed."), "401, HFSPACE_BOARD_TOKEN is not accepted"),
        (problem(403, "This token is for acme/*."), "403: This token is for acme/*."),
        (answer(404), "404: nothing takes reports at /api/reports there"),
        (answer(405), "405: nothing takes reports at /api/reports there"),
        (problem(409, "Another report has this id."), "409: Another report has this id."),
        (answer(413), "413: the report is larger than the board takes"),
        (
            problem(
                422, "The request is not valid.", errors=[{"loc": ["body", "space", 0], "msg": "no name"}]
            ),
            "422: The request is not valid. body.space.0: no name",
        ),
        (problem(422, [{"loc": ["body", "id"], "msg": "Field required"}]), "422: body.id: Field required"),
        (answer(400, b'{"title": "Bad", "type": "about:blank"}'), "400: Bad"),
        (answer(500), "500: Internal Server Error"),
        (
            answer(299, b"<p>", Content_Type="text/html; charset=utf-8"),
            "299: a web page is there, no readiness board",
        ),
        (answer(799), "799: no reason given"),
        (problem(503, "Publishing is off: set BOARD_TOKENS."), "503: Publishing is off: set BOARD_TOKENS."),
    ],
)
def test_a_refusal_is_one_line(serve: Serve, given: bytes, reason: str) -> None:
    assert only(serve(given)) == reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"detail": ' + b"9" * 5_000 + b"}",
        b"[1]",
        b"null",
        b'{"detail": {"a": 1}, "errors": {"b": 2}}',
        b'{"detail": null, "errors": [7]}',
        b'{"errors": [{"loc": 3, "msg": []}]}',
        b'{"detail": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_an_answer_that_says_nothing(serve: Serve, body: bytes) -> None:
    assert only(serve(answer(500, body))) == "500: Internal Server Error"


def test_what_a_board_says_is_one_short_line(serve: Serve) -> None:
    said = only(serve(problem(400, "a\r\nb\t\x1b[31mred\u202e\u2028 \ud800" + "x" * 500)))
    assert said.startswith("400: a b \\x1b[31mred\\u202e \\ud800xxx")
    assert len(said) == len("400: ") + 200
    assert said.endswith("x…")


def test_the_token_is_not_shown(serve: Serve) -> None:
    echoed = f"Bearer {TOKEN} {TOKEN.upper()} {'y' * 150}{TOKEN}"
    said = only(serve(problem(400, echoed, errors=[{"loc": [TOKEN], "msg": TOKEN}])))
    assert TOKEN not in said.lower()
    assert said.startswith("400: Bearer <HFSPACE_BOARD_TOKEN> <HFSPACE_BOARD_TOKEN> yyy")


def test_a_token_in_the_address_is_not_shown(serve: Serve) -> None:
    server = serve(answer(404))
    (line,) = publish(f"{server.url}/{TOKEN}", TOKEN, [document()])
    assert line.startswith(f"not published to {server.url}/<HFSPACE_BOARD_TOKEN>: 404")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(serve: Serve, status: int) -> None:
    other = serve(CREATED)
    server = serve(answer(status, Location=f"{other.url}/api/reports"))
    assert only(server) == f"{status}: it sends to another address, where the token does not follow"
    assert (len(server.requests), other.requests) == (1, [])


def test_one_line_for_each_reason(serve: Serve) -> None:
    server = serve(problem(400, "no"), CREATED, problem(400, "no"), answer(413))
    documents = [document(f"/w/s/{name}") for name in ("a", "b", "c", "d")]
    assert sent(server, *documents) == [
        f"not published to {server.url}: 400: no (a, c)",
        f"not published to {server.url}: 413: the report is larger than the board takes (d)",
    ]


def test_many_names(serve: Serve) -> None:
    server = serve(CREATED, answer(413))
    said = only(server, *(document(f"/w/s/{number}") for number in range(8)))
    assert said == "413: the report is larger than the board takes (1, 2, 3 and 4 more)"


@pytest.mark.parametrize("given", [answer(401), answer(404), answer(302)])
def test_what_goes_for_all_is_asked_once(serve: Serve, given: bytes) -> None:
    server = serve(given)
    only(server, *(document(f"/w/s/{number}") for number in range(8)))
    assert len(server.requests) == 1


# -- a second attempt


def closes(connection: socket.socket, closing: threading.Event) -> None:
    """The connection ends without an answer."""


@pytest.mark.parametrize(
    "first",
    [closes, b"HTTP/1.1 20", *(answer(status) for status in (429, 502, 503, 504))],
)
def test_it_is_sent_again_under_the_same_id(serve: Serve, first: Any) -> None:
    server = serve(first, CREATED)
    assert sent(server) == []
    assert [headers["idempotency-key"] for _, headers, _ in server.requests] == ["a1b2", "a1b2"]
    assert server.requests[0][2] == server.requests[1][2]


@pytest.mark.parametrize(
    ("given", "reason"),
    [(closes, "the connection broke before an answer came"), (problem(503, "full"), "503: full")],
)
def test_it_is_sent_again_once(serve: Serve, given: Any, reason: str) -> None:
    server = serve(given)
    assert only(server) == reason
    assert len(server.requests) == 2


def test_the_second_answer_counts(serve: Serve) -> None:
    assert only(serve(closes, problem(409, "taken"))) == "409: taken"


@pytest.mark.parametrize("status", [400, 401, 403, 409, 413, 422, 500, 501])
def test_what_a_second_attempt_would_not_change(serve: Serve, status: int) -> None:
    server = serve(answer(status))
    only(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("asked", "each", "attempts"),
    [
        ("0", 9, 2),
        ("6", 9, 1),
        ("3600", 9, 1),
        ("9" * 400, 9, 1),
        ("soon", 9, 2),
        ("-1", 9, 2),
        # it would be honoured if there were more time
        ("3", 2, 1),
    ],
)
def test_how_long_a_board_may_ask_to_wait(serve: Serve, asked: str, each: float, attempts: int) -> None:
    server = serve(answer(503, Retry_After=asked))
    started = time.monotonic()
    assert only(server, each=each) == "503: Service Unavailable"
    assert time.monotonic() - started < 1.5
    assert len(server.requests) == attempts


def test_a_pause_is_honoured(serve: Serve) -> None:
    server = serve(answer(429, Retry_After="1"), CREATED)
    started = time.monotonic()
    assert sent(server) == []
    assert 1.0 <= time.monotonic() - started < 5


# -- boards that are not there


def test_nothing_listens(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lines = publish(f"http://127.0.0.1:{port}", TOKEN, [document(), document()])
    assert lines == [f"not published to http://127.0.0.1:{port}: cannot be reached: connection refused"]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    lines = publish("https://board.example", TOKEN, [document()])
    assert lines == ["not published to https://board.example: cannot be reached: its name has no address"]


def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hanging(*_: Any, **__: Any) -> Any:
        released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Try again")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    started = time.monotonic()
    try:
        (line,) = publish("https://board.example", TOKEN, [document()], each=0.2)
        assert time.monotonic() - started < 2
    finally:
        released.set()
        for thread in threading.enumerate():
            if thread.name == "hfspace-publish":
                thread.join(5)
    assert line == "not published to https://board.example: it did not answer within 0.2 s"


def test_no_proxy_is_asked_for_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(CREATED), serve(CREATED)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert sent(server) == []
    assert (len(server.requests), proxy.requests) == (1, [])


def test_a_proxy_does_not_see_the_token(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    (line,) = publish("https://board.example", TOKEN, [document()])
    assert line == "not published to https://board.example: cannot be reached: 403 Forbidden"
    ((first, headers, body),) = proxy.requests
    assert first == "CONNECT board.example:443 HTTP/1.1"
    assert TOKEN not in str(headers)
    assert body == b""


def test_what_cannot_be_written_as_json(serve: Serve) -> None:
    server = serve(CREATED)
    assert only(server, document(checks=[object()])) == "it cannot be sent: TypeError"
    assert server.requests == []


def test_reports_that_are_none(serve: Serve) -> None:
    assert sent(serve(CREATED), {}, {"space": None}) == []


# -- boards that mean ill


def endless(
    start: bytes, more: bytes, pause: float = 0.0
) -> Callable[[socket.socket, threading.Event], None]:
    def send(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(start)
        while not closing.wait(pause):
            connection.sendall(more)

    return send


def silent(connection: socket.socket, closing: threading.Event) -> None:
    """Nothing comes."""
    closing.wait(5)


LATE = "it did not answer within 0.3 s"
BROKEN = "the connection broke before an answer came"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(silent, LATE, id="silence"),
        pytest.param(endless(b"HTTP/1.1 201 Created\r\nX: ", b"x", 0.01), LATE, id="a slow header"),
        pytest.param(endless(b"HTTP/1.1 500 E\r\n\r\n", b" ", 0.01), LATE, id="a slow body"),
        pytest.param(endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.001), LATE, id="always processing"),
        pytest.param(endless(b"HTTP/1.1 201 Created\r\nX: ", b"x" * 65536), BROKEN, id="a huge header"),
        pytest.param(endless(b"HTTP/1.1 201 Created\r\n", b"X: y\r\n" * 9999), BROKEN, id="many headers"),
        pytest.param(
            endless(b"HTTP/1.1 500 E\r\n\r\n", b"x" * 65536),
            "500: Internal Server Error",
            id="an endless body",
        ),
        pytest.param(
            endless(b"HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\n", b"9\r\n[[[[[[[[[\r\n" * 999),
            "500: Internal Server Error",
            id="endless chunks",
        ),
        pytest.param(
            b"HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "500: Internal Server Error",
            id="no chunk",
        ),
        pytest.param(
            b'HTTP/1.1 400 E\r\nContent-Length: 99999999999\r\n\r\n{"detail": "cut',
            "400: Bad Request",
            id="cut off",
        ),
        pytest.param(
            b"HTTP/1.1 400 E\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
            "400: Bad Request",
            id="packed",
        ),
        pytest.param(b"HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n", BROKEN, id="a negative length"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", BROKEN, id="another protocol"),
        pytest.param(b"\x00\xff" * 5000, BROKEN, id="garbage"),
        pytest.param(b"HTTP/1.1 \xff\xfe\r\n\r\n", BROKEN, id="no status"),
        pytest.param(b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n", BROKEN, id="an upgrade"),
        pytest.param(answer(503, Retry_After="1\0"), BROKEN, id="a null"),
    ],
)
def test_a_hostile_board_costs_a_line(serve: Serve, given: Any, reason: str) -> None:
    started = time.monotonic()
    # a board that comes to an end by itself is waited for, however busy this machine is
    assert only(serve(given), each=0.3 if reason == LATE else 10) == reason
    assert time.monotonic() - started < (2 if reason == LATE else 10)


def test_a_board_that_reads_nothing(serve: Serve) -> None:
    large = document(checks=["x" * 12_000_000])
    assert only(serve(silent, reads=False), large, each=0.5) == "it did not answer within 0.5 s"


def test_all_reports_have_one_deadline(serve: Serve) -> None:
    server = serve(silent)
    started = time.monotonic()
    lines = sent(server, *(document(f"/w/s/{name}") for name in "abcd"), each=0.2, total=0.3)
    assert time.monotonic() - started < 1.5
    assert lines[0] == f"not published to {server.url}: it did not answer within 0.2 s (a)"
    assert lines[-1] == f"not published to {server.url}: no time was left (c, d)"
    assert len(server.requests) <= 2


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "openssl.cnf").write_text(
        "[req]\ndistinguished_name=name\nx509_extensions=more\nprompt=no\n[name]\nCN=board\n"
        "[more]\nsubjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:true\n"
        "keyUsage=critical,digitalSignature,keyCertSign\n"
    )
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        [*command.split(), "-config", "openssl.cnf", "-keyout", "key.pem", "-out", "board.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "board.pem", folder / "key.pem"


def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


def test_a_certificate_that_nobody_signed(serve: Serve, certificate: tuple[Path, Path]) -> None:
    server = serve(CREATED, context=context(certificate))
    assert only(server).startswith("cannot be reached: its certificate is not valid: self")
    assert server.requests == []


def test_a_certificate_that_nobody_signed_elsewhere(
    serve: Serve, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(CREATED, context=context(certificate))
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more))
    (line,) = publish(f"https://board.example:{server.port}", TOKEN, [document()])
    assert "cannot be reached: its certificate is not valid: self" in line
    assert server.requests == []


def test_a_certificate_that_the_user_trusts(
    serve: Serve, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = serve(CREATED, context=context(certificate))
    assert sent(server) == []
    assert server.requests[0][1]["authorization"] == f"Bearer {TOKEN}"


def test_a_certificate_for_another_host(
    serve: Serve, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = serve(CREATED, context=context(certificate))
    (line,) = publish(f"https://localhost:{server.port}", TOKEN, [document()])
    assert "cannot be reached: its certificate is not valid: Hostname mismatch" in line
    assert server.requests == []


def test_a_slow_board_over_tls(
    serve: Serve, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = serve(endless(b"HTTP/1.1 201 Created\r\nX: ", b"x", 0.01), context=context(certificate))
    assert only(server, each=0.5) == "it did not answer within 0.5 s"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (CREATED, "cannot be reached: TLS fails: "),
        (closes, "cannot be reached: "),
        (silent, LATE),
        (endless(b"\x16\x03\x03\x3f\xff", b"\x00", 0.01), LATE),
    ],
)
def test_a_port_without_tls(serve: Serve, given: Any, reason: str) -> None:
    server = serve(given, reads=False)
    started = time.monotonic()
    (line,) = publish(f"https://127.0.0.1:{server.port}", TOKEN, [document()], each=0.3)
    assert line.startswith(f"not published to https://127.0.0.1:{server.port}: {reason}")
    assert time.monotonic() - started < 2
