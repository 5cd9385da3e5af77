"""The visitor against a server that says on the socket exactly what a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_hfspace.rehearsal.facts import Request
from pytest_hfspace.rehearsal.visitor import KEPT_BODY, Visitor, other_peer

GET = Request("GET", "/a?b=1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Talk = Callable[[socket.socket], None]


class Server:
    """Accepts one connection after another; ``talk`` has each, in a thread of its own."""

    def __init__(self, *talks: Talk) -> None:
        self.talks = list(talks)
        self.requests: list[bytes] = []
        self.peers: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        for talk in self.talks:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            self.peers.append(peer[0])
            thread = threading.Thread(target=self._talk, args=(talk, connection))
            self.threads.append(thread)
            thread.start()

    def _talk(self, talk: Talk, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            talk(connection)

    def hear(self, connection: socket.socket) -> bytes:
        """One request without a body."""
        heard = b""
        while not heard.endswith(b"\r\n\r\n"):
            data = connection.recv(65536)
            if not data:
                raise ConnectionResetError
            heard += data
        self.requests.append(heard)
        return heard

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Server, Visitor]]]:
    """Start a server whose connections say these bytes, a list for each, an answer at a time."""
    made: list[tuple[Server, Visitor]] = []

    def start(*connections: list[bytes] | Talk) -> tuple[Server, Visitor]:
        def says(answers: list[bytes]) -> Talk:
            def talk(connection: socket.socket) -> None:
                for answer in answers:
                    server.hear(connection)
                    connection.sendall(answer)

            return talk

        talks = [each if callable(each) else says(each) for each in connections]
        server = Server(*talks)
        visitor = Visitor(server.port, "127.0.0.1" if other_peer() else "127.0.0.2")
        made.append((server, visitor))
        return server, visitor

    yield start
    for server, visitor in made:
        visitor.close()
        server.close()


def test_requests_come_as_from_the_edge_on_one_connection(
    serve: Callable[..., tuple[Server, Visitor]],
) -> None:
    server, visitor = serve([OK, OK, OK])
    answers = [visitor.visit(GET, 5) for _ in range(3)]
    assert [(answer.status, answer.body, answer.number) for answer in answers] == [
        (200, b"ok", 0),
        (200, b"ok", 1),
        (200, b"ok", 2),
    ]
    assert len(server.peers) == 1
    text = server.requests[0].decode()
    assert text.startswith("GET /a?b=1 HTTP/1.1\r\nHost: owner-name.hf.space\r\n")
    assert "\r\nX-Forwarded-Proto: https\r\n" in text
    assert "Content-Length" not in text
    if not other_peer():
        assert server.peers == ["127.0.0.2"]


def test_own_headers_take_the_place_of_the_edges(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    server, visitor = serve([OK, OK])
    visitor.visit(Request("GET", "/", (("host", "else"), ("Content-Length", "9"))), 5)
    visitor.visit(Request("POST", "/"), 5)
    assert server.requests[0].lower().count(b"host:") == 1
    assert b"Content-Length" not in server.requests[0]
    assert b"\r\nContent-Length: 0\r\n" in server.requests[1]


MANY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"


def addresses(server: Server) -> list[str]:
    lines = b"".join(server.requests).decode().split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.startswith("X-Forwarded-For")]


def test_a_limit_for_one_visitor_is_met_by_the_next(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    server, visitor = serve([OK, MANY, OK, OK])
    answers = [visitor.visit(GET, 5) for _ in range(3)]
    assert [(answer.status, answer.number) for answer in answers] == [(200, 0), (200, 2), (200, 3)]
    assert addresses(server) == ["203.0.113.9", "203.0.113.9", "203.0.113.10", "203.0.113.10"]


def test_a_limit_for_everybody_is_told(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    server, visitor = serve([MANY, MANY, MANY, MANY])
    own = GET._replace(headers=(("x-forwarded-for", "192.0.2.1"),))
    assert [visitor.visit(each, 5).status for each in (GET, own)] == [429, 429]
    assert addresses(server) == ["203.0.113.9", "203.0.113.10"]
    assert sum(b"192.0.2.1" in heard for heard in server.requests) == 2


def test_a_connection_closed_while_idle_is_no_fault(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    server, visitor = serve([OK], [OK])
    assert visitor.visit(GET, 5).status == 200
    again = visitor.visit(GET, 5)
    assert (again.status, again.problem, again.number) == (200, "", 0)
    assert len(server.peers) == 2


def test_a_request_that_is_dropped_is_not_sent_for_ever(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    server, visitor = serve([OK, b""], [b""], [OK])
    visitor.visit(GET, 5)
    answer = visitor.visit(GET, 5)
    assert (answer.status, answer.dropped, answer.timed_out) == (None, True, False)
    assert answer.problem == "the connection was dropped without an answer"
    assert len(server.requests) == 3
    assert visitor.visit(GET, 5).status == 200


def test_a_request_that_got_half_an_answer_is_not_sent_again(
    serve: Callable[..., tuple[Server, Visitor]],
) -> None:
    server, visitor = serve([OK, b"HTTP/1.1 20"], [OK])
    visitor.visit(GET, 5)
    assert visitor.visit(GET, 5).dropped
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("method", "wire", "status"),
    [
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 200),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
    ],
)
def test_answers_without_a_body(
    serve: Callable[..., tuple[Server, Visitor]], method: str, wire: bytes, status: int
) -> None:
    server, visitor = serve([wire, OK])
    answer = visitor.visit(Request(method, "/"), 5)
    assert (answer.status, answer.body, answer.streamed, answer.problem) == (status, b"", False, "")
    assert visitor.visit(GET, 5).status == 200
    assert len(server.peers) == 1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_chunks_are_put_together(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    _, visitor = serve([CHUNKED + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", OK])
    answer = visitor.visit(GET, 5)
    assert (answer.body, answer.streamed, answer.problem) == (b"abcde", False, "")
    assert visitor.visit(GET, 5).number == 1


def test_a_broken_chunk_is_an_answer_that_was_dropped(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    _, visitor = serve([CHUNKED + b"5\r\nab"], [OK])
    answer = visitor.visit(GET, 5)
    assert (answer.status, answer.problem) == (200, "the connection was dropped in the middle of the answer")
    assert visitor.visit(GET, 5).status == 200


def test_too_short_a_body_is_an_answer_that_was_dropped(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    _, visitor = serve([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    answer = visitor.visit(GET, 5)
    assert (answer.status, answer.body) == (200, b"abc")
    assert answer.problem == "the connection was dropped in the middle of the answer"


def test_a_body_until_the_connection_ends(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    _, visitor = serve([b"HTTP/1.0 200 OK\r\n\r\nabc"])
    answer = visitor.visit(GET, 5)
    assert (answer.body, answer.streamed, answer.problem) == (b"abc", False, "")


@pytest.mark.parametrize("pause", [0.02, 60.0])
def test_a_stream_is_left_after_its_beginning(
    serve: Callable[..., tuple[Server, Visitor]], pause: float
) -> None:
    def talk(connection: socket.socket) -> None:
        server.hear(connection)
        connection.sendall(CHUNKED + b"2\r\nab\r\n")
        while not server.over.wait(min(pause, 5)):
            connection.sendall(b"1\r\nx\r\n")

    server, visitor = serve(talk)
    began = time.monotonic()
    answer = visitor.visit(GET, 30)
    assert (answer.status, answer.streamed, answer.problem) == (200, True, "")
    assert answer.body.startswith(b"ab")
    assert time.monotonic() - began < 3
    server.over.set()


def test_of_a_large_body_the_beginning_is_kept(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    _, visitor = serve([b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * (8 << 20)], [OK])
    answer = visitor.visit(GET, 10)
    assert (answer.status, len(answer.body), answer.problem) == (200, KEPT_BODY, "")
    assert visitor.visit(GET, 5).status == 200


@pytest.mark.parametrize("keep", [0, 5, 1 << 20])
def test_how_much_is_kept_is_said(serve: Callable[..., tuple[Server, Visitor]], keep: int) -> None:
    _, visitor = serve([b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000, OK])
    assert len(visitor.visit(GET, 10, keep).body) == min(keep, 900_000)
    assert visitor.visit(GET, 5).body == b"ok"


def _drips(start: bytes) -> Callable[[Server], Talk]:
    def of(server: Server) -> Talk:
        def talk(connection: socket.socket) -> None:
            server.hear(connection)
            connection.sendall(start)
            while not server.over.wait(0.05):
                connection.sendall(b"x")

        return talk

    return of


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    ],
    ids=["status line", "header", "body"],
)
def test_a_drip_ends_at_the_deadline(serve: Callable[..., tuple[Server, Visitor]], start: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        _drips(start)(server)(connection)

    server, visitor = serve(talk)
    began = time.monotonic()
    answer = visitor.visit(GET, 0.5)
    assert (answer.status, answer.timed_out) == (None, True)
    assert answer.problem == "no answer within 0.5 s"
    assert 0.5 <= time.monotonic() - began < 1.5
    server.over.set()


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "the answer is not HTTP (BadStatusLine)"),
        (b"\x00\xff" * 99 + b"\r\n", "the answer is not HTTP (BadStatusLine)"),
        (b"HTTP/1.1 999999 OK\r\n\r\n", "the answer is not HTTP (BadStatusLine)"),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
            "the answer's header is longer than 64 KiB or 100 lines",
        ),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
            "the answer's header is longer than 64 KiB or 100 lines",
        ),
    ],
)
def test_what_is_no_answer(serve: Callable[..., tuple[Server, Visitor]], wire: bytes, problem: str) -> None:
    _, visitor = serve([wire], [OK])
    answer = visitor.visit(GET, 5)
    assert (answer.status, answer.dropped, answer.problem) == (None, True, problem)
    assert visitor.visit(GET, 5).status == 200


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    answer = Visitor(port, "127.0.0.1").visit(GET, 1)
    assert (answer.status, answer.problem) == (None, "the connection was refused")


def test_nobody_answers(serve: Callable[..., tuple[Server, Visitor]]) -> None:
    def talk(connection: socket.socket) -> None:
        server.over.wait(5)

    server, visitor = serve(talk)
    body = Request("POST", "/", (), b"x" * (64 << 20))  # more than the system's buffers take
    answer = visitor.visit(body, 0.3)
    assert (answer.timed_out, answer.problem) == (True, "no answer within 0.3 s")
    server.over.set()
