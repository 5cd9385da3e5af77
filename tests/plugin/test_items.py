"""Checks as pytest items."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from .conftest import Rehearse

WRONG_PORT = 'make_space(command=make_command(port=Port(8000, "literal")))'
BROKEN = 'make_rehearsal(failure=make_failure(message="no module named torch"))'
THREE_ROUTES = (
    'make_rehearsal(routes=(make_route(), make_route("GET", "/items/{id}"),'
    ' make_route("POST", "/items/{id}"),'
    ' make_route(path="/docs", own=False), make_route("WS", "/ws", kind="websocket")),'
    ' visits=(make_visit(), make_visit("GET /items/{id}", status=500)))'
)
CRASHING = """
@check("HFS999", "crash", level="error", predicts=Stage.RUNNING, consequence="None.")
def crash(space):
    \"\"\"Fails itself.\"\"\"
    yield from ()
    raise TypeError("unsupported\\noperand")

@check("HFS998", "after", level="error", predicts=Stage.RUNNING, consequence="None.", needs=("HFS999",))
def after(space):
    \"\"\"Comes after.\"\"\"
    yield Finding("never seen", "never")
"""


def nodes(result: pytest.RunResult) -> list[str]:
    return [
        line.split(" PASSED")[0].split(" FAILED")[0].split(" SKIPPED")[0]
        for line in result.outlines
        if line.startswith("hfspace::")
    ]


def test_static_checks_come_first_and_routes_as_given(rehearse: Rehearse) -> None:
    result = rehearse("--collect-only", "-q", rehearsal=THREE_ROUTES)
    assert nodes(result) == [
        "hfspace::HFS101-card-missing",
        "hfspace::HFS410-port-mismatch",
        "hfspace::HFS413-reload",
        "hfspace::HFS416-shell-form",
        "hfspace::HFS403-import",
        "hfspace::HFS501-route-answers::GET /",
        "hfspace::HFS501-route-answers::GET /items/{id}",
        "hfspace::HFS501-route-answers::POST /items/{id}",
    ]
    assert "Space readiness" not in result.stdout.str()


def test_static_checks_are_evaluated_while_the_app_starts(rehearse: Rehearse, log) -> None:
    rehearse()
    assert log().index("HFS101") < log().index("routes")


def test_an_app_that_does_not_start_leaves_a_trace(rehearse: Rehearse) -> None:
    result = rehearse("-rs", rehearsal=BROKEN)
    result.assert_outcomes(failed=1, passed=4, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] *: needs HFS403"])
    rehearse("hfspace::HFS501::GET /", rehearsal=BROKEN).assert_outcomes(skipped=1)


def test_what_could_not_be_rehearsed_says_why(rehearse: Rehearse) -> None:
    result = rehearse("-rs", rehearsal='make_rehearsal(impossible="torch is not installed here")')
    result.assert_outcomes(passed=4, skipped=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["SKIPPED*: torch is not installed here"])


def test_an_app_without_routes(rehearse: Rehearse) -> None:
    result = rehearse("-rs", rehearsal="make_rehearsal(routes=(), visits=())")
    result.assert_outcomes(passed=5, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*: the app has no routes"])


def test_an_unknown_route_names_the_near_ones(rehearse: Rehearse) -> None:
    result = rehearse("hfspace::HFS501::GET /item", rehearsal=THREE_ROUTES)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["the app has no route 'GET /item'; did you mean GET /items/{id}*"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a[b]", "GET /a%5Bb%5D"),
        ("/a::b", "GET /a%3A%3Ab"),
        ("/a\nb", "GET /a\\nb"),
        ("/a.json", "GET /a.json"),
        ("/ü", "GET /ü"),
        ("/\ud800", "GET /\\ud800"),
    ],
)
def test_names_that_pytest_would_take_apart(rehearse: Rehearse, path: str, name: str) -> None:
    visit = f"make_visit({'GET ' + path!r}, status=500)"
    facts = f"make_rehearsal(routes=(make_route(path={path!r}),), visits=({visit},))"
    result = rehearse("-v", rehearsal=facts)
    assert f"hfspace::HFS501-route-answers::{name}" in nodes(result)
    rehearse("--lf", rehearsal=facts).assert_outcomes(failed=1, deselected=5)


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (("-k", "HFS501"), {"failed": 1, "passed": 2, "deselected": 5}),
        (("-k", "HFS501 and POST"), {"passed": 1, "deselected": 7}),
        (("-m", "hfspace"), {"failed": 1, "passed": 7}),
        (("-m", "not hfspace"), {"deselected": 8}),
        (("--deselect", "hfspace::HFS501-route-answers::GET /items/{id}"), {"passed": 7, "deselected": 1}),
        (("hfspace::HFS501::POST /items/{id}",), {"passed": 1}),
        (("-x",), {"failed": 1, "passed": 6}),
    ],
)
def test_selections(rehearse: Rehearse, arguments: tuple[str, ...], outcomes: dict[str, int]) -> None:
    rehearse(*arguments, rehearsal=THREE_ROUTES).assert_outcomes(**outcomes)


def test_last_failed_runs_them_again(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test(): assert 0\ndef test_good(): pass")
    rehearse("test_own.py", rehearsal=THREE_ROUTES, space=WRONG_PORT).assert_outcomes(failed=3, passed=7)
    result = rehearse("test_own.py", "--lf", rehearsal=THREE_ROUTES, space=WRONG_PORT)
    result.assert_outcomes(failed=3, deselected=7)


@pytest.mark.parametrize("distribution", ["load", "loadgroup"])
def test_workers(rehearse: Rehearse, log, distribution: str) -> None:
    pytest.importorskip("xdist")
    arguments = ("-n2", "--dist", distribution)
    result = rehearse(*arguments, rehearsal=THREE_ROUTES, space=WRONG_PORT, subprocess=True)
    result.assert_outcomes(failed=2, passed=4)
    result.stdout.fnmatch_lines(
        ["Predicted stage: APP_STARTING, because of HFS410-port-mismatch*", "Routes: 1 answered*"]
    )
    assert log().count("begin") == log().count("finish") == 1


def test_junit(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    rehearse("--junitxml=junit.xml", "-W", "error", space=WRONG_PORT)
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "junit.xml").iter("testcase")}
    case = cases["HFS410-port-mismatch"]
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert properties == {
        "hfspace_code": "HFS410",
        "hfspace_stage": "APP_STARTING",
        "hfspace_hint": "add --port 7860 to CMD, or app_port: 8000 to the card in README.md.",
    }
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "the app listens on port 8000, the Hub connects to 7860"
    assert "Traceback" not in (failure.text or "")


def test_warnings_pass_unless_strict(rehearse: Rehearse) -> None:
    space = "make_space(command=make_command(reload=True))"
    result = rehearse(space=space)
    assert result.ret == 0
    assert result.outlines[-1].strip("= ").startswith("5 passed, 1 hfspace warned")
    result = rehearse("--hfspace-strict", space=space)
    assert result.ret == 1
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["Predicted stage: RUNNING, but not ready*", "Checks: 5 passed, 1 failed"])


def test_notes_show_with_v(rehearse: Rehearse) -> None:
    space = "make_space(command=make_command(execs=False))"
    result = rehearse(space=space)
    result.assert_outcomes(passed=6)
    assert "the shell stays" not in result.stdout.str()
    result = rehearse("-v", "--hfspace-strict", space=space)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["hfspace::HFS416-shell-form NOTE*", "NOTE HFS416-shell-form"])


def test_a_check_that_fails_itself_is_one_line(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        crashing="from tests.plugin.fake import *\nfrom pytest_hfspace.check import *\n"
        "from pytest_hfspace.contract import Stage\n" + CRASHING
    )
    catalogue = "(*CATALOGUE, *(lambda m: (m.crash, m.after))(__import__('crashing')))"
    result = rehearse(catalogue=catalogue)
    result.assert_outcomes(passed=6, failed=1, skipped=1)
    line = "HFS999 could not be evaluated: TypeError: unsupported operand, please report"
    result.stdout.fnmatch_lines(
        [
            line,
            "Predicted stage: RUNNING, but not ready: HFS999-crash (confidence: medium)",
            "Not rehearsed:",
            f"  - {line}",
            "FAILED hfspace::HFS999-crash - HFS999 could not be evaluated: *",
        ]
    )
    assert "never seen" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_finding_places_the_report(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "def pytest_runtest_logreport(report):\n    if report.failed: print('AT', report.location)"
    )
    rehearse("-s", space=WRONG_PORT).stdout.fnmatch_lines(["*AT ('Dockerfile', 13, 'HFS410-port-mismatch')"])


def test_a_route_is_the_usual_place_of_its_checks(rehearse: Rehearse) -> None:
    result = rehearse("-vv")
    result.stdout.fnmatch_lines(["hfspace::HFS501-route-answers::GET / <- main.py PASSED*"])


def test_fixtures_of_a_root_conftest_apply(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n@pytest.fixture(autouse=True)\ndef seen():\n    print('SEEN')")
    assert rehearse("-s").stdout.str().count("SEEN") == 6
