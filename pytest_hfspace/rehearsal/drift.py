"""What fails in a fresh build and not in this environment, and which packages differ."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..space.requirement_lines import normalised
from .facts import Raised, Rehearsal, chain

#: The first are those that a reader can act on.
_MOST_NAMED = 3
#: They differ nearly always, and no app imports them.
_INSTALLERS = frozenset({"pip", "uv", "wheel"})
_SPOKEN_OF = re.compile(
    r"No module named '?([\w.]+)|\b(?:module|package) '([\w.]+)'|(?:install|require[sd]?):? [`'\"]?([\w.-]+)"
)


class Change(NamedTuple):
    """A distribution that is another here (``here``, a version) than in the fresh build
    (``there``); "" where it is not installed."""

    name: str
    here: str
    there: str

    def __str__(self) -> str:
        if not self.there:
            return f"{self.name} {self.here} is installed here, and not in the fresh build"
        if not self.here:
            return f"the fresh build has {self.name} {self.there}, which is not installed here"
        return f"the fresh build has {self.name} {self.there}, here it is {self.here}"


class Drift(NamedTuple):
    """``start``: the start fails there only.  ``routes``: labels of routes that raise there only.
    ``changes``: every distribution that differs, declared ones first; ``modules``: the distribution
    of a top-level module."""

    start: bool
    routes: frozenset[str]
    changes: tuple[Change, ...]
    modules: Mapping[str, str]

    def suspects(self, raised: Raised | None) -> tuple[Change, ...]:
        """The changes that an exception points to, the likeliest first; of many none stands out."""
        by_name = {change.name: change for change in self.changes}
        named = dict.fromkeys(self._names(raised))
        found = [by_name[name] for name in named if name in by_name]
        other = [change for change in self.changes if change.here and change.there]
        return tuple(found[:1] or (other if len(other) <= _MOST_NAMED else ()))

    def _names(self, raised: Raised | None) -> Iterator[str]:
        """Distributions that an exception speaks of: what is missing, who was called, who raised."""
        links = chain(raised)
        for link in links:
            for match in _SPOKEN_OF.finditer(link.message):
                yield self._distribution(match[1] or match[2] or match[3])
        for link in links:
            for module in (*link.libraries, *(kind.partition(".")[0] for kind in link.kinds)):
                yield self._distribution(module)

    def _distribution(self, module: str) -> str:
        top = module.partition(".")[0]
        return self.modules.get(top, normalised(top))


def drift_between(
    fresh: Rehearsal, usual: Rehearsal, there: Mapping[str, str], declared: frozenset[str]
) -> Drift | None:
    """Compare two rehearsals of one Space.  ``there``: the fresh build's packages by normalised name;
    ``declared``: the names that the Space declares.  None where nothing fails there alone, or
    where this environment cannot tell."""
    if fresh.impossible or usual.impossible:
        return None
    start = fresh.failure is not None and usual.served
    routes = frozenset(_raising(fresh) - _raising(usual)) if fresh.served and usual.served else frozenset()
    here, modules = _installed()
    changes = tuple(
        Change(name, here.get(name, ""), there.get(name, ""))
        for name in sorted(here.keys() | there.keys(), key=lambda name: (name not in declared, name))
        if here.get(name) != there.get(name) and name not in _INSTALLERS
    )
    return Drift(start, routes, changes, modules) if changes and (start or routes) else None


def troubled(rehearsal: Rehearsal) -> bool:
    """Is there anything that another environment may not show?"""
    return not rehearsal.impossible and (rehearsal.failure is not None or bool(_raising(rehearsal)))


def _raising(rehearsal: Rehearsal) -> set[str]:
    return {visit.route for visit in rehearsal.visits if visit.raised is not None}


def _installed() -> tuple[dict[str, str], dict[str, str]]:
    """The packages of this interpreter, and which of them a top-level module comes from."""
    here = {
        normalised(distribution.metadata["Name"]): distribution.version
        for distribution in importlib.metadata.distributions()
        if distribution.metadata["Name"]
    }
    modules = {
        module: normalised(names[0]) for module, names in importlib.metadata.packages_distributions().items()
    }
    return here, modules
