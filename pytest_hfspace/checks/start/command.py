"""4xx, the start command itself: it is understood, and what it names is in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Failure, Rehearsal
from ...space import Space
from ...space.command import StartCommand
from ..adding import git_add, git_restore
from ..causes import NO_PROCESS, failure_code, lost_file, missing_target, without_command
from ..serving import one_line
from .form import unreadable_start
from .hints import STOPS, exit_text, likely_targets, reason_of


@check(
    "HFS401",
    "launch-command",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence=STOPS,
)
def launch_command(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The start command is understood, and its target exists in the image's layout.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    command = space.command
    if command is None:
        raise Skip(without_command(space))
    failure = space_rehearsal.failure
    unreadable = list(unreadable_start(space))
    if unreadable:
        yield from unreadable
        return
    if space_rehearsal.served:
        return
    code = failure_code(space, space_rehearsal)
    if code == "HFS311":
        raise Skip("needs HFS311")
    if failure is not None and code == "HFS401":
        yield _failed_launch(space, space_rehearsal, command, failure)
        return
    lost = lost_file(space)
    if lost and space.sdk == "gradio":
        raise Skip("needs HFS107")
    if lost:
        yield _lost(space, command, lost)
    elif command.runner is None:
        raise Skip(command.reason or "the start command is not understood")


def _failed_launch(space: Space, rehearsal: Rehearsal, command: StartCommand, failure: Failure) -> Finding:
    absent = missing_target(space, rehearsal)
    if absent:
        return _absent_target(space, command, absent)
    lost = lost_file(space)
    if lost:
        return _lost(space, command, lost)
    said = _last_words(failure)
    step = next((words for words in map(" ".join, command.before) if said.startswith(f"{words} ended")), "")
    if step:
        return _failed_step(command, failure, step)
    return Finding(
        f"the start command {exit_text(failure)}: {said}"
        if exit_text(failure)
        else f"the start command fails: {said}",
        f"run it in a copy of the repository: {one_line(' '.join(command.words), 80)}",
        command.path,
        command.line,
    )


def _failed_step(command: StartCommand, failure: Failure, step: str) -> Finding:
    """A command before the server: what ended it comes as the cause of the exit."""
    cause = failure.raised.cause if failure.raised else None
    lines = [line for line in map(str.strip, failure.output.splitlines()) if line]
    ending = next((line for line in reversed(lines) if line.startswith(f"{step} ended")), "")
    last = lines[lines.index(ending) - 1] if ending and lines.index(ending) else ""
    said = str(cause) if cause is not None and cause.kind != "SystemExit" else last
    where = cause.where if cause is not None else None
    hint = f"correct what ends it; to see all of it, run it in a copy of the repository: {one_line(step, 80)}"
    if cause is not None and cause.kind == "NotInstalled":
        program = one_line(step.partition(" ")[0])
        said, hint = f"no declared package brings {program}", f"add what brings {program} to the requirements"
    return Finding(
        f"{one_line(ending)}, so the server is not started" + (f": {one_line(said)}" if said else ""),
        hint,
        where.path if where else command.path,
        where.line if where else command.line,
    )


def _last_words(failure: Failure) -> str:
    """What a command said before it ended: for an exit that is its output, not the exception."""
    raised = failure.raised
    if raised is None or raised.kind != "SystemExit":
        return reason_of(failure)
    lines = (line.strip(" \t\r│|╭╮╰╯─") for line in reversed(failure.output.splitlines()))
    return one_line(next(filter(None, lines), "")) or reason_of(failure)


def _absent_target(space: Space, command: StartCommand, module: str) -> Finding:
    name = module.rpartition(".")[2]
    relative = one_line(f"{module.replace('.', '/')}.py")
    # the one that has the package's folders as well comes first
    tracked = sorted(_tracked(space, f"{name}.py"), key=lambda path: not path.endswith(f"/{relative}"))
    message = f'the start command names "{one_line(module)}", and {command.cwd} has no {relative}'
    if tracked:
        message += f"; the repository has {tracked[0]}"
        hint = f"write {tracked[0][:-3].replace('/', '.')}:{_attribute(space, command)} in the start command"
        if command.runner == "uvicorn" and tracked[0].endswith(f"/{relative}"):
            hint += f", or add --app-dir {tracked[0].removesuffix(f'/{relative}')}"
    elif space.files.exists_untracked(relative):
        hint = git_add(space.files, relative)
    elif relative in space.files.deleted:
        hint = git_restore(relative)
    else:
        likely = likely_targets(space)
        hint = f"write {likely[0]} in the start command" if likely else "name the module that makes the app"
    return Finding(message, hint, command.path, command.line)


def _tracked(space: Space, name: str) -> list[str]:
    """The tracked files of this name, fit for a message."""
    return sorted(one_line(path) for path in space.files.tracked if posixpath.basename(path) == name)


def _attribute(space: Space, command: StartCommand) -> str:
    return (command.target or space.app).partition(":")[2] or "app"


def _lost(space: Space, command: StartCommand, path: str) -> Finding:
    name = posixpath.basename(path)
    message = f"the start command runs {one_line(path)}, which is not in the image"
    here = one_line(posixpath.relpath(path, command.cwd))
    tracked = _tracked(space, name)
    if space.files.exists_untracked(here):
        hint = git_add(space.files, here)
    elif here in space.files.deleted:
        hint = git_restore(here)
    elif tracked and space.sdk == "docker":
        hint = f"add COPY {tracked[0]} {path} to the Dockerfile, or name the path that it has in the image"
    else:
        hint = f"add {here} to the repository, or name the file that starts the server"
    return Finding(message, hint, command.path, command.line)
