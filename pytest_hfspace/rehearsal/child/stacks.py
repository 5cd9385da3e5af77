"""Where the app is at this moment, for an app that does not come back."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any

from .channel import Channel
from .network import Network
from .sources import Line, Sources, suspended

#: A signal that applications do not use.
SIGNAL = signal.SIGRTMIN + 11 if hasattr(signal, "SIGRTMIN") else signal.SIGUSR2

#: Frames of the event loop itself: what stands below them only started the server.
_LOOP = ("selectors", "asyncio.base_events", "asyncio.events", "asyncio.runners", "uvloop")


class StackTeller:
    """Answers :data:`SIGNAL` with a "stack" event.

    ``loop`` is the server's event loop; ``connects_before`` how many connections had been tried
    when the last request came.
    """

    def __init__(self, channel: Channel, sources: Sources, network: Network) -> None:
        self.channel = channel
        self.sources = sources
        self.network = network
        self.loop: Any = None
        self.connects_before = 0

    def install(self) -> None:
        """To be called in the main thread."""
        signal.signal(SIGNAL, self._tell)

    def _tell(self, _signal: int, frame: FrameType | None) -> None:
        connects = self.network.connects[self.connects_before :][-1:]
        self.channel.emit("stack", where=self._where(frame), connects=connects, phase=self.channel.phase)

    def _where(self, main: FrameType | None) -> Line | None:
        """The line that the main thread executes; else one that a task or a thread waits at."""
        frame = main
        while frame is not None and not str(frame.f_globals.get("__name__", "")).startswith(_LOOP):
            if here := self.sources.at(frame.f_code, frame.f_lineno):
                return here
            frame = frame.f_back
        current = threading.main_thread().ident
        threads = [f for ident, f in sys._current_frames().items() if ident != current]
        lines = [
            *(self.sources.caller(f) for f in threads),
            *(suspended(self.sources, task.get_coro()) for task in self._tasks()),
        ]
        return next((line for line in lines if line), self.sources.caller(frame))

    def _tasks(self) -> list[Any]:
        asyncio = sys.modules.get("asyncio")
        if asyncio is None or self.loop is None:
            return []
        return list(asyncio.all_tasks(self.loop))
