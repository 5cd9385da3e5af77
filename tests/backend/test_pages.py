"""The badge, the overview and the health of the board."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from sqlmodel import Session

from backend.badge import COLOURS, GREY, render_badge
from backend.models import StoredReport
from backend.overview import SHOWN
from backend.report import Stage
from pytest_hfspace import contract

NASTY = "<script>alert(1)</script>\"'&/{{7*7}}"


def insert(board, **members):
    """A row that no publisher could have sent."""
    values = {"stage": "RUNNING", "ready": True, "failed": 0, "warned": 0, "document": "{}", **members}
    with Session(board.engine) as session:
        session.add(StoredReport(**values))
        session.commit()


def texts(svg):
    """What a badge says, shadows included."""
    return [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_stages_are_those_of_the_contract():
    assert [stage.value for stage in Stage] == [stage.value for stage in contract.Stage]


# -- badge


@pytest.mark.parametrize("stage", [stage.value for stage in Stage])
def test_the_badge_tells_the_stage(board, submission, stage):
    board.post(submission({"stage": stage}))
    answer = board.get("/badge/acme/atlas.svg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "image/svg+xml"
    assert texts(answer.content) == ["space", "space", stage, stage]
    assert f'fill="{COLOURS[stage]}"' in answer.text


def test_the_colours_tell_ready_from_broken():
    assert len({COLOURS["RUNNING"], COLOURS["APP_STARTING"], COLOURS["BUILD_ERROR"], GREY}) == 4
    assert set(COLOURS) == {stage.value for stage in Stage}


def test_the_badge_follows_the_latest_report(board, submission):
    board.post(submission(id="first"))
    board.post(submission({"stage": "RUNNING"}, id="second"))
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
    assert f'fill="{GREY}"' in answer.text
    assert len(answer.content) < 3000


def test_names_are_escaped_in_the_badge():
    svg = render_badge(NASTY + "\x00\x1b\ud800", "RUNNING")
    image = ET.fromstring(svg)
    assert image.get("aria-label") == f"{NASTY}: RUNNING"
    assert not list(image.iter("{http://www.w3.org/2000/svg}script"))
    assert "<script" not in svg


def test_the_texts_of_a_badge_fit_their_boxes():
    for stage in [*COLOURS, None]:
        image = ET.fromstring(render_badge("a/b", stage))
        name = "{http://www.w3.org/2000/svg}"
        left, right = (float(image.findall(f"{name}g")[0][place].get("width")) for place in (0, 1))
        widths = [float(element.get("textLength")) for element in image.iter(f"{name}text")]
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
    board.post(submission({"stage": "RUNNING"}, id="second"))
    assert board.get("/badge/acme/atlas.svg", headers={"If-None-Match": tag}).status_code == 200


# -- overview


def rows(page):
    return re.findall(r"<tr>\s*<td>.*?</tr>", page, re.DOTALL)


def test_an_empty_board_says_so(board):
    answer = board.get("/?logs=container&__theme=dark")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "No report was published yet" in answer.text
    assert not rows(answer.text)


def test_the_overview_has_the_latest_stage_of_each_space(board, submission):
    board.post(submission(id="one", space="acme/first"))
    board.post(submission(id="two", space="acme/second"))
    board.post(submission({"stage": "RUNNING"}, id="three", space="acme/first"))
    shown = rows(board.get("/").text)
    assert [("acme/first" in row, "RUNNING" in row, "APP_STARTING" in row) for row in shown] == [
        (True, True, False),
        (False, False, True),
    ]
    assert 'href="/api/reports/three"' in shown[0]


def test_names_and_title_are_escaped_on_the_overview(make_board):
    board = make_board(board_title=NASTY)
    insert(board, id='"><img src=x>', space=NASTY, stage="<b>")
    page = board.get("/").text
    assert not re.search(r"<script|<img|<b>|/49", page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;/{{7*7}}") == 3
    assert "https://huggingface.co/spaces/%3Cscript%3E" in page


def test_the_overview_is_shown_in_a_frame_and_loads_nothing(board, submission):
    board.post(submission())
    answer = board.get("/")
    assert "X-Frame-Options" not in answer.headers
    assert "frame-ancestors" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(|\ssrc=", answer.text)
    assert "prefers-color-scheme: dark" in answer.text


@pytest.mark.parametrize(("spaces", "hint"), [(SHOWN, False), (SHOWN + 1, True)])
def test_the_overview_has_a_limit(board, spaces, hint):
    with Session(board.engine) as session:
        for number in range(spaces):
            session.add(
                StoredReport(
                    id=f"r{number}",
                    space=f"acme/s{number}",
                    stage="RUNNING",
                    ready=True,
                    failed=0,
                    warned=0,
                    document="{}",
                )
            )
        session.commit()
    page = board.get("/").text
    assert len(rows(page)) == SHOWN
    assert ("are shown" in page) is hint
    assert f">acme/s{spaces - 1}<" in page


# -- health and schema


def test_the_board_is_well(board):
    answer = board.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_board_is_not_well_without_its_tables(board):
    StoredReport.metadata.drop_all(board.engine)
    answer = board.get("/health")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The database does not answer.")


def test_a_crash_is_said_in_the_one_shape(board):
    StoredReport.metadata.drop_all(board.engine)
    answer = board.get("/api/reports")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert "SELECT" not in answer.text


def test_the_schema_has_one_shape_of_error(board):
    schema = board.get("/openapi.json").json()
    assert "HTTPValidationError" not in str(schema)
    errors = [
        answer["content"]["application/json"]["schema"]["$ref"]
        for methods in schema["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if status == "default" or status >= "400"
    ]
    assert len(errors) >= 11
    assert set(errors) == {"#/components/schemas/Problem"}


def test_the_examples_of_the_schema_make_valid_requests(board):
    schema = board.get("/openapi.json").json()
    (example,) = schema["components"]["schemas"]["Submission"]["examples"]
    assert board.post(example).status_code == 201
    for template, methods in schema["paths"].items():
        path = template
        query = {}
        for parameter in methods["get"].get("parameters", []):
            examples = parameter["schema"].get("examples") or parameter.get("examples")
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", examples[0])
            elif parameter["name"] == "space":
                query["space"] = examples[0]
        answer = board.get(path, params=query)
        assert (path, answer.status_code) == (path, 200)
        assert (
            answer.headers["Content-Type"].partition(";")[0] in methods["get"]["responses"]["200"]["content"]
        )
