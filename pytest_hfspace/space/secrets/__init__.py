"""Credentials in text: found by the forms that their issuers give them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final, NamedTuple

from .. import Space
from ..files import EXECUTABLE, REGULAR
from .notebooks import cell_sources, line_of
from .places import aside, doubt, is_read
from .rules import Rule
from .scanner import Hit, scan, worth_reading
from .secret_files import SecretFile, read_secret_files
from .values import is_given_away, shown

__all__ = [
    "LARGEST",
    "Secret",
    "SecretFile",
    "aside",
    "find_secrets",
    "is_given_away",
    "read_secret_files",
    "read_secrets",
    "shown",
]

#: Bytes of a file that are searched: its first.
LARGEST: Final = 2_000_000

#: Bytes that are read at first: room for the largest is made for every file that is asked for it.
_USUAL: Final = 32 * 1024

#: A NUL among so many of the first bytes makes a file binary, as git says.
_BINARY_WITHIN: Final = 8192

#: Places in all files together.
_MOST: Final = 2000


class Secret(NamedTuple):
    """``kind``: whose credential it is ("a Hugging Face token").  ``shown``: its first four
    characters and an ellipsis; the value itself is never kept.

    ``setting``: the variable that it should be read from.  ``doubt``: why it may be harmless, or "".
    ``same``: a number that all places of the same value share.
    """

    kind: str
    shown: str
    line: int
    path: str = ""
    setting: str = ""
    doubt: str = ""
    same: int = 0


def find_secrets(text: str) -> Iterator[Secret]:
    """Those in a text, by line from 1."""
    numbers: dict[str, int] = {}
    for hit in scan(text, worth_reading(text.encode("utf-8", "surrogatepass"))):
        yield _secret(hit, hit.line, "", numbers)


def read_secrets(space: Space) -> tuple[Secret, ...]:
    """Those in the tracked text files, by path and line."""
    found: list[Secret] = []
    numbers: dict[str, int] = {}
    for path, entry in sorted(space.files.tracked.items()):
        if entry.mode not in {REGULAR, EXECUTABLE} or not is_read(path):
            continue
        try:
            content = space.files.read(path, _USUAL)
            if len(content) == _USUAL:
                content = space.files.read(path, LARGEST)
        except FileNotFoundError:
            continue
        found += [_secret(hit, line, path, numbers) for hit, line in _in_file(path, content)]
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def _in_file(path: str, content: bytes) -> Iterator[tuple[Hit, int]]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    elif b"\0" in content[:_BINARY_WITHIN]:
        return
    rules = worth_reading(content)
    if not rules:
        return
    text = content.decode("utf-8", "replace")
    sources = cell_sources(text) if path.endswith(".ipynb") else None
    if sources is None:
        yield from ((hit, hit.line) for hit in scan(text, rules))
        return
    for source in sources:
        yield from ((hit, line_of(text, source, hit.start)) for hit in scan(source, rules))


def _secret(hit: Hit, line: int, path: str, numbers: dict[str, int]) -> Secret:
    rule: Rule = hit.rule
    return Secret(
        kind=rule.kind,
        shown=shown(hit.value),
        line=line,
        path=path,
        setting=hit.setting,
        doubt=doubt(path, rule, hit.value),
        same=numbers.setdefault(hit.value, len(numbers)),
    )
