"""The board takes what the report's schema takes, and refuses what it refuses."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from pathlib import Path

import pytest
from pydantic import ValidationError

from backend.documents import Unreadable
from backend.report import EXAMPLE, Invalid, Report, Stage, read
from pytest_hfspace import contract
from pytest_hfspace.report.schema import SCHEMA

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]

#: The example, with a part of every kind.
WHOLE = copy.deepcopy(EXAMPLE) | {
    "partial": "code:HFS4",
    "waivers": [
        {
            "text": "HFS802: a cache",
            "origin": "hfspace_waive",
            "reason": "",
            "until": "",
            "used": 1,
            "problem": "",
        }
    ],
    "requires": ["OPENAI_API_KEY"],
    "not_rehearsed": ["a GPU"],
    "environment": [
        {
            "name": "DATABASE_URL",
            "secret": False,
            "required": False,
            "default": True,
            "documented": True,
            "where": ["settings.py:7"],
        }
    ],
    "timings": dict.fromkeys(SCHEMA["$defs"]["timings"]["properties"], 0.5),
}

#: What a member is replaced by.
VALUES = [
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    1.0,
    0.5,
    -0.5,
    1e300,
    10**30,
    "",
    "1",
    "x",
    "error",
    "note",
    "waived",
    "RUNNING",
    "running",
    "high",
    "none",
    "skipped",
    "answered",
    "2026-08",
    "2026-8",
    "02026-08",
    "2026-08-03T09:30:00Z",
    "2026-08-03T09:30:00.25+02:00",
    "2026-08-03 09:30:00Z",
    "2026-08-03T09:30:00",
    [],
    ["x"],
    [1],
    [None],
    [[]],
    [{}],
    {},
    {"x": 1},
]


def places(value, path=()):
    """Every place in a document."""
    yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield from places(member, (*path, key))


def changed(document, path, value):
    made = copy.deepcopy(document)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return made


def without(document, path):
    made = copy.deepcopy(document)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return made


VALIDATOR = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["report"], "$defs": SCHEMA["$defs"]})


def is_taken(document):
    try:
        Report.model_validate(document)
    except ValidationError:
        return False
    return True


def assert_same(documents):
    verdicts = {True: 0, False: 0}
    for path, value, document in documents:
        wanted = VALIDATOR.is_valid(document)
        assert is_taken(document) is wanted, (path, value)
        verdicts[wanted] += 1
    return verdicts


def test_the_schema_is_the_one_of_the_documentation():
    assert json.loads((ROOT / "docs" / "report.schema.json").read_text()) == SCHEMA


def test_the_stages_are_those_of_the_contract():
    assert [stage.value for stage in Stage] == [stage.value for stage in contract.Stage]


@pytest.mark.parametrize("document", [EXAMPLE, WHOLE], ids=["example", "whole"])
def test_a_report_is_taken_by_both(document):
    assert assert_same([("", "", document)]) == {True: 1, False: 0}
    assert read(json.dumps(document).encode()).space == "acme/atlas"


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_both_say_the_same_of_every_member_with_another_value(value):
    made = ((path, value, changed(WHOLE, path, value)) for path in places(WHOLE) if path)
    verdicts = assert_same(made)
    assert verdicts[False] > 40


def test_both_say_the_same_of_every_member_that_lacks():
    verdicts = assert_same((path, "-", without(WHOLE, path)) for path in places(WHOLE) if path)
    assert min(verdicts.values()) > 15


def test_both_say_the_same_of_every_member_that_is_more():
    more = ("mood", {"x": [1]})
    holders = [path for path in places(WHOLE) if path and path[-1] not in ("launch", "where")]
    made = [
        (path, more, changed(WHOLE, (*path, more[0]), more[1]))
        for path in holders
        if isinstance(_at(WHOLE, path), dict)
    ]
    assert assert_same(made) == {True: len(made), False: 0}
    assert len(made) == 7


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def test_both_say_the_same_of_several_changes_at_once():
    chance = random.Random(7)
    known = [path for path in places(WHOLE) if path]

    def made():
        for _ in range(1500):
            document = copy.deepcopy(WHOLE)
            chosen = []
            for _ in range(chance.randint(1, 3)):
                path, value = chance.choice(known), chance.choice(VALUES)
                try:
                    document = changed(document, path, value)
                except (KeyError, IndexError, TypeError):
                    continue
                chosen.append((path, value))
            yield chosen, "", document

    verdicts = assert_same(made())
    assert min(verdicts.values()) > 50


@pytest.mark.parametrize("document", [None, 1, "x", [], [EXAMPLE], True])
def test_what_is_no_object_is_no_report(document):
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(Invalid):
        read(json.dumps(document).encode())


def test_both_have_the_same_members():
    described = Report.model_json_schema(by_alias=True)
    models = {"report": described}
    names = {"finding": "Finding", "check": "CheckResult", "route": "Route", "waiver": "Waiver"}
    names |= {"setting": "Setting", "space": "SpaceFacts", "timings": "Timings"}
    models |= {name: described["$defs"][model] for name, model in names.items()}
    for name, model in models.items():
        schema = SCHEMA["$defs"][name]
        assert set(model["properties"]) == set(schema["properties"]), name
        assert set(model.get("required", ())) == set(schema.get("required", ())), name


# -- what anybody might send


def mutants(body, number):
    """So many bodies that nobody meant."""
    chance = random.Random(11)
    known = [path for path in places(WHOLE) if path]
    odd = [
        *VALUES,
        "\x00",
        "\ud83d\ude00",
        "x" * 10_000,
        {"": {"": []}},
        -(10**400),
        "<script>",
        "../..",
        "%00",
    ]
    for index in range(number):
        kind = index % 5
        if kind == 0:
            yield json.dumps(changed(WHOLE, chance.choice(known), chance.choice(odd))).encode()
        elif kind == 1:
            cut = chance.randrange(len(body))
            yield body[:cut]
        elif kind == 2:
            made = bytearray(body)
            for _ in range(chance.randint(1, 8)):
                made[chance.randrange(len(made))] = chance.randrange(256)
            yield bytes(made)
        elif kind == 3:
            yield chance.randbytes(chance.randrange(300))
        else:
            start, end = sorted(chance.sample(range(len(body)), 2))
            yield body[:start] + body[end:] + body[start:end] * chance.randint(0, 3)


def test_ten_thousand_malformed_bodies_are_answered(make_board):
    board = make_board(rate_limit=1_000_000)
    answers = {}

    bodies = list(mutants(json.dumps(WHOLE).encode(), 10_000))

    async def publish(bodies):
        for body in bodies:
            answer = await board.sent(None, content=body)
            answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, body
            if answer.status_code >= 400:
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["detail"]

    async def together():
        await asyncio.gather(*(publish(bodies[start::10]) for start in range(10)))

    board.run(together())
    assert set(answers) <= {200, 201, 400, 409, 422}
    assert min(answers.get(status, 0) for status in (400, 422)) > 1000
    assert answers.get(200, 0) + answers.get(201, 0) + answers.get(409, 0) > 50
    # and whatever was taken of it can be read
    for path in ("/api/spaces", "/api/spaces?search=%00", "/", "/badge/acme/atlas.svg"):
        assert board.get(path).status_code == 200
    spaces = board.get("/api/spaces?limit=100").json()["spaces"]
    assert spaces
    for space in spaces:
        for run in board.get(f"/api/spaces/{space['name']}/runs?limit=100").json()["runs"]:
            for path in (f"/api/reports/{run['id']}", f"/api/reports/{run['id']}/comparison"):
                assert board.get(path).status_code == 200, path
            assert board.get(f"/reports/{run['id']}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"[" * 49 + b"1e999" + b"]" * 49, b'{"a": [{"b": -1e999}]}', b"-1e999"],
)
def test_a_number_out_of_range_is_found_wherever_it_is(body):
    with pytest.raises(Unreadable, match="out of range"):
        read(body)
