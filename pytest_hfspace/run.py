"""One readiness run: the settings, the facts, and the results, for the hooks and the fixtures."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .check import Check, Examination, Finding, Result, Skip
from .options import read_settings
from .progress import Progress
from .redact import Redactor
from .report import unevaluated
from .report.text import one_line
from .space.at_rest import AT_REST, AtRest

if TYPE_CHECKING:
    from .fresh import Build
    from .rehearsal import Director
    from .rehearsal.facts import Rehearsal, Route
    from .rehearsal.fresh import FreshRehearsal
    from .rehearsal.requests import Override
    from .space import Space

_RUN = pytest.StashKey["Run"]()
_OVERRIDE_KEYS = ("params", "headers", "json", "body", "skip")
_DEFECT = "this is a defect of pytest-hfspace, please report it"


def _said(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


class Run:
    """The facts of one pytest configuration.  Nothing is started before it is asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.settings = read_settings(config)
        self.redactor = Redactor(self.settings)
        self.space: Space = self._read_space()
        self.notices: list[str] = []
        self.progress = Progress(config)
        self._director: Director | FreshRehearsal | None = None
        self._fresh: FreshRehearsal | None = None
        self._routes: tuple[Route, ...] | None = None
        self._rehearsal: Rehearsal | None = None
        self._defect = ""
        self._unevaluated: dict[str, str] = {}
        self.at_rest = AtRest(self.space)
        # also called where pytest ends before it was configured
        config.add_cleanup(self.abort)

    @classmethod
    def of(cls, config: pytest.Config) -> Run:
        """The run of this configuration; made when first asked for."""
        run = config.stash.get(_RUN, None)
        if run is None:
            run = config.stash[_RUN] = cls(config)
        return run

    # -- what was asked for

    @functools.cached_property
    def arguments(self) -> tuple[list[str], list[str]]:
        """The command line's names of checks, and its other paths."""
        given = [str(argument) for argument in self._config.known_args_namespace.file_or_dir]
        ours = [argument for argument in given if self._is_ours(argument)]
        return ours, [argument for argument in given if argument not in ours]

    def _is_ours(self, argument: str) -> bool:
        if argument == "hfspace":
            return not (self._config.invocation_params.dir / argument).exists()
        return argument.startswith("hfspace::")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The checks that the command line names, as ``HFS501-route-answers::GET /``; none: all."""
        names = [argument.removeprefix("hfspace").removeprefix("::") for argument in self.arguments[0]]
        return () if "" in names else tuple(names)

    @property
    def paths(self) -> bool:
        """Were paths of the project's own tests given?"""
        return bool(self.arguments[1])

    @property
    def distributes(self) -> bool:
        """Is this the controller of pytest-xdist, which leaves everything to its workers?"""
        options = self._config.known_args_namespace
        spread = any(getattr(options, name, None) for name in ("numprocesses", "tx"))
        return spread and "PYTEST_XDIST_WORKER" not in os.environ

    # -- the facts

    def _read_space(self) -> Space:
        from .space import read_space

        settings = self.settings
        try:
            return read_space(settings.root, ref=settings.ref, app=settings.app)
        except ValueError as error:
            if not settings.ref:
                raise pytest.UsageError(f"hfspace: {_said(error)}; {_DEFECT}") from error
            raise pytest.UsageError(f"--hfspace-ref: {one_line(str(error))}") from None
        except Exception as error:
            raise pytest.UsageError(f"hfspace: {_said(error)}; {_DEFECT}") from error

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

    def own_routes(self) -> tuple[list[Route], str]:
        """The application's own HTTP routes, for the parametrisation of a project's tests, and
        why there are none.  Under ``--hfspace`` the rehearsal's, else those of the app imported
        in this process."""
        return self._own_routes

    @functools.cached_property
    def _own_routes(self) -> tuple[list[Route], str]:
        reason = "the app has no routes of its own"
        routes: tuple[Route, ...] = ()
        if self._config.option.hfspace:
            routes = self.routes()
            why = self._director.reason if self._director is not None else self._defect
            reason = f"the app did not start: {one_line(why)}" if why else reason
        else:
            from .importing import AppNotFound, import_app, python_path
            from .inprocess import routes_of

            try:
                with python_path(self.space):
                    routes = routes_of(import_app(self.space), self.space.root)
            except AppNotFound as error:
                reason = f"the app cannot be imported: {one_line(str(error))}"
            except (Exception, SystemExit) as error:  # noqa: BLE001  # importing it runs the project's code
                reason = f"the app cannot be imported: {_said(error)}"
        return [route for route in routes if route.own and route.kind == "http"], reason

    def rehearsal(self) -> Rehearsal:
        """What was seen; waits until every route was visited and the app has stopped."""
        from .rehearsal.facts import Rehearsal

        if self._rehearsal is None:
            self.begin()
            with self._defects(), self.progress.shown():
                if self._director is not None:
                    starts = {name for check in self.selected for name in check.starts}
                    self._rehearsal = self._director.finish(self._overrides(), starts)
            if self._rehearsal is None:
                self._rehearsal = Rehearsal(python="", impossible=self._defect or "it was ended before")
        return self._rehearsal

    @property
    def rehearsed(self) -> Rehearsal | None:
        """What was seen, if anybody has asked for it."""
        return self._rehearsal

    def abort(self) -> None:
        """End the app, if it runs, and clean up."""
        if self._director is not None:
            self._director.abort()

    def conftest_failed(self, error: Exception) -> None:
        """Remember that a conftest.py could not be imported."""
        self.notices.append(f"conftest.py was left out, it cannot be imported: {one_line(str(error))}")

    @contextmanager
    def _defects(self) -> Iterator[None]:
        """A defect of ours is one line of the report, and no end of the run."""
        try:
            yield
        except Exception as error:
            if self._config.known_args_namespace.fulltrace:
                raise
            self._defect = f"{_said(error)}; {_DEFECT}"

    def _overrides(self) -> Callable[[Route], Override | None] | None:
        hook = self._config.hook.pytest_hfspace_request
        return self._override if hook.get_hookimpls() else None

    def _override(self, route: Route) -> Override | None:
        from .rehearsal.requests import Override

        try:
            answer = self._config.hook.pytest_hfspace_request(route=route)
            if answer is None or isinstance(answer, Override):
                return answer
            unknown = sorted(set(answer) - set(_OVERRIDE_KEYS))
            if unknown:
                return Override(skip=f"pytest_hfspace_request gave the unknown key {unknown[0]!r}")
            return Override(**answer)
        except Exception as error:  # noqa: BLE001  # the hook is the project's own code
            return Override(skip=f"pytest_hfspace_request raised {_said(error)}")

    # -- the checks

    @functools.cached_property
    def catalogue(self) -> dict[str, Check]:
        """Every check by its code."""
        from .checks import CATALOGUE

        return {check.code: replace(check, function=self._guarded(check)) for check in CATALOGUE}

    @functools.cached_property
    def selected(self) -> tuple[Check, ...]:
        """The checks to evaluate: those that need no running app first, while it starts."""
        kept = [
            check
            for check in self.catalogue.values()
            if self.settings.selects(check.code)
            and not self.settings.ignores(check.code)
            and (not self.chosen or any(names(name, check) for name in self.chosen))
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
            self.at_rest.begin()
        for check in self.selected:
            if self.is_static(check) and check.each is None:
                self.examination.examine(check, self.at_rest)

    def examine(self, check: Check, facts: Mapping[str, Any], route: str | None = None) -> Result:
        """Evaluate one check; what it says is fit to be printed."""
        result = self.examination.examine(check, facts, route)
        defect = self._unevaluated.get(result.reason, "") if result.outcome == "skipped" else ""
        if defect == check.code:
            # a warning, because it says nothing of the Space; failed, because it must be seen
            finding = Finding(f"{result.reason}, please report", "", level="warn")
            result = replace(result, outcome="failed", findings=(finding,), reason="")
        elif result.outcome == "warned" and self.settings.strict:
            result = replace(result, outcome="failed")
        if self._fresh is not None and self._fresh.drift is not None and self._rehearsal is not None:
            from .checks.drift import with_drift

            result = with_drift(result, self._fresh.drift, self.space, self._rehearsal)
        return self.redactor.result(result)

    def _guarded(self, check: Check) -> Callable[..., Generator[Finding, None, None]]:
        """The check's function; an exception that it did not foresee makes it skipped."""

        @functools.wraps(check.function)
        def guarded(**facts: Any) -> Generator[Finding, None, None]:
            try:
                yield from check.function(**facts)
            except Skip:
                raise
            except Exception as error:
                reason = f"{unevaluated(check)}{_said(error)}"
                self._unevaluated[reason] = check.code
                raise Skip(reason) from error

        return guarded


def names(name: str, check: Check) -> bool:
    """Does this name from the command line mean the check, or a route of it?"""
    return name.partition("::")[0].upper() in (check.code, check.id.upper())
