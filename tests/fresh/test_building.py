"""A build from its beginning to its end, with a tool that does as it is told."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from pytest_hfspace.fresh import Build, begin_build
from pytest_hfspace.fresh.interpreters import Found

from .making import HERE, make_program, make_space

pytestmark = pytest.mark.usefixtures("own_cache")

#: Answers as uv does; what install prints and how it ends stands in files beside it.
FAKE = """
import os, sys, time
here = os.path.dirname(os.path.realpath(__file__))
words = sys.argv[1:]
with open(os.path.join(here, "log"), "a") as log:
    log.write(" ".join(words) + "\\n")
if words == ["--version"]:
    print("uv 9.8.7 (fake)")
elif words[0] == "venv":
    os.makedirs(os.path.join(words[-1], "bin"))
    os.symlink(%(python)r, os.path.join(words[-1], "bin", "python"))
    site = os.path.join(words[-1], "lib", "python3.99", "site-packages")
    os.makedirs(os.path.join(site, "idna-3.7.dist-info"))
    with open(os.path.join(site, "idna-3.7.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: idna\\nVersion: 3.7\\n")
elif os.path.exists(os.path.join(here, "answer")):
    text = open(os.path.join(here, "answer")).read()
    if text == "hang":
        print("Resolved 3 packages in 1ms", flush=True)
        time.sleep(60)
    if text == "show":
        text = "error: " + repr(open(words[words.index("-r") + 1], "rb").read())
    print(text)
    sys.exit(1)
else:
    print("Resolved 3 packages in 1ms\\n   Building slow==1.0\\nInstalled 3 packages in 1ms")
"""


class Machine:
    """Where the fake uv lies, what it was asked and what it shall answer."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        make_program(directory / "uv", FAKE % {"python": sys.executable})

    def answer(self, text: str) -> None:
        (self.directory / "answer").write_text(text, encoding="utf-8")

    @property
    def log(self) -> list[str]:
        path = self.directory / "log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path / "tools")
    monkeypatch.setattr("pytest_hfspace.fresh.building.find_uv", lambda _: str(machine.directory / "uv"))
    return machine


UV_STEP = f"FROM python:{HERE}\nWORKDIR /app\nCOPY . .\nRUN uv pip install --system -r requirements.txt\n"


def build(root: Path, told: list[str] | None = None, **files: str | bytes) -> Build:
    contents = {"requirements.txt": "idna\nslow\nx", "Dockerfile": UV_STEP, **files}
    building = begin_build(make_space(root, contents), (told if told is not None else []).append)
    result = building.wait()
    assert building.wait() is result
    building.abort()
    building.abort()
    return result


def test_an_environment_is_made_and_told_of(machine: Machine, tmp_path: Path, own_cache: Path) -> None:
    told: list[str] = []
    made = build(tmp_path / "space", told)
    assert (made.failure, made.impossible, made.notices) == (None, "", ())
    assert made.python.startswith(str(own_cache))
    assert made.python.endswith("/env/bin/python")
    assert (made.tool, made.wanted, made.packages, made.cached) == ("uv 9.8.7", HERE, {"idna": "3.7"}, False)
    assert told == [
        f"build: {HERE} with uv: idna, slow, x (3 requirements)",
        "build: 3 packages resolved",
        "build: building slow",
        "build: 3 packages installed",
    ]
    assert "-r" in machine.log[-1]
    assert not [path for path in Path(made.python).parents[2].iterdir() if path.name == "inputs"]


def test_the_second_run_finds_it(machine: Machine, tmp_path: Path) -> None:
    first = build(tmp_path / "space")
    asked = len(machine.log)
    begun = time.monotonic()
    second = build(tmp_path / "space")
    assert time.monotonic() - begun < 1
    assert (second.cached, second.python, second.packages) == (True, first.python, first.packages)
    assert len(machine.log) == asked


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "idna\nslow\n"},
        {"requirements.txt": "-r more.txt\n", "more.txt": "idna\n"},
        {"Dockerfile": UV_STEP.replace("--system", "--system --no-deps")},
        {"Dockerfile": UV_STEP.replace("WORKDIR", "ENV UV_INDEX=https://example.org/\nWORKDIR")},
    ],
)
def test_other_requirements_are_another_environment(
    machine: Machine, tmp_path: Path, files: dict[str, str | bytes]
) -> None:
    first = build(tmp_path / "space")
    second = build(tmp_path / "space", **files)
    assert not second.cached
    assert second.python != first.python


def test_what_is_not_installed_makes_no_other_environment(machine: Machine, tmp_path: Path) -> None:
    build(tmp_path / "space")
    assert build(tmp_path / "space", **{"main.py": "app = None\n"}).cached


CONFLICT = """\
error: No solution found when resolving dependencies
  cause: Because idna==3.7 depends on slow<2 and you require slow==2.0, we can conclude that you lose.
"""


def test_a_conflict_is_a_failure_of_the_day(machine: Machine, tmp_path: Path) -> None:
    machine.answer(CONFLICT)
    requirements = {"requirements.txt": "idna\nslow==2.0\n"}
    first = build(tmp_path / "space", **requirements)
    assert first.failure is not None
    assert (first.python, first.failure.kind, first.failure.line) == ("", "conflict", 2)
    asked = len(machine.log)
    second = build(tmp_path / "space", **requirements)
    assert (second.cached, second.failure) == (True, first.failure)
    assert len(machine.log) == asked


@pytest.mark.parametrize("answer", ["error: nobody knows", "error: Failed to build `slow==1.0`"])
def test_what_another_try_may_mend_is_tried_again(machine: Machine, tmp_path: Path, answer: str) -> None:
    machine.answer(answer)
    first = build(tmp_path / "space")
    assert first.failure is not None
    (machine.directory / "answer").unlink()
    second = build(tmp_path / "space")
    assert (second.failure, second.cached) == (None, False)


def test_an_index_out_of_reach_is_no_failure(machine: Machine, tmp_path: Path) -> None:
    machine.answer("error: Request failed\n  cause: error sending request for url (https://i.example/)")
    made = build(tmp_path / "space")
    assert (made.failure, made.impossible) == (None, "the package index cannot be reached")
    assert (made.python, made.tool) == ("", "uv 9.8.7")


def test_a_step_that_may_fail_fails_quietly(machine: Machine, tmp_path: Path) -> None:
    machine.answer(CONFLICT)
    made = build(tmp_path / "space", Dockerfile=UV_STEP.rstrip() + " || true\n")
    assert (made.failure, made.notices) == (
        None,
        ("Dockerfile:4 fails here, and the build goes on without it",),
    )
    assert made.python


def test_a_build_that_hangs_ends_at_its_deadline(machine: Machine, tmp_path: Path) -> None:
    machine.answer("hang")
    space = make_space(tmp_path / "space", {"requirements.txt": "idna\n", "Dockerfile": UV_STEP})
    begun = time.monotonic()
    building = begin_build(space, lambda _: None, deadline=2.0)
    assert building.wait().impossible == "the build took too long and was ended"
    assert time.monotonic() - begun < 30
    building.abort()


def test_an_abort_ends_it(machine: Machine, tmp_path: Path, own_cache: Path) -> None:
    machine.answer("hang")
    space = make_space(tmp_path / "space", {"requirements.txt": "idna\n", "Dockerfile": UV_STEP})
    told: list[str] = []
    building = begin_build(space, told.append)
    until = time.monotonic() + 30
    while "build: 3 packages resolved" not in told and time.monotonic() < until:
        time.sleep(0.02)
    building.abort()
    made = building.wait()
    assert (made.python, made.impossible) == ("", "the build was ended")
    building.abort()
    assert not [path for path in (own_cache / "pytest-hfspace" / "environments").iterdir() if path.is_dir()]


def test_an_abort_at_once_is_safe(machine: Machine, tmp_path: Path) -> None:
    space = make_space(tmp_path / "space", {"requirements.txt": "idna\n", "Dockerfile": UV_STEP})
    building = begin_build(space, lambda _: None)
    building.abort()
    assert building.wait().python == "" or building.wait().failure is None


def test_without_a_cache_the_environment_lasts_as_long_as_the_build(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    space = make_space(tmp_path / "space", {"requirements.txt": "idna\n", "Dockerfile": UV_STEP})
    building = begin_build(space, lambda _: None)
    made = building.wait()
    assert made.notices == ("the cache directory cannot be written to: the environment is not kept",)
    assert Path(made.python).exists()
    building.abort()
    assert not Path(made.python).exists()


def test_requirements_in_utf16_reach_the_tool_as_utf8(machine: Machine, tmp_path: Path) -> None:
    machine.answer("show")
    made = build(tmp_path / "space", **{"requirements.txt": "idna==3.7\r\n".encode("utf-16")})
    assert made.failure is not None
    assert made.failure.words == r"b'idna==3.7\n'"


def test_two_runs_at_once_make_one_environment(machine: Machine, tmp_path: Path) -> None:
    space = make_space(tmp_path / "space", {"requirements.txt": "idna\n", "Dockerfile": UV_STEP})
    buildings = [begin_build(space, lambda _: None) for _ in range(3)]
    made = [building.wait() for building in buildings]
    assert len({each.python for each in made}) == 1
    assert sorted(each.cached for each in made) == [False, True, True]
    assert len([line for line in machine.log if line.startswith("venv")]) == 1
    for building in buildings:
        building.abort()


def test_a_python_without_ensurepip_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_uv: None
) -> None:
    text = "The virtual environment was not created successfully because ensurepip is not available."
    python = make_program(tmp_path / "python", f"print({text!r})\nraise SystemExit(1)")
    monkeypatch.setattr(
        "pytest_hfspace.fresh.building.find_interpreter", lambda *_: (Found(str(python), "3.11.2"), "")
    )
    made = build(tmp_path / "space")
    assert made.failure is None
    assert made.impossible == (
        "Python 3.11 has no ensurepip here: apt install python3.11-venv, or pip install uv"
    )


@pytest.mark.parametrize(
    ("system", "base", "told"),
    [
        (("linux", "x86_64"), "python", ()),
        (
            ("darwin", "arm64"),
            "python",
            ("built for darwin arm64: the Space's Linux x86_64 may need other wheels",),
        ),
        (
            ("linux", "x86_64"),
            "alpine",
            ("the image is Alpine Linux, which may need other wheels than these",),
        ),
    ],
)
def test_wheels_that_may_differ_are_said(
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: tuple[str, str],
    base: str,
    told: tuple[str, ...],
) -> None:
    monkeypatch.setattr("pytest_hfspace.fresh.building._system", lambda: system)
    dockerfile = UV_STEP if base == "python" else UV_STEP.replace(HERE, f"{HERE}-alpine", 1)
    assert build(tmp_path / "space", Dockerfile=dockerfile).notices == told


def test_the_projects_own_version_can_be_asked_for(machine: Machine, tmp_path: Path) -> None:
    project = '[project]\nname = "My.App"\nversion = "1.2"\ndependencies = ["idna"]\n'
    step = UV_STEP.replace("-r requirements.txt", ".")
    made = build(tmp_path / "space", **{"pyproject.toml": project, "Dockerfile": step})
    assert made.packages == {"idna": "3.7", "my-app": "1.2"}


def test_a_project_for_another_python_is_refused_before_anything_is_installed(
    machine: Machine, tmp_path: Path
) -> None:
    project = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.99"\ndependencies = []\n'
    step = UV_STEP.replace("-r requirements.txt", ".")
    made = build(tmp_path / "space", **{"pyproject.toml": project, "Dockerfile": step})
    assert made.failure is not None
    assert (made.failure.kind, made.failure.path, made.failure.line) == ("python", "pyproject.toml", 4)
    assert not [line for line in machine.log if line.startswith("pip install")]


def test_static_spaces_have_no_build(machine: Machine, tmp_path: Path) -> None:
    made = build(tmp_path / "space", **{"README.md": "---\nsdk: static\n---\n"})
    assert made.impossible == "a static Space installs no Python packages"
    assert machine.log == []


def test_the_phases_are_told_in_the_thread_that_waits(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    space = make_space(
        tmp_path, {"requirements.txt": "--no-index\n--find-links ./none\nnothing-of-that-name\n"}
    )
    building = begin_build(space, lambda _: None)
    made = building.wait(lambda phase: told.append((phase, threading.get_ident())))
    assert {ident for _, ident in told} == {threading.get_ident()}
    assert told[0][0].startswith("build: ")
    assert building.wait() == made  # a second time, at once
    building.abort()
