"""What GitHub Actions is told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.report import Report, WaiverUse
from pytest_hfspace.report.github import LIMIT, annotations, append_summary
from pytest_hfspace.report.markdown import render
from tests.plugin import fake

from .test_markdown import FAILED, PASSED, PORT, RELOAD, SHELL, broken, make_report

MOVED = replace(PORT, path="main.py", line=3)


def parse(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: its name, properties and text."""
    command, text = line[2:].split("::", 1)
    name, _, properties = command.partition(" ")
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))

    def plain(value: str) -> str:
        for escaped, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(escaped, char)
        return value

    return name, {key: plain(value) for key, value in pairs.items()}, plain(text)


def test_levels_places_and_fixes() -> None:
    report = make_report(
        Result(fake.reload, "warned", (RELOAD, replace(RELOAD, waived="a demo"))),
        Result(fake.shell_form, "noted", (SHELL,)),
        FAILED,
        Result(fake.imports, "failed", (Finding("no module", "", "main.py", level="error"),)),
        Result(fake.card_missing, "failed", (Finding("no card", "write one", level="error"),)),
        prefix="spaces/chat/",
    )
    port = "::error file=spaces/chat/Dockerfile,line=14,title=HFS410-port-mismatch::"
    reload = "::warning file=spaces/chat/Dockerfile,line=14,title=HFS413-reload::"
    assert annotations([report]) == [
        f"{port}{PORT.message}%0AFix: {PORT.hint}",
        "::error file=spaces/chat/main.py,title=HFS403-import::no module",
        "::error title=HFS101-card-missing::no card%0AFix: write one",
        f"{reload}the start command reloads%0AFix: remove --reload",
    ]


def test_nothing_to_say() -> None:
    assert annotations([]) == annotations([make_report()]) == []


def test_waived_findings_are_left_out() -> None:
    waived = Result(fake.port_mismatch, "waived", (replace(PORT, waived="known"),))
    assert annotations([make_report(waived)]) == []


def test_waivers_that_fail_the_run_come_first() -> None:
    stale = (
        WaiverUse("HFS703: rotated", "a/main.py:12", "rotated", problem="it matches nothing"),
        WaiverUse("HFS1*: x", "hfspace_waive", "x", problem="it has expired"),
        WaiverUse("HFS413: x", "hfspace_waive", "x", used=1),
    )
    lines = annotations([make_report(FAILED, prefix="a/", waivers=stale)])
    assert lines[:2] == [
        "::error file=a/main.py,line=12,title=waiver::HFS703: rotated (a/main.py:12): it matches nothing",
        "::error title=waiver::HFS1*: x (hfspace_waive): it has expired",
    ]
    assert len(lines) == 3


def test_the_first_finding_of_each_check_is_among_the_ten_that_show() -> None:
    many = [
        replace(FAILED, findings=(replace(PORT, line=line),), route=f"GET /{line}") for line in range(1, 31)
    ]
    other = Result(fake.imports, "failed", (MOVED, replace(MOVED, line=4)))
    first, second = make_report(*many, other), make_report(*many, name="words", prefix="words/")
    found = [parse(line)[1] for line in annotations([first, second])]
    assert [properties["title"] for properties in found[:5]] == [
        "HFS410-port-mismatch in chat",
        "HFS403-import in chat",
        "HFS410-port-mismatch in words",
        "HFS410-port-mismatch in chat",
        "HFS403-import in chat",
    ]
    assert len(found) == 62


def test_the_same_is_not_said_twice() -> None:
    twice = [replace(FAILED, route=route) for route in ("GET /", "GET /a")]
    assert len(annotations([make_report(*twice)])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "::set-output name=x::y",
        "a\n::error::b",
        "a\r\n::stop-commands::b",
        "a\r::error::b",
        "##[error]b",
        "100% %0A %25 %3A",
        "a,line=1::b",
        "a\u2028::error::b\x85",
    ],
)
def test_no_text_becomes_a_command(text: str) -> None:
    finding = Finding(text, text, text, 3, "error")
    report = make_report(
        replace(FAILED, findings=(finding,)),
        name=text,
        prefix=text,
        waivers=(WaiverUse(text, text, text, problem=text), WaiverUse(text, f"{text}:3", text, problem=text)),
    )
    lines = annotations([report, make_report()])
    assert len(lines) == 3
    for line in lines:
        assert len(line.splitlines()) == 1
        name, properties, said = parse(line)
        assert name == "error"
        assert set(properties) <= {"file", "line", "title"}
        shown = said.replace("\\u2028", "\u2028").replace("\\x85", "\x85")
        assert shown.startswith(text)
    _, properties, said = parse(lines[2])
    assert properties["line"] == "3"
    assert properties["title"].startswith("HFS410-port-mismatch in ")
    shown = properties["file"].replace("\\u2028", "\u2028").replace("\\x85", "\x85")
    assert shown == text * 2


# -- the summary


def long(number: int) -> list[Report]:
    """Spaces that take some kilobytes each."""
    finding = replace(PORT, message="é" * 2000)
    result = replace(FAILED, findings=(finding,) * 10)
    return [make_report(result, *PASSED, name=f"spaces/{each}") for each in range(number)]


def test_the_summary_is_the_report(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    assert append_summary([broken()], path) == ""
    assert path.read_text(encoding="utf-8") == render([broken()])


def test_what_others_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("- a list without an end", encoding="utf-8")
    assert append_summary([make_report()], str(path)) == ""
    assert path.read_text(encoding="utf-8") == "- a list without an end\n\n" + render([make_report()])


@pytest.mark.parametrize("before", [0, 1, 500_000, 500_001])
def test_a_long_report_is_cut_between_sections(tmp_path: Path, before: int) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * before)
    reports = long(60)
    assert len(render(reports).encode()) > LIMIT
    assert append_summary(reports, path) == ""
    written = path.read_bytes()
    assert LIMIT - 50_000 < len(written) <= LIMIT
    text = written[before:].decode("utf-8").lstrip("\n")
    kept, _, note = text.rpartition("\n\n")
    assert note.startswith("**The rest is cut:")
    assert render(reports).startswith(f"{kept}\n\n")
    assert kept.count("<details>") == kept.count("</details>")
    assert re.search(r"\n## ❌ `spaces/1[0-9]`", kept)


def test_what_just_fits_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    whole = render([broken()]).encode()
    path.write_bytes(b"x" * (LIMIT - len(whole) - 2))
    assert append_summary([broken()], path) == ""
    assert path.stat().st_size == LIMIT
    assert path.read_bytes().endswith(whole)
    path.write_bytes(b"x" * (LIMIT - len(whole) - 1))
    assert append_summary([broken()], path) == ""
    assert path.stat().st_size <= LIMIT
    assert "The rest is cut" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [LIMIT - 40, LIMIT, LIMIT + 5])
def test_a_full_summary_stays_as_it_is(tmp_path: Path, size: int) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * size)
    assert append_summary([broken()], path) == "the step's summary is full"
    assert path.stat().st_size == size


def test_a_summary_that_cannot_be_written(tmp_path: Path) -> None:
    assert append_summary([broken()], tmp_path).startswith("the step's summary cannot be written: ")
    assert append_summary([broken()], tmp_path / "no" / "summary.md").endswith("No such file or directory")
