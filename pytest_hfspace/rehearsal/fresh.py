"""A rehearsal in a fresh build, and in this environment as well where something fails in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..fresh import Build, Building, begin_build
from ..space import Space
from .director import Director, Options, Overrides, Progress
from .director import begin as begin_here
from .drift import Drift, drift_between, troubled
from .facts import Rehearsal, Route
from .packages import Interpreter

#: Seconds in which a build that is there already is found.
_AT_ONCE = 0.3


def begin(space: Space, options: Options, progress: Progress) -> FreshRehearsal:
    """Start the build and return at once; the app is started where the build was there already.

    Never raises for what a repository contains.
    """
    return FreshRehearsal(space, options, progress)


class FreshRehearsal:
    """Like a :class:`Director`, behind a build: what waits for the app waits for the build first.

    Where no environment can be built, the app is rehearsed in this one, so that the rest of the
    Space is verified in the same run.
    """

    def __init__(self, space: Space, options: Options, progress: Progress) -> None:
        self._space = space
        self._options = options
        self._progress = progress
        self._building: Building = begin_build(space, lambda _phase: None)
        self._build: Build | None = None
        self._director: Director | None = None
        self._twin: Director | None = None
        self._facts: Rehearsal | None = None
        self.drift: Drift | None = None
        if self._building.done(_AT_ONCE):
            self._begun()

    @property
    def build(self) -> Build:
        """What became of the build; waits for it."""
        if self._build is None:
            self._build = self._building.wait(self._progress)
        return self._build

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are declared but not installed where the app runs; none while it is built."""
        return self._director.missing if self._director is not None else ()

    @property
    def reason(self) -> str:
        """Why the app does not serve, known after :meth:`routes`; "" if it does."""
        return self._begun().reason

    def routes(self) -> tuple[Route, ...]:
        """Wait until the app serves or has failed; its routes, none if it has failed."""
        return self._begun().routes()

    def finish(self, overrides: Overrides | None = None, starts: Collection[str] = ()) -> Rehearsal:
        """Visit every route, stop the app, clean up; the facts.  Later calls return the same."""
        if self._facts is None:
            facts = self._begun().finish(overrides, starts)
            if self._is_fresh and troubled(facts):
                self._progress("start again in this environment")
                self._twin = begin_here(self._space, self._options, self._progress)
                declared = frozenset(each.name for each in self._space.requirements.declared)
                self.drift = drift_between(facts, self._twin.finish(overrides), self.build.packages, declared)
            self._facts = self._noted(facts)
        return self._facts

    def abort(self) -> None:
        """Kill and clean up.  Safe at any moment, and again."""
        self._building.abort()
        for director in (self._director, self._twin):
            if director is not None:
                director.abort()

    @property
    def _is_fresh(self) -> bool:
        return bool(self.build.python)

    def _begun(self) -> Director:
        if self._director is None:
            options = self._options
            if self._is_fresh:
                build = self.build
                environment = Path(build.python).parents[1]
                site = tuple(map(str, environment.glob("lib/python3*/site-packages")))
                python = Interpreter(build.python, build.version, build.packages, site)
                options = options._replace(python=python)
            self._director = begin_here(self._space, options, self._progress)
        return self._director

    def _noted(self, facts: Rehearsal) -> Rehearsal:
        """Say how the environment is another than the Space's."""
        build, notes = self.build, self.build.notices
        if not self._is_fresh:
            why = build.impossible or "its installation failed"
            notes = (*notes, f"the fresh build ({why}): the app ran in this environment")
        return facts if facts.impossible else replace(facts, notes=(*facts.notes, *notes))
