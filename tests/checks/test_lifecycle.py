"""8xx: how the app ended, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.lifecycle.ending import CHECKS, logs_buffered, restart, shutdown, shutdown_error
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Connect, FileUse, Shutdown, Variant, Where

from .factories import (
    make_command,
    make_failure,
    make_raised,
    make_rehearsal,
    make_route,
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
        ("HFS808-restart", "error", Stage.RUNTIME_ERROR),
        ("HFS810-logs-buffered", "warn", Stage.RUNNING),
    ]


@pytest.mark.parametrize("check", [shutdown, shutdown_error], ids=lambda c: c.code)
@pytest.mark.parametrize("status", [0, -15, 3, None])
def test_healthy(check: Any, status: int | None) -> None:
    end = make_rehearsal(shutdown=Shutdown(4.0, status=status))
    assert outcome(check, rehearsal=end).outcome == "passed"


@pytest.mark.parametrize("check", [shutdown, shutdown_error], ids=lambda c: c.code)
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


# -- HFS806 with visitors


def kept(code: str = "app = FastAPI(lifespan=lifespan)\n") -> tuple[Any, Any]:
    route = make_route(path="/events", where=Where("main.py", 9))
    end = Shutdown(5.1, status=-15, held=("GET /events", "WS /chat"), kept_by=("GET /events",))
    return make_space({"main.py": code}), make_rehearsal(routes=(make_route(), route), shutdown=end)


def test_held_and_ended() -> None:
    end = make_rehearsal(shutdown=Shutdown(0.2, status=-15, held=("GET /events",)))
    assert outcome(shutdown, rehearsal=end).outcome == "passed"


@pytest.mark.parametrize(
    "code",
    [
        "FastAPI(lifespan=lifespan)",
        "@app.on_event('shutdown')",
        "atexit.register(save)",
        "on_shutdown=[save]",
    ],
)
def test_a_stream_keeps_it_from_its_last_work(code: str) -> None:
    finding = only_finding(shutdown, *kept(code))
    assert finding.message == (
        "after SIGTERM it waited for GET /events, which a visitor had open, until the visitor left"
    )
    assert finding.hint == "limit the wait: uvicorn --timeout-graceful-shutdown 5"
    assert (finding.path, finding.line, finding.level) == ("main.py", 9, "warn")


def test_a_stream_keeps_what_has_nothing_to_do() -> None:
    finding = only_finding(shutdown, *kept("app = FastAPI()\n"))
    assert finding.level == "note"


# -- HFS808


def again(failure: Any = None, **changes: Any) -> Any:
    return make_rehearsal(variants=(Variant("restart", failure=failure, **changes),))


def test_a_second_start() -> None:
    assert outcome(restart, rehearsal=again()).outcome == "passed"
    assert outcome(restart, rehearsal=again(impossible="no room")).reason == "no room"


def test_no_second_start() -> None:
    assert outcome(restart).applicable is False
    uses = (FileUse("/app/x", Where("main.py", 1), found=False, write=True),)
    assert outcome(restart, rehearsal=make_rehearsal(files=uses)).reason == (
        "the app was not started a second time"
    )


def test_a_second_start_fails() -> None:
    raised = make_raised("FileExistsError OSError", "[Errno 17] File exists: 'work'", Where("main.py", 3))
    finding = only_finding(restart, rehearsal=again(make_failure(raised=raised)))
    assert "FileExistsError: [Errno 17] File exists: 'work'" in finding.message
    assert (finding.path, finding.line, finding.level) == ("main.py", 3, "error")


def test_a_second_start_that_ends_by_itself() -> None:
    failure = make_failure("import", "exited", "the process ended with exit code 3", output="a\nlocked\n")
    finding = only_finding(restart, rehearsal=again(failure))
    assert finding.message.endswith('the process ended with exit code 3; its last output: "locked"')


def test_a_second_start_that_is_slow() -> None:
    failure = make_failure("startup", "hung", "still starting up after 8 s")
    assert only_finding(restart, rehearsal=again(failure)).level == "warn"


def test_a_second_start_without_a_network() -> None:
    failure = make_failure(raised=make_raised("socket.gaierror OSError", "Name or service not known"))
    asked = replace(again(failure), connects=(Connect("example.com", 443, None),))
    assert outcome(restart, rehearsal=asked).outcome == "skipped"
    of_file = make_raised("sqlite3.OperationalError", "table a already exists")
    for rehearsal in (again(failure), replace(asked, variants=again(make_failure(raised=of_file)).variants)):
        assert outcome(restart, rehearsal=rehearsal).outcome == "failed"


# -- HFS810


def test_nothing_is_kept_back() -> None:
    assert outcome(logs_buffered).outcome == "passed"


@pytest.mark.parametrize("text", ["loading 10 %", ""])
def test_a_line_that_has_not_ended(text: str) -> None:
    assert outcome(logs_buffered, rehearsal=make_rehearsal(unprinted=text)).outcome == "passed"


def test_lines_are_kept_back() -> None:
    finding = only_finding(logs_buffered, rehearsal=make_rehearsal(unprinted="loaded\nready\n"))
    assert '("loaded" and 1 more line)' in finding.message
    assert finding.hint == "write ENV PYTHONUNBUFFERED=1 in the Dockerfile"
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", 6, "warn")


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("python -u main.py", "passed"),
        ("python -Bu -m uvicorn main:app", "passed"),
        ("python main.py -u", "warned"),
        ("python -m app -u", "warned"),
        ("uvicorn main:app", "warned"),
    ],
)
def test_an_interpreter_that_is_told(words: str, result: str) -> None:
    space = make_space(command=make_command(words))
    assert outcome(logs_buffered, space, make_rehearsal(unprinted="loaded\n")).outcome == result
