"""The pages in a browser: measured, clicked and typed at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .browsing import Board, document, is_live, launched, ready, serving, visiting
from .page import hostile

#: The overview is a table from 928 pixels up.
WIDTHS = (400, 800, 960, 1600)
SCHEMES = ("light", "dark")
PATHS = (
    "/",
    "/?search=none",
    "/spaces/acme/atlas",
    "/spaces/acme/nasty",
    "/reports/atlas-1",
    "/reports/nasty-1",
    "/spaces/acme/none",
)

#: Every visible text whose contrast is below 4.5, and every bar, mark and symbol below 3: [what, ratio].
FAINT = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => channels(text).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    throw new Error('there is no ground');
  };
  const found = [];
  let seen = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const drawn = element.matches('[class^=run-], [class^=bar-], .bar rect') ? style.fill
      : element.matches('.icon') ? style.stroke : null;
    if (!hasText && !drawn || !element.getClientRects().length || element.matches('title, option')) continue;
    seen += 1;
    const [a, b] = [light(drawn || style.color), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (drawn ? 3 : 4.5)) found.push([element.outerHTML.slice(0, 80), ratio]);
  }
  return {seen, found};
}"""

#: What sticks out of the window, but for what scrolls in a box of its own or is kept out of sight.
WIDE = """() => [...document.body.querySelectorAll('*')]
  .filter(each => !each.closest('.scroll table, pre code, .skip, .board thead'))
  .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A board with something of everything."""
    with serving(tmp_path_factory.mktemp("filled")) as board:
        board.publish(ready("atlas-0", "acme/atlas"))
        board.publish(document("atlas-1", "acme/atlas"))
        worst = hostile()
        board.publish(document("nasty-0", "acme/nasty", **worst))
        board.publish({**document("nasty-1", "acme/nasty", **worst), "checks": worst["checks"][1:]})
        board.publish(document("none", f"acme/{'n' * 90}", stage=None, checks=[]))
        yield board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    """A board without reports."""
    with serving(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as chromium:
        yield chromium


# -- looks


@pytest.mark.parametrize("path", PATHS)
def test_it_fits_is_legible_and_asks_nobody_else(browser: Any, filled: Board, path: str) -> None:
    with visiting(browser, filled.address + path) as page:
        is_live(page)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
            assert page.evaluate(WIDE) == [], width
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                measured = page.evaluate(FAINT)
                assert measured["found"] == [], (width, scheme)
                assert measured["seen"] >= 10
        missing = [line for line in page.said if "status of 404" in line] if "none" in path else []
        assert page.said == missing


def test_an_empty_board_fits(browser: Any, board: Board) -> None:
    with visiting(browser, board.address, width=400) as page:
        is_live(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(WIDE) == []
        assert page.said == []


def test_the_schemes_differ(browser: Any, filled: Board) -> None:
    grounds = set()
    for scheme in SCHEMES:
        with visiting(browser, filled.address, color_scheme=scheme) as page:
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


@pytest.mark.parametrize("width", [400, 1600])
def test_the_overview_is_a_table_to_readers_at_every_width(browser: Any, filled: Board, width: int) -> None:
    with visiting(browser, filled.address, width=width) as page:
        table = page.get_by_role("table")
        assert table.get_by_role("columnheader").count() == 5
        assert table.get_by_role("row").count() == 4
        assert page.get_by_role("rowheader", name="acme/atlas").is_visible()
        assert page.get_by_role("img", name="Last 2 runs: 1 ready, 1 not ready").is_visible()


@pytest.mark.parametrize("path", PATHS)
def test_no_two_landmarks_have_one_name(browser: Any, filled: Board, path: str) -> None:
    with visiting(browser, filled.address + path) as page:
        names = page.evaluate(
            """() => [...document.querySelectorAll('section, nav, aside, [role=region], [role=search]')]
              .map(each => each.tagName + (each.getAttribute('aria-label')
                ?? document.getElementById(each.getAttribute('aria-labelledby'))?.textContent ?? ''))
              .map(name => name.replace('DIV', 'SECTION').replace('PRE', 'SECTION'))"""
        )
        assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["/", "/spaces/acme/atlas", "/reports/atlas-1"])
def test_a_moment_stands_in_one_line(browser: Any, filled: Board, path: str) -> None:
    with visiting(browser, filled.address + path) as page:
        for width in (320, *WIDTHS):
            page.set_viewport_size({"width": width, "height": 900})
            lines = page.evaluate(
                "[...document.querySelectorAll('time')].map(each => each.getClientRects().length)"
            )
            assert lines
            assert max(lines) == 1, width


def test_on_a_telephone_the_name_of_a_space_has_a_line_for_itself(browser: Any, filled: Board) -> None:
    with visiting(browser, filled.address, width=320) as page:
        (name, state, runs) = (
            page.locator("tr[data-key='acme/atlas']").locator(each).bounding_box()
            for each in ("th", ".of-state", ".of-runs")
        )
        assert name["width"] > 200
        assert state["y"] >= name["y"] + name["height"]
        assert runs["x"] >= state["x"] + state["width"]
        assert runs["x"] + runs["width"] <= 320


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["/", "/spaces/acme/atlas", "/reports/atlas-1"])
def test_on_paper_it_is_black_on_white(browser: Any, filled: Board, path: str, scheme: str) -> None:
    with visiting(browser, filled.address + path, color_scheme=scheme) as page:
        page.emulate_media(media="print", color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.evaluate(FAINT)["found"] == []
        assert page.locator("form:visible, button:visible, #live:visible").count() == 0


# -- keyboard


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["/", "/spaces/acme/atlas", "/reports/atlas-1"])
def test_the_keyboard_gets_everywhere_and_shows_where_it_is(
    browser: Any, filled: Board, path: str, scheme: str
) -> None:
    with visiting(browser, filled.address + path, width=400, color_scheme=scheme) as page:
        is_live(page)
        controls = "a, button, input, select, summary, pre, .scroll"
        wanted = page.evaluate(
            "names => [...document.querySelectorAll(names)].filter(each => each.checkVisibility()).length",
            controls,
        )
        assert wanted > 8
        for _ in range(wanted):
            page.keyboard.press("Tab")
            style = page.evaluate(
                "(({outlineStyle: style, outlineWidth: width}) => `${style} ${width}`)"
                "(getComputedStyle(document.activeElement))"
            )
            assert style == "solid 3px"
            page.evaluate("document.activeElement.dataset.visited = 'yes'")
        assert page.evaluate("document.querySelectorAll('[data-visited]').length") == wanted


def test_the_first_stop_skips_to_the_content(browser: Any, filled: Board) -> None:
    with visiting(browser, filled.address) as page:
        page.keyboard.press("Tab")
        assert page.get_by_text("Skip to the content").bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_search_by_keyboard(browser: Any, filled: Board) -> None:
    with visiting(browser, filled.address) as page:
        page.get_by_label("Space", exact=True).focus()
        page.keyboard.type("NASTY")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?search=NASTY&state=")
        assert page.locator("tbody tr").count() == 1


# -- without JavaScript, in a frame, and by mouse


def test_all_of_it_works_without_javascript(browser: Any, filled: Board) -> None:
    with visiting(browser, filled.address, java_script_enabled=False) as page:
        assert not page.locator("#live").is_visible()
        page.select_option("#state", "unready")
        page.click("button")
        page.click("text=acme/atlas")
        assert page.inner_text("h1") == "acme/atlas"
        assert page.locator("button").count() == 0
        page.click("summary")
        page.click("#run-atlas-0")
        assert page.locator("#newest").is_visible()
        page.click("#newest")
        assert "1 new, 0 fixed, 0 remaining" in page.inner_text("main")
        page.click("text=All Spaces")
        assert page.inner_text("#tile-all .number") == "3"


@pytest.mark.parametrize(
    ("outside", "shown"),
    [("https://huggingface.co/spaces/acme/board", True), ("https://other.example/", False)],
)
def test_the_hub_may_frame_it_and_nobody_else(browser: Any, filled: Board, outside: str, shown: bool) -> None:
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    body = f'<iframe src="{filled.address}/" width="800" height="600"></iframe>'
    page.route(outside, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(outside)
    frame = page.frame_locator("iframe")
    try:
        if shown:
            frame.locator("#live[data-state=on]").wait_for(timeout=5000)
            frame.locator("text=acme/atlas").click()
            frame.locator("h1", has_text="acme/atlas").wait_for(timeout=5000)
            assert not any("Security Policy" in line for line in said)
        else:
            assert any("frame-ancestors" in line for line in said)
    finally:
        context.close()


@pytest.mark.parametrize("allowed", [True, False])
def test_the_markdown_of_the_badge_is_copied_or_else_selected(
    browser: Any, filled: Board, allowed: bool
) -> None:
    permissions = ["clipboard-read", "clipboard-write"] if allowed else []
    with visiting(browser, f"{filled.address}/spaces/acme/atlas", permissions=permissions) as page:
        markdown = page.inner_text("#markdown")
        if not allowed:
            page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
        page.click("text=Copy")
        if allowed:
            page.wait_for_selector("button:has-text('Copied')")
            assert page.evaluate("navigator.clipboard.readText()") == markdown
        else:
            page.wait_for_selector("button:has-text('Selected')")
            assert page.evaluate("getSelection().toString()") == markdown
