"""The report for code scanning: SARIF 2.1.0.

There is one run, however many Spaces: GitHub refuses a file with two runs of one tool and category,
or with more than 20 runs, so that Spaces differ by the folders of their files.  The category is left
to the workflow that uploads the file (``automationDetails`` stay empty).

A waived finding is a result with a suppression.  GitHub takes no notice of suppressions and shows
an alert; an upload that is to leave them out has to remove them, or to dismiss them afterwards.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from .. import __version__
from ..check import Finding, Result
from ..contract import DATE, Stage
from . import Report, unevaluated
from .counts import skipped
from .fingerprint import fingerprint
from .sarif_text import LEVELS, cut, formatted, plain, rule, sentence
from .terminal import place
from .text import count, one_line

__all__ = ["MOST_RESULTS", "render"]

#: GitHub refuses a run with more, and shows the 5,000 that are worst.
MOST_RESULTS: Final = 25_000

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: What the tool holds a Space to.
_INFORMATION: Final = "https://huggingface.co/docs/hub/spaces-overview"
#: GitHub refuses a whole file for one result without a place: what no file is to blame for stands
#: at the card, which configures the Space.
_CARD: Final = "README.md"
_SEVERITY: Final = ("error", "warn", "note")
#: Of the reasons why something was not looked at, so many are told.
_MOST_REASONS: Final = 8


class _Found(NamedTuple):
    """A finding, whose it is, and where: ``mark`` is its fingerprint, unlike any other of the Space;
    ``line`` is None for a whole file; ``aside`` a place that is no file of the Space."""

    result: Result
    finding: Finding
    suppression: str
    mark: str
    uri: str
    line: int | None
    aside: str

    @property
    def spot(self) -> tuple[str, str, int | None]:
        """What GitHub tells results apart by, if it has to do so itself."""
        return self.result.check.code, self.uri, self.line

    @property
    def rank(self) -> tuple[bool, int]:
        """The worst come first."""
        return bool(self.suppression), _SEVERITY.index(self.finding.level or self.result.check.level)


def render(reports: Sequence[Report]) -> str:
    """One log with one run, in ASCII."""
    found = list(_found(reports))
    kept = sorted(found, key=lambda each: each.rank)[:MOST_RESULTS]
    spots = Counter(each.spot for each in found)
    checks = {
        result.check.code: result.check
        for report in reports
        for result in report.results
        if result.findings or result.outcome != "waived"
    }
    rules = [rule(check) for _, check in sorted(checks.items())]
    indexes = {each["id"]: index for index, each in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "pytest-hfspace",
                "version": __version__,
                "informationUri": _INFORMATION,
                "rules": rules,
            }
        },
        "invocations": [_invocation(reports, len(found) - len(kept))],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, indexes, crowded=spots[each.spot] > 1) for each in kept],
        "properties": {"contract": DATE, "spaces": [_space(report) for report in reports]},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _found(reports: Sequence[Report]) -> Iterable[_Found]:
    seen: Counter[tuple[str, str]] = Counter()
    each = ((report, result) for report in reports for result in report.results)
    for report, result in each:
        prefix = report.evidence.prefix
        for finding in result.findings:
            mark = fingerprint(result, finding)
            seen[prefix, mark] += 1
            number = seen[prefix, mark]
            path = _inside(finding.path)
            yield _Found(
                result=result,
                finding=finding,
                suppression=_suppression(report, finding) if finding.waived else "",
                mark=f"{mark}:{number}" if number > 1 else mark,
                uri=_uri(prefix, path or _CARD),
                line=finding.line if path and finding.line and finding.line > 0 else None,
                aside="" if path else place(finding),
            )


def _inside(path: str) -> str:
    """The path in its shortest form, "" if it may be none of a file below its root."""
    short = posixpath.normpath(path)
    is_outside = short.startswith(("/", "\\")) or ".." in re.split(r"[\\/]", path)
    return "" if is_outside or short == "." else short


def _uri(prefix: str, path: str) -> str:
    # a name that is no Unicode has no URI that every reader takes
    return quote(posixpath.join(_inside(prefix), path), errors="replace")


def _suppression(report: Report, finding: Finding) -> str:
    """ "inSource" for a comment in the file, "external" for configuration and baseline."""
    paths = (finding.path, report.evidence.prefix + finding.path) if finding.path else ()
    files = {one_line(path) for path in paths}
    beside = any(
        one_line(waiver.origin).rpartition(":")[0] in files and waiver.origin in finding.waived
        for waiver in report.waivers
    )
    return "inSource" if beside else "external"


def _result(found: _Found, indexes: Mapping[str, int], *, crowded: bool) -> dict[str, Any]:
    check, finding = found.result.check, found.finding
    told = one_line(f"{found.aside}: {finding.message}" if found.aside else finding.message)
    more = [*_consequence(found), *([f"Fix: {finding.hint}"] if finding.hint else [])]
    place: dict[str, Any] = {"artifactLocation": {"uri": found.uri, "uriBaseId": "%SRCROOT%"}}
    if found.line is not None:
        place["region"] = {"startLine": found.line}
    location: dict[str, Any] = {"physicalLocation": place}
    if found.result.route:
        location["logicalLocations"] = [{"name": cut(one_line(found.result.route)), "kind": "route"}]
    marks = {"hfspace/v1": found.mark}
    if crowded or found.line is None:
        # GitHub looks at this one alone, and its upload action adds it from the text of the line.
        # Where there is none, or one for several results, they would be one alert or a new one each time.
        marks["primaryLocationLineHash"] = found.mark
    return {
        "ruleId": check.code,
        "ruleIndex": indexes[check.code],
        "level": LEVELS[finding.level or check.level],
        "message": {
            "text": "\n".join([sentence(plain(told)), *map(plain, more)]),
            "markdown": "\n\n".join([f"**{formatted(told)}**", *map(formatted, more)]),
        },
        "locations": [location],
        "partialFingerprints": marks,
        # the standard wants it for all results or for none
        "suppressions": [_accepted(found)] if finding.waived else [],
    }


def _accepted(found: _Found) -> dict[str, str]:
    reason = plain(found.finding.waived)
    return {"kind": found.suppression, "status": "accepted", "justification": reason}


def _consequence(found: _Found) -> list[str]:
    finding = found.finding
    if not finding.consequence:
        return []
    stage = finding.predicts or found.result.check.predicts
    # a warning does not go so far as to predict
    named = finding.level == "error" and stage is not Stage.RUNNING and stage not in finding.consequence
    return [f"On the Hub: {f'{stage.value}. ' if named else ''}{finding.consequence}"]


def _name(report: Report) -> str:
    evidence = report.evidence
    name = evidence.name or PurePath(str(evidence.space.get("root", ""))).name or "."
    return cut(one_line(name))


def _space(report: Report) -> dict[str, Any]:
    return {
        "name": _name(report),
        "stage": report.stage.value if report.stage else None,
        "ready": report.ready,
        "confidence": report.confidence,
    }


def _invocation(reports: Sequence[Report], left_out: int) -> dict[str, Any]:
    """How the run went.  An error among the notifications would mean that results are missing, which
    those of a waiver that has a problem are not."""
    told = [notification for report in reports for notification in _unseen(report)]
    if left_out:
        text = f"{count(left_out, 'result')} left out, the least severe: there is room for {MOST_RESULTS}"
        told.insert(0, _notification("warning", text))
    problems = [
        _notification("warning", f"{_name(report)}: {waiver.origin}: {waiver.text}: {waiver.problem}")
        for report in reports
        for waiver in report.waivers
        if waiver.problem
    ]
    return {
        "executionSuccessful": all(notification["level"] != "error" for notification in told),
        "toolExecutionNotifications": told,
        "toolConfigurationNotifications": problems,
    }


def _unseen(report: Report) -> Iterable[dict[str, Any]]:
    """What was not looked at: at most one notification for each reason, not for each check."""
    if report.stage is None and not report.partial:
        why = report.evidence.impossible or "the app did not come up"
        yield _notification("error", f"{_name(report)}: no stage can be predicted: {why}")
    for result in report.results:
        for finding in result.findings:
            if finding.message.startswith(unevaluated(result.check)):
                yield _notification("error", f"{_name(report)}: {finding.message}")
    skips = {reason: checks.total() for reason, checks in skipped(report.results).items()}
    reasons = [f"{reason} ({number})" for reason, number in skips.items()]
    checks = f"{count(sum(skips.values()), 'check')} skipped"
    for title, texts in (("not rehearsed", report.not_rehearsed), (checks, reasons)):
        if texts:
            more = len(texts) - _MOST_REASONS
            shown = [*texts[:_MOST_REASONS], *([f"... and {more} more"] if more > 0 else [])]
            yield _notification("note", f"{_name(report)}: {title}: {'; '.join(shown)}")


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": plain(text)}}
