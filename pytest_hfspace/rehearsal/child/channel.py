"""Events to the parent, a line of JSON each, as they happen."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any


def _text(thing: object) -> str:
    return f"<{type(thing).__name__}>"  # its own repr is the app's code


# Bound now: an app may replace these functions, and shares the process.
_encode = json.JSONEncoder(default=_text, skipkeys=True).encode
_write, _fstat, _monotonic = os.write, os.fstat, time.monotonic


class Channel:
    """The writing end of the event pipe, and the phase that the app is in.

    A write never fails: an app that closes every descriptor loses its events, not its life.
    ``token`` stands in front of every line, so that what the app itself writes into the pipe is
    not taken for an event.
    """

    def __init__(self, descriptor: int, token: str) -> None:
        self.descriptor = descriptor
        self.token = token.encode()
        self.phase = "launch"
        self._identity = self._looks_like()
        self._lock = threading.Lock()
        # A thread that holds the lock does not exist in a forked child.
        os.register_at_fork(after_in_child=self._renew)

    def emit(self, event: str, **data: Any) -> None:
        """Send one event, stamped with the system's monotonic clock."""
        try:
            line = _encode({"event": event, "at": _monotonic(), **data})
        except Exception:  # noqa: BLE001 - what is told may hold the app's own objects
            return
        payload = self.token + line.encode("utf-8", "backslashreplace") + b"\n"
        # Taken with a deadline: a signal handler may interrupt the holder and come here as well.
        held = self._lock.acquire(timeout=1)
        try:
            if self._looks_like() != self._identity:
                return
            while payload:
                payload = payload[_write(self.descriptor, payload) :]
        except OSError:
            return
        finally:
            if held:
                self._lock.release()

    def enter(self, phase: str) -> None:
        """Tell that the app has come to the next phase."""
        self.phase = phase
        self.emit("phase", phase=phase)

    def _looks_like(self) -> tuple[int, int] | None:
        """What the descriptor is: after the app has closed it, its number may be another file's."""
        try:
            status = _fstat(self.descriptor)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _renew(self) -> None:
        self._lock = threading.Lock()
