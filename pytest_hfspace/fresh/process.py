"""Runs a tool to its end with a deadline, and keeps a bounded part of what it prints."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What is kept of the output: so much of its beginning, and as much of its end.
_KEPT: Final = 256 * 1024

#: A line that is longer tells no phase.
_LONGEST_LINE: Final = 2_000

#: How long, in seconds, the keeper has before it is ended itself.
_PATIENCE: Final = 7.0


@dataclass(frozen=True)
class Completed:
    """``code``: the exit status, 128 + n for a signal.  ``ended``: "deadline" or "aborted" where
    the tool was not let finish, else ""."""

    code: int
    text: str
    ended: str = ""


class Runner:
    """Runs one command after the other, until it is aborted."""

    def __init__(self, deadline: float) -> None:
        """``deadline`` of ``time.monotonic``."""
        self.deadline = deadline
        self.aborted = threading.Event()
        self._wake, self._woken = socket.socketpair()

    def abort(self) -> None:
        """End what runs, and everything that would."""
        self.aborted.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def close(self) -> None:
        """Nothing is run any more."""
        self._wake.close()
        self._woken.close()

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        cwd: Path,
        seen: Callable[[str], None] | None = None,
        *,
        limit: float | None = None,
    ) -> Completed:
        """``seen`` is called with each line; ``limit``: seconds for this command alone.

        OSError where the system starts no process.
        """
        if self.aborted.is_set():
            return Completed(-1, "", "aborted")
        until = self.deadline if limit is None else min(self.deadline, time.monotonic() + limit)
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(Path(__file__).with_name("keeper.py")),
                    str(theirs.fileno()),
                    *command,
                ],
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            os.close(reading)
            raise
        finally:
            theirs.close()
            os.close(writing)
        output = _Output(seen)
        try:
            ended = self._follow(reading, ours.fileno(), output, until)
        finally:
            os.close(reading)
            ours.close()  # the keeper ends all there is
            _wait(process)
        return Completed(process.returncode, output.text(), ended)

    def _follow(self, reading: int, keeper: int, output: _Output, until: float) -> str:
        """Read until the keeper has gone; what ended the command otherwise."""
        waiting = [reading, keeper, self._woken.fileno()]
        while True:
            left = until - time.monotonic()
            ready, _, _ = select.select(waiting, [], [], max(0.0, left))
            if self._woken.fileno() in ready or self.aborted.is_set():
                return "aborted"
            if left <= 0:
                return "deadline"
            data = os.read(reading, 1 << 16) if reading in ready else b""
            output.add(data)
            if reading in ready and not data:
                waiting.remove(reading)
            # whoever still holds the output when the keeper has gone is not waited for
            elif keeper in ready and not data:
                return ""


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.returncode < 0:  # something has ended the keeper
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


class _Output:
    def __init__(self, seen: Callable[[str], None] | None) -> None:
        self._seen = seen
        self._head = bytearray()
        self._tail = b""
        self._line = b""
        self._left_out = 0

    def add(self, data: bytes) -> None:
        room = _KEPT - len(self._head)
        self._head += data[:room]
        rest = self._tail + data[room:]
        self._left_out += max(0, len(rest) - _KEPT)
        self._tail = rest[-_KEPT:]
        if self._seen is not None:
            *lines, self._line = (self._line + data).split(b"\n")
            self._line = self._line[:_LONGEST_LINE]
            for line in lines[-200:]:
                if len(line) < _LONGEST_LINE:
                    self._seen(line.decode("utf-8", "replace"))

    def text(self) -> str:
        middle = b"\n[...]\n" if self._left_out else b""
        return (bytes(self._head) + middle + self._tail).decode("utf-8", "replace")
