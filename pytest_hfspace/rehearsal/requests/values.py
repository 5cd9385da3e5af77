"""A value for a JSON schema: the author's own example if there is one, else the plainest that fits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, Final

from .patterns import matching
from .samples import EMAIL, FORMATS, LATER, WORD, is_later, named
from .schemas import Schema, Schemas, dict_of, limits, list_of, number_of, size_of, types_of, within

#: Parts of one value.  A document can nest references exponentially.
PARTS: Final = 2_000
_DEPTH: Final = 40
_LONGEST: Final = 4_000
_MOST: Final = 100

#: No finite value: the schema contains itself, or is too large.
IMPOSSIBLE: Final = object()

#: Numbers that fit most schemas; the bounds are tried after them.
_NUMBERS: Final = (1, 0)
_GIVEN: Final = frozenset({"examples", "example", "default", "const", "enum"})
_NOTES: Final = frozenset({"$ref", "title", "description", "deprecated", "readOnly", "writeOnly"})


class Values:
    """Values for the schemas of one document.  The same schema and name get the same value.

    ``word``: the text where any text will do.
    """

    def __init__(self, schemas: Schemas, word: str = WORD) -> None:
        self.schemas = schemas
        self.word = word
        self._known: dict[str, tuple[Any, int]] = {}
        self._open: set[str] = set()
        self._left = 0

    def value(self, schema: Any, name: str = "") -> Any:
        """A valid value, as JSON has it, to be read and not changed; None where there is none.

        ``name``: of the parameter or property, which tells what a plain string is meant to be.
        """
        self._left = PARTS
        self._open.clear()
        made = self._make(schema, name, 0)
        return None if made is IMPOSSIBLE else made

    def given(self, schema: Any) -> Any:
        """The first example, default or constant of a schema that is valid, else IMPOSSIBLE."""
        flat = self.schemas.flat(schema)
        if _GIVEN.isdisjoint(flat):
            return IMPOSSIBLE
        return next((one for one in given_values(flat) if self.schemas.fits(one, flat)), IMPOSSIBLE)

    def _make(self, schema: Any, name: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEPTH or schema is False:
            return IMPOSSIBLE
        if not isinstance(schema, dict):
            return self.word
        parts = schema.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict) and "$ref" in parts[0]:
            schema = {**{k: v for k, v in schema.items() if k != "allOf"}, **parts[0]}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(schema, reference, name, depth)
        return self._inline(schema, name, depth)

    def _referred(self, schema: Schema, reference: str, name: str, depth: int) -> Any:
        alone = schema.keys() <= _NOTES
        if alone and reference in self._known:
            value, parts = self._known[reference]
            self._left -= parts
            return value if self._left >= 0 else IMPOSSIBLE
        if reference in self._open:
            return IMPOSSIBLE
        self._open.add(reference)
        before = self._left
        try:
            # Remembered for all its users, so it must not depend on what the first one calls it.
            name = reference.rpartition("/")[2] if alone else name
            made = self._inline(self.schemas.resolve(schema), name, depth)
        finally:
            self._open.discard(reference)
        if alone and made is not IMPOSSIBLE:
            self._known[reference] = (made, before - self._left)
        return made

    def _inline(self, schema: Schema, name: str, depth: int) -> Any:
        if "allOf" in schema:
            schema = self.schemas.flat(schema)
        if not _GIVEN.isdisjoint(schema):
            given = self.given(schema)
            if given is not IMPOSSIBLE:
                return given
        for keyword in ("oneOf", "anyOf"):
            if schema.get(keyword) and isinstance(schema[keyword], list):
                return self._alternative(schema, keyword, name, depth)
        types = types_of(schema)
        return self._typed(types[0] if types else "", schema, name, depth)

    def _typed(self, kind: str, schema: Schema, name: str, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in {"integer", "number"}:
            return number(schema, whole=kind == "integer", later=is_later(name))
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        return self._string(schema, name, depth)

    def _alternative(self, schema: Schema, keyword: str, name: str, depth: int) -> Any:
        """The first alternative with a finite value; null only where there is no other."""
        beside = {key: value for key, value in schema.items() if key not in (keyword, "discriminator")}
        nothing = IMPOSSIBLE
        for branch in schema[keyword]:
            if not isinstance(branch, dict):
                continue
            if branch.get("type") == "null":
                nothing = None
                continue
            whole = branch if beside.keys() <= _NOTES else {"allOf": [branch, beside]}
            made = self._make(whole, name, depth + 1)
            if made is not IMPOSSIBLE:
                return self._tagged(made, branch, dict_of(schema, "discriminator"))
        return nothing

    def _tagged(self, made: Any, branch: Schema, discriminator: Schema) -> Any:
        """With the property that tells alternatives apart, which a default makes optional."""
        key = discriminator.get("propertyName")
        if not isinstance(key, str) or not isinstance(made, dict) or key in made:
            return made
        tag = self.given(dict_of(self.schemas.flat(branch), "properties").get(key))
        if tag is IMPOSSIBLE:
            reference = branch.get("$ref")
            mapping = dict_of(discriminator, "mapping")
            tag = next((tag for tag, to in mapping.items() if to == reference), IMPOSSIBLE)
        return made if tag is IMPOSSIBLE else {key: tag, **made}

    def _object(self, schema: Schema, depth: int) -> Any:
        properties = dict_of(schema, "properties")
        names = [name for name in list_of(schema, "required") if isinstance(name, str)]
        fewest = min(size_of(schema, "minProperties") or 0, _MOST)
        names += [name for name in properties if name not in names][: max(0, fewest - len(names))]
        extra = schema.get("additionalProperties", {})
        made: dict[str, Any] = {}
        for name in names:
            value = self._make(properties.get(name, extra), name, depth + 1)
            if value is IMPOSSIBLE:
                return IMPOSSIBLE
            made[name] = value
        tag, mapping = self._base_tag(schema)
        if tag in made and mapping:
            made[tag] = mapping[0]
        for key in self._keys(schema, fewest - len(made), depth):
            value = self._make(extra, key, depth + 1)
            if value is not IMPOSSIBLE:
                made.setdefault(key, value)
        return made

    def _base_tag(self, schema: Schema) -> tuple[str, list[str]]:
        discriminator = dict_of(schema, "discriminator")
        return str(discriminator.get("propertyName", "")), list(dict_of(discriminator, "mapping"))

    def _keys(self, schema: Schema, count: int, depth: int) -> list[str]:
        if count <= 0:
            return []
        first = self._make(schema.get("propertyNames", {"type": "string"}), "", depth + 1)
        return list(self._variants(str(first), schema.get("propertyNames", {}), count))

    def _array(self, schema: Schema, name: str, depth: int) -> Any:
        """One item even where none is asked for: few handlers mean an empty list."""
        first = list_of(schema, "prefixItems")
        fewest = min(size_of(schema, "minItems") or 0, _MOST)
        most = size_of(schema, "maxItems")
        count = max(fewest, len(first) or 1)
        count = count if most is None else min(count, most)
        made = [self._make(node, name, depth + 1) for node in first[:count]]
        items = schema.get("items", {})
        if len(made) < count:
            one = self._make(items, name, depth + 1)
            wanted = count - len(made)
            if one is IMPOSSIBLE:
                return IMPOSSIBLE if fewest > len(made) else made
            self._left -= wanted
            unique = schema.get("uniqueItems") is True
            made += list(self._variants(one, items, wanted)) if unique else [one] * wanted
        return IMPOSSIBLE if any(one is IMPOSSIBLE for one in made) else made

    def _variants(self, one: Any, schema: Any, count: int) -> Iterator[Any]:
        """Up to ``count`` different valid values, ``one`` first."""
        flat = self.schemas.flat(schema)
        seen: list[Any] = []
        for other in self._others(one, flat, count):
            if len(seen) == count:
                return
            if other not in seen and self.schemas.fits(other, flat):
                seen.append(other)
                yield other

    def _others(self, one: Any, flat: Schema, count: int) -> Iterator[Any]:
        yield one
        yield from given_values(flat)
        for at in range(1, 4 * count + 1):
            if isinstance(one, bool):
                yield not one
            elif isinstance(one, (int, float)):
                step = number_of(flat, "multipleOf") or 1
                yield one + at * step
                yield one - at * step
            elif isinstance(one, str):
                yield from (f"{one}{at}", f"{one[:-1]}{at % 10}", one[:-1] + chr(97 + at % 26))
            elif isinstance(one, dict):
                yield from _other_objects(one, at)

    def _string(self, schema: Schema, name: str, depth: int) -> Any:
        low = min(size_of(schema, "minLength") or 0, _LONGEST)
        high = size_of(schema, "maxLength")
        pattern = schema.get("pattern")
        form = str(schema.get("format"))
        wanted = (LATER if is_later(name) else FORMATS).get(form) or FORMATS.get(form)
        if wanted is None and schema.get("contentMediaType") == "application/json":
            wanted = self._json(schema, depth)
        if wanted is None and schema.get("contentEncoding") in ("base64", "base64url"):
            wanted = FORMATS["base64"]
        text = wanted or named(name) or self.word
        if isinstance(pattern, str):
            found = matching(pattern, low, high, text)
            text = text if found is None else found
        if low <= len(text) and (high is None or len(text) <= high):
            return text
        if wanted == EMAIL and low > len(text):
            return "u" * (low - len(text)) + text
        length = max(low, min(len(text), high if high is not None else len(text)))
        text = text if len(text) >= low and wanted else self.word
        return (text * (length // len(text) + 1))[:length]

    def _json(self, schema: Schema, depth: int) -> str:
        import json

        made = self._make(schema.get("contentSchema", {"type": "object"}), "", depth + 1)
        return "null" if made is IMPOSSIBLE else json.dumps(made)


def _other_objects(one: dict[str, Any], at: int) -> Iterator[dict[str, Any]]:
    for name, value in one.items():
        if isinstance(value, str):
            yield {**one, name: f"{value}{at}"}
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield {**one, name: value + at}


def given_values(schema: Schema) -> Iterator[Any]:
    """What the author offers, the most telling first.  A default of null says nothing."""
    return (one for one in _offered(schema) if shallow(one))


def shallow(value: Any) -> bool:
    """Can it be copied, compared and written without running out of stack?"""
    level = [value]
    for _ in range(_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return False


def _offered(schema: Schema) -> Iterator[Any]:
    examples = schema.get("examples")
    if isinstance(examples, list):
        yield from examples[:10]
    elif isinstance(examples, dict):
        yield from (
            one["value"] for one in list(examples.values())[:10] if isinstance(one, dict) and "value" in one
        )
    if "example" in schema:
        yield schema["example"]
    if schema.get("default") is not None:
        yield schema["default"]
    if "const" in schema:
        yield schema["const"]
    yield from sorted(list_of(schema, "enum")[:_MOST], key=lambda one: one is None)


def number(schema: Schema, *, whole: bool, later: bool = False) -> float:
    """A number within the bounds of a schema: 1 or 0 if they will do, else the nearest to a bound.

    ``later``: it ends what another number of 1 begins, so 2 if that will do.
    """
    for candidate in itertools.chain((2,) if later else (), _numbers(schema, whole=whole)):
        if within(candidate, schema) and (not whole or candidate == int(candidate)):
            return int(candidate) if whole else candidate
    return 1


def _numbers(schema: Schema, *, whole: bool) -> Iterator[float]:
    yield from _NUMBERS
    low, _, high, _ = limits(schema)
    step = number_of(schema, "multipleOf")
    if step is not None and step > 0:
        yield from _multiples(low, high, step)
    for bound in (low, high):
        if bound is not None and (not whole or isinstance(bound, int) or abs(bound) < 1e15):
            if whole:
                yield from (math.floor(bound), math.ceil(bound), math.floor(bound) - 1, math.floor(bound) + 1)
            else:
                yield from (bound, bound + 1, bound - 1)
    if not whole and low is not None and high is not None:
        yield from ((low + high) / 2, low + (high - low) / 3)


def _multiples(low: float | None, high: float | None, step: float) -> Iterator[float]:
    yield step
    for bound in (low, high):
        if bound is None:
            continue
        if isinstance(bound, int) and isinstance(step, int):
            first = bound // step
        elif abs(bound) / step < 1e12:
            first = math.floor(bound / step)
        else:
            continue
        # Rounding undoes what the binary fraction of the step adds: 3 * 0.1 is not 0.3.
        yield from (round(at * step, 12) for at in (first, first + 1, first - 1))
