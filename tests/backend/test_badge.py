"""The badge: what it says, how it is escaped, how it is cached."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from backend.badge import AMBER, COLOURS, GREY, render_badge
from backend.report import Stage
from pytest_hfspace import contract

NASTY = "<script>alert(1)</script>\"'&/{{7*7}}"
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """What a badge says, shadows included."""
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


def grounds(svg):
    return [each.get("fill") for each in ET.fromstring(svg).findall(f"{SVG}g")[0]]


def test_the_stages_are_those_of_the_contract():
    assert [stage.value for stage in Stage] == [stage.value for stage in contract.Stage]


@pytest.mark.parametrize("stage", [stage.value for stage in Stage])
def test_the_badge_tells_the_stage(board, submission, stage):
    board.post(submission({"stage": stage, "ready": stage == "RUNNING"}))
    answer = board.get("/badge/acme/atlas.svg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert texts(answer.content) == ["space", "space", stage, stage]
    assert COLOURS[stage] in grounds(answer.content)


def test_a_space_that_would_run_and_is_not_ready_has_no_green_badge(board, submission):
    board.post(submission({"stage": "RUNNING", "ready": False}))
    answer = board.get("/badge/acme/atlas.svg")
    assert texts(answer.content)[-1] == "not ready"
    assert AMBER in grounds(answer.content)
    assert COLOURS["RUNNING"] not in answer.text


def test_a_run_without_a_prediction_has_a_grey_badge(board, submission):
    board.post(submission({"stage": None}))
    answer = board.get("/badge/acme/atlas.svg")
    assert texts(answer.content)[-1] == "unknown"
    assert GREY in grounds(answer.content)


def test_the_colours_tell_ready_from_broken():
    assert len({COLOURS["RUNNING"], COLOURS["APP_STARTING"], COLOURS["BUILD_ERROR"], GREY, AMBER}) == 5
    assert set(COLOURS) == {stage.value for stage in Stage}


def test_the_badge_follows_the_latest_report(board, submission):
    board.post(submission(id="first"))
    board.post(submission({"stage": "RUNNING", "ready": True}, id="second"))
    board.post(submission({"stage": "BUILD_ERROR"}, id="third", space="acme/atlas-2"))
    assert "RUNNING" in texts(board.get("/badge/acme/atlas.svg").content)


def test_a_dot_belongs_to_the_name(board, submission):
    board.post(submission(space="acme/atlas.svg"))
    assert "APP_STARTING" in texts(board.get("/badge/acme/atlas.svg.svg").content)
    assert "unknown" in texts(board.get("/badge/acme/atlas.svg").content)


@pytest.mark.parametrize(
    "path",
    [
        "acme/none",
        "a%20b/c",
        "%3Cscript%3E/%22onload%3D%22",
        "a%00b/%1b",
        "%ff%fe/%ed%a0%80",
        "x" * 5000 + "/" + "y" * 5000,
        "-/-",
    ],
)
def test_an_unknown_space_has_a_grey_badge(board, path):
    answer = board.get(f"/badge/{path}.svg")
    assert answer.status_code == 200
    assert texts(answer.content)[-1] == "unknown"
    assert GREY in grounds(answer.content)
    assert len(answer.content) < 3000


def test_names_are_escaped_in_the_badge():
    svg = render_badge(NASTY + "\x00\x1b\ud800", "RUNNING")
    image = ET.fromstring(svg)
    assert image.get("aria-label") == f"{NASTY}: RUNNING"
    assert not list(image.iter(f"{SVG}script"))
    assert "<script" not in svg


@pytest.mark.parametrize("ready", [True, False])
def test_the_texts_of_a_badge_fit_their_boxes(ready):
    for stage in [*COLOURS, None]:
        image = ET.fromstring(render_badge("a/b", stage, ready=ready))
        left, right = (float(image.findall(f"{SVG}g")[0][place].get("width")) for place in (0, 1))
        widths = [float(element.get("textLength")) for element in image.iter(f"{SVG}text")]
        assert left + right == float(image.get("width"))
        assert widths[0] < left
        assert widths[-1] < right


def test_a_badge_is_sent_once(board, submission):
    board.post(submission())
    first = board.get("/badge/acme/atlas.svg")
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert "max-age=" in first.headers["Cache-Control"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = board.get("/badge/acme/atlas.svg", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


@pytest.mark.parametrize("known", ['"other"', "", "W/", "\u00e9".encode()])
def test_a_badge_is_sent_to_who_has_another(board, known):
    assert board.get("/badge/acme/atlas.svg", headers={"If-None-Match": known}).status_code == 200


def test_a_new_stage_has_a_new_tag(board, submission):
    board.post(submission())
    tag = board.get("/badge/acme/atlas.svg").headers["ETag"]
    board.post(submission({"stage": "RUNNING", "ready": True}, id="second"))
    assert board.get("/badge/acme/atlas.svg", headers={"If-None-Match": tag}).status_code == 200


def test_an_image_may_run_and_load_nothing(board):
    policy = board.get("/badge/acme/atlas.svg").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
