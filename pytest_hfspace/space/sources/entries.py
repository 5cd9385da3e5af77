"""What the start runs first: programs and modules, by the start command's words."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from .. import Space


class Entry(NamedTuple):
    """A module to import, or a program to run, by its name or its absolute image path."""

    module: str = ""
    script: str = ""
    is_main: bool = False


def entries(space: Space) -> Iterator[Entry]:
    """In the order in which they are run.  Nothing where there is no start command."""
    command = space.command
    if command is None:
        return
    for words in command.before:
        yield from _python(words, command.cwd)
    if command.runner == "gunicorn":
        yield Entry(script=_gunicorn_file(command.words, command.cwd))
    if command.script and command.runner != "fastapi":
        yield Entry(script=_absolute(command.script, command.cwd), is_main=True)
    elif command.script:
        yield Entry(script=_absolute(command.script, command.cwd))
    elif command.function:
        yield Entry(module=command.function.partition(":")[0])
    elif command.module and command.target is None:
        yield Entry(module=command.module, is_main=command.runner == "python")
    else:
        yield Entry(module=(command.target or space.app).partition(":")[0])


def _python(words: tuple[str, ...], cwd: str) -> Iterator[Entry]:
    """A Python command that comes before the server."""
    program = posixpath.basename(words[0]) if words else ""
    if program == "alembic":
        yield from (Entry(script=_absolute(f"{folder}/env.py", cwd)) for folder in ("alembic", "migrations"))
    elif program.endswith(".py"):
        yield Entry(script=_absolute(words[0], cwd), is_main=True)
    elif program.startswith("python"):
        given = iter(words[1:])
        for word in given:
            if word == "-m":
                yield Entry(module=next(given, ""), is_main=True)
                return
            if word in ("-W", "-X"):
                next(given, "")
            elif not word.startswith("-"):
                yield Entry(script=_absolute(word, cwd), is_main=True)
                return
            elif word == "-c":
                return


def _gunicorn_file(words: tuple[str, ...], cwd: str) -> str:
    """Its configuration is a Python file."""
    named = "gunicorn.conf.py"
    for word, following in zip(words, (*words[1:], ""), strict=True):
        if word in ("-c", "--config"):
            named = following
        elif word.startswith("--config="):
            named = word.partition("=")[2]
    return _absolute(named.removeprefix("file:"), cwd)


def _absolute(path: str, cwd: str) -> str:
    return posixpath.normpath(posixpath.join(cwd, path))
