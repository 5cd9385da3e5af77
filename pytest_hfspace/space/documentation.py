"""Environment variables that a Markdown page names: in tables, lists, sentences and code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Without an underscore a word in capitals is mostly an abbreviation; these are variables.
_KNOWN: Final = (
    "APIKEY|DEBUG|DOMAIN|ENV|ENVIRONMENT|HOST|HOSTNAME|LOGLEVEL|PASSWORD|PORT|REGION|SECRET|TOKEN|TZ|WORKERS"
)

#: An environment variable as documentation writes it.
NAME: Final = rf"(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|{_KNOWN})(?![A-Za-z0-9_])"

_FENCE: Final = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?(`{3,}|~{3,})[ \t]*\{?\.?([A-Za-z0-9_+-]*)")
_QUOTED: Final = re.compile(rf"`(?:export |-e |\$)?\{{?({NAME})\}}?(?:=([^`]*))?`")
_ITEM: Final = re.compile(r"[ \t>]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?[*_]*")
_BARE_CELL: Final = re.compile(rf"[*_]*({NAME})[*_]*\s*\*?\Z")
_DELIMITER: Final = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*\Z")

#: Said where variables are explained, not where error codes or constants are.
_HINT: Final = re.compile(
    r"\b(?:env(?:ironment)?s?|variables?|vars?|secrets?|settings?|configur\w*|configs?|export|dotenv)\b|\.env\b",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"\b(?:env\w*|variables?|vars?|secrets?|settings?|config\w*|names?|keys?|options?|parameters?|required)\b",
    re.IGNORECASE,
)
_CODES: Final = re.compile(r"\b(?:codes?|errors?|status|stages?|constants?|events?|enum)\b", re.IGNORECASE)

#: NAME=value in a file of settings or a shell, after what sets it.
_ASSIGNED: Final = re.compile(
    rf"(?:^|(?<=[\s\"']))({NAME})=(\"[^\"\n]{{0,500}}\"|'[^'\n]{{0,500}}'|[^\s\"'\\#]{{0,500}})"
)
_PASSED: Final = re.compile(rf"(?:^|\s)(?:-e|--env)[ =]({NAME})(?!=)")
_READ: Final = re.compile(rf"(?:environ(?:\.get)?|getenv|process\.env)[.(\[ ]*[\"']?({NAME})")
_CODE_LANGUAGES: Final = frozenset(
    {"c", "cpp", "css", "go", "html", "http", "java", "javascript", "js", "json", "jsx", "py", "pycon",
     "python", "python3", "rs", "rust", "sql", "toml", "ts", "tsx", "typescript", "xml"}
)  # fmt: skip

_LONGEST_LINE: Final = 2_000


def read_markdown(text: str, start: int = 1) -> Iterator[tuple[str, str, int]]:
    """Name, example value ("" without one) and line of each mention, from line ``start`` on."""
    fence, language = "", ""
    before, header, hinted = "", "", False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if number < start or len(line) > _LONGEST_LINE:
            continue
        match = _FENCE.match(line)
        if match and (not fence or (match[1].startswith(fence) and not match[2])):
            fence, language = ("", "") if fence else (match[1], match[2].lower())
            continue
        if fence:
            found = _in_code(line, language)
        elif line.lstrip(" \t>").startswith("#"):
            hinted = _HINT.search(line) is not None
            found = []
        elif "|" in line and _DELIMITER.match(line):
            header = before
            found = []
        elif header and "|" in line:
            found = _in_cell(line, header, hinted=hinted)
        else:
            header = ""
            found = _in_sentence(line, hinted=hinted)
        before = line
        for name, value in found:
            yield name, value, number


def _in_code(line: str, language: str) -> list[tuple[str, str]]:
    found = [(name, "") for name in _READ.findall(line)]
    if language not in _CODE_LANGUAGES:
        found += [(name, _plain(value)) for name, value in _ASSIGNED.findall(line)]
        found += [(name, "") for name in _PASSED.findall(line)]
    return found


def _in_cell(line: str, header: str, *, hinted: bool) -> list[tuple[str, str]]:
    """The names in the first cell of a table's row."""
    cells = [cell.strip() for cell in line.strip(" \t>").strip("|").split("|")]
    if not hinted and (_HEADER.search(header) is None or _CODES.search(header.strip("| ").split("|")[0])):
        return []
    bare = _BARE_CELL.match(cells[0])
    return [(bare[1], "")] if bare else _quoted(cells[0])


def _in_sentence(line: str, *, hinted: bool) -> list[tuple[str, str]]:
    """The names that a line quotes, if it says that they are variables or starts with one."""
    if "`" not in line:
        return []
    if _HINT.search(line):
        return _quoted(line)
    item = _ITEM.match(line)
    if item is None or not hinted:
        return []
    first = _QUOTED.match(line, item.end())
    return [(first[1], _plain(first[2] or ""))] if first else []


def _quoted(text: str) -> list[tuple[str, str]]:
    return [(name, _plain(value)) for name, value in _QUOTED.findall(text)]


def _plain(value: str) -> str:
    """A value without its quotes; "" for one that a shell would make first."""
    value = value.strip().strip("\"'")
    return "" if "$" in value or "`" in value else value
