"""3xx: the packages of Debian that the build installs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.sources import Sources
from ..adding import git_add
from ..causes import without_image
from ..run_commands import Ran, build_commands
from ..serving import listing, one_line
from .debian import NO_CANDIDATE, gone_from, installed, release_of
from .shared_libraries import opencv_without_gl

_FILE: Final = "packages.txt"
_MISNAMED: Final = (
    "package.txt", "packages.text", "package.text", "apt.txt", "apt-packages.txt", "apt_packages.txt",
    "system-packages.txt", "system_packages.txt", "Aptfile",
)  # fmt: skip

#: What programs and modules of other names need a package.
_USED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ffmpeg": ("ffprobe",),
    "libgl1": ("cv2",),
    "libgl1-mesa-glx": ("cv2",),
    "libglib2.0-0": ("cv2",),
    "libsndfile1": ("soundfile",),
    "poppler-utils": ("pdf2image", "pdftotext", "pdftoppm"),
    "portaudio19-dev": ("pyaudio",),
    "tesseract-ocr": ("tesseract", "pytesseract"),
}
#: Names of one file that are looked for.
_MOST_NAMES: Final = 100

#: Names that Debian's packages have.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_LARGEST: Final = 64 * 1024
_OTHER_SOURCES: Final = re.compile(r"sources\.list|add-apt-repository|apt-add-repository")


@check(
    "HFS310",
    "system-packages",
    level="warn",
    predicts=Stage.BUILD_ERROR,
    consequence="The packages are not installed: what needs them fails when it is used.",
)
def system_packages(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """packages.txt is where it is read, and names what Debian has.  [spaces-dependencies]"""
    if space.sdk == "static":
        raise NotApplicable("a static Space installs no packages")
    if space.image is None:
        raise Skip(without_image(space))
    if space.sdk == "gradio":
        yield from _gradio(space)
        return
    yield from _not_read(space, space_sources)
    yield from opencv_without_gl(space, space_sources)
    for ran in build_commands(space):
        release = release_of(ran.base)
        gone = gone_from(release) if release and not _has_other_sources(space) else {}
        for name in () if ran.conditional else installed(ran):
            if name in gone:
                line = _line_of(space, ran, name)
                yield _gone(name, gone[name], ran.path, line, release or 0)


def _line_of(space: Space, ran: Ran, name: str) -> int:
    """The line of a step that has the name: a step may go over many."""
    starts = [each.line for each in space.dockerfile.instructions] if space.dockerfile else []
    end = min((line for line in starts if line > ran.line), default=ran.line + _MOST_NAMES)
    rows = _text(space, ran.path).split("\n")[ran.line - 1 : end - 1]
    word = re.compile(rf"(?<![\w.+-]){re.escape(name)}(?![\w.+-])")
    found = (
        at for at, row in enumerate(rows, ran.line) if word.search(row) and not row.lstrip().startswith("#")
    )
    return next(found, ran.line)


def _has_other_sources(space: Space) -> bool:
    instructions = space.dockerfile.instructions if space.dockerfile else ()
    return any(_OTHER_SOURCES.search(instruction.text) for instruction in instructions)


def _gone(name: str, instead: str, path: str, line: int, release: int) -> Finding:
    said = (
        f"Package '{name}' has no installation candidate"
        if name in NO_CANDIDATE
        else f"Unable to locate package {name}"
    )
    return Finding(
        f"Debian {release}, which the image is built on, has no package {name}",
        f"write {instead}" if instead else "remove it, or name an image of an older Debian (-bookworm)",
        path,
        line,
        consequence=f'apt-get ends with "E: {said}" and exit code 100, and so does the build.',
    )


# -- gradio


def _gradio(space: Space) -> Iterator[Finding]:
    if _FILE not in space.files:
        yield from _misnamed(space)
        return
    release = _gradio_release(space)
    gone = gone_from(release) if release else {}
    rows = _text(space, _FILE).split("\n")
    if any(row.endswith("\r") for row in rows):
        yield Finding(
            f"{_FILE} has Windows line ends, which become part of the names",
            "save it with line feeds alone, as Unix does",
            _FILE,
            1,
            consequence='apt-get ends with "E: Unable to locate package", and so does the build.',
        )
    comment = next((number for number, row in enumerate(rows, 1) if "#" in row), None)
    if comment is not None:
        yield Finding(
            f"{_FILE} has a comment, whose words are taken for packages",
            "remove it: the file has names alone",
            _FILE,
            comment,
            consequence='apt-get ends with "E: Unable to locate package #", and so does the build.',
        )
    for number, row in enumerate(rows, 1):
        for word in row.partition("#")[0].split():
            name = re.split(r"[=:]", word)[0]
            if name in gone:
                yield _gone(name, gone[name], _FILE, number, release or 0)


def _gradio_release(space: Space) -> int | None:
    """The SDK's image is the official Python image of the card's version."""
    version = space.card.python_version
    return release_of(f"python:{version}" if version else "python:3")


def _misnamed(space: Space) -> Iterator[Finding]:
    if space.files.exists_untracked(_FILE):
        yield Finding(f"{_FILE} exists here, but git does not track it", git_add(space.files, _FILE), _FILE)
        return
    other = space.files.similar(_FILE) or next((name for name in _MISNAMED if name in space.files), None)
    if other is not None and _lists_packages(_text(space, other)):
        name = one_line(other, 40)
        yield Finding(
            f"{name} is not read: the SDK installs what {_FILE} lists", f"git mv {name} {_FILE}", other
        )


def _lists_packages(text: str) -> bool:
    words = [word for row in text.splitlines() for word in row.partition("#")[0].split()]
    return bool(words) and all(_NAME.fullmatch(word) for word in words)


def _text(space: Space, path: str) -> str:
    try:
        # not files.text(): line ends are what matters
        return space.files.read(path, _LARGEST).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


# -- docker


def _not_read(space: Space, sources: Sources) -> Iterator[Finding]:
    """packages.txt where only a Dockerfile is read, and nothing of the repository names it."""
    if _FILE not in space.files or not _lists_packages(_text(space, _FILE)):
        return
    named = [row for row in _text(space, _FILE).split() if not row.startswith("#")]
    by_apt = {name for ran in build_commands(space) for name in installed(ran)}
    scripts = [path for path in space.files.tracked if path.endswith(".sh")][:100]
    texts = {path: _text(space, path) for path in ("Dockerfile", *scripts, *sources.app)}
    missing = [name for name in named if name not in by_apt]
    if not missing or any(posixpath.basename(_FILE) in text for text in texts.values()):
        return
    used = _first_use(missing[:_MOST_NAMES], texts)
    seen = f"no step installs {listing(missing, 2)}"
    if used is not None:
        seen = f"no step installs {used[0]}; {one_line(used[2], 60)} has {used[1]}"
        missing = [used[0], *(name for name in missing if name != used[0])]
    yield Finding(
        f"{_FILE} is not read: the card says sdk: docker, and {seen}",
        f"write RUN apt-get update && apt-get install -y {' '.join(missing[:3])} in the Dockerfile"
        + ("" if used else f", or remove {_FILE}"),
        _FILE,
        level="warn" if used else "note",
        consequence="" if used else "The packages are not installed; nothing here is seen to need them.",
    )


def _first_use(names: list[str], texts: Mapping[str, str]) -> tuple[str, str, str] | None:
    """A package, the word that speaks of it outside comments, and the file with that word."""
    words = {word: name for name in names for word in (name, *_USED_BY.get(name, ()))}
    if not words:
        return None
    mention = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, words))})(?![\w-])")
    for path, text in texts.items():
        rows = (row for row in text.splitlines() if not row.lstrip().startswith("#"))
        found = next(filter(None, map(mention.search, rows)), None)
        if found is not None:
            return words[found[1]], found[1], path
    return None
