"""Who may write where, as far as a Dockerfile says so for certain, and a layout that is like that."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path

from ..space.image import Image
from ..space.image.permissions import HUB_UID

_WRITE_BITS = 0o222


def is_certain(image: Image | None) -> bool:
    """Does the image itself start the app as the user that the Hub takes?

    Without such a USER the Hub's documentation says that it is this user all the same, and
    healthy Spaces that write beside their code say otherwise.
    """
    return image is not None and image.permissions.accounts.uid(image.user) == HUB_UID


def home_of(image: Image) -> str | None:
    """What ``~`` is on the Space; None where nobody can tell."""
    variable = image.env.get("HOME")
    return image.permissions.home(variable.value if variable else None)


def in_image(image: Image, path: str) -> str:
    """The absolute path in the image of one that may begin with ``~``; "" where nobody can tell."""
    if path != "~" and not path.startswith("~/"):
        return path
    home = home_of(image)
    return posixpath.join(home, path[2:]) if home else ""


def is_refused(image: Image | None, path: str) -> bool:
    """Would the app be refused, for certain, to write this path or to make it?

    ``path``: as :class:`~.facts.FileUse` has it.
    """
    if image is None or not is_certain(image):
        return False
    full = in_image(image, path)
    if path.startswith("~") and home_of(image) == "/":
        full = "/"  # of what is not there below it, a volume could be mounted
    return bool(full) and image.writable(full) is False


def protect(image: Image | None, root: Path, home: Path) -> None:
    """Take the right to write from what the image's user may not write.

    ``root`` stands for the image's "/", ``home`` for its user's home.  OSError if that fails.
    """
    if image is None or not is_certain(image):
        return
    if is_refused(image, "~"):
        _lock(home)
    writable = _cached(image)
    for folder, _folders, names in os.walk(root):
        place = folder[len(str(root)) :] or "/"
        if writable(place) is False:
            _lock(Path(folder))
        for name in names:
            file = Path(folder, name)
            if writable(posixpath.join(place, name)) is False and not file.is_symlink():
                _lock(file)


def _lock(path: Path) -> None:
    path.chmod(path.stat().st_mode & 0o7777 & ~_WRITE_BITS)


def _cached(image: Image) -> Callable[[str], bool | None]:
    """``image.writable``, for thousands of files that differ in few ways."""
    known: dict[tuple[str, object], bool | None] = {}

    def writable(path: str) -> bool | None:
        key = (posixpath.dirname(path), image.permissions.entries.get(path, path))
        if key not in known:
            known[key] = image.writable(path)
        return known[key]

    return writable
