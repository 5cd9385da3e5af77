"""Words and variables as the Dockerfile's own small shell understands them (not /bin/sh)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_BLANKS = " \t\r\n\f\v"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_OPERATOR = re.compile(r"(:?[-+?])(.*)\Z", re.DOTALL)

#: A value that refers to itself doubles with every line; no real one is that long.
LONGEST = 64 * 1024
_DEEPEST = 20


def split_words(text: str, escape: str = "\\") -> Iterator[str]:
    """The words of an instruction, quotes kept."""
    start: int | None = None
    quote = ""
    i, end = 0, len(text)
    while i < end:
        char = text[i]
        if start is None:
            if char in _BLANKS:
                i += 1
                continue
            start = i
        if char == escape and quote != "'":
            i += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _BLANKS:
            yield text[start:i]
            start = None
        i += 1
    if start is not None:
        yield text[start:]


def expand(word: str, values: Mapping[str, str], escape: str = "\\") -> str:
    """A word with variables replaced, quotes and escapes removed.

    What is unset is empty.  Forms that are not understood (``${X#pattern}``) stay as written.
    """
    return _expand(word, values, escape, 0)[:LONGEST]


def _expand(word: str, values: Mapping[str, str], escape: str, depth: int) -> str:
    if "$" not in word and escape not in word and '"' not in word and "'" not in word:
        return word
    out: list[str] = []
    size = 0
    quote = ""
    i, end = 0, len(word)
    while i < end and size < LONGEST:
        char = word[i]
        piece, step = char, 1
        if quote == "'":
            if char == "'":
                quote, piece = "", ""
        elif char == escape:
            piece, step = _escaped(word, i, inside=bool(quote)), 2
        elif char == '"' or (char == "'" and not quote):
            quote, piece = ("" if quote else char), ""
        elif char == "$":
            piece, step = _variable(word, i, values, escape, depth)
        out.append(piece)
        size += len(piece)
        i += step
    return "".join(out)


def _escaped(word: str, i: int, *, inside: bool) -> str:
    following = word[i + 1 : i + 2]
    if inside and following not in ('"', "$", word[i]):
        return word[i : i + 2]
    return following


def _variable(word: str, i: int, values: Mapping[str, str], escape: str, depth: int) -> tuple[str, int]:
    """What stands for the ``$`` at ``i``, and how many characters it takes."""
    if word[i + 1 : i + 2] != "{":
        name = _NAME.match(word, i + 1)
        return (values.get(name[0], ""), name.end() - i) if name else ("$", 1)
    close = _closing(word, i + 2)
    # what is not closed is taken whole: looking for the end once more at each "$" takes for ever
    raw = word[i : close + 1] if close >= 0 else word[i:]
    name = _NAME.match(word, i + 2)
    if close < 0 or name is None or depth > _DEEPEST:
        return raw, len(raw)
    rest = word[name.end() : close]
    value = values.get(name[0])
    if not rest:
        return value or "", len(raw)
    operator = _OPERATOR.match(rest)
    if operator is None:
        return raw, len(raw)
    there = value is not None and (value != "" or not operator[1].startswith(":"))
    kind = operator[1][-1]
    if kind == "+":
        return (_expand(operator[2], values, escape, depth + 1) if there else ""), len(raw)
    if kind == "-" and not there:
        return _expand(operator[2], values, escape, depth + 1), len(raw)
    return value or "", len(raw)


def _closing(word: str, i: int) -> int:
    depth = 1
    while i < len(word):
        if word[i] == "\\":
            i += 1
        elif word[i] == "{" and word[i - 1] == "$":
            depth += 1
        elif word[i] == "}":
            depth -= 1
            if not depth:
                return i
        i += 1
    return -1


def assignments(text: str, values: Mapping[str, str], escape: str = "\\") -> list[tuple[str, str]]:
    """The pairs of an ENV, in either of its forms, expanded with the values before it."""
    words = list(split_words(text, escape))
    if words and "=" not in words[0]:
        return [(words[0], expand(text.strip()[len(words[0]) :].strip(), values, escape))]
    pairs = (word.partition("=") for word in words if "=" in word)
    return [(expand(name, values, escape), expand(value, values, escape)) for name, _, value in pairs]
