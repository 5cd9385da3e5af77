"""Builds by the real tools, of distributions that the tests make themselves: no index is asked."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_hfspace.fresh import Build, begin_build

from .making import HERE, make_sdist, make_space, make_wheel

pytestmark = [
    pytest.mark.usefixtures("own_cache"),
    pytest.mark.skipif(
        importlib.util.find_spec("ensurepip") is None, reason="this Python brings no pip for environments"
    ),
]
FIND = "--no-index\n--find-links ./wheels\n"
BROKEN = "raise RuntimeError('libfoo.h is not there')\n"


@pytest.fixture(params=["uv", "pip"])
def tool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the tools in turn."""
    if request.param == "uv":
        request.getfixturevalue("uv")
    else:
        monkeypatch.setattr("pytest_hfspace.fresh.building.find_uv", lambda _: "")
    return str(request.param)


def build(root: Path, requirements: str, **files: str) -> Build:
    wheels = root / "wheels"
    make_wheel(wheels, "alpha", "1.0", ["beta<2"])
    make_wheel(wheels, "beta", "1.0")
    make_wheel(wheels, "beta", "2.0")
    make_wheel(wheels, "gamma", "1.0", python=">=3.99")
    make_wheel(wheels, "future", "1.0", python="<3.4")
    make_wheel(wheels, "early", "1.0b1")
    make_sdist(wheels, "broken", BROKEN)
    building = begin_build(
        make_space(root, {"requirements.txt": FIND + requirements, **files}), lambda _: None
    )
    made = building.wait()
    building.abort()
    return made


def run(made: Build, code: str) -> str:
    done = subprocess.run([made.python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr


def test_what_is_asked_for_is_installed_and_can_be_imported(tool: str, tmp_path: Path) -> None:
    made = build(tmp_path, "alpha\nearly\n")
    assert (made.failure, made.impossible) == (None, "")
    assert made.tool.startswith(f"{tool} ")
    expected = {"alpha": "1.0", "beta": "1.0", "early": "1.0b1"}
    assert {name: made.packages.get(name) for name in expected} == expected
    assert (
        run(made, "import alpha, beta, sys; print(beta.version, sys.prefix != sys.base_prefix)") == "1.0 True"
    )
    assert made.version == ".".join(map(str, sys.version_info[:3]))


def test_a_conflict_is_told(tmp_path: Path, uv: str) -> None:
    failure = build(tmp_path, "alpha\nbeta==2.0\n").failure
    assert failure is not None
    assert (failure.kind, set(failure.names)) == ("conflict", {"alpha", "beta"})
    assert (failure.path, failure.line) == ("requirements.txt", 4)
    assert "alpha 1.0 depends on beta<2" in failure.words
    assert str(tmp_path) not in failure.words


@pytest.mark.parametrize(
    ("requirement", "kind"),
    [("beta==9.0", "missing"), ("gamma", "python"), ("broken", "compile"), ("a=>1", "other")],
)
def test_other_failures_are_told_apart(tmp_path: Path, uv: str, requirement: str, kind: str) -> None:
    failure = build(tmp_path, f"{requirement}\n").failure
    assert failure is not None
    assert (failure.kind, failure.path, failure.line) == (kind, "requirements.txt", 3)
    assert str(tmp_path) not in failure.words


def test_pip_tells_the_same_of_a_build_that_fails(tmp_path: Path, no_uv: None) -> None:
    failure = build(tmp_path, "broken\n").failure
    assert failure is not None
    assert (failure.kind, failure.names, failure.line) == ("compile", ("broken",), 3)
    assert "libfoo.h is not there" in failure.words


def test_pip_has_the_last_word_on_a_package_for_an_older_python(tmp_path: Path, uv: str) -> None:
    failure = build(tmp_path, "future\n").failure
    assert failure is not None
    assert (failure.kind, failure.names) == ("python", ("future",))


def test_a_package_of_the_repository_is_installed_from_its_directory(tmp_path: Path, uv: str) -> None:
    backend = """
        import zipfile
        def get_requires_for_build_wheel(config=None):
            return []
        def build_wheel(directory, config=None, metadata=None):
            name = "mine-1.0-py3-none-any.whl"
            with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
                wheel.writestr("mine.py", "answer = 42")
                info = "Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n"
                wheel.writestr("mine-1.0.dist-info/METADATA", info)
                info = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
                wheel.writestr("mine-1.0.dist-info/WHEEL", info)
                wheel.writestr("mine-1.0.dist-info/RECORD", "")
            return name
    """
    lines = [line[8:] for line in backend.splitlines()]
    project = (
        '[project]\nname = "mine"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    files = {"libs/mine/pyproject.toml": project, "libs/mine/backend.py": "\n".join(lines)}
    made = build(tmp_path, "-e ./libs/mine\nbeta\n", **files)
    assert (made.failure, made.impossible) == (None, "")
    assert run(made, "import mine; print(mine.answer)") == "42"
    again = build(tmp_path, "-e ./libs/mine\nbeta\n", **files)
    assert again.cached
    files["libs/mine/backend.py"] += "\n"
    assert not build(tmp_path, "-e ./libs/mine\nbeta\n", **files).cached


def test_an_index_that_is_closed_is_no_failure_of_the_space(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("PIP_RETRIES", "0")
    dockerfile = f"FROM python:{HERE}\nRUN pip install --index-url http://127.0.0.1:9/simple idna\n"
    space = make_space(tmp_path, {"Dockerfile": dockerfile})
    made = begin_build(space, lambda _: None).wait()
    assert (made.failure, made.impossible) == (None, "the package index cannot be reached")
