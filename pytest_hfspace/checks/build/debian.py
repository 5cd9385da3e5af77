"""The Debian that an image is built on: what is installed there, and what it no longer has.

Compared with the package lists of Debian 12 and 13 in 2026-08.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..run_commands import Ran

#: Names of Debian 12 that Debian 13 has not, and what stands for each ("" for nothing).
GONE_FROM_13: Final = {
    "libappindicator1": "libayatana-appindicator3-1",
    "libavcodec59": "libavcodec61",
    "libegl1-mesa": "libegl1",
    "libgconf-2-4": "",
    "libgdk-pixbuf2.0-0": "libgdk-pixbuf-2.0-0",
    "libgl1-mesa-glx": "libgl1",
    "libgles2-mesa": "libgles2",
    "libicu72": "libicu76",
    "libncurses5": "libncurses6",
    "neofetch": "",
    "python3-distutils": "python3-setuptools",
    "software-properties-common": "",
    "wkhtmltopdf": "",
}

#: Names that neither has.
GONE_FROM_12: Final = {
    "libffi7": "libffi8",
    "libssl1.1": "libssl3",
    "libtiff5": "libtiff6",
    "libwebp6": "libwebp7",
    "netcat": "netcat-openbsd",
    "python": "python3",
    "python-dev": "python3-dev",
    "python-pip": "python3-pip",
    "qt5-default": "qtbase5-dev",
    "ttf-freefont": "fonts-freefont-ttf",
}

#: What apt says of them: of most that it knows no such name, of these that it knows the name alone.
NO_CANDIDATE: Final = frozenset(
    {
        "libavcodec59", "libgdk-pixbuf2.0-0", "libgl1-mesa-glx", "netcat", "python", "python-dev",
        "python-pip", "python3-distutils", "qt5-default", "ttf-freefont", "wkhtmltopdf",
    }
)  # fmt: skip

_RELEASES: Final = {"trixie": 13, "bookworm": 12}
_OFFICIAL: Final = re.compile(
    r"(?:(?:docker\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/)?(?:library/)?(python|debian)(?::([^@]*))?\Z"
)

#: Tags of the official Python image that are built anew, on Debian 13 since 2025-08; a tag with a
#: patch version may be older.
_FLOATING: Final = re.compile(r"(?:latest|slim|3|3-slim|3\.1[0-4](?:-slim)?)?\Z")

_INSTALLERS: Final = frozenset({"apt-get", "apt", "aptitude"})
_WITH_VALUE: Final = frozenset({"-t", "--target-release", "-o", "-c", "-a", "--default-release"})


def release_of(image: str) -> int | None:
    """The Debian release of an image reference; None where the reference does not tell."""
    official = _OFFICIAL.fullmatch(image)
    if official is None:
        return None
    name, tag = official[1], official[2] or ""
    for word, release in _RELEASES.items():
        if word in tag:
            return release
    if name == "debian":
        known = re.fullmatch(r"(1[23])(?:\.\d+)?(?:-slim)?", tag)
        return int(known[1]) if known else 13 if tag in ("", "latest", "stable", "stable-slim") else None
    return 13 if _FLOATING.fullmatch(tag) else None


def gone_from(release: int) -> dict[str, str]:
    """The names that a release has no more, and what stands for each."""
    return {**GONE_FROM_12, **(GONE_FROM_13 if release >= 13 else {})}


def installed(ran: Ran) -> Iterator[str]:
    """The names that ``apt-get install`` is given."""
    if ran.program not in _INSTALLERS or "install" not in ran.words:
        return
    words = iter(ran.words[ran.words.index("install") + 1 :])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            yield re.split(r"[=:/]", word)[0]
