"""A recorder for ``os.environ``: which names were asked for, by which line, with which default."""

from __future__ import annotations

import os
import sys
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
        "dynaconf",
        "starlette",
        "marshmallow",
        "envparse",
        "typed_settings",
        "goodconf",
        "everett",
        "prettyconf",
    }
)
_PLAIN = (str, int, float, bool, type(None))


class EnvironRecorder:
    """Wraps the reading of ``os.environ``.

    Copying or iterating asks for no name in particular, and is not recorded.
    """

    def __init__(self, channel: Channel, sources: Sources) -> None:
        self.channel = channel
        self.sources = sources
        self._seen: set[tuple[str, Line | None, bool]] = set()
        self._iterating: set[tuple[int, CodeType]] = set()

    def install(self) -> None:
        """Start recording, in this process and those that it forks."""
        original = os._Environ.__getitem__
        iterate = os._Environ.__iter__
        note, iterates = self._note, self._iterates

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
        return (id(frame), frame.f_code) in self._iterating and key not in frame.f_code.co_consts

    def _note(self, key: Any, frame: FrameType | None, *, given: bool) -> None:
        if isinstance(key, bytes):
            key = os.fsdecode(key)
        default, known = None, False
        copying = False
        while frame is not None and frame.f_globals.get("__name__") in ACCESSORS:
            local = frame.f_locals
            if frame.f_code.co_name in ("get", "getenv", "setdefault", "pop") and "default" in local:
                default, known = local["default"], isinstance(local["default"], _PLAIN)
            elif frame.f_code.co_name == "__contains__":
                known = True
            copying = copying or frame.f_code.co_name in ("copy", "__iter__", "items", "values", "__eq__")
            frame = frame.f_back
        if frame is None or copying or self._copies(key, frame):
            return
        where, reader, own = None, "os", False
        if at := self.sources.at(frame.f_code, frame.f_lineno):
            where, own = at, True
        elif (library := _top(frame)) in SETTINGS_LIBRARIES:
            reader = library
            where, found, has_default = self._through(frame)
            own = where is not None
            if has_default or not known:
                default, known = found, has_default
        if not own and given:
            return
        if (key, where, given) in self._seen:
            return
        self._seen.add((key, where, given))
        self.channel.emit(
            "read",
            name=str(key)[:200],
            where=where,
            default=None if default is None else str(default)[:500],
            required=not known,
            given=given,
            phase=self.channel.phase,
            reader=reader,
            own=own,
        )

    def _through(self, frame: FrameType | None) -> tuple[Line | None, Any, bool]:
        """The repository line above a library's frames, and the default that it handed over."""
        default, known = None, False
        while frame is not None:
            if at := self.sources.at(frame.f_code, frame.f_lineno):
                return at, default, known
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return None, None, False  # the library reads at its own import
            if _top(frame) in SETTINGS_LIBRARIES and "default" in frame.f_locals:
                value = frame.f_locals["default"]
                default, known = value, isinstance(value, _PLAIN)
            frame = frame.f_back
        return None, None, False


def _top(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
