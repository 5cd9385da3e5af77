"""Reading the JSON schemas of an OpenAPI document: references, merging, and whether a value fits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from .patterns import matches

Schema = dict[str, Any]

#: Schemas looked at in answering one question.  A document can nest references exponentially.
STEPS: Final = 5_000
_DEPTH: Final = 30
_CHAIN: Final = 20

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
#: Formats that an id or an example often fails, so that they are worth a look.
_FORMATS: Final[dict[str, re.Pattern[str]]] = {
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
}
_FORMATS.update({f"uuid{version}": _FORMATS["uuid"] for version in range(1, 9)})

#: Keywords that say what a schema wants where it names no type.
_TELLTALES: Final = (
    ("properties", "object"),
    ("additionalProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("pattern", "string"),
    ("minLength", "string"),
    ("maxLength", "string"),
    ("format", "string"),
    ("minimum", "number"),
    ("maximum", "number"),
)


def number_of(schema: Mapping[str, Any], keyword: str) -> float | None:
    """The finite number under this keyword, or None."""
    value = schema.get(keyword)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def size_of(schema: Mapping[str, Any], keyword: str) -> int | None:
    """The length or count under this keyword, or None."""
    value = number_of(schema, keyword)
    return None if value is None or value < 0 else int(value)


def list_of(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    """The list under this keyword, or an empty one."""
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def dict_of(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    """The object under this keyword, or an empty one."""
    value = schema.get(keyword)
    return value if isinstance(value, dict) else {}


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a schema allows, "null" last; empty where it says nothing of them."""
    named = schema.get("type")
    if isinstance(named, str) and "nullable" not in schema:
        return (named,)
    names = [named] if isinstance(named, str) else [n for n in list_of(schema, "type") if isinstance(n, str)]
    if not names:
        names = [name for keyword, name in _TELLTALES if keyword in schema][:1]
    if schema.get("nullable") is True and names:
        names.append("null")
    return tuple(sorted(dict.fromkeys(names), key=lambda name: name == "null"))


def limits(schema: Mapping[str, Any]) -> tuple[float | None, bool, float | None, bool]:
    """Lower bound, whether it is excluded, upper bound, whether it is excluded.

    OpenAPI 3.0 writes the exclusion as a boolean beside the bound, 3.1 as a bound of its own.
    """
    low, high = number_of(schema, "minimum"), number_of(schema, "maximum")
    over, under = number_of(schema, "exclusiveMinimum"), number_of(schema, "exclusiveMaximum")
    low_out, high_out = schema.get("exclusiveMinimum") is True, schema.get("exclusiveMaximum") is True
    if over is not None and (low is None or over >= low):
        low, low_out = over, True
    if under is not None and (high is None or under <= high):
        high, high_out = under, True
    return low, low_out, high, high_out


def within(value: float, schema: Mapping[str, Any]) -> bool:
    """Does a number respect the bounds and the step of a schema?"""
    low, low_out, high, high_out = limits(schema)
    if low is not None and (value < low or (low_out and value == low)):
        return False
    if high is not None and (value > high or (high_out and value == high)):
        return False
    step = number_of(schema, "multipleOf")
    if not step or step <= 0:
        return True
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    try:
        return abs(value / step - round(value / step)) < 1e-6
    except OverflowError:
        return False


class Schemas:
    """The schemas of one document; nothing in it makes a method raise or run without bound."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        self._document = document if isinstance(document, dict) else {}
        self._targets: dict[str, Any] = {}
        self._left = STEPS

    def target(self, reference: str) -> Any:
        """What ``#/a/b`` points to; None for other documents and dead ends."""
        if reference not in self._targets:
            self._targets[reference] = self._find(reference)
        return self._targets[reference]

    def _find(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        node: Any = self._document
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
        return node

    def resolve(self, node: Any) -> dict[str, Any]:
        """The object itself with its references followed; keywords beside a ``$ref`` win."""
        for _ in range(_CHAIN):
            if not isinstance(node, dict):
                return {}
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            target = self.target(reference)
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = {**target, **beside} if beside and isinstance(target, dict) else target
        return {}

    def flat(self, node: Any) -> Schema:
        """The schema with its references followed and ``allOf`` merged into it."""
        self._left = STEPS
        return self._flat(node, 0)

    def _flat(self, node: Any, depth: int) -> Schema:
        self._left -= 1
        schema = self.resolve(node)
        if "allOf" not in schema or self._left < 0 or depth > _DEPTH:
            return schema
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        for part in list_of(schema, "allOf"):
            whole = merged(self._flat(part, depth + 1), whole)
        return whole

    def fits(self, value: Any, node: Any) -> bool:
        """Is the value valid?  What is not understood counts as met."""
        self._left = STEPS
        return self._fits(value, node, 0)

    def _fits(self, value: Any, node: Any, depth: int) -> bool:
        if isinstance(node, bool):
            return node
        if depth > _DEPTH or self._left < 0:
            return True
        schema = self._flat(node, depth)
        if "const" in schema and not same(schema["const"], value):
            return False
        if isinstance(schema.get("enum"), list) and not any(same(one, value) for one in schema["enum"]):
            return False
        if not _typed(value, types_of(schema)):
            return False
        for keyword in ("anyOf", "oneOf"):
            branches = list_of(schema, keyword)
            if branches and not any(self._fits(value, branch, depth + 1) for branch in branches):
                return False
        if isinstance(value, str):
            return _fits_string(value, schema)
        if isinstance(value, (int, float)):
            return isinstance(value, bool) or within(value, schema)
        if isinstance(value, list):
            return self._fits_array(value, schema, depth)
        return not isinstance(value, dict) or self._fits_object(value, schema, depth)

    def _fits_array(self, value: list[Any], schema: Schema, depth: int) -> bool:
        if not _sized(len(value), size_of(schema, "minItems"), size_of(schema, "maxItems")):
            return False
        if schema.get("uniqueItems") is True and any(one in value[:at] for at, one in enumerate(value[:100])):
            return False
        first = list_of(schema, "prefixItems")
        rest = schema.get("items", True)
        wanted = (first[at] if at < len(first) else rest for at in range(len(value)))
        return all(self._fits(one, node, depth + 1) for one, node in zip(value, wanted, strict=True))

    def _fits_object(self, value: dict[str, Any], schema: Schema, depth: int) -> bool:
        properties = dict_of(schema, "properties")
        if any(name not in value for name in list_of(schema, "required") if isinstance(name, str)):
            return False
        if schema.get("additionalProperties") is False and any(name not in properties for name in value):
            return False
        return all(
            self._fits(one, properties[name], depth + 1) for name, one in value.items() if name in properties
        )


def merged(first: Schema, second: Schema) -> Schema:
    """Both schemas at once: properties and required names of both, else the second's keywords."""
    whole = {**first, **second}
    if "properties" in first and "properties" in second:
        whole["properties"] = {**dict_of(first, "properties"), **dict_of(second, "properties")}
    if "required" in first and "required" in second:
        names = [n for n in list_of(first, "required") + list_of(second, "required") if isinstance(n, str)]
        whole["required"] = list(dict.fromkeys(names))
    return whole


def same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: true is not 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _typed(value: Any, names: tuple[str, ...]) -> bool:
    if not names:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    if isinstance(value, float) and value.is_integer() and "integer" in names:
        return True
    return any(isinstance(value, _TYPES.get(name, (object,))) for name in names)


def _sized(count: int, low: int | None, high: int | None) -> bool:
    return (low is None or count >= low) and (high is None or count <= high)


def _fits_string(value: str, schema: Schema) -> bool:
    if not _sized(len(value), size_of(schema, "minLength"), size_of(schema, "maxLength")):
        return False
    shape = _FORMATS.get(str(schema.get("format")))
    if shape is not None and not shape.fullmatch(value):
        return False
    pattern = schema.get("pattern")
    return not isinstance(pattern, str) or matches(pattern, value) is not False
