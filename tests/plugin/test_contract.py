"""A pinned contract, and warnings that are strict by code."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pytest_hfspace.settings import matches
from tests.helpers import unwrapped

from .conftest import Rehearse

#: What the run of ``rehearse`` finds: a warning of HFS413, and an error of HFS101.
RELOAD = "make_space(command=make_command(reload=True))"
NO_CARD = "make_space({'main.py': ''})"

CONFTEST = """
from dataclasses import replace
from pytest_hfspace.check import Finding, check
from pytest_hfspace.contract import Stage

def acme(code, name, since, level="error"):
    @check(code, name, level=level, predicts=Stage.RUNTIME_ERROR, consequence="Bad.", since=since)
    def rule(space):
        yield Finding(f"{name} is wrong", "mend it", "main.py", 1)
    return rule

def pytest_hfspace_checks():
    return [acme("ACME101", "then", "2026-08", "warn"), acme("ACME102", "later", "2026-11")]
"""


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue of a later month."""
    monkeypatch.setattr("pytest_hfspace.contract.DATE", "2026-11")


def usage_error(result: pytest.RunResult) -> str:
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = unwrapped(result.errlines)
    return line.removeprefix("ERROR: ")


def test_without_a_pin_every_rule_counts(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makeconftest(CONFTEST)
    result = rehearse("-v")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "hfspace::ACME101-then WARN*",
            "hfspace::ACME102-later FAILED*",
            "main.py:1: later is wrong",
            "Predicted stage: RUNTIME_ERROR, because of ACME102-later*",
        ]
    )


def test_a_pinned_run_shows_what_is_newer(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makeconftest(CONFTEST)
    result = rehearse("-v", "-o", "hfspace_contract=2026-08", "--hfspace-strict")
    result.stdout.fnmatch_lines(["*contract?2026-08?(pinned)", "hfspace::ACME101-then FAILED*"])
    result.stdout.fnmatch_lines(["hfspace::ACME102-later NOTE*"])
    result.stdout.fnmatch_lines(["*new in 2026-11: later is wrong*"])
    result = rehearse("-o", "hfspace_contract=2026-08")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["Predicted stage: RUNNING*"])


def test_a_pin_to_the_later_month_counts_it(
    pytester: pytest.Pytester, rehearse: Rehearse, newer: None
) -> None:
    pytester.makeconftest(CONFTEST)
    result = rehearse("-v", "-o", "hfspace_contract=2026-11")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["hfspace::ACME102-later FAILED*"])
    assert "new in" not in result.stdout.str()
    between = rehearse("-v", "-o", "hfspace_contract=2026-10")
    assert between.ret == 0
    between.stdout.fnmatch_lines(["hfspace::ACME102-later NOTE*"])


def test_a_waiver_of_a_newer_rule_is_used(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makeconftest(CONFTEST)
    waive = "hfspace_waive=ACME102: until we upgrade"
    assert rehearse("-o", "hfspace_contract=2026-08", "-o", waive).ret == 0
    assert rehearse("-o", waive).ret == 0


def test_a_broken_check_is_seen_in_a_pinned_run(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makeconftest(
        CONFTEST.replace("yield Finding", "assert not name == 'later'\n        yield Finding")
    )
    result = rehearse("-o", "hfspace_contract=2026-08")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ACME102 could not be evaluated: AssertionError*"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("soon", "hfspace_contract: 'soon' is not a month such as 2026-08"),
        ("2026-13", "hfspace_contract: '2026-13' is not a month such as 2026-08"),
        ("2026-8", "hfspace_contract: '2026-8' is not a month such as 2026-08"),
        ("2026-07", "hfspace_contract: this version knows the contract of 2026-08, not of 2026-07"),
        ("2031-01", "hfspace_contract: this version knows the contract of 2026-08, not of 2031-01"),
    ],
)
def test_a_bad_contract(rehearse: Rehearse, value: str, message: str) -> None:
    assert usage_error(rehearse("-o", f"hfspace_contract={value}")) == message


def test_a_bad_contract_of_a_later_version(rehearse: Rehearse, newer: None) -> None:
    assert usage_error(rehearse("-o", "hfspace_contract=2026-12")) == (
        "hfspace_contract: this version knows the contracts from 2026-08 to 2026-11, not that of 2026-12"
    )


# -- strict codes


@pytest.mark.parametrize("codes", ["HFS413", "hfs413", "HFS4*", "HFS4", "HFS4xx", "HFS[45]13", "HFS1 HFS4"])
def test_strict_codes(rehearse: Rehearse, codes: str) -> None:
    assert rehearse(space=RELOAD).ret == 0
    result = rehearse("-o", f"hfspace_strict_codes={codes}", space=RELOAD)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED hfspace::HFS413-reload*"])


@pytest.mark.parametrize("codes", ["HFS410", "HFS5", "HFS1xx", ""])
def test_other_codes_are_not_strict(rehearse: Rehearse, codes: str) -> None:
    result = rehearse("-o", f"hfspace_strict_codes={codes}", space=RELOAD)
    assert result.ret == 0
    assert "WARNED" in result.stdout.str().upper()


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ("HFS411", "*strict*: there is no check 'HFS411'; did you mean *HFS41*"),
        ("HFS413 HFS9", "*strict*: there is no check 'HFS9'*"),
        ("HFS41", "*strict*: there is no check 'HFS41'*"),
    ],
)
def test_a_bad_strict_code(rehearse: Rehearse, codes: str, message: str) -> None:
    assert fnmatchcase(usage_error(rehearse("-o", f"hfspace_strict_codes={codes}")), message)


@pytest.mark.parametrize(
    ("code", "glob", "expected"),
    [
        ("HFS413", "HFS4", True),
        ("HFS413", "HFS4XX", True),
        ("HFS413", "HFS41", False),
        ("HFS413", "HFS", False),
        ("HFS413", "HFS*", True),
        ("HFS413", "HFS5", False),
        ("ACME101", "ACME1", True),
        ("ACME101", "ACME", False),
        ("ACME101", "ACME10?", True),
    ],
)
def test_families_and_globs(code: str, glob: str, expected: bool) -> None:
    assert matches(code, (glob,)) is expected
