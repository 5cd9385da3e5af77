"""What a check is, what it finds, and how checks are evaluated.  Knows nothing of pytest.

A check is a small function from facts to findings.  Its parameters name the facts that it needs
(under pytest they are fixtures of the same names); it yields :class:`Finding` objects, or raises
:class:`Skip` where its evidence is missing.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from .contract import FIRST, Stage

Level = Literal["error", "warn", "note"]
Outcome = Literal["passed", "failed", "warned", "noted", "skipped", "waived"]
CheckFunction = Callable[..., Iterable["Finding"]]

_OUTCOMES: tuple[tuple[Level, Outcome], ...] = (
    ("error", "failed"),
    ("warn", "warned"),
    ("note", "noted"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, said so that it can be put right without further reading.

    ``message``: one line, with the value seen and the value wanted.  ``hint``: what to do.
    ``path`` and ``line``: where, from the Space's root; "" where no file is to blame.
    ``level``, ``consequence`` and ``predicts`` override those of the check where a case differs.
    ``waived``: why the user lives with it; "" for a finding that counts.
    """

    message: str
    hint: str
    path: str = ""
    line: int | None = None
    level: Level | None = None
    consequence: str = ""
    predicts: Stage | None = None
    waived: str = ""


class Skip(Exception):
    """Raised by a check that cannot see its evidence; the text says why."""


class NotApplicable(Skip):
    """Raised by a check of something that this Space does not have: nothing is missing."""


@dataclass(frozen=True)
class Check:
    """An entry of the catalogue.

    ``predicts``: the stage that the Hub would show if an error is found.  ``consequence``: what
    that means for the people who use the Space, in one sentence.  ``needs``: codes of the checks
    without whose success this one has nothing to look at.  ``each``: evaluated once for every
    ("route" or "websocket") instead of once; ``apart``: each of them is a test of its own.
    ``starts``: names of the further starts, in another environment, that it looks at (see
    ``rehearsal.facts.Variant``).  ``since``: the month of the contract that it came with.
    """

    code: str
    name: str
    level: Level
    predicts: Stage
    consequence: str
    function: CheckFunction
    needs: tuple[str, ...] = ()
    each: Literal["route", "websocket"] | None = None
    starts: tuple[str, ...] = ()
    since: str = FIRST
    apart: bool = False

    @property
    def id(self) -> str:
        """Code and name, as items and reports show it."""
        return f"{self.code}-{self.name}"

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts that the function asks for."""
        return tuple(inspect.signature(self.function).parameters)


def check(
    code: str,
    name: str,
    *,
    level: Level,
    predicts: Stage,
    consequence: str,
    needs: tuple[str, ...] = (),
    each: Literal["route", "websocket"] | None = None,
    starts: tuple[str, ...] = (),
    since: str = FIRST,
    apart: bool = False,
) -> Callable[[CheckFunction], Check]:
    """Turn a function from facts to findings into an entry of the catalogue."""

    def decorate(function: CheckFunction) -> Check:
        return Check(code, name, level, predicts, consequence, function, needs, each, starts, since, apart)

    return decorate


@dataclass(frozen=True)
class Result:
    """What became of one check (of one route, for a check of each)."""

    check: Check
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    route: str | None = None
    seconds: float = 0.0
    applicable: bool = True

    @property
    def predicts(self) -> Stage:
        """The earliest stage that one of its errors predicts; without errors, the check's."""
        order = list(Stage)
        errors = [
            finding.predicts or self.check.predicts
            for finding in self.findings
            if finding.level == "error" and not finding.waived
        ]
        return min(errors, key=order.index, default=self.check.predicts)


@dataclass
class Examination:
    """Evaluates checks over facts, and remembers the results.

    A check whose prerequisite found an error, or was skipped, is skipped: one cause, one finding.
    """

    catalogue: Mapping[str, Check]
    results: dict[tuple[str, str | None], Result] = field(default_factory=dict)

    def examine(self, check: Check, facts: Mapping[str, Any], route: str | None = None) -> Result:
        """Evaluate one check; a second call with the same route gives the same result."""
        key = (check.code, route)
        if key not in self.results:
            result = self.blocked(check, facts) or evaluate(check, facts)
            self.results[key] = replace(result, route=route)
        return self.results[key]

    def blocked(self, check: Check, facts: Mapping[str, Any]) -> Result | None:
        """The skipped result of a check that a prerequisite keeps from being evaluated."""
        for code in check.needs:
            needed = self.catalogue.get(code)
            if needed is None:
                continue
            result = self.examine(needed, facts)
            if result.outcome == "failed":
                return Result(check, "skipped", reason=f"needs {code}")
            if result.outcome == "skipped":
                return Result(check, "skipped", reason=result.reason, applicable=result.applicable)
        return None


def evaluate(check: Check, facts: Mapping[str, Any]) -> Result:
    """Call the check's function with the facts that it asks for, whatever its prerequisites."""
    started = time.perf_counter()
    try:
        found = tuple(check.function(**{name: facts[name] for name in check.facts}))
    except Skip as skip:
        return Result(
            check,
            "skipped",
            reason=str(skip),
            applicable=not isinstance(skip, NotApplicable),
            seconds=time.perf_counter() - started,
        )
    findings = tuple(
        replace(
            finding,
            level=finding.level or check.level,
            consequence=finding.consequence or check.consequence,
        )
        for finding in found
    )
    return Result(check, outcome_of(findings), findings, seconds=time.perf_counter() - started)


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """What the findings that count make of a check; "waived" where all that there are do not."""
    found = tuple(findings)
    levels = {finding.level for finding in found if not finding.waived}
    rest: Outcome = "waived" if found and not levels else "passed"
    return next((outcome for level, outcome in _OUTCOMES if level in levels), rest)


def predicted_stage(results: Iterable[Result]) -> Stage:
    """The earliest stage that a finding of level error predicts; RUNNING if there is none."""
    order = list(Stage)
    failed = [order.index(result.predicts) for result in results if result.outcome == "failed"]
    return order[min(failed)] if failed else Stage.RUNNING
