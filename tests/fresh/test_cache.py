"""Environments that are kept: found again, made once, and removed when their day is over."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_hfspace.fresh.cache import Entry, cache_directory, key_of, open_entry, remove_old, today
from pytest_hfspace.fresh.facts import Build, BuildFailure

OLD = "20200101-" + "a" * 24
NEW = "20990101-" + "b" * 24


@pytest.fixture
def entry(tmp_path: Path) -> Iterator[Entry]:
    entry = Entry(tmp_path / NEW)
    yield entry
    entry.release()


def hold(entry: Entry, seconds: float = 0.0) -> bool:
    return entry.hold(time.monotonic() + seconds, threading.Event())


def interpreter(entry: Entry) -> str:
    python = entry.environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    python.chmod(0o755)
    return str(python)


def test_what_is_complete_is_found_again(entry: Entry) -> None:
    assert hold(entry)
    entry.begin()
    assert entry.found() is None
    failure = BuildFailure("conflict", "words", ("a", "b"), "requirements.txt", 3)
    build = Build(interpreter(entry), "3.12.1", "3.12", ("told",), {"a": "1"}, failure, tool="uv 0.9")
    entry.complete(build)
    assert entry.found() == build


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"python": 1}', b'{"x": 1, "failure": null}', b"\xff", b"[" * 99999]
)
def test_a_marker_that_is_none_is_nothing(entry: Entry, content: bytes) -> None:
    assert hold(entry)
    entry.begin()
    (entry.directory / "build.json").write_bytes(content)
    assert entry.found() is None


def test_an_environment_that_lost_its_interpreter_is_made_anew(entry: Entry) -> None:
    assert hold(entry)
    entry.begin()
    entry.complete(Build(interpreter(entry)))
    Path(entry.environment / "bin" / "python").unlink()
    assert entry.found() is None
    entry.begin()
    assert not entry.environment.exists()


def test_two_make_it_once(entry: Entry) -> None:
    assert hold(entry)
    other = Entry(entry.directory)
    assert not hold(other, 0.1)
    other.release()
    entry.begin()
    threading.Timer(0.2, lambda: entry.complete(Build("", impossible="made"))).start()
    assert hold(other, 20)
    assert other.found() == Build("", impossible="made")
    other.release()


def test_waiting_ends_with_an_abort(entry: Entry) -> None:
    assert hold(entry)
    aborted = threading.Event()
    threading.Timer(0.1, aborted.set).start()
    other = Entry(entry.directory)
    assert not other.hold(time.monotonic() + 60, aborted)
    other.release()


def made(top: Path, name: str) -> Path:
    old = Entry(top / name)
    assert hold(old)
    old.begin()
    old.complete(Build())
    old.release()
    return top / name


def test_earlier_days_are_removed_and_nothing_else(tmp_path: Path) -> None:
    old, new = made(tmp_path, OLD), made(tmp_path, NEW)
    lock = tmp_path / ("20200101-" + "e" * 24 + ".lock")
    lock.touch()
    strange = tmp_path / ("20200101-" + "c" * 24)
    strange.mkdir()
    (tmp_path / "notes").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".pytest-hfspace-environment").touch()
    link = tmp_path / ("20200101-" + "d" * 24)
    link.symlink_to(elsewhere)
    remove_old(tmp_path, "20200102")
    assert not old.exists()
    assert not old.with_suffix(".lock").exists()
    assert not lock.exists()
    assert new.is_dir()
    assert strange.is_dir()
    assert (elsewhere / ".pytest-hfspace-environment").exists()


def test_what_another_run_uses_stays(tmp_path: Path) -> None:
    old = made(tmp_path, OLD)
    user = Entry(old)
    assert hold(user)
    remove_old(tmp_path, "20200102")
    assert old.is_dir()
    user.release()
    remove_old(tmp_path, "20200102")
    assert not old.exists()


def test_a_key_depends_on_every_part_and_on_the_day() -> None:
    keys = {
        key_of(parts, day)
        for parts in (["a", {"x": 1}], ["a", {"x": 2}], ["b"])
        for day in ("20260101", "20260102")
    }
    assert len(keys) == 6
    assert key_of([{"x": 1, "y": 2}], "20260101") == key_of([{"y": 2, "x": 1}], "20260101")
    assert len(today()) == 8


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/pytest-hfspace/environments"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/pytest-hfspace/environments"),
        ({"HOME": "/h"}, "/h/.cache/pytest-hfspace/environments"),
    ],
)
def test_the_cache_is_the_users(environment: dict[str, str], expected: str) -> None:
    assert str(cache_directory(environment)) == expected


def test_without_a_cache_directory_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entry, told = open_entry({"XDG_CACHE_HOME": str(tmp_path / "file")}, NEW)
    assert told == "the cache directory cannot be written to: the environment is not kept"
    assert hold(entry)
    entry.begin()
    entry.complete(Build())
    assert json.loads((entry.directory / "build.json").read_text())["python"] == ""
    entry.release()
    assert not entry.directory.exists()


def test_a_link_in_place_of_the_directory_is_not_followed(entry: Entry, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    entry.directory.symlink_to(elsewhere)
    assert hold(entry)
    entry.begin()
    assert (elsewhere / "precious").exists()
    assert not entry.directory.is_symlink()


def test_a_lock_is_not_inherited_by_what_is_started(entry: Entry) -> None:
    assert hold(entry)
    assert entry._lock is not None
    assert fcntl.fcntl(entry._lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    assert not os.get_inheritable(entry._lock)
