"""Searching one text for credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ..secret_names import is_secret_name
from .rules import GROUPS, Probe, Rule

#: A file with more is a list of something; the first ones are what a reader can act on.
_MOST: Final = 200

#: Matches of one rule that are looked at twice.
_MOST_MATCHES: Final = 2000

#: Characters of a line, before a value, in which the name is looked for that it is assigned to.
_BEFORE: Final = 160

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,60}")
_ESCAPED: Final = re.compile(r"(?:\\[nrt]|%[0-9A-Fa-f]{2}|\x1b\[\d*m)\Z")
_WORD: Final = re.compile(r"[A-Za-z0-9_-]")
_IN_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{24}\Z")

#: They say what it is, not whose.
_GENERAL: Final = frozenset(
    {
        "ACCESS_KEY", "ACCESS_TOKEN", "API_KEY", "API_TOKEN", "AUTH_TOKEN", "AUTHTOKEN", "APIKEY", "PASSWORD",
        "SECRET", "SECRET_KEY", "TOKEN", "USE_AUTH_TOKEN", "PRIVATE_KEY", "MY_TOKEN", "MY_KEY", "MY_SECRET",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """A credential in a text: the rule that found it, the value, where it starts, and its line."""

    rule: Rule
    start: int
    line: int
    setting: str
    value: str = field(repr=False)


def worth_reading(content: bytes) -> tuple[Rule, ...]:
    """The rules of which a probe is found.  For nearly every file there are none."""
    found: list[Rule] = []
    for group in GROUPS:
        if group.gate is None or group.gate.search(content):
            found += [rule for rule in group.rules if _has(content, rule.probe)]
    return tuple(found)


def _has(content: bytes, probe: Probe) -> bool:
    return probe in content if isinstance(probe, bytes) else probe.search(content) is not None


def scan(text: str, rules: tuple[Rule, ...]) -> list[Hit]:
    """What these rules find, in the order of the text; where two find the same, the first does."""
    taken: list[tuple[int, int]] = []
    hits: list[Hit] = []
    for rule in rules:
        for start, value in _matches(rule, text):
            end = start + len(value)
            if any(start < other_end and other < end for other, other_end in taken):
                continue
            taken.append((start, end))
            hits.append(Hit(rule, start, _line(text, start), _setting(text, start, rule), value))
            if len(hits) >= _MOST:
                break
    return sorted(hits, key=lambda hit: hit.start)[:_MOST]


def _matches(rule: Rule, text: str) -> Iterator[tuple[int, str]]:
    for match in islice(rule.matches(text), _MOST_MATCHES):
        if rule.free or _begins(text, match.start()):
            found = rule.look(match)
            if found is not None:
                yield found


def _begins(text: str, start: int) -> bool:
    """May a value start here, or is it the rest of a word or of something encoded?"""
    before = text[max(0, start - 25) : start]
    last = before[-1:]
    if last in ("+", "/"):
        return _IN_BASE64.search(before[:-1]) is None
    return _WORD.fullmatch(last) is None or _ESCAPED.search(before) is not None


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def _setting(text: str, start: int, rule: Rule) -> str:
    """The variable that a value should be read from: the name that it is assigned to here, or the
    usual one."""
    line = text.rfind("\n", max(0, start - _BEFORE), start) + 1
    names = [name.upper() for name in _NAME.findall(text, max(line, start - _BEFORE), start)]
    named = (
        name for name in reversed(names) if is_secret_name(name) and name not in _GENERAL and "_" in name
    )
    return next(named, rule.setting)
