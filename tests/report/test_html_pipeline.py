"""The six steps of the picture, as results make them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.contract import Stage
from pytest_hfspace.report import Report
from pytest_hfspace.report.html.pipeline import pipeline
from tests.checks.factories import make_failure, make_rehearsal, make_static_space

from . import samples
from .samples import HOSTILE, finding, passed, report, result


def states(report: Report) -> str:
    """Six words; a step that the Hub does not get to stands in brackets."""
    return " ".join(step.state if step.reached else f"({step.state})" for step in pipeline(report))


def failed(code: str, **changes) -> Result:
    return result(code, "failed", finding(code, "wrong", "mend it", **{"level": "error"} | changes))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("HFS201", "failed (passed) (passed) (passed) (passed) (passed)"),
        ("HFS104", "failed (passed) (passed) (passed) (passed) (passed)"),
        ("HFS101", "passed failed (passed) (passed) (passed) (passed)"),
        ("HFS107", "passed failed (passed) (passed) (passed) (passed)"),
        ("HFS302", "passed passed failed (passed) (passed) (passed)"),
        ("HFS303", "passed passed passed failed (passed) (passed)"),
        ("HFS410", "passed passed passed failed (passed) (passed)"),
        ("HFS808", "passed passed passed passed passed failed"),
        ("HFS204", "failed passed passed passed passed passed"),
        ("HFS313", "passed passed failed passed passed passed"),
        ("HFS703", "passed passed passed failed passed passed"),
        ("HFS501", "passed passed passed passed failed passed"),
        ("HFS604", "passed passed passed passed failed passed"),
        ("HFS804", "passed passed passed passed failed passed"),
        ("HFS807", "passed passed passed passed passed failed"),
    ],
)
def test_an_error_shows_where_the_hub_would_stop(code: str, expected: str) -> None:
    assert states(report(*passed(code), failed(code))) == expected


def test_the_earliest_error_is_the_end() -> None:
    results = (*passed("HFS302", "HFS410"), failed("HFS302"), failed("HFS410"))
    assert states(report(*results)) == "passed passed failed (failed) (passed) (passed)"


def test_a_finding_may_predict_another_stage_than_its_check() -> None:
    results = (*passed("HFS501"), failed("HFS501", predicts=Stage.BUILD_ERROR))
    assert states(report(*results)) == "passed passed failed (passed) (passed) (passed)"


def test_warnings_and_waivers_are_said() -> None:
    warned = result("HFS413", "warned", finding("HFS413", "reloads", "mend it"))
    waived = result("HFS101", "waived", finding("HFS101", "none", "mend it", waived="known"))
    found = report(*passed("HFS413", "HFS101"), warned, waived)
    assert states(found) == "passed waived passed warned passed passed"


def test_what_was_left_out_does_not_pass() -> None:
    left_out = [Result(each, "waived") for each in samples.CATALOGUE if each.code < "HFS2"]
    others = [each for each in passed() if each.check.code > "HFS2"]
    assert states(report(*left_out, *others)) == "passed unseen passed passed passed passed"


def test_only_what_ran_is_rehearsed() -> None:
    """Checks that read files alone pass here: they show nothing of a running app."""
    impossible = report(*passed(), rehearsal=make_rehearsal(impossible="torch is missing"))
    assert states(impossible) == "passed passed passed unseen unseen unseen"
    fallen = make_rehearsal(failure=make_failure(message="ImportError"))
    results = (*passed("HFS403"), failed("HFS403"))
    assert states(report(*results, rehearsal=fallen)) == "passed passed passed failed (unseen) (unseen)"


def test_a_static_space_has_no_process() -> None:
    assert states(samples.static()) == "passed passed passed absent absent absent"
    page_of_it = report(*passed(), space=make_static_space(), rehearsal=make_rehearsal(impossible="static"))
    assert states(page_of_it) == "passed passed passed passed passed passed"


def test_a_foreign_check_counts_where_it_bites() -> None:
    error = Result(samples.foreign, "failed", (Finding(HOSTILE, "mend it", level="error"),))
    assert states(report(*passed(), error)) == "passed passed failed (passed) (passed) (passed)"
    runs = replace(samples.foreign, code="ACME1", predicts=Stage.RUNNING)
    assert (
        states(report(*passed(), replace(error, check=runs))) == "passed passed passed passed failed passed"
    )
