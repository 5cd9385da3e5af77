"""The checks as pytest items: ``hfspace::HFS410-port-mismatch``, and one for each route where a
check is about routes: ``hfspace::HFS501-route-answers::GET /items/{item_id}``.

The items are ordinary :class:`pytest.Function` objects below collectors of their own, so that
everything that pytest and its plugins do with tests is done with checks as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import pytest

from .check import Check, Result
from .rehearsal.facts import Route
from .report.terminal import failure_text, text_width
from .report.text import printable
from .run import Run, names
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


class _Facts(Mapping[str, Any]):
    """The fixtures of a test as a mapping; each is set up when a check asks for it."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> Any:
        return self._request.getfixturevalue(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._request.fixturenames)

    def __len__(self) -> int:
        return len(self._request.fixturenames)


class CheckItem(pytest.Function):
    """One check, of one route where it is about routes."""

    def __init__(self, *, check: Check, route: Route | None = None, placeholder: bool = False, **kw: Any):
        # a placeholder asks for no facts: there is no route that they could be about
        facts = () if placeholder else check.facts
        super().__init__(callobj=_test_function(check.name, facts), **kw)
        self.check = check
        self.route = route
        self.placeholder = placeholder
        self.result: Result | None = None
        self.user_properties += [("hfspace_code", check.code), ("hfspace_stage", check.predicts.value)]

    def evaluate(self, request: pytest.FixtureRequest) -> None:
        """Evaluate the check, and end the test as its result demands."""
        run = Run.of(self.config)
        facts = _Facts(request)
        if self.placeholder:
            reason = run.rehearsal().impossible or "the app has no routes"
            blocked = run.examination.blocked(self.check, facts)
            self.result = run.redactor.result(blocked or Result(self.check, "skipped", reason=reason))
        else:
            self.result = run.examine(self.check, facts, self.route.label if self.route else None)
        self._conclude(self.result)

    def _conclude(self, result: Result) -> None:
        if result.outcome == "skipped":
            pytest.skip(result.reason)
        if result.outcome == "failed":
            hints = dict.fromkeys(finding.hint for finding in result.findings if finding.hint)
            self.user_properties.append(("hfspace_hint", "\n".join(hints)))
            raise NotReady(failure_text(result, text_width(_columns(self.config))))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file that an annotation should point at, its line from 0, and the header."""
        space = Run.of(self.config).space
        path, line = _usual_place(self.check, self.route, space)
        return space.root / path, line - 1, self.header

    @property
    def header(self) -> str:
        """The item's name below ``hfspace``."""
        return self.check.id if self.name == self.check.id else f"{self.check.id} {self.name}"


def _test_function(name: str, facts: Iterable[str]) -> Any:
    def test(request: pytest.FixtureRequest, **_facts: Any) -> None:
        item = request.node
        item.evaluate(request)

    test.__name__ = name
    parameters = [
        inspect.Parameter(fact, inspect.Parameter.POSITIONAL_OR_KEYWORD) for fact in ("request", *facts)
    ]
    # pytest resolves the fixtures that the signature names
    test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typeshed lacks it
    return test


def _columns(config: pytest.Config) -> int:
    if config.pluginmanager.hasplugin("terminalreporter"):
        return config.get_terminal_writer().fullwidth
    import shutil

    return shutil.get_terminal_size().columns


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
    """A check that is evaluated once for every route."""

    def __init__(self, *, check: Check, **kw: Any):
        super().__init__(**kw)
        self.check = check

    def collect(self) -> Iterable[CheckItem]:
        """Wait for the routes.  An app that does not start leaves one item that says why."""
        run = Run.of(self.config)
        if not self.config.option.collectonly:
            run.examine_static()
        if not run.routes():
            yield CheckItem.from_parent(self, name=NO_ROUTES, check=self.check, placeholder=True)
            return
        kind = "websocket" if self.check.each == "websocket" else "http"
        routes = {_name(route): route for route in run.routes() if route.own and route.kind == kind}
        for name in self._chosen(run, routes):
            yield CheckItem.from_parent(self, name=name, check=self.check, route=routes[name])

    def _chosen(self, run: Run, routes: Mapping[str, Route]) -> Iterable[str]:
        chosen = [name.partition("::")[2] for name in run.chosen if names(name, self.check)]
        if not chosen or "" in chosen:
            return routes
        for name in chosen:
            if name not in routes:
                self._unknown(name, routes)
        return [name for name in routes if name in chosen]

    def _unknown(self, name: str, routes: Iterable[str]) -> NoReturn:
        near = get_close_matches(name, list(routes), n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise self.CollectError(f"the app has no route {name!r}{hint}")


def _name(route: Route) -> str:
    name = printable(route.label, keep="")
    for reserved, escaped in _RESERVED:
        name = name.replace(reserved, escaped)
    return name


class Catalogue(pytest.Collector):
    """The checks that were selected."""

    def __init__(self, **kw: Any):
        super().__init__(**kw)
        self.add_marker("hfspace")
        if self.config.pluginmanager.hasplugin("xdist"):
            # one app for all: with --dist loadgroup they run in one worker
            self.add_marker(pytest.mark.xdist_group("hfspace"))

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """First the checks that need no running app: it starts meanwhile."""
        for check in Run.of(self.config).selected:
            kind = RouteGroup if check.each else CheckItem
            yield kind.from_parent(self, name=check.id, check=check)
