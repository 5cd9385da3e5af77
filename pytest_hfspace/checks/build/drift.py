"""Adds to what fails in a fresh build only, by which difference to this environment it came about."""

from __future__ import annotations

from dataclasses import replace

from ...check import Finding, Result
from ...rehearsal.drift import Change, Drift
from ...rehearsal.facts import Raised, Rehearsal
from ...space import Space
from ..causes import failure_code

_HERE = "it does not happen in this environment"


def with_drift(result: Result, drift: Drift, space: Space, rehearsal: Rehearsal) -> Result:
    """The same result; where the fresh build alone is to blame, its findings say so."""
    if result.outcome not in ("failed", "warned"):
        return result
    raised: Raised | None = None
    if drift.start and result.check.code == failure_code(space, rehearsal):
        raised = rehearsal.failure.raised if rehearsal.failure else None
    elif result.route in drift.routes:
        raised = next((visit.raised for visit in rehearsal.of(result.route or "") if visit.raised), None)
    else:
        return result
    suspects = drift.suspects(raised)
    return replace(result, findings=tuple(_named(finding, suspects, space) for finding in result.findings))


def _named(finding: Finding, suspects: tuple[Change, ...], space: Space) -> Finding:
    if not suspects:
        return replace(finding, message=f"{finding.message}; drift: {_HERE}")
    drift = ", ".join(map(str, suspects))
    return replace(
        finding,
        message=f"{finding.message}; drift: {drift}",
        hint=f"{_HERE}: {_remedy(suspects[0], space)}; or: {finding.hint}",
    )


def _remedy(change: Change, space: Space) -> str:
    declared = next((each for each in space.requirements.declared if each.name == change.name), None)
    place = declared.path if declared and declared.path else "requirements.txt"
    if not change.here:
        return f"leave {change.name} out of {place}"
    verb = "add" if not change.there or declared is None else "write"
    return f"{verb} {change.name}=={change.here} in {place}"
