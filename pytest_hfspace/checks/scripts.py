"""Which addresses do scripts call?  Read from their text, where the call itself can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: What is looked at before an address, and behind it.
_BEFORE, _AFTER = 240, 60
#: So many addresses of one script are looked at.
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
_NAMED = re.compile(r"(?:\b(?:const|let|var)\s+|[,{;\s])(?P<name>[A-Za-z_$][\w$]{0,60})\s*(?::\s*\w+\s*)?=\s*$")
_SINKS = (
    r"(?:\bfetch|\baxios(?:\.\w+)?|new\s+(?:WebSocket|EventSource)|\.open|\bsendBeacon|\bio|\$\.\w+)"
    r"\s*\([^()]{0,40}?"
)
#: Where a condition decides, nobody knows whether the address is ever called.
_CONDITION = re.compile(r"\?[^?:;{}]{0,200}$|:\s*$|\|\|\s*$|\?\?\s*$|&&\s*$|\bcase\b[^;]{0,80}$|\breturn\s*$")
_DECIDES = re.compile(r"location|hostname|protocol|NODE_ENV|\bDEV\b|\bdev\b|isLocal|wss", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*\*|(?<![:\"'`\w])//")


@dataclass(frozen=True)
class Called:
    """An address that a script calls.  ``at``: where in its text."""

    url: str
    at: int


def called(text: str) -> Iterator[Called]:
    """The addresses with a scheme that a script certainly calls: in the call, or by a name that is
    given them once and without a condition."""
    for number, found in enumerate(_ADDRESS.finditer(text)):
        if number >= _MOST:
            return
        before = text[max(0, found.start() - _BEFORE) : found.start()]
        if _is_comment(text, found.start()) or _is_chosen(before):
            continue
        if _CALL.search(before) or _is_used(text, before, found):
            yield Called(found["url"], found.start())


def page_sockets(text: str) -> Iterator[Called]:
    """``ws://`` before the page's own host, whatever the page's scheme."""
    for found in _WS_OF_PAGE.finditer(text):
        before = text[max(0, found.start() - _BEFORE) : found.start()]
        if not _is_comment(text, found.start()) and not _is_chosen(before):
            yield Called(found[0], found.start())


def _is_chosen(before: str) -> bool:
    """Does a condition stand before it in the same statement, or a test of where the page is?"""
    statement = re.split(r";|\n\s*\n", before)[-1]
    return _CONDITION.search(statement) is not None and not _CALL.search(before) or bool(
        re.search(r"\b(?:if|else)\b", before) and _DECIDES.search(before)
    )


def _is_used(text: str, before: str, found: re.Match[str]) -> bool:
    """Is it given to a name that a call then uses?"""
    named = _NAMED.search(before)
    behind = text[found.end() : found.end() + 2]
    if not named or not found["end"] or behind.lstrip()[:1] in ("+", ".", "?", "="):
        return False
    name = re.escape(named["name"])
    given_again = re.search(rf"(?<![\w$.]){name}\s*=(?!=)", text[found.end() :])
    use = re.search(rf"{_SINKS}(?<![\w$.]){name}(?![\w$])", text[found.end() :])
    return use is not None and not given_again


def _is_comment(text: str, at: int) -> bool:
    begin = text.rfind("\n", 0, at) + 1
    line = text[max(begin, at - 2000) : at]
    if _COMMENT.search(line):
        return True
    return text.rfind("/*", 0, at) > text.rfind("*/", 0, at)
