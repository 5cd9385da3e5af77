"""The card: the YAML block at byte 0 of README.md that configures a Space."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ..contract import DEFAULT_APP_PORT, STARTUP_LIMIT
from .files import Files

CARD: Final = "README.md"

#: A card has some 30 keys; what is larger than this is none, and would cost time to read.
LARGEST_BLOCK: Final = 64 * 1024

_LARGEST_README: Final = 1 << 20

_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

#: A line of dashes opens and closes the block; nothing may follow it, not even a blank.
_FENCE: Final = re.compile(r"^---\r?$", re.MULTILINE)
_BLANK_FENCE: Final = re.compile(r"^---[ \t]+\r?$", re.MULTILINE)

#: A block further down: a line of dashes, then a key at once.
_LATER_BLOCK: Final = re.compile(r"^---[ \t]*\r?\n(?=[A-Za-z_][\w-]*[ \t]*:(?:[ \t\r\n]|$))", re.MULTILINE)

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(
    r"(\d{1,9}(?:\.\d{1,9})?)\s*(d|h|m|s|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)(?![a-z])\s*",
    re.IGNORECASE,
)


class Field(NamedTuple):
    """One key of the card.  ``raw`` is the text as written, ``line`` the key's, from 1.

    ``value`` is what YAML 1.2 makes of the text (``3.10`` is the float 3.1, ``no`` a text); lists and
    mappings are plain lists and dicts.
    """

    key: str
    value: Any
    raw: str
    line: int


@dataclass(frozen=True)
class Card:
    """``missing`` says why there is no block (""; else a sentence), ``unreadable`` why it is no
    card although there is one, with ``unreadable_line``."""

    fields: dict[str, Field] = field(default_factory=dict)
    missing: str = ""
    unreadable: str = ""
    unreadable_line: int | None = None
    #: the line of README.md on which the text below the block starts
    body_line: int = 1

    @property
    def sdk(self) -> str | None:
        """The SDK as written, or None."""
        return self._text("sdk")

    @property
    def app_port(self) -> int:
        """The port that the Hub connects to: the card's for docker, else 7860."""
        port = self._value("app_port")
        if isinstance(port, str) and re.fullmatch(r"[0-9][0-9_]*", port):
            # quoted, or with the underscores of YAML 1.1: parsers that convert it are common
            port = int(port.replace("_", "")[:6])
        if self.sdk != "docker" or isinstance(port, bool) or not isinstance(port, int):
            return DEFAULT_APP_PORT
        return port if 0 < port <= 65535 else DEFAULT_APP_PORT

    @property
    def base_path(self) -> str:
        """The path of the page that the Hub shows; "/" unless the card says otherwise."""
        path = self._text("base_path")
        return path if path is not None and path.startswith("/") else "/"

    @property
    def startup_limit(self) -> float:
        """``startup_duration_timeout`` in seconds."""
        return _seconds(self._text("startup_duration_timeout") or "") or STARTUP_LIMIT

    @property
    def hf_oauth(self) -> bool:
        """Does the Hub give this Space an OAuth application?"""
        return self._value("hf_oauth") is True

    @property
    def python_version(self) -> str | None:
        """The Python version that the build sees: "3.1" for an unquoted 3.10."""
        value = self._value("python_version")
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def _value(self, key: str) -> Any:
        found = self.fields.get(key)
        return found.value if found else None

    def _text(self, key: str) -> str | None:
        value = self._value(key)
        return value if isinstance(value, str) else None


def read_card(files: Files) -> Card:
    """Read the block.  What is wrong with it is in the card: this never raises."""
    try:
        content = files.read(CARD, _LARGEST_README)
    except FileNotFoundError as error:
        return Card(missing=_why_absent(files, str(error)))
    text = content.decode("utf-8", errors="replace")
    opening = _FENCE.match(text)
    if opening is None or content.startswith(_BYTE_ORDER_MARKS):
        return Card(missing=_why_missing(content, text))
    start = min(opening.end() + 1, len(text))
    closing = _FENCE.search(text, start)
    if closing is None:
        return Card(unreadable=_why_open(text, start), unreadable_line=1)
    body_line = text.count("\n", 0, closing.end()) + 2
    block = text[start : closing.start()]
    if len(block) > LARGEST_BLOCK:
        reason = f"the YAML block has {len(block)} characters, more than the {LARGEST_BLOCK} that are read"
        return Card(unreadable=reason, unreadable_line=1, body_line=body_line)
    return _parse(block, body_line)


def _parse(block: str, body_line: int) -> Card:
    from .yaml_block import CardError, read_block

    try:
        pairs = read_block(block)
    except CardError as error:
        return Card(unreadable=str(error), unreadable_line=error.line + 1, body_line=body_line)
    fields = {pair.key: Field(pair.key, pair.value, pair.raw, pair.line + 1) for pair in pairs}
    return Card(fields, body_line=body_line)


def _why_absent(files: Files, error: str) -> str:
    if CARD in files:
        return error.replace(repr(CARD), CARD)
    other = files.similar(CARD)
    if other is not None:
        return f"the file is named {other}, the Hub looks for {CARD}"
    if files.exists_untracked(CARD):
        return f"{CARD} is here, but git does not track it"
    return f"there is no {CARD} in the root of the Space"


def _why_missing(content: bytes, text: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{CARD} is in UTF-16, the Hub reads UTF-8"
    if content.startswith(b"\xef\xbb\xbf---"):
        return "a byte order mark stands before the '---' of the YAML block"
    if not text.strip("\ufeff \t\r\n"):
        return f"{CARD} is empty"
    if _BLANK_FENCE.match(text):
        return "blanks follow the '---' in line 1, so it does not open the YAML block"
    later = _LATER_BLOCK.search(text)
    if later is None:
        return f"{CARD} has no YAML block: line 1 is {_quoted(text)}"
    before = text[: later.start()].strip("\ufeff \t\r\n")
    line = text.count("\n", 0, later.start()) + 1
    return f"the YAML block starts in line {line} instead of line 1, after {_kind(before)}"


def _kind(before: str) -> str:
    """What stands before a block that starts too late, in a word."""
    if not before:
        return "an empty line"
    if before.startswith("<!--"):
        return "a comment"
    if before.startswith(("[![", "![", "<img", "<a ", "<p", "<div")):
        return "a badge or picture"
    return f"a heading ({_quoted(before)})" if before.startswith("#") else f"the text {_quoted(before)}"


def _why_open(text: str, start: int) -> str:
    blank = _BLANK_FENCE.search(text, start)
    if blank is not None:
        line = text.count("\n", 0, blank.start()) + 1
        return f"the YAML block is not closed: blanks follow the '---' in line {line}"
    return "the YAML block is not closed: no line '---' follows the one that opens it"


def _quoted(text: str) -> str:
    line = text.strip("\ufeff \t\r\n").split("\n", 1)[0].strip()
    return repr(line if len(line) <= 40 else f"{line[:40]}...")


def _seconds(text: str) -> float:
    """The seconds of "30m", "1h 30m", "2 hours"; 0 for what is no duration."""
    total, end, text = 0.0, 0, text.strip()
    for match in _DURATION.finditer(text):
        if match.start() != end:
            return 0.0
        total += float(match[1]) * _UNITS[match[2][0].lower()]
        end = match.end()
    return total if end == len(text) else 0.0
