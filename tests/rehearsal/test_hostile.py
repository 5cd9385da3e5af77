"""Apps that hang, die, fork, lie and flood: each ends in its deadline, named, and leaves nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import Case, routes, side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

BARE = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            {startup}
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""


def bare(before: str = "", startup: str = "pass", seconds: float = 30.0) -> Case:
    """A plain ASGI app: code before it, and a statement on every message of its lifespan."""
    return Case(before + BARE.replace("{startup}", startup), seconds)


def lifespan(start: str) -> Case:
    """A Starlette app whose lifespan starts so."""
    return Case(
        f"""\
import contextlib
import anyio
from starlette.applications import Starlette

class E(BaseException):
    pass

async def fails():
    raise ValueError("one of many")
@contextlib.asynccontextmanager
async def starts(app):
    {start}
    yield

app = Starlette(lifespan=starts)
"""
    )


def end_of(seen: Rehearsal) -> tuple[object, ...]:
    """How its start ended: phase, kind, line, exit code or exception."""
    failure = seen.failure
    if failure is None:
        return ("impossible", seen.impossible) if seen.impossible else ("served",)
    line = failure.where.line if failure.where else None
    what = failure.raised.kind if failure.raised else failure.status
    return failure.phase, failure.kind, line, what


HANGS = {
    "sleep": (bare("import time\ntime.sleep(600)\n", seconds=3), ("import", "hung", 2, None)),
    "busy": (bare("while True:\n    pass\n", seconds=3), ("import", "hung", 1, None)),
    "regex": (
        bare("import re\nre.match('(a+)+$', 'a' * 60 + 'b')\n", seconds=3),
        ("import", "hung", 2, None),
    ),
    "deaf": (
        bare(
            "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n", seconds=3
        ),
        ("import", "hung", 3, None),
    ),
    "stopped": (
        bare("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", seconds=3),
        ("import", "hung", None, None),
    ),
    "lifespan awaits": (
        bare("import asyncio\n", "await asyncio.sleep(600)", seconds=4),
        ("startup", "hung", 7, None),
    ),
    "lifespan blocks": (bare("import time\n", "time.sleep(600)", seconds=4), ("startup", "hung", 7, None)),
    "lifespan in a thread": (
        bare("import asyncio, time\n", "await asyncio.to_thread(time.sleep, 600)", seconds=4),
        ("startup", "hung", 7, None),
    ),
}


def test_what_hangs_is_ended_at_its_deadline_and_says_where(tmp_path: Path) -> None:
    began = time.monotonic()
    seen = side_by_side(tmp_path, {name: case for name, (case, _) in HANGS.items()}, 8)
    assert {name: end_of(each) for name, each in seen.items()} == {
        name: expected for name, (_, expected) in HANGS.items()
    }
    assert time.monotonic() - began < 15
    assert seen["sleep"].failure is not None
    assert seen["sleep"].failure.message == "still importing after 3 s"


ENDS = {
    "_exit": (bare("import os\nos._exit(7)\n"), ("import", "exited", None, 7)),
    "sys.exit": (bare("import sys\nsys.exit(3)\n"), ("import", "exited", 2, "SystemExit")),
    "killed": (bare("import os\nos.kill(os.getpid(), 9)\n"), ("import", "exited", None, -9)),
    "_exit in the lifespan": (bare("import os\n", "os._exit(7)"), ("startup", "exited", None, 7)),
    "segmentation fault": (
        bare("import ctypes\nctypes.string_at(0)\n"),
        ("import", "exited", None, -11),
    ),
    "recursion": (bare("def f():\n    f()\nf()\n"), ("import", "raised", 2, "RecursionError")),
    "own group": (bare("import os\nos.killpg(0, 9)\n"), ("import", "exited", None, -9)),
    "parent": (
        bare("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(600)\n"),
        ("import", "exited", None, None),
    ),
    "parent stopped": (
        bare("import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\nos._exit(5)\n", seconds=3),
        ("import", "hung", None, None),
    ),
    "unprintable": (
        bare("class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n"),
        ("import", "raised", 4, "E"),
    ),
    "not printed at all": (
        bare("class E(Exception):\n    def __str__(self):\n        raise SystemExit\nraise E\n"),
        ("import", "raised", 4, "E"),
    ),
    "base": (bare("class E(BaseException): pass\nraise E('x')\n"), ("import", "raised", 2, "E")),
    "interrupt": (bare("raise KeyboardInterrupt\n"), ("import", "raised", 1, "KeyboardInterrupt")),
    "base in the lifespan": (lifespan("raise E('x')"), ("startup", "raised", 12, "E")),
    "group": (
        lifespan(
            "async with anyio.create_task_group() as tasks:\n        tasks.start_soon(fails)",
        ),
        ("startup", "raised", 9, "ExceptionGroup"),
    ),
}


def test_what_ends_itself_is_named(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, {name: case for name, (case, _) in ENDS.items()})
    assert {name: end_of(each) for name, each in seen.items()} == {
        name: expected for name, (_, expected) in ENDS.items()
    }


FORK = """
import os, signal, time
def child(*, session=False, twice=False, deaf=False, quiet=False, bare=False):
    if os.fork():
        return
    if session:
        os.setsid()
    if twice and os.fork():
        os._exit(0)
    if deaf:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
    if quiet:
        os.closerange(0, 256)
    if bare:
        os.chdir("/")
        os.execve("/bin/sleep", ["sleep", "600"], {})
    while True:
        time.sleep(600)
"""

SERVES = {
    "child": bare(FORK + "child()\n"),
    "daemon": bare(FORK + "child(session=True, twice=True, quiet=True)\n"),
    "deaf daemon": bare(FORK + "child(session=True, twice=True, deaf=True)\n"),
    "many": bare(FORK + "for _ in range(20): child(session=True, twice=True)\n"),
    "another program": bare(FORK + "child(session=True, twice=True, bare=True)\n"),
    "subprocess": bare("import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"),
    "prints": bare("for _ in range(100): print('x' * 1_000_000)\n"),
    "no newline": bare("import os\nfor _ in range(100): os.write(2, b'x' * 1_000_000)\n"),
    "garbage in every pipe": bare(
        "import os, json\n"
        "forged = [{'event': 'gone'}, {'event': 'exited', 'status': 0}, {'event': 'spawned', 'pid': 1},\n"
        "          {'event': 'inventory'}, {'event': 'raised', 'phase': 'import'}, {'event': 5}, [], None]\n"
        "text = '\\n'.join(map(json.dumps, forged)) + '\\n' + '[' * 100_000 + '\\n' + '\\xff' * 10\n"
        "for number in range(3, 32):\n"
        "    try: os.write(number, text.encode('latin-1') + bytes(range(256)) + b'\\n')\n"
        "    except OSError: pass\n"
    ),
    "deaf": bare("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"),
    "threads": bare(
        "import threading\nfor _ in range(20): threading.Thread(target=threading.Event().wait).start()\n"
    ),
    "processes": bare(
        "import multiprocessing, time\n"
        "for method in ('fork', 'spawn', 'forkserver'):\n"
        "    multiprocessing.get_context(method).Process(target=time.sleep, args=(600,)).start()\n"
    ),
    "directory": bare("import os\nos.mkdir('/tmp') if not os.path.exists('/tmp') else None\nos.chdir('/')\n"),
    "replaces": bare(
        "import os, sys, io, json, signal\n"
        "os.environ = {}\nsys.stdout = sys.stderr = io.StringIO()\njson.dumps = json.loads = None\n"
        "os.write = os.fstat = None\n"
        "for number in range(1, 64):\n"
        "    try: signal.signal(number, signal.SIG_IGN if number != signal.SIGTERM else signal.SIG_DFL)\n"
        "    except (OSError, ValueError): pass\n"
    ),
    "locks its files away": bare(
        "import os\nos.makedirs('a/b/c')\nos.chmod('a/b', 0)\nos.chmod('a', 0)\n"
        "for _ in range(1200):\n    os.mkdir('d')\n    os.chdir('d')\n"
    ),
    "removes its own source": bare("import os, shutil\nshutil.rmtree(os.getcwd())\n"),
}


def test_what_serves_all_the_same_is_visited_and_ended_with_all_its_children(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, SERVES)
    assert {name: end_of(each) for name, each in seen.items()} == dict.fromkeys(SERVES, ("served",))
    assert {name: [visit.status for visit in each.visits] for name, each in seen.items()} == {
        name: [200] for name in SERVES
    }
    assert len(seen["prints"].output) < 200_000
    assert "bytes left out" in seen["prints"].output
    hung = {name for name, each in seen.items() if each.shutdown is None or each.shutdown.timed_out}
    assert hung <= {"deaf", "threads"}


STREAM = """
async def odd(request):
    async def body():
        %s
    return StreamingResponse(body())
"""

ODD_ROUTES = {
    "awaits": (routes("async def odd(request):\n    await asyncio.sleep(600)\n", 8), None, "no answer"),
    "sync": (routes("def odd(request):\n    time.sleep(600)\n", 8), None, "no answer"),
    "blocks": (routes("async def odd(request):\n    time.sleep(600)\n", 8), None, "no answer"),
    "regex": (
        routes("async def odd(request):\n    import re\n    re.match('(a+)+$', 'a' * 60 + 'b')\n", 8),
        None,
        "no answer",
    ),
    "ends": (routes("def odd(request):\n    os._exit(9)\n"), None, "the process ended with exit code 9"),
    "kills": (
        routes("def odd(request):\n    os.kill(os.getpid(), 9)\n"),
        None,
        "the process ended with signal 9",
    ),
    "kills its parent": (
        routes("def odd(request):\n    os.kill(os.getppid(), 9)\n    time.sleep(600)\n"),
        None,
        "the process ended",
    ),
    "endless data": (
        routes(STREAM % "while True:\n            yield b'x' * 65536\n            await asyncio.sleep(0)"),
        200,
        "",
    ),
    "endless drip": (
        routes(STREAM % "while True:\n            yield b'x'\n            await asyncio.sleep(0.05)"),
        200,
        "",
    ),
    "endless silence": (routes(STREAM % "yield b''\n        await asyncio.sleep(600)"), 200, ""),
    "gigabyte": (
        routes(
            "async def odd(request):\n"
            "    async def body():\n"
            "        for _ in range(1024): yield b'x' * 1048576\n"
            "    return StreamingResponse(body(), headers={'content-length': str(1 << 30)})\n"
        ),
        200,
        "",
    ),
    "headers of a megabyte": (
        routes(
            "async def odd(request):\n"
            "    return PlainTextResponse('x', headers={'x-much': 'y' * 1_000_000})\n"
        ),
        None,
        "the answer's header is longer than 64 KiB",
    ),
    "removes its source": (
        routes(
            "async def odd(request):\n    import shutil\n    shutil.rmtree(os.getcwd())\n"
            "    return PlainTextResponse('x')\n"
        ),
        200,
        "",
    ),
    "raises a base exception": (
        routes("class E(BaseException): pass\nasync def odd(request):\n    raise E('x')\n"),
        500,
        "",
    ),
}


def test_an_odd_route_costs_its_own_visit_only(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, {name: case for name, (case, _, _) in ODD_ROUTES.items()}, 7)
    assert {name: end_of(each) for name, each in seen.items()} == dict.fromkeys(ODD_ROUTES, ("served",))
    for name, (_, status, problem) in ODD_ROUTES.items():
        (visit,) = seen[name].of("GET /odd")
        assert (name, visit.status) == (name, status)
        assert problem in visit.problem, name
        assert [v.status for v in seen[name].of("GET /zz")] == [200], name
        assert visit.seconds < 5, name
    assert all(seen[name].of("GET /odd")[0].streamed for name in seen if name.startswith("endless"))
    places = {
        name: seen[name].of("GET /odd")[0].problem.rpartition(" ")[2] for name in ("awaits", "sync", "blocks")
    }
    assert places == dict.fromkeys(places, "main.py:11")


STOPS = {
    "awaits": bare("import asyncio\n", "if 'shut' in message['type']: await asyncio.sleep(600)", 6),
    "blocks": bare("import time\n", "if 'shut' in message['type']: time.sleep(600)", 6),
    "raises": bare("", "if 'shut' in message['type']: raise ValueError('not now')"),
    "exits": bare("import os\n", "if 'shut' in message['type']: os._exit(4)"),
    "forks": bare(FORK, "if 'shut' in message['type']: child(session=True, twice=True, deaf=True)"),
}


def test_how_it_stops(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, STOPS)
    stops = {name: each.shutdown for name, each in seen.items()}
    assert all(stop is not None for stop in stops.values())
    assert {name: (stop.timed_out, stop.status) for name, stop in stops.items() if stop} == {
        "awaits": (True, None),
        "blocks": (True, None),
        "raises": (False, -15),
        "exits": (False, 4),
        "forks": (False, -15),
    }
    assert stops["awaits"] is not None
    assert stops["awaits"].stuck_at is not None
    assert stops["awaits"].stuck_at.line == 7
    assert stops["raises"] is not None
    assert stops["raises"].raised is not None
    assert str(stops["raises"].raised) == "ValueError: not now"


def test_descriptors_of_an_app_are_its_own(tmp_path: Path) -> None:
    """It may close all, and what it then opens is not written into."""
    reopens = (
        "import os\nos.closerange(3, 256)\n"
        "files = [os.open(f'f{n}', os.O_WRONLY | os.O_CREAT) for n in range(40)]\n"
        "os.environ.get('SOMETHING')\n"
        "print('sizes', {os.path.getsize(f'f{n}') for n in range(40)}, flush=True)\n"
    )
    cases = {
        "closes": bare("import os\nos.closerange(0, 4096)\n", seconds=2),
        "reopens": bare(reopens, seconds=2),
    }
    seen = side_by_side(tmp_path, cases)
    assert seen["closes"].failure is not None
    assert "sizes {0}" in seen["reopens"].output


def test_a_stream_that_starves_its_server_ends_in_its_deadline(tmp_path: Path) -> None:
    began = time.monotonic()
    (seen,) = side_by_side(
        tmp_path, {"starves": routes(STREAM % "while True:\n            yield b'x' * 65536", 6)}
    ).values()
    (visit,) = seen.of("GET /odd")
    assert (visit.status, visit.streamed) == (200, True)
    assert time.monotonic() - began < 20
