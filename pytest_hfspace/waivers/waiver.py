"""A waiver, and which findings it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from ..check import Finding, Result
from ..report.text import printable


@dataclass(frozen=True)
class Waiver:
    """One check, or a family of checks, whose findings do not count, and why.

    ``text``: as the user wrote it; ``origin``: where ("hfspace_waive", "main.py:12"); ``codes``: those
    that it means; ``until``: the last day on which it holds.  ``target``: a path or route, literally
    or as a glob; "" for all.  A comment has the ``path`` of its file and the ``lines`` that it is
    about instead; ``foreign`` says that the file belongs to a Space inside this one, whose own run
    judges it.  ``problem``: why it cannot be read; it means nothing then.
    """

    text: str
    origin: str
    codes: frozenset[str] = frozenset()
    reason: str = ""
    until: date | None = None
    target: str = ""
    path: str = ""
    lines: range | None = None
    foreign: bool = False
    problem: str = ""

    @property
    def says(self) -> str:
        """What a waived finding says of it: "our proxy does that (hfspace_waive, until 2027-01-31)"."""
        end = f", until {self.until}" if self.until else ""
        return f"{self.reason} ({self.origin}{end})"

    def expired(self, today: date) -> bool:
        """Is its last day over?"""
        return self.until is not None and self.until < today

    def covers(self, result: Result, finding: Finding, prefix: str = "") -> bool:
        """Does it mean this finding?  ``prefix``: of the Space, from the top of the checkout."""
        if result.check.code not in self.codes:
            return False
        if self.lines is not None:
            return finding.line in self.lines and printable(finding.path, keep="") == self.path
        places = tuple(_places(result, finding, prefix))
        is_named = self.target in places or any(fnmatchcase(place, self.target) for place in places)
        return not self.target or is_named

    def redacted(self, redact: Callable[[str], str]) -> Waiver:
        """The same for results in which the values of secrets were replaced."""
        return replace(
            self,
            text=redact(self.text),
            origin=redact(self.origin),
            reason=redact(self.reason),
            target=redact(self.target),
            path=redact(self.path),
            problem=redact(self.problem),
        )


def _places(result: Result, finding: Finding, prefix: str) -> Iterator[str]:
    """What a target may name: the file, from both tops, and the route with or without its method."""
    if finding.path:
        yield printable(finding.path, keep="")
        yield printable(prefix + finding.path, keep="")
    if result.route:
        label = printable(result.route, keep="")
        yield label
        yield label[label.find(" ") + 1 :]
