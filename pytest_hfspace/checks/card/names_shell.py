"""Reads from shell scripts and workflows which variables and secrets they set on a Space."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from .names import DELETING, MOST_SETTINGS, Kind, Script, Setting

_COMMAND: Final = re.compile(
    r"\b(?:hf|huggingface-cli)\s+(?:spaces\s+(variables|secrets)\s+(add|delete)|repos?\s+(?:create|duplicate))\s+(.+)"
)
_SEPARATORS: Final = re.compile(r"&&|\|\||[;|]")
_API: Final = re.compile(r"/api/spaces/([^/\s\"']+/[^/\s\"']+)/(variables|secrets)\b")
_KEY: Final = re.compile(r"\\?\"key\\?\"\s*:\s*\\?\"(\w{1,200})\\?\"")
_METHOD: Final = re.compile(r"(?:-X|--request)[ =]?DELETE\b")
_INLINE: Final = re.compile(
    r"add_space_(variable|secret)\(([^,()]{1,200}),\s{0,200}(?:key\s{0,9}=\s{0,9})?[\"'](\w{1,200})[\"']"
)
_EXPRESSION: Final = re.compile(r"\$\{\{([^{}]{0,200})\}\}")
_SPACE: Final = re.compile(r"[\w.-]+/[\w.-]+")
_OPTIONS: Final[Mapping[str, Kind]] = {
    "-e": "variable",
    "--env": "variable",
    "-s": "secret",
    "--secrets": "secret",
}


def read_commands(path: str, text: str) -> Script:
    """Commands of the Hub's client, requests to its API, and calls in a program within the script."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text.splitlines()]
    plain = "\n".join(lines)
    settings = [_inline(match, plain, path) for match in _INLINE.finditer(plain)]
    deleted: set[str] = set()
    for number, command in _commands(lines):
        plain_command = _EXPRESSION.sub(_without_blanks, command)
        for setting, is_deleted in _of_command(plain_command, path, number):
            if is_deleted:
                deleted.add(setting.name)
            else:
                settings.append(setting)
    clears = any(name in plain for name in DELETING)
    return Script(path, tuple(settings[:MOST_SETTINGS]), frozenset(deleted), clears, tuple(lines))


def _without_blanks(expression: re.Match[str]) -> str:
    return "${{" + "".join(expression[1].split()) + "}}"


def _of_command(command: str, path: str, line: int) -> Iterator[tuple[Setting, bool]]:
    for part in _SEPARATORS.split(command):
        yield from _of_client(part, path, line)
    yield from _of_api(command, path, line)


def _commands(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines with those that continue them, and their numbers."""
    start, parts = 0, list[str]()
    for number, line in enumerate(lines, 1):
        start = start if parts else number
        parts.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\") or len(parts) > MOST_SETTINGS:
            yield start, " ".join(parts)
            parts = []


def _inline(match: re.Match[str], text: str, path: str) -> Setting:
    kind: Kind = "variable" if match[1] == "variable" else "secret"
    target = re.sub(r"\Arepo_id\s*=\s*", "", match[2].strip())
    line = text.count("\n", 0, match.start()) + 1
    is_literal = target[:1] in "\"'"
    return Setting(match[3], kind, path, line, target.strip("\"'"), is_literal)


def _of_client(command: str, path: str, line: int) -> Iterator[tuple[Setting, bool]]:
    """``hf spaces secrets add owner/name -s NAME``, ``hf repos create … -e NAME=value``."""
    found = _COMMAND.search(command)
    if found is None:
        return
    names, plain = _options(_words(found[3]))
    target = plain[0] if plain else ""
    is_literal = _SPACE.fullmatch(target) is not None
    is_deleted = found[2] == "delete"
    if is_deleted:
        kind: Kind = "variable" if found[1] == "variables" else "secret"
        names = [(kind, name) for name in plain[1:]]
    for kind, text in names:
        name, equals, value = text.partition("=")
        known = value if equals and "$" not in value else None
        if re.fullmatch(r"\w{1,200}", name):
            yield Setting(name, kind, path, line, target, is_literal, known), is_deleted


def _options(words: list[str]) -> tuple[list[tuple[Kind, str]], list[str]]:
    """The values of the options that name settings, and the words before any option."""
    names: list[tuple[Kind, str]] = []
    plain: list[str] = []
    waiting = iter(words)
    for word in waiting:
        option, _, joined = word.partition("=")
        if option in _OPTIONS:
            names.append((_OPTIONS[option], joined or next(waiting, "")))
        elif not word.startswith("-") and not names:
            plain.append(word)
    return names, plain


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _of_api(command: str, path: str, line: int) -> Iterator[tuple[Setting, bool]]:
    """``curl https://huggingface.co/api/spaces/owner/name/secrets -d '{"key": "NAME"}'``"""
    found = _API.search(command)
    if found is None:
        return
    kind: Kind = "variable" if found[2] == "variables" else "secret"
    is_literal = _SPACE.fullmatch(found[1]) is not None
    for key in _KEY.finditer(command):
        setting = Setting(key[1], kind, path, line, found[1], is_literal)
        yield setting, _METHOD.search(command) is not None
