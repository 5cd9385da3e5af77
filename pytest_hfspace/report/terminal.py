"""The report for people: findings as failure texts, and the closing section of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..check import Finding, Result
from ..contract import Stage
from . import Report
from .counts import counted, skipped
from .text import GLUE, count, inert, text_width, wrap

#: Beyond that many findings of one check, the rest is left to the JSON report.
MOST_FINDINGS = 20
#: Likewise for the lists of the closing section.
MOST_LINES = 12

_ROUTES = ("answered", "guarded", "rejected", "failed", "skipped")
_TIMINGS = {"import": "import", "startup": "start-up", "first_response": "first answer", "shutdown": "stop"}


class Line(NamedTuple):
    """A line and the name of its colour."""

    text: str
    colour: str = ""


def failure_text(result: Result, width: int, *, named: bool = False) -> str:
    """What stands below a check's header in the FAILURES section.  ``named``: say which route."""
    blocks = wrap(result.route, width) if named and result.route else []
    told = ""
    findings = [finding for finding in result.findings if not finding.waived]
    for finding in findings[:MOST_FINDINGS]:
        consequence = consequence_of(result, finding)
        blocks.append("\n".join(_finding(finding, width, "" if consequence == told else consequence)))
        told = consequence
    more = len(findings) - MOST_FINDINGS
    if more > 0:
        blocks.append(f"... and {count(more, 'more finding')}")
    return "\n".join(blocks)


def headline(result: Result) -> str:
    """The same in one line."""
    findings = [finding for finding in result.findings if not finding.waived]
    if not findings:
        return result.reason
    more = len(findings) - 1
    return inert(findings[0].message) + (f" (and {more} more)" if more else "")


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


def consequence_of(result: Result, finding: Finding) -> str:
    """What the Hub would do, with the stage where an error predicts one."""
    if not finding.consequence:
        return ""
    stage = finding.predicts or result.check.predicts
    # a warning does not go so far as to predict
    named = finding.level == "error" and stage is not Stage.RUNNING and stage not in finding.consequence
    return f"On the Hub: {f'{stage.value}. ' if named else ''}{finding.consequence}"


def closing_sections(reports: Sequence[Report], columns: int, *, verbose: bool = False) -> list[Line]:
    """The section "Space readiness" of a run over one Space, or over several: a line for each that
    is ready, and what is to be read of the others, the worst at the end, where a terminal stands."""
    if len(reports) == 1 and not reports[0].evidence.name:
        return closing_section(reports[0], columns, verbose=verbose)
    width = text_width(columns)
    lines: list[Line] = []
    for report in sorted((report for report in reports if _was_evaluated(report)), key=_rank):
        if verbose:
            section = closing_section(report, columns - 2, verbose=True)
            lines += [*([Line("")] if lines else []), Line(report.evidence.name), *_indented(section)]
        else:
            lines += _in_short(report, width)
    if not lines:
        return []
    mend = _to_mend(reports, width)
    mend += [Line("")] if mend else []
    return [*lines, Line(""), *mend, *_overall(reports, width), *_also(reports, width)]


def _indented(lines: Iterable[Line]) -> list[Line]:
    return [Line(f"  {text}".rstrip(), colour) for text, colour in lines]


def _rank(report: Report) -> int:
    """0: ready; 1: with warnings; 2: there is no prediction; 3: not ready."""
    if report.stage is None:
        return 2
    if not report.ready:
        return 3
    return int(any(result.outcome == "warned" for result in report.results))


def _in_short(report: Report, width: int) -> list[Line]:
    """A line, and below it what nobody should overlook; the failures stand above the section."""
    rank, routes = _rank(report), report.evidence.routes
    parts = [f"no prediction: {_why_none(report)}" if report.stage is None else prediction(report)]
    if routes and report.stage is not None:
        answered = sum(route["outcome"] == "answered" for route in routes)
        numbers = f"{answered} of {len(routes)}" if answered < len(routes) else str(answered)
        parts.append(f"{numbers}{GLUE}route{'s' if len(routes) > 1 else ''} answered")
    parts += [report.partial] if report.partial and report.stage is not None else []
    waived = sum(bool(finding.waived) for result in report.results for finding in result.findings)
    parts += [f"{waived} waived"] if waived else []
    lines = _coloured(
        f"{report.evidence.name}: {', '.join(parts)}", width, ("green", "green", "yellow", "red")[rank]
    )
    below = [line for line in _advice(report, width - 2, verbose=False) if line.text]
    if rank > 0:
        below += [*_remedy(report, width - 2), *_not_rehearsed(report, width - 2)]
    return [*lines, *_indented(below)]


def _was_evaluated(report: Report) -> bool:
    return any(result.outcome != "waived" or result.findings for result in report.results)


def _overall(reports: Sequence[Report], width: int) -> list[Line]:
    """The last line: how many of each kind, and which ones need a look."""
    names: dict[int, list[str]] = {}
    for report in reports:
        names.setdefault(_rank(report), []).append(report.evidence.name)
    quiet, warned, unknown, unready = (names.get(rank, []) for rank in range(4))
    mend = len(_problems(reports))
    parts = [f"{len(quiet) + len(warned)} ready"]
    parts[0] += f" ({len(warned)} with warnings)" if warned else ""
    parts += [f"{len(unknown)} without a prediction ({_few(unknown)})"] if unknown else []
    parts += [f"{len(unready)} not ready ({_few(unready)})"] if unready else []
    parts += [f"{count(mend, 'waiver')} to mend"] if mend else []
    colour = "red" if unready or mend else "yellow" if unknown else "green"
    return _coloured(f"{count(len(reports), 'Space')}: {', '.join(parts)}", width, colour)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MOST_LINES} more" if len(names) > MOST_LINES else ""
    return f"{', '.join(names[:MOST_LINES])}{more}"


def closing_section(report: Report, columns: int, *, verbose: bool = False) -> list[Line]:
    """The section "Space readiness": nothing if nothing was evaluated."""
    if not _was_evaluated(report):
        return []
    width = text_width(columns)
    return [
        *_advice(report, width, verbose=verbose),
        *_prediction(report, width),
        *_not_rehearsed(report, width),
        *(_line("Fresh build", [report.evidence.build], width) if report.evidence.build else []),
        *_routes(report, width),
        *_counts(report, width),
        *_skipped(report, width),
        *_waivers(report, width),
        *([] if report.evidence.name else [*_to_mend([report], width), *_also([report], width)]),
        *timings_lines(report, width),
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
    if report.stage is None:
        return [
            *_coloured(f"Predicted stage: {prediction(report)}", width, "yellow"),
            *_remedy(report, width),
        ]
    colour = "green" if report.ready else "red"
    lines = _coloured(f"Predicted stage: {prediction(report)}", width, colour)
    if report.partial:
        lines += [Line(part) for part in wrap(f"Partial run: {report.partial}.", width, hanging="  ")]
    return lines


def _remedy(report: Report, width: int) -> list[Line]:
    remedy = report.evidence.remedy
    if report.stage is not None or report.partial or not remedy:
        return []
    return [Line(text) for text in wrap(f"To rehearse it: {remedy}", width, hanging="  ")]


def _not_rehearsed(report: Report, width: int) -> list[Line]:
    return _list("Not rehearsed:", [text for text in report.not_rehearsed if text != report.partial], width)


def prediction(report: Report) -> str:
    """The predicted stage in words: why, on what conditions, with which confidence."""
    stage, evidence = report.stage, report.evidence
    if stage is None:
        return f"none: {_why_none(report)}"
    text: str = stage.value
    if stage is not Stage.RUNNING:
        text += f", because of {_codes(report.blamed, stage)}"
    elif report.blamed:
        text += f", but not ready: {_codes(report.blamed)}"
    elif not report.ready:
        failed = [result for result in report.results if result.outcome == "failed"]
        text += f", but not ready: {_codes(failed)}"
    if report.doubts and stage is Stage.RUNNING:
        text += f", unless {_names([result.check.id for result in report.doubts])} {_is_right(report.doubts)}"
    if evidence.requires and stage is Stage.RUNNING:
        text += f", provided that {_names(evidence.requires)} {_is(evidence.requires)} set"
    return f"{text} (confidence: {report.confidence})"


def _why_none(report: Report) -> str:
    return report.partial or report.evidence.impossible or _why_not_up(report)


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
    waived = [
        result.check.id
        for result in report.results
        if any(found.waived and found.level == "error" for found in result.findings)
    ]
    if waived:
        return f"the app does not come up, and {_names(list(dict.fromkeys(waived)))} {_is(waived)} waived"
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
    text = text.replace("(confidence: ", f"(confidence:{GLUE}")
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
    return _line("Checks", [counted(report)], width)


def _skipped(report: Report, width: int) -> list[Line]:
    """Why, with so many checks for each reason that the heading's number comes of them."""
    reasons = {reason: checks.total() for reason, checks in skipped(report.results).items()}
    number = sum(reasons.values())
    return _numbered(f"{count(number, 'check')} skipped:", reasons, width)


def _waivers(report: Report, width: int) -> list[Line]:
    """What findings were waived for, and why checks were left out."""
    waived = Counter(f.waived for result in report.results for f in result.findings if f.waived)
    left_out = Counter(r.reason for r in report.results if r.outcome == "waived" and not r.findings)
    return [
        *_numbered(f"{count(waived.total(), 'finding')} waived:", waived, width),
        *_numbered(f"{count(left_out.total(), 'check')} left out:", left_out, width),
    ]


def _numbered(title: str, reasons: Mapping[str, int], width: int) -> list[Line]:
    """A list of reasons, each with its number, that of the most first."""
    ranked = sorted(reasons.items(), key=lambda each: -each[1])
    shown = ranked[:MOST_LINES]
    lines = _list(
        title, [f"{reason} ({number})" if number > 1 else reason for reason, number in shown], width
    )
    rest = sum(number for _, number in ranked[MOST_LINES:])
    return [*lines, Line(f"  - for other reasons ({rest})")] if rest else lines


def why_failed(report: Report) -> str:
    """Why the run fails though no check has: "" if it does not."""
    if any(use.problem for use in report.waivers):
        return "a waiver is to be mended"
    return "nothing could be predicted, and the run is strict" if report.strict and report.unverified else ""


def _also(reports: Iterable[Report], width: int) -> list[Line]:
    reasons = dict.fromkeys(reason for report in reports if (reason := why_failed(report)))
    return _coloured(f"The run fails: {'; '.join(reasons)}.", width, "red") if reasons else []


def _to_mend(reports: Iterable[Report], width: int) -> list[Line]:
    """The waivers that fail the run."""
    return [line._replace(colour="red") for line in _list("Waivers to mend:", _problems(reports), width)]


def _problems(reports: Iterable[Report]) -> list[str]:
    """One of the settings is named once for all Spaces."""
    uses = (use for report in reports for use in report.waivers if use.problem)
    return list(dict.fromkeys(f"{use.origin}: {use.text}: {use.problem}" for use in uses))


def timings_lines(report: Report, width: int) -> list[Line]:
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
