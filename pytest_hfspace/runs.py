"""The runs of one pytest configuration: one for each Space, and what of them is pytest's."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

from .check import Check
from .options import read_settings
from .progress import Progress
from .report.text import one_line, said
from .run import Additions, Run, UnusableSpace
from .settings import Settings

if TYPE_CHECKING:
    from .rehearsal.facts import Route
    from .rehearsal.requests import Override

_RUNS = pytest.StashKey["Runs"]()


class Runs(Mapping[str, Run]):
    """Each Space's run by its name, which is "" where there is one Space only."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.notices: list[str] = []
        self.settings = read_settings(config)
        #: The command line's names of checks, and its other paths.
        self.ours, self.paths = self._arguments()
        progress = Progress(config)
        chosen = self._chosen()
        self._runs: dict[str, Run] = {}
        for each in self.settings:
            additions = Additions(
                overrides=functools.partial(self._overrides, each.name),
                checks=lambda: own_checks(config),
                whole=getattr(config.known_args_namespace, "fulltrace", False),
            )
            try:
                self._runs[each.name] = Run(each, additions, progress, chosen[each.name])
            except UnusableSpace as error:
                about = f"{each.name}: " if each.name else ""
                raise pytest.UsageError(f"{about}{error}") from error.__cause__
        # also called where pytest ends before it was configured
        config.add_cleanup(self.abort)

    @classmethod
    def of(cls, config: pytest.Config) -> Runs:
        """Those of this configuration; made when first asked for."""
        runs = config.stash.get(_RUNS, None)
        if runs is None:
            runs = config.stash[_RUNS] = cls(config)
        return runs

    def __getitem__(self, name: str) -> Run:
        return self._runs[name]

    def __iter__(self) -> Any:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def only(self) -> Run:
        """The run that the fixtures are about."""
        if len(self) > 1:
            pytest.fail(
                f"the fixtures of pytest-hfspace are about one Space, and this run has {len(self)}: "
                "run the tests of one with --hfspace-root FOLDER",
                pytrace=False,
            )
        return next(iter(self.values()))

    @property
    def several(self) -> bool:
        """Do the Spaces have names?"""
        return "" not in self._runs

    @property
    def distributes(self) -> bool:
        """Is this the controller of pytest-xdist, which leaves everything to its workers?"""
        options = self._config.known_args_namespace
        spread = any(getattr(options, name, None) for name in ("numprocesses", "tx"))
        return spread and not self.is_worker

    @property
    def is_worker(self) -> bool:
        """Is this one of its workers?"""
        return "PYTEST_XDIST_WORKER" in os.environ

    @property
    def collects_routes(self) -> bool:
        """Are the routes known when tests are collected?  With several Spaces, or several processes,
        that would start every app everywhere."""
        return not (self.several or self.distributes or self.is_worker)

    # -- the command line

    def _arguments(self) -> tuple[list[str], list[str]]:
        given = [str(argument) for argument in self._config.known_args_namespace.file_or_dir]
        ours = [argument for argument in given if self._is_ours(argument)]
        return ours, [argument for argument in given if argument not in ours]

    def _is_ours(self, argument: str) -> bool:
        # from a folder below, pytest names tests from there: ../hfspace::HFS410-port-mismatch
        path, separator, _ = argument.partition("::")
        if PurePath(path).name != "hfspace":
            return False
        return bool(separator) or not (self._config.invocation_params.dir / argument).exists()

    def _chosen(self) -> dict[str, tuple[str, ...] | None]:
        """For each Space the checks that the command line names, as ``HFS501-route-answers::GET /``."""
        names = [argument.partition("::")[2] for argument in self.ours]
        return {each.name: _chosen_in(each.name, names, self.settings) for each in self.settings}

    # -- what the project adds

    def _overrides(self, name: str) -> Callable[[Route], Override | None] | None:
        hook = self._config.hook.pytest_hfspace_request
        if not hook.get_hookimpls():
            return None
        from .rehearsal.requests.given import given

        space = self[name].space
        return given(lambda route: hook(route=route, space=space), "pytest_hfspace_request")

    def conftest_failed(self, error: Exception) -> None:
        """Remember that a conftest.py could not be imported."""
        self.notices.append(f"conftest.py was left out, it cannot be imported: {one_line(str(error))}")

    def abort(self) -> None:
        """End every app, and clean up."""
        for run in self.values():
            run.abort()

    @functools.cached_property
    def own_routes(self) -> tuple[list[Route], str]:
        """The application's own HTTP routes, for the parametrisation of a project's tests, and
        why there are none.  Under ``--hfspace`` the rehearsal's, else those of the app imported
        in this process."""
        if len(self) > 1:
            return [], "this run has several Spaces: run the tests of one with --hfspace-root FOLDER"
        run = self.only
        reason = "the app has no routes of its own"
        routes: tuple[Route, ...] = ()
        if self._config.option.hfspace and self.collects_routes:
            routes = run.routes()
            reason = f"the app did not start: {one_line(run.not_started)}" if run.not_started else reason
        else:
            from .importing import AppNotFound, import_app, python_path
            from .inprocess import routes_of

            try:
                with python_path(run.space):
                    routes = routes_of(import_app(run.space), run.space.root)
            except AppNotFound as error:
                reason = f"the app cannot be imported: {one_line(str(error))}"
            except (Exception, SystemExit) as error:  # noqa: BLE001  # importing it runs the project's code
                reason = f"the app cannot be imported: {said(error)}"
        return [route for route in routes if route.own and route.kind == "http"], reason


def _chosen_in(space: str, names: list[str], settings: Iterable[Settings]) -> tuple[str, ...] | None:
    """Those of the names that mean this Space; None if all of its checks are meant."""
    if not names:
        return None
    others = [each.name for each in settings if each.name]
    found = []
    for name in names:
        about = max((other for other in others if _is_below(name, other)), key=len, default="")
        if about in ("", space):
            found.append(name.removeprefix(about).removeprefix("::"))
    return None if "" in found else tuple(found)


def _is_below(name: str, space: str) -> bool:
    return name == space or name.startswith(f"{space}::")


def own_checks(config: pytest.Config) -> tuple[Check, ...]:
    """The checks that the project's conftest.py and other plugins add.

    Raises :class:`pytest.UsageError` for what is no check, or has a code that is taken.
    """
    from .checks import CATALOGUE
    from .custom import checked

    try:
        given = [check for checks in config.hook.pytest_hfspace_checks() for check in checks or ()]
        return checked(given, CATALOGUE)
    except Exception as error:  # noqa: BLE001  # the hook is the project's own code
        text = str(error) if isinstance(error, ValueError) else f"raised {said(error)}"
        raise pytest.UsageError(f"pytest_hfspace_checks: {one_line(text)}") from None
