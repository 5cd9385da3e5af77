"""Judges the values of a card's known fields by the table of ``schema``."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, NamedTuple

from ...space.card import Field
from .schema import (
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
#: How alike two words are of which one is a slip of the pen.
_NEAR = 0.87
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}
#: Lists of names that the Hub adds to: one that is in none of them may be new.
_GROWING = ("hf_oauth_scopes", "suggested_hardware")
#: Fields of which no source tells what becomes of a value out of range.
_LENIENT = ("datasets", "models", "preload_from_hub", "thumbnail")


class Fault(NamedTuple):
    """Why a value is none: ``seen`` follows the key's name, ``hint`` says what to do.

    ``certain`` is False where no source says that the Hub refuses it, ``harmless`` where nothing
    is lost if it does not.  ``meant``: the word of which the value is a slip.
    """

    seen: str
    hint: str
    certain: bool = True
    refusal: str = ""
    harmless: bool = False
    meant: str = ""


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
        return Fault("is empty", "remove the line", certain=False, harmless=True)
    if not KINDS[rule.kind](field.value):
        return _wrong_type(field, rule)
    entries = field.value if isinstance(field.value, list) else [field.value]
    wrong = [entry for entry in entries if not rule.accepts(entry)]
    if not wrong:
        return _counted(field, rule) if field.key == "short_description" else None
    if field.key in ("models", "datasets"):
        no_name = [entry for entry in wrong if BARE_REPOSITORY.fullmatch(entry) is None]
        return _out_of_range(field, rule, no_name[0]) if no_name else _without_owner(wrong[0])
    return _out_of_range(field, rule, wrong[0])


def _without_owner(name: str) -> Fault:
    """Old ids without an owner still lead to their repositories."""
    hint = f"keep it, or write the owner as well: owner/{shown(name)[1:-1]}"
    return Fault(f"has {shown(name)}", hint, certain=False, harmless=True)


def _counted(field: Field, rule: Rule) -> Fault | None:
    """A description that is too long only where an emoji counts as two.

    The Hub's text is that of a JavaScript library, whose characters are UTF-16 units.
    """
    count = len(field.value.encode("utf-16-le", "surrogatepass")) // 2
    if count <= LONGEST_DESCRIPTION:
        return None
    seen = f"has {count} characters where an emoji counts as two"
    return Fault(seen, _write(field.key, rule.example), certain=False)


def _write(key: str, value: str) -> str:
    return f"write {key}: {value}"


def _wrong_type(field: Field, rule: Rule) -> Fault | None:
    value = field.value
    if rule.kind == "text" and not isinstance(value, (list, dict)):
        return _unquoted(field, rule)
    converted = _converted(value, rule)
    # those who check a card often convert what is plain, and make a list of a single text
    is_single = rule.kind in ("texts", "text or texts") and not isinstance(value, (list, dict))
    seen, certain = f"is {shown(value)}", not (converted or is_single)
    if isinstance(value, list) and rule.kind in ("texts", "text or texts"):
        wrong = [entry for entry in value if not isinstance(entry, str)]
        nested = [entry for entry in wrong if isinstance(entry, (list, dict))]
        entry = (nested or wrong)[0]
        seen, certain = f"has {shown(entry)}, {_typed(entry)} to YAML", bool(nested)
        if not certain:
            return Fault(seen, f'write "{shown(entry)}", with the quotes, or remove it', certain)
    return Fault(seen, _write(field.key, converted or rule.example), certain)


def _unquoted(field: Field, rule: Rule) -> Fault | None:
    """A text without quotes that YAML takes for something else."""
    raw = field.raw.strip()
    written = raw if "\n" not in raw and len(raw) <= _LONGEST_QUOTE else shown(field.value)
    is_same = shown(field.value) == raw
    is_version = field.key in ("python_version", "sdk_version")
    if is_same and is_version and rule.accepts(raw):
        # 3.12 is the text of the number as well: such cards are common, and work
        return None
    is_number = isinstance(field.value, (int, float)) and not isinstance(field.value, bool)
    reading = f"which YAML reads as {shown(field.value)}" if is_number and not is_same else ""
    write = f'"{written}"' if rule.accepts(written) else rule.example
    seen = f"is {written} without quotes, {reading or f'{_typed(field.value)} to YAML'}"
    # a number becomes a text easily, but 3.1 never 3.10 again
    is_text = rule.accepts(written) and not is_version
    is_lenient = field.key in (*_LENIENT, "startup_duration_timeout")
    return Fault(seen, _write(field.key, write), certain=not (is_text or is_lenient))


def _typed(value: Any) -> str:
    names = ((bool, "a boolean"), ((int, float), "a number"), (list, "a list"), (dict, "a mapping"))
    if value is None:
        return "nothing"
    return next((name for kinds, name in names if isinstance(value, kinds)), "no text")


def _converted(value: Any, rule: Rule) -> str:
    """The same value in the wanted type, where that is plain; else ""."""
    text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST_QUOTE else ""
    if rule.kind == "boolean":
        return _BOOLEANS.get(text.lower() or shown(value), "")
    digits = text.replace("_", "")
    if rule.kind == "number" and re.fullmatch("[0-9]+", digits) and rule.accepts(int(digits)):
        return digits
    if rule.kind == "texts" and text and (rule.accepts(text) or BARE_REPOSITORY.fullmatch(text)):
        return f"[{text}]"
    return ""


def _out_of_range(field: Field, rule: Rule, wrong: Any) -> Fault:
    seen, example, refusal, meant = f"is {shown(wrong)}", rule.example, rule.refusal, ""
    certain = field.key not in _LENIENT and not rule.retired
    if isinstance(wrong, str):
        close = get_close_matches(wrong[:80].lower(), rule.choices, n=1)
        example = close[0] if close else example
        if wrong != wrong.strip() and rule.accepts(wrong.strip()):
            hint = f"remove the blanks: {_write(field.key, shown(wrong)[1:-1])}"
            return Fault(f"is {shown(wrong)} with blanks around it", hint, certain=False)
    if isinstance(field.value, list):
        seen, example = f"has {shown(wrong)}", example if example.startswith("[") else f"[{example}]"
    if field.key in _GROWING:
        meant = _slip_of(wrong, rule)
        if not meant:
            hint = "look whether the Hub's documentation has it, or remove it"
            return Fault(seen, hint, certain=False)
    if field.key == "short_description":
        seen = f"has {len(wrong)} characters"
    elif field.key == "custom_headers":
        seen = _header_seen(wrong)
    elif field.key == "app_port" and wrong > HIGHEST_PORT:
        refusal = ""
    elif field.key == "startup_duration_timeout" and wrong.strip().isdecimal():
        certain = False
    return Fault(seen, _write(field.key, example), certain, refusal, meant=meant)


def _slip_of(word: str, rule: Rule) -> str:
    """The choice that is written otherwise here, or "".

    Another number is another hardware: a100x2 is no slip of a100x4.
    """
    close = get_close_matches(word[:80].lower(), rule.choices, n=1, cutoff=_NEAR)
    numbers = [re.findall(r"\d+", each) for each in (word, *close)]
    return close[0] if close and numbers[0] == numbers[1] else ""


def _header_seen(headers: dict[Any, Any]) -> str:
    key, value = next(pair for pair in headers.items() if not is_custom_headers(dict([pair])))
    return f"has {shown(key)}" if key not in HEADERS else f"has {shown(key)}: {shown(value)}"
