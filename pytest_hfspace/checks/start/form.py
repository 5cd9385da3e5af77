"""4xx: start commands that cannot be run as they are written, whatever the app is."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...check import Finding, Skip
from ...space import Space
from ...space.files import REGULAR
from ...space.image import Command
from ...space.shell import read_shell, simple_commands
from ...space.shell.tokens import UnreadableError
from ..serving import one_line

#: A list of words: glued to its bracket, or in quotes and with commas.  ``[ -f x ]`` is a test.
_LIST: Final = re.compile(r"\[(?:[^\[\s]|\s*[\"'“”\u2018\u2019][^\"'“”\u2018\u2019]*[\"'“”\u2018\u2019]\s*,)")
#: Programs that start another one.
_INITS: Final = frozenset({"tini", "dumb-init"})
#: What takes carriage returns out, in the build and in git.
_REPAIRS: Final = re.compile(r"dos2unix|fromdos|\\r|\\015")
_NORMALISES: Final = re.compile(r"\b(?:text|eol|crlf)\b")
_LARGEST: Final = 64 * 1024
_WORD: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|[“”]([^“”]*)[“”]|([^\s,\[\]\"'“”]+)")


def unreadable_start(space: Space) -> Iterator[Finding]:
    """A CMD or ENTRYPOINT that is meant as a list and is none, or that the kernel will not run."""
    image = space.image
    for command in (image.entrypoint, image.command) if image else ():
        if command is None or not command.shell or not _LIST.match(command.words[-1]):
            continue
        if space.dockerfile is not None and space.dockerfile.errors:
            raise Skip("needs HFS312")
        yield _no_list(command)
        return
    yield from _unrunnable(space)


def _unrunnable(space: Space) -> Iterator[Finding]:
    """A script that the start command runs by its path: it needs a mode and a first line for that."""
    image = space.image
    command = (image.entrypoint or image.command) if image else None
    program = _program(command) if command else ""
    if image is None or command is None or "/" not in program or image.not_followed:
        return
    path = posixpath.normpath(posixpath.join(image.workdir, program))
    source = image.layout.get(path, "")
    entry = space.files.tracked.get(source)
    if entry is None:
        return
    name, shown = one_line(source, 60), one_line(program, 60)
    mode = image.permissions.of(path).mode
    if entry.mode == REGULAR and mode is not None and not mode & 0o111:
        yield Finding(
            f"the start command runs {shown}, and {name} is not executable (its mode in git is 100644)",
            f"git update-index --chmod=+x {name}, or run it by its shell: bash {shown}",
            command.path,
            command.line,
            consequence=f'The container ends at once: "exec {shown}: permission denied".',
        )
    elif _has_crlf_shebang(space, source):
        yield Finding(
            f"{name} has Windows line ends, so its first line names a program that ends in a carriage return",
            f"save it with line feeds alone, and add the line {name} text eol=lf to .gitattributes",
            source,
            1,
            consequence=f'The container ends at once: "exec {shown}: no such file or directory" '
            '("bad interpreter").',
        )


def _program(command: Command) -> str:
    """What the kernel is asked to run, or the shell runs first."""
    words = command.words
    if command.shell:
        try:
            first = next(simple_commands(read_shell(words[-1])), None)
        except UnreadableError:
            return ""
        words = first[0].words if first and not first[1] else ()
        words = words[1:] if words[:1] == ("exec",) else words
    elif words and posixpath.basename(words[0]) in _INITS:
        words = words[words.index("--") + 1 :] if "--" in words else words[1:]
    return words[0] if words and not set(words[0]) & set("$*`\"'") else ""


def _has_crlf_shebang(space: Space, source: str) -> bool:
    """Does the file begin with ``#!`` and a line end that Linux takes for a part of the name?"""
    steps = space.dockerfile.instructions if space.dockerfile else ()
    if any(_REPAIRS.search(f"{step.text}{[doc.body for doc in step.heredocs]}") for step in steps):
        return False
    if space.files.ref is None and os.name == "nt":
        return False  # git may store other line ends than it writes here
    attributes = (path for path in space.files.tracked if posixpath.basename(path) == ".gitattributes")
    try:
        if any(_NORMALISES.search(space.files.text(path, _LARGEST)) for path in attributes):
            return False
        first = space.files.read(source, _LARGEST).split(b"\n", 1)[0]
    except OSError:
        return False
    return first.startswith(b"#!") and first.endswith(b"\r")


def _no_list(command: Command) -> Finding:
    text = command.words[-1]
    end = text.rfind("]") + 1
    words = [next(filter(None, groups), "") for groups in _WORD.findall(text[: end or None])]
    array = json.dumps([word for word in words if word], ensure_ascii=False)
    program = re.sub(r"[\"']", "", text.split()[0])
    why = "lacks its last bracket" if end == 0 else "is not JSON"
    does = f'finds no program "{one_line(program, 40)}"' if len(program) > 1 else "takes it for a test"
    return Finding(
        f"the command is a list that {why}, so a shell runs it and {does}",
        f"write it with double quotes, and a comma between every two words: {one_line(array, 200)}",
        command.path,
        command.line,
    )
