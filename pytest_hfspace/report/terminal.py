"""The report for people: findings as failure texts, and the closing section of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..check import Finding, Result
from ..contract import Stage
from . import Report
from .text import GLUE, count, wrap

#: Beyond that many findings of one check, the rest is left to the JSON report.
MOST_FINDINGS = 20
#: Likewise for the lists of the closing section.
MOST_LINES = 12

_NARROWEST, _WIDEST = 60, 100
_ROUTES = ("answered", "guarded", "rejected", "failed", "skipped")
_CHECKS = ("passed", "failed", "warned", "noted", "skipped", "waived")
_TIMINGS = {"import": "import", "startup": "start-up", "first_response": "first answer", "shutdown": "stop"}


class Line(NamedTuple):
    """A line and the name of its colour."""

    text: str
    colour: str = ""


def text_width(columns: int) -> int:
    """The width that is used on a terminal of so many columns."""
    return max(_NARROWEST, min(columns, _WIDEST))


def failure_text(result: Result, width: int) -> str:
    """What stands below a check's header in the FAILURES section."""
    blocks: list[str] = []
    told = ""
    for finding in result.findings[:MOST_FINDINGS]:
        consequence = _consequence(result, finding)
        blocks.append("\n".join(_finding(finding, width, "" if consequence == told else consequence)))
        told = consequence
    more = len(result.findings) - MOST_FINDINGS
    if more > 0:
        blocks.append(f"... and {count(more, 'more finding')}")
    return "\n".join(blocks)


def headline(result: Result) -> str:
    """The same in one line."""
    if not result.findings:
        return result.reason
    more = len(result.findings) - 1
    return result.findings[0].message + (f" (and {more} more)" if more else "")


def place(finding: Finding) -> str:
    """ "Dockerfile:14", or ""."""
    return f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path


def _finding(finding: Finding, width: int, consequence: str) -> list[str]:
    where = place(finding)
    lines = wrap(f"{where}: {finding.message}" if where else finding.message, width, hanging="  ")
    lines += wrap(consequence, width, "  ", "    ")
    if finding.hint:
        lines += wrap(f"Fix: {finding.hint}", width, "  ", "    ")
    return lines


def _consequence(result: Result, finding: Finding) -> str:
    if not finding.consequence:
        return ""
    stage = finding.predicts or result.check.predicts
    # a warning does not go so far as to predict
    named = finding.level == "error" and stage is not Stage.RUNNING and stage not in finding.consequence
    return f"On the Hub: {f'{stage.value}. ' if named else ''}{finding.consequence}"


def closing_section(report: Report, columns: int, *, verbose: bool = False) -> list[Line]:
    """The section "Space readiness": nothing if nothing was evaluated."""
    if not any(result.outcome != "waived" for result in report.results):
        return []
    width = text_width(columns)
    return [
        *_advice(report, width, verbose=verbose),
        *_prediction(report, width),
        *_list("Not rehearsed:", [text for text in report.not_rehearsed if text != report.partial], width),
        *(_line("Fresh build", [report.evidence.build], width) if report.evidence.build else []),
        *_routes(report, width),
        *_counts(report, width),
        *_timings(report, width),
    ]


def _advice(report: Report, width: int, *, verbose: bool) -> list[Line]:
    lines: list[Line] = []
    shown = (("warned", "WARN", "yellow"), ("noted", "NOTE", "blue"))[: 2 if verbose else 1]
    for outcome, word, colour in shown:
        for result in report.results:
            if result.outcome == outcome:
                route = f" {result.route}" if result.route else ""
                lines.append(Line(f"{word} {result.check.id}{route}", colour))
                lines += [Line(f"  {text}") for text in failure_text(result, width - 2).splitlines()]
    return [*lines, Line("")] if lines else []


def _prediction(report: Report, width: int) -> list[Line]:
    stage, evidence = report.stage, report.evidence
    if stage is None:
        if report.partial:
            return _coloured(f"Predicted stage: none: {report.partial}", width, "yellow")
        why = evidence.impossible or _why_not_up(report)
        lines = _coloured(f"Predicted stage: none: {why}", width, "yellow")
        if evidence.remedy:
            lines += [Line(text) for text in wrap(f"To rehearse it: {evidence.remedy}", width, hanging="  ")]
        return lines
    text, colour = f"Predicted stage: {stage.value}", "green"
    if stage is not Stage.RUNNING:
        text, colour = f"{text}, because of {_codes(report.blamed, stage)}", "red"
    elif report.blamed:
        text, colour = f"{text}, but not ready: {_codes(report.blamed)}", "red"
    elif not report.ready:
        text, colour = f"{text}, but not ready", "red"
    if report.doubts and stage is Stage.RUNNING:
        text += f", unless {_names([result.check.id for result in report.doubts])} {_is_right(report.doubts)}"
    if evidence.requires and stage is Stage.RUNNING:
        text += f", provided that {_names(evidence.requires)} {_is(evidence.requires)} set"
    lines = _coloured(f"{text} (confidence:{GLUE}{report.confidence})", width, colour)
    if report.partial:
        lines += [Line(part) for part in wrap(f"Partial run: {report.partial}.", width, hanging="  ")]
    return lines


#: The checks that tell why an app does not come up.
_COMING_UP = frozenset({"HFS402", "HFS403", "HFS404", "HFS406"})


def _why_not_up(report: Report) -> str:
    """Why those checks could not tell, where each of them was skipped."""
    reasons = Counter(
        result.reason
        for result in report.results
        if result.check.code in _COMING_UP and result.outcome == "skipped" and result.applicable
    )
    told = [reason for reason, _ in reasons.most_common() if not reason.startswith("needs ")]
    return told[0] if told else "the app did not come up, for a reason that no check found"


def _codes(results: Iterable[Result], stage: Stage | None = None) -> str:
    return ", ".join(dict.fromkeys(result.check.id for result in results if stage in (None, result.predicts)))


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _is_right(doubts: tuple[Result, ...]) -> str:
    stages = dict.fromkeys(result.check.predicts.value for result in doubts)
    return f"{_is([''] * len(doubts))} right ({_names(list(stages))})"


def _coloured(text: str, width: int, colour: str) -> list[Line]:
    return [Line(part, colour) for part in wrap(text, width, hanging="  ")]


def _list(title: str, texts: list[str], width: int) -> list[Line]:
    if not texts:
        return []
    lines = [Line(title)]
    for text in texts[:MOST_LINES]:
        lines += [Line(part) for part in wrap(text, width, "  - ", "    ")]
    if len(texts) > MOST_LINES:
        lines.append(Line(f"  - ... and {len(texts) - MOST_LINES} more"))
    return lines


def _routes(report: Report, width: int) -> list[Line]:
    if not report.evidence.routes:
        return []
    numbers = Counter(route["outcome"] for route in report.evidence.routes)
    return _line("Routes", [f"{numbers[outcome]} {outcome}" for outcome in _ROUTES], width)


def _counts(report: Report, width: int) -> list[Line]:
    numbers: Counter[str] = Counter(result.outcome for result in report.results)
    lines = _line("Checks", [f"{numbers[name]} {name}" for name in _CHECKS if numbers[name]], width)
    reasons = Counter(
        result.reason for result in report.results if result.outcome == "skipped" and result.applicable
    )
    texts = [f"{reason} ({number})" if number > 1 else reason for reason, number in reasons.most_common()]
    return [*lines, *_list("Skipped:", texts, width)]


def _timings(report: Report, width: int) -> list[Line]:
    """One line of 80 columns: the JSON report has more, and pytest itself says how long all took."""
    evidence = report.evidence
    parts = [
        f"{text.replace(' ', GLUE)}{GLUE}{evidence.timings[name]:.2f}{GLUE}s"
        for name, text in _TIMINGS.items()
        if evidence.timings.get(name)
    ]
    memory = [f"{evidence.peak_rss_mb:.0f}{GLUE}MB"] if evidence.peak_rss_mb and parts else []
    return _line("Time", [*parts, *memory], width)


def _line(title: str, parts: list[str], width: int) -> list[Line]:
    return [Line(text) for text in wrap(f"{title}: {', '.join(parts)}", width, hanging="  ")] if parts else []
