"""What a run tells while it waits for the app."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progress(Protocol):
    """Shows what is waited for."""

    def __call__(self, text: str) -> None:
        """A new phase has begun."""

    def shown(self) -> AbstractContextManager[None]:
        """While this lasts, somebody waits."""


class Silent:
    """Shows nothing."""

    def __call__(self, text: str) -> None:
        """Nobody looks."""

    def shown(self) -> AbstractContextManager[None]:
        """Nobody waits at a terminal."""
        return nullcontext()
