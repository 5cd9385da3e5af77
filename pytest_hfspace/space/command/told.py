"""What a script asks about its own place: ``$(dirname "$0")``, ``$(cd … && pwd)``, ``$(readlink -f …)``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from ..image.stage import absolute
from ..shell import Simple, read_shell
from ..shell.tokens import UnreadableError
from ..shell.words import Shell


def path_told(text: str, shell: Shell, cwd: str) -> str | None:
    """What the commands of a substitution print, where all that they do is to work with paths.

    None for every other one.  ``cwd``: the directory that they start in.
    """
    try:
        items = read_shell(text)
    except UnreadableError:
        return None
    told: list[str] = []
    for item in items:
        if not isinstance(item, Simple) or item.connector in ("|", "||") or item.background or not item.words:
            return None
        if any(redirect.operator == "<" or redirect.body for redirect in item.redirects):
            return None
        name, *arguments = shell.expand_all(item.words)
        if name.opaque or any(argument.opaque or argument.source == "unset" for argument in arguments):
            return None
        words = [argument.text for argument in arguments]
        paths = [word for word in words if not word.startswith("-")]
        if name.text == "cd" and len(paths) == 1:
            cwd = absolute(paths[0], cwd)
            continue
        command = _COMMANDS.get(name.text)
        line = command(words, paths, cwd) if command is not None else None
        if line is None:
            return None
        told.append(line)
    return told[0] if len(told) == 1 else None


def _pwd(_words: Sequence[str], paths: Sequence[str], cwd: str) -> str | None:
    return None if paths else cwd


def _dirname(_words: Sequence[str], paths: Sequence[str], _cwd: str) -> str | None:
    return posixpath.dirname(paths[0].rstrip("/")) or "." if len(paths) == 1 else None


def _basename(_words: Sequence[str], paths: Sequence[str], _cwd: str) -> str | None:
    name = posixpath.basename(paths[0].rstrip("/")) if paths else ""
    if not name or len(paths) > 2:
        return None
    return name.removesuffix(paths[1]) if len(paths) == 2 else name


def _readlink(words: Sequence[str], paths: Sequence[str], cwd: str) -> str | None:
    follows = {"-f", "-e", "-m", "--canonicalize"} & set(words)
    return _realpath(words, paths, cwd) if follows else None


def _realpath(words: Sequence[str], paths: Sequence[str], cwd: str) -> str | None:
    if len(paths) != 1 or any(word.startswith("--relative") for word in words):
        return None
    return absolute(paths[0], cwd)


_COMMANDS: dict[str, Callable[[Sequence[str], Sequence[str], str], str | None]] = {
    "basename": _basename,
    "dirname": _dirname,
    "pwd": _pwd,
    "readlink": _readlink,
    "realpath": _realpath,
}
