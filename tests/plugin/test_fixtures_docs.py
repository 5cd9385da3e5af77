"""The documentation of the fixtures: its examples run, and its types are theirs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import pytest_hfspace.fixtures
from tests.helpers import write_space

from .project import DOCKERFILE, INI, WARNINGS_ARE_ERRORS, Project, project

__all__ = ["project"]  # a fixture

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "fixtures.md"
CARD = "---\nsdk: docker\n---\n"
FIXTURES = sorted(
    name for name in vars(pytest_hfspace.fixtures) if name.startswith("space") and name != "space_portal"
)


def blocks() -> dict[str, str]:
    """The page's Python blocks by file name: the one of their first line, or that of a test."""
    found = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    files = {}
    for number, text in enumerate(found):
        named = re.match(r"# (\S+\.py)\n", text)
        files[named[1] if named else f"test_{number}.py"] = text
    return files


@pytest.fixture
def documented(project: Project) -> Project:
    write_space(project.path, {"README.md": CARD, "Dockerfile": DOCKERFILE, "pytest.ini": INI, **blocks()})
    return project


def test_every_example_runs(documented: Project) -> None:
    result = documented.run_apart("-v", *WARNINGS_ARE_ERRORS, "--ignore=admin", asyncio="strict", anyio=True)
    examples = (text for name, text in blocks().items() if "/" not in name)
    tests = sum(len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in examples)
    assert tests >= len(FIXTURES)
    # two of them run once for each of the three routes
    result.assert_outcomes(passed=tests + 2 * 2)
    result.stdout.fnmatch_lines(["*::test_no_trailing_slash?GET /items/{item_id}? PASSED*"])


def test_the_example_of_another_app_runs(documented: Project) -> None:
    documented.run("admin").assert_outcomes(passed=1)


def test_the_example_without_pytest_runs(documented: Project) -> None:
    done = subprocess.run(
        [sys.executable, "serve.py"], cwd=documented.path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, '{"text":"hello"}\n'), done.stderr


@pytest.mark.parametrize("name", FIXTURES)
def test_every_fixture_has_a_chapter_and_an_example(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    chapter = re.search(rf"^## {name}\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert chapter is not None
    assert re.search(rf"def test_\w+\([^)]*\b{name}\b", chapter[1])


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed here")
def test_the_documented_types_are_theirs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}",
         "--follow-imports=silent", "tests/typing_examples.py"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("MYPY")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
