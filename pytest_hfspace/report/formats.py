"""The formats of a report, by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from . import Report

#: The module that writes it.
FORMATS: Final[Mapping[str, str]] = {
    ".json": ".json",
    ".sarif": ".sarif",
    ".md": ".markdown",
    ".html": ".html",
}


def checked_suffix(name: str, suffix: str) -> str:
    """The suffix as this module knows it.  ValueError for another."""
    if suffix.lower() not in FORMATS:
        raise ValueError(f"{name!r} should end in {', '.join(FORMATS)}")
    return suffix.lower()


def render(reports: Sequence[Report], suffix: str) -> str:
    """The reports, in one file, in the format of this suffix."""
    writer: Callable[[Sequence[Report]], str] = import_module(FORMATS[suffix.lower()], __package__).render
    return writer(reports)
