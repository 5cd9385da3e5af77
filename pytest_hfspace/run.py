"""One readiness run over one Space: its facts, and what the checks make of them.

Knows nothing of pytest: ``runs.py`` has what is pytest's, ``verification.py`` does without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .check import Check, Examination, Finding, Result, Skip
from .facts import Facts
from .guarding import guarded
from .judgement import Judgement
from .redact import Redactor
from .report import Evidence, Report, gather
from .report.text import one_line, said
from .settings import Settings
from .space.at_rest import AT_REST, AtRest
from .waiting import Progress, Silent

if TYPE_CHECKING:
    from .fresh import Build
    from .rehearsal import Director
    from .rehearsal.facts import Rehearsal, Route
    from .rehearsal.fresh import FreshRehearsal
    from .rehearsal.requests import Override
    from .settings_seen import SettingsSeen
    from .space import Space

Overrides = Callable[["Route"], "Override | None"]

#: What is said where the fault is ours.
DEFECT = "this is a defect of pytest-hfspace, please report it"


@dataclass(frozen=True)
class Additions:
    """What a project adds: requests of its own, and checks.  Asked for when they are needed, for
    a conftest.py may not be loaded before.  ``whole``: let a defect of ours show its traceback;
    ``raising``: let pass what a check raises."""

    overrides: Callable[[], Overrides | None] = lambda: None
    checks: Callable[[], Iterable[Check]] = tuple
    whole: bool = False
    raising: bool = False


class UnusableSpace(ValueError):
    """The Space cannot even be looked at; the text is one line."""


class Run:
    """The facts and the verdict.  Nothing is started before it is asked for.

    ``chosen``: names of checks, with a route or without, that alone are meant; None: all of them.
    """

    def __init__(
        self,
        settings: Settings,
        additions: Additions | None = None,
        progress: Progress | None = None,
        chosen: tuple[str, ...] | None = None,
    ) -> None:
        self.settings = settings
        self.chosen = chosen
        self._additions = additions or Additions()
        self.progress: Progress = progress or Silent()
        self.redactor = Redactor(settings)
        self.space: Space = self._read_space()
        self._director: Director | FreshRehearsal | None = None
        self._fresh: FreshRehearsal | None = None
        self._routes: tuple[Route, ...] | None = None
        self._rehearsal: Rehearsal | None = None
        self._defect = ""
        self._unevaluated: dict[str, str] = {}
        self._evidence: Evidence | None = None
        self.facts = self._facts()

    # -- the facts

    def _read_space(self) -> Space:
        from .space import read_space

        settings = self.settings
        try:
            return read_space(settings.root, ref=settings.ref, app=settings.app)
        except ValueError as error:
            if not settings.ref:
                raise UnusableSpace(f"hfspace: {said(error)}; {DEFECT}") from error
            raise UnusableSpace(f"--hfspace-ref: {one_line(str(error))}") from None
        except Exception as error:
            raise UnusableSpace(f"hfspace: {said(error)}; {DEFECT}") from error

    def _facts(self) -> Facts:
        live: dict[str, Callable[[], Any]] = {
            "space_rehearsal": self.rehearsal,
            "space_build": self.build,
            "space_env": self.settings_seen,
        }
        return Facts(AtRest(self.space), live, {})

    def begin(self) -> None:
        """Start the app, and return at once."""
        from .rehearsal import Options, begin

        if self._director is not None or self._defect:
            return
        settings = self.settings
        options = Options(
            env=dict(settings.env),
            timeout=settings.timeout,
            headers=settings.headers,
            secrets=settings.secrets,
            network="offline" if settings.offline else "",
        )
        with self._defects():
            if settings.build:
                from .rehearsal.fresh import begin as begin_fresh

                self._director = self._fresh = begin_fresh(self.space, options, self.progress)
            else:
                self._director = begin(self.space, options, self.progress)

    def build(self) -> Build | None:
        """The fresh build, where one was asked for; waits for it."""
        self.begin()
        with self._defects(), self.progress.shown():
            if self._fresh is not None:
                return self._fresh.build
        return None

    @property
    def built(self) -> Build | None:
        """The fresh build, if one was asked for and the run came so far."""
        return self._fresh.build if self._fresh is not None and self._rehearsal is not None else None

    def missing_packages(self) -> tuple[str, ...]:
        """Packages that the Space declares and that are not installed here, if the app was started."""
        missing: tuple[str, ...] = ()
        with self._defects():
            if self._director is not None:
                missing = self._director.missing
        return missing

    def routes(self) -> tuple[Route, ...]:
        """The app's routes; waits until it has started, and gives none where it does not."""
        if self._routes is None:
            self._routes = ()
            self.begin()
            with self._defects(), self.progress.shown():
                if self._director is not None:
                    self._routes = self._director.routes()
        return self._routes

    @property
    def not_started(self) -> str:
        """Why the app did not come up, known after :meth:`routes`; "" if it did."""
        return self._director.reason if self._director is not None else self._defect

    def rehearsal(self) -> Rehearsal:
        """What was seen; waits until every route was visited and the app has stopped."""
        from .rehearsal.facts import Rehearsal

        if self._rehearsal is None:
            self.begin()
            with self._defects(), self.progress.shown():
                if self._director is not None:
                    starts = {name for check in self.selected for name in check.starts}
                    self._rehearsal = self._director.finish(self._additions.overrides(), starts)
            if self._rehearsal is None:
                self._rehearsal = Rehearsal(python="", impossible=self._defect or "it was ended before")
        return self._rehearsal

    def settings_seen(self) -> SettingsSeen:
        """The variables that the app read.  Raises :class:`Skip` where it could not be run."""
        from .settings_seen import SettingsSeen

        rehearsal = self.rehearsal()
        if rehearsal.impossible:
            raise Skip(f"the app could not be rehearsed: {rehearsal.impossible}")
        return SettingsSeen(self.space, rehearsal)

    @property
    def rehearsed(self) -> Rehearsal | None:
        """What was seen, if anybody has asked for it."""
        return self._rehearsal

    def abort(self) -> None:
        """End the app, if it runs, and clean up."""
        if self._director is not None:
            self._director.abort()

    @contextmanager
    def _defects(self) -> Iterator[None]:
        """A defect of ours is one line of the report, and no end of the run."""
        try:
            yield
        except Exception as error:
            if self._additions.whole:
                raise
            self._defect = f"{said(error)}; {DEFECT}"

    # -- the checks

    @functools.cached_property
    def catalogue(self) -> dict[str, Check]:
        """Every check by its code, the project's own among them."""
        from .checks import CATALOGUE

        checks = (*CATALOGUE, *self._additions.checks())
        return {check.code: replace(check, function=guarded(check, self._tell(check))) for check in checks}

    def _tell(self, check: Check) -> Callable[[str], None] | None:
        """Takes the reason why a check could not be evaluated; None where it is to be raised."""
        return (
            None if self._additions.raising else lambda reason: self._unevaluated.update({reason: check.code})
        )

    @functools.cached_property
    def selected(self) -> tuple[Check, ...]:
        """The checks to evaluate: those that need no running app first, while it starts."""
        kept = [
            check
            for check in self.catalogue.values()
            if self.settings.selects(check.code)
            and not self.settings.ignores(check.code)
            and (self.chosen is None or any(names(name, check) for name in self.chosen))
        ]
        return tuple(sorted(kept, key=lambda check: (not self.is_static(check), check.code)))

    @functools.cached_property
    def waived(self) -> tuple[Result, ...]:
        """The checks that the user leaves out."""
        return tuple(
            Result(check, "waived", reason="ignored by hfspace_ignore")
            for check in self.catalogue.values()
            if self.settings.ignores(check.code)
        )

    @functools.cached_property
    def examination(self) -> Examination:
        """Evaluates the checks, each once."""
        return Examination(self.catalogue)

    def is_static(self, check: Check, seen: frozenset[str] = frozenset()) -> bool:
        """Does it, with its prerequisites, look at the repository only?"""
        needs = (self.catalogue[code] for code in check.needs if code in self.catalogue and code not in seen)
        return set(check.facts) <= {"space", *AT_REST} and all(
            self.is_static(needed, seen | {check.code}) for needed in needs
        )

    def examine_static(self) -> None:
        """Evaluate what can be evaluated while the app starts."""
        if any("space_history" in check.facts for check in self.selected):
            self.facts.at_rest.begin()
        for check in self.selected:
            if self.is_static(check) and check.each is None:
                self.examination.examine(check, self.facts)

    def routes_of(self, check: Check) -> tuple[Route, ...]:
        """The app's own routes that a check of each is about.  Waits until it has started."""
        kind = "websocket" if check.each == "websocket" else "http"
        return tuple(route for route in self.routes() if route.own and route.kind == kind)

    def examine(self, check: Check, more: Mapping[str, Any], route: Route | None = None) -> Result:
        """Evaluate one check, of one route where it is about routes, with what other fixtures give
        besides the facts; what it says is fit to be printed."""
        facts = self.facts.of(route, more)
        result = self.examination.examine(check, facts, route.label if route else None)
        defect = self._unevaluated.get(result.reason, "") if result.outcome == "skipped" else ""
        if defect == check.code:
            # a warning, because it says nothing of the Space; failed, because it must be seen
            please = ", please report" if check.code.startswith("HFS") else ""
            finding = Finding(f"{result.reason}{please}", "", level="warn")
            result = replace(result, outcome="failed", findings=(finding,), reason="")
            return self.redactor.result(result)
        if self._fresh is not None and self._fresh.drift is not None and self._rehearsal is not None:
            from .checks.build.drift import with_drift

            result = with_drift(result, self._fresh.drift, self.space, self._rehearsal)
        return self.judgement(self.redactor.result(result))

    def examine_each(
        self, check: Check, more: Mapping[str, Any], routes: Iterable[Route] | None = None
    ) -> tuple[Result, ...]:
        """Evaluate a check of each route for these, or for all that there are."""
        found = self.routes_of(check) if routes is None else routes
        results = tuple(self.examine(check, more, route) for route in found)
        return results or (self._without_routes(check, more),)

    def _without_routes(self, check: Check, more: Mapping[str, Any]) -> Result:
        kind = "WebSocket routes" if check.each == "websocket" and self.routes() else "routes"
        reason = self.rehearsal().impossible or f"the app has no {kind}"
        result = self.examination.blocked(check, self.facts.of(None, more))
        return self.redactor.result(
            result or Result(check, "skipped", reason=reason, applicable=not self.routes())
        )

    # -- the verdict

    @property
    def is_whole(self) -> bool:
        """Were all checks asked for?  Known before a project's own checks are."""
        return self.chosen is None and not self.settings.select

    @functools.cached_property
    def needs_app(self) -> bool:
        """Does a check that was selected look at the running app?"""
        return not all(self.is_static(check) for check in self.selected)

    def evidence(self) -> Evidence:
        """What reports say of the facts, without the values of secrets."""
        if self._evidence is None:
            evidence = gather(self.space, self._rehearsal, self.built)
            named = replace(evidence, name=self.settings.name, prefix=self.judgement.prefix)
            self._evidence = Evidence(**self.redactor.data(named.data()))
        return self._evidence

    def hub_id(self) -> str:
        """Owner and name of the Space on the Hub; "" where the repository does not tell."""
        from .space.hub_id import hub_id

        return self.settings.hub_id or self.redactor(hub_id(self.space, self.facts["space_deployments"]))

    def report(
        self, results: Iterable[Result], partial: str = "", evidence: Evidence | None = None
    ) -> Report:
        """The verdict.  ``evidence``: what another process has gathered in this one's place."""
        found = tuple(sorted((*results, *self.waived), key=lambda r: (r.check.code, r.route or "")))
        return Report(
            evidence or self.evidence(),
            found,
            partial,
            self.settings.strict,
            self.judgement.uses(found, partial=bool(partial)),
        )

    def partial(self, codes: Iterable[str]) -> str:
        """What was evaluated, where the user asked for a part of it; else ""."""
        available = len(self.catalogue) - len(self.waived)
        if len(self.selected) < available:
            return f"{len(set(codes))} of {available} checks were evaluated"
        return "not every route was examined" if any("::" in name for name in self.chosen or ()) else ""

    def close(self) -> None:
        """Keep the evidence alone."""
        self.abort()
        self.evidence()
        self.examination.results.clear()
        self.facts, self._rehearsal, self._director, self._fresh = self._facts(), None, None, None

    @functools.cached_property
    def judgement(self) -> Judgement:
        """What the user's waivers, baseline, pinned contract and strictness make of a result."""
        return Judgement(self.settings, self.space, self.catalogue, self.redactor)


def names(name: str, check: Check) -> bool:
    """Does this name from the command line mean the check, or a route of it?"""
    return name.partition("::")[0].upper() in (check.code, check.id.upper())
