"""The pages in a browser, watched while reports arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .browsing import Board, document, is_live, launched, ready, serving, visiting
from .page import hostile


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    """A board without reports."""
    with serving(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as chromium:
        yield chromium


@contextmanager
def within_a_second() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 1


def test_the_first_report_appears_within_a_second(browser: Any, board: Board) -> None:
    with visiting(browser, board.address) as page:
        is_live(page)
        with within_a_second():
            board.publish(document("one", "acme/atlas"))
            page.wait_for_selector("tr[data-key='acme/atlas']", timeout=1000)
        assert page.inner_text("#said") == "acme/atlas: Not ready, APP_STARTING"
        assert page.said == []


def test_a_change_appears_within_a_second_and_is_said(browser: Any, board: Board) -> None:
    board.publish(document("one", "acme/atlas"))
    board.publish(ready("other", "acme/other"))
    with visiting(browser, board.address) as page:
        is_live(page)
        assert page.inner_text("#said") == ""
        page.focus("a[id='space-acme/other']")
        with within_a_second():
            board.publish(ready("two", "acme/atlas"))
            page.wait_for_selector("tr.changed[data-run=two]", timeout=1000)
        assert page.inner_text("#said") == "acme/atlas: Ready, RUNNING"
        assert page.inner_text("#tile-ready .number") == "2"
        assert page.evaluate("document.activeElement.id") == "space-acme/other"


def test_a_space_and_a_report_are_kept_up_to_date(browser: Any, board: Board) -> None:
    board.publish(document("one", "acme/atlas"))
    with (
        visiting(browser, f"{board.address}/spaces/acme/atlas") as space,
        visiting(browser, f"{board.address}/reports/one") as report,
    ):
        is_live(space)
        is_live(report)
        space.click("summary")
        board.publish(ready("two", "acme/atlas"))
        space.wait_for_selector(".head[data-run=two]", timeout=1000)
        assert space.locator("#run-two").is_visible()  # what was opened stays open
        report.wait_for_selector("#newest", timeout=1000)
        assert report.inner_text("#said") == "There is a newer report of acme/atlas"


def test_what_is_hostile_stays_text_when_it_arrives(browser: Any, board: Board) -> None:
    worst = hostile()
    board.publish(ready("one", "acme/atlas"))
    with visiting(browser, f"{board.address}/spaces/acme/atlas") as page:
        is_live(page)
        board.publish(document("two", "acme/atlas", **worst))
        page.wait_for_selector(".head[data-run=two]", timeout=1000)
        assert page.locator("#space img, #space script").count() == 0
        assert page.said == []


def test_a_board_that_goes_and_comes_back_is_noticed(browser: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.publish(document("one", "acme/atlas"))
        with visiting(browser, first.address) as page:
            is_live(page)
            page.context.set_offline(True)
            page.evaluate("dispatchEvent(new Event('pagehide')), dispatchEvent(new Event('pageshow'))")
            page.wait_for_selector("#live[data-state=off]")
            assert page.inner_text("#live") == "Not live"
            page.context.set_offline(False)
            is_live(page)


def test_the_title_and_the_badge_are_kept_up_to_date(browser: Any, board: Board) -> None:
    board.publish(document("one", "acme/atlas"))
    with visiting(browser, f"{board.address}/spaces/acme/atlas") as page:
        is_live(page)
        assert page.title().startswith("acme/atlas · Not ready")
        board.publish(ready("two", "acme/atlas"))
        page.wait_for_selector("img[alt='The badge: RUNNING']")
        assert page.evaluate("document.querySelector('#badge img').currentSrc").endswith("?run=two")
        assert page.title().startswith("acme/atlas · Ready")


@pytest.mark.parametrize(
    ("path", "focused"),
    [
        ("/spaces/acme/atlas", "#runs-summary"),
        ("/spaces/acme/atlas", "#hub"),
        ("/spaces/acme/atlas", "#latest"),
        ("/spaces/acme/atlas", "#routes-table"),
        ("/", "[id='report-of-acme/atlas']"),
    ],
)
def test_the_keyboard_stays_where_it_is_when_a_report_arrives(
    browser: Any, board: Board, path: str, focused: str
) -> None:
    board.publish(document("one", "acme/atlas"))
    with visiting(browser, board.address + path) as page:
        is_live(page)
        page.focus(focused)
        board.publish(document("two", "acme/atlas"))
        page.wait_for_selector("[data-run=two]", timeout=1000)
        assert page.evaluate("name => document.activeElement.matches(name)", focused)


def test_what_came_while_nobody_listened_is_fetched_when_the_connection_is_back(
    browser: Any, board: Board
) -> None:
    board.publish(document("one", "acme/atlas"))
    with visiting(browser, board.address) as page:
        is_live(page)
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        board.publish(ready("two", "acme/atlas"))
        page.evaluate("dispatchEvent(new Event('pageshow'))")
        page.wait_for_selector("tr[data-run=two]", timeout=3000)


def test_a_board_that_is_started_anew_is_live_again(browser: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.publish(document("one", "acme/atlas"))
        page_of = visiting(browser, first.address)
        page = page_of.__enter__()
        is_live(page)
    try:
        page.wait_for_selector("#live[data-state=off]")
        with serving(tmp_path, port=int(first.address.rpartition(":")[2])) as second:
            second.publish(ready("two", "acme/atlas"))
            page.wait_for_selector("tr[data-run=two]", timeout=15000)
            assert page.inner_text("#live") == "Live"
    finally:
        page_of.__exit__(None, None, None)
