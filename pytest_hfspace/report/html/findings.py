"""What is wrong, by level, and what is known and lived with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...check import Finding, Result
from ...contract import Stage
from .. import Report
from ..terminal import place
from ..text import count
from .markup import Html, badge, code, join, listed, pairs, tag

#: The groups in their order: what it is called, its tone, its noun.
_GROUPS = (
    ("error", "failed", "error"),
    ("warn", "warned", "warning"),
    ("note", "noted", "note"),
    ("waived", "waived", "waived finding"),
)
#: So many of a group are shown, however many there are in those before it.
_LEAST = 10


@dataclass(frozen=True)
class Group:
    """The findings of one level, by the id of their check."""

    name: str
    tone: str
    noun: str
    checks: dict[str, list[tuple[Result, Finding]]]

    @property
    def size(self) -> int:
        """How many findings there are."""
        return sum(map(len, self.checks.values()))


def groups(report: Report) -> list[Group]:
    """Those that are not empty."""
    sorted_: dict[str, dict[str, list[tuple[Result, Finding]]]] = {name: {} for name, *_ in _GROUPS}
    for result in report.results:
        for finding in result.findings:
            level = "waived" if finding.waived else finding.level or result.check.level
            sorted_[level].setdefault(result.check.id, []).append((result, finding))
    return [Group(*group, sorted_[group[0]]) for group in _GROUPS if sorted_[group[0]]]


def anchors(report: Report, prefix: str) -> dict[str, str]:
    """Check to the id of the element that shows what it found, the gravest first."""
    found: dict[str, str] = {}
    for group in groups(report):
        for check in group.checks:
            found.setdefault(check, _anchor(group, check, prefix))
    return found


def findings(report: Report, prefix: str, heading: int, most: int) -> Html:
    """All groups, with no more than ``most`` findings."""
    parts: list[Html] = []
    for group in groups(report):
        parts.append(_group(group, report, prefix, heading, most))
        most = max(_LEAST, most - group.size)
    return join(parts, "\n")


def _group(group: Group, report: Report, prefix: str, heading: int, most: int) -> Html:
    title = tag(f"h{heading}", badge(group.tone, count(group.size, group.noun)))
    articles = join(_articles(group, report, prefix, heading + 1, most), "\n")
    rest = group.size - most
    more = tag("p", f"… and {rest} more, in the JSON report", class_="more") if rest > 0 else ""
    return tag("section", title, articles, more, class_=f"group tone-{group.tone}")


def _articles(group: Group, report: Report, prefix: str, heading: int, most: int) -> Iterator[Html]:
    """One for each check, so long as there is room."""
    for name, found in group.checks.items():
        if most <= 0:
            return
        told = ""
        items = []
        for result, finding in found[:most]:
            told, repeated = finding.consequence, told
            items.append(
                _finding(result, finding, report.evidence.prefix, told="" if told == repeated else told)
            )
        most -= len(found)
        check = found[0][0].check
        title = tag(f"h{heading}", code(check.code), " ", check.name)
        yield tag("article", title, listed(items), class_="check", id=_anchor(group, name, prefix))


def _finding(result: Result, finding: Finding, prefix: str, told: str) -> Html:
    where = place(finding)
    line = join(
        [
            code(f"{prefix}{where}") if where else "",
            join(["route ", code(result.route)]) if result.route else "",
        ],
        " · ",
    )
    stage = finding.predicts or result.check.predicts
    named = told and finding.level == "error" and stage is not Stage.RUNNING and stage not in told
    consequence = join([tag("strong", f"{stage.value}."), " ", told]) if named else told
    return join(
        [
            tag("p", line, class_="place") if line else "",
            tag("p", finding.message, class_="message"),
            pairs([("On the Hub", consequence), ("Fix", finding.hint), ("Waived", finding.waived)], "about"),
        ]
    )


def _anchor(group: Group, check: str, prefix: str) -> str:
    """One id for each group and check, whatever the name of a foreign check is made of."""
    plain = re.sub(r"[^A-Za-z0-9-]", lambda odd: f"_{ord(odd[0]):x}_", check)
    return f"{prefix}{plain}" if group.name == "error" else f"{prefix}{group.name}-{plain}"
