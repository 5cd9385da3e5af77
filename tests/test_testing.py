"""``pytest_hfspace.testing``: a check, tried by its author."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_hfspace.check import Check, Finding, Skip, check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Rehearsal, Route
from pytest_hfspace.space import Space
from pytest_hfspace.space.history import History
from pytest_hfspace.testing import HEALTHY, examine, examine_each

TWO_ROUTES = HEALTHY["main.py"] + '\n\n@app.get("/items")\ndef items():\n    return []\n'


@check("ACME101", "notes", level="note", predicts=Stage.RUNNING, consequence="Nothing.")
def seen(space: Space) -> Iterator[Finding]:
    """Each file that is tracked."""
    for path in sorted(space.files.tracked):
        yield Finding(path, "", path)


@check("ACME102", "up", level="error", predicts=Stage.RUNTIME_ERROR, consequence="It is down.")
def up(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app comes up."""
    if not space_rehearsal.served:
        yield Finding(space_rehearsal.impossible or str(space_rehearsal.failure), "")


@check(
    "ACME103",
    "answers",
    level="error",
    predicts=Stage.RUNNING,
    consequence="Visitors see nothing.",
    needs=("ACME102", "HFS403"),
    each="route",
)
def answers(space_route: Route, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Each route was visited."""
    if not space_rehearsal.of(space_route.label):
        yield Finding("nobody came", "")


@check("ACME104", "commits", level="error", predicts=Stage.RUNNING, consequence="Nothing.")
def commits(space_history: History) -> Iterator[Finding]:
    """History can be seen."""
    if space_history.problem:
        raise Skip(space_history.problem)
    yield Finding("seen", "")


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test leaves a file behind in the directory for temporary files."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield place
    assert list(place.iterdir()) == []


def paths(files: dict[str, str | bytes | None] | None = None) -> list[str]:
    return [finding.path for finding in examine(seen, files).findings]


def test_files_lie_over_the_healthy_space() -> None:
    assert paths() == sorted(HEALTHY)
    assert paths({"main.py": None, "a/b.bin": b"\xff", "README.md": "x"}) == [
        "Dockerfile",
        "README.md",
        "a/b.bin",
        "requirements.txt",
    ]


def test_what_git_ignores_is_not_pushed() -> None:
    found = paths({".gitignore": "*.log\n", "a.log": "x", "b.txt": "x"})
    assert "b.txt" in found
    assert "a.log" not in found


def test_findings_have_their_level() -> None:
    result = examine(seen)
    assert (result.outcome, {finding.level for finding in result.findings}) == ("noted", {"note"})
    assert result.check.id == "ACME101-notes"


def test_the_healthy_space_is_healthy() -> None:
    static = [each for each in CATALOGUE if set(each.facts) == {"space"} and not each.each and not each.needs]
    assert len(static) > 10
    for each in static:
        assert examine(each).outcome in ("passed", "skipped", "noted"), each.id


def test_the_app_is_really_started() -> None:
    assert examine(up).outcome == "passed"
    result = examine(up, {"main.py": "raise SystemExit(3)\n"})
    assert result.outcome == "failed"
    assert result.predicts is Stage.RUNTIME_ERROR


def test_each_route_has_a_result() -> None:
    found = examine_each(answers, {"main.py": TWO_ROUTES})
    assert [(each.route, each.outcome) for each in found] == [("GET /", "passed"), ("GET /items", "passed")]


def test_without_routes_the_prerequisite_is_the_reason() -> None:
    (result,) = examine_each(answers, {"main.py": "import not_there_at_all\n"})
    assert (result.route, result.outcome) == (None, "skipped")


def test_history_is_that_of_one_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("GIT_DIR", str(elsewhere))  # as it is inside a git hook
    monkeypatch.setenv("GIT_INDEX_FILE", str(elsewhere / "index"))
    assert examine(commits).outcome == "failed"
    assert not elsewhere.exists()


def test_without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert paths() == sorted(HEALTHY)
    assert examine(commits).outcome == "skipped"


def test_fixtures_are_given() -> None:
    @check("ACME105", "brand", level="warn", predicts=Stage.RUNNING, consequence="Nothing.")
    def brand(space: Space, word: str) -> Iterator[Finding]:
        if word in space.files.text("README.md"):
            yield Finding(word, "")

    assert examine(brand, fixtures={"word": "Example"}).outcome == "warned"
    assert examine(brand, fixtures={"word": "Other"}).outcome == "passed"
    with pytest.raises(ValueError, match=r"^ACME105-brand asks for 'word'; without pytest there are space, "):
        examine(brand)


def test_what_it_raises_is_raised() -> None:
    @check("ACME106", "broken", level="warn", predicts=Stage.RUNNING, consequence="Nothing.")
    def broken(space: Space) -> list[Finding]:
        return [Finding(space.files.text("no such file"), "")]

    with pytest.raises(Exception, match="no such file") as caught:
        examine(broken)
    assert any(entry.name == "broken" for entry in caught.traceback)


def test_what_is_no_finding_is_refused() -> None:
    @check("ACME107", "text", level="warn", predicts=Stage.RUNNING, consequence="Nothing.")
    def text(space: Space) -> Iterator[Finding]:
        yield "a text"  # type: ignore[misc]  # that is the point

    with pytest.raises(TypeError, match="'a text' is no Finding"):
        examine(text)


@pytest.mark.parametrize("name", ["../a", "/etc/a", "", ".", "a/../../b", ".git/config"])
def test_a_path_outside_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a path below the Space's root"):
        examine(seen, {name: "x"})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (print, "is no check: decorate it"),
        (replace(seen, code="HFS101"), "the code 'HFS101' should be"),
        (replace(seen, level="fatal"), "the level 'fatal' of"),  # type: ignore[arg-type]  # the point
        (answers, "is of each route: examine_each gives"),
    ],
)
def test_what_cannot_be_tried_is_refused(bad: Check, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        examine(bad)


def test_it_needs_no_pytest() -> None:
    code = (
        "import sys\n"
        "from pytest_hfspace.check import Finding, check\n"
        "from pytest_hfspace.contract import Stage\n"
        "from pytest_hfspace.testing import examine\n"
        "@check('ACME101', 'a', level='warn', predicts=Stage.RUNNING, consequence='')\n"
        "def a(space, space_rehearsal):\n"
        "    yield Finding(str(space_rehearsal.served), '')\n"
        "print(examine(a).findings[0].message, 'pytest' in sys.modules, '_pytest' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert (done.stdout, done.stderr) == ("True False False\n", "")
