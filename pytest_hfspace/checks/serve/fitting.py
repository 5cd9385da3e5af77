"""Does a JSON value fit a schema of an OpenAPI document?  Only what is beyond doubt is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from importlib import import_module
from typing import Any, Final, NamedTuple

from ..serving import one_line
from .schema import lookup

#: Deeper, and after so many values, nothing more is looked at.
_DEEPEST, _MOST_VALUES = 40, 5000

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NAMES: Final = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


class Misfit(NamedTuple):
    """``seen`` and ``wanted``: as a message shows them.  ``is_absent``: a required property is not
    there.  ``is_limit``: a bound of length, size or number, or a pattern."""

    seen: str
    wanted: str
    is_absent: bool = False
    is_limit: bool = False


def resolve(document: dict[str, Any], value: Any) -> dict[str, Any]:
    """What a reference inside the document leads to, {} where that is nothing; else the value."""
    for _ in range(20):
        if not isinstance(value, dict):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return value
        if not reference.startswith("#/"):
            return {}
        value = lookup(document, reference)
    return {}


def misfit(document: dict[str, Any], schema: Any, value: Any) -> Misfit | None:
    """The first thing that does not fit, None if everything does or cannot be judged."""
    try:
        found = next(_Fitting(document).misfits(schema, value, "", 0), None)
    except RecursionError:
        return None
    return found or _by_library(document, schema, value)


class _Fitting:
    """One comparison."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.left = _MOST_VALUES

    def misfits(self, schema: Any, value: Any, at: str, depth: int) -> Iterator[Misfit]:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST or not isinstance(schema, dict):
            return
        if "$ref" in schema:
            yield from self.misfits(resolve(self.document, schema), value, at, depth + 1)
            return
        if value is None and schema.get("nullable") is True:
            return
        if not _has_type(schema.get("type"), value):
            yield Misfit(f"{_name(value)}{_at(at)}", _wanted(schema.get("type")))
            return
        yield from _literals(schema, value, at)
        for part in _list(schema.get("allOf")):
            yield from self.misfits(part, value, at, depth + 1)
        yield from self._choices(schema, value, at, depth)
        if isinstance(value, dict):
            yield from self._object(schema, value, at, depth)
        elif isinstance(value, list):
            yield from self._array(schema, value, at, depth)

    def _choices(self, schema: dict[str, Any], value: Any, at: str, depth: int) -> Iterator[Misfit]:
        # one of oneOf is enough: which others fit as well hurts nobody
        for choices in (_list(schema.get("anyOf")), _list(schema.get("oneOf"))):
            found = [next(self.misfits(choice, value, at, depth + 1), None) for choice in choices]
            if not found or not all(found):
                continue
            pairs = zip(choices, found, strict=True)
            alike = next((each for choice, each in pairs if self._has_its_type(choice, value)), None)
            absent = any(each is not None and each.is_absent for each in found)
            wanted = _either(schema, choices)
            yield alike or Misfit(f"{_name(value)}{_at(at)}", wanted, is_absent=absent)

    def _has_its_type(self, schema: Any, value: Any) -> bool:
        return isinstance(value, (dict, list)) and _has_type(
            resolve(self.document, schema).get("type"), value
        )

    def _object(self, schema: dict[str, Any], value: dict[str, Any], at: str, depth: int) -> Iterator[Misfit]:
        for name in _list(schema.get("required")):
            if isinstance(name, str) and name not in value:
                yield Misfit(f"no {one_line(name, 40)}{_at(at)}", "it as required", is_absent=True)
        properties = schema.get("properties")
        known = properties if isinstance(properties, dict) else {}
        others = schema.get("additionalProperties") if "patternProperties" not in schema else None
        for name, item in value.items():
            part = known.get(name, others)
            yield from self.misfits(part, item, f"{at}.{name}" if at else str(name), depth + 1)

    def _array(self, schema: dict[str, Any], value: list[Any], at: str, depth: int) -> Iterator[Misfit]:
        first = _list(schema.get("prefixItems"))
        for number, item in enumerate(value):
            part = first[number] if number < len(first) else schema.get("items")
            yield from self.misfits(part, item, f"{at}[{number}]", depth + 1)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_type(wanted: Any, value: Any) -> bool:
    names = wanted if isinstance(wanted, list) else [wanted]
    if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
        return True
    return any(_is_of(name, value) for name in names)


def _is_of(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _literals(schema: dict[str, Any], value: Any, at: str) -> Iterator[Misfit]:
    allowed = schema.get("enum")
    if "const" in schema:
        allowed = [schema["const"]]
    if isinstance(allowed, list) and allowed and value not in allowed:
        names = " or ".join(one_line(json.dumps(each, default=str), 30) for each in allowed[:4])
        yield Misfit(f"{_name(value)}{_at(at)}", names)


def _name(value: Any) -> str:
    if isinstance(value, str):
        return f'the text "{one_line(value, 30)}"' if len(value) < 30 else "a string"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"the number {one_line(str(value), 30)}"
    return _NAMES.get(type(value), "something else")


def _at(at: str) -> str:
    return f" at {one_line(at, 60)}" if at else ""


def _wanted(kind: Any) -> str:
    names = kind if isinstance(kind, list) else [kind]
    return " or ".join(
        f"{'an' if name[0] in 'aio' else 'a'} {name}" if name != "null" else name for name in names
    )


def _either(schema: dict[str, Any], choices: list[Any]) -> str:
    names = [
        str(
            choice.get("title")
            or choice.get("$ref", "").rpartition("/")[2]
            or choice.get("type")
            or "another"
        )
        for choice in choices
        if isinstance(choice, dict)
    ]
    title = schema.get("title")
    either = " or ".join(one_line(name, 30) for name in dict.fromkeys(names[:4]))
    return either or (one_line(title, 30) if isinstance(title, str) else "something else")


def _by_library(document: dict[str, Any], schema: Any, value: Any) -> Misfit | None:
    """What ``jsonschema`` finds beyond that, where it is installed: lengths, bounds, patterns.  It
    knows the dialect of OpenAPI 3.1 only."""
    if not isinstance(schema, dict) or not str(document.get("openapi", "")).startswith("3.1"):
        return None
    make = _library()
    if make is None:
        return None
    whole = {**schema, "components": document.get("components", {})}
    try:
        error = next((each for each in make(whole).iter_errors(value) if each.validator in _LIMITS), None)
    except Exception:  # noqa: BLE001 - an unusual schema is no reason to say anything of the answer
        return None
    if error is None:
        return None
    path = ".".join(str(step) for step in error.absolute_path)
    bound = one_line(json.dumps(error.validator_value, default=str), 40)
    return Misfit(f"{_name(error.instance)}{_at(path)}", f"{error.validator} {bound}", is_limit=True)


@lru_cache(maxsize=1)
def _library() -> Callable[[dict[str, Any]], Any] | None:
    """Makes what compares with a schema; None where the library is not installed."""
    try:
        library: Any = import_module("jsonschema")
        referencing: Any = import_module("referencing")
    except ImportError:
        return None
    dialect = library.Draft202012Validator
    kept = {name: dialect.VALIDATORS[name] for name in ("$ref", *_STRUCTURE, *_LIMITS)}
    kept["oneOf"] = kept["anyOf"]
    make = library.validators.create(dialect.META_SCHEMA, kept)
    # without a registry's retrieval, what lies outside the document is not fetched
    return partial(make, registry=referencing.Registry())


_STRUCTURE: Final = ("properties", "items", "prefixItems", "allOf", "anyOf", "additionalProperties")
#: Not multipleOf, which floating numbers fail, nor pattern, which may take for ever.
_LIMITS: Final = (
    "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
