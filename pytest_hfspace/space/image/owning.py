"""Commands of RUN steps that make directories and users, and change owners and modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from ..patterns import is_pattern
from .permissions import UNKNOWN, Access, in_mode, owned_by
from .stage import Stage, absolute

_RECURSIVE: Final = re.compile(r"-[a-zA-Z]*R[a-zA-Z]*|--recursive")
_CHMOD_OPTION: Final = re.compile(r"-[Rvfc]+|--[a-z-]+(?:=.*)?")
_OCTAL: Final = re.compile(r"[0-7]{3,5}")


class Step(Protocol):
    """A RUN step while it is followed."""

    stage: Stage
    cwd: str
    line: int
    conditional: bool

    @property
    def uid(self) -> int | None:
        """The user that the command runs as."""


def mkdir(step: Step, text: Sequence[str]) -> None:
    """``mkdir -p``, with ``-m``."""
    given, paths = _arguments(text, valued=("-m", "--mode"))
    _make(step, paths, step.uid, given.get("-m") or given.get("--mode") or "")


def install(step: Step, text: Sequence[str]) -> None:
    """``install -d``; what else it copies is only known to be there."""
    given, paths = _arguments(text, valued=("-m", "--mode", "-o", "--owner", "-g", "--group", "-S", "-t"))
    owner = given.get("-o") or given.get("--owner")
    is_directory = "--directory" in given or any("d" in option for option in given if option[1:2] != "-")
    uid = step.stage.permissions.accounts.uid(owner) if owner else step.uid
    _make(step, paths, uid if is_directory else None, given.get("-m") or given.get("--mode") or "")


def _make(step: Step, paths: Sequence[str], uid: int | None, mode: str) -> None:
    tree, permissions = step.stage.tree, step.stage.permissions
    for written in paths:
        path = absolute(written, step.cwd)
        tree.add_directory(absolute("..", path))
        if _OCTAL.fullmatch(mode) or uid != step.uid:
            permissions.made_by(uid, step.line, int(mode, 8) if _OCTAL.fullmatch(mode) else None)
        tree.add_directory(path)
        permissions.made_by(step.uid, step.line)


def touch(step: Step, text: Sequence[str]) -> None:
    """Makes files that are empty."""
    for word in text:
        path = absolute(word, step.cwd)
        if not word.startswith("-") and path not in step.stage.tree and not step.conditional:
            step.stage.tree.put(path, b"")


def useradd(step: Step, text: Sequence[str]) -> None:
    """A user, and perhaps its home."""
    _add_user(step, "useradd", text)


def adduser(step: Step, text: Sequence[str]) -> None:
    """A user and its home."""
    _add_user(step, "adduser", text)


def _add_user(step: Step, name: str, text: Sequence[str]) -> None:
    accounts = step.stage.permissions.accounts
    added = accounts.command(name, text)
    if added is None:
        return
    user, makes_home = added
    uid = accounts.uids[user]
    home = accounts.homes[user]
    if makes_home and home.startswith("/"):
        step.stage.permissions.made_by(uid, step.line)
        step.stage.tree.add_directory(home)
        step.stage.permissions.made_by(step.uid, step.line)


def usermod(step: Step, text: Sequence[str]) -> None:
    """Another number, or another home."""
    step.stage.permissions.accounts.modify(text)


def chown(step: Step, text: Sequence[str]) -> None:
    """Another owner."""
    words = [word for word in text if not word.startswith("-")]
    referred = any(word.startswith(("--reference", "--from")) for word in text)
    owner, paths = ("", words) if referred else (words[0] if words else "", words[1:])
    if owner.startswith(":"):
        return  # another group only
    uid = None if referred else step.stage.permissions.accounts.uid(owner)
    _change(step, text, paths, owned_by(uid, step.line))


def chmod(step: Step, text: Sequence[str]) -> None:
    """Another mode."""
    words = [word for word in text if not _CHMOD_OPTION.fullmatch(word)]
    if any(word.startswith("--reference") for word in text):
        words = ["?", *words]
    if len(words) > 1:
        _change(step, text, words[1:], in_mode(words[0], step.line))


def _change(step: Step, text: Sequence[str], paths: Sequence[str], how: Callable[[Access], Access]) -> None:
    permissions, tree = step.stage.permissions, step.stage.tree
    deep = is_recursive(text)
    for written in paths:
        # a pattern is tried on every name
        if not tree.spend(len(permissions.entries) * (8 if is_pattern(written) else 1) // 2 + 1):
            permissions.doubt()
            return
        # what may fail without anybody noticing leaves two possibilities
        permissions.change(
            absolute(written, step.cwd), (lambda _: UNKNOWN) if step.conditional else how, deep=deep
        )


def is_recursive(text: Sequence[str]) -> bool:
    """Does chown or chmod go down the whole tree?"""
    return any(_RECURSIVE.fullmatch(word) for word in text)


def _arguments(text: Sequence[str], *, valued: Sequence[str]) -> tuple[Mapping[str, str], list[str]]:
    given: dict[str, str] = {}
    plain: list[str] = []
    words = iter(text)
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
        elif name in valued:
            given[name] = value if equals else next(words, "")
        elif word[:2] in valued and not word.startswith("--"):
            given[word[:2]] = word[2:]
        else:
            given[name] = value
    return given, plain
