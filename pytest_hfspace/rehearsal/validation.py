"""What pydantic wants of a JSON message, read from its complaint: the message is mended accordingly."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from .facts import Raised

#: what stands for any text
WORD = "text"

#: what a complaint says of a value, and one that fits; a group of the pattern is the value itself
_FITTING: tuple[tuple[str, Any], ...] = (
    (r"expected tags: '([^'\n]{1,100})'", str),
    (r"[Ii]nput should be '([^'\n]{1,100})'", str),
    (r"[Ii]nput should be (\d{1,9})\b", int),
    (r"(?:greater|less) than or equal to (\d{1,9})\b", int),
    (r"greater than (\d{1,8})\b", lambda bound: int(bound) + 1),
    (r"at least (\d{1,4}) character", lambda length: "x" * int(length)),
    (r"valid integer", 1),
    (r"valid (?:number|decimal)|be a decimal", 0.5),
    (r"valid boolean", False),
    (r"valid (?:list|tuple|set|frozenset)\b", []),
    (r"valid dictionary|be an object|or instance of", {}),
    (r"valid UUID", "00000000-0000-4000-8000-000000000000"),
    (r"valid datetime", "2026-01-01T00:00:00Z"),
    (r"valid date\b", "2026-01-01"),
    (r"valid time\b", "00:00:00"),
    (r"valid URL", "https://example.com"),
    (r"valid email", "someone@example.com"),
    (r"Field required|valid string", WORD),
)
_TAG = re.compile(r"discriminator '([^'\n]{1,100})'|found using '([^'\n]{1,100})'")
_LOCATION = re.compile(r"[A-Za-z_][\w.-]{0,200}")


def fitting(message: str, raised: Raised) -> str:
    """The message with what a ValidationError misses in it; "" where nothing can be made of that."""
    if raised.kind != "ValidationError":
        return ""
    try:
        held = json.loads(message)
    except ValueError:
        return ""
    document = held if isinstance(held, dict) else {}
    for keys, value in _wanted(raised.message):
        _put(document, _below_tag(keys, document), value)
    mended = json.dumps(document)
    return mended if document and mended != message else ""


def _wanted(text: str) -> Iterator[tuple[list[str], Any]]:
    """Places, each with a value that fits: pydantic writes a place, and on the next line the complaint."""
    first_model = ""
    lines = text.splitlines()
    for place, complaint in itertools.pairwise(["", *lines[1:]]):
        if not complaint.startswith("  ") or (place and not _LOCATION.fullmatch(place)):
            continue
        keys = place.split(".") if place else []
        tag = _TAG.search(complaint)
        if tag is not None:
            keys.append(tag[1] or tag[2])
        elif keys and keys[0][0].isupper():  # of several models in a union the first will do
            first_model = first_model or keys[0]
            if keys.pop(0) != first_model:
                continue
        if keys:
            yield keys, WORD if tag is not None and "expected tags" not in complaint else _fit(complaint)


def _fit(complaint: str) -> Any:
    for pattern, value in _FITTING:
        if found := re.search(pattern, complaint):
            return value(found[1]) if callable(value) else json.loads(json.dumps(value))
    return WORD


def _below_tag(keys: list[str], document: dict[str, Any]) -> list[str]:
    """The place in the message: of a tagged union, pydantic writes the tag before it."""
    is_tag = len(keys) > 1 and keys[0] not in document and keys[0] in map(str, document.values())
    return keys[1:] if is_tag else keys


def _put(document: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        below = document.get(key)
        if not isinstance(below, dict):
            below = document[key] = {}
        document = below
    document[keys[-1]] = value


def values_in(message: str) -> set[str]:
    """The texts and numbers of a message, which code may look up somewhere."""
    found, waiting = {WORD}, [json.loads(message)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            found.add(str(value))
    return found
