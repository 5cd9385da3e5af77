"""What holds of all pages: no markup from reports, nothing from elsewhere, and a way for every reader."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest

from backend import pages

from .page import BROWSER, Page, hostile, opened


@pytest.mark.parametrize("path", ["/", "/spaces/acme/atlas", "/reports/two", "/?search=" + "%3Cscript%3E"])
def test_nothing_of_a_report_is_markup(make_board, submission, path):
    board = make_board(board_title="</title><script>alert(1)</script>")
    board.post(submission(hostile(), id="one"))
    worse = hostile()
    worse["checks"][0]["findings"][0]["message"] += "another"
    board.post(submission(worse, id="two"))
    text = board.get(path, headers=BROWSER).text
    page = Page(text)
    assert [each["src"][:14] for each, _ in page.all("script")] in (
        ["./static/board"],
        ["../static/boar"],
        ["../../static/b"],
    )
    assert not [each for _, each, _ in page.elements if any(name.startswith("on") for name in each)]
    assert not [each for each, _ in page.all("img") if each["src"] == "x"]
    assert "49" not in page.text
    assert "\u202e" not in text
    if path not in ("/", "/?search=%3Cscript%3E"):
        assert page.text.count("<script>alert(1)</script><img src=x onerror=y>\"'&{{7*7}}\\u202e") >= 8


# -- all pages


PATHS = ["/", "/spaces/acme/atlas", "/reports/one", "/none", "/spaces/acme/none", "/a/b/c/d"]


@pytest.fixture
def filled(board, submission):
    board.post(submission(id="one"))
    return board


@pytest.mark.parametrize("path", PATHS)
def test_pages_load_only_what_is_here_and_may_stand_in_the_frame_of_the_hub(filled, path):
    answer = filled.get(path, headers=BROWSER)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert "https://huggingface.co" in policy["frame-ancestors"].split()
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<style|\sstyle=|<iframe|javascript:|\son\w+=", answer.text)
    loaded = re.findall(r'(?:src|<link [^>]*href|data-events|action)="([^"]*)"', answer.text)
    assert loaded
    assert not [address for address in loaded if "//" in address or address.startswith("/")]


@pytest.mark.parametrize("path", PATHS)
def test_pages_have_landmarks_and_headings_in_order(filled, path):
    page = Page(filled.get(path, headers=BROWSER).text)
    assert [len(page.all(tag)) for tag in ("main", "header", "footer", "h1")] == [1] * 4
    assert page.all("title")[0][1].endswith("Readiness board")
    ((skip, _), *_) = page.all("a")
    assert (skip["class"], skip["href"]) == ("skip", "#main")
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [each["aria-labelledby"] for _, each, _ in page.elements if "aria-labelledby" in each]
    assert set(named) <= set(ids)
    labels = [each["for"] for each, _ in page.all("label")]
    assert labels == [each["id"] for kind in ("input", "select") for each, _ in page.all(kind)]
    assert page.all("p", role="status", **{"aria-live": "polite"})


@pytest.mark.parametrize("prefix", ["", "/proxied/board"])
@pytest.mark.parametrize("path", PATHS)
def test_links_are_relative_and_find_the_board_behind_a_proxy(filled, path, prefix):
    """Whether the proxy takes its prefix off the path or not."""
    filled.app.root_path = prefix
    for asked in {path, prefix + path}:
        page = Page(filled.get(asked, headers=BROWSER).text)
        (style,) = [each["href"] for each, _ in page.all("link", rel="stylesheet")]
        found = urljoin(f"http://board{prefix}{path}", style)
        assert found.startswith(f"http://board{prefix}/static/board.css?v=")


@pytest.mark.parametrize("name", ["board.css", "board.js", "board.svg"])
def test_files_are_kept_for_ever_under_their_version(board, name):
    page = opened(board, "/")
    (address,) = re.findall(rf"static/{name}\?v=[0-9a-f]+", board.get("/").text)
    versioned, plain = board.get(f"/{address}"), board.get(f"/static/{name}?v=other")
    assert page
    assert versioned.content == plain.content == (Path(pages.__file__).parent / "static" / name).read_bytes()
    assert "immutable" in versioned.headers["Cache-Control"]
    assert plain.headers["Cache-Control"] == "no-cache"
    again = board.get(f"/static/{name}", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["none.css", "..%2fpages.py", "%00"])
def test_no_other_file_is_given(board, name):
    assert board.get(f"/static/{name}").status_code in (404, 422)


def test_no_file_loads_from_another_host():
    for file in (Path(pages.__file__).parent / "static").iterdir():
        found = re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+", file.read_text("utf-8"))
        assert [each for each in found if "www.w3.org" not in each] == []


# -- problems


@pytest.mark.parametrize("path", ["/none", "/reports/none", "/spaces/acme/none"])
def test_problems_are_pages_for_browsers_and_data_for_others(board, path):
    assert "There is nothing here" in opened(board, path, 404).text
    answer = board.get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_the_api_answers_a_browser_with_data(board):
    answer = board.get("/api/reports/none", headers=BROWSER)
    assert answer.status_code == 404
    assert json.loads(answer.text)["status"] == 404


def test_a_crash_is_a_page_without_details(board, monkeypatch):
    def crash(_session):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("backend.reading.counts", crash)
    page = opened(board, "/", 500)
    assert "The board failed" in page.text
    assert "secret" not in page.text
