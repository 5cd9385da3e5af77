"""What an earlier start has left in the temporary directory is no failure of the Space."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Options, begin
from pytest_hfspace.rehearsal.facts import FileUse, Raised
from pytest_hfspace.rehearsal.leftovers import left_over
from pytest_hfspace.space import read_space
from tests.helpers import write_space

from .rehearse import CARD, COMMAND, ROUTES

BEFORE = frozenset({"app.lock", "work", "app.db"})
EXISTS = ("builtins.FileExistsError", "builtins.OSError")
SQLITE = ("sqlite3.OperationalError", "builtins.Exception")
DATABASE = FileUse("/tmp/app.db", None, found=True, write=True, database=True)


@pytest.mark.parametrize(
    ("error", "path"),
    [
        (Raised(EXISTS, "[Errno 17] File exists: '/tmp/app.lock'"), "/tmp/app.lock"),
        (Raised(EXISTS, "[Errno 17] File exists: '/tmp/work/a b'"), "/tmp/work/a b"),
        (Raised(("x.E",), "", None, Raised(EXISTS, "[Errno 17] File exists: '/tmp/work'")), "/tmp/work"),
        (Raised(SQLITE, "table users already exists"), "/tmp/app.db"),
        # made by the app itself in this start, elsewhere, and another failure
        (Raised(EXISTS, "[Errno 17] File exists: '/tmp/other'"), ""),
        (Raised(EXISTS, "[Errno 17] File exists: 'work'"), ""),
        (Raised(EXISTS, "[Errno 17] File exists: '/srv/tmp-1/work'"), ""),
        (Raised(("builtins.FileNotFoundError",), "No such file: '/tmp/work'"), ""),
        (Raised(SQLITE, "no such table: users"), ""),
    ],
)
def test_left_over(error: Raised, path: str) -> None:
    said = left_over(error, [DATABASE], BEFORE)

    there = f"the app makes {path}, which is on this machine already"
    assert said == (path and f"{there} (a Space starts with an empty /tmp): remove it")


def test_a_database_of_this_start() -> None:
    assert left_over(Raised(SQLITE, "table users already exists"), [DATABASE], frozenset()) == ""


@pytest.fixture
def lock() -> Iterator[Path]:
    path = Path("/tmp") / f"hfspace-test-{uuid.uuid4().hex}.lock"
    yield path
    path.unlink(missing_ok=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")
def test_an_app_that_makes_a_file_in_tmp_every_time(tmp_path: Path, lock: Path) -> None:
    making = f"KEY = os.getenv('API_KEY', '')\nopen({str(lock)!r}, 'x').close()\nodd = fine\n"
    dockerfile = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD {COMMAND}\n"
    files = {"README.md": CARD, "Dockerfile": dockerfile, "main.py": ROUTES.replace("{code}", making)}
    space = read_space(write_space(tmp_path / "space", files))

    first = begin(space, Options(timeout=30)).finish(starts=("canaries",))
    again = begin(space, Options(timeout=30)).finish()

    assert first.failure is None
    (canaries,) = first.variants
    there = f"the app makes {lock}, which is on this machine already"
    reason = f"{there} (a Space starts with an empty /tmp): remove it"
    assert (canaries.failure, canaries.impossible) == (None, reason)
    assert (again.failure, again.impossible) == (None, reason)
