"""The commands of a Dockerfile's RUN steps and of the scripts that start a Space, as words."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..space import Space
from ..space.dockerfile import Instruction
from ..space.dockerwords import expand
from ..space.shell import read_shell, simple_commands
from ..space.shell.tokens import UnreadableError
from ..space.shell.words import Shell

_PREFIXES: Final = frozenset(
    {"sudo", "exec", "time", "command", "nice", "nohup", "env", "setsid", "fakeroot"}
)
_SHELLS: Final = frozenset({"ash", "bash", "dash", "sh", "zsh"})

_LARGEST_SCRIPT: Final = 64 * 1024
_MOST_COMMANDS: Final = 5_000
_DEEPEST: Final = 3


class Ran(NamedTuple):
    """``words``: the first is the program as written.  ``base``: the image that the command is run in,
    through the stages.  ``conditional``: it may not run, or may fail without failing the build."""

    words: tuple[str, ...]
    path: str
    line: int
    base: str = ""
    conditional: bool = False

    @property
    def program(self) -> str:
        """The program's bare name."""
        return posixpath.basename(self.words[0])


def build_commands(space: Space) -> Iterator[Ran]:
    """Those of the RUN steps, in all stages."""
    dockerfile = space.dockerfile
    bases: dict[str, str] = {}
    values = _arguments(space)
    for stage in dockerfile.stages if dockerfile else ():
        named = expand(stage[0].text, values).split() or [""]
        base = bases.get(named[0].lower(), named[0])
        if len(named) == 3:
            bases[named[2].lower()] = base
        for instruction in stage[1:]:
            if instruction.name == "RUN":
                yield from _of_step(instruction, dockerfile.path if dockerfile else "", base)


def _arguments(space: Space) -> dict[str, str]:
    """The defaults of the ARGs before the first FROM, which its image may be named by."""
    found: dict[str, str] = {}
    for instruction in space.dockerfile.instructions if space.dockerfile else ():
        if instruction.name != "ARG":
            break
        name, equals, value = instruction.text.partition("=")
        if equals:
            found[name.strip()] = value.strip().strip("\"'")
    return found


def start_commands(space: Space) -> Iterator[Ran]:
    """ENTRYPOINT, CMD, and the lines of the repository's scripts that these run."""
    image = space.image
    for command in (image.entrypoint, image.command) if image else ():
        if command is None:
            continue
        if command.shell:
            yield from of_text(command.words[-1], command.path, command.line, lines=False)
        elif command.words:
            yield Ran(command.words, command.path, command.line)
        for word in " ".join(command.words).split():
            if word.endswith(".sh"):
                yield from _of_script(space, word)


def _of_script(space: Space, word: str) -> Iterator[Ran]:
    image = space.image
    place = posixpath.normpath(posixpath.join(image.workdir if image else "/", word))
    path = image.layout.get(place, "") if image else ""
    if path:
        try:
            yield from of_text(space.files.text(path, _LARGEST_SCRIPT), path, 1)
        except FileNotFoundError:
            return


def _of_step(instruction: Instruction, path: str, base: str) -> Iterator[Ran]:
    if instruction.words:
        yield Ran(instruction.words, path, instruction.line, base)
        return
    yield from of_text(instruction.text, path, instruction.line, base, lines=False)
    for heredoc in instruction.heredocs:
        if instruction.text.startswith("<<"):
            yield from of_text(heredoc.body, path, heredoc.line, base)


def of_text(
    text: str, path: str, line: int, base: str = "", *, lines: bool = True, depth: int = 0
) -> Iterator[Ran]:
    """The commands of shell text; with ``lines`` each at its own line.  None for what is no shell's."""
    try:
        found = list(simple_commands(read_shell(text)))
    except UnreadableError:
        return
    shell = Shell()
    for simple, conditional in found[:_MOST_COMMANDS]:
        for name, value in simple.assignments:
            shell.variables[name] = shell.value(value)
        words = [word.text for word in shell.expand_all(simple.words) if not word.absent]
        while words and (posixpath.basename(words[0]) in _PREFIXES or "=" in words[0]):
            words = words[1:]
        at = line + simple.line - 1 if lines else line
        if len(words) > 2 and posixpath.basename(words[0]) in _SHELLS and words[1] in ("-c", "-lc", "-ec"):
            if depth < _DEEPEST:
                yield from of_text(words[2], path, at, base, lines=False, depth=depth + 1)
        elif words:
            yield Ran(tuple(words), path, at, base, conditional)
