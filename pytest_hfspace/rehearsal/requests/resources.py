"""Ids that creations returned, by the collection they belong to, for the routes below it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from .operations import PARAMETER

#: A longer answer is no record of what was created.
_LONGEST: Final = 65_536
_CREATING: Final = frozenset({"create", "new", "add", "upload"})
_ENVELOPES: Final = ("data", "result", "item")
_IDS: Final = ("id", "_id", "uuid", "pk", "key", "slug", "name")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def singular(word: str) -> str:
    """ "items" → "item", "categories" → "category", "boxes" → "box"."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


class Resources:
    """What is known to exist.  The first id of a collection stays: nested ones were made under it."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Any]] = {}
        self._named: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._records)

    def learn(self, path: str, body: bytes) -> None:
        """``path``: of the route that created; ``body``: its answer."""
        record = _record(body)
        if not record:
            return
        collection = _collection(path)
        self._records.setdefault(collection, record)
        for key, value in record.items():
            if _snake(key).endswith(("_id", "_uuid", "_key")):
                self._named.setdefault(_snake(key), value)
        resource = singular(_snake(collection.rpartition("/")[2]))
        for key in ("id", "uuid", "slug"):
            if key in record and resource.isidentifier():
                self._named.setdefault(f"{resource}_{key}", record[key])

    def find(self, path: str, name: str, accept: Callable[[Any], Any]) -> Any:
        """The value for a path parameter, as ``accept`` returns it (None: of the wrong type)."""
        before = path.partition("{" + name)[0].rstrip("/")
        collection = _shape(before)
        record = self._records.get(collection, {})
        for key in _keys(_snake(name), singular(_snake(collection.rpartition("/")[2]))):
            if key in record and (value := accept(record[key])) is not None:
                return value
        return self.named(name, accept)

    def named(self, name: str, accept: Callable[[Any], Any]) -> Any:
        """The value for anything of this telling name ("user_id"), or None."""
        value = self._named.get(_snake(name))
        return None if value is None else accept(value)


def _keys(name: str, resource: str) -> Iterator[str]:
    """Under which keys of a record the value of a path parameter may stand."""
    yield name
    prefix = f"{resource}_"
    if name.startswith(prefix):
        yield name.removeprefix(prefix)
    last = name.rpartition("_")[2]
    if last in ("id", "uuid", "pk", "key") or name == resource:
        yield from _IDS[:5]
        yield f"{resource}_id"
    if name == resource:
        yield from _IDS[5:]
    elif last in ("slug", "name"):
        yield last


def _shape(path: str) -> str:
    return PARAMETER.sub("{}", path).rstrip("/")


def _collection(path: str) -> str:
    """The collection that a creation belongs to: /items for /items/create and /items/{item_id}."""
    shape = _shape(path)
    head, _, last = shape.rpartition("/")
    return head if last in _CREATING or last == "{}" else shape


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower().replace("-", "_")


def _record(body: bytes) -> dict[str, Any]:
    """The scalars of a JSON object, also of one in an envelope; empty for anything else."""
    if len(body) > _LONGEST:
        return {}
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(answer, dict):
        return {}
    for name in _ENVELOPES:
        if isinstance(answer.get(name), dict):
            answer = {**answer, **answer[name]}
            break
    return {
        key: one for key, one in answer.items() if isinstance(one, (str, int)) and not isinstance(one, bool)
    }
