"""Which addresses do scripts call?  Read from their text, where the call itself can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: So much text before an address is looked at.
_BEFORE = 240
#: So many addresses of one script are.
_MOST = 200

_ADDRESS = re.compile(r"(?P<quote>[\"'`])(?P<url>(?:https?|wss?)://[^\"'`\s\\]{0,200})(?P<end>[\"'`])?", re.I)
_WS_OF_PAGE = re.compile(
    r"[\"']ws://[\"']\s*\+\s*(?:window\.|document\.|self\.)?location\.host(?:name)?\b"
    r"|`ws://\$\{\s*(?:window\.|document\.|self\.)?location\.host(?:name)?\b"
)

#: What stands before an address that is called at once.
_CALL = re.compile(
    r"(?:\bfetch|\baxios|\bnew\s+(?:WebSocket|EventSource|Worker|SharedWorker)|\bsendBeacon"
    r"|\baxios\.(?:get|post|put|patch|delete|head|request)|\$\.(?:get|post|getJSON)|\bimportScripts"
    r"|\bio(?:\.connect)?|\bimport)\s*\(\s*$"
    r"|\.open\(\s*[\"'`][A-Z]+[\"'`]\s*,\s*$"
    r"|\b(?:baseURL|baseUrl)\s*[:=]\s*$"
    r"|\$\.ajax\(\s*\{[^{}]{0,80}\burl\s*:\s*$"
    r"|\.(?:src|action)\s*=\s*$|\blocation(?:\.href)?\s*=\s*$"
)
#: A name that gets the address.
_NAMED = re.compile(
    r"(?:\b(?:const|let|var)\s+|[,{;\s])(?P<name>[A-Za-z_$][\w$]{0,60})\s*(?::\s*\w+\s*)?=\s*$"
)
_SINKS = (
    r"(?:\bfetch|\baxios(?:\.\w+)?|new\s+(?:WebSocket|EventSource)|\.open|\bsendBeacon|\bio|\$\.\w+)"
    r"\s*\([^()]{0,40}?"
)
#: Where a condition decides, nobody knows whether the address is ever called.
_CONDITION = re.compile(r"\?[^?:;{}]{0,200}$|:\s*$|\|\|\s*$|\?\?\s*$|&&\s*$|\bcase\b[^;]{0,80}$|\breturn\s*$")
_DECIDES = re.compile(r"location|hostname|protocol|NODE_ENV|\bDEV\b|\bdev\b|isLocal|wss", re.IGNORECASE)
#: A build has put nothing in place of a variable, or a default that is empty stands first.
_NOTHING = re.compile(r"(?:void 0|undefined|null|\"\"|'')\s*(?:\|\||\?\?)\s*$")
_LINE_COMMENT = re.compile(r"^\s*\*|(?<![:\"'`\w])//")
_BLOCK_COMMENT = re.compile(r"(?<![*\w\"'])/\*.*?(?:\*/|\Z)", re.DOTALL)


class Called(NamedTuple):
    """An address that a script calls.  ``at``: where in its text."""

    url: str
    at: int


def called(text: str) -> Iterator[Called]:
    """The addresses with a scheme that a script certainly calls: in the call, or by a name that is
    given them once and without a condition."""
    for found, text_before in _outside_comments(_ADDRESS, text):
        before = _NOTHING.sub("", text_before)
        if not _is_chosen(before) and (_CALL.search(before) or _is_used(text, before, found)):
            yield Called(found["url"], found.start())


def page_sockets(text: str) -> Iterator[Called]:
    """``ws://`` before the page's own host, whatever the page's scheme."""
    for found, before in _outside_comments(_WS_OF_PAGE, text):
        if not _is_chosen(before):
            yield Called(found[0], found.start())


def _outside_comments(pattern: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """What matches, with the text before it."""
    comments: list[tuple[int, int]] | None = None
    for number, found in enumerate(pattern.finditer(text)):
        if number >= _MOST:
            return
        if comments is None:
            comments = [comment.span() for comment in _BLOCK_COMMENT.finditer(text)]
        at = found.start()
        line = text[max(text.rfind("\n", 0, at) + 1, at - 2000) : at]
        if not _LINE_COMMENT.search(line) and not any(begin < at < end for begin, end in comments):
            yield found, text[max(0, at - _BEFORE) : at]


def _is_chosen(before: str) -> bool:
    """Does a condition stand before it in the same statement, or a test of where the page is?"""
    statement = re.split(r";|\n\s*\n", before)[-1]
    if _CONDITION.search(statement) and not _CALL.search(statement):
        return True
    return re.search(r"\b(?:if|else)\b", before) is not None and _DECIDES.search(before) is not None


def _is_used(text: str, before: str, found: re.Match[str]) -> bool:
    """Is it given to a name that a call then uses?"""
    named = _NAMED.search(before)
    behind = text[found.end() : found.end() + 2].lstrip()
    if not named or not found["end"] or behind[:1] in ("+", ".", "?", "="):
        return False
    name, rest = re.escape(named["name"]), text[found.end() :]
    if re.search(rf"(?<![\w$.]){name}\s*=(?!=)", rest):
        return False
    return re.search(rf"{_SINKS}(?<![\w$.]){name}(?![\w$])", rest) is not None
