"""Routes that exist to fail, such as the one with which Sentry is tried out."""

from __future__ import annotations

import re
from typing import Final

from ...rehearsal.facts import Raised, Route
from ...space import Space

#: What such a route, or its function, is called.
_NAMES: Final = re.compile(
    r"(?:^|[/:_.-])(?:(?:debug|test)[_-]?sentry|sentry[_-]?(?:debug|test|error)"
    r"|(?:cause|force|raise|simulate|test|throw|trigger)[_-]?(?:an?[_-])?(?:crash|error|exception|failure|500)"
    r"|(?:crash|error|exception)[_-]?test|boom|crash(?:[_-]?me)?|div(?:ide|ision)[_-]by[_-]zero)/?$",
    re.IGNORECASE,
)
#: A line that does nothing but fail.
_FAILS: Final = re.compile(r"^\s*(?:raise\b|(?:return\s+|\w+\s*=\s*)?1\s*/\s*0\s*(?:#.*)?$)")
#: How far below its decorator the function of a route may fail.
_NEAR: Final = 20


def is_meant(space: Space, route: Route, raised: Raised) -> bool:
    """Is the route called so, and does a line of its own function do nothing but raise this?"""
    where, start = raised.where, route.where
    if where is None or start is None or where.path != start.path:
        return False
    if not (_NAMES.search(route.path) or _NAMES.search(route.endpoint)):
        return False
    if not 0 <= where.line - start.line <= _NEAR:
        return False
    try:
        lines = space.files.text(where.path, 1_000_000).splitlines()
    except OSError:
        return False
    return where.line <= len(lines) and _FAILS.match(lines[where.line - 1]) is not None
