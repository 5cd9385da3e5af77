"""The catalogue as people and scripts read it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_hfspace.check import Check, Finding, check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.contract import FIRST, Stage
from pytest_hfspace.explanations import explanation
from pytest_hfspace.report.catalogue import (
    FAMILIES,
    answer,
    entries,
    explained,
    find,
    find_all,
    paragraphs,
    source,
    summary,
)
from pytest_hfspace.space import Space

#: The pages of the Hub's documentation that explanations name.
HUB_PAGES = {
    "repositories-getting-started",
    "repositories-github-actions",
    "security-secrets",
    "spaces-config-reference",
    "spaces-cookie-limitations",
    "spaces-dependencies",
    "spaces-embed",
    "spaces-github-actions",
    "spaces-gpus",
    "spaces-oauth",
    "spaces-overview",
    "spaces-sdks-docker",
    "spaces-storage",
    "xet",
}


@check(
    "ACME7",
    "owner",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="Nobody knows whom to ask.",
    needs=("HFS101", "HFS102"),
)
def owner(space: Space) -> Iterator[Finding]:
    """The card names an ``owner`` and a
    team.  One of them is enough, e.g. for a trial.

    A second paragraph.  [handbook]
    """
    yield Finding("no owner", "add one")


def documented(text: str | None) -> Check:
    """The same check with another docstring."""

    def function(space: Space) -> Iterator[Finding]:
        yield Finding("", "")

    function.__doc__ = text
    return replace(owner, function=function)


def called(code: str, name: str) -> Check:
    return replace(owner, code=code, name=name)


MIXED = (*CATALOGUE, owner)

Said = Callable[..., str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """What is printed on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> str:
        assert answer(*arguments) == 0  # type: ignore[arg-type]  # what each test gives
        return capsys.readouterr().out

    return run


# -- the list


def test_the_list(said: Said) -> None:
    lines = said(None, "text", MIXED).splitlines()
    assert len(lines) == len(MIXED)
    assert lines == sorted(lines)
    longest = max(len(each.name) for each in MIXED)
    assert lines[0].split() == ["ACME7", "owner", "warn", "RUNNING"]
    assert [line.split()[:2] for line in lines[1:]] == sorted([each.code, each.name] for each in CATALOGUE)
    assert {line.index(f" {line.split()[3]}") for line in lines} == {len("HFS000 ") + longest + len(" error")}


def test_an_empty_list(said: Said) -> None:
    assert said(None, "json", ()) == "[]\n"


def test_the_list_for_programs(said: Said) -> None:
    listed = json.loads(said(None, "json", MIXED))
    assert listed[0] == {
        "code": "ACME7",
        "name": "owner",
        "level": "warn",
        "stage": "RUNNING",
        "since": FIRST,
        "needs": ["HFS101", "HFS102"],
        "summary": "The card names an `owner` and a team.",
    }
    assert [entry["code"] for entry in listed] == sorted(each.code for each in MIXED)


def test_the_list_for_programs_is_ascii(said: Said) -> None:
    assert said(None, "json", [documented("Größe \u202e ✓.")]).isascii()


def test_one_check_for_programs(said: Said) -> None:
    (entry,) = json.loads(said("hfs410", "json", MIXED))
    assert (entry["name"], entry["stage"]) == ("port-mismatch", "APP_STARTING")


# -- the first sentence


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One sentence.", "One sentence."),
        ("No end", "No end"),
        ("On one line.  [field; uvicorn]", "On one line."),
        ("The first. The second.", "The first."),
        ("Is it? Yes.", "Is it?"),
        ("Two\n    lines.  More.", "Two lines."),
        ("No .env file, e.g. this one, is tracked. More.", "No .env file, e.g. this one, is tracked."),
        ("Takes 1.5 s at main.py:3. More.", "Takes 1.5 s at main.py:3."),
        ("And so on ... Then. More.", "And so on ... Then."),
        ("First.\n\nSecond.", "First."),
        ("[field]", ""),
        ("  ", ""),
        (None, ""),
        ("A \x1b[31mred\u202e word.", "A \\x1b[31mred\\u202e word."),
    ],
)
def test_summary(text: str | None, first: str) -> None:
    assert summary(documented(text)) == first


@pytest.mark.parametrize("each", CATALOGUE, ids=lambda each: each.code)
def test_every_check_is_summed_up_in_a_line(each: Check) -> None:
    line = summary(each)
    assert line.endswith(".")
    assert line[0].isupper() or line[0] in "`" or line.startswith(("packages.txt", "allow_origins"))
    assert 15 < len(line) <= 100
    assert "[" not in line
    assert all("  " not in text and "``" not in text for text in paragraphs(each))


def test_no_two_checks_are_summed_up_alike() -> None:
    lines = [entry["summary"] for entry in entries(CATALOGUE)]
    assert len(lines) == len(set(lines)) == len(CATALOGUE)


def test_every_check_has_a_family() -> None:
    assert {each.code[:4] for each in CATALOGUE} == set(FAMILIES)


# -- one check


def test_a_check_that_a_project_adds(said: Said) -> None:
    assert said("owner", None, MIXED) == (
        "ACME7-owner (warn, predicts RUNNING)\n\n"
        "The card names an `owner` and a team. One of them is enough, e.g. for a trial.\n\n"
        "A second paragraph.\n\n"
        "On the Hub: Nobody knows whom to ask.\n"
        "Needs: HFS101, HFS102\n\n"
        "To leave it out: --hfspace-ignore ACME7, or hfspace_ignore = ACME7 in the pytest\n"
        "  configuration.\n"
    )


def test_a_check_without_a_docstring(said: Said) -> None:
    text = said("ACME7", None, [documented(None)])
    assert text.startswith("ACME7-owner (warn, predicts RUNNING)\n\nOn the Hub: Nobody")


def test_what_a_project_writes_cannot_command_the_terminal(said: Said) -> None:
    hostile = replace(documented("A \x1b]0;title\x07."), consequence="\u202eevil\x1b[2J")
    text = said("ACME7", None, [hostile])
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "\\x1b]0;title\\x07" in text


@pytest.mark.parametrize("each", CATALOGUE, ids=lambda each: each.code)
def test_every_check_is_explained(each: Check) -> None:
    text = "\n".join(explained(each, 80))
    assert text.startswith(
        f"{each.id} ({each.level}, predicts {each.predicts.value})\n\n{summary(each)[:40]}"
    )
    for part in (
        "\nOn the Hub: ",
        "\n\nWrong:\n",
        "\n\nRight:\n",
        f"--hfspace-ignore {each.code}",
        "\nSource: ",
    ):
        assert part in text


def test_a_terminal_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    answer("HFS*", None, MIXED)
    assert b"\\u2026" in written.getvalue()


# -- finding


@pytest.mark.parametrize("text", ["HFS410", "hfs410", " HFS410 ", "port-mismatch", "HFS410-Port-Mismatch"])
def test_find(text: str) -> None:
    assert find(text, MIXED).code == "HFS410"
    assert [each.code for each in find_all(text, MIXED)] == ["HFS410"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("HFS70[12]", ["HFS701", "HFS702"]),
        ("hfs41?-*", [each.code for each in CATALOGUE if each.code.startswith("HFS41")]),
        ("*-mismatch", ["HFS410"]),
        ("acme*", ["ACME7", "ACME9"]),
        ("owner", ["ACME7", "ACME9"]),
    ],
)
def test_find_several(text: str, codes: list[str]) -> None:
    catalogue = (called("ACME9", "owner"), *MIXED)
    assert [each.code for each in find_all(text, catalogue)] == sorted(codes)


def test_several_are_told_apart(said: Said) -> None:
    parts = said("HFS70[12]", None, MIXED).split(f"\n\n{'-' * 80}\n\n")
    assert [part.partition(" ")[0] for part in parts] == [
        "HFS701-dotenv-needed",
        "HFS702-setting-undocumented",
    ]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("HFS4100", "did you mean HFS410-port-mismatch"),
        ("port", "did you mean HFS410-port-mismatch"),
        ("ACME", "did you mean ACME7-owner?"),
        ("XYZ", "(--hfspace-list shows them all)"),
        ("XYZ*", "(--hfspace-list shows them all)"),
    ],
)
def test_a_name_that_no_check_has(text: str, near: str) -> None:
    with pytest.raises(pytest.UsageError) as error:
        find_all(text, MIXED)
    assert f"there is no check {text!r}" in str(error.value)
    assert near in str(error.value)


def test_a_glob_is_no_name_of_one_check() -> None:
    with pytest.raises(pytest.UsageError, match="there is no check 'HFS41\\*'"):
        find("HFS41*", MIXED)


# -- sources


def test_every_source_leads_somewhere() -> None:
    names = {name for each in CATALOGUE for name in explanation(each.code).sources}  # type: ignore[union-attr]
    pages = {name for name in names if source(name).startswith("https://huggingface.co/docs/hub/")}
    assert pages <= HUB_PAGES
    assert source("field") == "public post-mortems of Spaces; no document states it"
    assert [name for name in names - {"field"} if not source(name).startswith("https://")] == []
    assert [name for name in names if " " in source(name) and name != "field"] == []
