"""Whoever runs it, wherever and however: a readiness run over the same Spaces finds the same."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .helpers import PLUGIN, QUIET, space_copy, write_space

NOBODY = 65534
LINUX = sys.platform == "linux"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
CARD = "---\ntitle: Notes\nemoji: 📝\ncolorFrom: blue\ncolorTo: green\nsdk: docker\n---\n"
USER = "RUN useradd -m -u 1000 user\n"
ROOTS = f"WORKDIR /app\nCOPY . .\n{USER}USER user\n"
OWN = f"{USER}USER user\nENV HOME=/home/user\nWORKDIR /home/user/app\nCOPY --chown=user . .\n"
#: what this machine must not have afterwards
OUTSIDE = f"/var/lib/hfspace-test-{os.getpid()}"
APP = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

async def fine(request):
    return JSONResponse("fine")

"""


def space(code: str, routes: str = "", steps: str = ROOTS, port: int = 7860) -> dict[str, str]:
    """A Space of one module: ``routes`` are those besides "/"."""
    command = json.dumps(["uvicorn", "main:app", "--host", "0.0.0.0", "--port", str(port)])
    return {
        "README.md": f"{CARD}# Notes\n",
        "requirements.txt": "starlette\nuvicorn\n",
        "Dockerfile": (
            f"FROM python:{PYTHON}\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
            f"{steps}CMD {command}\n"
        ),
        "main.py": f'{APP}{code}\n\napp = Starlette(routes=[Route("/", fine), {routes}])\n',
    }


SPACES: Mapping[str, dict[str, str]] = {
    "starts": space('open("x.txt", "w")'),
    "serves": space(
        f"""
import os, sqlite3

async def note(request):
    with open("notes.txt", "a") as file:
        file.write("x")
    return JSONResponse("noted")

async def cache(request):
    os.makedirs("{OUTSIDE}-cache")
    return JSONResponse("cached")

async def volume(request):
    os.mkdir("/data")
    return JSONResponse("kept")

async def tidy(request):
    os.rename("main.py", "old.py")
    return JSONResponse("renamed")

async def database(request):
    sqlite3.connect("notes.db").execute("create table notes (text)")
    return JSONResponse("created")
""",
        'Route("/note", note), Route("/cache", cache), Route("/volume", volume), Route("/tidy", tidy), '
        'Route("/database", database)',
    ),
    "keeps": space(
        """
import sqlite3

database = sqlite3.connect("notes.db")
database.execute("create table notes (text)")
""",
        steps=OWN,
    ),
    "reaches": space(
        """
import atexit, os, socket

SECRET = os.environ.get("SESSION_SECRET", "")
LIMIT = int(os.environ.get("LIMIT", "5"))
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    socket.create_connection(("metrics.invalid", 443), timeout=1)
except OSError:
    pass

async def settings(request):
    return JSONResponse({"secret": SECRET, "limit": LIMIT})

async def talk(websocket):
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())

atexit.register(lambda: 1 / 0)
""",
        'Route("/settings", settings), WebSocketRoute("/talk", talk)',
        steps=OWN,
        port=80,
    ),
    "outside": space(f'import os\nos.mkdir("{OUTSIDE}")', steps="WORKDIR /app\nCOPY . .\n"),
}
HEALTHY = "root_main"

#: findings without which these Spaces would show nothing
EXPECTED = {
    ("starts", "HFS801", "failed"),
    ("serves", "HFS801", "failed"),
    ("keeps", "HFS802", "warned"),
    ("outside", "HFS314", "warned"),
    ("keeps", "HFS808", "failed"),
    ("reaches", "HFS412", "failed"),
    ("reaches", "HFS705", "failed"),
}

# -- a kernel that offers less

_SYSCALLS = {
    "x86_64": {"capset": 126, "unshare": 272, "landlock": 444},
    "aarch64": {"capset": 91, "unshare": 97, "landlock": 444},
}
_ENOSYS, _EPERM = 38, 1


def without(**errors: int) -> Callable[[], None]:
    """For ``preexec_fn``: from here on, these system calls fail with these numbers.

    A filter of seccomp, which every process below inherits, as in a container that refuses them.
    """
    numbers = _SYSCALLS[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    load, equal, give, allow = 0x20, 0x15, 0x06, 0x7FFF0000
    steps = [struct.pack("HBBI", load, 0, 0, 0)]
    for name, error in errors.items():
        steps.append(struct.pack("HBBI", equal, 0, 1, numbers[name]))
        steps.append(struct.pack("HBBI", give, 0, 0, 0x00050000 | error))
    steps.append(struct.pack("HBBI", give, 0, 0, allow))
    program = ctypes.create_string_buffer(b"".join(steps))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program)))

    def install() -> None:
        no_new_privileges, seccomp, filtered = 38, 22, 2
        libc.prctl(no_new_privileges, 1, 0, 0, 0)
        if libc.prctl(seccomp, filtered, header, 0, 0):
            raise OSError(ctypes.get_errno(), "no seccomp")
        assert program  # the kernel copies it only now

    return install


def odd_signals() -> None:
    """As below a shell without job control, or a parent that waits for nobody."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1])


# -- ways of running


@dataclass(frozen=True)
class Way:
    """``before``: the command that starts the interpreter's; ``remark``: is there one that not all
    was refused as on the Space?  ``only``: of this Space, which is the run's only one."""

    options: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    preexec: Callable[[], None] | None = None
    absolute: bool = False
    remark: bool = False
    verify: bool = False
    only: str = ""


_READER = "+dac_read_search"
WAYS: dict[str, Way] = {
    "plain": Way(options=("-p", "no:xdist")),
    "xdist": Way(absolute=True, options=("-n", "2")),
    "verify": Way(verify=True),
    "alone": Way(only="serves"),
    "signals": Way(preexec=odd_signals, absolute=True),
}
if LINUX and platform.machine() in _SYSCALLS:
    WAYS |= {
        "old kernel": Way(preexec=without(landlock=_ENOSYS, unshare=_EPERM), remark=True),
        "container": Way(preexec=without(landlock=_EPERM, unshare=_EPERM, capset=_EPERM), remark=True),
        "user namespace": Way(before=("unshare", "--map-root-user")),
        "nobody": Way(before=("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")),
    }

_VERIFY = """
import json, sys
from pytest_hfspace import verify
from pytest_hfspace.report.json import document
report, *roots = sys.argv[1:]
spaces = [document(verify(root)) for root in roots]
open(report, "w").write(json.dumps({"spaces": spaces}))
"""


@dataclass(frozen=True)
class Bench:
    """The Spaces, and the runs over them; ``ways`` and ``runs`` by the names of ways."""

    top: Path
    pool: ThreadPoolExecutor
    ways: Mapping[str, Way]
    runs: dict[str, Future[dict[str, Any]]] = field(default_factory=dict)

    def begin(self, name: str) -> Future[dict[str, Any]]:
        """Have it run, once."""
        if name not in self.runs:
            self.runs[name] = self.pool.submit(_run, name, self.ways[name], self.top)
        return self.runs[name]

    def reports(self, name: str) -> dict[str, Any]:
        """The reports of one way of running, by Space; skips where it cannot be gone here."""
        if missing := _missing(self.ways[name]):
            pytest.skip(missing)
        return self.begin(name).result()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    # not below tmp_path, which nobody else may enter
    top = Path(tempfile.mkdtemp(prefix="hfspace-same-"))
    outside = [path for path in (OUTSIDE, f"{OUTSIDE}-cache", "/data") if not Path(path).exists()]
    try:
        top.chmod(0o755)
        for name in ("reports", *WAYS):
            (top / name).mkdir()
            (top / name).chmod(0o1777)
        for name, files in SPACES.items():
            write_space(top / "spaces" / name, files)
        space_copy(HEALTHY, top / "spaces" / HEALTHY)
        with ThreadPoolExecutor(2) as pool:
            bench = Bench(top, pool, {name: _as_reader(way) for name, way in WAYS.items()})
            if "PYTEST_XDIST_WORKER" not in os.environ:  # else there is another worker for the others
                for name in WAYS:
                    bench.begin(name)
            yield bench
            pool.shutdown(cancel_futures=True)
    finally:
        shutil.rmtree(top)
        for path in filter(os.path.isdir, outside):  # only where a test has failed
            Path(path).rmdir()


def _as_reader(way: Way) -> Way:
    """Somebody else may need the right to read where this interpreter is, but never to write there."""
    if "setpriv" not in way.before or not _missing(way):
        return way
    rights = (f"--inh-caps={_READER}", f"--ambient-caps={_READER}")
    return replace(way, before=(*way.before, *rights))


def _missing(way: Way) -> str:
    """Why there is no such way here, or ""."""
    if "-n" in way.options and find_spec("xdist") is None:
        return "pytest-xdist is not installed"
    if not way.before and not way.preexec:
        return ""
    try:
        done = subprocess.run(
            [*way.before, sys.executable, "-c", "import pytest, yaml, starlette, pytest_hfspace"],
            preexec_fn=way.preexec,
            env=_environment(),
            check=False,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"not here: {error}"
    return f"not here: {done.stderr.strip()[-200:]}" if done.returncode else ""


def _environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "GIT_", "PYTEST_"))}
    return {**kept, "COLUMNS": "80", "PYTHONPATH": str(Path(__file__).parents[1]), **more}


def _run(name: str, way: Way, top: Path) -> dict[str, Any]:
    report = top / "reports" / f"{name}.json"
    roots = [f"spaces/{each}" for each in sorted((*SPACES, HEALTHY))]
    if way.verify:
        command = ["-c", _VERIFY, str(report), *roots]
    else:
        roots = [str(top / root) for root in roots] if way.absolute else [f"spaces/{way.only or '*'}"]
        asked = [f"--hfspace-root={root}" for root in roots]
        command = ["-m", "pytest", "--hfspace", *asked, f"--hfspace-report={report}", *PLUGIN, *QUIET]
    done = subprocess.run(
        [*way.before, sys.executable, *command, *way.options],
        preexec_fn=way.preexec,
        env=_environment(TMPDIR=str(top / name)),
        cwd=top,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    data: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    assert done.returncode == (0 if way.verify else 1), done.stdout + done.stderr
    return {Path(each["space"]["root"]).name: each for each in data.get("spaces", [data])}


# -- what must be the same

_MEASURED = re.compile(r"\d+(?:\.\d+)? (?:ms|s|MB|GB)\b")
_REMARK = "only what the app's own Python code writes was refused as on the Space: "


def _comparable(report: dict[str, Any]) -> dict[str, Any]:
    """All of it, without times, memory, what names this one run, and the one remark."""
    kept = json.loads(_MEASURED.sub("N s", json.dumps(report)))
    for key in ("id", "created", "timings", "peak_rss_mb", "confidence"):
        kept.pop(key)
    kept["not_rehearsed"] = [each for each in kept["not_rehearsed"] if not each.startswith(_REMARK)]
    for each in (*kept["checks"], *kept["routes"]):
        each.pop("seconds", None)
    kept["checks"].sort(key=lambda check: (check["code"], check["route"] or ""))
    return dict(kept)


def _found(reports: Mapping[str, dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(name, check["code"], check["outcome"]) for name in reports for check in reports[name]["checks"]}


def test_there_is_something_to_find(bench: Bench) -> None:
    reports = bench.reports("plain")
    assert _found(reports) >= EXPECTED
    assert reports[HEALTHY]["ready"]
    assert reports["outside"]["stage"] is None


@pytest.mark.parametrize("way", list(WAYS)[1:])
def test_the_same_findings(bench: Bench, way: str) -> None:
    expected, reports = bench.reports("plain"), bench.reports(way)
    assert sorted(reports) == sorted([WAYS[way].only] if WAYS[way].only else expected)
    for name, report in reports.items():
        assert _comparable(report) == _comparable(expected[name]), name
    assert not list(Path(OUTSIDE).parent.glob(f"{Path(OUTSIDE).name}*"))
    assert not list((bench.top / way).glob("hfspace-*"))


@pytest.mark.parametrize("way", [name for name, way in WAYS.items() if way.remark])
def test_what_was_not_refused_is_said(bench: Bench, way: str) -> None:
    reports = bench.reports(way)
    told = {name for name, report in reports.items() if _REMARK in "".join(report["not_rehearsed"])}
    assert {"starts", "serves"} <= told
    assert HEALTHY not in told
