"""The six steps of a deployment, and how far the results say that it gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...check import Result
from ...contract import Stage
from .. import Report

State = Literal["failed", "warned", "waived", "passed", "unseen", "absent"]

STEPS = ("push", "configure", "build", "start", "serve", "stop")

#: Where a finding bites: by the stage that it predicts, else by the family of its check.
_OF_STAGE = {
    Stage.PUSH_REJECTED: "push",
    Stage.CONFIG_ERROR: "configure",
    Stage.NO_APP_FILE: "configure",
    Stage.BUILD_ERROR: "build",
    Stage.RUNTIME_ERROR: "start",
    Stage.APP_STARTING: "start",
}
_OF_FAMILY = {
    "HFS1": "configure",
    "HFS2": "push",
    "HFS3": "build",
    "HFS4": "start",
    "HFS5": "serve",
    "HFS6": "serve",
    "HFS7": "start",
    "HFS8": "serve",
}
#: What happens when the Space stops and comes back; the rest of the family happens while it serves.
_OF_STOPPING = frozenset({"HFS802", "HFS806", "HFS807", "HFS808"})


@dataclass(frozen=True)
class Step:
    """A step: ``outcomes`` says how many results had which; ``reached`` whether the Hub gets there."""

    name: str
    state: State
    outcomes: Counter[str]
    reached: bool


def pipeline(report: Report) -> list[Step]:
    """All six, in order."""
    by_step: dict[str, list[Result]] = {name: [] for name in STEPS}
    for result in report.results:
        # a check that the user leaves out has no findings: nothing was looked at
        if result.outcome != "waived" or result.findings:
            by_step[_step(result)].append(result)
    ends = _ends(report)
    steps, reached = [], True
    for name, results in by_step.items():
        outcomes: Counter[str] = Counter(result.outcome for result in results if result.applicable)
        steps.append(Step(name, _state(name, results, report), outcomes, reached))
        reached = reached and name not in ends
    return steps


def _ends(report: Report) -> set[str]:
    """The steps at which the Hub stops, by the predicted stage."""
    stage = report.stage
    if stage in (None, Stage.RUNNING, Stage.PAUSED):
        return set()
    return {_step(result) for result in report.blamed if result.predicts is stage}


def _step(result: Result) -> str:
    """A finding counts where it bites, a check that found nothing where its family belongs."""
    code, stage = result.check.code, result.predicts
    if code in _OF_STOPPING:
        return "stop"
    bites, family = _OF_STAGE.get(stage), _OF_FAMILY.get(code[:4])
    return (bites or family if result.findings else family or bites) or "serve"


def _state(name: str, results: Sequence[Result], report: Report) -> State:
    outcomes = {result.outcome for result in results}
    if "failed" in outcomes:
        return "failed"
    if "warned" in outcomes:
        return "warned"
    if results and not any(result.applicable for result in results):
        return "absent"
    if not outcomes - {"skipped"} or not _was_run(name, report):
        return "unseen"
    return "waived" if "waived" in outcomes else "passed"


def _was_run(name: str, report: Report) -> bool:
    """Reading the files alone does not show that the app starts, serves or stops."""
    evidence = report.evidence
    if evidence.space.get("sdk") == "static":
        return True
    if name == "start":
        return evidence.rehearsed
    return evidence.served or name not in ("serve", "stop")
