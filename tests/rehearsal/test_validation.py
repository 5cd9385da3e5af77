"""What a WebSocket handler is told next where a model of pydantic's has refused a message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_hfspace.rehearsal.facts import Raised
from pytest_hfspace.rehearsal.messages import Talk

ONE = """1 validation error for Msg
text
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.11/v/missing"""
TWO = "2 validation errors for Msg\nn\n  Input should be a valid integer\nuser.name\n  Field required"
TAG = "1 validation error for Msg\n  Unable to extract tag using discriminator 'kind' [x]"
FOUND = (
    "1 validation error for M\n  Input tag 'text' found using 'kind' does not match any of the expected tags"
)
OF_TAG = "1 validation error for Msg\nchat.body\n  Field required"
UNION = "2 validation errors for union\nA.x\n  Field required\nB.y\n  Field required"
LITERAL = "1 validation error for Msg\nkind\n  Input should be 'a', 'b' or 'c'"


def refusal(complaint: str) -> Raised:
    return Raised(("pydantic_core._pydantic_core.ValidationError", "builtins.ValueError"), complaint)


@pytest.mark.parametrize(
    ("said", "complaint", "following"),
    [
        ("{}", ONE, {"text": "text"}),
        ('"text"', ONE, {"text": "text"}),
        ('{"n": "text"}', TWO, {"n": 1, "user": {"name": "text"}}),
        ("{}", TAG, {"kind": "text"}),
        ('{"kind": "text"}', f"{FOUND}: 'chat', 'ping' [x]", {"kind": "chat"}),
        ('{"kind": "chat"}', OF_TAG, {"kind": "chat", "body": "text"}),
        ("{}", UNION, {"x": "text"}),
        ("{}", LITERAL, {"kind": "a"}),
        ("{}", "1 validation error for M\nn\n  Input should be greater than 3", {"n": 4}),
        ("{}", "1 validation error for M\nx\n  String should have at least 3 characters", {"x": "xxx"}),
        ("{}", "1 validation error for M\nx\n  Input should be a valid list", {"x": []}),
    ],
)
def test_what_a_model_wants(said: str, complaint: str, following: dict[str, Any]) -> None:
    talk = Talk()

    assert json.loads(talk.following(said, refusal(complaint)) or "null") == following
    assert not talk.is_proved


@pytest.mark.parametrize(
    "complaint", ["", "no", "1 validation error for M\n" + "  x\n" * 2000, ONE.replace("text", "..")]
)
def test_complaints_of_which_nothing_is_made(complaint: str) -> None:
    assert Talk().following("{}", refusal(complaint)) == '"text"'


def test_a_model_that_is_never_content() -> None:
    talk = Talk()
    said: list[Any] = [talk.first()]
    while (more := talk.following(said[-1], refusal(ONE))) is not None:
        said.append(more)

    assert said == ["{}", '{"text": "text"}', '"text"']
    assert not talk.is_proved


@pytest.mark.parametrize(
    ("key", "proved"),
    [
        ("1", False),
        ("chat", False),
        ("text", False),
        ("00000000-0000-4000-8000-000000000000", False),
        ("KEY", True),
    ],
)
def test_a_value_of_ours_that_is_looked_up(key: str, *, proved: bool) -> None:
    # rooms[message.room], and os.environ["KEY"]
    talk = Talk()
    missed = Raised(("builtins.KeyError", "builtins.LookupError"), f"'{key}'")
    said: Any = json.dumps(
        {"room": 1, "kind": "chat", "user": {"ids": ["00000000-0000-4000-8000-000000000000"]}}
    )
    while (more := talk.following(said, missed)) is not None:
        said = more

    assert talk.is_proved is proved


@pytest.mark.parametrize(("name", "proved"), [("Msg", True), ("Room", False), ("str", False)])
def test_a_field_that_the_model_does_not_have(name: str, *, proved: bool) -> None:
    talk = Talk()
    said: Any = talk.following(talk.first(), refusal(ONE))
    lacking = Raised(("builtins.AttributeError",), f"'{name}' object has no attribute 'texts'")
    talk.following(said, lacking)

    assert talk.is_proved is proved
