"""Judges the values of a card's known fields by the table of ``card_schema``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..space.card import Field
from .card_schema import (
    BARE_REPOSITORY,
    HEADERS,
    HIGHEST_PORT,
    KINDS,
    LONGEST_DESCRIPTION,
    RULES,
    Rule,
    is_custom_headers,
)

#: Bits: Python refuses to print very long numbers.
_LONGEST_NUMBER = 128
#: Characters of a value that a message quotes.
_LONGEST_QUOTE = 40


@dataclass(frozen=True)
class Fault:
    """Why a value is none: ``seen`` follows the key's name, ``write`` is the line to write.

    ``certain`` is False where no source says that the Hub refuses it.
    """

    seen: str
    write: str
    certain: bool = True
    refusal: str = ""


def shown(value: Any) -> str:
    """A value in a message: short, on one line, and never expanded (aliases nest without end)."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, (dict, set, bytes)):
        return "a mapping" if isinstance(value, dict) else f"a {type(value).__name__}"
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "a huge number"
    text = " ".join(str(value)[:200].split())
    text = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}..."
    return f'"{text}"' if isinstance(value, str) else text


def fault(field: Field, sdk: str | None) -> Fault | None:
    """What is wrong with the value of a known field, for an SDK that reads it."""
    rule = RULES.get(field.key)
    if rule is None or rule.check != "HFS104" or (rule.sdks and sdk not in rule.sdks):
        return None
    if field.value is None:
        return Fault("is empty", _line(field.key, rule.example), certain=False)
    if not KINDS[rule.kind](field.value):
        return _wrong_type(field, rule)
    entries = field.value if isinstance(field.value, list) else [field.value]
    wrong = next((entry for entry in entries if not rule.accepts(entry)), None)
    if wrong is not None:
        return _out_of_range(field, rule, wrong)
    return _counted(field, rule) if field.key == "short_description" else None


def _counted(field: Field, rule: Rule) -> Fault | None:
    """A description that is too long only where an emoji counts as two.

    The Hub's text is that of a JavaScript library, whose characters are UTF-16 units.
    """
    count = len(field.value.encode("utf-16-le", "surrogatepass")) // 2
    if count <= LONGEST_DESCRIPTION:
        return None
    seen = f"has {count} characters where an emoji counts as two"
    return Fault(seen, _line(field.key, rule.example), certain=False)


def _line(key: str, value: str) -> str:
    return f"{key}: {value}"


def _wrong_type(field: Field, rule: Rule) -> Fault | None:
    value = field.value
    if rule.kind == "text" and not isinstance(value, (list, dict)):
        return _unquoted(field, rule)
    seen = f"is {shown(value)}"
    if isinstance(value, list) and rule.kind in ("texts", "text or texts"):
        entry = next(entry for entry in value if not isinstance(entry, str))
        seen = f"has {shown(entry)}, {_typed(entry)} to YAML"
    return Fault(seen, _line(field.key, _converted(value, rule) or rule.example))


def _unquoted(field: Field, rule: Rule) -> Fault | None:
    """A text without quotes that YAML takes for something else."""
    raw = field.raw.strip()
    written = raw if "\n" not in raw and len(raw) <= _LONGEST_QUOTE else shown(field.value)
    is_same = shown(field.value) == raw
    if is_same and field.key in ("python_version", "sdk_version") and rule.accepts(raw):
        # 3.12 is the text of the number as well: such cards are common, and work
        return None
    is_number = isinstance(field.value, (int, float)) and not isinstance(field.value, bool)
    reading = f"which YAML reads as {shown(field.value)}" if is_number and not is_same else ""
    write = f'"{written}"' if rule.accepts(written) else rule.example
    seen = f"is {written} without quotes, {reading or f'{_typed(field.value)} to YAML'}"
    return Fault(seen, _line(field.key, write))


def _typed(value: Any) -> str:
    names = ((bool, "a boolean"), ((int, float), "a number"), (list, "a list"), (dict, "a mapping"))
    if value is None:
        return "nothing"
    return next((name for kinds, name in names if isinstance(value, kinds)), "no text")


def _converted(value: Any, rule: Rule) -> str:
    """The same value in the wanted type, where that is plain; else ""."""
    text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST_QUOTE else ""
    if rule.kind == "number" and text.isdecimal() and rule.accepts(int(text)):
        return text
    if rule.kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower()
    if rule.kind == "texts" and text and rule.accepts(text):
        return f"[{text}]"
    return ""


def _out_of_range(field: Field, rule: Rule, wrong: Any) -> Fault:
    seen, example, certain, refusal = f"is {shown(wrong)}", rule.example, True, rule.refusal
    if isinstance(wrong, str):
        close = get_close_matches(wrong[:80].lower(), rule.choices, n=1)
        example = close[0] if close else example
    if isinstance(field.value, list):
        seen, example = f"has {shown(wrong)}", example if example.startswith("[") else f"[{example}]"
        # old ids without an owner still lead to their repositories
        certain = field.key not in ("models", "datasets") or BARE_REPOSITORY.fullmatch(wrong) is None
    if field.key == "short_description":
        seen = f"has {len(wrong)} characters"
    elif field.key == "custom_headers":
        seen = _header_seen(wrong)
    elif field.key == "app_port" and wrong > HIGHEST_PORT:
        refusal = ""
    return Fault(seen, _line(field.key, example), certain and not rule.retired, refusal)


def _header_seen(headers: dict[Any, Any]) -> str:
    key, value = next(pair for pair in headers.items() if not is_custom_headers(dict([pair])))
    return f"has {shown(key)}" if key not in HEADERS else f"has {shown(key)}: {shown(value)}"
