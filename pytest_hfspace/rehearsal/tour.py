"""The visits: every route, the front page as the Space page asks for it, every WebSocket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from ..contract import EMBEDDING_ORIGIN
from .afterwards import KEPT_ASSET, PREFLIGHT, assets, overlaps, preflight
from .excuses import is_network
from .facts import Overlap, Raised, Request, Route, Visit, VisitKind
from .log import Log
from .messages import Message, Talk, about_message, is_leaving
from .missing import lacking_in
from .overlap import Pair, ask
from .process import AppProcess
from .requests import Override, Planned, RequestPlanner
from .sockets import shake_hands
from .start import Starter, ask_where
from .visitor import KEPT_BODY, PEER, Answer, Visitor, other_peer

#: how often a server that a visit has killed or blocked is started again
MOST_RESTARTS = 3
#: how long, in seconds, the probe after a visit without an answer may take
PROBE = 2.0
#: how many paths are asked for without their trailing slash
SLASHES = 3
#: labels of visits that belong to no route
ROOT, CONTROL = "ROOT", "CONTROL"

#: what the Space page adds to the address of its frame
_PAGE_QUERY = "logs=container"
#: what a browser leaves as it is written
_SAFE = "/%:@!$&'()*+,;=[]|"

_FRAME_HEADERS = (
    ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("Sec-Fetch-Dest", "iframe"),
    ("Referer", f"{EMBEDDING_ORIGIN}/"),
)


def page_path(base_path: str) -> str:
    """What the Space page's frame asks for: percent-encoded, with the page's query, no fragment."""
    path, _, query = base_path.partition("#")[0].partition("?")
    asked = "&".join(filter(None, (query, _PAGE_QUERY)))
    return f"{quote(path, safe=_SAFE, errors='replace')}?{quote(asked, safe=f'{_SAFE}?', errors='replace')}"


@dataclass
class _Trace:
    """A visit and the request of the server that it was."""

    visit: Visit
    log: Log
    key: tuple[int, int]
    awaited: bool
    #: what its WebSocket handler was told, if that may be the only reason why it raised
    told: Message | None = None


@dataclass
class Tour:
    """One visitor's way through a running app.  ``seconds`` is the deadline of each answer,
    ``budget`` that of all visits together."""

    starter: Starter
    routes: Sequence[Route]
    openapi: Mapping[str, object] | None
    headers: tuple[tuple[str, str], ...]
    overrides: Mapping[str, Override]
    seconds: float
    budget: float
    progress: Callable[[str], None]
    skipped: dict[str, str] = field(default_factory=dict)
    overlaps: list[Overlap] = field(default_factory=list)
    first_response: float | None = None
    #: a request is still at work in the server that runs now
    held: bool = False
    _traces: list[_Trace] = field(default_factory=list)
    _restarts: int = 0
    _stopped: str = ""

    def walk(self) -> tuple[Visit, ...]:
        """Visit everything; the visits in the order in which they were made."""
        self._deadline = time.monotonic() + self.budget
        self._visitor = Visitor(self._process.port, "127.0.0.1" if other_peer() else PEER)
        planner = RequestPlanner(self.routes, self.openapi, dict(self.headers), self.overrides)
        try:
            self._front_page()
            self._visit_all(planner.order(), planner)
            self._without_slash(planner)
            self._websockets(self.routes, planner)
            self._settle()
            self._again_with_settings(planner)
            self._beyond_the_routes()
        finally:
            self._visitor.close()
        return tuple(self._joined(trace) for trace in self._traces)

    def _visit_all(self, routes: Sequence[Route], planner: RequestPlanner) -> None:
        for number, route in enumerate(routes, 1):
            self.progress(f"visit {number}/{len(routes)} {route.label}")
            self._route(route, planner)

    def _again_with_settings(self, planner: RequestPlanner) -> None:
        """Routes that failed for lack of a declared setting are visited once more, with stand-ins.

        What is not declared stays a failure: nobody would know to set it.
        """
        lacking: dict[str, set[str]] = {}
        for trace in self._traces:
            names = lacking_in(trace.log, trace.visit, self._raised(trace), self.starter.values)
            lacking.setdefault(trace.visit.route, set()).update(names & self.starter.space.settings.keys())
        wanted = set().union(*lacking.values()) if lacking else set()
        if not wanted or self._stopped:
            return
        self.starter.supply(dict.fromkeys(sorted(wanted), ""))
        self._visitor.close()
        self.starter.end()
        if not self._come_up_again():  # it refuses what was made up, and is judged without
            self.starter.withdraw(wanted)
            if not self._come_up_again():
                self._stopped = f"the app did not start again with {', '.join(sorted(wanted))}"
            return
        again = {label for label, names in lacking.items() if names}
        self._traces = [trace for trace in self._traces if trace.visit.route not in again]
        self._visit_all([route for route in planner.order() if route.label in again], planner)
        self._websockets([route for route in self.routes if route.label in again], planner)
        if ROOT in again:
            self._front_page()
        self._settle()

    @property
    def _process(self) -> AppProcess:
        assert self.starter.process is not None
        return self.starter.process

    # -- what is visited

    def _front_page(self) -> None:
        path = page_path(self.starter.space.card.base_path)
        request = Request("GET", path, (*_FRAME_HEADERS, *self.headers))
        answer = self._visit(ROOT, "root", request)
        if answer.status in (400, 403, 421):
            self._compare(request)

    def _compare(self, request: Request) -> None:
        headers = (*request.headers, ("Host", "localhost:7860"))
        self._visit(CONTROL, "root", request._replace(headers=headers))

    def _route(self, route: Route, planner: RequestPlanner) -> None:
        override = self.overrides.get(route.label)
        if override is not None and override.skip:
            self.skipped[route.label] = override.skip
            return
        for planned in planner.plan(route):
            if self._over(route):
                return
            answer = self._planned(planned)
            if planned.kind == "valid" and answer.status is not None:
                retried = planner.retry(planned, answer.status, answer.body)
                if retried is not None:
                    self._traces.pop()
                    answer = self._planned(retried)
                if answer.status == 421 and CONTROL not in {trace.visit.route for trace in self._traces}:
                    self._compare(planned.request)
                if answer.status is not None:
                    planner.learn(retried or planned, answer.status, answer.body)

    def _over(self, route: Route) -> bool:
        if not self._stopped and time.monotonic() > self._deadline:
            self._stopped = f"the visits took longer than {self.budget:.0f} s"
        if self._stopped and not any(trace.visit.route == route.label for trace in self._traces):
            self.skipped[route.label] = self._stopped
        return bool(self._stopped)

    def _without_slash(self, planner: RequestPlanner) -> None:
        """A path asked for without its trailing slash is redirected: where to?"""
        known = {route.path for route in self.routes}
        candidates = [
            route
            for route in self.routes
            if route.method == "GET"
            and route.kind == "http"
            and route.own
            and len(route.path) > 1
            and route.path.endswith("/")
            and "{" not in route.path
            and route.path.rstrip("/") not in known
        ]
        for route in candidates[:SLASHES]:
            if self._over(route):
                return
            planned = planner.plan(route)[0].request
            path, _, query = planned.path.partition("?")
            shorter = path.rstrip("/") + (f"?{query}" if query else "")
            self._visit(route.label, "slash", planned._replace(path=shorter))

    def _websockets(self, routes: Sequence[Route], planner: RequestPlanner) -> None:
        for route in routes:
            if route.kind == "websocket":
                self._websocket(route, planner)

    def _websocket(self, route: Route, planner: RequestPlanner) -> None:
        override = self.overrides.get(route.label)
        if override is not None and override.skip:
            self.skipped[route.label] = override.skip
        elif not self._over(route):
            self._fresh()
            request = planner.plan(replace(route, method="GET", kind="http"))[0].request
            self._talk(route, request)

    def _talk(self, route: Route, request: Request) -> None:
        """Shake hands and say something, until it is something that the handler takes."""
        talk = Talk()
        message: Message | None = talk.first()
        while message is not None:
            done = shake_hands(request, self._process.port, self._visitor.peer, self.seconds, message)
            if done.impossible:
                self.skipped[route.label] = done.impossible
                return
            self._record(route.label, "valid", request, done.answer)
            trace = self._traces[-1]
            raised = self._raised_at_once(trace) if done.sent and done.broken else None
            trace.told = message if done.sent else None
            if raised is None:
                return
            message = talk.following(message, raised)
            if message is not None:
                self._traces.pop()
            elif talk.is_proved:
                trace.told = None

    def _raised_at_once(self, trace: _Trace) -> Raised | None:
        self._until_told(trace.log, trace.key)
        event = trace.log.answered.get(trace.key, {})
        raised = trace.log.raised(event.get("raised")) if event.get("heard") else None
        return None if raised is None or is_leaving(raised, trace.visit) else raised

    def _beyond_the_routes(self) -> None:
        """What pages load, a request of another origin, two routes at once."""
        for label, target in assets(lambda: [trace.visit for trace in self._traces], self.routes):
            if self._stopped or time.monotonic() > self._deadline:
                return
            self.progress(f"load {target}")
            self._visit(label, "asset", Request("GET", target, self.headers), KEPT_ASSET)
        asked = preflight(self.starter)
        if asked is not None and not self._stopped:
            self._visit(PREFLIGHT, "preflight", asked)
        self._settle()
        visits = [self._joined(trace) for trace in self._traces]
        self.overlaps += overlaps(visits, self.routes, self._at_once)

    def _at_once(self, pair: Pair) -> Overlap | None:
        if self._stopped or self.held:
            return None
        self.progress(f"beside {pair.slow.route}")
        return ask(pair, self._process.port, self._visitor.peer, self.seconds)

    # -- one visit

    def _planned(self, planned: Planned) -> Answer:
        return self._visit(planned.route.label, planned.kind, planned.request)

    def _visit(self, label: str, kind: VisitKind, request: Request, keep: int = KEPT_BODY) -> Answer:
        self._fresh()
        busy_before = self._process.cpu_seconds(self.seconds / 20)
        answer = self._visitor.visit(request, self.seconds, keep)
        if self.first_response is None and answer.status is not None:
            self.first_response = time.monotonic() - self._process.started_at
        self._record(label, kind, request, answer)
        if answer.timed_out or answer.dropped:
            self._look_after(answer, busy_before)
        elif answer.streamed and self._visitor.visit(Request("GET", "/"), PROBE).timed_out:
            self._blame("the server answers nothing else once this stream has begun")
            self._restarts += 1
            self._start_again(label)
        return answer

    def _blame(self, problem: str) -> None:
        trace = self._traces[-1]
        trace.visit = trace.visit._replace(problem=problem)

    def _record(self, label: str, kind: VisitKind, request: Request, answer: Answer) -> None:
        visit = Visit(
            route=label,
            kind=kind,
            request=request,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            seconds=answer.seconds,
            problem=answer.problem,
            streamed=answer.streamed,
        )
        awaited = answer.status is not None and not answer.streamed
        self._traces.append(_Trace(visit, self.starter.log, (answer.peer, answer.number), awaited))

    def _look_after(self, answer: Answer, busy_before: float | None) -> None:
        """After a visit without an answer: why, and is the server still there for the next?"""
        trace, process, log = self._traces[-1], self._process, self.starter.log
        if answer.timed_out:
            busy_now = process.cpu_seconds()
            used = busy_now - busy_before if busy_now is not None and busy_before is not None else 0.0
            where = ask_where(process, log)
            at = f", waiting at {where}" if where else ""
            trace.visit = trace.visit._replace(
                problem=answer.problem + at,
                busy=used > answer.seconds / 2,
                unreachable=(log.stack_connects or [""])[-1],
            )
            probe = self._visitor.visit(Request("GET", "/"), PROBE)
            self._restarts += bool(probe.timed_out)
            self.held = not probe.timed_out
            if self.held:
                return
        else:
            self._until_told(log, trace.key)
            if log.status is None and not log.gone:
                return
            ending = f"exit code {log.status}" if (log.status or 0) >= 0 else f"signal {-(log.status or 0)}"
            self._blame(f"the process ended with {ending}")
            self._restarts += 1
        self._start_again(trace.visit.route)

    def _fresh(self) -> None:
        """Take what the app has told, so that its end is noticed before the next visit."""
        while (event := self._process.next_event(0)) is not None:
            if self.starter.log.take(event) in ("gone", ""):
                return

    def _start_again(self, label: str) -> None:
        self._visitor.close()
        self.starter.end()
        if self._restarts > MOST_RESTARTS:
            self._stopped = f"{label} and others before it ended or blocked the server"
            return
        if not self._come_up_again():
            self._stopped = f"the app did not start again after {label}"

    def _come_up_again(self) -> bool:
        self.starter.earlier.append(self.starter.log)
        try:
            self.starter.begin()
            failure = self.starter.come_up(lambda _phase: None)
        except OSError:
            return False
        if failure is not None:
            return False
        self._visitor = Visitor(self._process.port, self._visitor.peer)
        self.held = False
        return True

    # -- what the app told of it

    def _until_told(self, log: Log, key: tuple[int, int], seconds: float = 1.0) -> None:
        until = time.monotonic() + seconds
        while key not in log.answered and not log.gone and log.status is None:
            event = self._process.next_event(until)
            if event is None:
                return
            log.take(event)

    def _settle(self) -> None:
        """The app may still be at work after its answer (background tasks)."""
        current = self.starter.log
        for trace in self._traces:
            if trace.awaited and trace.log is current:
                self._until_told(current, trace.key)

    def _raised(self, trace: _Trace) -> Raised | None:
        """What came out of the app during a visit, unless the visitor is to blame."""
        event = trace.log.answered.get(trace.key, {})
        raised = trace.log.raised(event.get("raised"))
        # it may have been told something while it did not listen
        misunderstood = event.get("heard") and raised is not None and _misunderstood(trace, raised)
        return None if raised is None or misunderstood or is_leaving(raised, trace.visit) else raised

    def _joined(self, trace: _Trace) -> Visit:
        event = trace.log.answered.get(trace.key)
        if event is None:
            return trace.visit
        raised = self._raised(trace)
        connects = [str(target) for target in event.get("connects") or ()]
        refused = (trace.visit.status or 0) >= 500 if raised is None else is_network(raised)
        return trace.visit._replace(
            raised=raised,
            endpoint=str(event.get("endpoint") or ""),
            unreachable=connects[-1] if connects and refused else trace.visit.unreachable,
        )


def _misunderstood(trace: _Trace, raised: Raised) -> bool:
    """Is this only how a handler notices that the message was not one that it takes?"""
    return trace.told is not None and about_message(trace.told, raised)
