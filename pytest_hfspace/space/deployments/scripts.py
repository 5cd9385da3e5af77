"""Scripts that a developer or a workflow runs: shell, Python, Makefile and justfile recipes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..files import Files
from .commands import Place, python_uploads, read_commands
from .deployment import Deployment

_LARGEST: Final = 128 * 1024

_ASSIGNMENT: Final = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*[:?]{0,2}=\s*(.*)")
_REFERENCE: Final = re.compile(r"\$\(([A-Za-z_]\w*)\)|\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def read_script(files: Files, path: str) -> list[Deployment]:
    """What a script sends, by its kind of text."""
    try:
        text = files.text(path, _LARGEST + 1)
    except FileNotFoundError:
        return []
    if len(text) > _LARGEST or not says_hub(text):
        return []
    if path.endswith(".py"):
        return [Deployment("upload", path, line) for line in python_uploads(text)]
    if path.endswith((".sh", ".bash")):
        return list(_sends(text, 1, path, Place()))
    return list(_recipes(text, path))


def says_hub(text: str) -> bool:
    """Could anything in the text concern the Hub?"""
    return re.search(r"hugging_?face|hf\.co|\bhf\s+upload|upload_(?:large_)?folder", text) is not None


def _recipes(text: str, path: str) -> Iterator[Deployment]:
    """The indented lines of a Makefile or justfile, with the variables that it sets."""
    variables: dict[str, str] = {}
    place = Place(variables)
    rows = text.split("\n")
    for number, row in enumerate(rows, 1):
        assigned = _ASSIGNMENT.fullmatch(row.rstrip())
        if assigned and not row[:1].isspace():
            variables[assigned[1]] = _expanded(assigned[2].strip("\"' "), variables)
        elif row[:1].isspace() and row.strip():
            yield from _sends(_expanded(row.strip().lstrip("@-"), variables), number, path, place)


def _expanded(text: str, variables: dict[str, str]) -> str:
    text = _REFERENCE.sub(lambda match: variables.get(match[1] or match[2], ""), text[:2000])
    return text.replace("$$", "$")


def _sends(text: str, line: int, path: str, place: Place) -> Iterator[Deployment]:
    for send in read_commands(text, line, place):
        if send.kind != "script":
            yield Deployment(send.kind, path, send.line, space=send.space, complete=place.complete)
