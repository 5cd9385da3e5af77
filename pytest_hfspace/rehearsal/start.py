"""Bringing the app up: one start after another, until it serves or fails for good."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..space import Space
from ..space.command import StartCommand
from ..space.settings import is_secret_name
from .child.plan import Plan
from .environment import base_environment, stand_in
from .excuses import Excuses
from .facts import Failure, Phase, Raised, StandIn, Where
from .layout import Layout
from .log import Log
from .missing import missing_settings
from .ownership import is_certain
from .process import AppProcess

#: how often a start that lacks settings is repeated
MOST_REPEATS = 8
#: how long, in seconds, a failed app may take to end by itself, and a hung one to say where it is
GRACE = 2.0
#: how long, in seconds, a listener that is not uvicorn's may stay the only one
FOREIGN_GRACE = 1.5
#: how many lines of output a failure quotes
OUTPUT_LINES = 20


@dataclass
class Starter:
    """Starts the app, again with stand-ins where it lacks settings, at most ``repeats`` times.

    After :meth:`come_up`, ``process`` and ``log`` are those of the last start.
    """

    space: Space
    layout: Layout
    command: StartCommand
    python: str
    given: dict[str, str]
    limit: float
    stand_ins: dict[str, StandIn] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    earlier: list[Log] = field(default_factory=list)
    output: str = ""
    process: AppProcess | None = None
    repeats: int = MOST_REPEATS
    network: str = ""

    def begin(self) -> None:
        """Start the process; what it says is heard in :meth:`come_up`.  OSError if that fails."""
        self.log = Log(self.layout)
        environment = base_environment(self.space, self.layout, {**self.values, **self.given})
        if self.python != sys.executable:  # a fresh build, whose modules are worth compiling
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = AppProcess(self.python, self._plan(), environment, self.layout.scratch)

    def come_up(self, progress: Callable[[str], None]) -> Failure | None:
        """Wait until the app serves; None then, else why it does not."""
        for _ in range(self.repeats):
            failure = self._one_start(progress)
            lacking = missing_settings(self.log, failure, self.values) if failure is not None else {}
            if failure is None or not lacking:
                return failure
            self.supply(lacking)
            self.end()
            self.earlier.append(self.log)
            progress(f"start again with {', '.join(sorted(self.values))}")
            self.begin()
        return self._one_start(progress)

    def end(self) -> None:
        """End the process that runs now."""
        if self.process is not None:
            self.process.end()
            self.output = self.process.output.text()

    def excuse(self, failure: Failure, excuses: Excuses) -> str:
        """Why this failure says nothing of the Space, or ""."""
        if failure.raised is None:
            return excuses.waiting(self.log) if failure.kind in ("hung", "not listening") else ""
        return excuses.start(failure.raised, self.log, failure.output)

    # -- one start

    def _one_start(self, progress: Callable[[str], None]) -> Failure | None:
        assert self.process is not None
        deadline = self.process.started_at + self.limit
        while self.log.inventory is None:
            event = self.process.next_event(min(deadline, self._foreign_deadline() or deadline))
            if event is None and self._foreign_deadline() and time.monotonic() < deadline:
                return None
            if event is None:
                return self._hung()
            name = self.log.take(event)
            if name == "phase":
                progress(self.log.phase)
            if name in ("raised", "served", "imported", "exited", "gone") and self._over():
                return self._failure(deadline)
        return None

    def _foreign_deadline(self) -> float | None:
        """When a listener of the app's own counts as its server, if it has one."""
        own = [bound for bound in self.log.bound if bound[3] != "import" or self.command.runner == "python"]
        if not own or self.log.listeners:
            return None
        return self.log.times["bound"] + FOREIGN_GRACE

    def _over(self) -> bool:
        log = self.log
        failed = log.failed is not None or log.served_where is not None or bool(log.unfit)
        return failed or log.status is not None or log.gone

    def _failure(self, deadline: float) -> Failure:
        """Sort out what has ended the start, when the process has had time to say its last words."""
        assert self.process is not None
        if self.log.unfit:  # uvicorn would go on, and answer every request with an error
            self.process.order("kill")
        until = min(max(deadline, time.monotonic()), time.monotonic() + GRACE)
        while not self.log.gone and (event := self.process.next_event(until)) is not None:
            self.log.take(event)
        log, output = self.log, self.process.output.last_lines(OUTPUT_LINES)
        seconds = time.monotonic() - self.process.started_at
        phase: Phase = _phase(log.failed[0] if log.failed else log.phase)
        if log.served_where is not None:
            where = log.served_where[0]
            return Failure("import", "served", "importing starts a server", where=where, seconds=seconds)
        if log.failed is not None:
            return self._raised(phase, log.failed[1], seconds, output)
        if log.unfit:
            return Failure("import", "target", log.unfit, seconds=seconds, output=output)
        program = self.command.runner == "python" and phase in ("launch", "import")
        message = f"the process ended with {_ending(log.status)}"
        if program and log.status == 0:
            return Failure(phase, "not listening", message, status=0, seconds=seconds, output=output)
        return Failure(phase, "exited", message, status=log.status, seconds=seconds, output=output)

    def _raised(self, phase: Phase, error: Raised, seconds: float, output: str) -> Failure:
        if any(kind.endswith("ImportFromStringError") for kind in error.kinds) or self.log.unfit:
            text = self.log.unfit or error.message
            return Failure("import", "target", text, raised=error, seconds=seconds, output=output)
        kind = "exited" if error.kinds[0] == "builtins.SystemExit" and phase == "import" else "raised"
        status = self.log.status
        if kind == "exited" and self.command.runner == "python" and status == 0:
            kind = "not listening"
        return Failure(
            phase,
            kind,  # type: ignore[arg-type]  # one of the three above
            str(error) if kind == "raised" else f"the process ended with {_ending(status)}",
            raised=error,
            where=error.where or (self.log.aside.where if self.log.aside else None),
            status=status,
            seconds=seconds,
            output=output,
        )

    def _hung(self) -> Failure:
        assert self.process is not None
        where = ask_where(self.process, self.log)
        seconds = time.monotonic() - self.process.started_at
        output = self.process.output.last_lines(OUTPUT_LINES)
        phase = _phase(self.log.phase)
        program = self.command.runner == "python" and phase in ("launch", "import")
        kind = "not listening" if program else "hung"
        doing = {"import": "importing", "startup": "starting up", "launch": "starting"}.get(phase, phase)
        return Failure(
            phase,
            kind,  # type: ignore[arg-type]  # one of the two above
            f"still {doing} after {seconds:.0f} s",
            where=where,
            seconds=seconds,
            output=output,
        )

    def supply(self, lacking: Mapping[str, str]) -> None:
        """Have stand-ins for these settings from the next start on.  ``lacking`` says of each what
        was complained of, "" for one that was not there."""
        reads = {read.name: read for read in self.log.reads}
        for name, complaint in lacking.items():
            read = reads.get(name)
            self.values[name] = stand_in(name, read, self.space, str(self.layout.home), complaint)
            self.stand_ins.setdefault(
                name,
                StandIn(
                    name, read.where if read else None, bool(read and read.secret) or is_secret_name(name)
                ),
            )

    def withdraw(self, names: Iterable[str]) -> None:
        """End what was started with these stand-ins, and have none of them from the next start on."""
        self.end()
        for name in names:
            self.values.pop(name, None)
            self.stand_ins.pop(name, None)

    def _plan(self) -> Plan:
        command = self.command
        words = list(command.words)
        names = [word.rpartition("/")[2] for word in words]
        if command.runner in names:  # python -m uvicorn main:app is uvicorn main:app
            words = [command.runner, *words[names.index(command.runner) + 1 :]]
        elif command.runner == "python":
            words = _program_words(words, command)
        return Plan(
            root=str(self.layout.root),
            cwd=str(self.layout.inside(command.cwd)),
            runner=command.runner or "",
            words=_known_words(words),
            before=[list(each) for each in command.before],
            events=-1,
            control=-1,
            listener=-1,
            target=command.target,
            factory=command.factory,
            app_dir=command.app_dir,
            script=self._script(command.script),
            module=command.module,
            function=command.function,
            host=command.host,
            port=command.port.number if command.port else None,
            workers=command.workers,
            forwarded_allow_ips=command.forwarded_allow_ips,
            network=self.network,
            writable=_coverage_data(),
            heed_modes=is_certain(self.space.image),
        )

    def _script(self, script: str | None) -> str | None:
        return str(self.layout.inside(script)) if script and script.startswith("/") else script


def _coverage_data() -> list[str]:
    """Where coverage.py, which measures the app if it measures this process, keeps its data."""
    measured = any(name in os.environ for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"))
    return [str(Path.cwd())] if measured else []


def _known_words(words: list[str]) -> list[str]:
    """Without a number of workers that only the shell would tell (``--workers $(nproc)``): one is
    started in any case."""
    unknown = [at for at in range(1, len(words)) if words[at] == "" and words[at - 1] in ("--workers", "-w")]
    return [word for at, word in enumerate(words) if at not in unknown and at + 1 not in unknown]


def _program_words(words: list[str], command: StartCommand) -> list[str]:
    """["python", "main.py", "--flag"], without the interpreter's own options."""
    if command.function:
        return words
    first = command.module or command.script
    rest = words[words.index(first) + 1 :] if first in words else []
    return ["python", "-m", str(first), *rest] if command.module else ["python", str(first), *rest]


def ask_where(process: AppProcess, log: Log) -> Where | None:
    """The repository line that a running app is at, None if it does not say."""
    log.stack_told = False
    process.order("stack")
    until = time.monotonic() + GRACE
    while not log.stack_told and not log.gone and (event := process.next_event(until)) is not None:
        log.take(event)
    return log.stack


def _ending(status: int | None) -> str:
    if status is None:
        return "an unknown exit code"
    return f"exit code {status}" if status >= 0 else f"signal {-status}"


def _phase(text: str) -> Phase:
    phases: dict[str, Phase] = {
        "launch": "launch",
        "import": "import",
        "startup": "startup",
        "serve": "serve",
        "shutdown": "shutdown",
    }
    return phases.get(text, "launch")
