"""The pages as they are sent: what they show."""

from __future__ import annotations

import re

import pytest

from backend.pages import RUNS, SPACES
from backend.view import MOST

from .page import check, finding, opened


def rows(page):
    return [(attributes["data-key"], text) for attributes, text in page.all("tr") if "data-key" in attributes]


def ready(id_, **members):
    return {"stage": "RUNNING", "ready": True, "checks": [], "id": id_, **members}


# -- overview


def test_an_empty_board_says_how_to_publish_the_first_report(board):
    page = opened(board, "/")
    ((_, commands),) = page.all("pre")
    assert "pytest --hfspace --hfspace-publish http://board" in commands
    assert "HFSPACE_BOARD_TOKEN" in commands
    assert "Publishing is off" not in page.text


def test_an_empty_board_without_tokens_says_what_to_set(make_board):
    assert "Set BOARD_TOKENS" in opened(make_board(board_tokens=None), "/").text


def test_the_overview_shows_the_state_of_every_space(board, submission):
    board.post(submission(id="one", space="acme/first"))
    board.post(submission(ready("two"), space="acme/second"))
    board.post(submission({"stage": None}, id="three", space="acme/third"))
    page = opened(board, "/")
    shown = dict(rows(page))
    assert {name: re.search(r"Not ready|No prediction|Ready", text)[0] for name, text in shown.items()} == {
        "acme/first": "Not ready",
        "acme/second": "Ready",
        "acme/third": "No prediction",
    }
    assert "APP_STARTING" in shown["acme/first"]
    assert "HFS410-port-mismatch" in shown["acme/first"]
    assert "1 failed" in shown["acme/first"]
    assert "HFS" not in shown["acme/second"] + shown["acme/third"]
    assert "nothing failed" in shown["acme/second"]
    assert [text for _, text in page.all("a") if re.match(r"\d+ ", text)] == [
        "3 All",
        "1 Ready",
        "1 Not ready",
        "1 No prediction",
    ]


def test_the_overview_links_to_space_and_report(board, submission):
    board.post(submission(id="one"))
    hrefs = [attributes["href"] for attributes, _ in opened(board, "/").all("a")]
    assert {"./spaces/acme/atlas", "./reports/one"} <= set(hrefs)


def test_the_overview_says_since_when(board, submission):
    for id_ in ("one", "two"):
        board.post(submission(id=id_))
    board.post(submission(ready("three")))
    first, latest = (board.get(f"/api/reports/{id_}").json()["received_at"] for id_ in ("one", "three"))
    (moments,) = [
        [attributes["datetime"] for attributes, _ in page.all("time")] for page in [opened(board, "/")]
    ]
    assert first not in moments
    assert {moment[:19] for moment in moments} == {latest[:19]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=FIRST", ["acme/first"]),
        ("search=acme/", ["acme/second", "acme/first"]),
        ("state=ready", ["acme/second"]),
        ("state=unready&search=acme", ["acme/first"]),
        ("state=&search=", ["acme/second", "acme/first"]),
        ("search=%25", []),
        ("search=%00%1b", ["acme/second", "acme/first"]),
        ("state=unknown", []),
        ("page=2", []),
    ],
)
def test_search_and_filter(board, submission, query, names):
    board.post(submission(id="one", space="acme/first"))
    board.post(submission(ready("two"), space="acme/second"))
    page = opened(board, f"/?{query}")
    assert [name for name, _ in rows(page)] == names
    assert (len(page.all("p", class_="nothing")) == 1) is (not names)


def test_what_was_searched_stands_in_the_form(board, submission):
    board.post(submission())
    page = opened(board, "/?search=%22%3E%3Cb%3E%26&state=unready")
    ((field, _),) = page.all("input")
    assert field["value"] == '"><b>&'
    assert not page.all("b")
    assert [text for attributes, text in page.all("option") if "selected" in attributes] == ["not ready"]
    assert [text for each, text in page.all("a") if "aria-current" in each] == ["1 Not ready"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("search=none", "No Space has \u201cnone\u201d in its name."),
        ("state=unknown", "No Space is without a prediction."),
        ("search=second&state=unready", "No Space with \u201csecond\u201d in its name is not ready."),
        ("search=acme&page=7", "The list has no page 7. To its first page"),
    ],
)
def test_nothing_found_is_said_in_a_sentence(board, submission, query, said):
    board.post(submission(id="one", space="acme/first"))
    board.post(submission(ready("two"), space="acme/second"))
    page = opened(board, f"/?{query}")
    assert [text for _, text in page.all("p", class_="nothing")] == [said]
    if "page" in query:
        assert ("?search=acme", "To its first page") in [(each["href"], text) for each, text in page.all("a")]


def test_a_tile_leads_to_as_many_spaces_as_it_says(board, submission):
    board.post(submission(id="one", space="acme/first"))
    board.post(submission(ready("two"), space="acme/second"))
    ((tile, text),) = opened(board, "/?search=first&page=1").all("a", id="tile-ready")
    assert text == "1 Ready"
    assert len(rows(opened(board, f"/{tile['href']}"))) == 1


def test_every_table_has_a_name(board, submission):
    checks = [check("HFS507", outcome="skipped", reason="there is no WebSocket")]
    board.post(submission(id="one"))
    board.post(submission(id="two", checks=checks))
    for path in ("/", "/spaces/acme/atlas", "/reports/two"):
        page = opened(board, path)
        named = len([each for each, _ in page.all("table") if "aria-label" in each])
        assert len(page.all("table")) == named + len(page.all("caption")) > 0


def test_the_overview_has_pages(board, submission):
    for number in range(SPACES + 1):
        board.post(submission(id=f"r{number}", space=f"acme/s{number}"))
    first, second = opened(board, "/"), opened(board, "/?page=2")
    assert len(rows(first)) == SPACES
    assert [name for name, _ in rows(second)] == ["acme/s0"]
    assert f"1\u2013{SPACES} of {SPACES + 1} Spaces" in first.text
    assert f"{SPACES + 1}\u2013{SPACES + 1} of {SPACES + 1} Spaces" in second.text
    assert [each["href"] for each, _ in first.all("a", rel="next")] == ["?page=2"]
    assert not first.all("a", rel="prev")
    assert [each["href"] for each, _ in second.all("a", rel="prev")] == ["?"]
    assert not second.all("a", rel="next")


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "state=odd", "page=99999999999", f"search={'x' * 201}"]
)
def test_an_address_that_cannot_be_read_is_a_page_too(board, query):
    page = opened(board, f"/?{query}", 422)
    assert "This address cannot be read" in page.text


@pytest.mark.parametrize(("ephemeral", "shown"), [(True, True), (False, False)])
@pytest.mark.parametrize("path", ["/", "/spaces/acme/atlas", "/reports/one"])
def test_a_notice_stands_where_data_do_not_last(board, submission, monkeypatch, path, ephemeral, shown):
    board.post(submission(id="one"))
    monkeypatch.setattr(type(board.app.state.settings), "ephemeral", ephemeral)
    assert ("lost at the next restart" in opened(board, path).text) is shown


# -- Space


def test_a_space_shows_its_latest_findings_with_hints(board, submission):
    board.post(submission(id="one"))
    page = opened(board, "/spaces/acme/atlas")
    assert [text for _, text in page.all("h1")] == ["acme/atlas"]
    (finding,) = [text for _, text in page.all("article")]
    for part in ("HFS410 port-mismatch", "Dockerfile:14", "listens on port 8000", "write --port 7860"):
        assert part in finding
    assert re.search(r"Not ready for less than a minute, since \d{4}-\d\d-\d\d \d\d:\d\d UTC", page.text)
    ((routes, _),) = page.all("table", class_="routes")
    assert routes
    assert "GET /health" in page.text
    assert "4 ms" in page.text


def test_a_space_shows_its_runs_as_a_picture_and_as_a_table(board, submission):
    board.post(submission(id="one"))
    board.post(submission(ready("two")))
    page = opened(board, "/spaces/acme/atlas")
    ((image, _),) = page.all("svg", role="img")
    assert image["aria-label"] == "2 runs, the newest at the right: 1 ready, 1 not ready"
    ((_, table),) = page.all("table", class_="runs")
    assert re.findall(r"Not ready|Ready", table) == ["Ready", "Not ready"]
    assert "../../reports/one" in [each["href"] for each, _ in page.all("a")]


def test_a_long_history_has_pages(make_board, submission):
    board = make_board(rate_limit=100_000)
    for number in range(RUNS + 1):
        board.post(submission(ready(f"r{number}")))
    first, second = (opened(board, f"/spaces/acme/atlas?page={number}") for number in (1, 2))
    assert [each["href"] for each, _ in first.all("a", rel="next")] == ["?page=2"]
    assert [each["href"] for each, _ in second.all("a", rel="prev")] == ["?page=1"]
    assert not second.all("a", rel="next")
    assert [len(page.all("a", id="run-r0")) for page in (first, second)] == [0, 1]
    assert [len(page.all("a", id=f"run-r{RUNS}")) for page in (first, second)] == [1, 0]


def test_a_history_says_where_it_ends(board, submission):
    board.post(submission(ready("one")))
    page = opened(board, "/spaces/acme/atlas?page=9")
    assert "The history has no page 9." in page.text
    assert "?page=1" in [each["href"] for each, _ in page.all("a")]
    assert not page.all("table", class_="runs")


def test_a_space_says_why_it_is_not_ready(board, submission):
    board.post(submission({"checks": [check("HFS410", finding("x"), predicts="APP_STARTING")]}, id="one"))
    assert "Because of HFS410-a-check." in " ".join(opened(board, "/spaces/acme/atlas").text.split())
    assert "Because of HFS410-a-check." in " ".join(opened(board, "/reports/one").text.split())
    board.post(submission(ready("two")))
    assert "Because of" not in opened(board, "/spaces/acme/atlas").text


def test_a_space_says_why_nothing_is_predicted_and_what_its_owner_has_to_set(board, submission):
    partial = {"not_rehearsed": ["the app: torch is not installed"], "requires": ["CHAT_KEY"]}
    partial |= {"partial": "torch is not installed", "remedy": "pip install torch"}
    board.post(submission({"stage": None, "checks": [], **partial}))
    page = opened(board, "/spaces/acme/atlas")
    titles = [text for _, text in page.all("h2")]
    assert {"Not rehearsed", "To be set by the owner"} <= set(titles)
    reasons = ["Because torch is not installed.", "To rehearse it: pip install torch"]
    assert [text for _, text in page.all("p", class_="because")][:2] == reasons
    assert [text for _, text in page.all("li")] == ["the app: torch is not installed", "CHAT_KEY"]


def test_a_space_has_its_badge_to_copy(board, submission):
    board.post(submission())
    page = opened(board, "/spaces/acme/atlas", Host="owner-board.hf.space")
    ((image, _),) = page.all("img")
    assert image["src"] == f"../../badge/acme/atlas.svg?run={submission()['id']}"
    ((_, markdown),) = page.all("code", id="markdown")
    address = "http://owner-board.hf.space"
    assert markdown == (f"[![Space readiness]({address}/badge/acme/atlas.svg)]({address}/spaces/acme/atlas)")


def test_a_space_leads_to_the_hub_in_a_window_of_its_own(board, submission):
    board.post(submission())
    for page in (opened(board, "/spaces/acme/atlas"), opened(board, f"/reports/{submission()['id']}")):
        for each, _ in page.all("a"):
            if "//" in each["href"]:
                assert each["href"] == "https://huggingface.co/spaces/acme/atlas"
                assert (each["target"], each["rel"]) == ("_blank", "noopener noreferrer")


@pytest.mark.parametrize("path", ["/spaces/acme/none", "/spaces/%3Cb%3E/%00%ff", "/spaces/a/" + "x" * 5000])
def test_an_unknown_space_says_how_to_publish(board, path):
    page = opened(board, path, 404)
    assert "There is nothing here" in page.text
    assert "--hfspace-publish" in page.text
    assert not page.all("b")
    assert len(page.text) < 3000


# -- report


def test_a_report_says_what_changed_since_the_run_before(board, submission):
    board.post(submission({"checks": [check("HFS1", finding("mended")), check("HFS2", finding("stays 1"))]}))
    later = {"checks": [check("HFS1"), check("HFS2", finding("stays 2")), check("HFS3", finding("fresh"))]}
    board.post(submission(later, id="later"))
    page = opened(board, "/reports/later")
    assert "1 new, 1 fixed, 1 remaining" in page.text
    changes = [text for each, text in page.all("ul", class_="changes")]
    assert changes == ["HFS3 fresh", "HFS1 mended", "HFS2 stays 2"]
    assert "Since the run before" not in opened(board, f"/reports/{submission()['id']}").text


def test_a_report_counts_its_checks_the_gravest_first(board, submission):
    outcomes = ("passed", "skipped", "passed", "waived", "failed", "noted", "warned")
    board.post(submission(id="one", checks=[check("HFS1", outcome=outcome) for outcome in outcomes]))
    ((_, said),) = opened(board, "/reports/one").all("p", class_="because")[-1:]
    assert said.endswith("UTC: 1 failed, 1 warned, 1 noted, 1 waived, 2 passed, 1 skipped.")


def test_a_report_says_that_there_is_a_newer_one(board, submission):
    board.post(submission(id="one"))
    assert "a newer report" not in opened(board, "/reports/one").text
    board.post(submission(id="two"))
    assert [each["href"] for each, text in opened(board, "/reports/one").all("a", id="newest")] == [
        "../reports/two"
    ]
    assert "a newer report" not in opened(board, "/reports/two").text


def test_a_report_shows_all_that_the_run_knows(board, submission):
    setting = {"name": "CHAT_KEY", "secret": True, "required": True, "default": False, "documented": False}
    board.post(
        submission(
            {
                "checks": [check("HFS507", outcome="skipped", reason="there is no WebSocket")],
                "environment": [{**setting, "where": ["a.py:1", "b.py:2"]}],
                "not_rehearsed": ["the history of git"],
                "requires": ["CHAT_KEY"],
                "timings": {"import": 1.5, "total": 3},
            },
            id="one",
        )
    )
    page = opened(board, "/reports/one")
    assert [text for _, text in page.all("h2")] == [
        "Findings",
        "Not rehearsed",
        "To be set by the owner",
        "Routes",
        "Environment",
        "Time and memory",
        "Checks that were not evaluated",
    ]
    for part in (
        "CHAT_KEY",
        "a.py:1",
        "the history of git",
        "1.50 s",
        "at most 92 MB",
        "there is no WebSocket",
    ):
        assert part in page.text
    assert "Nothing was found" in page.text


def test_a_large_report_is_shown_in_part(board, submission):
    checks = [check("HFS501", *(finding(f"number {number}") for number in range(10_000)))]
    answer = board.post(submission({"checks": checks}, id="large"))
    assert answer.status_code == 201
    page = opened(board, "/reports/large")
    assert f"… and {10_000 - MOST:,} more" in page.text
    assert "../api/reports/large" in [each["href"] for each, _ in page.all("a")]
    assert len(board.get("/reports/large").text) < 200_000
    assert len(board.get("/spaces/acme/atlas").text) < 200_000
