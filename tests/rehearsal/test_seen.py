"""What the rehearsal sees of a start beyond its success: listeners, errors, and how it was served."""

from __future__ import annotations

import sys

import pytest

from pytest_hfspace.rehearsal import Rehearsal
from pytest_hfspace.rehearsal.errors import printed_errors
from pytest_hfspace.rehearsal.facts import Logged, Raised, Where

from .rehearse import Case, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

APP = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def home(request):
    return PlainTextResponse("home")

@asynccontextmanager
async def lifespan(app):
    {code}
    yield

app = Starlette(routes=[Route("/", home)], lifespan=lifespan)
"""
PROGRAM = '["python", "main.py"]'
RUN = APP.replace("{code}", "pass") + "if __name__ == '__main__':\n    import uvicorn\n    "


def lifespan(*lines: str) -> Case:
    return Case(APP.replace("{code}", "\n    ".join(lines)))


CASES = {
    "listeners": lifespan(
        "import asyncio, socket",
        "for port in (9001, 9002):",
        "    probe = socket.socket()",
        "    probe.bind(('0.0.0.0', port))",
        "    probe.close()",
        "private = await asyncio.start_server(print, '127.0.0.1', 9003)",
        "public = await asyncio.start_server(print, '0.0.0.0', 9004)",
        "asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "asked.connect(('192.0.2.1', 80))",
    ),
    "errors": lifespan(
        "import logging, threading, traceback",
        "try:",
        "    open('words.txt')",
        "except OSError:",
        "    logging.getLogger('words').exception('no words')",
        "try:",
        "    {}['tongue']",
        "except KeyError:",
        "    traceback.print_exc()",
        "thread = threading.Thread(target=lambda: 1 / 0)",
        "thread.start()",
        "thread.join()",
    ),
    "excused": lifespan(
        "import logging, os, socket",
        "os.environ['TOKEN']",
        "logging.error('no account for this token')",
        "socket.create_connection(('127.0.0.1', 9))",
    ),
    "two servers": Case(
        RUN + "import asyncio\n"
        "    servers = [uvicorn.Server(uvicorn.Config(app, host='0.0.0.0', port=p)) for p in (7860, 9000)]\n"
        "    async def main():\n"
        "        await asyncio.gather(*(server.serve() for server in servers))\n"
        "    asyncio.run(main())\n",
        command=PROGRAM,
    ),
    "the app itself": Case(
        RUN + "uvicorn.run(app, host='0.0.0.0', port=7860, reload=True)\n", command=PROGRAM
    ),
    "a server that is not run": Case(
        RUN + "config = uvicorn.Config(app, host='0.0.0.0', port=7860, reload=True, workers=4)\n"
        "    uvicorn.Server(config).run()\n",
        command=PROGRAM,
    ),
    "workers": Case(
        APP.replace("{code}", "pass"),
        command="exec uvicorn main:app --host 0.0.0.0 --workers $(nproc) --port 7860",
    ),
    "tls": Case(
        APP.replace("{code}", "pass"),
        command='["uvicorn", "main:app", "--ssl-keyfile", "key.pem", "--ssl-certfile", "cert.pem"]',
    ),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    return side_by_side(tmp_path_factory.mktemp("seen"), CASES)


@pytest.mark.parametrize("name", [name for name in CASES if name != "excused"])
def test_it_serves(seen: dict[str, Rehearsal], name: str) -> None:
    assert (seen[name].failure, seen[name].impossible) == (None, "")
    assert [visit.status for visit in seen[name].of("GET /")] == [200]


def test_listeners_are_what_listens(seen: dict[str, Rehearsal]) -> None:
    found = {(each.host, each.port, str(each.where)) for each in seen["listeners"].listening}
    assert found == {
        ("0.0.0.0", 7860, "None"),
        ("127.0.0.1", 9003, "main.py:17"),
        ("0.0.0.0", 9004, "main.py:18"),
    }


def test_a_datagram_socket_reaches_for_nobody(seen: dict[str, Rehearsal]) -> None:
    assert seen["listeners"].connects == ()


def test_of_two_servers_the_one_on_the_app_port_is_the_server(seen: dict[str, Rehearsal]) -> None:
    rehearsal = seen["two servers"]
    assert rehearsal.listener is not None
    assert rehearsal.listener.port == 7860
    assert {each.port for each in rehearsal.listening} == {7860, 9000}


def test_errors_are_told_once(seen: dict[str, Rehearsal]) -> None:
    found = [(each.logger, each.raised and each.raised.kind, each.excuse) for each in seen["errors"].logged]
    assert found == [
        ("words", "FileNotFoundError", ""),
        ("", "KeyError", ""),
        ("", "ZeroDivisionError", ""),
    ]
    assert all(each.raised and each.raised.where for each in seen["errors"].logged)


def test_how_uvicorn_was_called(seen: dict[str, Rehearsal]) -> None:
    refused, alone, tls = (
        seen[name].listener for name in ("the app itself", "a server that is not run", "tls")
    )
    assert refused is not None
    assert alone is not None
    assert tls is not None
    assert (refused.reload, refused.by_name) == (True, False)
    assert (alone.reload, alone.workers) == (False, 1)
    assert (tls.tls, tls.by_name) == (True, True)


# -- tracebacks

TRACEBACK = """\
INFO: starting
Traceback (most recent call last):
  File "/usr/lib/python3/threading.py", line 8, in run
  File "/app/main.py", line 3, in work
    1 / 0
    ~~^~~
  File "/usr/lib/python3/lib.py", line 9, in lib
ZeroDivisionError: division by zero
INFO: started
"""


def located(path: str, line: int) -> Where | None:
    return Where(path.removeprefix("/app/"), line) if path.startswith("/app/") else None


def test_a_traceback() -> None:
    (record,) = printed_errors(TRACEBACK * 2, located, [])
    assert record.raised == Raised(("builtins.ZeroDivisionError",), "division by zero", Where("main.py", 3))


def test_tracebacks_that_are_no_news() -> None:
    raised = Raised(("builtins.ZeroDivisionError",), "division by zero", Where("main.py", 3))
    assert printed_errors(TRACEBACK, located, [Logged("main", "no", None, raised=raised)]) == []
    assert printed_errors(TRACEBACK.replace("/app/", "/lib/"), located, []) == []


@pytest.mark.parametrize(
    "text",
    ["", "Traceback (most recent call last):", TRACEBACK[:90], TRACEBACK.replace("Zero", "!"), "\n" * 9],
)
def test_no_traceback(text: str) -> None:
    assert printed_errors(text, located, []) == []


def test_many_tracebacks_are_few_records() -> None:
    text = "".join(TRACEBACK.replace("by zero", f"by {number}") for number in range(100))
    assert len(printed_errors(text, located, [])) == 20
