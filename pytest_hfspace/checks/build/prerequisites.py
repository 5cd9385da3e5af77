"""3xx: would the build find its requirements, and install the server that is started?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal
from ...space import Space
from ...space.image import Copy
from ...space.image.copying import excluding_rule
from ...space.patterns import matches
from ...space.requirements import RequirementFile
from ..adding import DELETED, git_add, git_restore
from ..causes import undeclarable, without_command, without_image
from ..distributions import Closure, brought
from ..serving import one_line

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
    left = ""
    for file in space.requirements.files:
        if file.found and not file.early:
            continue
        path = file.path if file.found else repository_path(space, file.path)
        name, other = one_line(path), space.files.similar(path)
        if path in space.files:
            if brought_by_failing_copy(space, path):
                left = "needs HFS311"
            elif file.early or not _is_made(space, path):
                yield _not_there(space, file, path)
            continue
        if space.files.exists_untracked(path):
            message = f"{name} is installed by the build, but git does not track it"
            hint = git_add(space.files, path)
        elif path in space.files.deleted:
            message, hint = f"the build installs {name}, which {DELETED}", git_restore(path)
        elif other is not None:
            message = f"the build installs {name}; the repository has {one_line(other)}, in another case"
            hint = f"git mv {one_line(other)} {name}"
        elif space.sdk == "gradio" or _is_made(space, path):
            continue
        else:
            message = f"the build installs {name}, which is not in the repository"
            hint = f"add {name}, or name the file that lists the requirements"
        yield Finding(message, hint, file.where, file.line)
    if left:
        raise Skip(left)


def brought_by_failing_copy(space: Space, path: str) -> bool:
    """Does a COPY name this tracked file, and not get it?  .dockerignore keeps it from the build."""
    copies = space.image.copies if space.image else ()
    named = {posixpath.normpath(f"/{copy.source}").lstrip("/") for copy in copies if not copy.found}
    return path in space.files and any(f"{path}/".startswith(f"{each}/") for each in named if each)


def _not_there(space: Space, file: RequirementFile, path: str) -> Finding:
    """A tracked file that is not in the image where, or when, a step installs it."""
    name, at = one_line(path), one_line(file.at or file.path)
    step = file.early or file.line or 0
    copies = [copy for copy in (space.image.copies if space.image else ()) if _covers(copy, path)]
    after = min((copy.line for copy in copies if copy.line > step), default=0)
    installs = space.image.installs if space.image else ()
    there = next((each.there for each in installs if each.line == step and each.there), {})
    lies = next((one_line(place) for place, source in there.items() if source == path), "")
    rule = excluding_rule(space.files, "Dockerfile", path)
    workdir = space.image.workdir.rstrip("/") if space.image else ""
    target = "./" if at == f"{workdir}/{name}" else at
    if lies:
        message = f"the build installs {at}, and {name} lies at {lies}"
        hint = f"write {lies} in the step, or COPY the file to {at}"
    elif after:
        message = f"the build installs {name}, which is not in the image yet: COPY stands in line {after}"
        hint = f"move COPY above line {step}, or add COPY {name} {target} above it"
    elif rule is not None:
        message = f"the build installs {name}, and line {rule[1]} of {one_line(rule[0])} keeps it out"
        hint = f"add a line !{name} at the end of {one_line(rule[0])}"
    else:
        message = f"the build installs {at}, and no COPY puts {name} there"
        hint = f"add COPY {name} {target} above line {step}"
    said = f"Could not open requirements file: [Errno 2] No such file or directory: '{one_line(file.path)}'"
    if posixpath.basename(path) == "pyproject.toml":
        said = "Directory '.' is not installable. Neither 'setup.py' nor 'pyproject.toml' found."
    return Finding(
        message,
        hint,
        file.where,
        file.line,
        consequence=f'pip ends with "ERROR: {said}", and the build fails.',
    )


def _covers(copy: Copy, path: str) -> bool:
    """Does a COPY bring this file?"""
    source = posixpath.normpath(f"/{copy.source}").lstrip("/")
    return copy.found and (not source or f"{path}/".startswith(f"{source}/") or matches(source, path))


def need_build(space: Space) -> None:
    """Raise Skip where nothing is installed, or where nothing is known of the image."""
    if space.sdk == "static":
        raise Skip(NO_PACKAGES)
    if space.image is None:
        raise Skip(without_image(space))


def repository_path(space: Space, path: str) -> str:
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
            raise Skip(found.reason)
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
