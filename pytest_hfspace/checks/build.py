"""3xx: would the build find its requirements, and install the server that is started?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from ..check import Check, Finding, NotApplicable, Skip, check
from ..contract import Stage
from ..rehearsal.facts import Rehearsal
from ..space import Space
from .causes import undeclarable, without_command, without_image
from .distributions import Closure, brought
from .serving import one_line

NO_PACKAGES: Final = "a static Space installs no Python packages"

#: The distribution of each server that a start command can name.
_SERVERS: Final = {
    "uvicorn": ("uvicorn",),
    "fastapi": ("fastapi-cli", "fastapi"),
    "gunicorn": ("gunicorn",),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
    "daphne": ("daphne",),
    "litestar": ("litestar",),
}

#: A worker class of gunicorn, and the distributions that bring it.
_WORKERS: Final = (("uvicorn_worker", ("uvicorn-worker",)), ("uvicorn", ("uvicorn",)))


@check(
    "HFS301",
    "requirements-missing",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence="pip does not find the file, and the build ends with an error.",
)
def requirements_missing(space: Space) -> Iterator[Finding]:
    """Every requirements file that the build installs is tracked.  [spaces-dependencies]"""
    need_build(space)
    for file in space.requirements.files:
        if file.found:
            continue
        path = _repository_path(space, file.path)
        name, other = one_line(path), space.files.similar(path)
        if space.files.exists_untracked(path):
            message, hint = f"{name} is installed by the build, but git does not track it", f"git add {name}"
        elif other is not None:
            message = f"the build installs {name}; the repository has {one_line(other)}, in another case"
            hint = f"git mv {one_line(other)} {name}"
        elif space.sdk == "gradio" or _is_made(space, path):
            continue
        else:
            message = f"the build installs {name}, which is not in the repository"
            hint = f"add {name}, or name the file that lists the requirements"
        yield Finding(message, hint, file.where, file.line)


def need_build(space: Space) -> None:
    """Raise Skip where nothing is installed, or where nothing is known of the image."""
    if space.sdk == "static":
        raise Skip(NO_PACKAGES)
    if space.image is None:
        raise Skip(without_image(space))


def _repository_path(space: Space, path: str) -> str:
    """Where a file that the build looks for in the image would have come from."""
    image = space.image
    path = posixpath.normpath(path)
    if image is None or not path.startswith("/"):
        return path
    for copy in image.copies:
        if copy.target in (path, posixpath.dirname(path)) and _is_named(copy.source, path):
            return posixpath.normpath(copy.source)
    folder = f"{image.workdir.rstrip('/')}/"
    return path[len(folder) :] if path.startswith(folder) else path


def _is_made(space: Space, name: str) -> bool:
    """May a step that could not be followed have made this file?"""
    image = space.image
    if image is None or any(not copy.found and _is_named(copy.source, name) for copy in image.copies):
        return False
    return bool(image.not_followed)


def _is_named(source: str, name: str) -> bool:
    return posixpath.basename(source) == posixpath.basename(name)


@check(
    "HFS308",
    "server-undeclared",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS301",),
    consequence='The container ends at once: "executable file not found" or "No module named".',
)
def server_undeclared(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The server that the start command names is declared, or comes with a declared one.  [field]"""
    need_build(space)
    command = space.command
    if command is None or command.runner is None:
        raise Skip(without_command(space) or (command.reason if command else "") or "needs HFS401")
    if command.runner == "python":
        raise NotApplicable("the start command is a Python program, which imports its server itself")
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    needed = [_SERVERS[command.runner], *workers(command.words)]
    found = brought(space, space_rehearsal)
    for names in needed:
        if found.names.intersection(names) and not _lacks_cli(names, found):
            continue
        if found.unknown:
            raise Skip(f"what comes with {found.unknown[0]} is not known: it is not installed here")
        message = f"the start command runs {command.runner if names == needed[0] else names[0]}, "
        message += "which no declared package brings"
        package = names[0]
        if package == "fastapi-cli":
            package = "fastapi[standard]"
            message = (
                '"fastapi run" needs fastapi-cli, which no declared package brings: fastapi alone does not'
            )
        yield Finding(
            message,
            f"add the line {package} to {requirements_file(space)}",
            command.path,
            command.line,
        )


def requirements_file(space: Space) -> str:
    """The file that a hint tells to add a line to."""
    files = [file.path for file in space.requirements.files if file.found]
    return one_line(files[0]) if files else "requirements.txt"


def _lacks_cli(names: tuple[str, ...], found: Closure) -> bool:
    """``fastapi run`` is a command of the fastapi distribution, and its work that of fastapi-cli."""
    return names[0] == "fastapi-cli" and "fastapi-cli" not in found.names


def workers(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The distributions of the worker class that gunicorn is told to use."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        named = following if word in ("-k", "--worker-class") else word.partition("--worker-class=")[2]
        named = named or (word[2:] if word.startswith("-k") and len(word) > 2 else "")
        yield from (names for prefix, names in _WORKERS if named.startswith(f"{prefix}."))


CHECKS: Final[tuple[Check, ...]] = (requirements_missing, server_undeclared)
