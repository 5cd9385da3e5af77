"""What to do about a start that failed, by the exception that ended it."""

from __future__ import annotations

import ast
import re
import signal
from collections.abc import Callable, Iterator
from typing import Final

from ...rehearsal.facts import Failure, Raised
from ...space import Space
from ...space.modules import search_path
from ..causes import is_kind, is_own, missing_name
from ..distributions import candidates, is_standard
from ..serving import one_line

#: What likely_targets reads at most: files, and bytes of each.
_MOST_SOURCES: Final = 60
_LONGEST_SOURCE: Final = 200_000

#: Calls that make an ASGI application, and names of functions that do.
_APPLICATIONS: Final = ("FastAPI", "Starlette", "Litestar", "Quart", "Sanic", "mount_gradio_app")
_FACTORIES: Final = ("create_app", "make_app", "get_app", "build_app")

#: What a failed start means on the Hub.
STOPS: Final = "The container ends, and the Space stops with a runtime error."

_FRESH_CLONE: Final = "to see all of it, run the start command in a fresh clone without a .env file"
_PIP_INSTALL: Final = re.compile(r"pip install '?\"?([A-Za-z][\w.-]*(\[[\w,-]+\])?)")
_MUST_BE_INSTALLED: Final = re.compile(r"^\W?([A-Za-z][\w.-]*)\W? must be installed")
_NO_FOLDER: Final = re.compile(r"Directory '([^']+)' does not exist")
_SETTING: Final = re.compile(r"'?([A-Z][A-Z0-9_]{2,})'?")


def reason_of(failure: Failure) -> str:
    """What ended the start, on one line."""
    if failure.raised is not None:
        return one_line(str(failure.raised))
    return one_line(failure.message) or "it ended"


def exit_text(failure: Failure) -> str:
    """How the process ended: "ended with exit code 3", "was killed by SIGSEGV"; "" if it did not."""
    status = failure.status
    if status is None:
        return ""
    if status >= 0:
        return f"ended with exit code {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def hint_for(space: Space, failure: Failure) -> str:
    """What to do, by the class of the exception; how to see more where that says nothing."""
    if failure.raised is None:
        return _FRESH_CLONE
    raised = failure.raised.inner
    advice = (advise(space, raised) for name, advise in _ADVICE if is_kind(raised, name))
    return next(filter(None, advice), "") or _package(raised) or _correct(failure)


def _correct(failure: Failure) -> str:
    where = failure.where or (failure.raised.where if failure.raised else None)
    return f"correct {one_line(str(where))}; {_FRESH_CLONE}" if where else _FRESH_CLONE


def _module(space: Space, raised: Raised) -> str:
    name = missing_name(raised)
    top = name.partition(".")[0]
    if not name:
        return ""
    if is_own(space, name):
        cwd = space.command.cwd if space.command else "/app"
        return f"import {name} by its path from {cwd}, where the start command runs"
    if is_standard(name):
        return f"Python has no module {top} any more: replace the package that imports it, or pin a newer one"
    return f"add the line {candidates(name)[0]} to the requirements"


def _name(space: Space, raised: Raised) -> str:
    found = re.search(r"cannot import name '[^']+' from '(\w+)", raised.message)
    if found is None or is_own(space, found[1]) or is_standard(found[1]):
        return ""
    return f"pin {candidates(found[1])[0]} to the version that the app was written for"


def _key(_space: Space, raised: Raised) -> str:
    found = _SETTING.fullmatch(raised.message)
    if found is None:
        return ""
    return f'read it from the environment, os.environ["{found[1]}"], and set {found[1]} on the Space'


def _package(raised: Raised) -> str:
    """The distribution that the message itself asks for."""
    found = _PIP_INSTALL.search(raised.message) or _MUST_BE_INSTALLED.search(raised.message)
    return f"add the line {found[1].rstrip('.')} to the requirements" if found else ""


def _folder(_space: Space, raised: Raised) -> str:
    found = _NO_FOLDER.search(raised.message)
    if found is None:
        return ""
    name = one_line(found[1].rstrip("/"))
    return f"commit a file in {name}, as git keeps no empty folder, or make the folder before it is used"


def _always(advice: str) -> Callable[[Space, Raised], str]:
    return lambda _space, _raised: advice


_SERVICE: Final = _always("start without the service, and connect when it is first needed")
_ADVICE: Final[tuple[tuple[str, Callable[[Space, Raised], str]], ...]] = (
    ("ModuleNotFoundError", _module),
    ("ImportError", _name),
    ("KeyError", _key),
    ("FileNotFoundError", _always("commit the file, or make it while the image is built")),
    ("PermissionError", _always("write below /tmp, or give the folder to user id 1000 in the Dockerfile")),
    ("SyntaxError", _always("correct the syntax, or choose the Python that it is written for")),
    ("ConnectionError", _SERVICE),
    ("gaierror", _SERVICE),
    ("OperationalError", _SERVICE),
    ("RuntimeError", _folder),
)


def likely_targets(space: Space) -> list[str]:
    """Targets of the image that look like an application, as the start command would name them."""
    layout = space.image.layout if space.image else {}
    targets: list[str] = []
    factories: list[str] = []
    paths = sorted(
        (path for path in layout if path.endswith(".py")), key=lambda path: (path.count("/"), path)
    )
    for path in paths[:_MOST_SOURCES]:
        module = _module_name(space, path)
        if not module or "test" in module:
            continue
        for name, is_factory in _applications(space, layout[path]):
            if is_factory:
                factories.append(f"{module}:{name} --factory")
            else:
                targets.append(f"{module}:{name}")
    return targets + factories


def _module_name(space: Space, path: str) -> str:
    for folder in search_path(space):
        prefix = f"{folder.rstrip('/')}/"
        if path.startswith(prefix):
            return path[len(prefix) : -len(".py")].replace("/", ".").removesuffix(".__init__")
    return ""


def _applications(space: Space, path: str) -> Iterator[tuple[str, bool]]:
    """Names at the top level that are made by a framework's class, and functions that make apps."""
    try:
        source = space.files.read(path)
        tree = ast.parse(source) if len(source) <= _LONGEST_SOURCE else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _FACTORIES and not _needs_arguments(node):
            yield node.name, True
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _makes_application(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, False) for target in targets if isinstance(target, ast.Name))


def _needs_arguments(function: ast.FunctionDef) -> bool:
    """A server calls a factory without any."""
    given = function.args
    by_place = len(given.posonlyargs) + len(given.args) > len(given.defaults)
    return by_place or any(default is None for default in given.kw_defaults)


def _makes_application(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called = value.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    return name in _APPLICATIONS
