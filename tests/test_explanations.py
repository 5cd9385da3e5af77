"""Every explanation's examples are true: the check finds the wrong one, and leaves the right one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.check import Check, Examination, Result
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.explanations import BASE, Explanation, explanation
from pytest_hfspace.rehearsal import Director, Options, begin, variants
from pytest_hfspace.space import Space, read_space
from pytest_hfspace.space.at_rest import AT_REST
from tests.helpers import git

#: The families whose checks all have an explanation.
EXPLAINED = ("HFS1", "HFS2", "HFS3", "HFS4", "HFS5", "HFS6", "HFS7", "HFS8")

CHECKS = {check.code: check for check in CATALOGUE if check.code.startswith(EXPLAINED)}
#: Examples of a start that hangs: the seconds until that is said, 60 for every other start.
_TIMEOUTS = {"HFS407": 6.0}
#: Wrong examples that take 17 GiB, half a minute, and a package index.
_NOT_RUN = {"HFS421", "HFS509", "HFS306"}
_OUTCOMES = {"error": "failed", "warn": "warned", "note": "noted"}


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An example that waits for a network need not wait so long."""
    monkeypatch.setattr(variants, "SILENCE", 5.0)


class Facts(Mapping[str, Any]):
    """The facts of a Space; it is rehearsed only if a check asks for that."""

    def __init__(self, space: Space, timeout: float) -> None:
        self.timeout = timeout
        self.starts: tuple[str, ...] = ()
        self.known: dict[str, Any] = {"space": space}
        self.director: Director | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in self.known:
            self.known[name] = self._gather(name)
        return self.known[name]

    def _gather(self, name: str) -> Any:
        space = self.known["space"]
        if name in AT_REST:
            return AT_REST[name](space)
        if name == "space_build":
            return None
        assert name == "space_rehearsal", name
        self.director = begin(space, Options(timeout=self.timeout, network="offline"))
        return self.director.finish(starts=self.starts)

    def choose_route(self, check: Check) -> None:
        """A check of each route looks at the first."""
        if check.each is not None:
            kind = "http" if check.each == "route" else check.each
            routes = (route for route in self["space_rehearsal"].routes if route.own and route.kind == kind)
            self.known["space_route"] = next(routes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


@contextmanager
def facts_of(root: Path, files: Mapping[str, str | bytes | None], timeout: float) -> Iterator[Facts]:
    """Write the example over the healthy Space, and let git track it."""
    for name, content in {**BASE, **files}.items():
        if content is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all")
    facts = Facts(read_space(root), timeout)
    try:
        yield facts
    finally:
        if facts.director is not None:
            facts.director.abort()


def examined(check: Check, root: Path, files: Mapping[str, str | bytes | None]) -> Result:
    root.mkdir()
    with facts_of(root, files, _TIMEOUTS.get(check.code, 60.0)) as facts:
        facts.starts = check.starts
        facts.choose_route(check)
        return Examination({each.code: each for each in CATALOGUE}).examine(check, facts)


def explained(code: str) -> Explanation:
    found = explanation(code)
    assert found is not None, f"{code} has no explanation"
    return found


@pytest.mark.parametrize("code", [code for code in CHECKS if code not in _NOT_RUN])
def test_the_wrong_example_is_found(code: str, tmp_path: Path) -> None:
    check, example = CHECKS[code], explained(code)
    result = examined(check, tmp_path / "wrong", example.wrong)
    assert result.outcome == _OUTCOMES[example.level or check.level], result
    assert all(finding.message and finding.hint for finding in result.findings)


@pytest.mark.parametrize("code", CHECKS)
def test_the_right_example_is_left_alone(code: str, tmp_path: Path) -> None:
    result = examined(CHECKS[code], tmp_path / "right", explained(code).right)
    assert (result.outcome, result.findings) == ("passed", ()), result


@pytest.mark.parametrize("code", CHECKS)
def test_an_explanation_says_why_and_by_which_source(code: str) -> None:
    found = explained(code)
    assert found.why.endswith(".")
    assert found.sources
    assert found.wrong != found.right


def test_it_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hfspace-explain", "HFS104"],
        capture_output=True, text=True, check=False, env={"PATH": "", "COLUMNS": "80"},
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for part in (
        "HFS104-card-value",
        "On the Hub:",
        "Wrong:",
        "Right:",
        "--hfspace-ignore HFS104",
        "Source: ",
    ):
        assert part in done.stdout
