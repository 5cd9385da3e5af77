"""The thread that drives a build."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import platform
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from ..space import Space
from .cache import Entry, key_of, open_entry, remove_old, today
from .facts import Build
from .install import Impossible, Installation, Means
from .installed import installed
from .interpreters import find_interpreter
from .phases import Phases, headline
from .plan import make_plan
from .process import Runner
from .tools import find_uv, tool_environment

#: Failures that a second try on the same day would only repeat.
_LASTING: Final = frozenset({"conflict", "missing", "python"})

#: A local package's files count with so much of their content, in bytes.
_MOST_OF_A_FILE: Final = 1 << 20


class Building:
    """A build that is under way."""

    def __init__(self, space: Space, progress: Callable[[str], None], deadline: float) -> None:
        self._space = space
        self._progress = progress
        #: the phases that :meth:`wait` has not told yet; None ends them
        self._phases: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._begun = time.monotonic()
        self._runner = Runner(self._begun + deadline)
        self._caller = dict(os.environ)
        self._entry: Entry | None = None
        self._build = Build(impossible="the build was ended")
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._drive, name="hfspace-build", daemon=True)
        self._thread.start()

    def done(self, seconds: float) -> bool:
        """Has it ended, or does it within so many seconds?  (One that is there already does.)"""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def wait(self, progress: Callable[[str], None] | None = None) -> Build:
        """Join it; ``progress`` is called, in the thread that waits, with each phase.

        Never raises for what the repository contains; a defect of ours comes out here.
        """
        while (phase := self._phases.get()) is not None:
            if progress is not None:
                progress(phase)
        self._phases.put(None)  # for whoever waits again
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._build

    def abort(self) -> None:
        """End the tool with all its processes.  Safe at any moment, and again.

        After a build it gives the environment up: one that is not kept is removed.
        """
        self._runner.abort()
        self._thread.join()
        self._release()

    def _release(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            atexit.unregister(entry.release)
            entry.release()

    def _drive(self) -> None:
        try:
            build = self._make()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            self._error = error
        else:
            self._build = replace(build, seconds=round(time.monotonic() - self._begun, 3))
        finally:
            self._runner.close()
            self._phases.put(None)

    def _tell(self, phase: str) -> None:
        self._phases.put(phase)
        self._progress(phase)

    def _make(self) -> Build:
        plan = make_plan(self._space)
        if plan.impossible:
            return Build(wanted=plan.wanted, notices=plan.notices, impossible=plan.impossible)
        variables = tool_environment(self._caller, plan.settings)
        uv = find_uv(variables)
        python, told = find_interpreter(plan.wanted, variables, uv)
        means = Means(self._space, plan, python, variables, uv)
        notices = (*plan.notices, *([told] if told else []), *_elsewhere(self._space))
        base = Build(version=python.version, wanted=plan.wanted, notices=notices)
        day = today()
        try:
            entry, told = open_entry(self._caller, key_of(_key(means), day))
            self._entry = entry
            atexit.register(entry.release)
            base = replace(base, notices=(*notices, told)) if told else base
            if not entry.hold(self._runner.deadline, self._runner.aborted):
                return replace(base, impossible=self._why_ended())
            found = entry.found()
            if found is not None:
                return replace(found, notices=(*base.notices, *found.notices), cached=True)
            return self._install(base, means, entry, day)
        except OSError as error:
            return replace(base, impossible=f"the environment cannot be written: {error.strerror}")

    def _install(self, base: Build, means: Means, entry: Entry, day: str) -> Build:
        """Make it, and keep what lasts."""
        entry.begin()
        self._tell(headline(means.plan, means.python.minor, "uv" if means.uv else "pip"))
        installation = Installation(means, entry, self._runner, Phases(self._tell))
        try:
            failure = installation.run()
        except Impossible as reason:
            entry.discard()
            return replace(base, impossible=str(reason), tool=installation.tool)
        finally:
            installation.clean()
        build = Build(
            version=base.version, wanted=base.wanted, notices=tuple(installation.notices), failure=failure,
            tool=installation.tool,
        )  # fmt: skip
        if failure is None:
            packages = {each.name: each.version for each in installed(entry.environment)}
            build = replace(build, python=installation.place.python, packages=packages)
        else:
            entry.begin()
        if failure is None or failure.kind in _LASTING:
            entry.complete(build)
        else:
            entry.discard()
        if not entry.temporary:
            remove_old(entry.directory.parent, day)
        return replace(build, notices=(*base.notices, *build.notices))

    def _why_ended(self) -> str:
        return "the build was ended" if self._runner.aborted.is_set() else "the build took too long"


def _elsewhere(space: Space) -> Iterator[str]:
    """Where this machine would take other wheels than the Space's."""
    system = _system()
    if system != ("linux", "x86_64"):
        yield f"built for {' '.join(system)}: the Space's Linux x86_64 may need other wheels"
    if space.image is not None and "alpine" in space.image.base:
        yield "the image is Alpine Linux, which may need other wheels than these"


def _system() -> tuple[str, str]:
    return sys.platform, platform.machine()


def _key(means: Means) -> list[object]:
    """What another environment would come of."""
    plan, space = means.plan, means.space
    layout = space.image.layout if plan.local and space.image is not None else {}
    local = []
    for path, source in sorted(layout.items()):
        if any(path == place or path.startswith(place.rstrip("/") + "/") for place in plan.local):
            with contextlib.suppress(FileNotFoundError):
                content = space.files.read(source, _MOST_OF_A_FILE)
                local.append((path, hashlib.sha256(content).hexdigest()))
    obeyed = {k: v for k, v in means.variables.items() if k.startswith(("PIP_", "UV_")) and "CACHE" not in k}
    return [
        [repr(step) for step in plan.steps],
        plan.texts,
        plan.kept,
        [repr(project) for project in plan.projects],
        means.python.version,
        os.path.realpath(means.python.path),
        obeyed,
        local,
    ]
