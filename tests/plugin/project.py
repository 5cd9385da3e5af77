"""A project that uses the fixtures: a small FastAPI Space on disk, and pytest runs over its tests."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

import pytest

# imported once for all: pytester forgets what its own runs import
import pytest_hfspace.inprocess
import pytest_hfspace.rehearsal.server
import pytest_hfspace.settings_seen  # noqa: F401  # for the reason above
from tests.helpers import write_space
from tests.plugin.conftest import PLUGIN

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an old Starlette asks for a module under its old name
    import anyio.from_thread  # noqa: F401  # likewise
    import asgi_lifespan  # noqa: F401  # likewise
    import fastapi  # noqa: F401  # likewise
    import httpx  # noqa: F401  # likewise

CARD = "---\ntitle: Small\nemoji: 🐜\nsdk: docker\n---\n# Small\n"
DOCKERFILE = """\
FROM python:3.12
WORKDIR /code
COPY . .
RUN pip install -r requirements.txt
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
"""

#: Its lifespan holds a task group open, as an MCP session manager does, and notes what happens.
APP = """\
import asyncio
import os
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI, Header, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import RedirectResponse, StreamingResponse

TITLE = os.getenv("APP_TITLE", "Small")


def note(word):
    if "NOTES" in os.environ:
        with open(os.environ["NOTES"], "a") as file:
            file.write(word + "\\n")


@asynccontextmanager
async def lifespan(app):
    task = asyncio.current_task()
    app.state.loop = asyncio.get_running_loop()
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        note("started")
        yield {"greeting": "hello"}
        group.cancel_scope.cancel()
    note("stopped" if task is asyncio.current_task() else "stopped in another task")


app = FastAPI(title=TITLE, lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=5000)


class Overheated(Exception):
    pass


@app.get("/")
async def root(request: Request):
    assert request.app.state.loop is asyncio.get_running_loop()
    return {"greeting": request.state.greeting, "base": str(request.base_url)}


@app.post("/echo")
async def echo(request: Request, x_word: str = Header("none")):
    body = await request.body()
    return Response(body, headers={"X-Word": x_word, "X-Length": str(len(body))})


@app.get("/big")
def big():
    return {"big": "a" * 1_000_000}


@app.get("/login")
def login(response: Response):
    response.set_cookie("user", "ada", secure=True, samesite="none")
    return {}


@app.get("/me")
def me(request: Request):
    return request.cookies


@app.get("/old")
def old():
    return RedirectResponse("/")


@app.get("/fails")
def fails():
    raise Overheated("too hot")


@app.get("/fails-late")
async def fails_late():
    async def body():
        yield b"so far"
        raise Overheated("too late")
    return StreamingResponse(body())


meeting = asyncio.Event()


@app.get("/come")
async def come():
    meeting.set()
    return "met"


@app.get("/wait")
async def wait():
    await meeting.wait()
    return "met"


@app.get("/endless")
async def endless():
    async def ticks():
        number = 0
        try:
            while True:
                yield f"data: {number}\\n\\n"
                number += 1
                await asyncio.sleep(0.01)
        finally:
            note("stream closed")
    return StreamingResponse(ticks(), media_type="text/event-stream")


@app.get("/items/{item_id}")
def item(item_id: int):
    print("asked for", item_id)
    return item_id
"""

SMALL = {
    "README.md": CARD,
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "fastapi\nuvicorn\n",
    "main.py": APP,
}

#: The exception is an old Starlette, which asks for a module under its old name.
INI = """\
[pytest]
filterwarnings =
    error
    ignore:Please use .import python_multipart:PendingDeprecationWarning
"""
#: The same on the command line, where it outdoes the ini file.
WARNINGS_ARE_ERRORS = (
    "-W", "error",
    "-W", "ignore:Please use `import python_multipart`:PendingDeprecationWarning",
)  # fmt: skip


class Project:
    """A Space in pytester's directory, and runs of its tests, with warnings as errors."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.notes = pytester.path.parent / f"{pytester.path.name}.notes"
        monkeypatch.setenv("NOTES", str(self.notes))
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        monkeypatch.setenv("COLUMNS", "200")
        for name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTEST_XDIST_WORKER", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)

    def write(self, tests: str, files: dict[str, str] | None = None, *, ini: str = "") -> None:
        """The small Space with these tests, or a Space of these files."""
        given = SMALL if files is None else files
        own = {"pytest.ini": INI + ini, "test_own.py": textwrap.dedent(tests)}
        write_space(self.path, {**given, **own})

    def run(self, *arguments: str) -> pytest.RunResult:
        """In this process, without any async plugin."""
        plugins = (*PLUGIN, *_without("asyncio", "anyio", "inline_snapshot", "xdist", "cacheprovider"))
        return self.pytester.runpytest_inprocess(*plugins, *arguments)

    def run_apart(self, *arguments: str, asyncio: str = "", anyio: bool = False) -> pytest.RunResult:
        """In a process of its own.  ``asyncio``: the mode of pytest-asyncio, "" without it."""
        options = [*PLUGIN, *_without("inline_snapshot", "cacheprovider")]
        if asyncio:
            # without a scope this plugin warns, and warnings are errors here
            options += [f"--asyncio-mode={asyncio}", "-o", "asyncio_default_fixture_loop_scope=function"]
        else:
            options += _without("asyncio")
        options += () if anyio else _without("anyio")
        return self.pytester.runpytest_subprocess(*options, *arguments)

    def noted(self) -> list[str]:
        """What the lifespan has noted so far."""
        return self.notes.read_text().split("\n")[:-1] if self.notes.exists() else []


def _without(*plugins: str) -> tuple[str, ...]:
    return tuple(argument for plugin in plugins for argument in ("-p", f"no:{plugin}"))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The directory for it, with a clean environment."""
    return Project(pytester, monkeypatch)
