"""4xx: would it come up?  Each failure of a start belongs to one check; see ``causes``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import OAUTH_ENVIRONMENT, Stage
from ...rehearsal.facts import Failure, Rehearsal, Where
from ...space import Space
from ...space.modules import entry_file
from ...space.sources import Sources
from ..build.python_version import tells_of
from ..card.oauth import oauth_uses
from ..causes import NO_PROCESS, failure_code, failure_of, is_kind
from ..serving import one_line, text_of
from . import address
from .command import launch_command
from .hints import STOPS, exit_text, hint_for, likely_targets, reason_of

#: Seconds after which a start-up is reported as slow.
BUDGET: Final = 10.0

#: How the rehearsal says that uvicorn takes it for an application of an older kind.
NOT_ASYNC: Final = "but is not async"

#: What a program calls to serve.
_SERVES: Final = re.compile(r"\buvicorn\.run\(|\.serve\(|\bserve\(")

#: How uvicorn says that a module has no such name.
_NO_ATTRIBUTE: Final = re.compile(r'^Attribute "[^"]*" not found in module')


def _at(space: Space, failure: Failure) -> tuple[str, int | None]:
    where = failure.where or (failure.raised.where if failure.raised else None)
    return (where.path, where.line) if where else (entry_file(space), None)


# -- the import


@check(
    "HFS402",
    "entry-point",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence=STOPS,
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
    if failure.message.endswith(NOT_ASYNC):
        hint = "write async def, and await what it calls"
    elif others:
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
    consequence=STOPS,
)
def import_(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app imports in a clean process.  [field]"""
    failure = failure_of(space, space_rehearsal, "HFS403", "import")
    if failure is None:
        return
    path, line = _at(space, failure)
    if failure.raised is not None and is_kind(failure.raised, "SyntaxError") and tells_of(space, path):
        raise Skip("needs HFS309")
    yield Finding(
        f"{_subject(space)} fails to import: {reason_of(failure)}", hint_for(space, failure), path, line
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
    message = f"importing {subject} ends the process: {ended or reason_of(failure)}"
    if ended.startswith("ended "):
        message = f"importing {subject} ends the process {ended.removeprefix('ended ')}"
    if is_program:
        ended = exit_text(failure) or f"ends ({reason_of(failure)})"
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
    consequence=STOPS,
)
def startup(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The first half of the lifespan, which starts the app, does not raise.  [uvicorn; field]"""
    failure = failure_of(space, space_rehearsal, "HFS406", "startup")
    if failure is None:
        return
    path, line = _at(space, failure)
    ended = "" if failure.raised else exit_text(failure)
    said = f"the process {ended}" if ended else reason_of(failure)
    yield Finding(f"the start-up fails: {said}", hint_for(space, failure), path, line)


@check(
    "HFS407",
    "startup-time",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=address.TIMED_OUT,
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
            predicts=Stage.RUNNING,  # the Hub waits for minutes
        )


@check(
    "HFS419",
    "not-listening",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=address.TIMED_OUT,
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
    yield Finding(f"{happened}{said}", _serve_hint(space, failure), path, line, consequence=consequence)


def _serve_hint(space: Space, failure: Failure) -> str:
    at = failure.where
    if at is not None and not exit_text(failure) and _SERVES.search(text_of(space, at.path)):
        return f"serve first: what is waited for at {at} belongs in the lifespan, with a limit of time"
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
def setting_missing(space: Space, space_sources: Sources, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every variable that start-up cannot do without is declared.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible and not space_rehearsal.stand_ins:
        raise Skip(space_rehearsal.impossible)
    failure = space_rehearsal.failure
    if failure is not None and failure.phase in ("launch", "import") and not space_rehearsal.stand_ins:
        raise Skip(f"needs {failure_code(space, space_rehearsal)}")
    given = _in_dotenv(space)
    if not space.card.hf_oauth and any(use.raises for use in oauth_uses(space, space_sources)):
        given |= OAUTH_ENVIRONMENT.keys()  # they are HFS110's
    lacking = [each for each in space_rehearsal.stand_ins if each.name not in {*space.settings, *given}]
    # a start that ended over one of them is no reason to say nothing of the others
    if space_rehearsal.impossible and not lacking:
        raise Skip(space_rehearsal.impossible)
    for stand_in in lacking:
        kind = "secret" if stand_in.secret else "variable"
        hint = f"add {stand_in.name}= to .env.example, and set it on the Space as a {kind}"
        if stand_in.name in OAUTH_ENVIRONMENT:
            hint = (
                "for the Hub's sign-in write hf_oauth: true in the card of README.md, with which the Hub "
                f"sets it; for another, {hint}"
            )
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
CHECKS: Final[tuple[Check, ...]] = tuple(sorted((*_OWN, *address.CHECKS), key=lambda entry: entry.code))
