"""The page for a browser, in a browser: measured, not guessed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.report.html import render

from .samples import PAGES

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

WIDTHS = (400, 800, 1600)
SCHEMES = ("light", "dark")
ROOM = 900

#: Every visible text whose contrast is below 4.5, and every bar and symbol below 3: [what, ratio].
FAINT = """() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return {rgb: [r, g, b], a};
  };
  const luminance = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.a === 1) return colour.rgb;
      if (colour.a > 0) throw new Error('a translucent ground is not measured');
    }
    throw new Error('there is no ground');
  };
  const contrast = (colour, element) => {
    const [a, b] = [luminance(parse(colour).rgb), luminance(ground(element))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const found = [];
  let seen = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const drawn = element.matches('rect') ? style.fill : element.matches('.icon') ? style.stroke : null;
    if (!hasText && !drawn || !element.getClientRects().length) continue;
    seen += 1;
    const ratio = contrast(drawn || style.color, element);
    if (ratio < (drawn ? 3 : 4.5)) found.push([element.outerHTML.slice(0, 80), ratio]);
  }
  return {seen, found};
}"""

#: What sticks out of the window, but for what scrolls in a box of its own.
WIDE = """() => [...document.body.querySelectorAll('*')]
  .filter(each => !each.closest('.scroll table') && each.getBoundingClientRect().right > innerWidth + 0.5)
  .map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visit:
    """A page that is open, and what it did: lines of the console, and requests for anything else."""

    def __init__(
        self, browser: Any, file: Path, markup: str, width: int = 800, scheme: str = "light"
    ) -> None:
        file.write_text(markup, encoding="utf-8")
        self.page = browser.new_page(viewport={"width": width, "height": ROOM}, color_scheme=scheme)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.said.append(request.url))
        self.page.goto(file.as_uri())
        self.said.remove(file.as_uri())

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


@contextmanager
def visiting(*given: Any, **options: Any) -> Iterator[Visit]:
    """The open page, closed at the end."""
    visit = Visit(*given, **options)
    yield visit
    visit.page.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["broken", "several", "hostile", "hostile-several", "none"])
def test_it_fits_is_legible_and_asks_for_nothing(
    browser: Any, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    markup = render([make() for make in PAGES[name]])
    with visiting(browser, tmp_path / "report.html", markup, width, scheme) as visit:
        assert visit.overflow <= 0
        assert visit.page.evaluate(WIDE) == []
        measured = visit.page.evaluate(FAINT)
        assert measured["found"] == []
        assert measured["seen"] >= (2 if name == "none" else 40)
        assert visit.said == []


def test_the_schemes_differ(browser: Any, tmp_path: Path) -> None:
    grounds = set()
    for scheme in SCHEMES:
        with visiting(browser, tmp_path / "report.html", render([]), scheme=scheme) as visit:
            grounds.add(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == {"rgb(246, 246, 243)", "rgb(19, 22, 25)"}


@pytest.mark.parametrize("name", ["broken", "several", "hostile"])
def test_it_prints_in_full(browser: Any, tmp_path: Path, name: str) -> None:
    """On A4 with its margins, dark ink on white, whatever the screen has."""
    markup = render([make() for make in PAGES[name]])
    with visiting(browser, tmp_path / "report.html", markup, 718, "dark") as visit:
        visit.page.emulate_media(media="print")
        assert visit.overflow <= 0
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert visit.page.evaluate(FAINT)["found"] == []
        boxes = (
            "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth)"
        )
        assert visit.page.evaluate(f"{boxes}.map(each => each.innerText.slice(0, 40))") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_keyboard_gets_everywhere_and_shows_where_it_is(
    browser: Any, tmp_path: Path, scheme: str
) -> None:
    markup = render([make() for make in PAGES["several"]])
    with visiting(browser, tmp_path / "report.html", markup, 400, scheme) as visit:
        wanted = visit.page.evaluate("document.querySelectorAll('a, .scroll').length")
        assert wanted > 20
        for _ in range(wanted):
            visit.page.keyboard.press("Tab")
            style = visit.page.evaluate(
                "(({outlineStyle: style, outlineWidth: width}) => `${style} ${width}`)"
                "(getComputedStyle(document.activeElement))"
            )
            assert style == "solid 3px"
            visit.page.evaluate("document.activeElement.dataset.visited = 'yes'")
        assert visit.page.evaluate("document.querySelectorAll('[data-visited]').length") == wanted


def test_a_link_leads_to_the_finding(browser: Any, tmp_path: Path) -> None:
    markup = render([make() for make in PAGES["broken"]])
    with visiting(browser, tmp_path / "report.html", markup) as visit:
        visit.page.click("text=HFS420-setting-missing")
        top = visit.page.evaluate("document.querySelector(':target').getBoundingClientRect().top")
        assert 0 <= top < ROOM


# -- the measurements themselves


@pytest.mark.parametrize(
    ("found", "spoilt"),
    [
        ("--ink: #1d2126", "--ink: #999999"),
        ("--bar: #6f86a6", "--bar: #e0e0e0"),
        ("--failed: #ab1f1a", "--failed: #ff8a80"),
    ],
)
def test_a_faint_colour_is_noticed(browser: Any, tmp_path: Path, found: str, spoilt: str) -> None:
    markup = unlocked(render([make() for make in PAGES["broken"]]))
    assert found in markup
    with visiting(browser, tmp_path / "report.html", markup.replace(found, spoilt)) as visit:
        assert visit.page.evaluate(FAINT)["found"]


def test_a_wide_page_is_noticed(browser: Any, tmp_path: Path) -> None:
    markup = unlocked(render([make() for make in PAGES["hostile"]])).replace("overflow-wrap: anywhere;", "")
    with visiting(browser, tmp_path / "report.html", markup) as visit:
        assert visit.overflow > 0
        assert visit.page.evaluate(WIDE)


@pytest.mark.parametrize(
    "smuggled",
    ["<script>document.title = 'x'</script>", '<img src="https://example.org/x.png">', "<style>p{}</style>"],
)
def test_the_policy_holds_where_escaping_would_fail(browser: Any, tmp_path: Path, smuggled: str) -> None:
    markup = render([]).replace("</main>", f"{smuggled}</main>")
    with visiting(browser, tmp_path / "report.html", markup) as visit:
        assert any("Content Security Policy" in line for line in visit.said)
        assert visit.page.title() == "No Space was verified · Space readiness"


def unlocked(markup: str) -> str:
    """The page without its policy, which admits no other style than its own."""
    return markup.replace("Content-Security-Policy", "None")
