"""The app's process and its keeper.

The keeper outlives the app, adopts whatever the app leaves behind, and ends all of it: when it is
told to, when the app has ended, and when the parent has gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from .channel import Channel
from .plan import Plan, read_plan
from .remove import remove_tree

#: how long, in seconds, the keeper goes on ending what will not end
PATIENCE = 5.0

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(plan_file: str) -> None:
    """Fork: the child becomes the app, the parent its keeper."""
    plan = read_plan(plan_file)
    os.unlink(plan_file)
    for descriptor in (plan.events, plan.control, plan.listener):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
    _default_signals()
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(plan.control)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == keeper:
            _become_app(plan)
    else:
        os.close(plan.listener)
        os.close(plan.events)
        _keep(plan, pid)


def _default_signals() -> None:
    """As a container's first process has them.  A shell without job control has SIGINT ignored in
    what it starts, and who calls pytest may hold back what the app is told to stop by."""
    for number in signal.valid_signals():
        is_pythons = number in (signal.SIGPIPE, signal.SIGXFSZ)
        if signal.getsignal(number) is signal.SIG_IGN and not is_pythons:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _become_app(plan: Plan) -> None:
    from .audit import Auditor
    from .checkout import leave_out
    from .confine import confine, places
    from .environ import EnvironRecorder
    from .imports import AfterImport
    from .launch import run
    from .logged import tell_errors
    from .network import Network
    from .pydantic_fields import FieldRecorder
    from .readers import DynaconfRecorder
    from .serve import UvicornRecorder
    from .sources import Sources

    channel, sources = Channel(plan.events, plan.token), Sources(plan.root)
    listener = socket.socket(fileno=plan.listener)
    network = Network(channel, sources, listener.getsockname()[1], plan.network)
    recorder = UvicornRecorder(channel, sources, network, listener)
    fields = FieldRecorder(channel, sources)
    hooks = {**recorder.hooks(), **network.hooks(), "pydantic_settings.main": fields.install}
    hooks["dynaconf.base"] = DynaconfRecorder(channel, sources).install
    AfterImport({**hooks, "logging": lambda module: tell_errors(module, channel, sources)}).install()
    recorder.stacks.install()
    leave_out(plan.checkout)
    os.chdir(plan.cwd)
    writable = [plan.top, os.path.dirname(plan.top), *plan.writable]
    unconfined = confine(writable, heed_modes=plan.heed_modes)
    channel.emit("confined", problem=unconfined)
    network.install()
    Auditor(channel, sources, network).install()
    if unconfined:
        from .refuse import Refuser

        # behind the recorder, which is to see the attempt
        Refuser(places(writable), plan.root, heed_modes=plan.heed_modes).install()
    EnvironRecorder(channel, sources).install()
    try:
        run(plan, recorder)
    except BaseException as error:
        if channel.phase == "launch":
            recorder.fail("launch", error)
        raise


class _Keeper:
    def __init__(self, plan: Plan, app: int, wakeup: int) -> None:
        self.app = app
        self.wakeup = wakeup
        self.ended = False
        self.channel = Channel(plan.control, plan.token)

    def command(self, words: bytes) -> None:
        from .stacks import SIGNAL

        signals = {b"term": signal.SIGTERM, b"kill": signal.SIGKILL, b"stack": SIGNAL}
        for word in words.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.app, signals.get(word, 0))

    def reap(self) -> bool:
        """Take leave of every process that has ended; tell of the app.  Is any child left?"""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.app:
                self.ended = True
                unit = 1 if sys.platform == "darwin" else 1024
                self.channel.emit(
                    "exited",
                    status=os.waitstatus_to_exitcode(status),
                    peak_rss=usage.ru_maxrss * unit,
                    left=len(_descendants(os.getpid())),
                )

    def end_all(self) -> bool:
        """End the app's process group and every descendant, also those that left the group."""
        until = time.monotonic() + PATIENCE
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.app, signal.SIGKILL)
        while time.monotonic() < until:
            left = _descendants(os.getpid())
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            # a list of processes can miss one that is just being forked, the kernel cannot
            if not self.reap() and not left:
                return True
            select.select([self.wakeup], [], [], 0.05)
        return False


def _keep(plan: Plan, app: int) -> None:
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # orphans of the app become children of this process
    # an app may have stopped its keeper, who then could not see that the parent has gone
    _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for stream in (1, 2):  # the app alone holds the output pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    keeper = _Keeper(plan, app, reader)
    keeper.channel.emit("spawned", pid=app)
    keeper.reap()
    words = b" "
    while not keeper.ended and words and b"end" not in words:
        ready, _, _ = select.select([reader, plan.control], [], [])
        if reader in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(reader, 512)
            keeper.reap()
        if plan.control in ready and not keeper.ended:
            words = _orders(plan.control)
            keeper.command(words)
    clean = keeper.end_all()
    with socket.socket(fileno=plan.control) as control, contextlib.suppress(OSError):
        control.shutdown(socket.SHUT_WR)  # "gone"
        while words and b"end" not in words:
            words = _orders(plan.control)
        if not words:  # the parent has gone, and left everything
            remove_tree(plan.top)
    os._exit(0 if clean else 1)


def _orders(control: int) -> bytes:
    try:
        return os.read(control, 512)
    except OSError:
        return b""


def _prctl(option: int, value: int) -> None:
    """prctl(2), which only Linux has."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError):
            import ctypes

            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _descendants(ancestor: int) -> list[int]:
    """All processes below one, from /proc; none where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(entry.name)] = int(fields[1])
    found: list[int] = []
    level = {ancestor}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found.extend(level)
    return found
