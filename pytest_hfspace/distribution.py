"""How pytest-xdist shares out a readiness run: the checks of a Space together, else as asked for."""

from __future__ import annotations

from typing import Any

import pytest

_CHECKS = "hfspace::"


def scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler of pytest-xdist's; None where each worker is to run everything."""
    from xdist import scheduler

    bases: dict[str, Any] = {
        "load": scheduler.LoadScopeScheduling,
        "worksteal": scheduler.LoadScopeScheduling,
        "loadscope": scheduler.LoadScopeScheduling,
        "loadfile": scheduler.LoadFileScheduling,
        "loadgroup": scheduler.LoadGroupScheduling,
    }
    base: Any = bases.get(config.option.dist)
    if base is None:
        return None
    one_by_one = config.option.dist in ("load", "worksteal")

    class OneSpaceOneWorker(base):  # type: ignore[misc]  # pytest-xdist's class is Any
        """Whoever rehearses a Space evaluates all of its checks."""

        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(_CHECKS):
                return nodeid.rpartition("::")[0]
            return nodeid if one_by_one else str(super()._split_scope(nodeid))

        def remove_node(self, node: Any) -> str | None:
            """The test that ended its worker is not run again: pytest-xdist's own scheduler of scopes
            would let it end one after the other, and rehearse the Space each time."""
            units = self.assigned_work.pop(node).values()
            ended: str | None = next(
                (test for unit in units for test, done in unit.items() if not done), None
            )
            if ended is None:
                return None
            for unit in units:
                if ended in unit:
                    unit[ended] = True
                if not all(unit.values()):
                    self.workqueue[self._split_scope(next(iter(unit)))] = unit
            for other in self.assigned_work:
                self._reschedule(other)
            return ended

    return OneSpaceOneWorker(config, log)
