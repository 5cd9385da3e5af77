"""The files in which somebody has written a word to this tool: most Spaces have none."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from .content import is_binary
from .files import EXECUTABLE, REGULAR, Files
from .secrets.places import is_read

#: Bytes: larger files are not written by hand.
_LARGEST: Final = 1 << 20

_MARK: Final = b"hfspace:"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def marked(files: Files) -> Iterator[tuple[str, str]]:
    """Their paths and texts.  A link shows what stands in another file."""
    for path, entry in files.tracked.items():
        if entry.mode not in (REGULAR, EXECUTABLE) or not is_read(path):
            continue
        try:
            content = files.read(path, _LARGEST + 1)
            if len(content) > _LARGEST or is_binary(content):
                continue
            if _MARK in content or content.startswith(_UTF16):
                yield path, files.text(path, _LARGEST + 1)
        except FileNotFoundError:
            continue
