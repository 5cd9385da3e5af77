"""What machines read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pytest_hfspace import __version__
from pytest_hfspace.check import Result
from pytest_hfspace.contract import DATE
from pytest_hfspace.rehearsal.facts import StandIn, Where
from pytest_hfspace.report import Report, gather, pack, unpack
from pytest_hfspace.report.json import document
from tests.checks.factories import (
    make_command,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
)

from . import fake
from .conftest import Rehearse
from .test_terminal import FAILED, PASSED

WRONG_PORT = 'make_space(command=make_command(port=Port(8000, "literal")))'


def read(pytester: pytest.Pytester) -> dict:
    return json.loads((pytester.path / "r.json").read_text())


def test_the_whole_document(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    rehearse("--hfspace-report=r.json", "--hfspace-ignore=HFS416", space=WRONG_PORT)
    found = read(pytester)
    for check in found["checks"]:
        assert check.pop("seconds") >= 0
    port = next(check for check in found["checks"] if check["code"] == "HFS410")
    assert port == {
        "code": "HFS410",
        "name": "port-mismatch",
        "level": "error",
        "predicts": "APP_STARTING",
        "outcome": "failed",
        "reason": "",
        "applicable": True,
        "route": None,
        "findings": [
            {
                "level": "error",
                "message": "the app listens on port 8000, the Hub connects to 7860",
                "hint": "add --port 7860 to CMD, or app_port: 8000 to the card in README.md.",
                "consequence": 'After 30 min: "Launch timed out, workload was not healthy after 30 min".',
                "path": "Dockerfile",
                "line": 14,
                "waived": "",
            }
        ],
    }
    assert [(check["code"], check["outcome"], check["route"]) for check in found.pop("checks")] == [
        ("HFS101", "passed", None),
        ("HFS403", "passed", None),
        ("HFS410", "failed", None),
        ("HFS413", "passed", None),
        ("HFS416", "waived", None),
        ("HFS501", "passed", "GET /"),
    ]
    assert re.fullmatch(r"[0-9a-f]{32}", found.pop("id"))
    assert datetime.fromisoformat(found.pop("created")).utcoffset() == timedelta(0)
    assert found == {
        "waivers": [],
        "schema": 1,
        "contract": DATE,
        "version": __version__,
        "space": {
            "root": str(pytester.path),
            "sdk": "docker",
            "app": "main:app",
            "port": 7860,
            "launch": ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"],
            "files": 4,
            "id": None,
        },
        "stage": "APP_STARTING",
        "ready": False,
        "confidence": "high",
        "not_rehearsed": [],
        "partial": "",
        "remedy": "",
        "routes": [
            {
                "method": "GET",
                "path": "/",
                "endpoint": "main.py:7",
                "status": 200,
                "seconds": 0.002,
                "outcome": "answered",
            }
        ],
        "requires": [],
        "environment": [],
        "timings": {
            "export": 0.0,
            "import": 0.3,
            "startup": 0.1,
            "first_response": 0.01,
            "visits": 0.0,
            "shutdown": 0.1,
            "total": 0.6,
        },
        "peak_rss_mb": 60.0,
    }


def test_workers_hand_their_part_over(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    rehearse("--hfspace-report=r.json", space=WRONG_PORT)
    alone = read(pytester)
    rehearse("--hfspace-report=r.json", "-n2", space=WRONG_PORT, subprocess=True)
    together = read(pytester)
    assert alone.pop("id") != together.pop("id")
    for found in (alone, together):
        assert found.pop("created")
        for check in found["checks"]:
            check.pop("seconds")
    assert together == alone


@pytest.mark.parametrize("arguments", [("-p", "no:terminal"), ("-q",), ("-x",), ("-k", "nothing")])
def test_it_is_written_however_the_run_goes(
    rehearse: Rehearse, pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    rehearse("--hfspace-report=r.json", *arguments, space=WRONG_PORT)
    assert read(pytester)["ready"] is False


def test_it_is_not_written_where_nothing_was_to_be_evaluated(
    rehearse: Rehearse, pytester: pytest.Pytester
) -> None:
    rehearse("--hfspace-report=r.json", "--collect-only")
    assert not (pytester.path / "r.json").exists()


def test_several_reports(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    rehearse("--hfspace-report=r.json", "--hfspace-report", str(pytester.path / "s.JSON"))
    assert (pytester.path / "r.json").read_text() == (pytester.path / "s.JSON").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_is_one_line(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    (pytester.path / "r.json").symlink_to("/dev/full")
    result = rehearse("--hfspace-report=r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["ERROR: r.json cannot be written: No space left on device"])


def test_secrets_stay_out(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhfspace_headers = Authorization: Bearer hunter-header")
    result = rehearse(
        "--hfspace-report=r.json",
        "--junitxml=j.xml",
        "--hfspace-env=API_KEY=hunter-secret",
        "--hfspace-env=LOG_LEVEL=development",
        space='make_space(command=make_command("uvicorn main:app --token hunter-secret"))',
        rehearsal='make_rehearsal(failure=make_failure(message="bad key hunter-secret for hunter-header'
        ' in development"), notes=("said hunter-secret",))',
    )
    everything = result.stdout.str() + (pytester.path / "r.json").read_text()
    everything += (pytester.path / "j.xml").read_text()
    assert "hunter" not in everything
    assert "bad key <API_KEY> for <Authorization> in development" in everything


@pytest.mark.parametrize(
    ("results", "changes", "expected"),
    [
        (PASSED, {}, ("RUNNING", True, "high")),
        (PASSED, {"rehearsal": {"notes": ("left out",)}}, ("RUNNING", True, "medium")),
        ((*PASSED, FAILED), {}, ("APP_STARTING", False, "high")),
        ((replace(FAILED, check=fake.route_answers),), {}, ("RUNNING", False, "high")),
        (PASSED, {"rehearsal": {"impossible": "no command"}}, (None, False, "none")),
        ((FAILED,), {"rehearsal": {"impossible": "no command"}}, ("APP_STARTING", False, "low")),
        (PASSED, {"partial": "2 of 6"}, (None, False, "none")),
        ((FAILED,), {"partial": "1 of 6"}, ("APP_STARTING", False, "medium")),
        ((Result(fake.reload, "warned"),), {}, ("RUNNING", True, "high")),
        ((Result(fake.reload, "failed"),), {"strict": True}, ("RUNNING", False, "high")),
        ((), {"rehearsal": None}, (None, False, "none")),
    ],
)
def test_verdicts(results: tuple[Result, ...], changes: dict, expected: tuple) -> None:
    changes = dict(changes)
    facts = changes.pop("rehearsal", {})
    evidence = gather(make_space(), None if facts is None else make_rehearsal(**facts))
    found = document(Report(evidence, results, **changes))
    assert (found["stage"], found["ready"], found["confidence"]) == expected


@pytest.mark.parametrize("facts", [None, {"impossible": "a static Space runs no process"}])
@pytest.mark.parametrize(
    ("card", "confidence"),
    [("sdk: static\n", "high"), ("sdk: static\napp_build_command: npm run build\n", "medium")],
)
def test_what_a_build_command_makes_is_not_known(card: str, confidence: str, facts: dict | None) -> None:
    rehearsal = None if facts is None else make_rehearsal(**facts)
    found = document(Report(gather(make_static_space(card=card), rehearsal), PASSED))

    assert (found["stage"], found["confidence"]) == ("RUNNING", confidence)
    assert len(found["not_rehearsed"]) == (confidence == "medium")


def test_environment() -> None:
    reads = (
        make_read("URL", default="sqlite://"),
        make_read("URL", where=Where("db.py", 2)),
        make_read("KEY", required=True, given=True, secret=True),
        make_read("UVICORN_X", own=False),
    )
    found = gather(make_space(settings=make_settings(KEY="")), make_rehearsal(reads=reads))
    assert found.requires == ["KEY"]
    assert found.environment == [
        {
            "name": "KEY",
            "secret": True,
            "required": True,
            "default": False,
            "documented": True,
            "where": ["main.py:5"],
        },
        {
            "name": "URL",
            "secret": False,
            "required": False,
            "default": True,
            "documented": False,
            "where": ["main.py:5", "db.py:2"],
        },
    ]


@pytest.mark.parametrize(
    ("sets", "requires"),
    [
        ({}, ["ASKED", "STOOD_IN", "READ"]),
        ({"UNRELATED": "1"}, ["ASKED", "STOOD_IN", "READ"]),
        ({"STOOD_IN": "1"}, ["ASKED", "READ"]),
        ({"READ": ""}, ["ASKED", "STOOD_IN"]),
        ({"ASKED": "1", "STOOD_IN": "1", "READ": "1"}, []),
    ],
)
def test_nobody_has_to_set_what_the_start_command_sets(sets: dict[str, str], requires: list[str]) -> None:
    facts = make_rehearsal(
        stand_ins=(StandIn("ASKED", None), StandIn("STOOD_IN", Where("main.py", 2))),
        reads=(make_read("READ", required=True, given=True),),
    )
    assert gather(make_space(command=make_command(env=sets)), facts).requires == requires


def test_settings_are_required_without_a_start_command_too() -> None:
    facts = make_rehearsal(stand_ins=(StandIn("ASKED", None),))
    assert gather(make_space(command=None), facts).requires == ["ASKED"]


def test_a_result_survives_the_way_from_a_worker() -> None:
    catalogue = {check.code: check for check in fake.CATALOGUE}
    result = replace(FAILED, route="GET /", seconds=0.5)
    data = json.loads(json.dumps(pack(result)))
    assert unpack(data, catalogue) == result
