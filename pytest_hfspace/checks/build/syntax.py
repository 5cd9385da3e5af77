"""Does a source need a newer Python than the Space's?  Found with this interpreter's own parser."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...quiet import quiet

#: What a source that needs a version looks like: only then is it parsed a second time.
_SIGNS: Final = (
    (8, re.compile(rb":=|[(,][ \t]*/[ \t]*[,)]")),
    (9, re.compile(rb"^[ \t]*@[\w.]{1,200}[\[(]", re.MULTILINE)),
    (10, re.compile(rb"^[ \t]*(?:match|case)\b", re.MULTILINE)),
    (11, re.compile(rb"\bexcept[ \t]*\*|\[[^\]\n]{0,100}\*\w")),
    (12, re.compile(rb"^[ \t]*(?:type[ \t]+\w|(?:async[ \t]+def|def|class)[ \t]+\w+[ \t]*\[)", re.MULTILINE)),
    (13, re.compile(rb"^[ \t]*(?:type|async[ \t]+def|def|class)[ \t]+\w+[ ]*\[[^\]]{0,200}=", re.MULTILINE)),
    (14, re.compile(rb"^[ \t]*except[ \t]+[^(:\n]+,|\b(?:[tT][rR]?|[rR][tT])['\"]", re.MULTILINE)),
)  # fmt: skip
#: A brace of an f-string with its own quote, a backslash or a comment behind it.
_FORMATTED: Final = re.compile(
    rb"\b(?:[fF][rR]?|[rR][fF])(['\"])(?:(?!\1)[^\n{]|\{[^}\n'\"\\#]{0,80}\}){0,120}"
    rb"\{[^}\n]{0,80}(?:\1|[\\#\n])"
)

#: The version in which the parts of an f-string became free: quotes, backslashes, comments.  [PEP 701]
_FREE_FORMATTED: Final = 12

#: Of the parser's complaints, the version that they ask for.
_ASKS: Final = re.compile(r"only supported in Python 3\.(\d+) and greater")


class Problem(NamedTuple):
    """``said``: the interpreter's words; ``since``: the minor version that can read it, 0 for none."""

    line: int
    said: str
    since: int = 0


class TooOld(Exception):
    """This interpreter is older than the Space's: what it cannot read, that one may."""


def problem(source: bytes, minor: int, *, parses: bool = False) -> Problem | None:
    """Why Python 3.``minor`` cannot read a source; None where it can.  Raises TooOld.

    ``parses``: it is known that this interpreter can.
    """
    here = sys.version_info.minor
    try:
        if not parses:
            _parse(source)
    except (SyntaxError, ValueError) as error:
        if here < minor:
            raise TooOld from None
        return Problem(getattr(error, "lineno", None) or 1, _said(error))
    except (RecursionError, MemoryError):
        return None
    if here <= minor:
        return None
    if any(minor < since <= here and sign.search(source) for since, sign in _SIGNS):
        found = _of_version(source, minor)
        if found is not None:
            return found
    if minor < _FREE_FORMATTED <= here and _FORMATTED.search(source):
        return next(_free_strings(source), None)
    return None


def _parse(source: bytes, minor: int | None = None) -> None:
    with quiet():
        ast.parse(source, feature_version=None if minor is None else (3, minor))


def _of_version(source: bytes, minor: int) -> Problem | None:
    try:
        _parse(source, minor)
    except SyntaxError as error:
        asks = _ASKS.search(error.msg or "")
        # any other complaint is about the parser's own rules for old versions, which are not exact
        return Problem(error.lineno or 1, _said(error), int(asks[1])) if asks else None
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _said(error: Exception) -> str:
    return getattr(error, "msg", None) or str(error)


def _free_strings(source: bytes) -> Iterator[Problem]:
    """f-strings that Python 3.11 ends too early or refuses."""
    start, middle, end = (
        getattr(tokenize, name, -1) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    )
    quotes: list[str] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if quotes and token.type not in (middle, end):
                said = _refused(token.type, token.string, quotes)
                if said:
                    yield Problem(token.start[0], said, _FREE_FORMATTED)
                    return
            if token.type == start:
                quotes.append(token.string.lstrip("fFrRbBtT"))
            elif token.type == end:
                quotes.pop()
    except (tokenize.TokenError, SyntaxError, ValueError, IndexError, RecursionError):
        return


def _refused(kind: int, text: str, quotes: list[str]) -> str:
    """What Python 3.11 cannot read of a token inside an f-string's braces, or ""."""
    if kind == tokenize.COMMENT:
        return "a comment inside the braces of an f-string"
    if any(quote in text for quote in quotes) or ("\n" in text and len(quotes[0]) == 1):
        return "the f-string's own quote, or a line end, inside its braces"
    if "\\" in text:
        return "a backslash inside the braces of an f-string"
    return ""
