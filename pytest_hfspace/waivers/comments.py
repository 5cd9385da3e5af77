"""The comments of a file, by its name.  What only looks like one, in a string or in prose, is none."""

from __future__ import annotations

import re
import tokenize
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final


@dataclass(frozen=True)
class Comment:
    """``start`` and ``end``: its first and last line, from 1.  ``alone``: nothing else stands there."""

    start: int
    end: int
    text: str
    alone: bool


Reader = Callable[[str], list[Comment]]

#: A quote inside a word is an apostrophe, one behind a backslash is none; one that is not closed
#: opens nothing, which also keeps the search linear.
_TRIPLE: Final = r'(?<![\w\\])(?P<q>"""|\'\'\')[\s\S]*?(?P=q)'
_DOUBLE: Final = r'(?<![\w\\])"(?:\\.|[^"\\\n])*"'
_SINGLE: Final = r"(?<![\w\\])'[^'\n]*'"
_ESCAPED: Final = r"(?<![\w\\])'(?:\\.|[^'\\\n])*'"
_TEMPLATE: Final = r"(?<!\\)`(?:\\[\s\S]|[^`\\])*`"

#: Behind code that has ended, so that "https://" and "image/*" begin none.
_AFTER: Final = r"(?<![^\s{}();,>])"
_SLASHES: Final = rf"{_AFTER}//(?P<line>[^\n]*)"
_BLOCK: Final = rf"{_AFTER}/\*(?P<block>[\s\S]*?)(?:\*/|\Z)"

_HASHES: Final = re.compile(rf"{_TRIPLE}|{_DOUBLE}|{_SINGLE}|(?<!\S)#(?P<line>[^\n]*)")
_FIRST: Final = re.compile(r"^#(?P<line>[^\n]*)", re.MULTILINE)
_SCRIPT: Final = re.compile(rf"{_DOUBLE}|{_ESCAPED}|{_TEMPLATE}|{_SLASHES}|{_BLOCK}")
#: Pages have scripts and styles inside, but quotes mean nothing in their text.
_PAGE: Final = re.compile(
    r"<!--(?P<markup>[\s\S]*?)(?:-->|\Z)"
    r"|\{#-?(?=\s)(?P<jinja>[\s\S]*?)(?:-?#\}|\Z)"
    rf"|{_SLASHES}|{_AFTER}/\*(?P<block>[^\n*]{{0,300}})\*/"
)

_BODIES: Final = ("line", "block", "markup", "jinja")
_NOTHING: Final = re.compile(r"[\s{}]*")


def comments(path: str, text: str) -> list[Comment]:
    """Those of a file with this path and text, from top to bottom; none of a format without."""
    reader = _reader(path, text)
    return reader(text.replace("\r\n", "\n").replace("\r", "\n")) if reader else []


def may_have_comments(path: str) -> bool:
    """Is it worth reading?  What has no suffix may be a script."""
    return "." not in path.rpartition("/")[2].lstrip(".") or _reader(path, "") is not None


def _scanned(pattern: re.Pattern[str]) -> Reader:
    def read(text: str) -> list[Comment]:
        return list(_scan(pattern, text))

    return read


def _scan(pattern: re.Pattern[str], text: str) -> Iterator[Comment]:
    starts = [0, *(newline.end() for newline in re.finditer("\n", text)), len(text) + 1]
    for match in pattern.finditer(text):
        body = next((match[name] for name in _BODIES if match.groupdict().get(name) is not None), None)
        if body is None:
            continue
        first, last = bisect(starts, match.start()), bisect(starts, match.end() - 1)
        alone = _NOTHING.fullmatch(text, starts[first - 1], match.start()) and _NOTHING.fullmatch(
            text, match.end(), starts[last] - 1
        )
        yield Comment(first, last, body, bool(alone))


def _python(text: str) -> list[Comment]:
    lines = text.split("\n")
    try:
        return [
            Comment(row, row, token.string[1:], not lines[row - 1][:column].strip())
            for token in tokenize.generate_tokens(StringIO(text).readline)
            for row, column in (token.start,)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return _hashes(text)


def _front_matter(text: str) -> list[Comment]:
    """Of Markdown the YAML block at the top; documentation shows the syntax of comments."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return []
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    return _hashes("\n".join(lines[:end]))


_hashes: Final = _scanned(_HASHES)
_script: Final = _scanned(_SCRIPT)
_page: Final = _scanned(_PAGE)
_first: Final = _scanned(_FIRST)

_BY_SUFFIX: Final[dict[str, Reader]] = {
    **dict.fromkeys(("py", "pyi", "pyw"), _python),
    **dict.fromkeys(("md", "markdown"), _front_matter),
    **dict.fromkeys(("bash", "ksh", "mk", "sh", "zsh", "dockerfile", "env"), _hashes),
    **dict.fromkeys(("cfg", "conf", "in", "ini", "toml", "yaml", "yml"), _hashes),
    **dict.fromkeys(("cjs", "cts", "js", "jsx", "mjs", "mts", "ts", "tsx"), _script),
    **dict.fromkeys(("css", "less", "scss"), _script),
    **dict.fromkeys(("htm", "html", "svelte", "svg", "vue", "xhtml", "xml"), _page),
    **dict.fromkeys(("j2", "jinja", "jinja2"), _page),
}
_BY_NAME: Final = (
    (re.compile(r"(?:docker|container)file\b.*|(?:make|proc)file|\.env\b.*"), _hashes),
    (re.compile(r".*(?:requirements|constraints).*\.txt"), _hashes),
    (re.compile(r"\.(?:docker|git)(?:ignore|attributes)"), _first),
)
_SHEBANG: Final = re.compile(r"#!.*?\b(?:(?P<python>python)|(?:ba|da|k|z)?sh)[\d.]*\b")


def _reader(path: str, text: str) -> Reader | None:
    name = path.rpartition("/")[2].lower()
    found = next((reader for pattern, reader in _BY_NAME if pattern.fullmatch(name)), None)
    stem, dot, suffix = name.rpartition(".")
    if found is None and stem and dot:
        found = _BY_SUFFIX.get(suffix)
    shebang = _SHEBANG.match(text[:200]) if found is None and not (stem and dot) else None
    if shebang:
        found = _python if shebang["python"] else _hashes
    return found
