"""3xx: what the RUN steps of a Dockerfile may do, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, check
from ...contract import Stage
from ...space import Space
from ...space.image import Image, Ran
from ...space.image.permissions import MOUNT
from ...space.requirements import BARE_IMAGES
from ..serving import listing, one_line
from .docker_image import docker_image

_PACKAGE_VERBS: Final = frozenset(
    {"add", "autoremove", "build-dep", "del", "dist-upgrade", "full-upgrade", "install", "purge", "remove",
     "update", "upgrade"}
)  # fmt: skip
_PACKAGERS: Final = frozenset({"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "yum"})
_ADMINISTRATION: Final = frozenset(
    {"addgroup", "adduser", "chpasswd", "groupadd", "groupmod", "ldconfig", "locale-gen",
     "update-ca-certificates", "useradd", "userdel", "usermod"}
)  # fmt: skip
_LOCKED: Final = (
    '"E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)", "are you root?"'
)


@check(
    "HFS316",
    "root-step-after-user",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence='The build fails at this step: "Permission denied".',
)
def root_step_after_user(space: Space) -> Iterator[Finding]:
    """No step after USER does what only root may: apt-get, useradd, chown of others' files.  [field]"""
    dockerfile, image = docker_image(space)
    stopped: dict[str, list[tuple[Ran, str, str]]] = {}
    for ran in image.ran:
        if ran.is_root is not False or ran.elevated or ran.conditional:
            continue
        what, said = _needs_root(ran)
        known = stopped.setdefault(ran.user, [])
        if what and ran.line not in {other.line for other, _, _ in known}:
            known.append((ran, what, said))
    for user, steps in stopped.items():
        if not steps:
            continue
        ran, what, said = steps[0]
        more = listing((str(other.line) for other, _, _ in steps[1:]), 4)
        also = f" (so do lines {more})" if len(steps) > 2 else f" (so does line {more})" if more else ""
        yield Finding(
            f"{what} as {one_line(user, 40)}, and needs root{also}",
            _root_hint(ran, one_line(user, 40)),
            dockerfile.path,
            ran.line,
            consequence=f"The build fails at this step: {said}.",
        )


def _needs_root(ran: Ran) -> tuple[str, str]:
    """What a command does that only root may, and what it then says."""
    name, text = ran.words[0], ran.words[1:]
    verb = next((word for word in text if not word.startswith("-")), "")
    if name in _PACKAGERS and verb in _PACKAGE_VERBS:
        said = _LOCKED if name.startswith("ap") and name != "apk" else '"Permission denied"'
        return f"{name} {verb} runs", said
    if name in _ADMINISTRATION and not (name in ("ldconfig",) and "-p" in text):
        return f"{name} runs", f'"{name}: Permission denied"'
    words = (
        text[2:] if text[:2] == ("-m", "playwright") else text[1:] if text[:1] == ("playwright",) else text
    )
    playwright = name == "playwright" or words is not text
    if playwright and (words[:1] == ("install-deps",) or "--with-deps" in words):
        return "playwright installs system packages", '"su: Authentication failure"'
    if ran.denied:
        path = one_line(ran.denied, 80)
        if name in ("chown", "chmod"):
            did = "ownership" if name == "chown" else "permissions"
            return (
                f"{name} changes {path}, runs",
                f"\"{name}: changing {did} of '{path}': Operation not permitted\"",
            )
        shown = "a redirect" if name in (">", ">>") else name
        return f"{shown} writes {path}, runs", f"\"'{path}': Permission denied\""
    return "", ""


def _root_hint(ran: Ran, user: str) -> str:
    if ran.denied and ran.words[0] == "chmod":
        return f"write COPY --chown={user} --chmod=755 in place of it, or move the step above USER {user}"
    if ran.denied and ran.words[0] == "chown":
        return f"write COPY --chown={user} in place of it, or move the step above USER {user}"
    return f"move the step above USER {user}, or put USER root before it and USER {user} after it"


# -- the mount


@check(
    "HFS317",
    "data-at-build",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence="A volume is mounted when the container starts; there is none while the image is built.",
)
def data_at_build(space: Space) -> Iterator[Finding]:
    """The build does not use a mount that exists at run time only.  [spaces-sdks-docker]"""
    dockerfile, image = docker_image(space)
    told: set[int] = set()
    for ran in image.ran:
        if ran.absent and ran.line not in told:
            told.add(ran.line)
            path = one_line(ran.absent, 80)
            yield Finding(
                f"{_named(ran)} uses {path} during the build, and {MOUNT} is not there",
                "do it when the app starts: a volume is mounted by then",
                dockerfile.path,
                ran.line,
                consequence=f'The build fails at this step: "{path}: No such file or directory".',
            )
    for ran in image.ran:
        path, said = _in_mount(ran, image)
        if path and ran.line not in told:
            told.add(ran.line)
            yield Finding(
                f"{_named(ran)} uses {one_line(path, 80)} during the build, and {MOUNT} is not there",
                "do it when the app starts: a volume is mounted by then",
                dockerfile.path,
                ran.line,
                level="error" if said else "warn",
                consequence=f'The build fails at this step: "{said}".'
                if said
                else f"The build fails at this step, unless the program makes {MOUNT}, which only root may.",
            )
    filled = [(ran.line, _named(ran), ran.hidden) for ran in image.ran if ran.hidden and ran.final]
    filled += [
        (copy.line, copy.instruction, copy.target)
        for copy in image.copies
        if copy.found and (copy.target == MOUNT or copy.target.startswith(f"{MOUNT}/"))
    ]
    for line, what, path in sorted(filled):
        if line not in told:
            told.add(line)
            yield Finding(
                f"{what} fills {one_line(path, 80)} during the build: a volume mounted at {MOUNT} hides it",
                "put it into another directory, and copy it when the app starts",
                dockerfile.path,
                line,
                level="note",
                consequence="With a volume the app does not find it; without one it is there.",
            )


def _in_mount(ran: Ran, image: Image) -> tuple[str, str]:
    """A path of the mount that a program is to write, and what it then says; "" for what is not sure."""
    if ran.conditional or MOUNT in image.directories or not BARE_IMAGES.match(image.base):
        return "", ""
    fill = next((each for each in image.caches if each.line == ran.line), None)
    if fill is not None and f"{fill.directory}/".startswith(f"{MOUNT}/"):
        refused = ran.is_root is False and not ran.elevated
        return (fill.directory, f"[Errno 13] Permission denied: '{MOUNT}'") if refused else ("", "")
    code = " ".join(ran.words[1:])
    found = _BELOW_MOUNT.search(code)
    if not ran.words[0].startswith("python") or found is None or _MAKES_MOUNT.search(code):
        return "", ""
    return found[0], _NO_DATABASE if "sqlite3.connect(" in code else ""


_NO_DATABASE: Final = "sqlite3.OperationalError: unable to open database file"
_BELOW_MOUNT: Final = re.compile(rf"(?<![\w/.:-]){MOUNT}/[\w./-]+")
_MAKES_MOUNT: Final = re.compile(r"mkdir|makedirs|-m pip|-m compileall")


def _named(ran: Ran) -> str:
    return "a redirect" if ran.words[0] in (">", ">>") else one_line(ran.words[0], 30)


# -- size


@check(
    "HFS319",
    "recursive-chown",
    level="note",
    predicts=Stage.RUNNING,
    consequence="Every file that it changes is stored a second time: the image grows, and starts later.",
)
def recursive_chown(space: Space) -> Iterator[Finding]:
    """Owners and modes are set by COPY, not by a recursive chown or chmod.  [spaces-sdks-docker]"""
    dockerfile, image = docker_image(space)
    for ran in image.ran:
        # one that fails the build is HFS316's
        is_refused = ran.is_root is False and not ran.elevated and not ran.conditional
        if ran.below and ran.final and not is_refused:
            name = ran.words[0]
            files = "a copied file" if ran.below == 1 else f"{ran.below} copied files"
            wide = "--chmod=777" if {"777", "0777", "a+rwx", "a+rwX"} & set(ran.words) else "--chmod=755"
            flag = "--chown=user" if name == "chown" else wide
            yield Finding(
                f"{name} -R changes {files}, and stores each once more",
                f"write COPY {flag} in place of it",
                dockerfile.path,
                ran.line,
            )


CHECKS: Final[tuple[Check, ...]] = (root_step_after_user, data_at_build, recursive_chown)
