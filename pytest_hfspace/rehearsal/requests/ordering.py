"""In which order routes are visited: what creates comes first, what destroys comes last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..facts import Route
from .operations import PARAMETER

_ACCOUNT: Final = frozenset({"register", "registration", "signup"})
_LOGIN: Final = frozenset({"login", "signin", "token", "authenticate"})
_ENDS: Final = frozenset(
    {"logout", "signout", "close", "shutdown", "stop", "exit", "quit", "kill", "terminate", "restart"}
    | {"reset", "clear", "purge", "wipe", "truncate"}
)
_REMOVES: Final = frozenset({"delete", "remove", "destroy"})
_WORDS: Final = re.compile(r"[a-z]+")
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def ordered(routes: Sequence[Route]) -> list[Route]:
    """HTTP routes and mounts of files; ties stay in the order in which they came."""
    visited = [route for route in routes if route.kind != "websocket"]
    below = {
        _shape(route.path).rpartition("/{}")[0] for route in visited if route.path.rstrip("/").endswith("}")
    }
    return sorted(visited, key=lambda route: _rank(route, below))


def _shape(path: str) -> str:
    return PARAMETER.sub("{}", path).rstrip("/")


def _rank(route: Route, collections: set[str]) -> tuple[int, int]:
    depth = len(PARAMETER.findall(route.path))
    words = _last_words(route.path)
    if words & _ENDS:
        return 9, -depth
    if route.method == "DELETE" or words & _REMOVES:
        # What lies below a resource is deleted before the resource itself.
        return 8, -depth
    if route.method in _READS:
        return 5, 0
    if route.method in ("PUT", "PATCH"):
        return (4, 0) if not depth else (6, depth)
    if words & (_ACCOUNT | _LOGIN) and not depth:
        return (0 if words & _ACCOUNT else 1), 0
    if _shape(route.path) in collections:
        return 2, depth
    return (3, 0) if not depth else (4, depth)


def _last_words(path: str) -> frozenset[str]:
    """The words of the last segment that is no parameter; "log-out" is also "logout"."""
    literal = [part for part in path.lower().split("/") if part and "{" not in part]
    words = _WORDS.findall(literal[-1]) if literal else []
    return frozenset([*words, "".join(words)])
