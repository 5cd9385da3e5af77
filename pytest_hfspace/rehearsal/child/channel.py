"""Events to the parent, a line of JSON each, as they happen."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any


class Channel:
    """The writing end of the event pipe, and the phase that the app is in.

    A write never fails: an app that closes every descriptor loses its events, not its life.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.phase = "launch"
        self._lock = threading.Lock()

    def emit(self, event: str, **data: Any) -> None:
        """Send one event, stamped with the system's monotonic clock."""
        line = json.dumps({"event": event, "at": time.monotonic(), **data}, default=repr)
        payload = line.encode("utf-8", "backslashreplace") + b"\n"
        # Taken with a deadline: a signal handler may interrupt the holder and come here as well.
        held = self._lock.acquire(timeout=1)
        try:
            while payload:
                payload = payload[os.write(self.descriptor, payload) :]
        except OSError:
            return
        finally:
            if held:
                self._lock.release()

    def enter(self, phase: str) -> None:
        """Tell that the app has come to the next phase."""
        self.phase = phase
        self.emit("phase", phase=phase)
