"""How many checks came to what: the same numbers in every report.

A check of each route counts once for each route.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..check import Result
from . import Report

_OUTCOMES = ("passed", "failed", "warned", "noted", "skipped", "waived")


def counted(report: Report) -> str:
    """Every check in one of the numbers: "6 passed, 3 skipped (2 do not apply to this Space)"."""
    numbers: Counter[str] = Counter(result.outcome for result in report.results)
    absent = sum(map(is_absent, report.results))
    parts = {outcome: f"{numbers[outcome]} {outcome}" for outcome in _OUTCOMES if numbers[outcome]}
    if absent:
        parts["skipped"] += f" ({absent} {'does' if absent == 1 else 'do'} not apply to this Space)"
    return ", ".join(parts.values())


def is_absent(result: Result) -> bool:
    """Was it skipped because the Space does not have what it is about?"""
    return result.outcome == "skipped" and not result.applicable


def skipped(results: Iterable[Result]) -> dict[str, Counter[str]]:
    """The checks that could not tell, by the reason, that of the most first."""
    found: dict[str, Counter[str]] = {}
    for result in results:
        if result.outcome == "skipped" and result.applicable:
            found.setdefault(result.reason, Counter())[result.check.id] += 1
    return dict(sorted(found.items(), key=lambda each: -each[1].total()))
