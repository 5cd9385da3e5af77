"""What a finding says of a failure that happens in the fresh build only."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace

import pytest

from pytest_hfspace.check import Result, evaluate
from pytest_hfspace.checks.build.drift import with_drift
from pytest_hfspace.checks.serve.routes import route_answers
from pytest_hfspace.checks.start.failures import import_
from pytest_hfspace.rehearsal.drift import Change, Drift, drift_between, troubled
from pytest_hfspace.rehearsal.facts import Raised
from tests.checks.factories import (
    make_failure,
    make_raised,
    make_rehearsal,
    make_requirements,
    make_route,
    make_space,
    make_visit,
    outcome,
)

IDNA = importlib.metadata.version("idna")
RAISED = make_raised("AttributeError Exception", "module 'idna' has no attribute 'encode'")
RAISED = RAISED._replace(libraries=("idna", "encodings"))
HERE = make_rehearsal()
START = make_rehearsal(failure=make_failure(raised=RAISED))
ROUTE = make_rehearsal(visits=(make_visit(status=500, raised=RAISED),))
CHANGE = Change("idna", IDNA, "99.0")
OTHERS = tuple(Change(f"other{number}", "1", "2") for number in range(9))


def installed_there(**changes: str) -> dict[str, str]:
    packages = {each.metadata["Name"].lower(): each.version for each in importlib.metadata.distributions()}
    return {**packages, **changes}


def drift(fresh=START, usual=HERE, **changes: str) -> Drift | None:
    return drift_between(
        fresh, usual, installed_there(**(changes or {"idna": "99.0"})), frozenset({"fastapi"})
    )


@pytest.mark.parametrize("fresh", [START, ROUTE])
def test_what_fails_here_as_well_is_no_drift(fresh) -> None:
    assert drift(fresh, fresh) is None


def test_nothing_is_claimed_where_this_environment_cannot_run_it() -> None:
    assert drift(START, make_rehearsal(impossible="fastapi is not installed here")) is None
    assert drift(make_rehearsal(impossible="x"), HERE) is None


def test_a_start_and_a_route_that_fail_there_only() -> None:
    found = drift(START)
    assert found is not None
    assert (found.start, found.routes) == (True, frozenset())
    found = drift(ROUTE)
    assert found is not None
    assert (found.start, found.routes) == (False, {"GET /"})
    assert CHANGE in found.changes
    assert found.suspects(RAISED) == (CHANGE,)


@pytest.mark.parametrize(
    ("rehearsal", "expected"),
    [(HERE, False), (START, True), (ROUTE, True), (make_rehearsal(impossible="x"), False)],
)
def test_only_what_fails_is_rehearsed_twice(rehearsal, expected: bool) -> None:
    assert troubled(rehearsal) is expected


@pytest.mark.parametrize(
    ("raised", "suspect"),
    [
        (make_raised("ValueError")._replace(libraries=("web", "idna")), "web"),  # who was called first
        (make_raised("ValueError")._replace(libraries=("encodings", "idna")), "idna"),
        (RAISED._replace(libraries=("web", "idna")), "idna"),  # its text names it
        (make_raised("idna.core.IDNAError Exception"), "idna"),
        (make_raised("ModuleNotFoundError", "No module named 'driver.sub'"), "driver"),
        (make_raised("ImportError", "email-validator is not installed"), ""),
        (make_raised("ImportError", "x")._replace(cause=RAISED), "idna"),
        (make_raised("ValueError", "x"), ""),
        (None, ""),
    ],
)
def test_the_package_that_is_to_blame(raised: Raised | None, suspect: str) -> None:
    changes = (*OTHERS, CHANGE, Change("web", "1", "2"), Change("driver", "3", ""))
    found = Drift(start=True, routes=frozenset(), changes=changes, modules={})
    assert [change.name for change in found.suspects(raised)] == [suspect] * bool(suspect)


def test_few_changes_are_all_named() -> None:
    changes = (CHANGE, Change("web", "1", "2"), Change("pytest", "9", ""))
    found = Drift(start=True, routes=frozenset(), changes=changes, modules={})
    assert [change.name for change in found.suspects(make_raised("ValueError", "x"))] == ["idna", "web"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("a", "1", "2"), "the fresh build has a 2, here it is 1"),
        (Change("a", "1", ""), "a 1 is installed here, and not in the fresh build"),
        (Change("a", "", "2"), "the fresh build has a 2, which is not installed here"),
    ],
)
def test_a_change_in_words(change: Change, text: str) -> None:
    assert str(change) == text


# -- findings


def named(
    result: Result, rehearsal, changes: tuple[Change, ...], requirements: str = "idna\nfastapi\n"
) -> Result:
    space = make_space(requirements=make_requirements(requirements))
    found = Drift(
        start=rehearsal.failure is not None, routes=frozenset({"GET /"}), changes=changes, modules={}
    )
    return with_drift(result, found, space, rehearsal)


@pytest.mark.parametrize(
    ("change", "requirements", "hint"),
    [
        (CHANGE, "idna\n", f"write idna=={IDNA} in requirements.txt"),
        (CHANGE, "fastapi\n", f"add idna=={IDNA} in requirements.txt"),
        (CHANGE._replace(there=""), "fastapi\n", f"add idna=={IDNA} in requirements.txt"),
        (CHANGE._replace(here=""), "fastapi\n", "leave idna out of requirements.txt"),
    ],
)
def test_the_finding_of_a_start(change: Change, requirements: str, hint: str) -> None:
    before = outcome(import_, make_space(), START)
    (finding,) = named(before, START, (change, *OTHERS), requirements).findings
    assert finding.message == f"{before.findings[0].message}; drift: {change}"
    assert finding.hint.startswith(f"it does not happen in this environment: {hint}; or: ")


def test_the_finding_of_a_route_and_its_neighbours() -> None:
    facts = {"space": make_space(), "space_rehearsal": ROUTE, "space_route": make_route()}
    before = replace(evaluate(route_answers, facts), route="GET /")
    assert "drift: the fresh build has idna 99.0" in named(before, ROUTE, (CHANGE,)).findings[0].message
    elsewhere = replace(before, route="GET /other")
    assert named(elsewhere, ROUTE, (CHANGE,)) == elsewhere
    passed = replace(before, outcome="passed", findings=())
    assert named(passed, ROUTE, (CHANGE,)) == passed


def test_a_difference_that_nothing_points_to_is_not_made_up() -> None:
    before = outcome(import_, make_space(), START)
    (finding,) = named(before, START, OTHERS).findings
    assert finding.message.endswith("; drift: it does not happen in this environment")
    assert finding.hint == before.findings[0].hint
