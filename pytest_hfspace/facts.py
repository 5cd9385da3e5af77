"""The facts of a run by the names of their fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .space.at_rest import AtRest

if TYPE_CHECKING:
    from .rehearsal.facts import Route


class Facts(Mapping[str, Any]):
    """Every fact by the name of its fixture; each is gathered when it is first asked for.

    ``live``: what has to be waited for; ``others``: what there is besides the facts.
    """

    def __init__(
        self, at_rest: AtRest, live: Mapping[str, Callable[[], Any]], others: Mapping[str, Any]
    ) -> None:
        self.at_rest = at_rest
        self._live = live
        self._others = others

    def of(self, route: Route | None, others: Mapping[str, Any]) -> Facts:
        """The same facts for the check of a route."""
        return Facts(self.at_rest, {**self._live, "space_route": lambda: route}, others)

    def __getitem__(self, name: str) -> Any:
        if name in self._live:
            return self._live[name]()
        return self.at_rest[name] if name in self.at_rest else self._others[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.at_rest, *self._live))

    def __len__(self) -> int:
        return len(self.at_rest) + len(self._live)
