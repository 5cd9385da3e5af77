"""Facts in motion: the app as it runs where the Space would run it."""

from __future__ import annotations

from .director import Director, Options, begin
from .facts import Rehearsal, Route, Visit

__all__ = ["Director", "Options", "Rehearsal", "Route", "Visit", "begin"]
