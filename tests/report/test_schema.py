"""The published schema: it takes every report that we write, and refuses what is none."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from pytest_hfspace.check import Finding, Level, Outcome, Result
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.coverage import RouteOutcome
from pytest_hfspace.report import Confidence, Evidence, Report, WaiverUse, gather
from pytest_hfspace.report.json import render
from pytest_hfspace.report.schema import MOST_PROBLEMS, SCHEMA, problems
from tests.checks.factories import (
    make_failure,
    make_read,
    make_rehearsal,
    make_route,
    make_settings,
    make_space,
    make_static_space,
    make_visit,
)
from tests.helpers import readiness, space_copy
from tests.plugin import fake


def strict(schema: Any) -> Any:
    """The same schema, with no further field anywhere and none that may be absent."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema:
        closed["additionalProperties"] = False
    return closed


STRICT = jsonschema.Draft202012Validator(strict(SCHEMA))


def undocumented(document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in STRICT.iter_errors(document)]


def written(*reports: Report) -> Any:
    return json.loads(render(reports))


HOSTILE = "\x1b[2J \u202e <script> \ud800 | ` " + "x" * 1000
ERROR = Finding("wrong", "change it", "Dockerfile", 14, "error", "Nobody gets through.")
EVERY_FINDING = (
    ERROR,
    Finding("no place", "", level="note"),
    replace(ERROR, level="warn", predicts=Stage.PAUSED, line=None),
    replace(ERROR, waived="we live with it"),
    Finding(HOSTILE, HOSTILE, HOSTILE, 1, "error", HOSTILE, waived=HOSTILE),
)
RESULTS = (
    Result(fake.imports, "passed", seconds=0.25),
    Result(fake.port_mismatch, "failed", EVERY_FINDING),
    Result(fake.reload, "warned", (replace(ERROR, level="warn"),)),
    Result(fake.shell_form, "noted", (replace(ERROR, level="note"),)),
    Result(fake.card_missing, "waived", (replace(ERROR, waived="old"),), reason="old"),
    Result(fake.route_answers, "skipped", reason="needs HFS403", route="GET /", applicable=False),
)
ROUTES = make_rehearsal(
    routes=(make_route(), make_route("POST", "/x"), make_route("WEBSOCKET", "/ws", kind="websocket")),
    visits=(make_visit(), make_visit("POST /x", status=None, problem="no answer")),
    skipped_routes={"WEBSOCKET /ws": "asks for a token"},
    reads=(make_read("KEY", required=True, given=True, secret=True), make_read("URL", default="x")),
)

EVIDENCE: dict[str, Callable[[], Evidence]] = {
    "healthy": lambda: gather(make_space(), make_rehearsal()),
    "routes and settings": lambda: gather(make_space(settings=make_settings(KEY="")), ROUTES),
    "nothing asked for a rehearsal": lambda: gather(make_space(), None),
    "not possible": lambda: gather(make_space(), make_rehearsal(impossible="no command")),
    "does not come up": lambda: gather(make_space(command=None), make_rehearsal(failure=make_failure())),
    "static": lambda: gather(make_static_space(), None),
    "no SDK": lambda: replace(
        gather(make_space(), None), space={**gather(make_space(), None).space, "sdk": None}
    ),
    "known to the Hub": lambda: replace(gather(make_space(), ROUTES), name="a", prefix="a/", hub_id="me/a"),
    "hostile": lambda: replace(
        gather(make_space(), make_rehearsal(notes=(HOSTILE,))), requires=[HOSTILE], hub_id=HOSTILE
    ),
}
EXTRAS: dict[str, dict[str, Any]] = {
    "no result": {"results": ()},
    "every outcome": {"results": RESULTS},
    "partial": {"results": RESULTS[:1], "partial": "1 of 6 checks were evaluated"},
    "strict": {"results": RESULTS[2:], "strict": True},
    "waivers": {
        "results": RESULTS,
        "waivers": (
            WaiverUse("HFS802: why", "hfspace_waive", "why", "2027-01-31", 2),
            WaiverUse(HOSTILE, "main.py:12", HOSTILE, problem="matches nothing"),
        ),
    },
}


# -- what is written


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("extras", EXTRAS)
@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_report_is_valid_and_documented(evidence: str, extras: str) -> None:
    document = written(Report(EVIDENCE[evidence](), **EXTRAS[extras]))
    assert problems(document) == []
    assert undocumented(document) == []


@pytest.mark.parametrize("count", [0, 2, 9])
def test_several_reports_are_valid_and_documented(count: int) -> None:
    reports = [Report(evidence(), RESULTS) for evidence in list(EVIDENCE.values())[:count]]
    document = written(*reports)
    assert len(document["spaces"]) == count
    assert problems(document) == []
    assert undocumented(document) == []


def test_a_real_run(tmp_path: Path) -> None:
    document = readiness(space_copy("root_main", tmp_path / "space")).report
    assert document["stage"] == "RUNNING"
    assert document["routes"]
    assert document["timings"]["total"] > 0
    assert problems(document) == []
    assert undocumented(document) == []


def test_no_field_is_documented_that_no_report_has() -> None:
    document = written(Report(EVIDENCE["known to the Hub"](), **EXTRAS["waivers"]))
    examples = {
        "report": document,
        "reports": written(),
        "space": document["space"],
        "check": document["checks"][0],
        "finding": document["checks"][1]["findings"][0],
        "route": document["routes"][0],
        "waiver": document["waivers"][0],
        "setting": document["environment"][0],
        "timings": document["timings"],
    }
    documented = {name: set(part["properties"]) for name, part in SCHEMA["$defs"].items()}
    assert documented == {name: set(example) for name, example in examples.items()}


def test_every_field_is_described() -> None:
    bare = [
        f"{name}.{field}"
        for name, part in SCHEMA["$defs"].items()
        for field, rules in part["properties"].items()
        if not (rules.get("$ref") or rules["description"].endswith((".", "?")))
    ]
    assert bare == []
    assert all(part["description"] for part in SCHEMA["$defs"].values())


@pytest.mark.parametrize(
    ("part", "field", "words"),
    [
        ("check", "level", get_args(Level)),
        ("finding", "level", get_args(Level)),
        ("check", "outcome", get_args(Outcome)),
        ("check", "predicts", tuple(stage.value for stage in Stage)),
        ("report", "stage", (*(stage.value for stage in Stage), None)),
        ("report", "confidence", get_args(Confidence)),
        ("route", "outcome", get_args(RouteOutcome)),
    ],
)
def test_words_are_those_of_the_code(part: str, field: str, words: tuple[str | None, ...]) -> None:
    assert SCHEMA["$defs"][part]["properties"][field]["enum"] == list(words)


# -- what a reader may rely on

FIXED = {
    "report": "schema contract version space stage ready confidence not_rehearsed checks routes requires"
    " environment timings peak_rss_mb",
    "space": "root sdk app port launch files",
    "check": "code name level predicts outcome reason route seconds findings",
    "finding": "message hint consequence path line",
    "route": "method path endpoint status seconds outcome",
    "setting": "name secret required default documented where",
}


@pytest.mark.parametrize("part", FIXED)
def test_what_is_fixed_is_required(part: str) -> None:
    assert SCHEMA["$defs"][part]["required"] == FIXED[part].split()


def test_fields_that_a_later_version_adds_are_let_pass() -> None:
    document = full()
    for part in (document, document["space"], document["checks"][1], document["checks"][1]["findings"][0]):
        part["later"] = {"any": "thing"}
    assert problems(document) == []
    assert len(undocumented(document)) == 4


def full() -> Any:
    return written(Report(EVIDENCE["routes and settings"](), **EXTRAS["waivers"]))


# -- what is refused

STAGES = "PUSH_REJECTED, CONFIG_ERROR, NO_APP_FILE, BUILD_ERROR, RUNTIME_ERROR, APP_STARTING, PAUSED, RUNNING"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["schema"], 2, "/schema: wanted 1, found 2"),
        (["schema"], "1", '/schema: wanted 1, found "1"'),
        (["contract"], "today", '/contract: wanted text like ^[0-9]{4}-[0-9]{2}$, found "today"'),
        (["version"], None, "/version: wanted string, found null"),
        (["id"], "", '/id: wanted a length of at least 1, found ""'),
        (["created"], "2026-08-01 10:00", "/created: wanted text like ^"),
        (["stage"], "running", f'/stage: wanted {STAGES} or null, found "running"'),
        (["ready"], 1, "/ready: wanted boolean, found 1"),
        (["confidence"], [], "/confidence: wanted high, medium, low or none, found an array"),
        (["not_rehearsed", 0], {}, "/not_rehearsed/0: wanted string, found an object"),
        (["space"], "me/mine", '/space: wanted object, found "me/mine"'),
        (["space", "port"], 7860.5, "/space/port: wanted integer, found 7860.5"),
        (["space", "port"], True, "/space/port: wanted integer, found true"),
        (["space", "launch"], "uvicorn", '/space/launch: wanted array, found "uvicorn"'),
        (["checks", 0, "code"], "", '/checks/0/code: wanted a length of at least 1, found ""'),
        (["checks", 1, "level"], "fatal", '/checks/1/level: wanted error, warn or note, found "fatal"'),
        (["checks", 1, "seconds"], -1, "/checks/1/seconds: wanted at least 0, found -1"),
        (["checks", 1, "findings", 0, "line"], 0, "/checks/1/findings/0/line: wanted at least 1, found 0"),
        (
            ["checks", 1, "findings", 0, "line"],
            "14",
            "/checks/1/findings/0/line: wanted integer or null, found",
        ),
        (["routes", 0, "status"], "200", '/routes/0/status: wanted integer or null, found "200"'),
        (["routes", 2, "outcome"], "ok", "/routes/2/outcome: wanted answered, guarded, rejected, failed or"),
        (["environment", 0, "secret"], "yes", '/environment/0/secret: wanted boolean, found "yes"'),
        (["timings", "total"], "1 s", '/timings/total: wanted number, found "1 s"'),
        (["waivers", 0, "used"], -1, "/waivers/0/used: wanted at least 0, found -1"),
        (["peak_rss_mb"], -0.5, "/peak_rss_mb: wanted at least 0, found -0.5"),
    ],
)
def test_a_damaged_report_is_refused(path: list[str | int], value: object, said: str) -> None:
    document = full()
    document["not_rehearsed"] = ["something"]
    *way, last = path
    part = document
    for step in way:
        part = part[step]
    part[last] = value
    (problem,) = problems(document)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    "part", ["", "/space", "/checks/1", "/checks/1/findings/0", "/routes/0", "/environment/0"]
)
def test_a_report_that_lacks_something_is_refused(part: str) -> None:
    whole = full()
    target = whole
    for step in part.split("/")[1:]:
        target = target[int(step) if step.isdecimal() else step]
    optional = {"id", "created", "partial", "remedy", "waivers", "waived", "applicable"}
    optional |= {"level"} if part.endswith("findings/0") else set()
    for name in sorted(target):
        document = copy.deepcopy(whole)
        damaged = document
        for step in part.split("/")[1:]:
            damaged = damaged[int(step) if step.isdecimal() else step]
        del damaged[name]
        expected = [] if name in optional else [f"{part or 'the document'}: lacks {name}"]
        assert problems(document) == expected


@pytest.mark.parametrize("document", [None, True, 3, "report", [], [{}]])
def test_what_is_no_object_is_refused(document: object) -> None:
    (problem,) = problems(document)
    assert problem.startswith("the document: wanted object, found ")


def test_one_of_several_is_refused() -> None:
    document = written(Report(EVIDENCE["healthy"](), ()), Report(EVIDENCE["healthy"](), ()))
    document["spaces"][1]["ready"] = "yes"
    assert problems(document) == ['/spaces/1/ready: wanted boolean, found "yes"']
    assert problems({**document, "spaces": {}}) == ["/spaces: wanted array, found an object"]


# -- a document of anybody's


def test_there_are_no_more_problems_than_somebody_reads() -> None:
    found = problems({"spaces": [{} for _ in range(5000)]})
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == "and more"
    assert max(map(len, found)) <= 200


def test_as_many_as_are_told_are_not_more() -> None:
    document = full()
    document["requires"] = [1] * MOST_PROBLEMS
    assert len(problems(document)) == MOST_PROBLEMS
    document["requires"].append(1)
    assert problems(document)[MOST_PROBLEMS:] == ["and more"]


def test_what_is_quoted_is_short_and_printable() -> None:
    document = {**full(), "stage": "\x1b" * 99, "version": 10**3000, "contract": "\x1b[2J\u202e"}
    found = problems(document)
    assert len(found) == 3
    assert max(map(len, found)) == 200
    assert all(problem.isprintable() and len(problem) <= 200 for problem in found)
    assert '\\x1b[2J\\u202e"' in found[[problem.startswith("/contract") for problem in found].index(True)]


def test_deep_nesting_ends_in_a_problem() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert problems({**full(), "stage": deep}) == ["the document is nested too deeply"]
    while deep:  # one by one: some interpreters free a deep list by recursion
        (deep,) = deep


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    code = "import sys, pytest_hfspace.report.schema; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
