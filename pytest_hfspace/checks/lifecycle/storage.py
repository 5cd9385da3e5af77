"""8xx: does the app write where it may, and keep what it must?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import FileUse, Rehearsal
from ...rehearsal.ownership import home_of, in_image, is_certain
from ...space import Space
from ...space.image import Image
from ...space.image.permissions import HUB_UID, MOUNT
from ...space.mounts import is_mounted, makes_mount, mount_documented
from ..build.docker_image import docker_image
from ..build.image_user import writes_of
from ..refused import Refusal, refusals
from ..serving import listing, one_line, serving
from .persistent import kept_files

_REQUEST_FAILS: Final = 'The Space runs, and whoever uses this route gets "Internal Server Error": '


def _mine(space: Space, rehearsal: Rehearsal, code: str) -> list[Refusal]:
    return [refusal for refusal in refusals(space, rehearsal) if refusal.code == code]


def _finding(refusal: Refusal, what: str, hint: str, place: tuple[str, int | None], error: str) -> Finding:
    """``what``: why it is refused; ``error``: what the Space's log says."""
    is_told = refusal.where is None or place == (refusal.where.path, refusal.where.line)
    by = "the app" if is_told else one_line(str(refusal.where), 80)
    for_route = f"{one_line(refusal.route, 60)}: " if refusal.route else ""
    return Finding(
        f"{for_route}{by} writes {one_line(refusal.path, 80)}, {what}",
        hint,
        place[0],
        place[1],
        consequence=(_REQUEST_FAILS if refusal.route else "The Space's log ends with ") + f"{error}.",
        predicts=Stage.RUNNING if refusal.route else None,
    )


def _at_line(refusal: Refusal) -> tuple[str, int | None]:
    return (refusal.where.path, refusal.where.line) if refusal.where else ("Dockerfile", None)


def _nothing_refused(space: Space, rehearsal: Rehearsal, image: Image, *, home: bool) -> None:
    """Raise Skip where that says little, or is said by another check."""
    serving(rehearsal)
    writes = writes_of(image, rehearsal, space)
    if any(write.is_home == home for write in writes.denied):
        has_user = image.permissions.accounts.lacks(HUB_UID) is False
        raise Skip("needs HFS315" if has_user and not home else "needs HFS314")
    unknown = [path for path in writes.unknown if path.startswith("~") == home and not is_mounted(path)]
    if unknown:
        names = listing((one_line(path, 60) for path in unknown), 2)
        raise Skip(f"whether user {HUB_UID} may write {names} is not known")


@check(
    "HFS801",
    "write-denied",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The first write fails with PermissionError: [Errno 13] Permission denied.",
)
def write_denied(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Nothing that the app cannot do without is written where user id 1000 may not.  [spaces-sdks-docker]"""
    _, image = docker_image(space)
    found = _mine(space, space_rehearsal, "HFS801")
    for refusal in found:
        place, access = image.permissions.nearest(refusal.path)
        owner = image.permissions.accounts.name_of(access.uid or 0) or f"user id {access.uid}"
        belongs = f"{one_line(place, 60)} belongs to {one_line(owner, 40)}"
        where = ("Dockerfile", access.line) if access.line else _at_line(refusal)
        yield _finding(
            refusal,
            f"and user id {HUB_UID} may not: {belongs}",
            _owner_hint(image, place, access.line),
            where,
            one_line(refusal.said),
        )
    if not found:
        _nothing_refused(space, space_rehearsal, image, home=False)


def _owner_hint(image: Image, place: str, line: int) -> str:
    name = one_line(image.permissions.accounts.name_of(HUB_UID) or str(HUB_UID), 40)
    if any(copy.line == line for copy in image.copies):
        return f"write COPY --chown={name} in line {line}, or write below /tmp or the home instead"
    if line:
        return f"give it to the user, above USER: RUN chown {name} {one_line(place, 60)}; or write below /tmp"
    return "write below /tmp, or in a directory that the Dockerfile makes and gives to that user"


@check(
    "HFS803",
    "cache-home",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The first download fails with PermissionError: [Errno 13] Permission denied: '/.cache'.",
)
def cache_home(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The home below which libraries and the app keep files can be written.  [field]"""
    _, image = docker_image(space)
    found = _mine(space, space_rehearsal, "HFS803")
    for refusal in found:
        home = home_of(image) or "/"
        why = "the image has no user of that id, so ~ is /"
        if image.permissions.accounts.name_of(HUB_UID) or image.env.get("HOME"):
            why = f"~ is {one_line(home, 60)}, which is not that user's"
        yield _finding(
            refusal,
            f"and user id {HUB_UID} may not: {why}",
            "make a home: RUN useradd -m -u 1000 user, USER user, ENV HOME=/home/user; or name another "
            "place: ENV HF_HOME=/tmp/huggingface XDG_CACHE_HOME=/tmp/cache",
            _at_line(refusal),
            "PermissionError: [Errno 13] Permission denied: "
            f"'{one_line(_first_made(in_image(image, refusal.path), home), 80)}'",
        )
    if not found:
        _nothing_refused(space, space_rehearsal, image, home=True)


def _first_made(path: str, home: str) -> str:
    """The directory right below the home: the one that cannot be made."""
    below = path[len(home.rstrip("/")) + 1 :]
    return posixpath.join(home, below.partition("/")[0])


@check(
    "HFS802",
    "data-ephemeral",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="The Space runs, and at every restart, rebuild and after every sleep this is empty again.",
)
def data_ephemeral(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Databases, uploads and indexes are not kept on the container's disk.  [spaces-storage]"""
    serving(space_rehearsal)
    for kept in kept_files(space, space_rehearsal):
        where = kept.use.where
        path = one_line(kept.use.path, 80)
        note = ""
        if kept.setting:
            note = f", unless {kept.setting} names another place"
        elif kept.documented:
            note = f", as {one_line(kept.documented, 60)} says"
        yield Finding(
            f"{kept.kind} is kept in {path}, on the disk that a restart empties{note}",
            f"attach a volume, and set {kept.setting} to a path on it"
            if kept.setting
            else f"read its place from a variable, and set that on the Space to a volume's mount ({MOUNT})",
            where.path if where else "",
            where.line if where else None,
            level="note" if note else None,
        )


@check(
    "HFS809",
    "mount-assumed",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence="A Space has no /data unless its owner attaches a volume there, which no copy of it has.",
)
def mount_assumed(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app comes up and answers where no volume is attached at ``/data``.  [spaces-storage]"""
    found = _mine(space, space_rehearsal, "HFS809")
    documented = mount_documented(space.files)
    hint = (
        f'use it only if it is there: os.path.isdir("{MOUNT}"), else a folder below /tmp; or read the place '
        "from a variable with such a default"
    )
    for refusal in found:
        level = "note" if documented else "error"
        needs = f"needs {one_line(refusal.path, 80)}, and nothing in the repository makes {MOUNT}"
        yield Finding(
            f"{one_line(refusal.route, 60)}: " * bool(refusal.route)
            + f"the app {needs}: {one_line(refusal.said)}",
            hint,
            *_at_line(refusal),
            level=level,  # type: ignore[arg-type]  # one of the two above
            predicts=Stage.RUNNING if refusal.route else None,
        )
    if not found:
        yield from _not_tried(space, space_rehearsal, documented, hint)


def _not_tried(space: Space, rehearsal: Rehearsal, documented: str, hint: str) -> Iterator[Finding]:
    """An app that did not come up because the rehearsal makes no such directory here."""
    uses = [use for use in rehearsal.files if use.write and is_mounted(use.path)]
    if not (rehearsal.impossible and uses):
        serving(rehearsal)
        return
    if makes_mount(space) is not False or is_certain(space.image):
        raise Skip(rehearsal.impossible)
    yield _made_by_app(uses[0], documented, hint)


def _made_by_app(use: FileUse, documented: str, hint: str) -> Finding:
    said = f"which {one_line(documented, 60)} speaks of" if documented else "which only root may make"
    return Finding(
        f"the app writes {one_line(use.path, 80)}, {said}, and does not come up without it",
        hint,
        use.where.path if use.where else "",
        use.where.line if use.where else None,
        level="note" if documented else "warn",
        consequence="As user id 1000 it ends with PermissionError: [Errno 13] Permission denied: '/data'; "
        "as root, what it writes there is lost at every restart, unless a volume is attached.",
    )


CHECKS: Final[tuple[Check, ...]] = (write_denied, data_ephemeral, cache_home, mount_assumed)
