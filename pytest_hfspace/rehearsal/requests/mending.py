"""Mending a request after a 422: each complaint of pydantic's list names a place and a remedy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, Final

from .drafts import Draft, Drafter, copied
from .encoding import Upload
from .operations import Operation
from .patterns import matching
from .samples import EMAIL, FORMATS, URL, UUID, WORD, upload
from .schemas import Schemas, dict_of, list_of

_MOST: Final = 50
_LONGEST: Final = 262_144
_LENGTH: Final = 10_000
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)|\b(True|False|None)\b")
_PLACES: Final = frozenset({"path", "query", "header", "cookie"})
#: Leave the value as it is: nothing tells what would be right.
LEAVE: Final = object()
REMOVE: Final = object()

Context = dict[str, Any]
Remedy = Callable[[Any, Context], Any]


def _always(*, value: Any) -> Remedy:
    return lambda _old, _context: value


def _empty(_old: Any, _context: Context) -> Any:
    return {}


def _bound(key: str, beyond: int) -> Remedy:
    def remedy(_old: Any, context: Context) -> Any:
        limit = context.get(key)
        if isinstance(limit, str):
            # Limits of dates and decimals travel as text: only numbers can be stepped over.
            try:
                limit = float(limit)
            except ValueError:
                return LEAVE if beyond else limit
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not math.isfinite(limit):
            return LEAVE
        return int(limit) + beyond if float(limit).is_integer() else limit + beyond

    return remedy


def _longer(old: Any, context: Context) -> Any:
    wanted = context.get("min_length")
    if not isinstance(wanted, int) or not 0 < wanted <= _LENGTH:
        return LEAVE
    if isinstance(old, list):
        return (old or [WORD]) + [(old or [WORD])[0]] * (wanted - len(old or [WORD]))
    return (old + WORD * wanted)[:wanted] if isinstance(old, str) else LEAVE


def _shorter(old: Any, context: Context) -> Any:
    wanted = context.get("max_length")
    return old[:wanted] if isinstance(old, (str, list)) and isinstance(wanted, int) and wanted >= 0 else LEAVE


def _shaped(_old: Any, context: Context) -> Any:
    pattern = context.get("pattern")
    made = matching(pattern, word=WORD) if isinstance(pattern, str) else None
    return LEAVE if made is None else made


def _expected(_old: Any, context: Context) -> Any:
    """The first of "'a', 'b' or 'c'"."""
    found = _QUOTED.search(str(context.get("expected", "")))
    if not found:
        return LEAVE
    text, figure, word = found.groups()
    if text is not None:
        return text.replace("\\'", "'")
    if word is not None:
        return {"True": True, "False": False, "None": None}[word]
    return float(figure) if "." in figure else int(figure)


def _tagged(old: Any, context: Context) -> Any:
    tags = _expected(old, {"expected": context.get("expected_tags", "")})
    key = str(context.get("discriminator", "")).strip("'")
    return {**old, key: tags} if isinstance(old, dict) and key and tags is not LEAVE else LEAVE


def _scheme(old: Any, context: Context) -> Any:
    scheme = _expected(old, {"expected": context.get("expected_schemes", "")})
    return f"{scheme}://example.com/" if isinstance(scheme, str) else LEAVE


def _multiple(_old: Any, context: Context) -> Any:
    step = context.get("multiple_of")
    return step if isinstance(step, (int, float)) and not isinstance(step, bool) else LEAVE


def _zoned(old: Any, _context: Context) -> Any:
    return old.removesuffix("Z") + "Z" if isinstance(old, str) else LEAVE


def _wrapped(old: Any, _context: Context) -> Any:
    return LEAVE if isinstance(old, list) else [old]


#: By the type of the complaint, or its first word where all of a family have one remedy.
_REMEDIES: Final[dict[str, Remedy]] = {
    "int": _always(value=1),
    "float": _always(value=1.5),
    "bool": _always(value=True),
    "string_type": _always(value=WORD),
    "string_too_short": _longer,
    "string_too_long": _shorter,
    "string_pattern_mismatch": _shaped,
    "bytes_too_short": _longer,
    "bytes_too_long": _shorter,
    "too_short": _longer,
    "too_long": _shorter,
    "greater_than": _bound("gt", 1),
    "greater_than_equal": _bound("ge", 0),
    "less_than": _bound("lt", -1),
    "less_than_equal": _bound("le", 0),
    "multiple_of": _multiple,
    "finite_number": _always(value=1),
    "decimal_parsing": _always(value="1"),
    "decimal_type": _always(value="1"),
    "decimal_max_digits": _always(value=1),
    "decimal_max_places": _always(value=1),
    "decimal_whole_digits": _always(value=0.5),
    "enum": _expected,
    "literal_error": _expected,
    "union_tag_invalid": _tagged,
    "union_tag_not_found": _tagged,
    "uuid": _always(value=UUID),
    "date_past": _always(value="2000-01-01"),
    "date_future": _always(value="2999-01-01"),
    "date": _always(value=FORMATS["date"]),
    "datetime_past": _always(value="2000-01-01T12:00:00Z"),
    "datetime_future": _always(value="2999-01-01T12:00:00Z"),
    "datetime": _always(value=FORMATS["date-time"]),
    "timezone_naive": lambda old, _context: old.removesuffix("Z") if isinstance(old, str) else LEAVE,
    "timezone_aware": _zoned,
    "time": _always(value=FORMATS["time"]),
    "time_delta": _always(value=FORMATS["duration"]),
    "url_scheme": _scheme,
    "url": _always(value=URL),
    "json": _always(value="{}"),
    "list_type": _wrapped,
    "tuple_type": _wrapped,
    "set_type": _wrapped,
    "dict_type": _empty,
    "model_type": _empty,
    "model_attributes_type": _empty,
    "none_required": _always(value=None),
    "extra_forbidden": _always(value=REMOVE),
    "ip_v4": _always(value=FORMATS["ipv4"]),
    "ip_v6": _always(value=FORMATS["ipv6"]),
    "ip_any": _always(value=FORMATS["ipv4"]),
}


def mend(draft: Draft, answer: bytes, drafter: Drafter) -> Draft | None:
    """A draft with every complaint mended that says what would be right; None if none does."""
    mended = draft.copy()
    done: set[tuple[Any, ...]] = set()
    changed = False
    for error in complaints(answer):
        place, *location = error["loc"]
        if place == "body" and "body" not in draft.fixed and draft.media:
            changed |= _mend_body(mended, location, error, drafter, done)
        elif place in _PLACES and location:
            changed |= _mend_parameter(mended, place, location, error, drafter)
    return mended if changed else None


def complaints(answer: bytes) -> list[dict[str, Any]]:
    """The list of errors as pydantic makes it and FastAPI sends it, at most fifty."""
    if len(answer) > _LONGEST:
        return []
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return []
    if isinstance(found, dict):
        found = next((found[key] for key in ("detail", "errors") if isinstance(found.get(key), list)), [])
    return [
        one
        for one in (found[:_MOST] if isinstance(found, list) else [])
        if isinstance(one, dict)
        and isinstance(one.get("type"), str)
        and one.get("loc")
        and isinstance(one["loc"], list)
    ]


def remedy(error: dict[str, Any], old: Any) -> Any:
    """What the value should be, LEAVE where the complaint does not say, REMOVE for one too many."""
    kind = error["type"]
    if kind == "value_error":
        message = str(error.get("msg", "")).lower()
        return EMAIL if "email address" in message else LEAVE
    while kind:
        if kind in _REMEDIES:
            return _REMEDIES[kind](old, dict_of(error, "ctx"))
        kind = kind.rpartition("_")[0]
    return LEAVE


def _mend_parameter(
    draft: Draft, place: str, location: list[Any], error: dict[str, Any], drafter: Drafter
) -> bool:
    name = str(location[0])
    parameter = draft.operation.parameter(place, name)
    name = parameter.name if parameter else name
    values = draft.of(place)
    if (place, name) in draft.fixed:
        return False
    if error["type"] == "missing":
        if place == "path":
            return False
        values[name] = drafter.parameter_value(parameter) if parameter else WORD
        return True
    if name not in values:
        return False
    new = remedy(error, values[name])
    if new is REMOVE:
        del values[name]
    elif new is not LEAVE and new != values[name]:
        values[name] = [new] if isinstance(values[name], list) and not isinstance(new, list) else new
    else:
        return False
    return True


def _mend_body(
    draft: Draft, location: list[Any], error: dict[str, Any], drafter: Drafter, done: set[tuple[Any, ...]]
) -> bool:
    missing = error["type"] == "missing"
    if missing and not location:
        return False
    last = location[-1] if missing else None
    holder, key, way = _walk(draft, location[:-1] if missing else location)
    if missing:
        inner = draft.body if key is None else holder[key]
        if not isinstance(inner, dict) or not isinstance(last, str) or last in inner:
            return False
        inner[last] = _property(draft, (*way, last), drafter)
        return True
    # Each alternative of a union complains of the same value: the first one is heard.
    if way in done or (key is None and location):
        return False
    done.add(way)
    old = draft.body if key is None else holder[key]
    new = _file_for(error, draft, way) or remedy(error, old)
    if new is LEAVE or new == old or (new is REMOVE and (key is None or isinstance(holder, list))):
        return False
    if new is REMOVE:
        del holder[key]
    elif key is None:
        draft.body = new
    else:
        holder[key] = new
    return True


def _walk(draft: Draft, location: list[Any]) -> tuple[Any, Any, tuple[Any, ...]]:
    """The innermost place of the body that a location names: its holder, its key there (None: the
    body itself), and the keys that lead to it.  The tags of unions lead nowhere."""
    holder: Any = None
    key: Any = None
    way: tuple[Any, ...] = ()
    here: Any = draft.body
    for step in location:
        named = isinstance(here, dict) and isinstance(step, str) and step in here
        counted = isinstance(here, list) and type(step) is int and 0 <= step < len(here)
        if named or counted:
            holder, key, way = here, step, (*way, step)
            here = here[step]
    return holder, key, way


def _file_for(error: dict[str, Any], draft: Draft, way: tuple[Any, ...]) -> Upload | None:
    if error["type"] == "value_error" and "UploadFile" in str(error.get("msg", "")):
        return Upload(*upload(str(way[-1]) if way else "", draft.route.path))
    return None


def _property(draft: Draft, way: tuple[Any, ...], drafter: Drafter) -> Any:
    """A value for a property that is missing, by its schema if that is to be found."""
    node = schema_at(draft.operation, way, drafter.schemas)
    return WORD if node is None else copied(drafter.values.value(node, str(way[-1])))


def schema_at(operation: Operation, way: tuple[Any, ...], schemas: Schemas) -> Any:
    """The schema of a place in the body; None where it has none."""
    node: Any = operation.schema
    for step in way:
        flat = schemas.flat(node)
        found = None
        for branch in (flat, *map(schemas.flat, list_of(flat, "anyOf") + list_of(flat, "oneOf"))):
            found = found or (
                branch.get("items") if type(step) is int else dict_of(branch, "properties").get(step)
            )
        if not isinstance(found, dict):
            return None
        node = found
    return node
