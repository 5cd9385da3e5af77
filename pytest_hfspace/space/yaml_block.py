"""A YAML mapping with the line and the text of every key, at bounded cost.

It is read from the parser's events: composing a document first would follow every level and every
alias of a hostile one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

#: Levels and values of a card; what has more is no card.
_DEEPEST: Final = 32
_MOST_VALUES: Final = 10_000

#: A longer number may be too large to be printed.
_LONGEST_NUMBER: Final = 40
_NUMBER_TAGS: Final = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

#: What a scalar without quotes may mean besides its text: the core schema of YAML 1.2, where "No" and
#: "12:30" are texts.  Dates, which it does not have, are those of the parsers that read them.
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...]] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), date.fromisoformat),
)

_LONGEST_PROBLEM: Final = 120


class CardError(ValueError):
    """The block is no mapping that can be read.  ``line``: from 1, within the block."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Pair(NamedTuple):
    """A key of the outermost mapping.  ``raw``: the value as written; ``line``: the key's."""

    key: str
    value: Any
    raw: str
    line: int


@dataclass
class _Open:
    """A list or mapping that is not closed yet."""

    value: list[Any] | dict[str, Any]
    line: int
    start: int
    anchor: str | None
    size: int = 1
    #: of a mapping, the key that waits for its value
    key: str | None = None
    key_line: int = 0


def read_block(text: str) -> list[Pair]:
    """The pairs of the block's mapping, in order.  Raises CardError."""
    import yaml

    try:
        return _Reader(text).read()
    except yaml.YAMLError as error:
        raise CardError(*_explained(error, text)) from None


class _Reader:
    """Builds the values of one document from the events of the parser."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.pairs: list[Pair] = []
        self.size = 0

    def read(self) -> list[Pair]:
        import yaml

        documents = 0
        for event in _events(self.text):
            begin, end = event.start_mark.index, event.end_mark.index
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise CardError(f"line {line + 1} starts a second YAML document", line)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(end)
            elif isinstance(event, yaml.ScalarEvent):
                value = _scalar(event)
                self._remember(event.anchor, value, 1)
                self._add(value, 1, line, begin, end)
            elif isinstance(event, yaml.AliasEvent):
                value, size = self._alias(str(event.anchor), line)
                self._add(value, size, line, begin, end)
        if not documents:
            raise CardError("the YAML block is empty", 1)
        return self.pairs

    def _open(self, event: Any, line: int) -> None:
        import yaml

        if len(self.stack) >= _DEEPEST:
            raise CardError(f"line {line + 1} is nested more than {_DEEPEST} levels deep", line)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if not self.stack and not is_mapping:
            raise CardError("the YAML block is a list, not a mapping of keys to values", line)
        value: list[Any] | dict[str, Any] = {} if is_mapping else []
        self.stack.append(_Open(value, line, event.start_mark.index, event.anchor))

    def _close(self, end: int) -> None:
        done = self.stack.pop()
        self._remember(done.anchor, done.value, done.size)
        if self.stack:
            self._add(done.value, done.size, done.line, done.start, end)

    def _remember(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)

    def _alias(self, anchor: str, line: int) -> tuple[Any, int]:
        if anchor not in self.anchors:
            raise CardError(f"line {line + 1} refers to *{anchor}, which is not defined before it", line)
        return self.anchors[anchor]

    def _add(self, value: Any, size: int, line: int, start: int, end: int) -> None:
        if not self.stack:
            raise CardError("the YAML block is a single text, not a mapping of keys to values", line)
        parent = self.stack[-1]
        parent.size += size
        if max(parent.size, size) > _MOST_VALUES:
            raise CardError(f"the YAML block expands to more than {_MOST_VALUES} values", line)
        if isinstance(parent.value, list):
            parent.value.append(value)
            return
        raw = self.text[start:end].rstrip()
        if parent.key is None:
            key = value if isinstance(value, str) else raw
            if key in parent.value:
                raise CardError(f"the key {key[:60]!r} is there twice, again in line {line + 1}", line)
            parent.key, parent.key_line = key, line
            return
        parent.value[parent.key] = value
        if len(self.stack) == 1:
            self.pairs.append(Pair(parent.key, value, raw, parent.key_line))
        parent.key = None


def _events(text: str) -> Iterator[Any]:
    import yaml

    # The C parser is twelve times as fast, and takes a tab after a colon, as the Hub's does.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


def _scalar(event: Any) -> Any:
    """The value of a scalar; its text where it has no other meaning."""
    import yaml

    if event.tag is None or event.tag == "!":
        return _plain(event.value) if event.implicit[0] else event.value
    if event.tag in _NUMBER_TAGS and len(event.value) > _LONGEST_NUMBER:
        return event.value
    try:
        return _constructor().construct_object(yaml.ScalarNode(event.tag, event.value))
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, KeyError, IndexError):
        return event.value


def _plain(text: str) -> Any:
    """What a scalar without quotes and without a tag means."""
    if text in _WORDS:
        return _WORDS[text]
    form = next((read for form, read in _FORMS if form.fullmatch(text)), None)
    if form is None or len(text) > _LONGEST_NUMBER:
        return text
    try:
        return form(text)
    except ValueError:
        return text


@lru_cache(maxsize=1)
def _constructor() -> Any:
    from yaml.constructor import SafeConstructor

    return SafeConstructor()


def _explained(error: Any, text: str) -> tuple[str, int]:
    """A complaint of the parser in one line, and the line of the block that it is about."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    context = getattr(error, "context", None)
    if mark is not None:
        line = min(mark.line, text.rstrip().count("\n")) + 1
    else:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
    said = " ".join(f"{problem} {context or ''}".split())[:_LONGEST_PROBLEM]
    return f"line {line + 1} is not YAML: {said}", line
