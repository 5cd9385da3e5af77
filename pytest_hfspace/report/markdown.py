"""The report in Markdown: for a step summary, a merge request's note or a comment.

GitHub and GitLab link @names, #12, GH-12, addresses and commits in text, whatever is escaped there,
and never in code.  So of what is quoted, plain words stay words, marks among them are escaped, and all
else becomes a code span: paths, codes, values, and whatever might be linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape as html_escape
from pathlib import PurePath
from typing import Any

from ..check import Finding, Level, Result
from . import Report
from .counts import counted, skipped
from .terminal import MOST_FINDINGS, consequence_of, place, prediction, timings_lines
from .text import count, one_line, printable

#: Beyond that many rows of a table, the rest is left to the JSON report.
MOST_ROWS = 200
#: Likewise for the places where a variable is read.
_MOST_PLACES = 3
#: So wide that nothing is wrapped.
_UNWRAPPED = 1 << 30

#: Of routes, the worst first.
_OUTCOMES = ("failed", "rejected", "guarded", "answered", "skipped")
_LEVELS: tuple[tuple[Level, str], ...] = (("error", "error"), ("warn", "warning"))
#: The marks before and behind a word that stay outside of its code span: they are no markup.
_BEFORE, _STOPS, _CLOSING = "\"'(", ".,;:?!", ")\"'"
#: A word of letters and digits, or a short number, between marks.  Seven digits of sixteen may be a
#: commit, some words are a security advisory, HFS410 is a code, and [TOC] an order to GitLab.
_PROSE = re.compile(
    r"""(?P<before>["'(\[“\u2018…]*)"""
    r"(?!.*\b(?i:[0-9a-f]{7,})\b|(?i:ghsa-)|(?-i:[A-Z]+[0-9]{3})|(?<=\[)_*TOC)"
    r"(?P<core>e\.g|i\.e|[^\W_]+(?:['\u2019-][^\W\d_]+)*|[0-9]{1,6}[.,][0-9]{1,6}%?|[0-9]{1,6}%)"
    r"""(?P<behind>[.,;:?!)"'\]”\u2019…]*)"""
)
#: Marks alone.  $ opens mathematics, whatever is escaped.
_MARKS = re.compile(r"[^\w$]+")
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#~|]")
#: What makes a list, a heading or a rule of a line that begins with it.
_OPENING = re.compile(r"[-+=]")
#: What reads as one: a call with its arguments, a list of words, a flag or a field with its number.
_TOGETHER = re.compile(
    r"""\w[(\[](?:[^()\[\]\0]|[(\[][^()\[\]\0]{0,99}[)\]]){0,99}[)\]]"""
    r"""|(?<!\S)\[["'][^()\[\]\0]{0,99}["']\]"""
    r"""|(?<!\S)(?:--?[a-z][\w-]{0,40}|[a-z]{1,40}_\w{1,40}:) [0-9]+\b"""
)
#: What a hint tells to run, up to the next clause.
_COMMAND = re.compile(
    r"(?<=: )(?:git (?:add|mv|rm|restore|push|fetch|lfs)|pip install|uv (?:add|lock|pip)) "
    r"\S(?:.*?\S)??(?=[,;] | \(|$)"
)


def render(reports: Sequence[Report]) -> str:
    """The whole document; for several Spaces with an overview before them."""
    return "\n\n".join(blocks(reports)) + "\n"


def blocks(reports: Sequence[Report]) -> list[str]:
    """The same in parts, after each of which it may be cut: nothing is left open."""
    if len(reports) == 1:
        return [f"## {_title(reports[0], escape)}", *_space(reports[0])]
    found = [_overview(reports)]
    for report in reports:
        if report.ready and not _problems(report):
            found.append(_fold(_title(report, _html_code) + _counted(report), *_space(report)))
        else:
            found += [f"## {_title(report, escape)}", *_space(report)]
    return found


# -- text


def escape(text: str) -> str:
    """One line of anybody's text: a reader of Markdown sees this text and nothing more.  Commands,
    paths, codes and values become code spans."""
    text = one_line(text)
    command = _COMMAND.search(text)
    if command is None:
        return _words(text)
    before, behind = text[: command.start()].rstrip(), text[command.end() :]
    space = " " if behind.startswith(" ") else ""
    return f"{_words(before)} {code(command[0])}{space}{_words(behind.lstrip())}"


def _prose(word: str, *, first: bool) -> str | None:
    """The word, what is markup in it escaped; None if it is to be code."""
    if _MARKS.fullmatch(word) or not word:
        return _backslashed(word, first=first)
    found = _PROSE.fullmatch(word)
    if found is None or (first and found["core"].isdecimal() and found["behind"]):
        return None
    return f"{_backslashed(found['before'])}{found['core']}{_backslashed(found['behind'])}"


def _backslashed(marks: str, *, first: bool = False) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", marks).replace(r"\|", "&#124;")
    return _OPENING.sub(r"\\\g<0>", escaped) if first else escaped


def _words(text: str) -> str:
    parts: list[str] = []
    span: list[str] = []  # the words of the code span that is open
    for word in _TOGETHER.sub(lambda found: found[0].replace(" ", "\0"), text).split(" "):
        begun = word.lstrip(_BEFORE)
        core = begun.rstrip(_STOPS + _CLOSING)
        if "(" in core or '"' in core:  # what opens there closes there
            core = begun.rstrip(_STOPS)
        before, behind = word[: len(word) - len(begun)], begun[len(core) :]
        prose = _prose(word, first=not (parts or span))
        if span and (prose is not None or before):
            parts.append(code(" ".join(span)))
            span = []
        if prose is not None:
            parts.append(prose)
            continue
        span.append(core)
        if before or behind:
            parts.append(f"{before}{code(' '.join(span))}{behind}")
            span = []
    return " ".join([*parts, code(" ".join(span))] if span else parts)


def code(text: str) -> str:
    """One line of anybody's text as a code span, in tables too; "" for none."""
    # a | would end a table's cell, and renderers differ in how a span may escape it
    return "&#124;".join(_span(part) for part in one_line(text.replace("\0", " ")).split("|"))


def _span(text: str) -> str:
    if not text.strip():
        return text
    fence = "`" * (_longest_run(text) + 1)
    edge = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _html_code(text: str) -> str:
    return f"<code>{html_escape(one_line(text))}</code>"


def _item(text: str) -> list[str]:
    """An item below a finding; what follows its first line is kept as it is, in a code block."""
    first, *rest = printable(text).split("\n")
    lines = [f"  - {escape(first)}"]
    if any(rest):
        fence = "`" * max(3, _longest_run(text) + 1)
        lines += [f"    {line}" for line in (f"{fence}text", *rest, fence)]
    return lines


def _fold(summary: str, *parts: str) -> str:
    """What opens with a click.  ``summary`` is HTML; the blank lines bring Markdown back."""
    return "\n\n".join([f"<details><summary>{summary}</summary>", *parts, "</details>"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows[:MOST_ROWS]]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    more = len(rows) - MOST_ROWS
    return f"{text}\n\n... and {more} more" if more > 0 else text


def _yes(value: object) -> str:
    return "yes" if value else ""


# -- Spaces


def space_name(report: Report) -> str:
    """What the run calls the Space, or else the name of its folder."""
    evidence = report.evidence
    return evidence.name or PurePath(evidence.space.get("root", "")).name or "Space"


def _title(report: Report, quote: Any) -> str:
    icon = "✅" if report.ready else "❔" if report.stage is None else "❌"
    stage = report.stage.value if report.stage else "no stage predicted"
    return f"{icon} {quote(space_name(report))}: {stage}"


def _counted(report: Report) -> str:
    numbers = ((word, _number(report, level)) for level, word in _LEVELS)
    return "".join(f", {count(number, word)}" for word, number in numbers if number)


def _overview(reports: Sequence[Report]) -> str:
    ready = sum(report.ready for report in reports)
    rows = [
        [
            escape(space_name(report)),
            report.stage.value if report.stage else "none",
            "yes" if report.ready else "no",
            *(str(_number(report, level)) for level, _ in _LEVELS),
        ]
        for report in reports
    ]
    table = _table(["Space", "Predicted stage", "Ready", "Errors", "Warnings"], rows)
    return f"## Space readiness: {ready} of {len(reports)} ready\n\n{table}"


def _space(report: Report) -> Iterator[str]:
    """All about one Space below its heading."""
    evidence = report.evidence
    yield escape(f"Predicted stage: {prediction(report)}")
    if report.stage and report.partial:
        yield escape(f"Partial run: {report.partial}.")
    elif evidence.remedy and not (report.stage or report.partial):
        yield f"To rehearse it: {code(evidence.remedy)}"
    if evidence.requires:
        yield f"To be set on the Space: {', '.join(_required(report))}"
    if problems := _problems(report):
        yield f"### {count(len(problems), 'waiver')} to mend\n\n" + "\n".join(problems)
    for level, word in _LEVELS:
        if number := _number(report, level):
            yield f"### {count(number, word)}\n\n" + "\n".join(_findings(report, level))
    if number := _number(report, "note"):
        yield _fold(count(number, "note"), "\n".join(_findings(report, "note")))
    if waived := list(_waived(report)):
        yield _fold(f"{len(waived)} waived", "\n".join(waived))
    left_out = [f"- {escape(text)}" for text in report.not_rehearsed if text != report.partial]
    if left_out:
        yield "Not rehearsed:\n\n" + "\n".join(left_out)
    yield from _tables(report)
    if evidence.build:
        yield escape(f"Fresh build: {evidence.build}")
    yield from (escape(line.text) for line in timings_lines(report, _UNWRAPPED))


def _required(report: Report) -> Iterator[str]:
    secrets = {variable["name"] for variable in report.evidence.environment if variable["secret"]}
    for name in report.evidence.requires:
        yield f"{code(name)} (secret)" if name in secrets else code(name)


def _problems(report: Report) -> list[str]:
    return [
        f"- {code(waiver.text)} ({escape(waiver.origin)}): {escape(waiver.problem)}"
        for waiver in report.waivers
        if waiver.problem
    ]


# -- findings


def counting(report: Report, level: Level) -> Iterator[tuple[Result, Finding]]:
    """The findings of this level that are not waived."""
    for result in report.results:
        for finding in result.findings:
            if finding.level == level and not finding.waived:
                yield result, finding


def _number(report: Report, level: Level) -> int:
    return sum(1 for _ in counting(report, level))


def _findings(report: Report, level: Level) -> Iterator[str]:
    """A list; of one check at most so many, and its consequence where it is news."""
    by_check: dict[str, list[tuple[Result, Finding]]] = {}
    for result, finding in counting(report, level):
        by_check.setdefault(result.check.id, []).append((result, finding))
    for check, found in by_check.items():
        told = ""
        for result, finding in found[:MOST_FINDINGS]:
            fails = result.outcome == "failed" and level != "error" and result not in report.blamed
            yield _headline(report, result, finding, " (fails this run)" if fails else "")
            consequence = consequence_of(result, finding)
            if consequence not in ("", told):
                yield from _item(consequence)
            told = consequence
            if finding.hint:
                yield from _item(f"Fix: {finding.hint}")
        more = len(found) - MOST_FINDINGS
        if more > 0:
            yield f"- ... and {count(more, 'more finding')} of {code(check)}"


def _headline(report: Report, result: Result, finding: Finding, remark: str = "") -> str:
    where = place(finding)
    quoted = [result.route or "", f"{report.evidence.prefix}{where}" if where else ""]
    at = ", ".join(code(text) for text in quoted if text)
    return f"- **{code(result.check.id)}**{remark}{f' {at}' if at else ''}: {escape(finding.message)}"


def _waived(report: Report) -> Iterator[str]:
    """Each waived finding with its reason, then the checks that were left out."""
    for result in report.results:
        for finding in result.findings:
            if finding.waived:
                reason = "\n".join(_item(f"Waived: {one_line(finding.waived)}"))
                yield f"{_headline(report, result, finding)}\n{reason}"
    for result in report.results:
        if result.outcome == "waived" and not result.findings:
            yield f"- **{code(result.check.id)}**: {escape(result.reason or 'left out')}"


# -- tables


def _tables(report: Report) -> Iterator[str]:
    evidence = report.evidence
    if report.results:
        yield f"Checks: {counted(report)}"
    if reasons := skipped(report.results):
        number = sum(checks.total() for checks in reasons.values())
        lines = (f"- {escape(reason)}: {_checks(checks)}" for reason, checks in reasons.items())
        yield _fold(f"{count(number, 'check')} skipped", "\n".join(lines))
    if evidence.routes:
        numbers = [(sum(route["outcome"] == name for route in evidence.routes), name) for name in _OUTCOMES]
        counts = ", ".join(f"{number} {name}" for number, name in numbers if number)
        head = ["Route", "Outcome", "Status", "Time", "Endpoint"]
        yield _fold(
            f"Routes: {counts}", _table(head, [_route(route) for route in _worst_first(evidence.routes)])
        )
    if evidence.environment:
        head = ["Name", "Kind", "Required", "Has a default", "Declared", "Read at"]
        rows = [_variable(variable) for variable in evidence.environment]
        yield _fold(f"Environment: {count(len(rows), 'variable')}", _table(head, rows))


def _checks(checks: Mapping[str, int]) -> str:
    """Each, with its number where it is one of several routes."""
    return ", ".join(
        f"{code(name)} ({number})" if number > 1 else code(name) for name, number in checks.items()
    )


def _worst_first(routes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(routes, key=lambda route: _OUTCOMES.index(route["outcome"]))


def _route(route: dict[str, Any]) -> list[str]:
    asked = route["status"] is not None or route["seconds"]
    return [
        code(f"{route['method']} {route['path']}"),
        route["outcome"],
        "" if route["status"] is None else str(route["status"]),
        f"{route['seconds'] * 1000:.0f} ms" if asked else "",
        code(route["endpoint"]),
    ]


def _variable(variable: dict[str, Any]) -> list[str]:
    places = variable["where"]
    more = len(places) - _MOST_PLACES
    return [
        code(variable["name"]),
        "secret" if variable["secret"] else "variable",
        _yes(variable["required"]),
        _yes(variable["default"]),
        _yes(variable["documented"]),
        ", ".join(map(code, places[:_MOST_PLACES])) + (f" and {more} more" if more > 0 else ""),
    ]
