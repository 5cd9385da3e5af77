"""Checks that a project adds: docs/custom-checks.md as its reader would use it, and bad ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.testing import HEALTHY
from tests.helpers import ReadinessRun, readiness, unwrapped, write_space

PAGE = (Path(__file__).parents[2] / "docs" / "custom-checks.md").read_text(encoding="utf-8")
CONFTEST, TESTS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

#: A check under test: the rest of the line is its decorator's.
HEAD = """\
from pytest_hfspace.check import Finding, NotApplicable, Skip, check
from pytest_hfspace.contract import Stage


def acme(code, name, **more):
    return check(code, name, **{"level": "error", "predicts": Stage.RUNNING, "consequence": "Bad.", **more})


"""

PRINTS = {"jobs.py": "print('<b>')\n"}
OURS = ("--hfspace-select", "ACME*")


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A Space whose conftest.py is that of the page, with a print."""
    return write_space(tmp_path / "space", {**HEALTHY, **PRINTS, "conftest.py": CONFTEST})


def outcomes(run: ReadinessRun) -> dict[str, str]:
    return {check["code"]: check["outcome"] for check in run.report["checks"] if check["code"][:3] != "HFS"}


def written(tmp_path: Path, source: str, *options: str, **files: str) -> ReadinessRun:
    """A run over a Space with this conftest.py."""
    space = write_space(tmp_path / "space", {**HEALTHY, "conftest.py": HEAD + source, **files})
    return readiness(space, *options)


def last_line(run: ReadinessRun) -> str:
    """The one line of a usage error."""
    (line,) = [line for line in unwrapped(run.output.splitlines()) if line.startswith("ERROR: ")]
    assert "Traceback" not in run.output
    return line


# -- good ones


def test_the_tests_of_the_page_pass(pytester: pytest.Pytester, plugin_arguments: tuple[str, ...]) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_own=TESTS)
    result = pytester.runpytest_subprocess(*plugin_arguments, "-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=5)


def test_they_are_evaluated_with_the_rest(space: Path, tmp_path: Path) -> None:
    reports = [tmp_path / f"all.{suffix}" for suffix in ("sarif", "md", "html")]
    run = readiness(space, "-v", *(f"--hfspace-report={path}" for path in reports))
    assert outcomes(run) == {
        "ACME101": "warned",
        "ACME102": "passed",
        "ACME103": "passed",
        "ACME104": "failed",
    }
    assert run.code == 1
    assert run.check("ACME104")["findings"][0]["hint"] == "license: apache-2.0"
    assert run.check("ACME103")["route"] == "GET /"
    for node in (
        "hfspace::ACME101-no-print WARN",
        "hfspace::ACME103-json-only PASSED",
        "FAILED hfspace::ACME104-licence - ",
    ):
        assert node in run.output
    assert len(run.report["checks"]) > 90  # the catalogue as well

    sarif = json.loads(reports[0].read_text(encoding="utf-8"))["runs"][0]
    rules = {rule["id"]: rule for rule in sarif["tool"]["driver"]["rules"]}
    assert "ACME's services log" in json.dumps(rules["ACME101"])
    (found,) = [result for result in sarif["results"] if result["ruleId"] == "ACME101"]
    place = found["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("jobs.py", 1)
    for path in reports[1:]:
        text = path.read_text(encoding="utf-8")
        assert "ACME101" in text
        assert "the card names no licence that ACME allows" in text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("hfspace::ACME101-no-print",), {"ACME101": "warned"}),
        (("hfspace::ACME103",), {"ACME103": "passed"}),
        ((*OURS, "--hfspace-ignore", "acme104,ACME103"), {"ACME101": "warned", "ACME102": "passed"}),
        (("--hfspace-select", "ACME1", "--hfspace-ignore=ACME10[2-4]"), {"ACME101": "warned"}),
    ],
)
def test_they_are_selected_as_others_are(
    space: Path, options: tuple[str, ...], expected: dict[str, str]
) -> None:
    run = readiness(space, *options)
    found = {code: outcome for code, outcome in outcomes(run).items() if outcome != "waived"}
    assert found == expected, run.output
    assert run.code == 0
    assert {check["code"][:4] for check in run.report["checks"]} == {"ACME"}


def test_a_waiver_and_strictness_are_for_them_too(space: Path) -> None:
    waive = "-ohfspace_waive=ACME104[README.md]: the lawyers are at it"
    run = readiness(space, *OURS, waive, "-ohfspace_strict_codes=ACME")
    assert last_line(run).startswith("ERROR: hfspace_strict_codes: there is no check 'ACME'")
    run = readiness(space, *OURS, waive, "-ohfspace_strict_codes=ACME1xx")
    assert (outcomes(run)["ACME104"], outcomes(run)["ACME101"], run.code) == ("waived", "failed", 1)
    assert run.report["waivers"][0]["used"] == 1


def test_explain_and_list(space: Path) -> None:
    explained = readiness(space, "--hfspace-explain", "acme101").output
    assert "ACME101-no-print (warn, predicts RUNNING)" in explained
    assert "Nothing is printed: ACME's services log." in explained
    assert "On the Hub: The Space's log is full of what nobody reads." in explained
    listed = readiness(space, "--hfspace-list").output
    assert re.search(r"^ACME103 +json-only +error +RUNNING$", listed, re.MULTILINE)
    entries: list[dict[str, Any]] = json.loads(readiness(space, "--hfspace-list=json").output)
    (entry,) = [entry for entry in entries if entry["code"] == "ACME103"]
    assert entry == {
        "code": "ACME103",
        "name": "json-only",
        "level": "error",
        "stage": "RUNNING",
        "since": "2026-08",
        "needs": ["HFS403"],
        "summary": "Every route answers in JSON.",
    }


def test_under_xdist(space: Path) -> None:
    pytest.importorskip("xdist")
    run = readiness(space, *OURS, "-n2")
    assert set(outcomes(run).values()) == {"warned", "passed", "failed"}, run.output
    assert run.check("ACME103")["route"] == "GET /"


def test_in_several_spaces(tmp_path: Path) -> None:
    files = {f"spaces/{name}/{path}": text for name in ("chat", "draw") for path, text in HEALTHY.items()}
    top = write_space(
        tmp_path / "top", {**files, "spaces/draw/jobs.py": "print(1)\n", "conftest.py": CONFTEST}
    )
    run = readiness(top, "--hfspace-root=spaces/*", *OURS, "-v")
    found = [{c["code"]: c["outcome"] for c in each["checks"]} for each in run.report["spaces"]]
    assert [each["ACME101"] for each in found] == ["passed", "warned"], run.output
    assert [each["ACME103"] for each in found] == ["passed", "passed"]
    assert "hfspace::spaces/draw::ACME101-no-print WARN" in run.output


def test_of_a_plugin(tmp_path: Path) -> None:
    space = write_space(tmp_path / "space", {**HEALTHY, **PRINTS, "acme_checks.py": CONFTEST})
    run = readiness(space, "-p", "acme_checks", "--hfspace-select=ACME101")
    assert outcomes(run) == {"ACME101": "warned"}, run.output


# -- bad ones


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "return [print]",
            "<built-in function print> is no check: decorate it with pytest_hfspace.check.check",
        ),
        ("return 3", "raised TypeError: 'int' object is not iterable"),
        ("raise KeyError('x')", "raised KeyError: 'x'"),
        (
            "return [acme('HFS410', 'mine')(print)]",
            "the code 'HFS410' should be letters and digits such as ACME101, not HFS",
        ),
        ("return [acme('ACME101', 'My check')(len)]", "the name 'My check' of ACME101 should be words*"),
        (
            "return [acme('ACME101', 'port-mismatch')(abs)]",
            "*'port-mismatch' is taken by HFS410-port-mismatch",
        ),
        (
            "return [acme('ACME101', 'a')(abs), acme('ACME101', 'b')(abs)]",
            "ACME101-b: 'ACME101' is taken by ACME101-a",
        ),
        (
            "return [acme('ACME101', 'a', needs=('HFS999',))(abs)]",
            "ACME101-a needs HFS999, which does not exist",
        ),
        (
            "return [acme('ACME101', 'a', level='fatal')(abs)]",
            "the level 'fatal' of ACME101-a should be error,*",
        ),
        ("return [acme('ACME101', 'a', predicts='RUNNING')(abs)]", "ACME101-a predicts 'RUNNING', which*"),
        ("return [acme('ACME101', 'a', each='page')(abs)]", "ACME101-a is of each 'page', which should be*"),
        ("return [acme('ACME101', 'a', since='11/26')(abs)]", "ACME101-a is there since '11/26', which*"),
        (
            "return [acme('ACME101', 'a')(lambda space_route: ())]",
            "ACME101-a asks for space_route: say each='route' in its decorator",
        ),
    ],
)
def test_what_cannot_join_is_a_usage_error(
    pytester: pytest.Pytester, plugin_arguments: tuple[str, ...], source: str, message: str
) -> None:
    from fnmatch import fnmatchcase

    pytester.makeconftest(f"{HEAD}def pytest_hfspace_checks():\n    {source}\n")
    result = pytester.runpytest_inprocess(*plugin_arguments, "--hfspace-list")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = unwrapped(result.errlines)
    assert fnmatchcase(line, f"ERROR: pytest_hfspace_checks: {message}"), line


def test_it_ends_a_readiness_run_too(tmp_path: Path) -> None:
    run = written(tmp_path, "def pytest_hfspace_checks():\n    return [acme]\n")
    assert run.code == 4
    assert last_line(run).startswith("ERROR: pytest_hfspace_checks: <function acme")
    assert run.report == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return [1 / 0]", "ZeroDivisionError: division by zero at conftest.py:11"),
        ("yield 'a text'", "TypeError: 'a text' is no Finding"),
        (
            "yield Finding('a', 'b', level='fatal')",
            "ValueError: the level 'fatal' should be error, warn or note",
        ),
    ],
)
def test_a_check_that_is_broken_is_one_line(tmp_path: Path, body: str, message: str) -> None:
    source = (
        f"@acme('ACME101', 'broken')\ndef broken(space):\n    {body}\n"
        "def pytest_hfspace_checks():\n    return [broken]\n"
    )
    run = written(tmp_path, source, *OURS)
    (finding,) = run.check("ACME101")["findings"]
    assert finding["message"] == f"ACME101 could not be evaluated: {message}"
    assert (finding["level"], run.check("ACME101")["outcome"], run.code) == ("warn", "failed", 1)
    assert "Traceback" not in run.output
    assert "please report" not in run.output


def test_no_finding_at_all_is_none(tmp_path: Path) -> None:
    source = (
        "@acme('ACME101', 'nothing')\ndef nothing(space):\n    return None\n"
        "@acme('ACME102', 'unseen')\ndef unseen(space):\n    raise Skip('too dark')\n"
        "def pytest_hfspace_checks():\n    return (each for each in (nothing, unseen))\n"
    )
    run = written(tmp_path, source, *OURS)
    assert outcomes(run) == {"ACME101": "passed", "ACME102": "skipped"}
    assert run.check("ACME102")["reason"] == "too dark"


def test_a_fact_that_does_not_exist_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    source = (
        "@acme('ACME101', 'typo')\ndef typo(space, space_rehersal):\n    yield Finding('a', 'b')\n"
        "def pytest_hfspace_checks():\n    return [typo]\n"
    )
    run = written(tmp_path, source, *OURS)
    assert run.code == 1
    for text in (
        "conftest.py, line 9",
        "def typo(space, space_rehersal):",
        "fixture 'space_rehersal' not found",
    ):
        assert text in run.output
    assert "items.py" not in run.output
    assert run.report["ready"] is False
