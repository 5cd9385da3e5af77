"""Takes the paths of this machine out of what leaves it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

__all__ = ["shortened", "shortener"]


def shortener(roots: Iterable[str]) -> Callable[[str], str]:
    """What replaces, in a text, the folders of Spaces by their names and the folders above by "…"."""
    folders = [PurePath(root) for root in roots]
    short = {parent: "…" for folder in folders for parent in folder.parents}
    with contextlib.suppress(RuntimeError):
        short[PurePath(Path.home())] = "~"
    short |= {folder: folder.name for folder in folders}
    spelled = {
        spelling: name
        for path, name in short.items()
        # "/app" says nothing of a user, and stands in many images
        if path.is_absolute() and len(path.parts) > 2
        for spelling in _spellings(str(path))
    }
    names = {str(folder): folder.name for folder in folders if folder.name}
    if not spelled:
        return lambda text: names.get(text, text)
    found = "|".join(re.escape(spelling) for spelling in sorted(spelled, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w.-])(?:{found})(?![\w-]|\.\w)")
    return lambda text: names.get(text) or pattern.sub(lambda match: spelled[match[0]], text)


def _spellings(path: str) -> set[str]:
    """A path as messages may have it: on one line, escaped, in a URL."""
    return {path, " ".join(path.split()), ascii(path)[1:-1], quote(path)}


def shortened(value: Any, shorten: Callable[[str], str]) -> Any:
    """The same for all text inside mappings and lists."""
    if isinstance(value, str):
        return shorten(value)
    if isinstance(value, Mapping):
        return {shorten(str(key)): shortened(member, shorten) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [shortened(member, shorten) for member in value]
    return value
