"""A readiness run over hand-made facts: no repository, no process.

``install`` puts them where the plugin looks for the real ones.  It is called from a module that
pytest loads with ``-p``, so that it works in this process, in a subprocess, and in workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

import pytest_hfspace.checks
import pytest_hfspace.rehearsal
import pytest_hfspace.space
from pytest_hfspace.check import Check, Finding, Skip, check
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Rehearsal, Route
from pytest_hfspace.space import Space

_Fact = TypeVar("_Fact")

LOG = Path(os.environ.get("HFSPACE_FAKE_LOG", os.devnull))


def log(word: str) -> None:
    """Note what happened to the app, in a file that outlives the process."""
    with LOG.open("a") as file:
        file.write(f"{word}\n")


class FakeDirector:
    """A rehearsal that has all been seen before."""

    def __init__(self, rehearsal: Rehearsal, ask: bool) -> None:
        self._rehearsal, self._ask, self._ended = rehearsal, ask, False
        self.missing = rehearsal.missing_packages

    def routes(self) -> tuple[Route, ...]:
        log("routes")
        return self._rehearsal.routes if self._rehearsal.served else ()

    def finish(
        self, overrides: Callable[[Route], Any] | None = None, starts: Collection[str] = ()
    ) -> Rehearsal:
        log("finish")
        if overrides and self._ask:
            for route in self._rehearsal.routes:
                log(f"override {route.label}: {overrides(route)}")
        self._ended = True
        return self._rehearsal

    def abort(self) -> None:
        if not self._ended:
            log("abort")
        self._ended = True


def at(root: str, space: Space | Exception) -> Space | Exception:
    """The same Space in this directory."""
    return space if isinstance(space, Exception) else replace(space, root=Path(root))


def install(
    space: Space | Exception,
    rehearsal: Rehearsal | Exception,
    catalogue: tuple[Check, ...],
    *,
    ask: bool = False,
) -> None:
    """Put the facts in place; ``patch.undo`` takes them away."""

    def read_space(root: Path, *, ref: str | None = None, app: str | None = None) -> Space:
        log(f"read ref={ref} app={app}")
        return _or_raise(space)

    def begin(space: Space, options: Any, progress: Any = None) -> FakeDirector:
        log(f"begin {options.network}".rstrip())
        progress("starting main:app")
        return FakeDirector(_or_raise(rehearsal), ask)

    _put(read_space, begin, catalogue)


def install_each(
    facts: Mapping[str, tuple[Space | Exception, Rehearsal | Exception]], catalogue: tuple[Check, ...]
) -> None:
    """The same for several Spaces, by the names of their folders."""

    def read_space(root: Path, *, ref: str | None = None, app: str | None = None) -> Space:
        return replace(_or_raise(facts[root.name][0]), root=root)

    def begin(space: Space, options: Any, progress: Any = None) -> FakeDirector:
        log(f"begin {space.root.name}")
        return FakeDirector(_or_raise(facts[space.root.name][1]), ask=False)

    _put(read_space, begin, catalogue)


def _or_raise(value: _Fact | Exception) -> _Fact:
    if isinstance(value, Exception):
        raise value
    return value


def _put(read_space: Any, begin: Any, catalogue: tuple[Check, ...]) -> None:
    patch.undo()
    patch.setattr(pytest_hfspace.space, "read_space", read_space)
    patch.setattr(pytest_hfspace.rehearsal, "begin", begin)
    patch.setattr(pytest_hfspace.checks, "CATALOGUE", catalogue)


patch = pytest.MonkeyPatch()


@check(
    "HFS101",
    "card-missing",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    consequence="The Space page shows a configuration error.",
)
def card_missing(space: Space) -> Iterator[Finding]:
    """README.md begins with a block."""
    log("HFS101")
    if "README.md" not in space.files.tracked:
        yield Finding("README.md is not tracked", "git add README.md", "README.md")


@check(
    "HFS403",
    "import",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The container exits and the page shows its log.",
)
def imports(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app imports in a clean process."""
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    if space_rehearsal.failure:
        yield Finding(space_rehearsal.failure.message, "add it to requirements.txt", "main.py", 3)


@check(
    "HFS410",
    "port-mismatch",
    level="error",
    predicts=Stage.APP_STARTING,
    consequence='After 30 min: "Launch timed out, workload was not healthy after 30 min".',
)
def port_mismatch(space: Space) -> Iterator[Finding]:
    """The app listens on the port that the Hub connects to.

    A second paragraph.
    """
    number = space.command.port.number if space.command and space.command.port else None
    if number is None:
        raise Skip("there is no start command")
    if number != space.port:
        yield Finding(
            f"the app listens on port {number}, the Hub connects to {space.port}",
            f"add --port {space.port} to CMD, or app_port: {number} to the card in README.md.",
            "Dockerfile",
            14,
        )


@check(
    "HFS413",
    "reload",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="The server watches files that never change.",
)
def reload(space: Space) -> Iterator[Finding]:
    """No development reloader."""
    if space.command and space.command.reload:
        yield Finding("the start command reloads", "remove --reload", "Dockerfile", 14)


@check(
    "HFS416",
    "shell-form",
    level="note",
    predicts=Stage.RUNNING,
    consequence="SIGTERM reaches a shell.",
)
def shell_form(space: Space) -> Iterator[Finding]:
    """A shell CMD execs the server."""
    if space.command and not space.command.execs:
        yield Finding("the shell stays in front of the server", "write exec before it", "Dockerfile", 14)


@check(
    "HFS501",
    "route-answers",
    level="error",
    predicts=Stage.RUNNING,
    consequence="Visitors see Internal Server Error.",
    needs=("HFS403",),
    each="route",
    apart=True,
)
def route_answers(space_route: Route, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every route answers."""
    for visit in space_rehearsal.of(space_route.label):
        if visit.status is not None and visit.status >= 500:
            yield Finding(f"{visit.status} for {visit.request.path}", "see the exception", "main.py", 7)


CATALOGUE: tuple[Check, ...] = (route_answers, imports, card_missing, port_mismatch, reload, shell_form)
