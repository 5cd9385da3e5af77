"""Does what a requirement names by its path lie in the image when the step installs it?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from .files import Files
from .image import Image
from .image.installs import PipInstall
from .requirement_lines import Place

_ARCHIVE: Final = re.compile(r".*\.(?:whl|tar\.gz|tgz|zip|tar\.bz2)\Z")
_PROJECT_FILES: Final = ("pyproject.toml", "setup.py")

#: Where only the machine lies that the list was exported on.  [field]
_ELSEWHERE: Final = re.compile(
    r"/?[A-Za-z]:[/\\]|/(?:croot|tmp/build|Users|private|feedstock_root|work/ci|home/(?:conda|builder|ktietz)"
    r"|(?:opt/)?(?:\w*conda\d?)/conda-bld)/"
)


def placed(
    place: Place,
    files: Files,
    image: Image | None = None,
    install: PipInstall | None = None,
    directory: str = "",
) -> Place:
    """The place, with what is known of it.  Without an image the repository itself is installed from."""
    target = place.target.replace("\\", "/")
    if _ELSEWHERE.match(target):
        return replace(place, found=False)
    if image is None or install is None:
        return replace(place, found=None if target.startswith("/") else _has(files, _clean(target)))
    return replace(place, found=_in_image(target, files, image, install, directory))


def _in_image(target: str, files: Files, image: Image, install: PipInstall, directory: str) -> bool | None:
    """None where a step that is not followed, or a mount, may decide."""
    folders = [directory, image.workdir, *(posixpath.dirname(path) for path in install.sources)]
    wanted = {posixpath.normpath(posixpath.join("/", folder, target)) for folder in folders}
    copies = [copy for copy in image.copies if copy.line < install.line]
    known = (path for at in wanted for copy in copies for path in _sources(at, copy.source, copy.target))
    if any(_has(files, path) for path in known):
        return True
    is_own = not target.startswith("/") or any(f"{target}/".startswith(f"{folder}/") for folder in folders)
    # what a step sees and the final image has not came by a mount, or was removed: then more may have
    is_followed = all(path in image.layout for path in install.sources) and all(
        copy.certain for copy in copies
    )
    is_certain = is_own and is_followed and not (image.not_followed or install.unseen)
    return False if is_certain else None


def _sources(at: str, source: str, target: str) -> Iterator[str]:
    """The repository paths that a copy would have brought to a path of the image."""
    target = target.rstrip("/") or "/"
    if at == target:
        yield _clean(source)
        yield _clean(posixpath.join(source, posixpath.basename(at)))
    below = target if target == "/" else f"{target}/"
    if at.startswith(below):
        rest = at[len(below) :]
        yield _clean(posixpath.join(source, rest))
        # "COPY libs/x.whl /app/" keeps the name; "COPY libs/* /app/" as well
        yield _clean(posixpath.join(posixpath.dirname(source), rest))


def _clean(path: str) -> str:
    return posixpath.normpath(path.lstrip("/") or ".")


def _has(files: Files, path: str) -> bool:
    """Is it an archive that arrives, or a directory with a project?"""
    if path.startswith("../"):
        return False
    if _ARCHIVE.fullmatch(path):
        return path in files
    return any(posixpath.normpath(posixpath.join(path, name)) in files for name in _PROJECT_FILES)
