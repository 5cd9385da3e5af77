"""What the app may write during a rehearsal: what its user may, as whoever the rehearsal runs."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.checks.causes import failure_code
from pytest_hfspace.rehearsal import Rehearsal
from pytest_hfspace.rehearsal.child import confine as confinement
from pytest_hfspace.rehearsal.layout import make_layout
from pytest_hfspace.space import read_space

from .rehearse import CARD, COMMAND, Case, side_by_side

NOBODY = 65534
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
USER = "RUN useradd -m -u 1000 user\n"
ROOTS = f"WORKDIR /app\nCOPY . .\n{USER}USER user\n"
OWN = f"{USER}USER user\nENV HOME=/home/user\nWORKDIR /app\nCOPY --chown=user . .\n"
ABSENT = f"/hfspace-test-{os.getpid()}"
APP = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def fine(request):
    return PlainTextResponse("fine")

app = Starlette(routes=[Route("/", fine)])
"""


def case(code: str, steps: str = ROOTS, **files: str) -> Case:
    dockerfile = f"FROM python:{PYTHON}\n{steps}CMD {COMMAND}\n"
    return Case(textwrap.dedent(code) + APP, files={"Dockerfile": dockerfile, **files})


CASES: Mapping[str, Case] = {
    "refused": case("open('x.txt', 'w')"),
    "program": case("import subprocess\nassert subprocess.run(['touch', 'x.txt']).returncode"),
    "database": case("import sqlite3\nsqlite3.connect('new.db').execute('create table a (b)')"),
    "shipped": case(
        "import sqlite3\nsqlite3.connect('old.db').execute('create table a (b)')", **{"old.db": ""}
    ),
    "file": case(
        "open('mine.txt', 'w')\nopen('main.py', 'a')",
        ROOTS.replace("USER user", "RUN chown user mine.txt\nUSER user"),
        **{"mine.txt": "x"},
    ),
    "cache": case(
        "import pathlib\n(pathlib.Path.home() / '.cache').mkdir()", "WORKDIR /app\nCOPY . .\nUSER 1000\n"
    ),
    "allowed": case(
        """
        import os, pathlib, sqlite3, tempfile
        open('x.txt', 'w')
        os.rename('x.txt', 'y.txt')
        os.makedirs('a/b')
        os.rename('y.txt', 'a/b/y.txt')
        sqlite3.connect('new.db').execute('create table a (b)')
        (pathlib.Path.home() / '.cache' / 'x').mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir='/tmp') as folder:
            pathlib.Path(folder, 'x').write_text('x')
        tempfile.TemporaryFile()
        open('/dev/null', 'w')
        """,
        OWN,
    ),
    "nobody": case("open('x.txt', 'w')\nopen('main.py', 'a')", "WORKDIR /app\nCOPY . .\n"),
    "unknown": case("open('x.txt', 'w')", ROOTS.replace("USER user", "RUN ./setup.sh\nUSER user")),
    "outside": case(f"import os\nos.mkdir('{ABSENT}')", "WORKDIR /app\nCOPY . .\n"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rehearsal]:
    return side_by_side(tmp_path_factory.mktemp("confine"), CASES)


@pytest.fixture
def kernel() -> None:
    if confinement_problem():
        pytest.skip(confinement_problem())


def confinement_problem() -> str:
    code = "from pytest_hfspace.rehearsal.child.confine import confine; print(confine([], heed_modes=True))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["program", "allowed", "nobody", "unknown"])
def test_it_comes_up(seen: Mapping[str, Rehearsal], kernel: None, name: str) -> None:
    assert seen[name].served, (seen[name].failure, seen[name].impossible)
    assert seen[name].unconfined == ""


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("refused", "[Errno 13] Permission denied: 'x.txt'", "HFS801"),
        ("database", "unable to open database file", "HFS801"),
        ("shipped", "attempt to write a readonly database", "HFS801"),
        ("file", "[Errno 13] Permission denied: 'main.py'", "HFS801"),
        ("cache", "[Errno 13] Permission denied: '~/.cache'", "HFS803"),
    ],
)
def test_it_fails_as_on_the_space(
    seen: Mapping[str, Rehearsal], kernel: None, tmp_path: Path, name: str, said: str, code: str
) -> None:
    failure = seen[name].failure
    assert failure is not None, seen[name]
    assert failure.raised is not None
    assert failure.raised.message == said
    files = {"README.md": CARD, "main.py": CASES[name].code, **CASES[name].files}
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    assert failure_code(read_space(tmp_path), seen[name]) == code


def test_nothing_is_written_outside(seen: Mapping[str, Rehearsal], kernel: None) -> None:
    assert (
        seen["outside"].impossible == f"the app writes {ABSENT}, and a rehearsal leaves this machine as it is"
    )
    assert not Path(ABSENT).exists()


def test_modes_of_the_layout(tmp_path: Path) -> None:
    for path, text in {"README.md": CARD, "main.py": APP, **CASES["file"].files}.items():
        (tmp_path / path).write_text(text)
    layout = make_layout(read_space(tmp_path), "/app")
    try:
        modes = {name: layout.inside(name).stat().st_mode & 0o222 for name in ("/app", "/app/main.py")}
        assert modes == {"/app": 0, "/app/main.py": 0}
        assert layout.inside("/app/mine.txt").stat().st_mode & 0o200
        assert layout.home.stat().st_mode & 0o200
        assert layout.scratch.stat().st_mode & 0o200
    finally:
        layout.remove()
    assert not layout.top.exists()


# -- by itself

ATTEMPTS = """
import os, subprocess, sys
from pytest_hfspace.rehearsal.child.confine import confine

os.setuid(int(sys.argv[3]))
top = sys.argv[1]
os.mkdir(f"{top}/locked")
open(f"{top}/locked/file", "w").close()
os.chmod(f"{top}/locked/file", 0o444)
os.chmod(f"{top}/locked", 0o555)
print(confine([top], heed_modes=True) or "confined")
for path in (f"{top}/new", f"{top}/locked/file", f"{top}/locked/new", sys.argv[2], "/dev/null"):
    try:
        open(path, "w").close()
        print("written")
    except PermissionError:
        print("refused")
print(subprocess.run(["sh", "-c", f"echo > {top}/locked/new"], stderr=-3).returncode > 0)
"""


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """One that may be written, and one of somebody's home that may not; both are everybody's."""
    inside, outside = (
        Path(tempfile.mkdtemp(prefix="h-")),
        Path(tempfile.mkdtemp(prefix=".h-", dir=Path.home())),
    )
    try:
        for folder in (inside, outside):
            folder.chmod(0o777)
        yield inside, outside
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", inside], check=True)
        subprocess.run(["rm", "-rf", inside, outside], check=True)


@pytest.mark.parametrize("user", [None, NOBODY])
def test_whoever_runs_it(kernel: None, folders: tuple[Path, Path], user: int | None) -> None:
    if user is not None and os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    inside, outside = folders
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(inside), str(outside / "x"), str(user or os.getuid())],
        check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.split() == [
        "confined", "written", "refused", "refused", "refused", "written", "True"
    ], done.stderr  # fmt: skip


class Libc:
    """One that refuses: ``problems`` by the name of the call."""

    def __init__(self, **problems: int) -> None:
        self.problems = problems

    def __getattr__(self, name: str) -> Any:
        def call(*_arguments: Any) -> int:
            number = self.problems.get(name, 0)
            ctypes.set_errno(number)
            return -1 if number else 0

        return call


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        ({"syscall": errno.ENOSYS}, "this kernel has no Landlock"),
        ({"syscall": errno.EOPNOTSUPP}, "this kernel has no Landlock"),
        ({"syscall": errno.EPERM}, "Landlock: Operation not permitted"),
        ({"prctl": errno.EINVAL}, "no_new_privs: Invalid argument"),
        ({"capset": errno.EPERM}, "capset: Operation not permitted"),
        ({}, "this kernel's Landlock is of version 0"),
    ],
)
def test_a_kernel_without(monkeypatch: pytest.MonkeyPatch, problems: dict[str, int], said: str) -> None:
    monkeypatch.setattr(confinement.ctypes, "CDLL", lambda *_a, **_k: Libc(**problems))
    monkeypatch.setattr(confinement.sys, "platform", "linux")
    found = confinement.confine([], heed_modes=True)
    assert found == said if "capset" not in problems else found.startswith("this kernel")


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement.sys, "platform", "darwin")
    assert confinement.confine([], heed_modes=True) == "darwin has no Landlock"
