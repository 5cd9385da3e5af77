"""The syntax of waivers: ``HFS802[path or route]: reason (until 2027-01-31)`` in the configuration,
and ``hfspace: waive HFS802 reason (until 2027-01-31)`` in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from ..check import Check
from ..report.text import one_line, printable
from ..settings import matches
from .waiver import Waiver

ORIGIN: Final = "hfspace_waive"

#: Characters of a waiver.  A path has up to 4096 bytes, and nobody writes one.
_LONGEST: Final = 4000

#: Characters of a value that an error quotes.
_QUOTED: Final = 100

_CODE: Final = r"[A-Za-z]+[0-9A-Za-z*?-]*"
_HEADS: Final = (
    # HFS80[12]: digits in brackets belong to the glob, if it means anything with them
    re.compile(rf"(?P<code>{_CODE}(?:\[!?[0-9-]+\][0-9*?]*)+)\s*(?P<rest>[\[:].*)", re.DOTALL),
    re.compile(rf"(?P<code>{_CODE})\s*(?P<rest>[\[:].*)", re.DOTALL),
)
_COMMENT: Final = re.compile(
    rf"\s+(?P<codes>{_CODE}(?:\s*,\s*{_CODE})*)(?P<reason>(?:[\s:\[].*)?)", re.DOTALL
)

_UNTIL: Final = re.compile(r"\(\s*until\b([^()]*)\)\W*\Z", re.IGNORECASE)
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MISPLACED: Final = re.compile(
    r"\(\s*until\W+[0-9][^()]*\)|\buntil\W+[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\W*\Z", re.IGNORECASE
)

_WANTED: Final = "CODE[path or route]: reason (until YYYY-MM-DD), where [...] and (until ...) may be left out"
_WANTED_INLINE: Final = "hfspace: waive CODE reason (until YYYY-MM-DD), where (until ...) may be left out"


def parse(line: str, known: Mapping[str, Check]) -> Waiver:
    """Read a line of the configuration.  ``known``: every check by its code.

    ValueError, in one line, for a malformed line, a check that does not exist, and no date.
    """
    text = line.strip()
    if len(text) > _LONGEST:
        raise ValueError(f"{ORIGIN}: {_quoted(text)} is longer than {_LONGEST} characters")
    try:
        codes, target, rest = _target(text, known)
        reason, until = _reason(rest, text)
    except ValueError as error:
        raise ValueError(f"{ORIGIN}: {error}") from None
    return Waiver(one_line(text), ORIGIN, codes, reason, until, printable(target, keep=""))


def _target(text: str, known: Mapping[str, Check]) -> tuple[frozenset[str], str, str]:
    """The codes, what stands in the brackets, and what follows the colon."""
    heads = [match for match in (head.match(text) for head in _HEADS) if match]
    ways = [(match["code"], parts) for match in heads if (parts := _split(match["rest"]))]
    if not ways:
        raise ValueError(f"{_quoted(text)} should be {_WANTED}")
    name, (target, rest) = next((way for way in ways if _meant(way[0], known)), ways[-1])
    return resolve(name, known), target, rest


def _split(text: str) -> tuple[str, str] | None:
    """The target, "" where there is none, and what follows the colon."""
    if text.startswith(":"):
        return "", text[1:]
    ends = (*_ends(text, nested=True), *_ends(text, nested=False))
    target = text[1 : ends[0][0]].strip() if ends else ""
    return (target, text[ends[0][1] + 1 :]) if target else None


def _ends(text: str, *, nested: bool) -> Iterator[tuple[int, int]]:
    """Where the bracket that the text begins with may be closed, and the colon behind.

    ``nested``: brackets inside, as in "[app/[id].py]:", come in pairs.
    """
    depth = 0
    for match in re.finditer(r"(\[)|\]\s*(:)?", text[1:]):
        if match[1]:
            depth += 1
        elif match[2] and not (nested and depth):
            yield match.start() + 1, match.end()
        else:
            depth = max(0, depth - 1)


def _meant(name: str, known: Mapping[str, Check]) -> frozenset[str]:
    wanted = name.upper()
    return frozenset(
        code for code, check in known.items() if matches(code, (wanted,)) or check.id.upper() == wanted
    )


def resolve(name: str, known: Mapping[str, Check]) -> frozenset[str]:
    """The codes that a code, a glob or an id means; ValueError, which names near ones, for none."""
    codes = _meant(name, known)
    if not codes:
        from ..report.catalogue import did_you_mean

        raise ValueError(f"there is no check {_quoted(name)}{did_you_mean(name[:_QUOTED], known)}")
    return codes


def _reason(text: str, whole: str) -> tuple[str, date | None]:
    """The reason, and the last day."""
    text = one_line(text)
    until = None
    found = _UNTIL.search(text)
    if found:
        until = _day(found[1].strip(" :"))
        text = text[: found.start()].rstrip()
    if _MISPLACED.search(text):
        raise ValueError(f"{_quoted(whole)} should end with its only date, as in (until 2027-01-31)")
    if not re.search(r"\w", text):
        raise ValueError(f"{_quoted(whole)} has no reason: say why")
    return text, until


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise ValueError(f"{_quoted(text)} is not a day such as 2027-01-31")


@dataclass(frozen=True)
class Directive:
    """What a comment says: the codes of one name, and why."""

    text: str
    codes: frozenset[str]
    reason: str
    until: date | None


def parse_comment(text: str, known: Mapping[str, Check]) -> tuple[Directive, ...]:
    """Read what follows ``hfspace: waive`` in a comment: one directive for each of its codes.

    ValueError, in one line, as for :func:`parse`.
    """
    shown = one_line(f"hfspace: waive{text}")
    if len(text) > _LONGEST:
        raise ValueError(f"{_quoted(shown)} is longer than {_LONGEST} characters")
    found = _COMMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{_quoted(shown)} should be {_WANTED_INLINE}")
    if found["reason"].startswith("["):
        raise ValueError(f"{_quoted(shown)} should be {_WANTED_INLINE}: it stands beside what it is about")
    names = [name.strip() for name in found["codes"].split(",")]
    meant = [(name, resolve(name, known)) for name in names]
    reason, until = _reason(found["reason"].strip().lstrip(":- "), shown)
    rest = one_line(found["reason"])
    return tuple(Directive(f"hfspace: waive {name} {rest}", codes, reason, until) for name, codes in meant)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")
