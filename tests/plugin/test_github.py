"""A run on GitHub Actions: annotations and the step's summary."""

from __future__ import annotations

from pathlib import Path

import pytest

# imported once for all: pytester forgets what its own runs import
import pytest_hfspace.report.github  # noqa: F401  # for the reason above
from pytest_hfspace.report.text import one_line, wrap

from .conftest import Rehearse
from .test_many import FINE, PORT, RELOAD

ANNOTATION = (
    "::error file=Dockerfile,line=14,title=HFS410-port-mismatch::the app listens on port 8000, "
    "the Hub connects to 7860%0AFix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md."
)


@pytest.fixture
def summary(
    pytester: pytest.Pytester, plugin_arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The runner's variables, which come after the fixture that takes them away."""
    path = pytester.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def commands(lines: list[str]) -> list[str]:
    """What the runner would obey: it forgives white space before it."""
    return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize(
    "arguments",
    [(), ("-q",), ("-qq",), ("-v",), ("--no-summary",), ("-p", "no:terminal"), ("-s",), ("--color=yes",)],
    ids=" ".join,
)
def test_annotations_are_printed_whatever_else_is(
    rehearse: Rehearse, summary: Path, arguments: tuple[str, ...]
) -> None:
    result = rehearse(*arguments, space=PORT[0])
    assert result.ret == 1
    assert commands(result.outlines) == [ANNOTATION]
    assert "HFS410-port-mismatch" in summary.read_text(encoding="utf-8")


def test_they_stand_behind_the_section(rehearse: Rehearse, summary: Path) -> None:
    lines = rehearse(space=PORT[0]).outlines
    time = next(number for number, line in enumerate(lines) if line.startswith("Time:"))
    assert lines[time + 1] == ANNOTATION


def test_elsewhere_there_are_none(rehearse: Rehearse, summary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert commands(rehearse(space=PORT[0]).outlines) == []
    assert not summary.exists()


def test_several_spaces(rehearse_each: Rehearse, summary: Path) -> None:
    result = rehearse_each(spaces={"chat": PORT, "search": FINE, "slow": RELOAD})
    assert [line.partition("::the ")[0] for line in commands(result.outlines)] == [
        "::error file=spaces/chat/Dockerfile,line=14,title=HFS410-port-mismatch in spaces/chat",
        "::warning file=spaces/slow/Dockerfile,line=14,title=HFS413-reload in spaces/slow",
    ]
    assert all(f"spaces/{name}" in summary.read_text(encoding="utf-8") for name in ("chat", "search", "slow"))


def test_waivers_to_mend(rehearse: Rehearse, summary: Path) -> None:
    result = rehearse("-o", "hfspace_waive=HFS410[nowhere.py]: long gone")
    assert result.ret == 1
    assert commands(result.outlines) == [
        "::error title=waiver::HFS410[nowhere.py]: long gone (hfspace_waive): matches nothing: remove it"
    ]


HOSTILE = ("::set-output name=a::b", "##[set-output name=a]b", "\n::stop-commands::x\n", "a\r::error::b")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("before", [0, 62])
def test_nothing_of_the_app_is_a_command(rehearse: Rehearse, summary: Path, text: str, before: int) -> None:
    message = "x" * before + " " + text
    failure = f"make_failure(message={message!r})"
    result = rehearse("-v", "-rA", "--hfspace-select=HFS403", rehearsal=f"make_rehearsal(failure={failure})")
    assert result.ret == 1
    (annotation,) = commands(result.outlines)
    assert annotation.startswith("::error file=main.py,line=3,title=HFS403-import::")


@pytest.mark.parametrize("text", HOSTILE)
def test_wherever_a_line_breaks(text: str) -> None:
    for before in range(30):
        for indent in ("", "  "):
            for between in (" ", "  ", "\n"):
                lines = wrap("x" * before + between + one_line(text), 30, indent)
                assert commands(lines) == []
                assert "b" in lines[-1] or "x" in lines[-1]


def test_a_route_and_a_reason_are_no_command(rehearse: Rehearse, summary: Path) -> None:
    route = 'make_route(path="/::error::x")'
    visit = 'make_visit("GET /::error::x", status=500)'
    rehearsal = f'make_rehearsal(routes=({route},), visits=({visit},), skipped_routes={{"a": "::error::b"}})'
    result = rehearse("-v", "-rA", rehearsal=rehearsal)
    assert [line.split(" ")[0] for line in commands(result.outlines)] == ["::error"]


def test_a_summary_that_cannot_be_written_is_a_warning(
    rehearse: Rehearse, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary / "nowhere"))
    result = rehearse()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["WARNING: the step's summary cannot be written: *"])


def test_a_defect_in_what_github_is_shown_is_a_warning(
    rehearse: Rehearse, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def annotations(reports: object) -> list[str]:
        raise RuntimeError("boom")

    monkeypatch.setattr("pytest_hfspace.report.github.annotations", annotations)
    result = rehearse(space=PORT[0])
    assert result.ret == 1
    result.stdout.fnmatch_lines(["WARNING: GitHub is shown nothing: RuntimeError: boom; this is a defect*"])
