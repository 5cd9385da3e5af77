"""The image that a build would make, as far as the Dockerfile's final stage tells.

For the gradio SDK the image is the repository at /app.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..dockerfile import Dockerfile, Instruction
from ..dockerwords import assignments, split_words
from ..files import Files
from .copying import Context, copy
from .installed import search_path
from .installs import PipInstall
from .permissions import Permissions
from .ran import CacheFill, Ran
from .stage import Budget, Command, Copy, Stage, Variable
from .steps import run

__all__ = [
    "TOO_LONG",
    "CacheFill",
    "Command",
    "Copy",
    "Image",
    "Permissions",
    "PipInstall",
    "Ran",
    "Variable",
    "docker_image",
    "gradio_image",
]

#: Known to every build without being declared by a default.
_PLATFORM = {
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
}

#: More than any real Dockerfile has; the rest is not followed.
_MOST_STAGES = 200
_MOST_INSTRUCTIONS = 2000

#: One of ``not_followed``: then the start command may stand in what is not read.
TOO_LONG = "the Dockerfile is longer than 256 KiB or 2000 instructions, and not followed to its end"

_VERSION = r"3\.\d{1,2}(?:\.\d{1,2})?"
_OFFICIAL_TAG = re.compile(rf"(?:^|-)({_VERSION})(?![\d.])")
_NAMED_TAG = re.compile(rf"(?:python|py)-?({_VERSION})(?![\d.])|(?:python|py)-?3(\d{{1,2}})(?![\d.])")
_NAMED_IMAGE = re.compile(r"python-?3(\d{1,2})\Z")


@dataclass(frozen=True)
class Image:
    """``layout`` maps absolute image paths of files to the repository paths that they come from.

    ``base``: the final FROM, resolved through stages to the outermost image, or "".
    ``python``: the version that the base image's tag promises ("3.12", "3.12.1"), or None.
    ``user``: the last USER, or "".  ``not_followed``: sentences on what could not be followed
    (COPY from a stage, ADD of a URL, RUN steps that make files), each with its line.
    ``installs``: the Python install steps of every stage that the final one needs; ``copies``
    likewise.  ``made``: files whose content stands in the Dockerfile, by image path.
    ``directories``: those that the build makes or copies into, sorted.
    ``env`` has in its PYTHONPATH also where the repository's own package is installed.
    ``mounts``: sources that RUN steps mount; ``ran``: the commands of RUN steps; ``caches``: those that
    filled one which is in the image.  ``permissions``: who may write where, as the build leaves it.
    """

    workdir: str
    layout: dict[str, str]
    env: dict[str, Variable]
    base: str = ""
    python: str | None = None
    user: str = ""
    entrypoint: Command | None = None
    command: Command | None = None
    copies: tuple[Copy, ...] = ()
    installs: tuple[PipInstall, ...] = ()
    not_followed: tuple[str, ...] = ()
    made: dict[str, bytes] = field(default_factory=dict)
    directories: tuple[str, ...] = ()
    mounts: tuple[Copy, ...] = ()
    ran: tuple[Ran, ...] = ()
    caches: tuple[CacheFill, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)

    def writable(self, path: str) -> bool | None:
        """May the user that the Hub runs the container as write this file, or make it?

        Of a directory: make files in it.  None where the build does not tell.
        """
        return self.permissions.writable(path)


def docker_image(dockerfile: Dockerfile, files: Files) -> Image:
    """Follow the final stage (and the stages that it is built FROM)."""
    build = _Build(dockerfile, files)
    final = build.final()
    needed = [*build.finished.values()] if final else []
    final = final or Stage()
    variable = search_path(final, needed)
    not_followed = dict.fromkeys(final.not_followed)
    if any(stage.tree.exhausted for stage in needed):
        not_followed["the build has more files and steps than are followed"] = None
    if dockerfile.cut or any(len(stage) > _MOST_INSTRUCTIONS for stage in dockerfile.stages):
        not_followed[TOO_LONG] = None
    if not build.context.rules.complete:
        not_followed["the .dockerignore has more rules than are followed"] = None
    return Image(
        workdir=final.workdir,
        layout=final.tree.layout,
        env=final.env if variable is None else final.env | {variable.name: variable},
        base=final.base,
        python=python_of(final.base),
        user=final.user,
        entrypoint=final.entrypoint,
        command=final.command,
        copies=tuple(item for stage in needed for item in stage.copies),
        installs=tuple(item for stage in needed for item in stage.installs),
        not_followed=tuple(not_followed),
        made=final.tree.made,
        directories=tuple(sorted(final.tree.directories)),
        mounts=tuple(item for stage in needed for item in stage.mounts),
        ran=build.ran(),
        caches=tuple(final.caches),
        permissions=final.permissions,
    )


def gradio_image(files: Files, python: str | None) -> Image:
    """The repository at /app, as the gradio SDK's own image has it."""
    layout = {f"/app/{path}": path for path, entry in files.tracked.items() if entry.mode != 0o160000}
    directories = {"/app"} | {posixpath.dirname(path) for path in layout}
    return Image("/app", layout, {}, python=python, directories=tuple(sorted(directories)))


def python_of(image: str) -> str | None:
    """The Python version that an image reference promises, or None."""
    reference = image.partition("@")[0]
    path, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        path, tag = reference, ""
    name = path.rpartition("/")[2]
    if name == "python":
        official = _OFFICIAL_TAG.search(tag)
        return official[1] if official else None
    named = _NAMED_TAG.search(tag)
    if named:
        return named[1] or f"3.{named[2]}"
    in_name = _NAMED_IMAGE.search(name)
    return f"3.{in_name[1]}" if in_name else None


class _Build:
    """Follows the stages in the order in which they stand, those that the last one needs."""

    def __init__(self, dockerfile: Dockerfile, files: Files) -> None:
        self.dockerfile = dockerfile
        self.context = Context(files, dockerfile.path)
        self.stages = dockerfile.stages
        self.arguments = self._global_arguments()
        self.names = {_stage_name(stage[0]): index for index, stage in enumerate(self.stages)}
        self.budget = Budget()
        self.finished: dict[int, Stage] = {}
        #: the stage that each one is built FROM
        self.parents: dict[int, int] = {}
        #: finished stages under the names that --from may give them
        self.named: dict[str, Stage] = {}

    def _global_arguments(self) -> dict[str, str]:
        values = dict(_PLATFORM)
        for instruction in self.dockerfile.instructions[:_MOST_INSTRUCTIONS]:
            if instruction.name == "FROM":
                break
            _declare(instruction, values, {}, self.dockerfile.escape)
        return values

    def final(self) -> Stage | None:
        """The last stage, followed; None where there is none."""
        needed = self._needed()
        for index, stage in enumerate(self.stages):
            if index in needed:
                finished = self._follow(index, stage)
                self.finished[index] = finished
                self.named[str(index)] = finished
                if _stage_name(stage[0]):
                    self.named[_stage_name(stage[0])] = finished
        return self.finished.get(len(self.stages) - 1)

    def ran(self) -> tuple[Ran, ...]:
        """The commands of all stages that were followed."""
        line: set[int] = set()
        index: int | None = len(self.stages) - 1
        while index is not None:
            line.add(index)
            index = self.parents.get(index)
        return tuple(
            item if number in line else item._replace(final=False)
            for number, stage in self.finished.items()
            for item in stage.ran
        )

    def _needed(self) -> set[int]:
        wanted = {len(self.stages) - 1}
        for index in range(len(self.stages) - 1, -1, -1):
            if index in wanted and len(wanted) < _MOST_STAGES:
                wanted |= {other for other in self._references(index) if 0 <= other < index}
        return wanted

    def _references(self, index: int) -> set[int]:
        found = set()
        for instruction in self.stages[index]:
            if instruction.name == "FROM":
                names = [self._from(instruction)]
            else:
                names = [instruction.flags.get("from", "")]
                names += re.findall(r"(?:\A|[\n,])from=([^,\n]+)", instruction.flags.get("mount", ""))
            for name in names:
                place = self.names.get(name.lower()) if name else None
                if place is not None:
                    found.add(place)
                elif name.isdecimal() and len(name) < 5 and instruction.name != "FROM":
                    found.add(int(name))
        return found

    def _from(self, instruction: Instruction) -> str:
        expanded = Stage(args=self.arguments, escape=self.dockerfile.escape).expand(instruction.text)
        return (expanded.split() or [""])[0]

    def _follow(self, index: int, instructions: tuple[Instruction, ...]) -> Stage:
        base = self._from(instructions[0])
        parent = self.finished.get(self.names.get(base.lower(), -1))
        if parent is not None and self.names[base.lower()] < index:
            self.parents[index] = self.names[base.lower()]
            stage = parent.derive()
        else:
            stage = Stage.on(base, self.budget)
        stage.path, stage.escape = self.dockerfile.path, self.dockerfile.escape
        for instruction in instructions[1:_MOST_INSTRUCTIONS]:
            if instruction.name in ("COPY", "ADD"):
                copy(instruction, stage, self.context, self.named)
            elif instruction.name == "RUN":
                run(instruction, stage, self.context)
            elif instruction.name == "ARG":
                _declare(instruction, stage.args, self.arguments, stage.escape, stage.values)
            elif instruction.name in _SETTINGS:
                _SETTINGS[instruction.name](instruction, stage)
        if len(instructions) > _MOST_INSTRUCTIONS:
            stage.give_up(instructions[_MOST_INSTRUCTIONS].line, "the instructions from here on")
        return stage


def _stage_name(instruction: Instruction) -> str:
    parts = instruction.text.split()
    return parts[2].lower() if len(parts) == 3 else ""


def _declare(
    instruction: Instruction,
    values: dict[str, str],
    inherited: Mapping[str, str],
    escape: str,
    known: Mapping[str, str] | None = None,
) -> None:
    """ARG: a default of its own, or else that of the ARG of this name before the first FROM."""
    scope = Stage(args=dict(values if known is None else known), escape=escape)
    for word in split_words(instruction.text, escape):
        name, equals, default = word.partition("=")
        if equals:
            values[name] = scope.args[name] = scope.expand(default)
        elif name in inherited:
            values[name] = scope.args[name] = inherited[name]


def _env(instruction: Instruction, stage: Stage) -> None:
    for name, value in assignments(instruction.text, stage.values, stage.escape):
        stage.env[name] = Variable(name, value, stage.path, instruction.line)


def _workdir(instruction: Instruction, stage: Stage) -> None:
    stage.workdir = stage.resolve(stage.expand(instruction.text))
    # BuildKit makes it for the USER of the moment
    stage.permissions.made_by(stage.uid, instruction.line)
    stage.tree.add_directory(stage.workdir)


def _user(instruction: Instruction, stage: Stage) -> None:
    stage.user = stage.expand(instruction.text)


def _volume(instruction: Instruction, stage: Stage) -> None:
    for word in instruction.words or tuple(split_words(instruction.text, stage.escape)):
        path = stage.resolve(stage.expand(word))
        stage.permissions.made_by(0, instruction.line)
        stage.tree.add_directory(path)
        stage.permissions.hidden.add(path)


def _shell(instruction: Instruction, stage: Stage) -> None:
    if instruction.words:
        stage.shell = instruction.words


def _entrypoint(instruction: Instruction, stage: Stage) -> None:
    stage.entrypoint = _command(instruction, stage)
    if not stage.command_is_own:
        # Docker drops an inherited CMD: it was meant for the inherited ENTRYPOINT
        stage.command = None


def _cmd(instruction: Instruction, stage: Stage) -> None:
    stage.command = _command(instruction, stage)
    stage.command_is_own = True


def _command(instruction: Instruction, stage: Stage) -> Command | None:
    if instruction.words is not None:
        return (
            Command(instruction.words, shell=False, path=stage.path, line=instruction.line)
            if instruction.words
            else None
        )
    if not instruction.text:
        return None
    return Command((*stage.shell, instruction.text), True, stage.path, instruction.line)  # noqa: FBT003 - as in Command


_SETTINGS: Mapping[str, Callable[[Instruction, Stage], None]] = {
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "SHELL": _shell,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
