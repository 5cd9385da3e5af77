"""The app's process as the parent sees it: events, output, orders, and its certain end."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .child.plan import Plan

#: what is kept of the output: so much of its beginning, and as much of its end
KEPT_OUTPUT = 64 * 1024
#: an event's line may not be longer: the schema of 2,000 routes has about 8 MB
LONGEST_EVENT = 64 * 1024 * 1024
#: how long, in seconds, what is still in the pipes is read after the keeper has gone
LAST_WORDS = 1.0
#: how long, in seconds, the keeper has to end everything before it is ended itself
PATIENCE = 6.0

Event = dict[str, Any]


class Output:
    """The beginning and the end of what was printed, however much it was."""

    def __init__(self) -> None:
        self.total = 0
        self._head = b""
        self._tail = b""

    def add(self, data: bytes) -> None:
        """Take what was read."""
        self.total += len(data)
        room = KEPT_OUTPUT - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-KEPT_OUTPUT:]

    def text(self) -> str:
        """What is kept, with a word on what is not."""
        left_out = self.total - len(self._head) - len(self._tail)
        middle = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (self._head + middle + self._tail).decode("utf-8", "replace")

    def last_lines(self, count: int) -> str:
        """The last lines that say something."""
        lines = [line.rstrip() for line in self.text().splitlines() if line.strip()]
        return "\n".join(lines[-count:])


class AppProcess:
    """One start of the app, in a process group of its own with a keeper above it.

    Every event is put on a queue as it comes; :meth:`next_event` waits with a deadline.  The
    keeper's own events come over the socket that its orders go: the app has no hold of that.
    """

    def __init__(self, python: str, plan: Plan, environment: Mapping[str, str], scratch: Path) -> None:
        """Start it.  OSError where the interpreter cannot be started."""
        self.output = Output()
        self.started_at = time.monotonic()
        self._pid: int | None = None
        self._cpu: tuple[float, float | None] | None = None
        self._scratch = scratch
        # not a SimpleQueue: where it finds its lock free and itself empty, its time-out becomes none
        self._events: queue.Queue[Event] = queue.Queue()
        self._token = os.urandom(8).hex().encode()
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            # theirs alone, once it runs: where nobody serves, nobody accepts
            listener = theirs.enter_context(_listen())
            self.port: int = listener.getsockname()[1]
            events, events_in = _pipe(ours, theirs)
            printed, printed_in = _pipe(ours, theirs)
            self._control, orders = socket.socketpair()
            ours.enter_context(self._control)
            theirs.enter_context(orders)
            plan = plan._replace(
                events=events_in,
                control=orders.fileno(),
                listener=listener.fileno(),
                token=self._token.decode(),
                top=str(scratch.parent),
            )
            scratch.mkdir(parents=True, exist_ok=True)  # an earlier start may have removed it
            plan_file = scratch / "plan.json"
            plan.write(plan_file)
            self._popen = subprocess.Popen(
                [python, str(Path(__file__).with_name("child") / "__main__.py"), str(plan_file)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=printed_in,
                stderr=printed_in,
                pass_fds=(events_in, orders.fileno(), listener.fileno()),
                start_new_session=True,
                cwd=scratch,
            )
            ours.pop_all()
        self._reader = threading.Thread(target=self._read, args=(events, printed), daemon=True)
        self._reader.start()

    # -- listening

    def next_event(self, deadline: float) -> Event | None:
        """The next event, or None if none has come by ``deadline`` (of ``time.monotonic``).

        The last one is always {"event": "gone"}, and then again and again.
        """
        left = deadline - time.monotonic()
        if left <= 0 and self._events.empty():
            return None
        try:
            event = self._events.get(timeout=max(0.0, left))
        except queue.Empty:
            return None
        if event["event"] == "gone":
            self._events.put(event)
        return event

    def _read(self, events: int, printed: int) -> None:
        """Thread: takes all that comes, until the keeper has gone and nothing is left."""
        # in this order: what the app said before it ended comes before the keeper's word of that
        take = {
            events: _Lines(self._told).add,
            printed: self.output.add,
            self._control.fileno(): _Lines(self._kept).add,
        }
        control = self._control.fileno()
        until: float | None = None
        try:
            with selectors.DefaultSelector() as selector:
                for descriptor in take:
                    selector.register(descriptor, selectors.EVENT_READ)
                while selector.get_map() and (until is None or time.monotonic() < until):
                    # Whoever still holds a pipe when the keeper has gone is not waited for.
                    ready = {key.fd for key, _ in selector.select(None if until is None else 0)}
                    if until is not None and not ready:
                        break
                    for descriptor in [each for each in take if each in ready]:
                        data = _read_some(descriptor)
                        take[descriptor](data)
                        if not data:
                            selector.unregister(descriptor)
                            if descriptor == control:
                                until = time.monotonic() + LAST_WORDS
        finally:
            for descriptor in (events, printed):
                os.close(descriptor)
            self._events.put({"event": "gone", "at": time.monotonic()})

    def _told(self, line: bytes) -> None:
        """An event of the app's."""
        event = self._event(line)
        if event is not None and event["event"] not in ("spawned", "exited", "gone"):
            self._events.put(event)

    def _kept(self, line: bytes) -> None:
        """An event of the keeper's."""
        event = self._event(line)
        if event is None:
            return
        if event["event"] == "spawned":
            self._pid = int(event["pid"])
        self._events.put(event)

    def _event(self, line: bytes) -> Event | None:
        """The app shares the pipe: what is no event of ours is nothing to us."""
        if not line.startswith(self._token):
            return None
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line[len(self._token) :])
            if isinstance(event, dict) and isinstance(event.get("event"), str):
                return event
        return None

    # -- orders

    def order(self, word: str) -> None:
        """Tell the keeper "term", "kill" or "stack"; too late is no error."""
        with contextlib.suppress(OSError):
            self._control.sendall(word.encode() + b"\n")

    def cpu_seconds(self, age: float = 0.0) -> float | None:
        """Processor time used so far, as it was known ``age`` seconds ago at most: the system takes
        its time to tell.  None where it does not tell."""
        now = time.monotonic()
        if self._cpu is None or now - self._cpu[0] >= age:
            self._cpu = (now, _cpu_seconds(self._pid))
        return self._cpu[1]

    def end(self) -> None:
        """End the app and all that it has left behind.  Safe at any moment, and again."""
        with contextlib.suppress(OSError):
            self._control.sendall(b"end\n")
            self._control.shutdown(socket.SHUT_WR)
        self._popen.send_signal(signal.SIGCONT)  # an app may have stopped its keeper
        self._reader.join(PATIENCE)  # it ends with the keeper; a wait with a timeout would poll
        try:
            self._popen.wait(0 if self._reader.is_alive() else PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._popen.returncode:
            self._sweep()
        self._reader.join(PATIENCE)
        if not self._reader.is_alive():
            self._control.close()

    def _sweep(self) -> None:
        """End what the keeper could not, because the app has ended the keeper."""
        for group in {self._pid, self._popen.pid} - {None}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(int(group or 0), signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        while (left := _processes_of(self._scratch)) and time.monotonic() < until:
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)  # the system's own work


class _Lines:
    """Cuts what comes into lines; an endless one is dropped."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._rest = bytearray()

    def add(self, data: bytes) -> None:
        """Take what was read."""
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            for line in (bytes(self._rest) + whole).split(b"\n"):
                self._take(line)
            self._rest.clear()
        self._rest += rest
        if len(self._rest) > LONGEST_EVENT:
            self._rest.clear()


def _read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 18)
    except OSError:  # a socket whose other end was killed with unread orders
        return b""


def _pipe(reading: contextlib.ExitStack, writing: contextlib.ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for stack, descriptor in zip((reading, writing), ends, strict=True):
        stack.callback(os.close, descriptor)
    return ends


def _cpu_seconds(pid: int | None) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    ticks: int = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks


def _processes_of(scratch: Path) -> list[int]:
    """Processes that run with this directory for temporary files or in its neighbourhood."""
    inside, top = os.fsencode(scratch), str(scratch.parent)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if inside in (entry / "environ").read_bytes() or os.readlink(entry / "cwd").startswith(top):  # noqa: PTH115 - a link's text, not a path
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def _listen() -> socket.socket:
    """A listening socket on a free port of loopback.

    TCP_NODELAY is inherited by what it accepts; without it, uvicorn on an inherited socket takes
    40 ms for each request.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener
