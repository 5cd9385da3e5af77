"""3xx: shared libraries that a wheel expects of the system, and a slim image has not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...check import Finding
from ...contract import Stage
from ...space import Space
from ...space.sources import Sources
from ..distributions import applies
from ..run_commands import build_commands
from ..serving import one_line
from .debian import installed

_OPENCV: Final = ("opencv-python", "opencv-contrib-python")
_SLIM: Final = re.compile(
    r"(?:docker\.io/)?(?:library/)?python:(?:3[\d.]*-)?slim(?:-bookworm|-trixie|-bullseye)?"
)

#: Packages of which it is known that they bring no libGL, nor what brings it.
_WITHOUT_GL: Final = frozenset(
    {
        "apt-utils", "bash", "build-essential", "bzip2", "ca-certificates", "cmake", "cron", "curl", "g++",
        "gcc", "git", "git-lfs", "gnupg", "gosu", "jq", "less", "libffi-dev", "libgomp1", "libpq-dev",
        "libpq5", "libsndfile1", "libssl-dev", "locales", "make", "nano", "netcat-openbsd", "ninja-build",
        "openssl", "pkg-config", "procps", "python3-dev", "redis-server", "rsync", "sqlite3", "sudo",
        "tini", "tzdata", "unzip", "vim", "wget", "xz-utils", "zip",
    }
)  # fmt: skip


def opencv_without_gl(space: Space, sources: Sources) -> Iterator[Finding]:
    """OpenCV with windows, in an image without the library that draws them."""
    image = space.image
    uses = any(each.module.partition(".")[0] == "cv2" and not each.optional for each in sources.absent)
    if image is None or not uses or image.not_followed or not _SLIM.fullmatch(image.base):
        return
    steps = [each.text for each in space.dockerfile.instructions] if space.dockerfile else []
    if any(re.search(r"xargs|dpkg|\$\(|libgl|packages\.txt", step) for step in steps):
        return
    if not _WITHOUT_GL.issuperset(_packages(space)) or "packages.txt" in space.files:
        return
    declared = {each.name: each for each in space.requirements.declared}
    if any(f"{name}-headless" in declared for name in _OPENCV):
        return
    wanted = next((declared[name] for name in _OPENCV if name in declared), None)
    if wanted is None or (wanted.marker and not applies(wanted.marker)):
        return
    yield Finding(
        f"{wanted.name} needs libGL.so.1, which {one_line(image.base, 40)} has not",
        f"write {wanted.name}-headless, or add RUN apt-get update && apt-get install -y libgl1 libglib2.0-0",
        wanted.path,
        wanted.line,
        consequence='import cv2 ends with "ImportError: libGL.so.1: cannot open shared object file: No such '
        'file or directory".',
        predicts=Stage.RUNTIME_ERROR,
    )


def _packages(space: Space) -> Iterator[str]:
    for ran in build_commands(space):
        yield from installed(ran)
