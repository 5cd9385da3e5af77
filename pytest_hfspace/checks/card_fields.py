"""The known fields of a card: one table of types and ranges.  [spaces-config-reference]"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from ..contract import LOWEST_APP_PORT
from ..space.card import Field
from .emoji import is_emoji

COLORS: Final = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
HARDWARE: Final = (
    *("cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1", "l40sx4", "l40sx8"),
    *("a10g-small", "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large", "a100x4", "a100x8"),
    "zero-a10g",
)
#: [spaces-oauth]; openid and profile are always included, so that writing them changes nothing
OAUTH_SCOPES: Final = (
    *("email", "openid", "profile", "read-billing", "read-memberships", "read-repos", "gated-repos"),
    *("contribute-repos", "write-repos", "manage-repos", "read-collections", "write-collections"),
    *("inference-api", "read-endpoints", "write-endpoints", "jobs", "webhooks", "write-discussions"),
)
HEADERS: Final = (
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
)
LONGEST_DESCRIPTION: Final = 60
HIGHEST_PORT: Final = 65535

#: Bits: Python refuses to print very long numbers.
_LONGEST_NUMBER = 128
#: Characters of a value that a message quotes.
_LONGEST_QUOTE = 40

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_BARE_REPOSITORY = re.compile(r"[\w.-]+")
_DURATION = re.compile(
    r"(\d+(\.\d+)? ?(ms|s|m|h|d|w|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)\s?){1,6}"
)
_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
_GRADIO_VERSION = re.compile(r"\d+(\.\d+){0,2}((a|b|rc|\.dev|\.post)\d+){0,2}")
_PYTHON_VERSION = re.compile(r"3\.\d+(\.\d+)?")


@dataclass(frozen=True)
class Rule:
    """What a field takes.

    ``kind``: a word of ``KINDS``.  ``accepts``: the range, asked once the type is right (for a
    list: of each entry).  ``example``: a value as it is written.  ``choices``: where the range is
    a few words.  ``sdks``: those that read the field, none meaning all.  ``refusal``: what the Hub
    says of a value out of range, where that is known.
    """

    kind: str
    wanted: str
    example: str
    accepts: Callable[[Any], bool] = lambda _: True
    choices: Collection[str] = ()
    sdks: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class Fault:
    """Why a value is none: ``seen`` follows the key's name, ``write`` is the line to write.

    ``certain`` is False where no source says that the Hub refuses it.
    """

    seen: str
    write: str
    certain: bool = True
    refusal: str = ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "texts": _is_texts,
    "text or texts": lambda value: isinstance(value, str) or _is_texts(value),
    "mapping": lambda value: isinstance(value, dict),
}


def _text(wanted: str, example: str, accepts: Callable[[Any], bool] = bool, **more: Any) -> Rule:
    return Rule("text", wanted, example, accepts, **more)


def _choice(choices: tuple[str, ...], wanted: str = "", **more: Any) -> Rule:
    wanted = wanted or f"one of {', '.join(choices)}"
    return Rule("text", wanted, choices[0], lambda value: value in choices, choices=choices, **more)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: pattern.fullmatch(value) is not None


def _is_custom_headers(value: dict[Any, Any]) -> bool:
    return all(
        key in HEADERS and isinstance(entry, str) and entry == entry.lower() for key, entry in value.items()
    )


def _is_preload(entry: str) -> bool:
    repository, *rest = entry.split(" ")
    is_repository = _REPOSITORY.fullmatch(repository) or _BARE_REPOSITORY.fullmatch(repository)
    is_commit = len(rest) < 2 or _COMMIT.fullmatch(rest[1])
    return bool(is_repository and is_commit and len(rest) <= 2 and all(rest))


_COLOR = _choice(COLORS, refusal=f"must be one of [{', '.join(COLORS)}]")
_BOOLEAN = Rule("boolean", "true or false", "true")
_REPOSITORIES = Rule("texts", 'a list of "owner/name"', "[owner/name]", _matches(_REPOSITORY))
_WITH_SERVER = ("gradio", "docker")

RULES: Final[dict[str, Rule]] = {
    "title": _text("text", '"My Space"', lambda _: True),
    "emoji": _text("exactly one emoji", "🚀", is_emoji),
    "colorFrom": _COLOR,
    "colorTo": _COLOR,
    "sdk_version": _text("a version such as 6.17.3", '"6.17.3"', _matches(_GRADIO_VERSION), sdks=("gradio",)),
    "python_version": _text(
        'a version such as "3.12"', '"3.12"', _matches(_PYTHON_VERSION), sdks=("gradio",)
    ),
    "app_file": _text("a path from the Space's root", "app.py", sdks=("gradio", "static")),
    "app_port": Rule(
        "number",
        f"a whole number from {LOWEST_APP_PORT} to {HIGHEST_PORT}",
        "7860",
        lambda value: LOWEST_APP_PORT <= value <= HIGHEST_PORT,
        sdks=("docker",),
        refusal=f"must be greater than or equal to {LOWEST_APP_PORT}",
    ),
    "app_build_command": _text("a command", "npm run build", sdks=("static",)),
    "base_path": _text(
        'a path that begins with "/"', "/docs", lambda value: value.startswith("/"), sdks=_WITH_SERVER
    ),
    "suggested_hardware": _choice(HARDWARE, "a hardware such as cpu-basic or t4-small", sdks=_WITH_SERVER),
    "suggested_storage": _choice(("small", "medium", "large")),
    "fullWidth": _BOOLEAN,
    "pinned": _BOOLEAN,
    "disable_embedding": _BOOLEAN,
    "hf_oauth": _BOOLEAN,
    "header": _choice(("mini", "default")),
    "short_description": _text(
        f"at most {LONGEST_DESCRIPTION}",
        '"What it does, in a few words"',
        lambda value: len(value) <= LONGEST_DESCRIPTION,
        refusal=f"length must be less than or equal to {LONGEST_DESCRIPTION} characters long",
    ),
    "models": _REPOSITORIES,
    "datasets": _REPOSITORIES,
    "tags": Rule("texts", "a list of words", "[fastapi]"),
    "thumbnail": _text(
        "the URL of a picture",
        "https://example.org/picture.png",
        lambda value: value.startswith(("https://", "http://")),
    ),
    "hf_oauth_scopes": Rule(
        "texts",
        "a list of the Hub's OAuth scopes",
        "[email]",
        lambda value: value in OAUTH_SCOPES,
        choices=OAUTH_SCOPES,
        sdks=_WITH_SERVER,
    ),
    "hf_oauth_expiration_minutes": Rule(
        "number", "a whole number from 1 to 43200", "480", lambda value: 1 <= value <= 43200
    ),
    "hf_oauth_authorized_org": Rule("text or texts", "an organization or a list of them", "my-org"),
    "startup_duration_timeout": _text(
        "a duration such as 30m or 1h", "1h", _matches(_DURATION), sdks=_WITH_SERVER
    ),
    "custom_headers": Rule(
        "mapping",
        "cross-origin-{embedder,opener,resource}-policy with a value, in lower case",
        "{cross-origin-opener-policy: same-origin}",
        _is_custom_headers,
    ),
    "preload_from_hub": Rule(
        "texts", 'a list of "owner/name [file,file [commit]]"', "[owner/name]", _is_preload, sdks=_WITH_SERVER
    ),
}


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
    if rule is None or (rule.sdks and sdk not in rule.sdks):
        return None
    if field.value is None:
        return Fault("is empty", _line(field.key, rule.example), certain=False)
    if not KINDS[rule.kind](field.value):
        return _wrong_type(field, rule)
    entries = field.value if isinstance(field.value, list) else [field.value]
    wrong = next((entry for entry in entries if not rule.accepts(entry)), None)
    return None if wrong is None else _out_of_range(field, rule, wrong)


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
        certain = rule is not _REPOSITORIES or _BARE_REPOSITORY.fullmatch(wrong) is None
    if field.key == "short_description":
        seen = f"has {len(wrong)} characters"
    elif field.key == "custom_headers":
        seen = _header_seen(wrong)
    elif field.key == "app_port" and wrong > HIGHEST_PORT:
        refusal = ""
    return Fault(seen, _line(field.key, example), certain, refusal)


def _header_seen(headers: dict[Any, Any]) -> str:
    key, value = next(pair for pair in headers.items() if not _is_custom_headers(dict([pair])))
    return f"has {shown(key)}" if key not in HEADERS else f"has {shown(key)}: {shown(value)}"
