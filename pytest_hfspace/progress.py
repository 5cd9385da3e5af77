"""What the rehearsal is doing, on the last line of a terminal, while pytest waits for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from .report.text import one_line

_SAVE, _RESTORE, _ERASE = "\x1b7", "\x1b8", "\x1b[K"
_NARROWEST = 20


class Progress:
    """Shows the newest phase behind the cursor, and erases it when the wait is over.

    On a terminal only: a log keeps everything that was ever written.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._text = ""
        self._waiting: int | None = None

    def __call__(self, text: str) -> None:
        """Take note of a phase.  Written only by the thread that waits."""
        self._text = text
        if self._waiting == threading.get_ident():
            self._write(text)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While this block lasts, pytest waits."""
        self._waiting = threading.get_ident()
        if self._text:
            self._write(self._text)
        try:
            yield
        finally:
            self._waiting = None
            self._write("")

    def _write(self, text: str) -> None:
        if not self._config.pluginmanager.hasplugin("terminalreporter"):
            return
        writer = self._config.get_terminal_writer()
        if not writer.hasmarkup:
            return
        room = writer.fullwidth - writer.width_of_current_line - 1
        if room < _NARROWEST:
            return
        capture: Any = self._config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            # colours can be asked for in a log as well; only without capture is this the terminal
            if sys.stdout.isatty():
                writer.flush()
                shown = f" {one_line(text)}"[:room] if text else ""
                sys.stdout.write(f"{_SAVE}{_ERASE}{shown}{_RESTORE}")
                sys.stdout.flush()
