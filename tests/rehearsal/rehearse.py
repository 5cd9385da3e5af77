"""Rehearsals of small Spaces side by side, and the proof that they have left nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pytest_hfspace.rehearsal import Options, Rehearsal, begin
from pytest_hfspace.space import read_space
from tests.helpers import write_space

CARD = "---\ntitle: t\nemoji: 🐳\nsdk: docker\n---\n"
COMMAND = '["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]'

#: an application of one route, fast to load, in which a test replaces a part
ROUTES = """
import asyncio, os, signal, sys, time
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

async def fine(request):
    return PlainTextResponse("fine")

{code}

app = Starlette(routes=[Route("/", fine), Route("/odd", odd), Route("/zz", fine)])
"""


@dataclass(frozen=True)
class Case:
    """A Space whose main.py is ``code``; ``files`` come on top.  ``seconds``: the start's deadline."""

    code: str
    seconds: float = 30.0
    command: str = COMMAND
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


def routes(code: str, seconds: float = 30.0) -> Case:
    """A Starlette app with the routes / and /zz, and /odd whose endpoint ``odd`` is in the code."""
    return Case(ROUTES.replace("{code}", textwrap.dedent(code)), seconds)


def rehearse(directory: Path, case: Case) -> Rehearsal:
    """Write it, rehearse it."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    dockerfile = f"FROM python:{python}\nWORKDIR /app\nCOPY . .\nCMD {case.command}\n"
    files = {"README.md": CARD, "Dockerfile": dockerfile, "main.py": textwrap.dedent(case.code)}
    space = read_space(write_space(directory, {**files, **case.files}))
    return begin(space, Options(timeout=case.seconds, env=case.env)).finish()


def side_by_side(tmp_path: Path, cases: Mapping[str, Case], at_once: int = 6) -> dict[str, Rehearsal]:
    """All of them, so that their waits overlap, and nothing of them is left afterwards."""
    with nothing_left(), ThreadPoolExecutor(at_once) as pool:
        runs = {name: pool.submit(rehearse, tmp_path / name, case) for name, case in cases.items()}
        return {name: run.result() for name, run in runs.items()}


@contextlib.contextmanager
def nothing_left() -> Iterator[Path]:
    """Temporary directories go to the path that this gives; at the end there is no process, file,
    thread or descriptor more than before."""
    # not below tmp_path, whose name is too long for the sockets of multiprocessing
    temporary = Path(tempfile.mkdtemp(prefix="h-"))
    before, tempfile.tempdir = tempfile.tempdir, str(temporary)
    threads, descriptors = set(threading.enumerate()), _descriptors()
    try:
        yield temporary
    finally:
        tempfile.tempdir = before
        left = sorted(temporary.iterdir())
        shutil.rmtree(temporary, ignore_errors=True)
    assert processes_of(temporary) == {}
    assert left == []
    assert set(threading.enumerate()) <= threads
    assert _descriptors() <= descriptors


def _descriptors() -> set[str]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            found.add(f"{entry.name} {target}" if target.startswith(("pipe", "socket")) else target)
    return found - {f"/proc/{os.getpid()}/fd"}


def processes_of(directory: Path, patience: float = 0.0) -> dict[int, str]:
    """Those that have this directory in their environment, command line or working directory."""
    until = time.monotonic() + patience
    while (found := _processes_of(os.fsencode(directory))) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _processes_of(directory: bytes) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            said = (entry / "cmdline").read_bytes()
            where = os.fsencode((entry / "cwd").readlink())
            if (
                int(entry.name) != os.getpid()
                and directory in said + (entry / "environ").read_bytes() + where
            ):
                found[int(entry.name)] = said.replace(b"\0", b" ").decode(errors="replace")
    return found
