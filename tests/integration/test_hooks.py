"""The hooks for pre-commit, as commands and through pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from pytest_hfspace.check import Check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.space.at_rest import AT_REST
from tests.helpers import commit_all, readiness, write_space
from tests.integration.ci import BROKEN, CARD, HEALTHY, HOOKS, ROOT, no_registry, untracked


def is_static(check: Check, seen: frozenset[str] = frozenset()) -> bool:
    """Does it, with its prerequisites, look at the repository only?"""
    catalogue = {each.code: each for each in CATALOGUE}
    return set(check.facts) <= {"space", *AT_REST} and all(
        is_static(catalogue[code], seen | {code}) for code in check.needs if code not in seen
    )


def entry(hook: str) -> list[str]:
    (found,) = (each for each in HOOKS if each["id"] == hook)
    return shlex.split(found["entry"])


def test_the_hook_evaluates_every_check_that_needs_no_running_app(tmp_path: Path) -> None:
    marker = tmp_path / "imported"
    app = f"from pathlib import Path\n\nPath({str(marker)!r}).touch()\nimport not_installed_anywhere\n"
    space = write_space(tmp_path / "space", {**HEALTHY, "main.py": app})
    pytest_, flag, *options = entry("hfspace")
    assert (pytest_, flag) == ("pytest", "--hfspace")
    run = readiness(space, *options)
    assert run.code == 0, run.output
    assert {check["code"] for check in run.report["checks"]} == {
        check.code for check in CATALOGUE if is_static(check)
    }, "the hook's --hfspace-select in .pre-commit-hooks.yaml"
    assert not marker.exists()


def test_the_rehearsal_before_a_push_is_of_the_commit(tmp_path: Path) -> None:
    space = write_space(tmp_path / "space", BROKEN)
    (space / "Dockerfile").write_text(HEALTHY["Dockerfile"], encoding="utf-8")
    pytest_, flag, *options = entry("hfspace-rehearsal")
    assert (pytest_, flag) == ("pytest", "--hfspace")
    run = readiness(space, *options)
    assert (run.code, run.report["stage"]) == (1, "APP_STARTING"), run.output


def hooks_repository(directory: Path) -> dict[str, str]:
    """What pre-commit clones, as ``repo`` and ``rev``."""
    shutil.copytree(
        ROOT / "pytest_hfspace", directory / "pytest_hfspace", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, directory)
    commit_all(directory)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=directory, capture_output=True, text=True, check=True
    )
    return {"repo": str(directory), "rev": head.stdout.strip()}


def test_a_commit_through_pre_commit(tmp_path: Path) -> None:
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed in this environment")
    repository = {**hooks_repository(tmp_path / "package"), "hooks": [{"id": "hfspace"}]}
    config = yaml.safe_dump({"repos": [repository]})
    settings = "[pytest]\naddopts = --no-such-option\n"
    space = write_space(
        tmp_path / "space", {**HEALTHY, ".pre-commit-config.yaml": config, "pytest.ini": settings}
    )
    foreign = ("GIT_", "PYTEST_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {"PRE_COMMIT_HOME": str(tmp_path / "store"), "PIP_NO_COMPILE": "1"}

    def call(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=space, env=environment, capture_output=True, text=True, timeout=180, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, output = call(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    if code and no_registry(output):
        pytest.skip("there is no package index here")
    assert code == 0, output
    commit = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-am", "card")
    (space / "README.md").write_text(CARD.replace("sdk: docker", "sdk: dokcer"), encoding="utf-8")
    code, output = call(*commit)
    assert code == 1, output
    assert "HFS103-card-sdk" in output
    (space / "README.md").write_text(CARD.replace("Small", "Smaller"), encoding="utf-8")
    code, output = call(*commit)
    assert code == 0, output
    assert re.search(r"Space readiness \(files\)\.+Passed", output), output
    assert untracked(space) == set()
