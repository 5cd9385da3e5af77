"""What the recorder cannot see of a variable that was read: the default that stands behind ``or``, and
that the user calls it a secret."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ..quiet import quiet
from ..space.files import Files
from .facts import Read

#: Bytes of a source, and how many of them are read.
_LARGEST = 500_000
_MOST = 200
_PLAIN = (str, int, float)

#: a variable ("" where its name is computed), the lines of the call, and the text behind it
_Fallback = tuple[str, int, int, str]


def completed(reads: Iterable[Read], files: Files, secrets: Sequence[str]) -> tuple[Read, ...]:
    """The same reads.  One that had no default, or an empty one, has the literal behind its ``or``, as of
    ``os.environ.get("NAME") or "text"``; one that matches a glob of ``secrets`` is secret."""
    reads = tuple(replace(read, secret=read.secret or is_listed(read.name, secrets)) for read in reads)
    lacking = [read for read in reads if read.own and read.where and not read.default and not read.required]
    paths = list(dict.fromkeys(read.where.path for read in lacking if read.where))[:_MOST]
    known = {path: tuple(_fallbacks(files, path)) for path in paths}
    return tuple(_with(read, known) for read in reads)


def is_listed(name: str, globs: Sequence[str]) -> bool:
    """Is this the name of a variable that one of the globs means, in any case?"""
    return any(fnmatchcase(name.upper(), glob.upper()) for glob in globs)


def _with(read: Read, known: Mapping[str, tuple[_Fallback, ...]]) -> Read:
    if not read.own or read.where is None or read.default or read.required:
        return read
    line = read.where.line
    texts = {
        text
        for name, first, last, text in known.get(read.where.path, ())
        if first <= line <= last and name in ("", read.name)
    }
    return replace(read, default=texts.pop()) if len(texts) == 1 else read


def _fallbacks(files: Files, path: str) -> Iterator[_Fallback]:
    try:
        text = files.text(path, _LARGEST + 1)
    except OSError:
        return
    if len(text) > _LARGEST or " or " not in text:
        return
    try:
        with quiet():
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            yield from _of_choice(node)


def _of_choice(node: ast.BoolOp) -> Iterator[_Fallback]:
    last = node.values[-1]
    if not isinstance(last, ast.Constant) or not isinstance(last.value, _PLAIN):
        return
    for value in node.values[:-1]:
        if isinstance(value, ast.Call) and value.args:
            first = value.args[0]
            is_name = isinstance(first, ast.Constant) and isinstance(first.value, str)
            name = first.value if is_name else ""  # type: ignore[attr-defined] # is_name says what it is
            yield str(name), value.lineno, value.end_lineno or value.lineno, str(last.value)[:500]
