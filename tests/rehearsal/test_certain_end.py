"""A caller that is killed, or interrupted, leaves no process and no directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import PLUGIN, write_space

from .rehearse import CARD, COMMAND, processes_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ROOT = Path(__file__).parents[2]

KILLED = """
import os, signal, sys
from pathlib import Path
from pytest_hfspace.rehearsal import Options, begin
from pytest_hfspace.space import read_space
director = begin(read_space(Path(sys.argv[1])), Options(timeout=30))
if sys.argv[2] == "serving":
    director.routes()
elif sys.argv[2] == "keeper stopped":
    director.routes()
    os.kill(director.process._popen.pid, signal.SIGSTOP)
elif sys.argv[2] == "ended":
    director._starter.process._reader.join(20)
os.kill(os.getpid(), signal.SIGKILL)
"""

SERVES = """
import os, subprocess, sys, time
print("pid", os.getpid(), flush=True)
if {ends}:
    sys.exit(1)
subprocess.Popen(["sleep", "600"], start_new_session=True)
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
import asyncio, contextlib

@contextlib.asynccontextmanager
async def lifespan(app):
    open("/MARK/started", "w").close()
    await asyncio.sleep({start})
    yield
    open("/MARK/stopping", "w").close()
    await asyncio.sleep({stop})

async def home(request):
    open("/MARK/visited", "w").close()
    await asyncio.sleep({visit})
    return PlainTextResponse("x")

app = Starlette(routes=[Route("/", home)], lifespan=lifespan)
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="h-") as name:
        yield Path(name)


def _space(directory: Path, marks: Path, **seconds: object) -> Path:
    code = SERVES.format(**{"ends": False, "start": 0, "visit": 0, "stop": 0} | seconds)
    dockerfile = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD {COMMAND}\n"
    code = code.replace("/MARK", str(marks))
    return write_space(directory, {"README.md": CARD, "Dockerfile": dockerfile, "main.py": code})


def _environment(temporary: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV"))}
    return kept | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("when", ["starting", "serving", "keeper stopped", "ended"])
def test_a_killed_parent_leaves_nothing(tmp_path: Path, temporary: Path, when: str) -> None:
    space = _space(tmp_path / "space", tmp_path, ends=when == "ended")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(space), when], env=_environment(temporary), check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    assert processes_of(temporary, patience=6) == {}
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("when", ["started", "visited", "stopping"])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, temporary: Path, when: str) -> None:
    seconds = {"started": "start", "visited": "visit", "stopping": "stop"}[when]
    space = _space(tmp_path / "space", tmp_path, **{seconds: 600})
    # the app may be up before pytest is, which ends by the signal itself while it loads its plugins
    collecting = tmp_path / "collecting"
    (space / "conftest.py").write_text(
        f"def pytest_collection():\n    open({str(collecting)!r}, 'w').close()\n"
    )
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pytest",
            "--hfspace",
            *PLUGIN,
            "-p",
            "no:cacheprovider",
        ],
        cwd=space,
        env=_environment(temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 40
    while not ((tmp_path / when).exists() and collecting.exists()) and time.monotonic() < until:
        assert run.poll() is None
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    output, _ = run.communicate(timeout=30)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output
    assert processes_of(temporary) == {}
    assert [path.name for path in temporary.iterdir() if path.name.startswith("hfspace")] == []
