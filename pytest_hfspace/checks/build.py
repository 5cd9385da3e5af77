"""3xx: would it build, and would what it builds have everything that the app imports?"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import Final

from ..check import Check, Finding, NotApplicable, Skip, check
from ..contract import Stage
from ..rehearsal.facts import Rehearsal, Route
from ..space import Space
from .causes import (
    brought,
    entry_file,
    failure_code,
    is_own,
    own_modules,
    undeclarable,
    undeclared_module,
    without_command,
    without_image,
)
from .distributions import Closure, candidates, is_standard, normalised, providers
from .serving import one_line

_NO_PACKAGES: Final = "a static Space installs no Python packages"

#: What a library imports only when a name of it is used.  Where it is absent the use raises.
_IMPORTED_FOR: Final = {
    ("fastapi.templating", "Jinja2Templates"): "jinja2",
    ("starlette.templating", "Jinja2Templates"): "jinja2",
    ("starlette.middleware.sessions", "SessionMiddleware"): "itsdangerous",
    ("pydantic", "EmailStr"): "email-validator",
}

_ASKED_FOR: Final = (
    "The Space's log ends with an error that asks for this package, and the Space stops with a runtime error."
)

#: Larger sources are data; to read them would cost more than it tells.
_LONGEST_SOURCE: Final = 2_000_000

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
    _need_build(space)
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


def _need_build(space: Space) -> None:
    if space.sdk == "static":
        raise Skip(_NO_PACKAGES)
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
    "HFS303",
    "dependency-undeclared",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS301",),
    consequence="The Space's log ends with ModuleNotFoundError, and the Space stops with a runtime error.",
)
def dependency_undeclared(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every distribution that the app imports is declared, or comes with one that is.  [field]"""
    _need_build(space)
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    if space.requirements.invalid:
        first = space.requirements.invalid[0]
        raise Skip(f"{first.path}:{first.line} is no requirement that pip understands")
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    code = failure_code(space, space_rehearsal)
    if code == "HFS303":
        module = undeclared_module(space, space_rehearsal)
        yield _undeclared(space, module, candidates(module)[0], *_where_missing(space, space_rehearsal))
    elif code:
        raise Skip(f"needs {code}")
    found = brought(space)
    borrowed = _borrowed(space, space_rehearsal, found)
    if borrowed and found.unknown:
        raise Skip(f"what comes with {found.unknown[0]} is not known: it is not installed here")
    for name, (distribution, path, line) in borrowed.items():
        yield _undeclared(space, name, distribution, path, line)
    if not found.unknown:
        yield from _extras(space, space_rehearsal, found)


def _extras(space: Space, rehearsal: Rehearsal, found: Closure) -> Iterator[Finding]:
    """Distributions that a library imports only for what the app asks of it."""
    if "python-multipart" not in found.names:
        form = next((route for route in rehearsal.routes if route.own and _takes_form(route)), None)
        if form is not None:
            place = form.where
            yield Finding(
                f"{one_line(form.label, 80)} takes form data, for which FastAPI imports python-multipart, "
                "and no declared package brings it",
                f"add the line python-multipart to {_requirements_file(space)}",
                place.path if place else entry_file(space),
                place.line if place else None,
                consequence=_ASKED_FOR,
            )
    told: set[str] = set()
    for path in rehearsal.imported:
        for module, name, line in _names_used(space, path):
            distribution = _IMPORTED_FOR.get((module, name), "")
            if distribution and distribution not in found.names and distribution not in told:
                told.add(distribution)
                yield Finding(
                    f"{name} is used, for which {module.partition('.')[0]} imports {distribution}, and no "
                    "declared package brings it",
                    f"add the line {distribution} to {_requirements_file(space)}",
                    path,
                    line,
                    consequence=_ASKED_FOR,
                )


def _takes_form(route: Route) -> bool:
    body = (route.operation or {}).get("requestBody")
    content = body.get("content") if isinstance(body, dict) else None
    return (
        isinstance(content, dict)
        and bool(content)
        and all(str(kind).startswith(("multipart/", "application/x-www-form-urlencoded")) for kind in content)
    )


def _names_used(space: Space, path: str) -> Iterator[tuple[str, str, int]]:
    """What is imported by name at the top level, and used while the module is imported: module,
    name, line of the import."""
    body = _parsed(space, path).body
    used: set[str] = set()
    for statement in body:
        # nobody knows whether a function is called
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            used.update(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) in used:
                    yield node.module, alias.name, node.lineno


def _where_missing(space: Space, rehearsal: Rehearsal) -> tuple[str, int | None]:
    raised = rehearsal.failure.raised if rehearsal.failure else None
    where = raised.where if raised else None
    return (where.path, where.line) if where else (entry_file(space), None)


def _undeclared(space: Space, module: str, distribution: str, path: str, line: int | None) -> Finding:
    brings = "" if normalised(module) == distribution else f" ({distribution})"
    return Finding(
        f"{module}{brings} is imported, and no declared package brings it",
        f"add the line {distribution} to {_requirements_file(space)}",
        path,
        line,
    )


def _requirements_file(space: Space) -> str:
    files = [file.path for file in space.requirements.files if file.found]
    return one_line(files[0]) if files else "requirements.txt"


def _borrowed(space: Space, rehearsal: Rehearsal, found: Closure) -> dict[str, tuple[str, str, int]]:
    """Modules that are installed here, and on the Space are not: name to distribution, path, line."""
    result: dict[str, tuple[str, str, int]] = {}
    own = own_modules(space)
    for path in rehearsal.imported:
        for module, line in _imports(space, path):
            top = module.partition(".")[0]
            if (
                top in result
                or top in own
                or is_standard(top)
                or found.names.intersection(candidates(module))
            ):
                continue
            if is_own(space, top):
                continue
            installed = providers(top)
            if installed and not found.names.intersection(installed):
                result[top] = (_named(module, installed), path, line)
    return result


def _named(module: str, installed: list[str]) -> str:
    """The distribution to write: the best known one of those that have the module here."""
    return next((name for name in candidates(module) if name in installed), installed[0])


def _imports(space: Space, path: str) -> Iterator[tuple[str, int]]:
    """What a module cannot be imported without: its plain imports at the top level."""
    for node in _parsed(space, path).body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno


def _parsed(space: Space, path: str) -> ast.Module:
    """A module's tree; an empty one where it cannot be read."""
    try:
        source = space.files.read(path)
        if len(source) <= _LONGEST_SOURCE:
            return ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return ast.Module([], [])


@check(
    "HFS308",
    "server-undeclared",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS301",),
    consequence='The container ends at once: "executable file not found" or "No module named".',
)
def server_undeclared(space: Space) -> Iterator[Finding]:
    """The server that the start command names is declared, or comes with a declared one.  [field]"""
    _need_build(space)
    command = space.command
    if command is None or command.runner is None:
        raise Skip(without_command(space) or (command.reason if command else "") or "needs HFS401")
    if command.runner == "python":
        raise NotApplicable("the start command is a Python program, which imports its server itself")
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    needed = [_SERVERS[command.runner], *_workers(command.words)]
    found = brought(space)
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
            f"add the line {package} to {_requirements_file(space)}",
            command.path,
            command.line,
        )


def _lacks_cli(names: tuple[str, ...], found: Closure) -> bool:
    """``fastapi run`` is a command of the fastapi distribution, and its work that of fastapi-cli."""
    return names[0] == "fastapi-cli" and "fastapi-cli" not in found.names


def _workers(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The distributions of the worker class that gunicorn is told to use."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        named = following if word in ("-k", "--worker-class") else word.partition("--worker-class=")[2]
        named = named or (word[2:] if word.startswith("-k") and len(word) > 2 else "")
        yield from (names for prefix, names in _WORKERS if named.startswith(f"{prefix}."))


CHECKS: Final[tuple[Check, ...]] = (requirements_missing, dependency_undeclared, server_undeclared)
