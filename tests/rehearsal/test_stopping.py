"""SIGTERM while visitors are connected, and what was printed before anybody could read it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import COMMAND, Case, side_by_side

LIMITED = COMMAND.replace("]", ', "--timeout-graceful-shutdown", "5"]')
APP = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

async def fine(request):
    return PlainTextResponse("fine")

async def numbers(request):
    async def stream():
        for _ in range({count}):
            yield "x"
            await asyncio.sleep(0.1)
    return StreamingResponse(stream())

async def talk(socket):
    {socket}

{code}
app = Starlette(routes=[Route("/", fine), Route("/numbers", numbers), WebSocketRoute("/talk", talk)])
"""
ENDLESS = 10**6


def app(count: int = 1, socket: str = "await socket.close()", code: str = "", command: str = COMMAND) -> Case:
    text = APP.replace("{count}", str(count)).replace("{socket}", socket).replace("{code}", code)
    return Case(text, command=command)


LISTENS = "await socket.accept()\n    async for text in socket.iter_text(): await socket.send_text(text)"
DEAF = "await socket.accept()\n    await asyncio.sleep(1000)"

CASES: Mapping[str, Case] = {
    "nobody": app(),
    "endless": app(ENDLESS),
    "limited": app(ENDLESS, command=LIMITED),
    "ends": app(20),
    "listens": app(socket=LISTENS),
    "deaf": Case(app(socket=DEAF).code, seconds=30),
    "prints": app(code="print('one')\nprint('two')"),
    "flushes": app(code="print('one', flush=True)\nprint('two', file=sys.stderr)"),
    "replaces": app(code="import io\nprint('one', flush=True)\nsys.stdout = io.StringIO()\nprint('two')"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rehearsal]:
    return side_by_side(tmp_path_factory.mktemp("stopping"), CASES)


@pytest.mark.parametrize(
    ("name", "held"),
    [("nobody", ()), ("limited", ()), ("ends", ("GET /numbers",)), ("listens", ("WS /talk",))],
)
def test_it_ends_by_itself(seen: Mapping[str, Rehearsal], name: str, held: tuple[str, ...]) -> None:
    end = seen[name].shutdown
    assert end is not None
    assert (end.timed_out, end.held, end.kept_by) == (False, held, ())
    assert end.seconds < 5


def test_an_endless_stream_keeps_it(seen: Mapping[str, Rehearsal]) -> None:
    end = seen["endless"].shutdown
    assert end is not None
    assert (end.timed_out, end.kept_by) == (False, ("GET /numbers",))
    assert end.seconds >= 5


def test_a_socket_whose_handler_does_not_listen(seen: Mapping[str, Rehearsal]) -> None:
    end = seen["deaf"].shutdown
    assert end is not None
    assert (end.timed_out, end.held, end.kept_by) == (True, ("WS /talk",), ())
    assert str(end.stuck_at).startswith("main.py:")


def test_what_was_printed_and_kept_back(seen: Mapping[str, Rehearsal]) -> None:
    assert seen["prints"].unprinted == "one\ntwo\n"
    assert seen["prints"].output.count("one\ntwo\n") == 1


@pytest.mark.parametrize("name", ["flushes", "replaces", "nobody"])
def test_nothing_was_kept_back(seen: Mapping[str, Rehearsal], name: str) -> None:
    assert seen[name].served
    assert seen[name].unprinted == ""
