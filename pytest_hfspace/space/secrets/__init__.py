"""Credentials in text: found by the forms that their issuers give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import Space


@dataclass(frozen=True)
class Secret:
    """``kind``: whose credential it is ("a Hugging Face token").  ``shown``: its first four
    characters and an ellipsis; the value itself is never kept."""

    kind: str
    shown: str
    line: int
    path: str = ""


def find_secrets(text: str) -> Iterator[Secret]:
    """Those in a text, by line from 1."""
    yield from ()


def read_secrets(space: Space) -> tuple[Secret, ...]:
    """Those in the tracked text files, by path and line."""
    return ()
