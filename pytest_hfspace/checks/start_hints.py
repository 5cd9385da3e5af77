"""What to do about a start that failed, by the exception that ended it."""

from __future__ import annotations

import ast
import signal
from collections.abc import Callable
from typing import Final

from ..rehearsal.facts import Failure, Raised
from ..space import Space
from .causes import is_kind, is_own, missing_name
from .distributions import candidates, is_standard
from .serving import one_line

_LONGEST_SOURCE: Final = 500_000
#: Classes whose instances are ASGI applications.
_APPLICATIONS: Final = ("FastAPI", "Starlette", "Litestar", "Quart", "Sanic", "BlackSheep", "Application", "Robyn")
_SERVERS_NAMES: Final = ("app", "application", "api", "asgi_app")


def exit_text(failure: Failure) -> str:
    """How the process ended: "exit code 3", "killed by SIGSEGV"; "" where it did not."""
    status = failure.status
    if status is None:
        return ""
    if status >= 0:
        return f"ended with exit code {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def hint_for(space: Space, failure: Failure, path: str) -> str:
    """What to do, by the class of the exception; how to see more where that says nothing."""
    if failure.raised is not None:
        for name, advise in _ADVICE:
            if is_kind(failure.raised, name):
                advice = advise(space, failure.raised)
                if advice:
                    return advice
    return f"{'look at' if path else 'find'} the line{' above' if path else ''}; {_see_more(space)}"


def _see_more(space: Space) -> str:
    return "git archive HEAD | tar x in an empty folder, and run the start command there"


def _module(space: Space, raised: Raised) -> str:
    name = missing_name(raised)
    if not name:
        return ""
    top = name.partition(".")[0]
    for path in (f"{name.replace('.', '/')}.py", f"{top}.py", f"{top}/__init__.py"):
        if space.files.exists_untracked(path):
            return f"git add {path}"
    if is_own(space, name):
        cwd = space.command.cwd if space.command else "/app"
        return f"import {name} by its path from {cwd}, where the start command runs"
    if is_standard(name):
        return f"Python has no module {top} any more: use a newer package, or an older Python"
    return f"add the line {candidates(name)[0]} to the requirements"


def _name(space: Space, raised: Raised) -> str:
    _, _, rest = raised.message.partition(" from ")
    module = rest.strip("'\" ").partition("'")[0].partition(".")[0]
    if not module or is_own(space, module):
        return ""
    return f"pin {candidates(module)[0]} to the version that the app was written for"


_ADVICE: Final[tuple[tuple[str, Callable[[Space, Raised], str]], ...]] = (
    ("ModuleNotFoundError", _module),
    ("ImportError", _name),
    ("FileNotFoundError", lambda _space, _raised: "commit the file, or make it while the image is built"),
    ("SyntaxError", lambda _space, _raised: "correct the syntax, or choose the Python that it is written for"),
    (
        "ConnectionError",
        lambda _space, _raised: "let the app start without the service, and connect when it is first needed",
    ),
    ("KeyError", lambda _space, _raised: "give the value a default, or say which setting it is"),
)


def likely_targets(space: Space) -> list[str]:
    """ "module:name" of what looks like an application at the top level of the Space's modules."""
    return []
