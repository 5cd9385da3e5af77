"""What is installed in place from the repository is not there on the Space."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_hfspace.rehearsal.child.checkout import leave_out


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    root = tmp_path / "space"
    (root / "src").mkdir(parents=True)
    return root


def test_other_directories_stay(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "space-of-others"
    other.mkdir()
    sys.path += [str(other), ""]
    before, finders = list(sys.path), list(sys.meta_path)
    leave_out(str(checkout))
    assert (sys.path, sys.meta_path) == (before, finders)


@pytest.mark.parametrize("below", [".", "src"])
def test_a_path_of_the_repository_goes(checkout: Path, below: str) -> None:
    before = list(sys.path)
    sys.path.append(str(checkout / below))
    leave_out(str(checkout))
    assert sys.path == before


def test_a_virtual_environment_in_the_repository_stays(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = checkout / ".venv" / "lib"
    packages.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(checkout / ".venv"))
    sys.path.append(str(packages))
    leave_out(str(checkout))
    assert str(packages) in sys.path


@pytest.mark.parametrize(("place", "stays"), [("space/src/app", False), ("elsewhere/app", True)])
def test_an_editable_installs_finder(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, place: str, stays: bool
) -> None:
    module = ModuleType("__editable___app_1_0_finder")
    finder = type("_EditableFinder", (), {"__module__": module.__name__})
    vars(module)["MAPPING"] = {"app": str(checkout.parent / place)}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    sys.meta_path.append(finder)  # type: ignore[arg-type]
    leave_out(str(checkout))
    assert (finder in sys.meta_path) is stays
