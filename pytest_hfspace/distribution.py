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

    return OneSpaceOneWorker(config, log)
