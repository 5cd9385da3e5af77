"""Streams: what goes wrong after their first chunk is theirs, and costs no other route its visit."""

from __future__ import annotations

import sys

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import routes, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

STREAM = """
async def odd(request):
    async def body():
        {body}
    return StreamingResponse(body(), media_type="text/event-stream")
"""
STARVES = "the server answers nothing else once this stream has begun"

#: what the body of the stream does, on line 12 and after it
BODIES = {
    "raises": "yield b'data: 1\\n\\n'\n        raise ValueError('too late')",
    "raises after a wait": (
        "yield b'data: 1\\n\\n'\n        await asyncio.sleep(0)\n        raise ValueError('too late')"
    ),
    "raises at once": "raise ValueError('too late')\n        yield b''",
    "starves": "while True:\n            yield b'data: 1\\n\\n'",
    "blocks": "yield b'data: 1\\n\\n'\n        time.sleep(600)",
    "ends": "yield b'data: 1\\n\\n'",
    "awaits": "while True:\n            yield b'data: 1\\n\\n'\n            await asyncio.sleep(0.02)",
    "breathes": "while True:\n            yield b'data: 1\\n\\n'\n            await asyncio.sleep(0)",
    "slow": "await asyncio.sleep(60)\n        yield b'data: 1\\n\\n'",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    cases = {name: routes(STREAM.replace("{body}", body), 8) for name, body in BODIES.items()}
    return side_by_side(tmp_path_factory.mktemp("streams"), cases)


@pytest.mark.parametrize("name", BODIES)
def test_every_other_route_is_answered(seen: dict[str, Rehearsal], name: str) -> None:
    assert (seen[name].failure, seen[name].impossible, seen[name].skipped_routes) == (None, "", {})
    for label in ("GET /", "GET /zz"):
        assert [(v.status, v.problem, v.raised) for v in seen[name].of(label)] == [(200, "", None)]


@pytest.mark.parametrize("name", ["ends", "awaits", "breathes", "slow"])
def test_a_stream_in_which_nothing_is_wrong(seen: dict[str, Rehearsal], name: str) -> None:
    (visit,) = seen[name].of("GET /odd")
    assert (visit.status, visit.problem, visit.raised) == (200, "", None)
    assert visit.body.startswith(b"" if name == "slow" else b"data: 1")
    assert visit.streamed is (name != "ends")


@pytest.mark.parametrize("name", ["raises", "raises after a wait", "raises at once"])
def test_what_a_stream_raises_is_recorded(seen: dict[str, Rehearsal], name: str) -> None:
    (visit,) = seen[name].of("GET /odd")
    raised = visit.raised
    while raised is not None and raised.kind != "ValueError":
        raised = raised.cause  # a task group of the framework's may be around it
    assert raised is not None
    assert raised.message == "too late"
    assert str(raised.where).startswith("main.py:1")
    if name != "raises at once":
        assert visit.status == 200
        assert visit.body.startswith(b"data: 1")


@pytest.mark.parametrize("name", ["starves", "blocks"])
def test_a_stream_that_starves_its_server_is_blamed_itself(seen: dict[str, Rehearsal], name: str) -> None:
    (visit,) = seen[name].of("GET /odd")
    assert (visit.status, visit.streamed, visit.problem) == (200, True, STARVES)
