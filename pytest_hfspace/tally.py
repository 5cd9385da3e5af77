"""What a pytest session counts of one Space: its checks, and which were evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .check import Outcome, Result

_GRAVITY: tuple[Outcome, ...] = ("failed", "warned", "noted", "waived", "skipped", "passed")


@dataclass
class Tally:
    """``evaluated``: node ids; ``results`` by code and route."""

    collected: int = 0
    deselected: int = 0
    evaluated: set[str] = field(default_factory=set)
    results: dict[tuple[str, str | None], Result] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Keep it; of two of the same check (``--dist each``) the graver one."""
        known = self.results.setdefault((result.check.code, result.route), result)
        if _GRAVITY.index(result.outcome) < _GRAVITY.index(known.outcome):
            self.results[result.check.code, result.route] = result

    def counts(self) -> dict[str, int]:
        """What a worker of pytest-xdist hands over."""
        return {"collected": self.collected, "deselected": self.deselected}

    def take(self, counts: Mapping[str, Any]) -> None:
        """Every worker collects the same."""
        self.collected = max(self.collected, counts["collected"])
        self.deselected = max(self.deselected, counts["deselected"])

    def partial(self) -> str:
        """How much was evaluated, where that was not everything; else ""."""
        expected = self.collected + self.deselected
        if len(self.evaluated) < expected or not expected:
            return f"{len(self.evaluated)} of {expected} checks were evaluated"
        return ""
