"""Start commands that are not ``uvicorn main:app``, and what is served in their place."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import Case, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

APP = """
import os, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def home(request):
    return PlainTextResponse(os.environ.get("TEXT", "home"))

app = Starlette(routes=[Route("/", home)])
"""
PROGRAM = '["python", "main.py"]'
MAIN = '\nif __name__ == "__main__":\n'

CASES = {
    "gunicorn": Case(
        APP,
        command='["gunicorn", "-k", "uvicorn.workers.UvicornWorker", "-w", "3", '
        '"-b", "0.0.0.0:7860", "main:app"]',
    ),
    "hypercorn": Case(APP, command='["hypercorn", "main:app", "--bind", "0.0.0.0:7860"]'),
    "python -m uvicorn": Case(APP, command='["python", "-m", "uvicorn", "main:app", "--port", "7860"]'),
    "shell": Case(APP, command="cd /app && exec uvicorn main:app --host 0.0.0.0 --port ${PORT:-7860}"),
    "python -m": Case(
        "",
        command='["python", "-m", "pkg", "--flag"]',
        files={
            "pkg/__init__.py": "",
            "pkg/__main__.py": APP
            + MAIN
            + "    import uvicorn\n    assert sys.argv[1:] == ['--flag'], sys.argv\n"
            "    uvicorn.run(app, host='0.0.0.0', port=7860)\n",
        },
    ),
    "reload": Case(
        APP + MAIN + "    import uvicorn\n"
        "    uvicorn.run('main:app', host='0.0.0.0', port=7860, reload=True, workers=4)\n",
        command=PROGRAM,
    ),
    "Server": Case(
        APP + "import asyncio, uvicorn\nasync def main():\n"
        "    await uvicorn.Server(uvicorn.Config(app, host='0.0.0.0', port=7860)).serve()\n"
        + MAIN
        + "    asyncio.run(main())\n",
        command=PROGRAM,
    ),
    "factory": Case(
        APP.replace("app = Starlette", "def make():\n    return Starlette"),
        command='["uvicorn", "main:make", "--factory", "--host", "0.0.0.0", "--port", "7860"]',
    ),
    "before": Case(
        APP.replace('"home"', "open('made.txt').read()"),
        command="python init_db.py && python -m pkg.more && uvicorn main:app --host 0.0.0.0 --port 7860",
        files={
            "init_db.py": "open('made.txt', 'w').write('made')\n",
            "pkg/__init__.py": "",
            "pkg/more.py": "open('made.txt', 'a').write(' more')\n",
        },
    ),
    "console script": Case(
        "",
        files={
            "pyproject.toml": '[project]\nname = "d"\n[project.scripts]\nd-serve = "demo.cli:main"\n',
            "src/demo/__init__.py": "",
            "src/demo/app.py": APP,
            "src/demo/cli.py": "import sys, uvicorn\ndef main():\n    assert sys.argv[1:] == ['--x']\n"
            "    uvicorn.run('demo.app:app', host='0.0.0.0', port=7860)\n",
            "Dockerfile": "FROM python:3\nWORKDIR /app\nCOPY . .\nRUN pip install .\nCMD d-serve --x\n",
        },
    ),
    "processes of a program": Case(
        "import multiprocessing\ndef work(queue):\n    queue.put('worked')\n"
        + APP
        + MAIN
        + "    import uvicorn\n"
        "    context = multiprocessing.get_context('spawn')\n    queue = context.Queue()\n"
        "    context.Process(target=work, args=(queue,)).start()\n"
        "    os.environ['TEXT'] = queue.get(timeout=20)\n"
        "    uvicorn.run(app, host='0.0.0.0', port=7860)\n",
        command=PROGRAM,
    ),
}
if sys.version_info < (3, 11):  # no tomllib
    del CASES["console script"]
if importlib.util.find_spec("fastapi_cli"):
    CASES["fastapi run"] = Case(
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef home(): return 'home'\n",
        command='["fastapi", "run", "main.py", "--port", "7860"]',
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    return side_by_side(tmp_path_factory.mktemp("servers"), CASES)


@pytest.mark.parametrize("name", CASES)
def test_it_serves(seen: dict[str, Rehearsal], name: str) -> None:
    rehearsal = seen[name]
    assert (rehearsal.failure, rehearsal.impossible) == (None, "")
    assert [visit.status for visit in rehearsal.of("GET /")] == [200]
    listener = rehearsal.listener
    assert listener is not None
    assert listener.port == 7860
    expected = "127.0.0.1" if name == "python -m uvicorn" else "0.0.0.0"
    assert listener.host == expected


def test_what_the_command_asked_for(seen: dict[str, Rehearsal]) -> None:
    listener = seen["reload"].listener
    assert listener is not None
    assert (listener.reload, listener.workers) == (True, 4)
    assert str(listener.where) == "main.py:14"
    for name in ("gunicorn", "hypercorn"):
        other = seen[name].listener
        assert other is not None
        assert other.server == name
        assert seen[name].notes == (f"{name} itself: uvicorn served the app in its place",)


def test_commands_that_come_first_have_run(seen: dict[str, Rehearsal]) -> None:
    assert seen["before"].of("GET /")[0].body == b"made more"
    assert seen["processes of a program"].of("GET /")[0].body == b"worked"


FIRST = "python first.py && uvicorn main:app --host 0.0.0.0 --port 7860"


def test_the_failure_of_a_command_that_comes_first_ends_the_start(tmp_path: Path) -> None:
    cases = {
        "raises": Case(APP, command=FIRST, files={"first.py": "raise ValueError('no database')\n"}),
        "exits": Case(APP, command=FIRST, files={"first.py": "raise SystemExit(4)\n"}),
        "is killed": Case(APP, command=FIRST, files={"first.py": "import os\nos.kill(os.getpid(), 9)\n"}),
        "hangs": Case(APP, 3, FIRST, files={"first.py": "import time\ntime.sleep(600)\n"}),
    }
    seen = side_by_side(tmp_path, cases)
    failures = {name: each.failure for name, each in seen.items()}
    assert {name: f and (f.phase, f.kind) for name, f in failures.items()} == {
        "raises": ("launch", "raised"),
        "exits": ("launch", "raised"),
        "is killed": ("launch", "raised"),
        "hangs": ("launch", "hung"),
    }
    texts = {name: str(f.raised) for name, f in failures.items() if f}
    assert "python first.py ended with exit code 1" in texts["raises"]
    assert "python first.py ended with exit code 4" in texts["exits"]
    assert "python first.py ended with signal 9" in texts["is killed"]
    assert failures["raises"] is not None
    assert "ValueError: no database" in failures["raises"].output


def test_a_program_that_serves_by_another_server_is_known_by_its_listener(tmp_path: Path) -> None:
    code = (
        "import asyncio\n"
        "async def main():\n"
        "    server = await asyncio.start_server(lambda r, w: None, '0.0.0.0', 7860)\n"
        "    await server.serve_forever()\n"
        "asyncio.run(main())\n"
    )
    http = (
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n"
        "HTTPServer(('127.0.0.1', 8000), BaseHTTPRequestHandler).serve_forever()\n"
    )
    seen = side_by_side(
        tmp_path, {"asyncio": Case(code, command=PROGRAM), "http": Case(http, command=PROGRAM)}
    )
    found = {
        name: each.listener and (each.listener.host, each.listener.port, str(each.listener.where))
        for name, each in seen.items()
    }
    assert found == {"asyncio": ("0.0.0.0", 7860, "main.py:3"), "http": ("127.0.0.1", 8000, "main.py:2")}
    assert all("server of its own" in each.impossible for each in seen.values())


def test_a_program_that_ends_or_waits_without_listening(tmp_path: Path) -> None:
    seen = side_by_side(
        tmp_path,
        {
            "ends": Case("print('done')\n", command=PROGRAM),
            "waits": Case("import time\ntime.sleep(600)\n", 3, PROGRAM),
            "exits": Case("raise SystemExit(0)\n", command=PROGRAM),
        },
    )
    found = {name: each.failure and (each.failure.kind, each.failure.status) for name, each in seen.items()}
    assert found == {
        "ends": ("not listening", 0),
        "waits": ("not listening", None),
        "exits": ("not listening", 0),
    }
