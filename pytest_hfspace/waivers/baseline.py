"""The findings of a day, kept in a file, so that only new ones fail."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ..check import Finding, Result
from ..report import Report, WaiverUse
from ..report.fingerprint import fingerprint
from ..report.text import one_line
from .judging import Examined, conclusive, counting, settled

SCHEMA: Final = 1
REASON: Final = "in the baseline"

#: Bytes: some hundred thousand findings.
_LARGEST: Final = 64 << 20

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, order=True)
class Entry:
    """Findings that are the same but for their lines: what they are, and how many.

    ``space``: the prefix of the Space; ``fingerprint`` decides, the rest is there to be read.
    """

    space: str
    code: str
    route: str
    path: str
    message: str
    fingerprint: str
    count: int


@dataclass(frozen=True)
class Baseline:
    """The entries of a file, and its name.  ``written_now``: the file is still to be written, and
    every finding is in it."""

    entries: tuple[Entry, ...] = ()
    origin: str = ""
    written_now: bool = False

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """The file.  ValueError, in one line, if it is not one, or cannot be read."""
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except OSError as error:
            raise ValueError(f"{path.name!r} cannot be read: {error.strerror}") from None
        try:
            return cls(_entries(content), path.name)
        except UnicodeDecodeError:
            reason = "it is not UTF-8"
        except RecursionError:
            reason = "it is nested too deeply"
        except ValueError as error:
            reason = one_line(str(error))
        raise ValueError(f"{path.name!r} is no baseline: {reason}")

    @classmethod
    def everything(cls) -> Baseline:
        """One that is still to be written: all that a run finds is in it."""
        return cls(written_now=True)

    @cached_property
    def _counts(self) -> dict[tuple[str, str], int]:
        return {(entry.space, entry.fingerprint): entry.count for entry in self.entries}

    def apply(self, result: Result, prefix: str = "") -> Result:
        """The result without the findings that are known: of equal ones the first, as many as there
        were.  Those that are waived already are left alone."""
        left: dict[str, int] = {}
        findings: list[Finding] = []
        for finding in result.findings:
            known = False
            if finding.level in ("error", "warn") and not finding.waived:
                digits = fingerprint(result, finding)
                left.setdefault(digits, self._counts.get((prefix, digits), 0))
                known = self.written_now or left[digits] > 0
                left[digits] -= 1
            findings.append(replace(finding, waived=REASON) if known else finding)
        return settled(result, findings)

    def stale(self, spaces: Iterable[Examined]) -> tuple[WaiverUse, ...]:
        """The entries that no longer occur, wholly or in part, in a check that was evaluated."""
        by_prefix: dict[str, list[Examined]] = {}
        for space in spaces:
            by_prefix.setdefault(space.prefix, []).append(space)
        there = {
            prefix: Counter(
                fingerprint(result, finding)
                for space in those
                for result in space.results
                for finding in counting(result)
            )
            for prefix, those in by_prefix.items()
        }
        return tuple(
            self._gone(entry, there[entry.space][entry.fingerprint])
            for entry in self.entries
            if entry.space in there
            and there[entry.space][entry.fingerprint] < entry.count
            and _was_examined(entry, by_prefix[entry.space])
        )

    def _gone(self, entry: Entry, there: int) -> WaiverUse:
        where = " ".join(part for part in (entry.code, entry.route, entry.space + entry.path) if part)
        gone = entry.count - there
        part = f", {gone} of {entry.count}" if there else ""
        problem = f"is gone{part}: remove the file and write it anew, or lower the entry's count"
        if not there:
            problem = "is gone: remove the entry, or the file and write it anew"
        return WaiverUse(
            one_line(f"{where}: {entry.message}"), self.origin, REASON, used=there, problem=problem
        )


def _was_examined(entry: Entry, spaces: Iterable[Examined]) -> bool:
    """Was the check evaluated that would have found it, for its route where that still exists?"""
    for space in spaces:
        results = [result for result in space.results if result.check.code == entry.code]
        of_route = [result for result in results if (result.route or "") == entry.route]
        if not of_route and not space.all_routes:
            return False
        if not conclusive(of_route or results):
            return False
    return True


def write(path: Path, reports: Sequence[Report]) -> str:
    """Write the errors and warnings that count; what comes back is why that was not possible, or ""."""
    partial = next((report.partial for report in reports if report.partial), "")
    if partial:
        return f"{path.name} is not written: {partial}"
    entries = [{**asdict(entry), "route": entry.route or None} for entry in _counted(reports)]
    text = json.dumps({"schema": SCHEMA, "findings": entries}, indent=1, ensure_ascii=False) + "\n"
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(text.encode())
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        return f"{path.name} cannot be written: {error.strerror}"
    return ""


def _counted(reports: Iterable[Report]) -> list[Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    for report in reports:
        space = one_line(report.evidence.prefix)
        for result in report.results:
            for finding in counting(result):
                if finding.waived not in ("", REASON):
                    continue
                key = (space, fingerprint(result, finding))
                known = entries.get(key) or _entry_of(space, result, finding, key[1])
                entries[key] = replace(known, count=known.count + 1)
    return sorted(entries.values())


def _entry_of(space: str, result: Result, finding: Finding, digits: str) -> Entry:
    route, path, message = (one_line(text) for text in (result.route or "", finding.path, finding.message))
    return Entry(space, result.check.code, route, path, message, digits, 0)


def _entries(content: bytes) -> tuple[Entry, ...]:
    if len(content) > _LARGEST:
        raise ValueError("it is too large")
    data = json.loads(content.decode("utf-8-sig"))
    if not isinstance(data, dict) or "schema" not in data or not isinstance(data.get("findings"), list):
        raise ValueError('it should be {"schema": 1, "findings": [...]}')
    if data["schema"] != SCHEMA or isinstance(data["schema"], bool):
        raise ValueError(f"its schema is {data['schema']!r:.40}, this version reads {SCHEMA}")
    entries = tuple(_entry(number, found) for number, found in enumerate(data["findings"], 1))
    twice = Counter((entry.space, entry.fingerprint) for entry in entries).most_common(1)
    if twice and twice[0][1] > 1:
        raise ValueError(f"finding {twice[0][0][1]} stands there twice: add up their counts in one")
    return entries


def _entry(number: int, found: Any) -> Entry:
    names = tuple(Entry.__dataclass_fields__)
    if not isinstance(found, dict) or set(found) != set(names):
        raise ValueError(f"finding {number} should have {', '.join(names)}")
    values = {**found, "route": "" if found["route"] is None else found["route"]}
    wrong = next((name for name in names[:-1] if not isinstance(values[name], str)), "")
    if wrong:
        raise ValueError(f"finding {number}: {wrong} should be text, not {values[wrong]!r:.40}")
    if not _FINGERPRINT.fullmatch(values["fingerprint"]):
        raise ValueError(f"finding {number}: {values['fingerprint']!r:.40} is no fingerprint")
    if type(values["count"]) is not int or values["count"] < 1:
        raise ValueError(
            f"finding {number}: count should be a whole number from 1, not {values['count']!r:.40}"
        )
    return Entry(**values)
