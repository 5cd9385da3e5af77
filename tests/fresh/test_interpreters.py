"""Which of this machine's interpreters stands for the Space's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_hfspace.fresh.interpreters import find_interpreter, this_interpreter

from .making import HERE, make_program

MINOR = sys.version_info[1]


def fake(path: Path, version: str, implementation: str = "CPython") -> Path:
    return make_program(path, f"print({implementation!r}, {version!r}, {str(path)!r})")


def machine(tmp_path: Path) -> dict[str, str]:
    """One with no interpreter but those below ``tmp_path``."""
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


def test_this_interpreter_will_do_where_it_has_the_version(tmp_path: Path) -> None:
    found, told = find_interpreter(HERE, machine(tmp_path))
    assert found == this_interpreter()
    assert found.minor == HERE
    assert told == ""


def test_the_spaces_version_is_found_on_path(tmp_path: Path) -> None:
    other = f"3.{MINOR + 1}"
    path = fake(tmp_path / "bin" / f"python{other}", f"{other}.4")
    found, told = find_interpreter(other, machine(tmp_path))
    assert (found.path, found.version, told) == (str(path), f"{other}.4", "")


def test_pyenvs_newest_patch_is_taken_and_its_shims_are_not(tmp_path: Path) -> None:
    other = f"3.{MINOR + 1}"
    versions = tmp_path / "home" / ".pyenv" / "versions"
    fake(versions / f"{other}.9" / "bin" / "python", f"{other}.9")
    newest = fake(versions / f"{other}.10" / "bin" / "python", f"{other}.10")
    make_program(tmp_path / "home" / ".pyenv" / "shims" / f"python{other}", "raise SystemExit(127)")
    environment = machine(tmp_path) | {"PATH": str(tmp_path / "home" / ".pyenv" / "shims")}
    found, _ = find_interpreter(other, environment)
    assert (found.path, found.version) == (str(newest), f"{other}.10")


@pytest.mark.parametrize(
    ("version", "implementation"), [("3.{}.1", "PyPy"), ("3.{}.0rc1", "CPython"), ("3.99.1", "CPython")]
)
def test_what_runs_and_is_no_such_interpreter_is_passed_over(
    tmp_path: Path, version: str, implementation: str
) -> None:
    other = f"3.{MINOR + 1}"
    fake(tmp_path / "bin" / f"python{other}", version.format(MINOR + 1), implementation)
    found, told = find_interpreter(other, machine(tmp_path))
    assert found == this_interpreter()
    assert told == f"the Space's Python {other} is not here: built with {HERE}"


def test_what_does_not_run_is_passed_over(tmp_path: Path) -> None:
    other = f"3.{MINOR + 1}"
    make_program(tmp_path / "bin" / f"python{other}", "raise SystemExit(127)")
    assert find_interpreter(other, machine(tmp_path))[0] == this_interpreter()


def test_of_two_as_near_the_newer_is_taken(tmp_path: Path) -> None:
    wanted, older, newer = (f"3.{MINOR + distance}" for distance in (3, 2, 4))
    fake(tmp_path / "bin" / f"python{older}", f"{older}.1")
    fake(tmp_path / "bin" / f"python{newer}", f"{newer}.1")
    found, told = find_interpreter(wanted, machine(tmp_path))
    assert found.minor == newer
    assert told == f"the Space's Python {wanted} is not here: built with {newer}"


def test_uv_knows_where_its_own_interpreters_lie(tmp_path: Path) -> None:
    other = f"3.{MINOR + 1}"
    path = fake(tmp_path / "managed" / "python", f"{other}.2")
    uv = make_program(
        tmp_path / "uv", f"import sys\nassert '--no-python-downloads' in sys.argv\nprint({str(path)!r})"
    )
    assert find_interpreter(other, machine(tmp_path), str(uv))[0].path == str(path)


def test_an_unknown_version_is_this_ones_and_said(tmp_path: Path) -> None:
    found, told = find_interpreter("", machine(tmp_path))
    assert found == this_interpreter()
    assert told == f"the Space's Python is not known: built with {HERE}"
