"""HFS306: what a fresh build says, and what can be said without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_hfspace.check import Result
from pytest_hfspace.checks.build.fresh import requirements_conflict
from pytest_hfspace.fresh import Build, BuildFailure
from tests.checks.factories import make_requirements, make_site, make_space, make_static_space, outcome

MADE = Build(python="/x/bin/python", version="3.12.1", wanted="3.12", packages={"fastapi": "0.165.0"})


def of_build(build: Build) -> Result:
    return outcome(requirements_conflict, make_space(), space_build=build)


def test_a_build_that_was_made_has_no_conflict() -> None:
    assert of_build(MADE).outcome == "passed"


@pytest.mark.parametrize(
    ("kind", "names", "message"),
    [
        ("conflict", ("httpcore", "httpx"), "httpcore and httpx cannot be installed together"),
        ("missing", ("nothing",), "there is no nothing for Python 3.12 on Linux"),
        ("python", ("torch",), "torch requires another Python than 3.12"),
        ("compile", ("lxml",), "lxml has no wheel for Python 3.12, and could not be built from source here"),
        ("other", (), "the requirements cannot be installed"),
    ],
)
def test_a_build_that_fails(kind: str, names: tuple[str, ...], message: str) -> None:
    failure = BuildFailure(kind, "ERROR: words\n\n of the tool", names, "requirements.txt", 9)
    (finding,) = of_build(Build(version="3.12.1", wanted="3.12", failure=failure)).findings
    assert finding.level == ("warn" if kind in ("compile", "other") else "error")
    assert (finding.message, finding.path, finding.line) == (message, "requirements.txt", 9)
    assert finding.hint
    assert finding.consequence == "The build ends with the installer's words:\nERROR: words\n of the tool"


def test_a_build_that_was_impossible_tells_nothing() -> None:
    result = of_build(Build(impossible="the package index cannot be reached"))
    assert (result.outcome, result.reason) == (
        "skipped",
        "no fresh build: the package index cannot be reached",
    )


def test_a_static_space_installs_nothing() -> None:
    assert not outcome(requirements_conflict, make_static_space(), space_build=None).applicable


# -- without a build: what is installed here


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with web 2.0, which requires tool below 2, and tool 1.5."""
    make_site(tmp_path, ("web 2.0", ["tool<2", 'other>9; sys_platform == "win32"']), ("tool 1.5",))
    monkeypatch.syspath_prepend(str(tmp_path))


def declared(text: str) -> Result:
    return outcome(requirements_conflict, make_space(requirements=make_requirements(text)), space_build=None)


@pytest.mark.parametrize(
    "text", ["web\n", "web==2.0\ntool==1.5\n", "web>=1\ntool\n", "web==2.*\ntool<2\n", "Web==2.0\n"]
)
@pytest.mark.usefixtures("here")
def test_what_is_installed_here_fulfils_it(text: str) -> None:
    assert declared(text).outcome == "passed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("web==1.0\n", "web 2.0 is installed here, ==1.0 is declared"),
        ("web\ntool>=2\n", "tool 1.5 is installed here, >=2 is declared"),
        ("absent-package\n", "absent-package is not installed here"),
    ],
)
@pytest.mark.usefixtures("here")
def test_another_set_is_installed_here(text: str, reason: str) -> None:
    result = declared(text)
    assert (result.outcome, result.reason) == (
        "skipped",
        f"{reason}; with --hfspace-build it is installed anew",
    )


def test_pins_that_contradict_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # pip installs one after the other where it is told so in two steps
    make_site(tmp_path, ("web 2.0", ["tool<2"]), ("tool 2.5",))
    monkeypatch.syspath_prepend(str(tmp_path))
    (finding,) = declared("web==2.0\ntool==2.5\n").findings
    assert finding.message == "web==2.0 requires tool<2, and tool==2.5 is declared"
    assert (finding.path, finding.line) == ("requirements.txt", 2)
    assert "Cannot install web==2.0 and tool==2.5" in finding.consequence
    assert declared("web\ntool==2.5\n").reason.startswith("web requires tool<2, and 2.5 is installed here")


def test_the_requirement_is_shown_as_it_is_written() -> None:
    failure = BuildFailure("missing", "", ("uvicorn",), "requirements.txt", 2)
    (finding,) = of_build(Build(version="3.12.1", wanted="3.12", failure=failure)).findings
    assert finding.message == "there is no uvicorn>=0.30,<1 for Python 3.12 on Linux"


def test_another_python_than_the_spaces_proves_nothing() -> None:
    failure = BuildFailure("missing", "", ("uvicorn",))
    assert of_build(Build(version="3.11.7", wanted="3.12", failure=failure)).outcome == "warned"
