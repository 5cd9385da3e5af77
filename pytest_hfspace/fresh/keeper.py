"""Runs one command and ends all that it leaves behind: in a process of its own, loaded as a script.

What a package's build starts may fork, leave its process group and hang.  This process adopts it
all, and ends it when the command has ended, when it is told to, or when the one that wants the
command has gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

#: how long, in seconds, it goes on ending what will not end
PATIENCE = 5.0

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(control: int, command: list[str]) -> None:
    """Run the command; end everything once ``control`` says anything or is closed.

    Exits with the command's own status, or as if by its signal.
    """
    os.set_inheritable(control, False)  # noqa: FBT003 - it takes no keyword
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # who stops this process cannot keep it from seeing that the one who wants the command has gone
    _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        try:
            if os.getppid() == keeper:
                os.execv(command[0], command)  # noqa: S606 - it takes a list
        finally:
            os._exit(127)
    # the command and its children alone hold the output
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    status: int | None = None
    while status is None:
        ready, _, _ = select.select([reader, control], [], [])
        with contextlib.suppress(BlockingIOError):
            os.read(reader, 512)
        status = _reap(pid)[0]
        if control in ready:
            break
    ended = _end_all(pid)
    code = os.waitstatus_to_exitcode(status if status is not None else ended or 9)
    os._exit(code if code >= 0 else 128 - code)


def _reap(pid: int) -> tuple[int | None, bool]:
    """The command's status if it has ended by now, and whether any child is left."""
    status = None
    while True:
        try:
            ended, its = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if ended == 0:
            return status, True
        if ended == pid:
            status = its


def _end_all(pid: int) -> int | None:
    """End the command's group and every descendant; the command's status if it is learnt here."""
    until = time.monotonic() + PATIENCE
    status: int | None = None
    while time.monotonic() < until:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        for other in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(other, signal.SIGKILL)
        its, left = _reap(pid)
        status = its if its is not None else status
        if not left:
            break
        time.sleep(0.02)
    return status


def _prctl(option: int, value: int) -> None:
    """prctl(2), which only Linux has."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError):
            import ctypes

            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _descendants(ancestor: int) -> list[int]:
    """All processes below one, from /proc; none where there is no /proc."""
    parents: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    found: list[int] = []
    level = {ancestor}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found.extend(level)
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
