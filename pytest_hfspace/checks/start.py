"""4xx: would it come up?  Each failure of a start belongs to one check; see ``causes``."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ..check import Check, Finding, NotApplicable, Skip, check
from ..contract import Stage
from ..rehearsal.facts import Failure, Rehearsal, Where
from ..space import Space
from ..space.command import StartCommand
from . import start_address
from .causes import (
    NO_PROCESS,
    entry_file,
    failure_code,
    failure_of,
    lost_file,
    missing_target,
    without_command,
)
from .serving import one_line, text_of
from .start_hints import exit_text, hint_for, likely_targets

#: Seconds after which a start-up is reported as slow.
BUDGET: Final = 10.0

#: How uvicorn says that a module has no such name.
_NO_ATTRIBUTE: Final = re.compile(r'^Attribute "[^"]*" not found in module')

_STOPS: Final = "The container ends, and the Space stops with a runtime error."


def _at(space: Space, failure: Failure) -> tuple[str, int | None]:
    where = failure.where or (failure.raised.where if failure.raised else None)
    return (where.path, where.line) if where else (entry_file(space), None)


def _reason(failure: Failure) -> str:
    """What ended the start, on one line."""
    if failure.raised is not None:
        return one_line(str(failure.raised))
    return one_line(failure.message) or "it ended"


# -- the command


@check(
    "HFS401",
    "launch-command",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence=_STOPS,
)
def launch_command(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The start command is understood, and its target exists in the image's layout.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    command = space.command
    if command is None:
        yield from _no_command(space)
        return
    failure = space_rehearsal.failure
    if space_rehearsal.served:
        return
    if failure is not None and failure_code(space, space_rehearsal) == "HFS401":
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


def _no_command(space: Space) -> Iterator[Finding]:
    reason = without_command(space)
    if reason != "needs HFS401":
        raise Skip(reason)
    yield Finding(
        "the Dockerfile has neither CMD nor ENTRYPOINT, so no server is started",
        f'add CMD ["uvicorn", "{space.app}", "--host", "0.0.0.0", "--port", "{space.port}"]',
        "Dockerfile",
    )


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
        return _reason(failure)
    lines = (line.strip(" \t\r│|╭╮╰╯─") for line in reversed(failure.output.splitlines()))
    return one_line(next(filter(None, lines), "")) or _reason(failure)


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


# -- the import


@check(
    "HFS402",
    "entry-point",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence=_STOPS,
)
def entry_point(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The target of the start command is an ASGI application.  [uvicorn]"""
    failure = failure_of(space, space_rehearsal, "HFS402", "import")
    if failure is None:
        return
    named = (space.command.target if space.command else None) or space.app
    module, _, attribute = named.partition(":")
    others = [target for target in likely_targets(space) if target != named]
    others.sort(key=lambda target: not target.startswith(f"{module}:"))
    if others:
        hint = f"write {others[0]} in the start command"
    else:
        hint = f"let {module} have the application under the name {attribute or 'app'}"
    path, line = _at(space, failure)
    said = one_line(failure.message)
    if _NO_ATTRIBUTE.search(failure.message):
        said = f"{module} has no {attribute or 'app'}"
    yield Finding(f"{named} is no ASGI application: {said}", hint, path, line)


@check(
    "HFS403",
    "import",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence=_STOPS,
)
def import_(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app imports in a clean process.  [field]"""
    failure = failure_of(space, space_rehearsal, "HFS403", "import")
    if failure is None:
        return
    path, line = _at(space, failure)
    yield Finding(
        f"{_subject(space)} fails to import: {_reason(failure)}", hint_for(space, failure), path, line
    )


def _subject(space: Space) -> str:
    command = space.command
    if command is not None and command.script:
        return command.script
    named = (command.target or command.module if command else None) or space.app
    return named.partition(":")[0]


@check(
    "HFS404",
    "import-side-effects",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence="The server never comes to serve the app.",
)
def import_side_effects(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Importing binds no port, starts no server, does not exit or block.  [field]"""
    failure = failure_of(space, space_rehearsal, "HFS404", "import")
    if failure is not None:
        yield _side_effect(space, failure)
    elif space.command is not None and space.command.runner != "python":
        yield from _bound(space, space_rehearsal)


def _side_effect(space: Space, failure: Failure) -> Finding:
    path, line = _at(space, failure)
    subject = _subject(space)
    guard = 'put it under if __name__ == "__main__":'
    if failure.kind == "served":
        guard = 'put the call that starts it under if __name__ == "__main__":'
        return Finding(f"importing {subject} starts a server of its own", guard, path, line)
    if failure.kind == "hung":
        message = f"importing {subject} was not through after {failure.seconds:.0f} s"
        return Finding(message, "move the work into the app's lifespan, or a thread", path, line)
    is_program = space.command is not None and space.command.runner == "python"
    ended = exit_text(failure)
    message = f"importing {subject} ends the process: {ended or _reason(failure)}"
    if ended.startswith("ended "):
        message = f"importing {subject} ends the process {ended.removeprefix('ended ')}"
    if is_program:
        ended = exit_text(failure) or f"ends ({_reason(failure)})"
        message = f"{subject} {ended} before it serves"
        guard = "let it go on to start the server; its last output says why it does not"
    said = failure.raised.message if failure.raised else ""
    if exit_text(failure) and said and not said.isdecimal():
        message += f": {one_line(said)}"
    return Finding(message, guard, path, line)


def _bound(space: Space, rehearsal: Rehearsal) -> Iterator[Finding]:
    """Ports that were bound while importing; 0 asks for any, and harms nobody."""
    seen: set[tuple[int, Where | None]] = set()
    for _host, port, where in rehearsal.bound_while_importing:
        if port == 0 or (port, where) in seen:
            continue
        seen.add((port, where))
        is_app_port = port == space.port
        yield Finding(
            f"importing {_subject(space)} binds port {port}"
            + (", which the server needs itself" if is_app_port else ""),
            'put it under if __name__ == "__main__":, or into the app\'s lifespan',
            where.path if where else entry_file(space),
            where.line if where else None,
            level=None if is_app_port else "warn",
            consequence="" if is_app_port else "A second import of the module fails, as the port is taken.",
        )


# -- the start-up


@check(
    "HFS406",
    "startup",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence=_STOPS,
)
def startup(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The lifespan starts.  [uvicorn; field]"""
    failure = failure_of(space, space_rehearsal, "HFS406", "startup")
    if failure is None:
        return
    path, line = _at(space, failure)
    ended = "" if failure.raised else exit_text(failure)
    said = f"the process {ended}" if ended else _reason(failure)
    yield Finding(f"the start-up fails: {said}", hint_for(space, failure), path, line)


@check(
    "HFS407",
    "startup-time",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=start_address.TIMED_OUT,
)
def startup_time(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The start-up ends; one that takes longer than the budget of 10 s is a warning.  [field]"""
    failure = failure_of(space, space_rehearsal, "HFS407", "startup")
    if failure is not None:
        path, line = _at(space, failure)
        yield Finding(
            f"the start-up waits, and was not through after {failure.seconds:.0f} s",
            "give what it waits for a time-out, or start it as a task and serve meanwhile",
            path,
            line,
        )
        return
    parts = {name: space_rehearsal.timings.get(name, 0.0) for name in ("import", "startup")}
    total = sum(parts.values())
    if total > BUDGET:
        yield Finding(
            f"the start took {total:.0f} s (import {parts['import']:.0f} s, start-up "
            f"{parts['startup']:.0f} s); wanted at most {BUDGET:.0f} s",
            "load what is large when it is first asked for, or while the image is built",
            entry_file(space),
            level="warn",
            consequence="After every restart and every sleep, visitors wait at least as long.",
        )


@check(
    "HFS419",
    "not-listening",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=start_address.TIMED_OUT,
)
def not_listening(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The start command serves.  [field]"""
    failure = failure_of(space, space_rehearsal, "HFS419", "serve")
    if failure is None:
        return
    command = space.command
    path, line = _at(space, failure)
    if failure.where is None and command is not None and command.runner != "python":
        path, line = command.path, command.line
    last = one_line(failure.output.strip().rpartition("\n")[2], 100)
    said = f'; its last output: "{last}"' if last else "; it printed nothing"
    ended = exit_text(failure)
    happened = f"the start command {ended}, and nothing listens" if ended else "nothing listens"
    if not ended and failure.seconds:
        happened += f" after {failure.seconds:.0f} s"
    consequence = "The container ends, so nothing ever listens on the app port." if ended else ""
    yield Finding(f"{happened}{said}", _serve_hint(space), path, line, consequence=consequence)


def _serve_hint(space: Space) -> str:
    if space.command is not None and space.command.runner == "python":
        return f'end the program with uvicorn.run(app, host="0.0.0.0", port={space.port})'
    return f"start a server: uvicorn {space.app} --host 0.0.0.0 --port {space.port}"


# -- settings


@check(
    "HFS420",
    "setting-missing",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence="Without it the Space ends while it starts, as does every copy of it.",
)
def setting_missing(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every variable that start-up cannot do without is declared.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    failure = space_rehearsal.failure
    if failure is not None and failure.phase in ("launch", "import") and not space_rehearsal.stand_ins:
        raise Skip(f"needs {failure_code(space, space_rehearsal)}")
    given = _in_dotenv(space)
    for stand_in in space_rehearsal.stand_ins:
        if stand_in.name in space.settings or stand_in.name in given:
            continue
        kind = "secret" if stand_in.secret else "variable"
        hint = f"add {stand_in.name}= to .env.example, and set it on the Space as a {kind}"
        if stand_in.name == "PORT":
            hint = f'the Hub sets no PORT: read it as os.environ.get("PORT", "{space.port}")'
        yield Finding(
            f"{stand_in.name} must be set before the app starts, and nothing declares it",
            hint,
            stand_in.where.path if stand_in.where else entry_file(space),
            stand_in.where.line if stand_in.where else None,
        )


def _in_dotenv(space: Space) -> frozenset[str]:
    """Variables of a .env file that would be in the image, though it should not be."""
    layout = space.image.layout if space.image else {}
    paths = [source for path, source in layout.items() if posixpath.basename(path) == ".env"]
    texts = (text_of(space, path) for path in paths)
    return frozenset(
        name for text in texts for name in re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", text, re.MULTILINE)
    )


_OWN: Final[tuple[Check, ...]] = (
    launch_command,
    entry_point,
    import_,
    import_side_effects,
    startup,
    startup_time,
    not_listening,
    setting_missing,
)
CHECKS: Final[tuple[Check, ...]] = tuple(sorted((*_OWN, *start_address.CHECKS), key=lambda entry: entry.code))
