"""What waivers make of results, and what results tell of waivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..check import Finding, Result, outcome_of
from ..report import WaiverUse, unevaluated
from .waiver import Waiver

UNUSED: Final = "matches nothing: remove it"


@dataclass(frozen=True)
class Examined:
    """What a run found in one Space.

    ``results``: as they are reported; ``prefix``: of the Space, from the top of the checkout;
    ``inline``: the waivers in its files; ``all_routes``: no route was left out of the run.
    """

    results: tuple[Result, ...]
    prefix: str = ""
    inline: tuple[Waiver, ...] = ()
    all_routes: bool = True


def apply(result: Result, waivers: Iterable[Waiver], today: date, prefix: str = "") -> Result:
    """The result without what the user lives with: such findings say why, and do not count."""
    live = [w for w in waivers if result.check.code in w.codes and not w.expired(today)]
    if not live:
        return result
    return settled(result, (_waived(result, finding, live, prefix) for finding in result.findings))


def _waived(result: Result, finding: Finding, waivers: Iterable[Waiver], prefix: str) -> Finding:
    if finding.waived:
        return finding
    says = next((waiver.says for waiver in waivers if waiver.covers(result, finding, prefix)), "")
    return replace(finding, waived=says) if says else finding


def settled(result: Result, findings: Iterable[Finding]) -> Result:
    """The result with these findings; the outcome is what those make of it that still count."""
    found = tuple(findings)
    if found == result.findings:
        return result
    outcome = outcome_of(found)
    reason = _reasons(found) if outcome == "waived" else result.reason
    return replace(result, findings=found, outcome=outcome, reason=reason)


def _reasons(findings: Iterable[Finding]) -> str:
    first, *more = dict.fromkeys(finding.waived for finding in findings)
    return f"{first} (and {len(more)} more)" if more else first


def uses(waivers: Iterable[Waiver], spaces: Sequence[Examined], today: date) -> tuple[WaiverUse, ...]:
    """What became of each waiver of a run: ``waivers``, which hold in all Spaces, and those in files.

    One that means nothing is a problem only if every check was evaluated that it could mean.
    """
    everywhere = [_use(waiver, spaces, today) for waiver in waivers]
    in_files = [
        _use(waiver, [space], today)
        for space in spaces
        for waiver in space.inline
        if not waiver.foreign or _count(waiver, [space])
    ]
    return (*everywhere, *in_files)


def _use(waiver: Waiver, spaces: Sequence[Examined], today: date) -> WaiverUse:
    expired = waiver.expired(today)
    used = 0 if expired else _count(waiver, spaces)
    problem = waiver.problem
    if expired:
        problem = f"expired on {waiver.until}"
    elif not problem and not used and was_evaluated(waiver.codes, spaces):
        problem = UNUSED
    until = waiver.until.isoformat() if waiver.until else ""
    return WaiverUse(waiver.text, waiver.origin, waiver.reason, until, used, problem)


def _count(waiver: Waiver, spaces: Iterable[Examined]) -> int:
    return sum(
        waiver.covers(result, finding, space.prefix)
        for space in spaces
        for result in space.results
        for finding in result.findings
    )


def was_evaluated(codes: Collection[str], spaces: Iterable[Examined]) -> bool:
    """Was each of these checks evaluated, in every Space and for every route?"""
    found: list[Result] = []
    for space in spaces:
        results = [result for result in space.results if result.check.code in codes]
        if {result.check.code for result in results} != set(codes):
            return False
        if not space.all_routes and any(result.check.each for result in results):
            return False
        found += results
    return conclusive(found)


def conclusive(results: Collection[Result]) -> bool:
    """Has a check looked, and was none kept from it?  One that does not apply is no obstacle."""
    looked = [looked_at(result) for result in results]
    return any(looked) and all(
        there or not result.applicable for there, result in zip(looked, results, strict=True)
    )


def looked_at(result: Result) -> bool:
    """Did the check look?  Not if it was skipped, left out, or has a defect itself."""
    if result.outcome == "skipped" or (result.outcome == "waived" and not result.findings):
        return False
    return not any(f.message.startswith(unevaluated(result.check)) for f in result.findings)


def counting(result: Result) -> Iterator[Finding]:
    """The findings that could fail a run."""
    return (finding for finding in result.findings if finding.level in ("error", "warn"))
