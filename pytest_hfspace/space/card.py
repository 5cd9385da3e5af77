"""The card: the YAML block at byte 0 of README.md that configures a Space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..contract import DEFAULT_APP_PORT, STARTUP_LIMIT
from .files import Files


@dataclass(frozen=True)
class Field:
    """One key of the card.  ``raw`` is the text as written, ``line`` the key's, from 1.

    ``value`` is what YAML 1.1 makes of the text (``3.10`` is the float 3.1); lists and mappings
    are plain lists and dicts.
    """

    key: str
    value: Any
    raw: str
    line: int


@dataclass(frozen=True)
class Card:
    """``missing`` says why there is no block (""; else a sentence), ``unreadable`` why it is no
    card although there is one, with ``unreadable_line``."""

    fields: dict[str, Field] = field(default_factory=dict)
    missing: str = ""
    unreadable: str = ""
    unreadable_line: int | None = None
    #: the line of README.md on which the text below the block starts
    body_line: int = 1

    @property
    def sdk(self) -> str | None:
        """The SDK as written, or None."""
        raise NotImplementedError

    @property
    def app_port(self) -> int:
        """The port that the Hub connects to: the card's for docker, else 7860."""
        return DEFAULT_APP_PORT

    @property
    def base_path(self) -> str:
        return "/"

    @property
    def startup_limit(self) -> float:
        """``startup_duration_timeout`` in seconds."""
        return STARTUP_LIMIT

    @property
    def hf_oauth(self) -> bool:
        return False


def read_card(files: Files) -> Card:
    raise NotImplementedError
