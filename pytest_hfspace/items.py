"""The checks as pytest items: ``hfspace::HFS410-port-mismatch``, and one for each route where it is
of use: ``hfspace::HFS501-route-answers::GET /items/{item_id}``.  In a run over several Spaces each has
a node of its own: ``hfspace::spaces/chat::HFS410-port-mismatch``.

The items are ordinary :class:`pytest.Function` objects below collectors of their own, so that
everything that pytest and its plugins do with tests is done with checks as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pytest

from .check import Check, Result
from .rehearsal.facts import Route
from .report.terminal import failure_text
from .report.text import GLUE, printable, terminal_columns, text_width, told
from .run import Run, names
from .runs import Runs
from .space import Space

#: What stands in for the routes of an app that did not start.
NO_ROUTES = "no routes"

#: What ``-k``, ``--lf`` and the node ids of pytest would take for their own.
_RESERVED = (("[", "%5B"), ("]", "%5D"), ("::", "%3A%3A"))


_Failed: Any = pytest.fail.Exception


class NotReady(_Failed):  # type: ignore[misc]  # pytest's class has no public name for mypy
    """A check found something: its text, without a traceback."""

    __module__ = "builtins"  # as pytest's own Failed does: a short name in the summary

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


class _Fixtures(Mapping[str, Any]):
    """What a check of the project's own asks for besides the facts: any fixture."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> Any:
        return self._request.getfixturevalue(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._request.fixturenames)

    def __len__(self) -> int:
        return len(self._request.fixturenames)


class CheckItem(pytest.Function):
    """One check; of one route, or of all routes, where it is about routes.

    ``like``: an item of the same check, whose function and fixtures it shares; an app may have
    hundreds of routes.  ``misnamed``: the command line names a route that the app does not have.
    """

    def __init__(
        self, *, check: Check, run: Run, route: Route | None = None, like: CheckItem | None = None, **kw: Any
    ):
        if like is None:
            others = tuple(name for name in check.facts if name not in (*run.facts, "space_route"))
            super().__init__(callobj=_test_function(check, others), **kw)
        else:
            # as pytest does for the parameter sets of one test
            super().__init__(callobj=like.obj, fixtureinfo=like._fixtureinfo, **kw)  # noqa: SLF001
        self.check = check
        self.run = run
        self.route = route
        self.results: tuple[Result, ...] = ()
        self.misnamed = False
        self.user_properties += [("hfspace_code", check.code), ("hfspace_stage", check.predicts.value)]

    def evaluate(self, request: pytest.FixtureRequest) -> None:
        """Evaluate the check, and end the test as its results demand."""
        run, facts = self.run, _Fixtures(request)
        if run.needs_app:
            run.begin()
        if self.check.each is None:
            self.results = (run.examine(self.check, facts),)
        else:
            self.results = run.examine_each(self.check, facts, self._routes())
        self._conclude()

    def _routes(self) -> list[Route] | None:
        """The routes that are meant; None for all of them."""
        if self.route is not None:
            return [self.route]
        chosen = _chosen(self.run, self.check)
        if chosen is None or not self.run.routes():
            return None
        try:
            return list(_named(chosen, self.run.routes_of(self.check)).values())
        except LookupError as error:
            self.misnamed, reason = True, str(error)
        pytest.fail("\n".join(told(reason, _columns(self.config))), pytrace=False)

    def _conclude(self) -> None:
        waived = dict.fromkeys(f.waived for result in self.results for f in result.findings if f.waived)
        if waived:
            self.user_properties.append(("hfspace_waived", "\n".join(waived)))
        outcomes = {result.outcome for result in self.results}
        if outcomes == {"skipped"}:
            pytest.skip(self.results[0].reason)
        failed = [result for result in self.results if result.outcome == "failed"]
        if failed:
            hints = dict.fromkeys(found.hint for result in failed for found in result.findings if found.hint)
            self.user_properties.append(("hfspace_hint", "\n".join(hints)))
            width = text_width(_columns(self.config))
            raise NotReady("\n".join(failure_text(result, width, named=self._is_of_all) for result in failed))

    @property
    def _is_of_all(self) -> bool:
        """Does it stand for several routes?"""
        return self.check.each is not None and self.route is None

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file that an annotation should point at, its line from 0, and the header."""
        space = self.run.space
        path, line = _usual_place(self.check, self.route, space)
        # a worker of pytest-xdist cannot send what is no Unicode
        return Path(printable(str(space.root / path), keep="")), line - 1, self.header

    @property
    def header(self) -> str:
        """The item's name below ``hfspace``."""
        words = (self.run.settings.name, self.check.id, self.name if self.name != self.check.id else "")
        return " ".join(filter(None, words))


def _test_function(check: Check, facts: Iterable[str]) -> Any:
    def test(request: pytest.FixtureRequest, **_facts: Any) -> None:
        item = request.node
        item.evaluate(request)

    test.__name__ = check.name
    # pytest shows it where a fixture does not exist
    test.__wrapped__ = check.function  # type: ignore[attr-defined]  # typeshed lacks it
    parameters = [
        inspect.Parameter(fact, inspect.Parameter.POSITIONAL_OR_KEYWORD) for fact in ("request", *facts)
    ]
    # pytest resolves the fixtures that the signature names
    test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typeshed lacks it
    return test


def _columns(config: pytest.Config) -> int:
    if config.pluginmanager.hasplugin("terminalreporter"):
        return config.get_terminal_writer().fullwidth
    return terminal_columns()


def _usual_place(check: Check, route: Route | None, space: Space) -> tuple[str, int]:
    """Where the cause lies as a rule; a finding says it better."""
    if route is not None and route.where is not None:
        return route.where.path, route.where.line
    family = check.code[3:4]
    if family == "4" and space.command is not None:
        return space.command.path, space.command.line or 1
    app = space.app.partition(":")[0].replace(".", "/") + ".py"
    places = {"1": "README.md", "3": "Dockerfile" if space.sdk == "docker" else "requirements.txt"}
    place = places.get(family, app)
    return (place if place in space.files.tracked else "README.md"), 1


class RouteGroup(pytest.Collector):
    """A check that is evaluated once for every route, each in an item of its own.

    ``misnamed``: as an item's.
    """

    def __init__(self, *, check: Check, run: Run, **kw: Any):
        super().__init__(**kw)
        self.check = check
        self.run = run
        self.misnamed = False

    def collect(self) -> Iterable[CheckItem]:
        """Wait for the routes.  An app that does not start leaves one item that says why."""
        check, run = self.check, self.run
        if not self.config.option.collectonly:
            run.examine_static()
        if not run.routes():
            yield CheckItem.from_parent(self, name=NO_ROUTES, check=check, run=run)
            return
        chosen = _chosen(run, check)
        try:
            routes = _named(chosen, run.routes_of(check))
        except LookupError as error:
            self.misnamed = True
            raise self.CollectError("\n".join(told(str(error), _columns(self.config)))) from None
        item: CheckItem | None = None
        for name, route in routes.items():
            item = CheckItem.from_parent(self, name=name, check=check, run=run, route=route, like=item)
            yield item


def _chosen(run: Run, check: Check) -> list[str] | None:
    """The routes that the command line names; None for all of them."""
    chosen = [name.partition("::")[2] for name in run.chosen or () if names(name, check)]
    return None if not chosen or "" in chosen else chosen


def _named(chosen: list[str] | None, routes: Iterable[Route]) -> dict[str, Route]:
    """Those of the routes, by their names as items.  LookupError, with the near ones, for a name
    that no route has."""
    known = {_name(route): route for route in routes}
    for name in chosen or ():
        if name not in known:
            near = get_close_matches(name, list(known), n=3, cutoff=0.4)
            meant = " or ".join(each.replace(" ", GLUE) for each in near)
            hint = f"; did you mean {meant}?" if near else ""
            raise LookupError(f"the app has no route {name!r}{hint}")
    return {name: route for name, route in known.items() if chosen is None or name in chosen}


def _name(route: Route) -> str:
    name = printable(route.label, keep="")
    for reserved, escaped in _RESERVED:
        name = name.replace(reserved, escaped)
    return name


class Catalogue(pytest.Collector):
    """The Spaces of a run, or the checks of the only one."""

    def __init__(self, *, run: Run | None = None, **kw: Any):
        super().__init__(**kw)
        self.run = run
        self.add_marker("hfspace")

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """First the checks that need no running app: it starts meanwhile."""
        runs = Runs.of(self.config)
        if self.run is None and runs.several:
            for name, run in runs.items():
                if run.selected:
                    yield Catalogue.from_parent(self, name=name, run=run)
            return
        run = self.run or runs.only
        for check in run.selected:
            kind = RouteGroup if check.apart and runs.collects_routes else CheckItem
            yield kind.from_parent(self, name=check.id, check=check, run=run)
