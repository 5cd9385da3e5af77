"""A recorder for ``os.environ``: which names were asked for, by which line, with which default."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from types import CodeType, FrameType
from typing import Any

from .channel import Channel
from .sources import Line, Sources

#: frames of the accessors themselves
ACCESSORS = frozenset({"os", "_collections_abc", "collections.abc"})

#: Libraries through which an application reads its settings: a read by one of these belongs to
#: the line of the repository that called it.
SETTINGS_LIBRARIES = frozenset(
    {
        "decouple",
        "environs",
        "environ",
        "starlette",
        "marshmallow",
        "envparse",
        "typed_settings",
        "goodconf",
        "everett",
        "prettyconf",
    }
)
_PLAIN = (str, bytes, int, float, bool)

#: how many reads are told, so that an app that makes names up does not flood the parent
MOST = 2000
#: accessors that ask for no name in particular
_COPYING = ("copy", "__iter__", "items", "values", "__eq__")
_COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")


class EnvironRecorder:
    """Wraps the reading of ``os.environ``.

    Copying or iterating asks for no name in particular, and is not recorded.
    """

    def __init__(self, channel: Channel, sources: Sources) -> None:
        self.channel = channel
        self.sources = sources
        self._seen: set[tuple[str, Line | None, bool]] = set()
        self._iterating: set[tuple[int, CodeType]] = set()
        #: reads that say nothing more: libraries repeat their own for each thing that they make
        self._of_libraries: set[tuple[str, CodeType, bool]] = set()

    def install(self) -> None:
        """Start recording, in this process and those that it forks."""
        original = os._Environ.__getitem__
        iterate = os._Environ.__iter__
        note, iterates = _harmless(self._note), _harmless(self._iterates)

        def getitem(environ: Any, key: Any) -> Any:
            try:
                value = original(environ, key)
            except KeyError:
                note(key, sys._getframe(1), given=False)
                raise
            note(key, sys._getframe(1), given=True)
            return value

        def iterator(environ: Any) -> Any:
            iterates(sys._getframe(1))
            return iterate(environ)

        os._Environ.__getitem__ = getitem  # type: ignore[method-assign]
        os._Environ.__iter__ = iterator  # type: ignore[method-assign]

    def _iterates(self, frame: FrameType | None) -> None:
        """Remember who goes through all names: what it then asks for, it does not ask by name."""
        while frame is not None and frame.f_globals.get("__name__") in ACCESSORS:
            frame = frame.f_back
        if frame is not None:
            self._iterating.add((id(frame), frame.f_code))

    def _copies(self, key: str, frame: FrameType) -> bool:
        while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
            frame = frame.f_back  # what it iterates was asked for by the frame around it
        return (id(frame), frame.f_code) in self._iterating and key not in frame.f_code.co_consts

    def _note(self, key: Any, frame: FrameType | None, *, given: bool) -> None:
        if not isinstance(key, (str, bytes)):
            return
        key = os.fsdecode(key)
        accessors = []
        while frame is not None and _is_accessor(frame):
            accessors.append(frame)
            frame = frame.f_back
        if frame is None or (key, frame.f_code, given) in self._of_libraries:
            return
        copying = any(each.f_code.co_name in _COPYING for each in accessors)
        if copying or self._copies(key, frame):
            return
        default = next(filter(None, map(_default_of, reversed(accessors))), _UNKNOWN)
        where, reader, own = None, "os", False
        if at := self.sources.at(frame.f_code, frame.f_lineno):
            where, own = at, True
        elif (library := _top(frame)) in SETTINGS_LIBRARIES:
            reader = library
            where, said = self._through(frame)
            own = where is not None
            default = said or default
        elif len(self._of_libraries) < MOST:
            self._of_libraries.add((key, frame.f_code, given))
        if not own and given:
            return
        if (key, where, given) in self._seen or len(self._seen) > MOST:
            return
        self._seen.add((key, where, given))
        self.channel.emit(
            "read",
            name=key[:200],
            where=where,
            default=default[1],
            required=not default[0],
            given=given,
            phase=self.channel.phase,
            reader=reader,
            own=own,
        )

    def _through(self, frame: FrameType | None) -> tuple[Line | None, _Default | None]:
        """The repository line above a library's frames, and the default that it handed over."""
        said: _Default | None = None
        while frame is not None:
            if at := self.sources.at(frame.f_code, frame.f_lineno):
                return at, said
            library = _top(frame) in SETTINGS_LIBRARIES
            if not library and f"{os.sep}site-packages{os.sep}" in frame.f_code.co_filename:
                return None, None  # another library's own settings
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return None, None  # the library reads at its own import
            if library and "default" in frame.f_locals:
                said = as_default(frame.f_locals["default"])
            frame = frame.f_back
        return None, None


#: is there a default, and its text
_Default = tuple[bool, str | None]
_UNKNOWN: _Default = (False, None)


def _default_of(frame: FrameType) -> _Default | None:
    """The default that an accessor was called with, None if this is none that takes one."""
    name, local = frame.f_code.co_name, frame.f_locals
    if name == "setdefault":
        return as_default(local.get("value", local.get("default")))
    if name in ("get", "getenv", "getenvb", "pop") and "default" in local:
        return as_default(local["default"])
    if name in ("__contains__", "expandvars"):
        return True, None
    return None


def as_default(value: Any) -> _Default:
    """Is a value a default, and its text.  Only plain values have one: anything else may be a
    library's mark for "none"."""
    if value is None or value == "":
        return True, value
    if isinstance(value, _PLAIN):
        return True, (os.fsdecode(value) if isinstance(value, bytes) else str(value))[:500]
    if isinstance(value, (os.PathLike, list, tuple, dict, set)):
        return True, f"<{type(value).__name__}>"
    return _UNKNOWN


def _is_accessor(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__")
    return name in ACCESSORS or (name == "posixpath" and frame.f_code.co_name in ("expandvars", "repl"))


def _harmless(record: Callable[..., None]) -> Callable[..., None]:
    """What is watched must not notice that a recorder failed."""

    @wraps(record)
    def recorded(*args: Any, **named: Any) -> None:
        try:
            record(*args, **named)
        except Exception:  # noqa: BLE001 - see above
            return

    return recorded


def _top(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
