"""8xx: how the app ended, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.lifecycle import CHECKS, shutdown, shutdown_error
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Shutdown, Where

from .factories import (
    make_command,
    make_failure,
    make_raised,
    make_rehearsal,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

STUCK = make_rehearsal(shutdown=Shutdown(10.02, timed_out=True, stuck_at=Where("jobs.py", 8)))


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS806-shutdown", "warn", Stage.RUNNING),
        ("HFS807-shutdown-error", "error", Stage.RUNNING),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
@pytest.mark.parametrize("status", [0, -15, 3, None])
def test_healthy(check: Any, status: int | None) -> None:
    end = make_rehearsal(shutdown=Shutdown(4.0, status=status))
    assert outcome(check, rehearsal=end).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_without_evidence(check: Any) -> None:
    ended = make_rehearsal(shutdown=None)
    assert outcome(check, rehearsal=ended).reason == "the app ended before it was asked to"
    hanging = make_visit(status=None, problem="no answer within 15 s")
    killed = make_rehearsal(shutdown=None, visits=(hanging,))
    assert outcome(check, rehearsal=killed).reason == (
        "a request was not answered, so the app was not asked to end: see HFS501"
    )
    failed = make_rehearsal(failure=make_failure(message="no"))
    assert outcome(check, rehearsal=failed).reason == "the app did not come up: no"
    assert outcome(check, rehearsal=make_rehearsal(impossible="no command")).reason == "no command"


def test_killed() -> None:
    assert only_finding(shutdown, rehearsal=STUCK) == Finding(
        "still running 10 s after SIGTERM, busy at jobs.py:8, wanted an exit",
        "end threads and background tasks in the lifespan's code after yield; for open streams: "
        "uvicorn --timeout-graceful-shutdown 5",
        path="jobs.py",
        line=8,
        level="warn",
        consequence=shutdown.consequence,
    )
    assert outcome(shutdown_error, rehearsal=STUCK).outcome == "passed"


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        ("gunicorn main:app", "gunicorn --graceful-timeout 5"),
        ("python main.py", "uvicorn.run(…, timeout_graceful_shutdown=5)"),
        ("fastapi run main.py", "uvicorn.run(…, timeout_graceful_shutdown=5)"),
    ],
)
def test_hint_for_the_server(words: str, ending: str) -> None:
    space = make_space(command=make_command(words))
    assert only_finding(shutdown, space, STUCK).hint.endswith(ending)


def test_killed_nobody_knows_where() -> None:
    end = make_rehearsal(shutdown=Shutdown(10.0, timed_out=True))
    finding = only_finding(shutdown, rehearsal=end)
    assert (finding.message, finding.path, finding.line) == (
        "still running 10 s after SIGTERM, wanted an exit",
        "",
        None,
    )


def test_cancelled_is_how_it_ends() -> None:
    raised = make_raised("asyncio.exceptions.CancelledError builtins.BaseException")
    end = make_rehearsal(shutdown=Shutdown(0.1, raised=raised))
    assert outcome(shutdown_error, rehearsal=end).outcome == "passed"


def test_shutdown_raises() -> None:
    raised = make_raised("AttributeError", "'NoneType' has no attribute 'close'", Where("main.py", 31))
    finding = only_finding(shutdown_error, rehearsal=make_rehearsal(shutdown=Shutdown(0.1, raised=raised)))
    assert finding.message == (
        "the lifespan's shutdown raised AttributeError: 'NoneType' has no attribute 'close' at main.py:31, "
        "wanted none"
    )
    assert (finding.path, finding.line, finding.level) == ("main.py", 31, "error")
