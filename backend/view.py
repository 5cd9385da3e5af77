"""A stored report as the pages show it.

What a publisher sent is read with nothing taken for granted: a member of another kind than the schema
wants counts as missing, long texts are cut, and characters that cannot be seen are spelled out.
Escaping is left to the templates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .report import State, state_of
from .stages import meaning

#: How many findings, routes, settings and so on a page shows of each.
MOST: Final = 200
#: Findings are shown until there are so many; the levels after that show a few at least.
_FEWEST: Final = 10
_PLACES: Final = 5
_LONGEST: Final = 600

_LEVELS: Final = {
    "error": ("Errors", "failed"),
    "warn": ("Warnings", "warned"),
    "note": ("Notes", "noted"),
    "waived": ("Waived", "waived"),
}
_ROUTE_TONES: Final = {
    "failed": "failed",
    "rejected": "warned",
    "guarded": "noted",
    "answered": "passed",
    "skipped": "unseen",
}
_PHASES: Final = {
    "export": "Taking the files",
    "import": "Import",
    "startup": "Start-up",
    "first_response": "First answer",
    "visits": "All visits",
    "shutdown": "Stop",
    "total": "Altogether",
}


def text(value: object, longest: int = _LONGEST) -> str:
    """A text of a report, or a number; anything else is ""."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    whole = str(value)
    cut = whole if len(whole) <= longest else f"{whole[:longest]}…"
    if cut.isprintable():
        return cut
    return "".join(each if each.isprintable() else each.encode("unicode-escape").decode() for each in cut)


def number(value: object) -> float:
    """A number of a report that is not negative; anything else is 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    try:
        read = float(value)
    except OverflowError:
        return 0.0
    return read if math.isfinite(read) and read > 0 else 0.0


def mapping(value: object) -> Mapping[str, Any]:
    """An object of a report; anything else is empty."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list that are not empty."""
    return [found for each in value if (found := text(each))] if isinstance(value, list) else []


def lasting(seconds: float) -> str:
    """A time in words, in the largest unit that it has one of."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)}"
    return "less than a minute"


def plural(number: int, noun: str) -> str:
    """ "1 run", "2 runs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.  ``place``: file and line."""

    message: str
    hint: str
    consequence: str
    place: str
    route: str
    waived: str


@dataclass(frozen=True)
class Check:
    """The findings of one check in one level.

    ``consequence``, ``hint``: what all of them share; a finding has its own where they differ.
    """

    code: str
    name: str
    findings: tuple[Finding, ...]
    consequence: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Level:
    """The findings of one level.  ``size``: how many there are; ``left_out``: how many are not shown."""

    key: str
    title: str
    tone: str
    size: int
    left_out: int
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Timed:
    """A time.  ``share``: of the longest beside it, in percent."""

    shown: str
    share: str


@dataclass(frozen=True)
class Route:
    """A route and how it answered.  ``time``: None where it was not asked."""

    method: str
    path: str
    endpoint: str
    status: str
    outcome: str
    tone: str
    time: Timed | None


@dataclass(frozen=True)
class Setting:
    """A variable that the app reads.  ``where``: places; ``more``: how many others there are."""

    name: str
    required: bool
    secret: bool
    default: bool
    documented: bool
    where: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Listing:
    """Rows of a table or points of a list.  ``left_out``: how many are not shown."""

    rows: Sequence[Any]
    size: int
    summary: str = ""

    @property
    def left_out(self) -> int:
        """How many there are beyond those that are shown."""
        return self.size - len(self.rows)


@dataclass(frozen=True)
class Report:
    """All that a page tells of a run."""

    state: State
    stage: str
    meaning: str
    facts: Mapping[str, str]
    levels: tuple[Level, ...]
    outcomes: Mapping[str, int]
    routes: Listing
    settings: Listing
    timings: Listing
    not_rehearsed: Listing
    requires: Listing
    skipped: Listing
    memory: str
    remedy: str


def read(document: Mapping[str, Any]) -> Report:
    """The report of a stored document.  Raises nothing, whatever the document holds."""
    stage = text(document.get("stage"), 20)
    ready = document.get("ready") is True
    checks = objects(document.get("checks"))
    memory = number(document.get("peak_rss_mb"))
    return Report(
        state=state_of(stage or None, ready=ready),
        stage=stage,
        meaning=meaning(stage or None, ready=ready),
        facts=_facts(document),
        levels=_levels(checks),
        outcomes=Counter(text(check.get("outcome"), 20) for check in checks),
        routes=_routes(objects(document.get("routes"))),
        settings=_settings(objects(document.get("environment"))),
        timings=_timings(mapping(document.get("timings"))),
        not_rehearsed=_listing(texts(document.get("not_rehearsed"))),
        requires=_listing(texts(document.get("requires"))),
        skipped=_skipped(checks),
        memory=f"{memory:.0f} MB" if memory else "",
        remedy="" if stage else text(document.get("remedy")),
    )


def finding(code: Mapping[str, Any], found: Mapping[str, Any]) -> Finding:
    """A finding of a check."""
    line = text(found.get("line"), 12)
    path = text(found.get("path"))
    return Finding(
        message=text(found.get("message")),
        hint=text(found.get("hint")),
        consequence=text(found.get("consequence")),
        place=f"{path}:{line}" if path and line else path,
        route=text(code.get("route")),
        waived=text(found.get("waived")),
    )


def _listing(rows: Iterable[Any], summary: str = "") -> Listing:
    every = list(rows)
    return Listing(every[:MOST], len(every), summary)


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    """What stands under the title, by its name; what is not known is left out."""
    space = mapping(document.get("space"))
    facts = {
        "SDK": text(space.get("sdk")),
        "App": text(space.get("app")),
        "Start command": text(" ".join(texts(space.get("launch"))[:MOST])),
        "Port": text(space.get("port"), 12),
        "Files": text(space.get("files"), 12),
        "Confidence": text(document.get("confidence"), 20),
        "pytest-hfspace": text(document.get("version"), 50),
        "Contract": text(document.get("contract"), 20),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _levels(checks: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    """The levels that have findings, the gravest first, no more findings than a page shows."""
    found: dict[str, dict[str, tuple[Mapping[str, Any], list[Finding]]]] = {key: {} for key in _LEVELS}
    for check in checks:
        for each in objects(check.get("findings")):
            level = "waived" if each.get("waived") else each.get("level") or check.get("level")
            by_check = found[level if level in _LEVELS else "note"]
            by_check.setdefault(text(check.get("code"), 50), (check, []))[1].append(finding(check, each))
    levels, room = [], MOST
    for key, by_check in found.items():
        size = sum(len(findings) for _, findings in by_check.values())
        if size:
            shown = _shown(by_check, room)
            left_out = size - sum(len(check.findings) for check in shown)
            title, tone = _LEVELS[key]
            levels.append(Level(key, title, tone, size, left_out, shown))
            room = max(_FEWEST, room - size)
    return tuple(levels)


def _shown(by_check: Mapping[str, tuple[Mapping[str, Any], list[Finding]]], room: int) -> tuple[Check, ...]:
    shown = []
    for code, (check, findings) in by_check.items():
        if room <= 0:
            break
        shown.append(_said_once(Check(code, text(check.get("name"), 100), tuple(findings[:room]))))
        room -= len(findings)
    return tuple(shown)


def _said_once(check: Check) -> Check:
    """What two hundred findings would repeat stands once, after them."""
    if len(check.findings) < 2:
        return check
    for member in ("consequence", "hint"):
        found = {getattr(each, member) for each in check.findings}
        if len(found) == 1:
            findings = tuple(replace(each, **{member: ""}) for each in check.findings)
            check = replace(check, findings=findings, **{member: found.pop()})
    return check


def _routes(routes: Sequence[Mapping[str, Any]]) -> Listing:
    """Those that failed first; the rest as the app has them."""
    longest = max((number(route.get("seconds")) for route in routes), default=0.0)
    outcomes = Counter(text(route.get("outcome"), 20) for route in routes)
    summary = ", ".join(f"{outcomes[each]} {each}" for each in _ROUTE_TONES if outcomes[each])
    ordered = sorted(routes, key=lambda route: route.get("outcome") != "failed")
    return Listing([_route(each, longest) for each in ordered[:MOST]], len(routes), summary)


def _route(route: Mapping[str, Any], longest: float) -> Route:
    status, outcome = text(route.get("status"), 12), text(route.get("outcome"), 20)
    return Route(
        method=text(route.get("method"), 20),
        path=text(route.get("path")),
        endpoint=text(route.get("endpoint")),
        status=status,
        outcome=outcome,
        tone=_ROUTE_TONES.get(outcome, "unseen"),
        time=_timed(number(route.get("seconds")), longest) if status else None,
    )


def _timed(seconds: float, longest: float) -> Timed:
    shown = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{min(seconds, 1e9):.2f} s"
    return Timed(shown, f"{100 * seconds / longest:.1f}%" if longest else "0%")


def _settings(settings: Sequence[Mapping[str, Any]]) -> Listing:
    rows = []
    for each in settings[:MOST]:
        where = texts(each.get("where"))
        flags = {name: each.get(name) is True for name in ("required", "secret", "default", "documented")}
        more = max(0, len(where) - _PLACES)
        rows.append(Setting(text(each.get("name")), **flags, where=tuple(where[:_PLACES]), more=more))
    return Listing(rows, len(settings))


def _timings(timings: Mapping[str, Any]) -> Listing:
    taken = {name: number(timings.get(phase)) for phase, name in _PHASES.items()}
    longest = max(taken.values())
    return _listing((name, _timed(seconds, longest)) for name, seconds in taken.items() if seconds)


def _skipped(checks: Sequence[Mapping[str, Any]]) -> Listing:
    """The checks that were not evaluated, by the reason."""
    by_reason: dict[str, Counter[str]] = {}
    for check in checks:
        left_out = check.get("outcome") == "waived" and not check.get("findings")
        if check.get("outcome") == "skipped" or left_out:
            reason = text(check.get("reason")) or ("left out by choice" if left_out else "no reason is given")
            by_reason.setdefault(reason, Counter())[text(check.get("code"), 50)] += 1
    rows = [
        (
            reason,
            [f"{code} ({count})" if count > 1 else code for code, count in codes.most_common(_PLACES * 4)],
        )
        for reason, codes in by_reason.items()
    ]
    return _listing(rows)
