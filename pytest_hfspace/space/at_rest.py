"""The facts at rest beyond the Space itself: each is gathered once, when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from . import Space

__all__ = ["AT_REST", "AtRest"]


def _reader(fact: str) -> Callable[[Space], Any]:
    """``read_sources`` of ``sources``, loaded when it is called: the app starts before."""

    def read(space: Space) -> Any:
        return getattr(import_module(f".{fact}", __package__), f"read_{fact}")(space)

    return read


#: By the name of the fixture.
AT_REST: Final[Mapping[str, Callable[[Space], Any]]] = {
    f"space_{fact}": _reader(fact) for fact in ("sources", "history", "secrets", "deployments")
}

#: Waits for git rather than works: gathered beside the others.
_BESIDE: Final = "space_history"


class AtRest(Mapping[str, Any]):
    """``space`` and the facts of it, by the names of their fixtures."""

    def __init__(self, space: Space) -> None:
        self._known: dict[str, Any] = {"space": space}
        self._beside: threading.Thread | None = None

    def begin(self) -> None:
        """Have git asked while something else is done."""
        if self._beside is None and _BESIDE not in self._known:
            # what it raises is raised again where the fact is asked for
            self._beside = threading.Thread(target=self._try, name="hfspace-git", daemon=True)
            self._beside.start()

    def __getitem__(self, name: str) -> Any:
        if name == _BESIDE and self._beside is not None:
            self._beside.join()
        if name not in self._known:
            self._known[name] = AT_REST[name](self._known["space"])
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name == "space" or name in AT_REST

    def __iter__(self) -> Iterator[str]:
        return iter(("space", *AT_REST))

    def __len__(self) -> int:
        return 1 + len(AT_REST)

    def _try(self) -> None:
        try:
            self._known[_BESIDE] = AT_REST[_BESIDE](self._known["space"])
        except Exception:  # noqa: BLE001 - asked for again, it is raised where somebody sees it
            return
