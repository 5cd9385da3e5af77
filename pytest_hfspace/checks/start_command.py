"""4xx, the start command itself: it is understood, and what it names is in the image."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator

from ..check import Finding, NotApplicable, Skip, check
from ..contract import Stage
from ..rehearsal.facts import Failure, Rehearsal
from ..space import Space
from ..space.command import StartCommand
from .causes import NO_PROCESS, failure_code, lost_file, missing_target, without_command
from .serving import one_line
from .start_hints import STOPS, exit_text, likely_targets, reason_of


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
    if space_rehearsal.served:
        return
    code = failure_code(space, space_rehearsal)
    if code == "HFS311":
        raise Skip("needs HFS311")
    if failure is not None and code == "HFS401":
        yield _failed_launch(space, space_rehearsal, command, failure)
        return
    if command.runner is None and _is_failed_json(command):
        yield _failed_json(command)
        return
    lost = lost_file(space)
    if lost and space.sdk == "gradio":
        raise Skip("needs HFS107")
    if lost:
        yield _lost(space, command, lost)
    elif command.runner is None:
        raise Skip(command.reason or "the start command is not understood")


def _is_failed_json(command: StartCommand) -> bool:
    """Is it a list that is not JSON?  Docker then hands it to a shell; "[" alone is a program."""
    return command.words[0].startswith("[") and len(command.words[0]) > 1 and command.words[-1].endswith("]")


def _failed_json(command: StartCommand) -> Finding:
    words = [word.strip("[]").removesuffix(",") for word in command.words]
    array = json.dumps([word for word in words if word], ensure_ascii=False)
    return Finding(
        f"the command is a list that is not JSON, so a shell runs it and finds no program "
        f'"{one_line(command.words[0], 40)}"',
        f"write it with double quotes, and a comma between every two words: {one_line(array, 200)}",
        command.path,
        command.line,
    )


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
        return Finding(
            f"{said}, so the server is not started",
            f"start the server without it, or run it in a copy of the repository: {one_line(step, 80)}",
            command.path,
            command.line,
        )
    return Finding(
        f"the start command {exit_text(failure)}: {said}"
        if exit_text(failure)
        else f"the start command fails: {said}",
        f"run it in a copy of the repository: {one_line(' '.join(command.words), 80)}",
        command.path,
        command.line,
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
    tracked = _tracked(space, f"{name}.py")
    relative = one_line(f"{module.replace('.', '/')}.py")
    message = f'the start command names "{one_line(module)}", and {command.cwd} has no {relative}'
    if tracked:
        folder = posixpath.dirname(tracked[0]) or "."
        message += f"; the repository has {tracked[0]}"
        hint = f"write {tracked[0][:-3].replace('/', '.')}:{_attribute(space, command)} in the start command"
        if command.runner == "uvicorn" and folder != ".":
            hint += f", or add --app-dir {folder}"
    elif space.files.exists_untracked(relative):
        hint = f"git add {relative}"
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
        hint = f"git add {here}"
    elif tracked and space.sdk == "docker":
        hint = f"add COPY {tracked[0]} {path} to the Dockerfile, or name the path that it has in the image"
    else:
        hint = f"add {here} to the repository, or name the file that starts the server"
    return Finding(message, hint, command.path, command.line)
