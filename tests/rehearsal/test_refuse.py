"""What the interpreter refuses the app's own code where the kernel does not, and what it lets be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = """
import os, pathlib, sqlite3, sys
from pytest_hfspace.rehearsal.child.refuse import Refuser

top, outside = sys.argv[1:3]
open("shipped.txt", "w").close()
os.mkdir("own")
os.mkdir("locked")
open("locked/file", "w").close()
os.chmod("locked/file", 0o444)
os.chmod("locked", 0o555)
os.symlink(outside, "away")
Refuser([top, "/dev"], top, heed_modes={heed}).install()
try:
    {attempt}
except Exception as error:
    print(f"{type(error).__name__}: {error}")
else:
    print("done")
"""
ABSENT = "FileNotFoundError: [Errno 2] No such file or directory: "
DENIED = "PermissionError: [Errno 13] Permission denied: "


def attempt(tmp_path: Path, code: str, *, heed: bool = True) -> str:
    top, outside = tmp_path / "top", tmp_path / "outside"
    for folder in (top, outside):
        folder.mkdir()
    (outside / "file").write_text("as it was")
    program = SETUP.replace("{heed}", str(heed)).replace("{attempt}", code)
    done = subprocess.run(
        [sys.executable, "-c", program, top, outside],
        cwd=top,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (outside / "file").read_text() == "as it was"
    assert [path.name for path in outside.iterdir()] == ["file"]
    return done.stdout.strip().replace(str(outside), "OUTSIDE")


@pytest.mark.parametrize(
    "code",
    [
        'open("new.txt", "w")',
        'open(f"{outside}/file").read()',
        'os.open(f"{outside}/file", os.O_RDONLY | os.O_CREAT)',
        'open("/dev/null", "w")',
        'open(os.dup(1), "w")',
        'pathlib.Path("own/a/b").mkdir(parents=True)',
        "os.makedirs(outside, exist_ok=True)",
        'os.rename("shipped.txt", "own/moved.txt")',
        'os.truncate("shipped.txt", 0)',
        'os.remove("shipped.txt")',
        'sqlite3.connect("own/new.db").execute("create table a (b)")',
        'sqlite3.connect(":memory:").execute("create table a (b)")',
        'sqlite3.connect("file:own/new.db?mode=rwc", uri=True).execute("create table a (b)")',
        'sqlite3.connect("file:x?mode=memory", uri=True).execute("create table a (b)")',
    ],
)
def test_what_may_be_done(tmp_path: Path, code: str) -> None:
    assert attempt(tmp_path, code) == "done"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('open(f"{outside}/new", "w")', f"{DENIED}'OUTSIDE/new'"),
        ('open(f"{outside}/file", "a")', f"{DENIED}'OUTSIDE/file'"),
        ('open("away/file", "r+")', f"{DENIED}'away/file'"),
        ('pathlib.Path(outside, "new").mkdir()', f"{DENIED}'OUTSIDE/new'"),
        ('os.remove(f"{outside}/file")', f"{DENIED}'OUTSIDE/file'"),
        ("os.rmdir(outside)", f"{DENIED}'OUTSIDE'"),
        ('os.truncate("away/file", 0)', f"{DENIED}'away/file'"),
        ('os.link("shipped.txt", "away/link")', f"{DENIED}'away/link'"),
        ('os.symlink("x", "away/link")', f"{DENIED}'away/link'"),
        ('os.rename("shipped.txt", "away/x")', f"{DENIED}'shipped.txt' -> 'away/x'"),
        ('open("locked/file", "a")', f"{DENIED}'locked/file'"),
        ('open(b"locked/new", "x")', f"{DENIED}b'locked/new'"),
        ('os.rename("locked/file", "file")', f"{DENIED}'locked/file' -> 'file'"),
        ('sqlite3.connect("locked/new.db")', "OperationalError: unable to open database file"),
        ('sqlite3.connect("file:locked/new.db", uri=True)', "OperationalError: unable to open database file"),
    ],
)
def test_what_may_not(tmp_path: Path, code: str, said: str) -> None:
    assert attempt(tmp_path, code) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('open(f"{outside}/no/new", "w")', f"{ABSENT}'OUTSIDE/no/new'"),
        ("os.mkdir(outside)", "FileExistsError: [Errno 17] File exists: 'OUTSIDE'"),
        ('os.remove("locked/no")', f"{ABSENT}'locked/no'"),
        ('open("locked", "w")', "IsADirectoryError: [Errno 21] Is a directory: 'locked'"),
    ],
)
def test_what_fails_anyway(tmp_path: Path, code: str, said: str) -> None:
    assert attempt(tmp_path, code) == said


@pytest.mark.skipif(os.getuid() != 0, reason="only root writes what its mode forbids")
def test_modes_that_say_nothing(tmp_path: Path) -> None:
    assert attempt(tmp_path, 'open("locked/file", "a"); open("locked/new", "w")', heed=False) == "done"
    assert (tmp_path / "top" / "locked" / "new").exists()
