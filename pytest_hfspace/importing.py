"""Imports the Space's app into this process, from where the Space's Python would find it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import posixpath
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from .space import Space
from .space.command import StartCommand

#: what ``fastapi run`` and most programs call their app
_USUAL_NAMES = ("app", "api", "application")
#: the last name of a call that does not return while a server runs
_SERVING_CALLS = frozenset({"run", "serve"})


class AppNotFound(Exception):
    """The app cannot be imported, or is not where it was said to be."""


@contextmanager
def python_path(space: Space) -> Iterator[None]:
    """While this block lasts, the directories of :func:`search_path` come first on ``sys.path``."""
    directories = search_path(space)
    sys.path[:0] = directories
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for directory in directories:
            with contextlib.suppress(ValueError):  # whoever restored sys.path has removed it
                sys.path.remove(directory)


def search_path(space: Space) -> list[str]:
    """The repository directories, absolute, that stand for the image's working directory and its
    ``PYTHONPATH``; the Space's root where nothing tells."""
    command, image = space.command, space.image
    found: dict[str, None] = {}
    if command is not None and image is not None:
        variable = image.env.get("PYTHONPATH")
        more = command.env.get("PYTHONPATH", variable.value if variable is not None else "")
        entries = [_first_entry(command, space), *(entry for entry in more.split(":") if entry)]
        inside = [posixpath.normpath(posixpath.join(command.cwd, entry)) for entry in entries]
        # a directory may have come from several: first the one that the app itself came from
        for names in (_file_names(_target(space)[0]), None):
            for directory in inside:
                found.update(_sources(image.layout, directory, names))
    if not found or command is None or space.app != command.target:
        found.setdefault(".", None)  # who names an app that the command does not name it from here
    return [str(space.root / directory) for directory in found]


def _first_entry(command: StartCommand, space: Space) -> str:
    """What the start command puts first on ``sys.path``, from its working directory."""
    if command.script is None:
        return command.app_dir or "."
    if command.runner == "fastapi":
        return _package_root(space, command.script)
    return posixpath.dirname(command.script)


def _package_root(space: Space, script: str) -> str:
    """The first directory above a script that is no package, as ``fastapi run`` looks for it."""
    assert space.image is not None
    assert space.command is not None
    directory = posixpath.dirname(script)
    while (
        directory and posixpath.normpath(f"{space.command.cwd}/{directory}/__init__.py") in space.image.layout
    ):
        directory = posixpath.dirname(directory)
    return directory


def _sources(
    layout: Mapping[str, str], directory: str, names: tuple[str, ...] | None = None
) -> dict[str, None]:
    """The repository directories whose Python files, or those of these names, an image directory
    holds under the names that they have there."""
    prefix = f"{directory.rstrip('/')}/"
    found: dict[str, None] = {}
    for target, source in layout.items():
        if target.startswith(prefix) and target.endswith(".py"):
            inside = target.removeprefix(prefix)
            if (names is None or inside in names) and f"/{source}".endswith(f"/{inside}"):
                found[source.removesuffix(inside).rstrip("/") or "."] = None
    return found


def import_app(space: Space) -> Any:
    """Import the Space's ASGI application, within :func:`python_path`; a factory is called.

    Raises :class:`AppNotFound` if there is no such module or attribute, or if another module has
    its name; what the module raises itself goes through.
    """
    module_name, names = _target(space)
    module = _import(space, module_name)
    for name in names:
        found: Any = module
        try:
            for part in name.removesuffix("()").split("."):
                found = getattr(found, part)
        except AttributeError:
            continue
        return found() if name.endswith("()") or _is_factory(found) else found
    wanted = " or ".join(repr(name) for name in names)
    raise AppNotFound(f"{module_name} ({_file(module) or 'built in'}) has no attribute {wanted}{_HINT}")


_HINT = "; hfspace_app = MODULE:ATTR in the pytest configuration names the app"


def _target(space: Space) -> tuple[str, tuple[str, ...]]:
    """The module, and the names that its app may have."""
    module, _, attribute = space.app.partition(":")
    command = space.command
    if command is None or command.target is not None or attribute != _USUAL_NAMES[0]:
        return module, (attribute,)
    if command.module == module:
        return module, _USUAL_NAMES
    script = (command.script or "").removesuffix(".py")
    if posixpath.basename(script) != module.rpartition(".")[2]:
        return module, (attribute,)  # asked for, not guessed from the program's name
    root = _first_entry(command, space) if space.image is not None else ""
    return script.removeprefix(f"{root}/").removeprefix("./").replace("/", "."), _USUAL_NAMES


def _import(space: Space, name: str) -> ModuleType:
    expected = _expected(space, name)
    if name not in sys.modules and expected is not None and (line := _serves(expected)):
        raise AppNotFound(f"{expected}:{line} starts a server when it is imported; {_GUARD}")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        # a module that the app lacks is the app's own trouble
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        places = " or ".join(search_path(space))
        raise AppNotFound(f"there is no module {error.name!r} in {places}{_HINT}") from None
    loaded = _file(module)
    if expected is not None and loaded is not None and _differ(loaded, expected):
        raise AppNotFound(f"{name!r} is already imported from {loaded}, which is not {expected}")
    return module


_GUARD = 'put that under if __name__ == "__main__":'


def _file_names(module: str) -> tuple[str, str]:
    path = module.replace(".", "/")
    return f"{path}/__init__.py", f"{path}.py"


def _expected(space: Space, name: str) -> Path | None:
    """The repository file that the Space would load, None if it is none of the repository's."""
    for directory in search_path(space):
        for file_name in _file_names(name):
            if Path(directory, file_name).is_file():
                return Path(directory, file_name)
    return None


def _file(module: ModuleType) -> Path | None:
    name = getattr(module, "__file__", None)
    return Path(name) if isinstance(name, str) else None


def _differ(one: Path, other: Path) -> bool:
    """Are these two files, with another content?  A package may be installed as a copy."""
    try:
        return not one.samefile(other) and one.read_bytes() != other.read_bytes()
    except OSError:
        return False


def _serves(path: Path) -> int:
    """The line outside of functions and conditions that calls a server, 0 if there is none.

    Importing such a module would never end.
    """
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return 0  # to import it says more
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            known = isinstance(owner, ast.Name) and owner.id in ("uvicorn", "hypercorn", "asyncio", "anyio")
            if known and call.func.attr in _SERVING_CALLS:
                return statement.lineno
    return 0


def _is_factory(found: Any) -> bool:
    """Can it be called without arguments, as no ASGI application can?  uvicorn calls it then."""
    from inspect import signature

    if not callable(found):
        return False
    try:
        signature(found).bind()
    except (TypeError, ValueError):
        return False
    return True
