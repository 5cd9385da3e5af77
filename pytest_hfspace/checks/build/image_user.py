"""3xx: may the user that the app runs as write where it writes?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import FileUse, Rehearsal
from ...space import Space
from ...space.image import Image
from ...space.image.caches import LIBRARIES, directory
from ...space.image.permissions import HUB_UID
from ..handled import refusal_handled
from ..refused import refusals
from ..serving import listing, one_line, text_of
from .docker_image import docker_image

#: Writes that may fail without anybody noticing, or into the interpreter that is here.
_TOLERATED: Final = re.compile(
    r"/__pycache__(?:/|\Z)|\.pyc(?:\.\d+)?\Z|/(?:site|dist)-packages/|/lib/python3[^/]*/"
)

_SET_UP: Final = (
    "make one: RUN useradd -m -u 1000 user, USER user, ENV HOME=/home/user, WORKDIR /home/user/app, and "
    "COPY --chown=user . ."
)


class Denied(NamedTuple):
    """A write that user 1000 would be refused.  ``path``: in the image; ``place``: the directory or
    file above it that refuses, and ``owner`` whose it is; ``line``: the Dockerfile's that made it;
    ``is_home``: below ``~``."""

    use: FileUse
    path: str
    place: str
    owner: str
    line: int
    is_home: bool


class Writes(NamedTuple):
    """What the app wrote, sorted by whether it may.  ``unknown``: paths of which nobody can tell."""

    denied: tuple[Denied, ...]
    unknown: tuple[str, ...]


def writes_of(image: Image, rehearsal: Rehearsal, space: Space | None = None) -> Writes:
    """Look at every write that the rehearsal saw.

    With ``space``, those are left out whose refusal its code expects and survives.
    """
    denied: list[Denied] = []
    unknown: dict[str, None] = {}
    variable = image.env.get("HOME")
    home = image.permissions.home(variable.value if variable else None)
    for use in rehearsal.files:
        path, is_home = use.path, use.path.startswith("~")
        if not use.write or _TOLERATED.search(path) or not (is_home or path.startswith("/")):
            continue
        if is_home:
            path = posixpath.join(home or "~", path.removeprefix("~").lstrip("/"))
        # without an entry in passwd, ~ is "/": no volume is mounted there
        allowed = (
            image.writable("/")
            if is_home and home == "/"
            else image.writable(path)
            if home or not is_home
            else None
        )
        if allowed or (space and _is_expected(space, use)):
            continue
        if allowed is None:
            unknown[path] = None
        else:
            place, access = image.permissions.nearest(path)
            owner = image.permissions.accounts.name_of(access.uid or 0) or f"user id {access.uid}"
            denied.append(Denied(use, path, place, owner, access.line, is_home))
    return Writes(tuple(denied), tuple(unknown))


def _is_expected(space: Space, use: FileUse) -> bool:
    return use.where is not None and refusal_handled(space, use.where.path, use.where.line)


def _told_by_app(space: Space, rehearsal: Rehearsal) -> None:
    """Raise Skip where a refused write has ended the start or a request: that is said by its code."""
    told = [refusal.code for refusal in refusals(space, rehearsal) if refusal.code != "HFS809"]
    if told:
        raise Skip(f"needs {told[0]}")


def _no_evidence(rehearsal: Rehearsal, writes: Writes, image: Image) -> None:
    """Raise Skip where nothing was found, and that does not mean much."""
    if rehearsal.failure is not None:
        raise Skip(f"the app did not come up: {one_line(rehearsal.failure.message)}")
    if writes.unknown:
        names = listing((one_line(path, 60) for path in writes.unknown), 2)
        reason = f": {one_line(image.not_followed[0], 80)}" if image.not_followed else ""
        raise Skip(f"whether user {HUB_UID} may write {names} is not known{reason}")


@check(
    "HFS314",
    "user",
    level="warn",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The first write fails with PermissionError: [Errno 13] Permission denied.",
)
def user(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """An app that writes has a user with id 1000 and a home to do it as.  [spaces-sdks-docker]"""
    _, image = docker_image(space)
    _told_by_app(space, space_rehearsal)
    writes = writes_of(image, space_rehearsal, space)
    if space_rehearsal.impossible and not writes.denied:
        raise Skip(space_rehearsal.impossible)
    has_user = image.permissions.accounts.lacks(HUB_UID) is False
    mine = [write for write in writes.denied if write.is_home or not has_user]
    if mine:
        yield _denied(mine, _SET_UP if not has_user else _home_hint(image))
    elif not writes.denied:
        _no_evidence(space_rehearsal, writes, image)


def _home_hint(image: Image) -> str:
    name = image.permissions.accounts.name_of(HUB_UID)
    return f"write ENV HOME={image.permissions.accounts.home_of(HUB_UID)}, the home of {one_line(name, 40)}"


@check(
    "HFS315",
    "copy-owner",
    level="warn",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The first write fails with PermissionError: [Errno 13] Permission denied.",
)
def copy_owner(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the app writes, or writes beside, is owned by the user it runs as.  [spaces-sdks-docker]"""
    _, image = docker_image(space)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    _told_by_app(space, space_rehearsal)
    writes = writes_of(image, space_rehearsal, space)
    mine = [write for write in writes.denied if not write.is_home]
    if mine and image.permissions.accounts.lacks(HUB_UID) is not False:
        raise Skip("needs HFS314")
    if mine:
        yield _denied(mine, _owner_hint(image, mine[0]))
    elif not writes.denied:
        _no_evidence(space_rehearsal, writes, image)


def _owner_hint(image: Image, write: Denied) -> str:
    name = one_line(image.permissions.accounts.name_of(HUB_UID), 40)
    copied = any(copy.line == write.line for copy in image.copies)
    if copied:
        return f"write COPY --chown={name} in line {write.line}"
    place = one_line(write.place, 60)
    return f"give it to that user: RUN chown {name} {place} above USER, or a WORKDIR below USER {name}"


def _denied(writes: list[Denied], hint: str) -> Finding:
    """One finding for all: they have one cause."""
    first = writes[0]
    where = first.use.where
    names = listing((one_line(write.path, 80) for write in writes), 3)
    by = f"{one_line(str(where), 80)} writes" if where else "the app writes"
    said = f"PermissionError: [Errno 13] Permission denied: '{one_line(first.path, 80)}'"
    if first.is_home:
        said = f"PermissionError: [Errno 13] Permission denied: '{one_line(_top(first.path), 80)}'"
    return Finding(
        f"{by} {names}, and user id {HUB_UID} may not: {_reason(first)}",
        hint,
        "Dockerfile" if first.line else where.path if where else "Dockerfile",
        first.line or (where.line if where else None),
        consequence=f"The Space's log ends with {said}.",
    )


def _reason(write: Denied) -> str:
    if write.place == "/" and write.is_home:
        return "the image has no such user, so ~ is /"
    return f"{one_line(write.place, 60)} belongs to {one_line(write.owner, 40)}"


def _top(path: str) -> str:
    """The directory that a cache would be made in: what the error names."""
    parts = path.split("/")
    return "/".join(
        parts[: next((i for i, part in enumerate(parts) if part.startswith(".")), len(parts)) + 1]
    )


@check(
    "HFS318",
    "home-changes",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="The app finds an empty cache, and downloads everything again at every start, or fails.",
)
def home_changes(space: Space) -> Iterator[Finding]:
    """A cache that the build fills is where the app looks for it.  [field]"""
    dockerfile, image = docker_image(space)
    variables = {name: variable.value for name, variable in image.env.items()}
    home = image.permissions.home(variables.get("HOME"))
    told: set[str] = set()
    for fill in image.caches:
        looked = directory(fill.kind, variables, home)
        if looked == fill.directory or fill.kind in told or _is_moved(image, fill.directory, fill.line):
            continue
        if looked is None:
            raise Skip(f"which home user {HUB_UID} has is not known")
        if _says_where(space, fill.kind):
            continue
        told.add(fill.kind)
        library = LIBRARIES[fill.kind]
        by = f" as {one_line(fill.user, 40)}" if fill.user else " as root"
        yield Finding(
            f"the build fills {library.name} in {one_line(fill.directory, 60)}{by}; the app, as user id "
            f"{HUB_UID}, looks in {one_line(looked, 60)}",
            _cache_hint(fill.kind),
            dockerfile.path,
            fill.line,
        )


def _is_moved(image: Image, path: str, line: int) -> bool:
    """Does a later step copy, move or link it, or a directory above?"""
    above = {path}
    while path.count("/") > 1:
        path = posixpath.dirname(path)
        above.add(path)
    return any(
        ran.words[0] in ("cp", "mv", "ln", "rsync")
        and ran.line >= line
        and above & {w.rstrip("/.*") for w in ran.words}
        for ran in image.ran
    )


def _says_where(space: Space, kind: str) -> bool:
    """Does the repository's code name a place for the cache itself?"""
    library = LIBRARIES[kind]
    names = (*(name for name, _ in library.directories), *library.elsewhere)
    words = re.compile("|".join(map(re.escape, (*names, "cache_dir", "download_dir", "download_root"))))
    return any(
        path.endswith((".py", ".sh")) and words.search(text_of(space, path)) for path in space.files.tracked
    )


def _cache_hint(kind: str) -> str:
    variables = {"huggingface": "HF_HOME=/opt/huggingface", "torch": "TORCH_HOME=/opt/torch"}
    variables |= {"nltk": "NLTK_DATA=/opt/nltk_data", "whisper": "XDG_CACHE_HOME=/opt/cache"}
    named = variables.get(kind, "PLAYWRIGHT_BROWSERS_PATH=/opt/browsers")
    return (
        f"move the step below USER, or write ENV {named} above it and let user {HUB_UID} read and write there"
    )


CHECKS: Final[tuple[Check, ...]] = (user, copy_owner, home_changes)
