"""Does what a requirement names by its path lie in the image when the step installs it?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from .files import Files
from .image import Image
from .image.installs import PipInstall
from .patterns import matches
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
        return place._replace(found=False)
    if image is None or install is None:
        return place._replace(found=None if target.startswith("/") else _has(files, _clean(target)))
    return place._replace(found=_in_image(target, files, image, install, directory))


def _in_image(target: str, files: Files, image: Image, install: PipInstall, directory: str) -> bool | None:
    """None where a step that is not followed, or a mount, may decide."""
    folders = [directory, image.workdir, *(posixpath.dirname(path) for path in install.sources)]
    wanted = {posixpath.normpath(posixpath.join("/", folder, target)) for folder in folders}
    copies = [copy for copy in image.copies if copy.line < install.line]
    copies += [mount for mount in image.mounts if mount.line == install.line]
    needed = [path for at in wanted for path in _needed(at)]
    known = (path for at in needed for copy in copies for path in _sources(at, copy.source, copy.target))
    if any(path in files for path in known):
        return True
    is_own = not target.startswith("/") or any(f"{target}/".startswith(f"{folder}/") for folder in folders)
    # what a step sees and the final image has not came by a mount, or was removed: then more may have
    is_followed = all(path in image.layout for path in install.sources) and all(
        copy.certain for copy in copies
    )
    is_certain = is_own and is_followed and not (image.not_followed or install.unseen)
    return False if is_certain else None


def _needed(at: str) -> tuple[str, ...]:
    """What makes a path one that can be installed: any of these files."""
    return (at,) if _ARCHIVE.fullmatch(at) else tuple(posixpath.join(at, name) for name in _PROJECT_FILES)


def _sources(at: str, source: str, target: str) -> Iterator[str]:
    """The repository paths that a copy would have brought to a file's path in the image."""
    target = target.rstrip("/") or "/"
    if at == target:
        yield _clean(source)
    below = target if target == "/" else f"{target}/"
    if at.startswith(below):
        rest = at[len(below) :]
        yield _clean(posixpath.join(source, rest))
        # a file that is copied into a directory keeps its name
        if matches(posixpath.basename(source), rest):
            yield _clean(posixpath.join(posixpath.dirname(source), rest))


def _clean(path: str) -> str:
    return posixpath.normpath(path.lstrip("/") or ".")


def _has(files: Files, path: str) -> bool:
    """Is it an archive that arrives, or a directory with a project?"""
    return any(posixpath.normpath(needed) in files for needed in _needed(path))
