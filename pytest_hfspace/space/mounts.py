"""The place where volumes are usually mounted: does the image bring it, does the repository speak of it?"""

from __future__ import annotations

import re
from typing import Final

from . import Space
from .files import Files
from .image.permissions import MOUNT

_LARGEST: Final = 256 * 1024
_MOST: Final = 40
#: A sentence or a table's row that names the mount and what is mounted.
_VOLUME: Final = re.compile(r"bucket|volume|mount|persist|storage", re.IGNORECASE)
_NAMED: Final = re.compile(rf"(?<![\w./~-]){MOUNT}(?![\w-])")
_DOCUMENTS: Final = (".md", ".rst", ".txt", ".example")


def is_mounted(path: str) -> bool:
    """Does this image path lie where a volume would be?"""
    return path == MOUNT or path.startswith(f"{MOUNT}/")


def makes_mount(space: Space) -> bool | None:
    """Is the directory there without a volume?  None where nobody can tell."""
    image = space.image
    if image is None:
        return None
    made = (*image.permissions.entries, *image.directories, *image.layout)
    if any(map(is_mounted, made)):
        return True
    return False if image.permissions.rooted or space.sdk == "gradio" else None


def mount_documented(files: Files) -> str:
    """The file that tells an owner to attach a volume there, or ""."""
    for path in [path for path in files.tracked if path.lower().endswith(_DOCUMENTS)][:_MOST]:
        try:
            text = files.text(path, _LARGEST)
        except OSError:
            continue
        if any(_NAMED.search(line) and _VOLUME.search(line) for line in text.splitlines()):
            return path
    return ""
