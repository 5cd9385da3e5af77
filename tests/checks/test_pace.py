"""HFS509 and HFS510: answers in time, and to several at once."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.checks.serve.pace import CHECKS, loop_blocked, route_slow
from pytest_hfspace.checks.serve.routes import route_answers
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Overlap, Rehearsal, Where

from .factories import (
    make_failure,
    make_rehearsal,
    make_route,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

SLOW = make_route("GET", "/slow", endpoint="main:slow", where=Where("main.py", 4))
CODE = "import time\n\n\n@app.get('/slow')\n{}def slow():\n    time.sleep(1)\n"


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS509-route-slow", "warn", Stage.RUNNING),
        ("HFS510-loop-blocked", "warn", Stage.RUNNING),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_app_that_did_not_come_up(check: Any) -> None:
    failed = make_rehearsal(failure=make_failure(message="no"))
    assert outcome(check, rehearsal=failed).reason == "the app did not come up: no"


# -- HFS509


def answered(**visit: Any) -> Rehearsal:
    return make_rehearsal(routes=(make_route(), SLOW), visits=(make_visit("GET /slow", **visit),))


@pytest.mark.parametrize("seconds", [0.001, 12.0, 30.0])
def test_in_time(seconds: float) -> None:
    assert outcome(route_slow, rehearsal=answered(seconds=seconds)).outcome == "passed"


def test_many_times_slower_than_others_is_no_finding() -> None:
    visits = (make_visit(seconds=0.001), make_visit("GET /slow", seconds=25.0))
    assert outcome(route_slow, rehearsal=make_rehearsal(visits=visits)).outcome == "passed"


def test_first_byte_after_more() -> None:
    finding = only_finding(route_slow, rehearsal=answered(seconds=41.4))
    assert finding.message == "GET /slow: first byte after 41 s, wanted within 30 s"
    assert (finding.path, finding.line, finding.level) == ("main.py", 4, "warn")


def test_a_route_is_told_once() -> None:
    visits = [make_visit("GET /slow", kind=kind, seconds=35.0) for kind in ("valid", "wrong token")]
    only_finding(route_slow, rehearsal=make_rehearsal(routes=(SLOW,), visits=tuple(visits)))


def test_front_page() -> None:
    facts = make_rehearsal(visits=(make_visit("ROOT", kind="root", seconds=50.0),))
    assert only_finding(route_slow, rehearsal=facts).line == 7


def test_no_answer_is_one_finding_of_another_check() -> None:
    """With the default time-out a visit ends after 30 s: whether it ever answers is not known."""
    facts = answered(status=None, seconds=30.01, problem="no answer within 30 s", endpoint="main:slow")
    assert outcome(route_slow, rehearsal=facts).outcome == "passed"
    result = outcome(route_answers, make_space(), facts, space_route=SLOW)
    assert [finding.level for finding in result.findings] == ["error"]


def test_nothing_visited() -> None:
    assert outcome(route_slow, rehearsal=make_rehearsal(visits=())).reason == "no route was visited"


# -- HFS510


def beside(*pairs: tuple[float, float], alone: float = 0.002) -> Rehearsal:
    overlap = Overlap("GET /slow", "ROOT", alone, pairs)
    return make_rehearsal(routes=(make_route(), SLOW), overlaps=(overlap,))


@pytest.mark.parametrize(
    "facts",
    [
        make_rehearsal(),
        beside((0.4, 0.003)),
        # computing in a thread slows the others down
        beside((0.4, 0.09)),
        beside((0.4, 0.41), (0.4, 0.05)),
        # once is chance
        beside((0.4, 0.41)),
        # a machine on which everything is slow
        beside((0.4, 0.41), (0.4, 0.39), alone=0.2),
    ],
)
def test_does_not_wait(facts: Rehearsal) -> None:
    assert outcome(loop_blocked, rehearsal=facts).outcome == "passed"


def test_waits() -> None:
    space = make_space({"main.py": CODE.format("async ")})
    finding = only_finding(loop_blocked, space, beside((0.37, 0.38), (0.36, 0.37)))
    assert finding.message == (
        "GET / took 0.37 s beside GET /slow, which was at work for 0.36 s more, and 0.002 s alone: "
        "it waits for it"
    )
    assert finding.hint == "write def in place of async def, or: await asyncio.to_thread(work, …)"
    assert (finding.path, finding.line, finding.level) == ("main.py", 4, "warn")


@pytest.mark.parametrize("line", [4, 5])
def test_a_plain_function_that_keeps_the_lock(line: int) -> None:
    space = make_space({"main.py": CODE.format("")})
    facts = beside((0.37, 0.38), (0.36, 0.37))
    route = make_route("GET", "/slow", where=Where("main.py", line))
    finding = only_finding(loop_blocked, space, make_rehearsal(routes=(route,), overlaps=facts.overlaps))
    assert finding.hint.startswith("it keeps Python's lock")


def test_source_that_does_not_parse() -> None:
    space = make_space({"main.py": "def ("})
    assert "to_thread" in only_finding(loop_blocked, space, beside((0.37, 0.38), (0.36, 0.37))).hint
