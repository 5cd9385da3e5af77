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
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .child.plan import Plan

#: what is kept of the output: so much of its beginning, and as much of its end
KEPT_OUTPUT = 64 * 1024
#: an event's line may not be longer: the schema of 2,000 routes has about 8 MB
LONGEST_EVENT = 64 * 1024 * 1024
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

    Every event is put on a queue as it comes; :meth:`next_event` waits with a deadline.
    """

    def __init__(self, python: str, plan: Plan, environment: Mapping[str, str], scratch: Path) -> None:
        """Start it.  OSError where the interpreter cannot be started."""
        self.output = Output()
        self.started_at = time.monotonic()
        listener = _listen()
        self.port: int = listener.getsockname()[1]
        self._pid: int | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        events, events_in = os.pipe()
        printed, printed_in = os.pipe()
        self._control, control_out = socket.socketpair()
        plan = replace(plan, events=events_in, control=control_out.fileno(), listener=listener.fileno())
        plan_file = scratch / "plan.json"
        plan.write(plan_file)
        try:
            self._popen = subprocess.Popen(
                [python, str(Path(__file__).with_name("child") / "__main__.py"), str(plan_file)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=printed_in,
                stderr=printed_in,
                pass_fds=(events_in, control_out.fileno(), listener.fileno()),
                start_new_session=True,
                cwd=scratch,
            )
        except BaseException:
            for descriptor in (events, printed):
                os.close(descriptor)
            self._control.close()
            raise
        finally:
            for descriptor in (events_in, printed_in):
                os.close(descriptor)
            control_out.close()
            listener.close()  # the app's alone now: where nobody serves, nobody accepts
        self._reader = threading.Thread(target=self._read, args=(events, printed), daemon=True)
        self._reader.start()

    # -- listening

    def next_event(self, deadline: float) -> Event | None:
        """The next event, or None if none has come by ``deadline`` (of ``time.monotonic``).

        The last one is always {"event": "gone"}, and then again and again.
        """
        try:
            event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None
        if event["event"] == "gone":
            self._events.put(event)
        return event

    def _read(self, events: int, printed: int) -> None:
        """Thread: both pipes, until the keeper has gone and nothing is left in them."""
        gone, gone_in = os.pipe()
        threading.Thread(target=self._wait, args=(gone_in,), daemon=True).start()
        with selectors.DefaultSelector() as selector:
            for descriptor in (events, printed, gone):
                selector.register(descriptor, selectors.EVENT_READ)
            buffer = bytearray()
            open_ends = {events, printed}
            ending = False
            while open_ends:
                # Whoever still holds a pipe when the keeper has gone is not waited for.
                ready = selector.select(0 if ending else None)
                if ending and not ready:
                    break
                for key, _ in ready:
                    if key.fd == gone:
                        ending = True
                        selector.unregister(gone)
                        continue
                    data = os.read(key.fd, 1 << 18)
                    if not data:
                        selector.unregister(key.fd)
                        open_ends.discard(key.fd)
                    elif key.fd == printed:
                        self.output.add(data)
                    else:
                        self._take(buffer, data)
        for descriptor in (events, printed, gone):
            os.close(descriptor)
        self._events.put({"event": "gone", "at": time.monotonic()})

    def _wait(self, gone_in: int) -> None:
        self._popen.wait()
        os.close(gone_in)

    def _take(self, buffer: bytearray, data: bytes) -> None:
        buffer += data
        *lines, rest = buffer.split(b"\n") if b"\n" in data else (buffer,)
        buffer[:] = rest if len(rest) < LONGEST_EVENT else b""
        for line in lines:
            # The app shares the pipe: what is no event of ours is nothing to us.
            with contextlib.suppress(ValueError, TypeError, KeyError):
                event = json.loads(line)
                if isinstance(event, dict) and isinstance(event["event"], str):
                    if event["event"] == "spawned":
                        self._pid = int(event["pid"])
                    self._events.put(event)

    # -- orders

    def order(self, word: str) -> None:
        """Tell the keeper "term", "kill" or "stack"; too late is no error."""
        with contextlib.suppress(OSError):
            self._control.sendall(word.encode() + b"\n")

    def cpu_seconds(self) -> float | None:
        """Processor time used so far; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        ticks: int = os.sysconf("SC_CLK_TCK")
        return (int(fields[11]) + int(fields[12])) / ticks

    @property
    def running(self) -> bool:
        """Has the keeper not ended yet?"""
        return self._popen.poll() is None

    def end(self) -> None:
        """End the app and all that it has left behind.  Safe at any moment, and again."""
        self._control.close()  # the keeper takes that as an order
        try:
            self._popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        for group in {self._pid, self._popen.pid} - {None}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(int(group or 0), signal.SIGKILL)
        self._reader.join(PATIENCE)


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
