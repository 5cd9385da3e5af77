"""A report as bytes: how it is read from the body of a request, and kept in the database."""

from __future__ import annotations

import json
import zlib
from typing import Any

from pydantic_core import from_json

#: How deeply a report may be nested.  A real one has five levels.
MAX_DEPTH = 50

_INFINITIES = (float("inf"), float("-inf"))
_LOOKED_AT = frozenset({dict, list, float})


class Unreadable(ValueError):
    """The text says, to whoever sent it, why a body is no JSON that the board can keep."""


def parse(body: bytes) -> Any:
    """The JSON of a body.  Raises :class:`Unreadable`.

    What no answer could hold is no JSON: NaN, Infinity, half a character, endless nesting.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Unreadable(f"The body is not JSON: {error}.") from None
    _check(value)
    return value


def pack(body: bytes) -> bytes:
    """The body as it is stored."""
    # Level 1: a report is mostly words that return, and higher levels cost more than they save.
    return zlib.compress(body, 1)


def unpack(stored: bytes) -> dict[str, Any]:
    """The document of what :func:`pack` gave."""
    document: dict[str, Any] = json.loads(zlib.decompress(stored))
    return document


def _check(value: Any) -> None:
    # Every member of every report comes through here: types are compared, which is fast.
    level = [value] if type(value) in _LOOKED_AT else []
    for depth in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for each in level:
            if type(each) is float:
                if each in _INFINITIES:
                    raise Unreadable("The body is not JSON that can be kept: a number is out of range.")
            elif depth == MAX_DEPTH:
                raise Unreadable(f"The body is nested more than {MAX_DEPTH} levels deep.")
            else:
                members = each.values() if type(each) is dict else each
                below += [member for member in members if type(member) in _LOOKED_AT]
        level = below
