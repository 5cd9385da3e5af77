"""4xx: start commands that cannot be run as they are written, whatever the app is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from ..check import Finding, Skip
from ..space import Space
from ..space.image import Command
from .serving import one_line

#: A list of words: glued to its bracket, or in quotes and with commas.  ``[ -f x ]`` is a test.
_LIST: Final = re.compile(r"\[(?:[^\[\s]|\s*[\"'“”‘’][^\"'“”‘’]*[\"'“”‘’]\s*,)")
_WORD: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|[“”]([^“”]*)[“”]|([^\s,\[\]\"'“”]+)")


def unreadable_start(space: Space) -> Iterator[Finding]:
    """A CMD or ENTRYPOINT that is meant as a list, and is none to Docker."""
    image = space.image
    for command in (image.entrypoint, image.command) if image else ():
        if command is None or not command.shell or not _LIST.match(command.words[-1]):
            continue
        if space.dockerfile is not None and space.dockerfile.errors:
            raise Skip("needs HFS312")
        yield _no_list(command)
        return


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
