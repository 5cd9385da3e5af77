"""What a step summary, a note and a comment show."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Where
from pytest_hfspace.report import Report, WaiverUse, gather
from pytest_hfspace.report.markdown import MOST_ROWS, blocks, code, escape, render
from pytest_hfspace.report.terminal import MOST_FINDINGS
from pytest_hfspace.report.text import one_line
from tests.checks.factories import (
    make_failure,
    make_read,
    make_rehearsal,
    make_route,
    make_space,
    make_visit,
)
from tests.plugin import fake

PORT = Finding(
    "the app listens on port 8000, the Hub connects to 7860",
    "write --port 7860 in the start command, or app_port: 8000 in README.md",
    "Dockerfile",
    14,
    "error",
    'The Hub waits 30 minutes, then stops the Space: "Launch timed out".',
)
RELOAD = Finding("the start command reloads", "remove --reload", "Dockerfile", 14, "warn", "It costs memory.")
SHELL = Finding("the shell stays in front", "write exec before it", "Dockerfile", 14, "note", "No SIGTERM.")
PASSED = (Result(fake.imports, "passed"), Result(fake.port_mismatch, "passed"))
FAILED = Result(fake.port_mismatch, "failed", (PORT,))


def make_report(*results: Result, name: str = "chat", prefix: str = "", rehearsal=None, **changes) -> Report:
    evidence = gather(make_space(), rehearsal or make_rehearsal())
    return Report(replace(evidence, name=name, prefix=prefix), results or PASSED, **changes)


def broken(**changes) -> Report:
    """A Space with something of everything."""
    routes = (make_route(), make_route("GET", "/words/{text}"), make_route("GET", "/admin"))
    rehearsal = make_rehearsal(
        routes=routes,
        visits=(
            make_visit(),
            make_visit("GET /words/{text}", status=500),
            make_visit("GET /admin", status=401),
        ),
        reads=(
            make_read("CHAT_API_KEY", required=True, given=True, secret=True),
            make_read("MODEL", required=True, given=True),
            make_read("LEVEL", default="info"),
            *(make_read("LEVEL", default="info", where=Where("a.py", line)) for line in (1, 2, 3)),
        ),
        notes=("granian itself: uvicorn served the app in its place",),
    )
    return make_report(
        Result(fake.imports, "passed"),
        FAILED,
        Result(fake.reload, "warned", (RELOAD, replace(RELOAD, line=20, waived="it is a demo"))),
        Result(fake.shell_form, "noted", (SHELL,)),
        Result(
            fake.route_answers,
            "failed",
            (Finding("500 for /words/a", "see the exception", "main.py", 7, "error", "Visitors see it."),),
            route="GET /words/{text}",
        ),
        Result(fake.route_answers, "skipped", reason="needs HFS403", route="GET /"),
        Result(fake.card_missing, "waived", reason="ignored by hfspace_ignore"),
        rehearsal=rehearsal,
        waivers=(WaiverUse("HFS703: rotated", "main.py:12", "rotated", problem="it matches nothing"),),
        **changes,
    )


# -- whole documents


def test_a_healthy_space() -> None:
    assert render([make_report()]) == snapshot("""\
## ✅ chat: RUNNING

Predicted stage: RUNNING (confidence: high)

Checks: 2 passed

<details><summary>Routes: 1 answered</summary>

| Route | Outcome | Status | Time | Endpoint |
| --- | --- | --- | --- | --- |
| `GET /` | answered | 200 | 2 ms | `main.py:7` |

</details>

Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB
""")


def test_a_broken_space() -> None:
    assert render([broken(name="apps/chat", prefix="apps/chat/")]) == snapshot("""\
## ❌ `apps/chat`: APP_STARTING

Predicted stage: `APP_STARTING`, because of `HFS410-port-mismatch` (confidence: medium)

To be set on the Space: `CHAT_API_KEY` (secret), `MODEL`

### 1 waiver to mend

- `HFS703: rotated` (`main.py:12`): it matches nothing

### 2 errors

- **`HFS410-port-mismatch`** `apps/chat/Dockerfile:14`: the app listens on port 8000, the Hub connects to 7860
  - On the Hub: `APP_STARTING`. The Hub waits 30 minutes, then stops the Space: "Launch timed out".
  - Fix: write `--port 7860` in the start command, or `app_port: 8000` in `README.md`
- **`HFS501-route-answers`** `GET /words/{text}`, `apps/chat/main.py:7`: 500 for `/words/a`
  - On the Hub: Visitors see it.
  - Fix: see the exception

### 1 warning

- **`HFS413-reload`** `apps/chat/Dockerfile:14`: the start command reloads
  - On the Hub: It costs memory.
  - Fix: remove `--reload`

<details><summary>1 note</summary>

- **`HFS416-shell-form`** `apps/chat/Dockerfile:14`: the shell stays in front
  - On the Hub: No SIGTERM.
  - Fix: write exec before it

</details>

<details><summary>2 waived</summary>

- **`HFS413-reload`** `apps/chat/Dockerfile:20`: the start command reloads
  - Waived: it is a demo
- **`HFS101-card-missing`**: ignored by `hfspace_ignore`

</details>

Not rehearsed:

- granian itself: uvicorn served the app in its place

Checks: 1 passed, 2 failed, 1 warned, 1 noted, 1 skipped, 1 waived

<details><summary>1 check skipped</summary>

- needs `HFS403`: `HFS501-route-answers`

</details>

<details><summary>Routes: 1 failed, 1 guarded, 1 answered</summary>

| Route | Outcome | Status | Time | Endpoint |
| --- | --- | --- | --- | --- |
| `GET /words/{text}` | failed | 500 | 2 ms | `main.py:7` |
| `GET /admin` | guarded | 401 | 2 ms | `main.py:7` |
| `GET /` | answered | 200 | 2 ms | `main.py:7` |

</details>

<details><summary>Environment: 3 variables</summary>

| Name | Kind | Required | Has a default | Declared | Read at |
| --- | --- | --- | --- | --- | --- |
| `CHAT_API_KEY` | secret | yes |  |  | `main.py:5` |
| `LEVEL` | variable |  | yes |  | `main.py:5`, `a.py:1`, `a.py:2` and 1 more |
| `MODEL` | variable | yes |  |  | `main.py:5` |

</details>

Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB
""")


def test_three_spaces() -> None:
    unknown = make_rehearsal(impossible="torch is not installed here", missing_packages=("torch",))
    reports = [
        make_report(FAILED, name="apps/chat", prefix="apps/chat/"),
        make_report(*PASSED, Result(fake.reload, "warned", (RELOAD,)), name="apps/words"),
        make_report(name="apps/speech", rehearsal=unknown),
    ]
    assert render(reports) == snapshot("""\
## Space readiness: 1 of 3 ready

| Space | Predicted stage | Ready | Errors | Warnings |
| --- | --- | --- | --- | --- |
| `apps/chat` | APP_STARTING | no | 1 | 0 |
| `apps/words` | RUNNING | yes | 0 | 1 |
| `apps/speech` | none | no | 0 | 0 |

## ❌ `apps/chat`: APP_STARTING

Predicted stage: `APP_STARTING`, because of `HFS410-port-mismatch` (confidence: high)

### 1 error

- **`HFS410-port-mismatch`** `apps/chat/Dockerfile:14`: the app listens on port 8000, the Hub connects to 7860
  - On the Hub: `APP_STARTING`. The Hub waits 30 minutes, then stops the Space: "Launch timed out".
  - Fix: write `--port 7860` in the start command, or `app_port: 8000` in `README.md`

Checks: 1 failed

<details><summary>Routes: 1 answered</summary>

| Route | Outcome | Status | Time | Endpoint |
| --- | --- | --- | --- | --- |
| `GET /` | answered | 200 | 2 ms | `main.py:7` |

</details>

Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB

<details><summary>✅ <code>apps/words</code>: RUNNING, 1 warning</summary>

Predicted stage: RUNNING (confidence: high)

### 1 warning

- **`HFS413-reload`** `Dockerfile:14`: the start command reloads
  - On the Hub: It costs memory.
  - Fix: remove `--reload`

Checks: 2 passed, 1 warned

<details><summary>Routes: 1 answered</summary>

| Route | Outcome | Status | Time | Endpoint |
| --- | --- | --- | --- | --- |
| `GET /` | answered | 200 | 2 ms | `main.py:7` |

</details>

Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB

</details>

## ❔ `apps/speech`: no stage predicted

Predicted stage: none: torch is not installed here

To rehearse it: `pip install -r requirements.txt`

Checks: 2 passed
""")


# -- text

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    'plain words, and more: "so" (it is).',
    "it's read-only",
    "@someone and team@example.org",
    "#12 GH-12 owner/repo#12 gh-3",
    "!12 %12 ~bug &3 $5 ^alert#1 :+1:",
    "0123abc is defaced, ghsa-cfgh-jmpq-rvwx",
    "https://example.org www.example.org ftp://a.b",
    "[text](https://example.org) ![image](x.png) [1]: /url <https://example.org>",
    "<img src=x onerror=alert(1)> </details> <!-- <script>",
    "&lt;b&gt; &#64;x &amp;",
    "*a* _b_ __c__ **d** ~~e~~",
    "`a` ``b`` ``` `",
    "` `` |",
    "a | b \\| c \\ | |",
    "| a | b | | --- | --- |",
    "a\\",
    "\\`a\\` \\<b>",
    "$`x`$ $x$ $$x$$",
    "1. one",
    "1) one",
    "- item",
    "+ item",
    "> quote",
    "# heading #",
    "--- === ***",
    "a\nb\r\n\n    indented",
    "tab\there \x1b[31m \u202e \ud800",
    "été 漢字 🚀 … “quoted”",
    "::error::x",
    "file name.py: \"C:\\path\" 'a|b`c`'",
    "...",
    "x: git add a,b|`c`, @someone",
    "@x: pip install  <b> (#1)",
    "[Errno 13] Permission (denied) [x] […] [ ] && || ** __ ~~ / = {} < > ## #",
    "(@me) [@me] “@me” '@me' …@me @ me, @me! [#12] (#12) # 12 (GH-12) [!12] *@me* _#12_",
    "[TOC] [[_TOC_]] [[wiki]] [vulnerability:12] [issue:a/b#1] [contact:a@b.org] [!NOTE] [^1] [^1]: x",
    'f(@me, #12) x[a, b|c] f(a, `b`) --flag 12 field_name: 12 ["a", "@me"] f(a b',
    "/close /label ~bug",
    "\u2800 a\u2800b f(a\u2800b)",
    "| --- |",
    "=== x",
    "$ a $ b $$ c $$",
    "deadbeef [deadbeef] (deadbeef) “deadbeef” GHSA-abcd (ghsa-abcd)",
    "\\ \\\\ `` \\` \\| x\\",
]


def inline(document: str) -> list[list[Token]]:
    """What is in each paragraph, cell and heading; nothing of it is markup but code."""
    tokens = MARKDOWN.parse(document)
    parts = [token.children or [] for token in tokens if token.type == "inline"]
    assert {token.type for part in parts for token in part} <= {"text", "code_inline"}
    return parts


def read(part: list[Token]) -> str:
    return "".join(token.content for token in part)


#: What GitHub and GitLab make something of, outside of code.
LINKED = re.compile(
    r"[@#!~$%^&\\<*`{]\w|\b[0-9a-f]{7}|(?i:gh(sa)?)-|://|www\.|:\w\S*:|\$|\[[^\s\]]*:|\[_*TOC|(^|\s)/\w"
)


@pytest.mark.parametrize("write", [escape, code])
@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_read_as_that_text(text: str, write) -> None:
    wanted, written = one_line(text), write(text)
    document = f"{written}\n\n- {written}\n- x {written}\n\n## {written}: x\n\n"
    document += f"| a | b |\n| --- | --- |\n| {written} | x |\n"
    parts = inline(document)
    assert [read(part) for part in parts] == [
        wanted,
        wanted,
        f"x {wanted}",
        f"{wanted}: x",
        "a",
        "b",
        wanted,
        "x",
    ]
    prose = " ".join(token.content for part in parts for token in part if token.type == "text")
    assert not LINKED.search(prose)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_character_is_left_for_others_to_read(text: str) -> None:
    """Outside of code stand letters, short numbers, and marks that mean nothing or are escaped."""
    prose = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", escape(text))
    assert re.fullmatch(r"(?:\w|[ .,:;!?'\"()/=+&@%^-]|[^\x00-\x7f]|\\[!-/:-@\[-`{-~]|&#124;)*", prose)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("the app listens on port 8000.", "the app listens on port 8000."),
        ("write --port 7860, or app_port: 8000", "write `--port 7860`, or `app_port: 8000`"),
        ("useradd -m -u 1000 user", "useradd `-m -u 1000` user"),
        ("Fix: git add --force a/b.txt, and COPY a", "Fix: `git add --force a/b.txt`, and COPY a"),
        ("Fix: git mv a b; or not", "Fix: `git mv a b`; or not"),
        ("To see: pip install a[b] (12 MB)", "To see: `pip install a[b]` (12 MB)"),
        ("Fix: git add a,`b`", "Fix: `` git add a,`b` ``"),
        ("a.py: git does not track it", "`a.py`: git does not track it"),
        ('said: "Launch timed out", (line 9)', 'said: "Launch timed out", (line 9)'),
        ("wanted numpy<3 (main.py:4)", "wanted `numpy<3` (`main.py:4`)"),
        ('open("a.db", "w") or print().', '`open("a.db", "w")` or `print()`.'),
        ('CMD ["uvicorn", "main:app"] is', 'CMD `["uvicorn", "main:app"]` is'),
        ("OSError: [Errno 13] Permission denied", r"OSError: \[Errno 13\] Permission denied"),
        ("each 4xx (and 5xx) of IPv4, e.g. here", "each 4xx (and 5xx) of IPv4, e.g. here"),
        ("“one” … two — three", "“one” … two — three"),
        ("a / b && c * d | e", r"a / b && c \* d &#124; e"),
        ("- a", r"\- a"),
        ("needs HFS403: see docs/a.md", "needs `HFS403`: see `docs/a.md`"),
        ("12. one", "`12`. one"),
        ("took 3.5 s, 80%", "took 3.5 s, 80%"),
        ("commit deadbee of 1234567", "commit `deadbee` of `1234567`"),
        ("a``b`", "```  a``b` ```".replace("  ", " ")),
        ("", ""),
    ],
)
def test_words_stay_words(text: str, written: str) -> None:
    assert escape(text) == written


def test_long_texts_take_no_longer() -> None:
    long = ("." * 200_000 + "x", "`" * 200_000, "a-" * 100_000, "0" * 200_000 + "g", "(" * 200_000)
    more = ("a(" * 100_000, "a( " * 70_000, "[[[a " * 50_000, "a(()" * 50_000, '["a' * 50_000, "…" * 200_000)
    for text in (*long, *more):
        assert len(escape(text)) >= len(text)


# -- hostile repositories

EVIL = "@me #1 <b>`x`</b> |\n[a](b) www.example.org"


def hostile(outcome: str = "failed", level: str = "error") -> Report:
    route = make_route("GET", f"/{EVIL}", endpoint=EVIL, where=None)
    rehearsal = make_rehearsal(
        routes=(route,),
        visits=(make_visit(route.label),),
        reads=(make_read(EVIL, required=True, given=True, where=Where(EVIL, 3)),),
        notes=(EVIL,),
    )
    finding = Finding(EVIL, EVIL, EVIL, 3, level, EVIL)
    results = (
        Result(fake.port_mismatch, outcome, (finding, replace(finding, waived=EVIL)), route=EVIL),
        Result(fake.imports, "skipped", reason=EVIL),
        Result(fake.reload, "waived", reason=EVIL),
    )
    report = make_report(*results, name=EVIL, prefix=EVIL, rehearsal=rehearsal)
    evidence = replace(report.evidence, build=EVIL)
    return replace(report, evidence=evidence, waivers=(WaiverUse(EVIL, EVIL, EVIL, problem=EVIL),))


def impossible() -> Report:
    rehearsal = make_rehearsal(impossible=EVIL)
    report = make_report(name=EVIL, rehearsal=rehearsal)
    return replace(report, evidence=replace(report.evidence, remedy=EVIL))


@pytest.mark.parametrize(
    "reports",
    [
        [hostile()],
        [hostile("warned", "warn")],
        [hostile("noted", "note")],
        [impossible()],
        [make_report(name=EVIL, partial=EVIL)],
        [hostile(), make_report(name=EVIL), impossible()],
    ],
)
def test_nothing_of_a_repository_becomes_markup(reports: list[Report]) -> None:
    tokens = MARKDOWN.parse(render(reports))
    for token in (child for parent in tokens for child in parent.children or ()):
        assert token.type in ("text", "code_inline", "strong_open", "strong_close", "softbreak")
        if token.type == "text":
            assert not LINKED.search(token.content)
    for token in tokens:
        if token.type == "html_block":
            rest = re.sub(r"</?(?:details|summary)>|<code>[^<>\n]*</code>", "", token.content)
            assert re.fullmatch(r"[^<>@#`|]*", rest)
            assert "@" not in token.content or "<code>" in token.content
        elif token.type == "fence":
            assert token.content == "[a](b) www.example.org\n"
    opened = [token.content.count("<details>") for token in tokens if token.type == "html_block"]
    closed = [token.content.count("</details>") for token in tokens if token.type == "html_block"]
    assert sum(opened) == sum(closed) > 0 or len(reports) == 1


def test_what_was_said_in_several_lines_is_kept() -> None:
    said = "The build ends:\n  ```\n<b>\n\n@me"
    report = make_report(replace(FAILED, findings=(replace(PORT, consequence=said),)))
    (fence,) = [token for token in MARKDOWN.parse(render([report])) if token.type == "fence"]
    assert fence.content == "  ```\n<b>\n\n@me\n"


# -- what is shown


def headings(report: Report) -> list[str]:
    return re.findall(r"^#+ (.*)$", render([report]), re.MULTILINE)


@pytest.mark.parametrize(
    ("report", "heading", "prediction"),
    [
        (make_report(), "✅ chat: RUNNING", "Predicted stage: RUNNING (confidence: high)"),
        (
            make_report(FAILED),
            "❌ chat: APP_STARTING",
            "Predicted stage: `APP_STARTING`, because of `HFS410-port-mismatch` (confidence: high)",
        ),
        (
            make_report(replace(FAILED, check=fake.route_answers)),
            "❌ chat: RUNNING",
            "Predicted stage: RUNNING, but not ready: `HFS501-route-answers` (confidence: high)",
        ),
        (
            make_report(rehearsal=make_rehearsal(failure=make_failure())),
            "❔ chat: no stage predicted",
            "Predicted stage: none: the app did not come up, for a reason that no check found",
        ),
        (make_report(name=""), "✅ space: RUNNING", "Predicted stage: RUNNING (confidence: high)"),
    ],
)
def test_headings(report: Report, heading: str, prediction: str) -> None:
    assert blocks([report])[:2] == [f"## {heading}", prediction]


def test_a_partial_run_says_so() -> None:
    some = "1 of 6 checks were evaluated"
    assert blocks([make_report(FAILED, partial=some)])[2] == f"Partial run: {some}."
    assert blocks([make_report(partial=some)])[1] == f"Predicted stage: none: {some}"
    assert "Partial run" not in render([make_report(partial=some)])


def test_what_makes_a_rehearsal_possible() -> None:
    rehearsal = make_rehearsal(impossible="torch is missing", missing_packages=("torch",))
    report = make_report(rehearsal=rehearsal)
    for other in (
        make_report(FAILED, rehearsal=rehearsal),
        make_report(rehearsal=rehearsal, partial="1 of 6"),
    ):
        assert "To rehearse it" not in render([other])
    assert blocks([report])[1:3] == [
        "Predicted stage: none: torch is missing",
        "To rehearse it: `pip install -r requirements.txt`",
    ]


def test_waived_findings_do_not_count() -> None:
    waived = replace(PORT, waived="known")
    assert headings(make_report(*PASSED, Result(fake.port_mismatch, "waived", (waived,)))) == [
        "✅ chat: RUNNING"
    ]
    half = headings(make_report(replace(FAILED, findings=(PORT, waived))))
    assert half == ["❌ chat: APP_STARTING", "1 error"]


def test_a_check_that_was_left_out_without_a_word() -> None:
    assert "- **`HFS413-reload`**: left out\n" in render([make_report(Result(fake.reload, "waived"))])


def test_a_warning_that_fails_the_run_says_so() -> None:
    strict = render([make_report(Result(fake.reload, "failed", (RELOAD,)), strict=True)])
    lax = render([make_report(Result(fake.reload, "warned", (RELOAD,)))])
    beside = render([make_report(replace(FAILED, findings=(PORT, RELOAD)))])
    assert "**`HFS413-reload`** (fails this run) `Dockerfile:14`" in strict
    assert "(fails this run)" not in lax + beside


def test_many_findings_of_a_check_are_cut() -> None:
    many = [replace(FAILED, route=f"GET /{number}") for number in range(MOST_FINDINGS + 3)]
    other = Result(fake.imports, "failed", (replace(PORT, message="no module"),))
    text = render([make_report(*many, other)])
    assert text.count("- **`HFS410-port-mismatch`**") == MOST_FINDINGS
    assert "- ... and 3 more findings of `HFS410-port-mismatch`\n" in text
    assert "no module" in text
    assert f"### {MOST_FINDINGS + 4} errors" in text
    assert text.count("On the Hub") == 2


def test_many_routes_are_cut_and_the_worst_come_first() -> None:
    routes = tuple(make_route(path=f"/{number}") for number in range(MOST_ROWS + 2))
    visits = [make_visit(f"GET /{number}") for number in range(MOST_ROWS + 1)]
    visits.append(make_visit(f"GET /{MOST_ROWS + 1}", status=500))
    text = render([make_report(rehearsal=make_rehearsal(routes=routes, visits=tuple(visits)))])
    rows = [line for line in text.splitlines() if line.startswith("| `GET")]
    assert len(rows) == MOST_ROWS
    assert rows[0].startswith(f"| `GET /{MOST_ROWS + 1}` | failed | 500 |")
    assert "\n\n... and 2 more\n\n</details>" in text


def test_checks_of_what_the_space_does_not_have_are_not_listed_as_skipped() -> None:
    absent = Result(fake.route_answers, "skipped", reason="no routes", applicable=False)
    assert "no routes" not in render([make_report(*PASSED, absent)])
    assert "- no routes: `HFS501-route-answers`" in render(
        [make_report(*PASSED, replace(absent, applicable=True))]
    )


def test_a_space_with_a_waiver_to_mend_is_not_folded() -> None:
    stale = WaiverUse("HFS703: x", "hfspace_waive", "x", problem="it has expired")
    whole = render([make_report(name="a"), make_report(name="b", waivers=(stale,))])
    assert "<summary>✅ <code>a</code>: RUNNING</summary>" in whole
    assert "### 1 waiver to mend\n\n- `HFS703: x` (`hfspace_waive`): it has expired" in whole
    assert "<code>b</code>" not in whole


def test_every_part_can_be_the_last_one() -> None:
    for part in blocks([broken(), make_report(), broken()]):
        assert part.count("<details>") == part.count("</details>")
        assert part.count("```") % 2 == 0


def test_an_earlier_stage_of_a_finding_is_named() -> None:
    finding = replace(PORT, predicts=Stage.BUILD_ERROR)
    text = render([make_report(replace(FAILED, findings=(finding,)))])
    assert "On the Hub: `BUILD_ERROR`. The Hub waits" in text
