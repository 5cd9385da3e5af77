"""The page for a browser, as a parser sees it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.report import Report
from pytest_hfspace.report.html import render

from . import samples
from .samples import PAGES, broken, enormous, finding, healthy, hostile, report, result

_VOID = {"meta"}


class Page(HTMLParser):
    """Elements, texts and whatever is not well-formed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self.comments: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.faults.append(f"{tag}: an attribute twice")
        self.elements.append((tag, attributes))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words)).strip()

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    @property
    def ids(self) -> list[str]:
        return [each["id"] or "" for _, each in self.elements if "id" in each]


def page(*reports: Report) -> Page:
    return Page(render(reports))


@pytest.fixture(params=PAGES)
def any_page(request) -> Page:
    return page(*(make() for make in PAGES[request.param]))


# -- the page as such


def test_it_is_well_formed(any_page: Page) -> None:
    assert (any_page.faults, any_page.open, any_page.comments) == ([], [], [])
    assert any_page.elements[0] == ("html", {"lang": "en"})
    assert all(len(any_page.all(name)) == 1 for name in ("title", "main", "h1", "footer"))


def test_ids_are_unique_and_references_lead_somewhere(any_page: Page) -> None:
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", each) for each in any_page.ids)
    assert len(set(any_page.ids)) == len(any_page.ids)
    targets = [each["href"] for name in ("a", "use") for each in any_page.all(name)]
    inside = {target[1:] for target in targets if target.startswith("#")}
    inside |= {each["aria-labelledby"] for _, each in any_page.elements if "aria-labelledby" in each}
    assert inside <= set(any_page.ids)
    assert all(target.startswith(("#", "https://huggingface.co/spaces/")) for target in targets)


def test_headings_descend_one_by_one(any_page: Page) -> None:
    levels = [int(name[1]) for name, _ in any_page.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_heads(any_page: Page) -> None:
    assert len(any_page.all("caption")) == len(any_page.all("table"))
    assert {each.get("scope") for each in any_page.all("th")} <= {"col", "row"}
    scrolled = [each for each in any_page.all("div") if each.get("class") == "scroll"]
    assert len(scrolled) == len(any_page.all("table"))
    assert all(each["tabindex"] == "0" and each["role"] == "region" for each in scrolled)


def test_nothing_is_loaded_and_nothing_runs(any_page: Page) -> None:
    names = {name for name, _ in any_page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base", "audio", "video"}
    attributes = {key for _, each in any_page.elements for key in each}
    assert not any(key.startswith("on") or key in ("style", "src", "srcset") for key in attributes)


def test_the_policy_admits_this_style_and_nothing_else() -> None:
    markup = render([healthy()])
    style = markup.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policies = [
        each["content"]
        for each in Page(markup).all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]


@pytest.mark.parametrize("name", PAGES)
def test_the_same_reports_give_the_same_page(name: str) -> None:
    assert render([make() for make in PAGES[name]]) == render([make() for make in PAGES[name]])


# -- hostile texts


def test_hostile_texts_are_text() -> None:
    markup = render([hostile(), hostile()])
    found = Page(markup)
    ours = {name for name, _ in page(broken(), healthy()).elements}
    assert {name for name, _ in found.elements} <= ours
    assert "x" not in found.ids
    assert "<script" not in markup
    assert markup.count("</style>") == 1
    assert found.text.count("</style></title><script>alert('x')</script>") > 20
    # nothing that turns the reading direction, and nothing that no file can hold
    assert all(char.isprintable() or char == "\n" for char in markup)
    assert markup.encode("utf-8")


def test_every_text_of_a_report_is_shown() -> None:
    """Each has a mark of its own, so that none is forgotten or shown raw."""
    marks = iter(range(100, 1000))
    made: list[str] = []

    def mark() -> str:
        made.append(f"<m{next(marks)}>")
        return made[-1]

    evil = Finding(mark(), mark(), mark(), 3, "error", mark(), waived=mark())
    base = broken()
    waiver = replace(base.waivers[0], text=mark(), origin=mark(), reason=mark(), until=mark(), problem=mark())
    results = (
        Result(samples.foreign, "waived", (evil,), route=mark()),
        Result(samples.foreign, "skipped", reason=mark()),
    )
    space = {"root": "/x", "sdk": mark(), "app": mark(), "port": mark(), "launch": [mark()], "files": 3}
    evidence = replace(
        base.evidence, space=space, name=mark(), hub_id=mark(), build=mark(), not_rehearsed=[mark()]
    )
    markup = render([replace(base, evidence=evidence, results=results, waivers=(waiver,))])
    shown = Page(markup).text
    assert [each for each in made if each not in shown] == []
    assert not re.search(r"<m\d", markup)


def test_foreign_ids_of_any_form_stay_apart() -> None:
    names = ("A B", "A-B", "A_20B", "A\nB", "ä")
    checks = [replace(samples.foreign, code=name, name="x") for name in names]
    error = Finding("wrong", "mend it", level="error")
    found = page(report(*(Result(each, "failed", (error,)) for each in checks)))
    articles = [each["id"] for each in found.all("article")]
    assert len(set(articles)) == len(names)
    assert len(set(found.ids)) == len(found.ids)


def test_a_hub_id_cannot_leave_the_hub() -> None:
    evidence = replace(healthy().evidence, hub_id='a/b?c#d"><script>')
    links = [each["href"] for each in page(replace(healthy(), evidence=evidence)).all("a")]
    assert links[0] == "https://huggingface.co/spaces/a/b%3Fc%23d%22%3E%3Cscript%3E"


def test_enormous_reports_stay_small() -> None:
    markup = render([enormous()])
    assert len(markup.encode()) < 4_000_000
    found = Page(markup)
    assert found.text.count("more, in the JSON report") == 4
    assert "… and 19700 more, in the JSON report" in found.text
    assert len(found.all("article")) == 1


def test_many_spaces_stay_small() -> None:
    reports = [enormous()] * 3 + [broken()] * 97
    found = page(*reports)
    assert len(found.all("section")) > 100
    assert len(render(reports).encode()) < 4_000_000


def test_waived_findings_do_not_hide_behind_many_errors() -> None:
    error = Finding("wrong", "mend it", level="error")
    lived = Finding("known", "mend it", level="error", waived="so be it")
    found = page(
        report(Result(samples.CHECKS["HFS410"], "failed", (error,) * 900), result("HFS802", "waived", lived))
    )
    assert "… and 600 more, in the JSON report" in found.text
    assert "1 waived finding" in found.text
    assert "so be it" in found.text


# -- what it says


def test_a_space_that_is_ready() -> None:
    found = page(healthy())
    assert found.text.startswith("RUNNING · space · Space readiness")
    assert "Provided that CHAT_API_KEY is set (confidence: high)" in found.text
    titles = ("Findings", "Not rehearsed", "Waivers", "Skipped checks")
    assert not any(title in found.text for title in titles)
    assert {"space-1-routes", "space-1-environment", "space-1-time-and-memory"} <= set(found.ids)


def test_a_broken_space() -> None:
    found = page(broken())
    assert found.text.startswith("RUNTIME_ERROR · spaces/chat · Space readiness")
    for words in (
        "Because of HFS420-setting-missing (confidence: medium)",
        "3 errors",
        "1 warning",
        "1 note",
        "1 waived finding",
        "spaces/chat/Dockerfile:6 the server listens on port 8000, the Hub connects to 7860",
        "On the Hub APP_STARTING. The Hub waits",
        "Fix write --port 7860, or app_port: 8000",
        "spaces/chat/main.py:17 · route GET /words/{text}",
        "Waived a cache, made anew",
        "granian itself: uvicorn served the app in its place",
        "2 waivers, 1 not in order",
        "HFS703 rotated - main.py:12 it matches nothing",
        "5 routes: 1 failed, 1 guarded, 2 answered, 1 skipped",
        "POST /v1/chat/completions chat/api.py:210 200 answered 1.82 s",
        "CHAT_API_KEY yes yes no no spaces/chat/main.py:5",
        "the clone is shallow not seen HFS201-file-too-large , HFS202-binary-plain",
        "there is no WebSocket route does not apply HFS507-websocket",
        "the user leaves it out left out HFS105-card-key-unknown",
        "at most 212 MB of memory",
        "contract 2026-08",
        "2026-08-14 09:30:00 UTC",
    ):
        assert words in found.text


def test_the_stage_leads_to_what_it_comes_from() -> None:
    found = page(broken())
    assert "#space-1-HFS420-setting-missing" in [each["href"] for each in found.all("a")]


def test_failed_routes_come_first() -> None:
    text = page(broken()).text
    assert text.index("GET /words/{text} main.py:17") < text.index("GET / main.py:7")


def test_a_bar_is_a_share_of_the_longest() -> None:
    widths = [each["width"] for each in page(broken()).all("rect")]
    assert widths[:4] == ["0.7%", "0.1%", "100.0%", "0.0%"]


def test_a_consequence_is_told_once() -> None:
    errors = tuple(finding("HFS410", f"error {number}", "mend it") for number in range(3))
    found = page(report(result("HFS410", "failed", *errors)))
    assert found.text.count("On the Hub") == 1
    assert found.text.count("mend it") == 3


def test_several_spaces() -> None:
    found = page(broken(), healthy(), samples.static(), samples.impossible())
    assert found.text.startswith("2 of 4 Spaces ready · Space readiness")
    links = [each["href"] for each in found.all("a")]
    assert links[:4] == ["#space-1", "#space-2", "#space-3", "#space-4"]
    assert "spaces/chat RUNTIME_ERROR no medium 3 1 1 2 of 5" in found.text
    assert "spaces/speech No prediction no none 0 0 0 -" in found.text
    assert Counter(name for name, _ in found.elements)["h2"] == 4


def test_a_space_that_cannot_be_rehearsed() -> None:
    found = page(samples.impossible())
    assert "No prediction Torch is not installed here" in found.text
    assert "To rehearse it: pip install" in found.text


def test_a_partial_run() -> None:
    text = page(report(result("HFS410"), partial="1 of 104 checks was evaluated")).text
    assert "No prediction 1 of 104 checks was evaluated" in text
    found = finding("HFS410", "port", "mend it")
    text = page(report(result("HFS410", "failed", found), partial="1 of 104 checks was evaluated")).text
    assert "Partial run: 1 of 104 checks was evaluated." in text


def test_no_space_at_all() -> None:
    assert page().text.startswith("No Space was verified · Space readiness")


@pytest.mark.parametrize(
    ("root", "name"),
    [("/home/me/chat", "chat"), ("/home/me/chat/", "chat"), (r"C:\me\chat", "chat"), ("/", "Space")],
)
def test_a_space_without_a_name_has_that_of_its_folder(root: str, name: str) -> None:
    evidence = healthy().evidence
    evidence = replace(evidence, space={**evidence.space, "root": root})
    assert page(replace(healthy(), evidence=evidence)).text.startswith(f"RUNNING · {name} · ")
