"""A stored report as the pages show it: in order, in bounds, and whatever it holds."""

from __future__ import annotations

import json
import math

import pytest

from backend.view import MOST, lasting, number, read, text
from backend.why import why


def finding(message="wrong", **members):
    return {
        "level": "error",
        "message": message,
        "hint": "",
        "consequence": "",
        "path": "",
        "line": None,
        "waived": "",
        **members,
    }


def check(code="HFS410", *findings, **members):
    outcome = "failed" if findings else "passed"
    made = {"code": code, "name": "name", "level": "error", "predicts": "APP_STARTING", "outcome": outcome}
    return {**made, "reason": "", "route": None, "seconds": 0, "findings": list(findings), **members}


def test_levels_come_the_gravest_first_and_waived_findings_last():
    report = read(
        {
            "checks": [
                check("HFS1", finding(level="note")),
                check("HFS2", finding(waived="known")),
                check("HFS3", finding(level="warn"), finding("another")),
            ]
        }
    )
    assert [(level.key, level.size) for level in report.levels] == [
        ("error", 1),
        ("warn", 1),
        ("note", 1),
        ("waived", 1),
    ]
    assert [level.checks[0].code for level in report.levels] == ["HFS3", "HFS3", "HFS1", "HFS2"]


def test_a_finding_without_a_level_has_that_of_its_check():
    old = finding()
    del old["level"]
    (level,) = read({"checks": [check("HFS1", old, level="warn")]}).levels
    assert level.key == "warn"


def test_the_findings_of_a_check_for_many_routes_stand_together():
    routes = ("GET /a", "GET /b")
    (level,) = read({"checks": [check("HFS501", finding(route), route=route) for route in routes]}).levels
    (only,) = level.checks
    assert [each.route for each in only.findings] == list(routes)


def test_what_all_findings_of_a_check_share_is_said_once():
    findings = [finding(each, hint="mend it", consequence=f"{each} fails") for each in ("a", "b")]
    (level,) = read({"checks": [check("HFS1", *findings)]}).levels
    (only,) = level.checks
    assert (only.hint, only.consequence) == ("mend it", "")
    assert [(each.hint, each.consequence) for each in only.findings] == [("", "a fails"), ("", "b fails")]
    (level,) = read({"checks": [check("HFS1", findings[0])]}).levels
    assert [each.hint for each in level.checks[0].findings] == ["mend it"]


def test_the_causes_are_the_failed_checks_of_the_predicted_stage():
    checks = [
        check("HFS410", finding()),
        check("HFS501", finding(), predicts="RUNNING"),
        check("HFS411", outcome="warned"),
        check("HFS412", finding(), route="GET /a"),
        check("HFS412", finding(), route="GET /b"),
    ]
    assert why({"stage": "APP_STARTING", "checks": checks}) == "Because of HFS410-name, HFS412-name."
    many = [check(f"HFS{number}", finding()) for number in range(9)]
    assert why({"stage": "APP_STARTING", "checks": many}).endswith("HFS4-name and 4 more.")
    assert why({"stage": "RUNNING", "checks": [check()]}) == ""


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "Because torch is not installed."),
        ({"partial": "the image has other tools"}, "Because the image has other tools."),
        ({"partial": None, "checks": [{"code": []}, 3]}, ""),
    ],
)
def test_why_nothing_is_predicted(members, said):
    checks = [
        check("HFS201", outcome="skipped", reason="there is no Dockerfile"),
        check("HFS404", outcome="skipped", reason="needs HFS402"),
        check("HFS402", outcome="skipped", reason="torch is not installed"),
    ]
    assert why({"stage": None, "checks": checks, **members}) == said


def test_the_remedy_stands_where_nothing_is_predicted():
    assert read({"stage": None, "remedy": "pip install torch"}).remedy == "pip install torch"
    assert read({"stage": "RUNNING", "remedy": "pip install torch"}).remedy == ""


@pytest.mark.parametrize(("number_", "left_out"), [(MOST, 0), (MOST + 1, 1), (10_000, 10_000 - MOST)])
def test_so_many_findings_are_shown_and_the_rest_is_counted(number_, left_out):
    findings = [finding(str(place)) for place in range(number_)]
    (level,) = read({"checks": [check("HFS1", *findings)]}).levels
    assert (level.size, level.left_out) == (number_, left_out)
    assert sum(len(each.findings) for each in level.checks) == min(number_, MOST)


def test_many_errors_leave_room_for_some_warnings():
    errors = [finding()] * (MOST * 2)
    warnings = [finding(level="warn")] * 50
    report = read({"checks": [check("HFS1", *errors), check("HFS2", *warnings)]})
    assert [(level.key, level.left_out) for level in report.levels] == [("error", MOST), ("warn", 40)]


def test_routes_that_failed_come_first():
    routes = [
        {"method": "GET", "path": f"/{outcome}", "status": 200, "seconds": seconds, "outcome": outcome}
        for outcome, seconds in (("answered", 0.25), ("failed", 1.0), ("guarded", 0.001))
    ]
    listing = read({"routes": routes}).routes
    assert [(route.path, route.tone) for route in listing.rows] == [
        ("/failed", "failed"),
        ("/answered", "passed"),
        ("/guarded", "noted"),
    ]
    assert [(route.time.shown, route.time.share) for route in listing.rows] == [
        ("1.00 s", "100.0%"),
        ("250 ms", "25.0%"),
        ("1 ms", "0.1%"),
    ]
    assert listing.summary == "1 failed, 1 guarded, 1 answered"


def test_a_route_that_was_not_asked_took_no_time():
    (route,) = read({"routes": [{"status": None, "seconds": 0, "outcome": "skipped"}]}).routes.rows
    assert (route.time, route.status) == (None, "")


def test_checks_that_were_not_evaluated_stand_by_their_reason():
    skipped = [check(f"HFS{place}", outcome="skipped", reason="no route") for place in (1, 2, 2)]
    ignored = check("HFS9", outcome="waived", reason="")
    rows = read({"checks": [*skipped, ignored, check("HFS3")]}).skipped.rows
    assert rows == [("no route", ["HFS2 (2)", "HFS1"]), ("left out by choice", ["HFS9"])]


@pytest.mark.parametrize(
    ("stage", "ready", "state", "sentence"),
    [
        ("RUNNING", True, "ready", "The Space would come up and serve."),
        ("RUNNING", False, "unready", "The Space would run, and yet something about it is wrong."),
        ("BUILD_ERROR", False, "unready", "The image could not be built."),
        (None, False, "unknown", "The run could not predict a stage."),
        (None, True, "unknown", "The run could not predict a stage."),
    ],
)
def test_what_a_stage_means(stage, ready, state, sentence):
    report = read({"stage": stage, "ready": ready})
    assert (report.state, report.meaning) == (state, sentence)


@pytest.mark.parametrize("odd", [None, True, 0, -1.5, 1e400, "text", [], ["a", 1, None, []], {}, {"a": []}])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_nothing_that_json_can_hold_is_too_odd(odd, level):
    names = ("checks", "routes", "environment", "waivers", "requires", "not_rehearsed", "launch", "findings")
    whole = {"schema": 1, "stage": odd, "ready": odd, "space": odd, "timings": odd, "peak_rss_mb": odd}
    for name in names:
        whole[name] = odd if level == 0 else [odd] if level == 1 else [{"findings": [odd], "where": odd}]
    report = read(whole)
    assert report.state in ("ready", "unready", "unknown")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("a\u202eb\x1b\ud800\n", "a\\u202eb\\x1b\\ud800\\n"),
        ("x" * 700, "x" * 600 + "…"),
        (7860, "7860"),
        (True, ""),
        (None, ""),
        (["a"], ""),
    ],
)
def test_texts_are_cut_and_can_be_seen(value, shown):
    assert text(value) == shown


@pytest.mark.parametrize(
    ("value", "read_as"),
    [(1, 1.0), (0.5, 0.5), (-1, 0), (math.inf, 0), (math.nan, 0), (10**400, 0), (True, 0), ("1", 0)],
)
def test_numbers_are_finite(value, read_as):
    assert number(value) == read_as


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (7200, "2 hours"),
        (86400, "1 day"),
        (86400 * 400, "400 days"),
    ],
)
def test_times_in_words(seconds, said):
    assert lasting(seconds) == said


def test_a_large_report_is_read_in_its_bounds():
    findings = [finding("m" * 50) for _ in range(10_000)]
    document = {"checks": [check("HFS1", *findings)], "environment": [{"name": "A"}] * 5000}
    report = read(json.loads(json.dumps(document)))
    assert len(report.settings.rows) == MOST
    assert report.settings.left_out == 5000 - MOST
