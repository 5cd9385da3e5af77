"""Directs a rehearsal: layout, start, visits, stop, and the facts of it all."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from ..space import Space
from ..space.command import StartCommand, of_base
from .excuses import Excuses
from .facts import Failure, Listener, Logged, Read, Rehearsal, Route, Shutdown, Visit
from .layout import Layout, make_layout
from .log import Log
from .naming import named
from .ownership import is_refused
from .packages import Interpreter, missing_of_extras, missing_packages
from .process import AppProcess
from .reads import completed
from .requests import Override
from .routes import routes_from
from .start import Starter

Progress = Callable[[str], None]
Overrides = Callable[[Route], "Override | None"]


class Options(NamedTuple):
    """``env``: settings given by the user.  ``timeout``: seconds that a start may take; an answer
    may take a quarter of it, a shutdown a sixth, at most 10 s, all visits together
    five times as long.  ``headers`` go with every request.  ``python``: the app's interpreter.
    ``network``: "" as it is, "offline" as an unreachable one.  ``secrets``: globs of variables that
    are secret whatever their names say."""

    env: Mapping[str, str] = MappingProxyType({})
    timeout: float = 120.0
    headers: tuple[tuple[str, str], ...] = ()
    python: Interpreter = Interpreter()
    network: str = ""
    secrets: tuple[str, ...] = ()


def begin(space: Space, options: Options | None = None, progress: Progress = lambda _phase: None) -> Director:
    """Start the app and return at once; the caller must :meth:`~Director.finish` or
    :meth:`~Director.abort`.  Never raises for what a repository contains."""
    director = Director(space, options or Options(), progress)
    director.begin()
    return director


class Director:
    """One rehearsal, from its start to its facts."""

    def __init__(self, space: Space, options: Options, progress: Progress) -> None:
        self.space = space
        self.options = options
        self.progress = progress
        self.began = time.monotonic()
        self._impossible = ""
        self._layout: Layout | None = None
        self._starter: Starter | None = None
        self._routes: tuple[Route, ...] | None = None
        self._failure: Failure | None = None
        self._facts: Rehearsal | None = None
        self._missing: tuple[str, ...] | None = None
        self._timings: dict[str, float] = {}
        self._printed = ""

    def begin(self) -> None:
        """Lay out the image and start the app."""
        command = self.space.command
        self._impossible = _unfit(self.space, command)
        if self._impossible or command is None:
            return
        try:
            self._layout = make_layout(self.space, command.cwd)
            self._timings["export"] = time.monotonic() - self.began
            self._starter = Starter(
                self.space,
                self._layout,
                command,
                self.options.python.path,
                dict(self.options.env),
                self.options.timeout,
                network=self.options.network,
            )
            self._starter.begin()
        except OSError as error:
            self._impossible = f"the rehearsal could not be set up: {error.strerror or error}"
            self.abort()

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are declared but not installed here."""
        if self._missing is None:
            # what the SDK itself brings has no path: only what the app imports of it matters
            declared = [each for each in self.space.requirements.declared if each.path]
            self._missing = missing_packages(declared, self.options.python)
        return self._missing

    def routes(self) -> tuple[Route, ...]:
        """Wait until the app serves or has failed; its routes, none if it has failed."""
        if self._routes is None:
            self._routes = self._come_up()
        return self._routes

    def finish(self, overrides: Overrides | None = None, starts: Collection[str] = ()) -> Rehearsal:
        """Visit every route, stop the app, clean up; the facts.  Later calls return the same.

        ``starts``: the further starts to make, by name, where they would tell something.
        """
        if self._facts is None:
            routes = self.routes()
            try:
                facts = self._varied(self._perform(routes, overrides), starts)
                self._facts = named(facts, self._layout.as_in_image) if self._layout is not None else facts
            finally:
                self.abort()
            self._facts.timings["total"] = time.monotonic() - self.began
        return self._facts

    def abort(self) -> None:
        """Kill and clean up.  Safe at any moment, and again."""
        if self._starter is not None:
            self._starter.end()
        if self._layout is not None:
            self._layout.remove()

    @property
    def process(self) -> AppProcess | None:
        """The app's process, if one was started."""
        return self._starter.process if self._starter is not None else None

    @property
    def reason(self) -> str:
        """Why the app does not serve, known after :meth:`routes`; "" if it does."""
        return self._impossible or (self._failure.message if self._failure is not None else "")

    # -- start

    def _come_up(self) -> tuple[Route, ...]:
        starter = self._starter
        if self._impossible or starter is None or self._layout is None:
            return ()
        failure = starter.come_up(self.progress)
        if failure is not None:
            excuses = self._excuses()
            self._impossible = starter.excuse(failure, excuses)
            if self._impossible and failure.raised is not None:
                self._missing = (*self.missing, *excuses.wanted_beside(failure.raised))
            self._failure = None if self._impossible else failure
            return ()
        assert starter.process is not None
        self._printed = starter.process.output.text()
        inventory = starter.log.inventory
        if inventory is None:
            self._impossible = (
                "the app is served by a server of its own, not by uvicorn, and its routes cannot be seen"
            )
            return ()
        return routes_from(inventory["routes"], inventory["openapi"], self._layout.locate)

    def _excuses(self) -> Excuses:
        assert self._starter is not None
        assert self._layout is not None
        return Excuses(
            self.space,
            self._layout,
            self.options.python.version,
            self.missing,
            self._starter.values,
            tuple(self._starter.log.files),
            self._missing_beside(),
        )

    def _missing_beside(self) -> tuple[str, ...]:
        """What is not installed here of what the SDK itself, and what extras of the declared bring."""
        declared, python = self.space.requirements.declared, self.options.python
        of_sdk = missing_packages([each for each in declared if not each.path], python)
        return tuple(dict.fromkeys([*of_sdk, *missing_of_extras(declared, python)]))

    # -- visits and stop

    def _perform(self, routes: tuple[Route, ...], overrides: Overrides | None) -> Rehearsal:
        starter = self._starter
        nothing = Rehearsal(
            python=self.options.python.version,
            site=self.options.python.site,
            impossible=self._impossible,
            missing_packages=self.missing,
            failure=self._failure,
            timings=self._timings,
        )
        if starter is None:
            return nothing
        if self._impossible or self._failure is not None:
            starter.end()
            return self._seen(nothing, starter)
        from .tour import Tour
        from .visitor import other_peer

        inventory = starter.log.inventory or {}
        chosen = {route.label: overrides(route) for route in routes} if overrides is not None else {}
        tour = Tour(
            starter,
            routes,
            inventory.get("openapi"),
            self.options.headers,
            {label: override for label, override in chosen.items() if override is not None},
            seconds=self.options.timeout / 4,
            budget=self.options.timeout * 5,
            progress=self.progress,
        )
        began = time.monotonic()
        visits = tour.walk()
        self._timings["visits"] = time.monotonic() - began
        if tour.first_response is not None:
            self._timings["first_response"] = tour.first_response
        self.progress("stop")
        shutdown = None if tour.held else self._stop(starter, visits)  # what hangs says nothing of the rest
        skipped = tour.skipped | self._excused(visits)
        facts = replace(
            nothing,
            routes=routes,
            routes_problem=str(inventory.get("problem") or ""),
            openapi=inventory.get("openapi"),
            openapi_problem=starter.log.raised(inventory.get("raised")),
            origins=tuple(inventory.get("origins") or ()),
            visits=visits,
            overlaps=tuple(tour.overlaps),
            skipped_routes=skipped,
            shutdown=shutdown,
            not_proxied=other_peer(),
            proxied=not other_peer(),
        )
        return self._seen(facts, starter)

    def _excused(self, visits: tuple[Visit, ...]) -> dict[str, str]:
        """Routes whose visits failed for what only the rehearsal lacks, with the reason."""
        raised = [(visit.route, visit.raised) for visit in visits if visit.raised is not None]
        if not raised:
            return {}
        excuses = self._excuses()
        return {route: reason for route, error in raised if (reason := excuses.common(error))}

    def _stop(self, starter: Starter, visits: tuple[Visit, ...]) -> Shutdown:
        from .stopping import stop

        assert starter.process is not None
        shutdown = stop(starter.process, starter.log, visits, min(10.0, self.options.timeout / 6))
        if not shutdown.timed_out:
            self._timings["shutdown"] = shutdown.seconds
        return shutdown

    # -- further starts

    def _varied(self, facts: Rehearsal, asked: Collection[str]) -> Rehearsal:
        from .variants import First, start_all, wanted

        starter, layout = self._starter, self._layout
        variants = tuple(each for each in wanted(self.space, facts) if each.name in asked) if asked else ()
        if not variants or starter is None or layout is None:
            return facts
        self.progress(f"start again: {', '.join(variant.name for variant in variants)}")
        seconds = facts.timings.get("import", 0.0) + facts.timings.get("startup", 0.0)
        first = First(
            self.space,
            layout,
            starter.command,
            starter.python,
            starter.given,
            starter.values,
            self.options.timeout,
            seconds,
            self.options.network,
        )
        began = time.monotonic()
        facts = replace(facts, variants=start_all(first, variants, facts))
        self._timings["variants"] = time.monotonic() - began
        return facts

    # -- facts

    def _seen(self, facts: Rehearsal, starter: Starter) -> Rehearsal:
        """Add what every rehearsal has seen, however far it came."""
        starter.end()
        process, log = starter.process, starter.log
        assert process is not None
        assert self._layout is not None
        while (event := process.next_event(0)) is not None and log.take(event) != "gone":
            continue
        logs = [*starter.earlier, log]
        self._time(log, process.started_at)
        return replace(
            facts,
            listener=_listener(log, self.space.port),
            stand_ins=tuple(starter.stand_ins.values()),
            reads=completed(_reads(logs, set(starter.values)), self.space.files, self.options.secrets),
            files=tuple(dict.fromkeys(use for each in logs for use in each.files)),
            imported=self._imported(log),
            connects=tuple(dict.fromkeys(connect for each in logs for connect in each.connected)),
            logged=self._errors(log),
            listening=tuple(dict.fromkeys(log.listening)),
            bound_while_importing=tuple(
                (host, port, where) for host, port, where, phase, _ in log.bound if phase == "import"
            )
            if log.listeners or log.served_where
            else (),
            notes=(*_notes(log), *_unconfined(self.space, log)),
            unconfined=log.unconfined,
            unprinted=log.unprinted,
            peak_rss_mb=max(each.peak_rss for each in logs) / 2**20 or None,
            output=starter.output,
        )

    def _errors(self, log: Log) -> tuple[Logged, ...]:
        from .errors import errors_seen

        assert self._layout is not None
        return errors_seen(log, self._printed, self._layout.locate, self._excuses)

    def _imported(self, log: Log) -> tuple[str, ...]:
        assert self._layout is not None
        loaded = (log.inventory or {}).get("imported") or ()
        found = (self._layout.locate(str(name), 1) for name in loaded)
        return tuple(sorted({where.path for where in found if where is not None}))

    def _time(self, log: Log, started: float) -> None:
        times = log.times
        if "imported" in times:
            self._timings["import"] = times["imported"] - started
            if "started" in times:
                self._timings["startup"] = times["started"] - times["imported"]


def _unfit(space: Space, command: StartCommand | None) -> str:
    """Why there can be no rehearsal at all, or ""."""
    if os.name != "posix":
        return f"a rehearsal needs a POSIX system, and this is {platform.system()}"
    if space.sdk == "static":
        return "a static Space runs no process"
    if command is None:
        return of_base(space.image) or "there is no start command"
    if command.runner is None:
        return command.reason or "the start command is not understood"
    if command.unexpanded:
        return f"the start command has a variable that nothing expands (${command.unexpanded[0]})"
    return ""


def _listener(log: Log, app_port: int) -> Listener | None:
    """The server: of several, the one on the app port."""
    if log.listeners:
        on_port = [listener for listener in log.listeners if listener.port == app_port]
        listener = (on_port or log.listeners)[-1]
        return listener._replace(server=log.in_place_of) if log.in_place_of else listener
    for host, port, where, _, _ in log.bound:
        return Listener("socket", host, port, where)
    return None


def _reads(logs: list[Log], stood_in: set[str]) -> tuple[Read, ...]:
    """Each variable at each line once; a stand-in counts as not given."""
    found: dict[tuple[str, object], Read] = {}
    for log in logs:
        for read in log.reads:
            key = (read.name, read.where)
            before = found.get(key)
            if before is None or (before.default is None and read.default is not None):
                given = read.given and read.name not in stood_in
                found[key] = replace(read, given=given)
    return tuple(found.values())


def _unconfined(space: Space, log: Log) -> tuple[str, ...]:
    """What only matters where the app wrote, or tried to write, what it may not on the Space."""
    if not log.unconfined or not any(use.write and is_refused(space.image, use.path) for use in log.files):
        return ()
    return (f"only what the app's own Python code writes was refused as on the Space: {log.unconfined}",)


def _notes(log: Log) -> tuple[str, ...]:
    if log.in_place_of:
        return (f"{log.in_place_of} itself: uvicorn served the app in its place",)
    return ()
