"""What changed from one report of a Space to another."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Difference:
    """A finding.  ``route``: None where it is not about one; ``line``: None where there is none."""

    code: str
    name: str
    level: str
    route: str | None
    path: str
    line: int | None
    message: str
    hint: str


@dataclass(frozen=True)
class Comparison:
    """The findings of two reports, waived ones aside.

    ``new``: only the newer one has them.  ``fixed``: only the older one has them.  ``remaining``:
    both do, here as the newer one says it.  ``unchecked``: the older one has them, and the newer
    one did not get to look.
    """

    new: tuple[Difference, ...]
    fixed: tuple[Difference, ...]
    remaining: tuple[Difference, ...]
    unchecked: tuple[Difference, ...] = ()


def compare(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """Compare two report documents of schema 1.

    A finding is the same in both where check, route, path and message are; numbers in the message
    do not count, lines move and times vary.
    """
    before: dict[tuple[object, ...], list[Difference]] = defaultdict(list)
    for finding in _findings(old):
        before[_key(finding)].append(finding)
    added, remaining = [], []
    for finding in _findings(new):
        known = before[_key(finding)]
        if known:
            known.pop(0)
            remaining.append(finding)
        else:
            added.append(finding)
    looked_at = {check["code"] for check in new["checks"] if check["outcome"] != "skipped"}
    gone = [finding for findings in before.values() for finding in findings]
    return Comparison(
        tuple(added),
        tuple(finding for finding in gone if finding.code in looked_at),
        tuple(remaining),
        tuple(finding for finding in gone if finding.code not in looked_at),
    )


def _findings(document: dict[str, Any]) -> list[Difference]:
    return [
        Difference(
            check["code"],
            check["name"],
            finding.get("level", check["level"]),
            check["route"],
            finding["path"],
            finding["line"],
            finding["message"],
            finding["hint"],
        )
        for check in document["checks"]
        for finding in check["findings"]
        if not finding.get("waived")
    ]


def _key(finding: Difference) -> tuple[object, ...]:
    return finding.code, finding.route, finding.path, _NUMBER.sub("#", finding.message)
