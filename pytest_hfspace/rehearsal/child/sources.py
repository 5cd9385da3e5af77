"""Which lines belong to the repository: in frames, tracebacks and suspended tasks."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any

from .endpoints import attribute

#: a file and a line in it
Line = tuple[str, int]

#: how many links of ``__cause__`` and ``__context__`` are told
CHAIN = 4
#: how many packages below the repository's own line are told
LIBRARIES = 8
#: how much of an exception's text is told
TEXT = 4000


class Sources:
    """Tells the repository's code from everybody else's."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root) + os.sep
        self._known: dict[str, str] = {}
        #: by directory, as code names it: may it have files of the repository?
        self._inside: dict[str, bool] = {}

    def file(self, name: str) -> str:
        """The absolute path of a repository file that code was compiled from, else ""."""
        try:
            return self._known[name]
        except KeyError:
            found = self._known[name] = self._file(name)
            return found

    def _file(self, name: str) -> str:
        if name.startswith("<"):
            return ""
        directory = os.path.dirname(name)
        if directory not in self._inside:
            self._inside[directory] = f"{os.path.realpath(directory)}{os.sep}".startswith(self.root)
        # most of what an app loads lies elsewhere, many files to a directory
        if not self._inside[directory] and not os.path.islink(name):
            return ""
        path = os.path.realpath(name)
        inside = path.startswith(self.root)
        return path if inside and f"{os.sep}site-packages{os.sep}" not in path else ""

    def at(self, code: CodeType, line: int | None) -> Line | None:
        """The line, if this code is the repository's."""
        path = self.file(code.co_filename)
        return (path, line or code.co_firstlineno) if path else None

    def caller(self, frame: FrameType | None) -> Line | None:
        """The innermost repository line of a stack."""
        while frame is not None:
            if found := self.at(frame.f_code, frame.f_lineno):
                return found
            frame = frame.f_back
        return None

    def innermost(self, traceback: TracebackType | None) -> Line | None:
        """The repository line nearest to where an exception was raised."""
        found = None
        while traceback is not None:
            found = self.at(traceback.tb_frame.f_code, traceback.tb_lineno) or found
            traceback = traceback.tb_next
        return found

    def describe(self, error: BaseException, depth: int = CHAIN) -> dict[str, Any]:
        """An exception as plain data; see ``rehearsal.facts.Raised``."""
        where = self.innermost(error.__traceback__)
        if isinstance(error, SyntaxError) and isinstance(error.filename, str) and self.file(error.filename):
            where = (self.file(error.filename), error.lineno or 1)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        members = attribute(error, "exceptions")
        if isinstance(members, tuple) and members and isinstance(members[0], BaseException):
            cause = members[0]  # an exception group is about its members
            where = self.innermost(cause.__traceback__) or where
        return {
            "kinds": [
                f"{kind.__module__}.{kind.__qualname__}"
                for kind in type(error).__mro__
                if kind not in (object, BaseException)
            ],
            "message": text_of(error),
            "where": where,
            "libraries": self.libraries(error.__traceback__),
            "cause": self.describe(cause, depth - 1) if cause is not None and depth > 0 else None,
        }

    def libraries(self, traceback: TracebackType | None) -> list[str]:
        """The packages that were at work below the innermost repository line, the caller first."""
        names: dict[str, None] = {}
        while traceback is not None:
            frame = traceback.tb_frame
            if self.at(frame.f_code, traceback.tb_lineno):
                names.clear()
            else:
                names[str(frame.f_globals.get("__name__", "")).partition(".")[0]] = None
            traceback = traceback.tb_next
        return [name for name in names if name][:LIBRARIES]

    def loaded(self) -> list[str]:
        """Repository files that are loaded as modules."""
        names = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        return sorted(filter(None, (self.file(name) for name in names if isinstance(name, str))))


def text_of(error: BaseException) -> str:
    """The exception's own text; an exception that cannot even say so is named by its class."""
    try:
        return str(error)[:TEXT]
    except BaseException:  # noqa: BLE001 - its __str__ is the app's code
        return type(error).__name__


def suspended(sources: Sources, coroutine: Any) -> Line | None:
    """The innermost repository line at which a coroutine waits."""
    found = None
    for code, line in _awaited(coroutine):
        found = sources.at(code, line) or found
    return found


def _awaited(waiting: Any) -> Iterator[tuple[CodeType, int]]:
    for _ in range(1000):
        for prefix in ("cr", "ag", "gi"):
            frame = getattr(waiting, f"{prefix}_frame", None)
            if frame is not None:
                yield frame.f_code, frame.f_lineno
                below = getattr(waiting, f"{prefix}_await", None)
                waiting = below if below is not None else getattr(waiting, "gi_yieldfrom", None)
                break
        else:
            # asend() and athrow() name their generator to the garbage collector only
            generators = [o for o in gc.get_referents(waiting) if hasattr(o, "ag_frame")]
            if not generators:
                return
            waiting = generators[0]
        if waiting is None:
            return
