"""The settings that dynaconf is asked for: it goes through the whole environment, so that only the
code that takes one tells its name."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from functools import wraps
from types import CodeType, FrameType, ModuleType
from typing import Any

from .channel import Channel
from .environ import as_default
from .sources import Line, Sources

#: what no caller gives: there is no default then
_NONE: Any = object()
_LIBRARY = "dynaconf"


class DynaconfRecorder:
    """Wraps the ways to take a setting once ``dynaconf.base`` is loaded."""

    def __init__(self, channel: Channel, sources: Sources) -> None:
        self.channel = channel
        self.sources = sources
        self._busy = False
        self._told: set[tuple[str, Line]] = set()
        self._all: set[tuple[int, CodeType]] = set()

    def install(self, module: ModuleType) -> None:
        """Called with ``dynaconf.base`` when it has been loaded."""
        lazy, settings = module.LazySettings, module.Settings
        lazy.__getattr__ = self._watched(lazy.__getattr__, is_attribute=True)
        settings.__getitem__ = self._watched(settings.__getitem__)
        settings.get = self._watched(settings.get, default=None)
        for name in ("__iter__", "keys", "items"):
            setattr(settings, name, self._iterating(getattr(settings, name)))

    def _iterating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def iterating(settings: Any, *args: Any, **named: Any) -> Any:
            frame = self._asking(sys._getframe(1))
            if frame is not None:
                self._all.add((id(frame), frame.f_code))
            return original(settings, *args, **named)

        return iterating

    def _watched(
        self, original: Callable[..., Any], *, is_attribute: bool = False, default: Any = _NONE
    ) -> Any:
        @wraps(original)
        def watched(settings: Any, key: Any, *args: Any, **named: Any) -> Any:
            caller = self._caller(sys._getframe(1), key)
            if caller is None or (is_attribute and not key.isupper()):
                return original(settings, key, *args, **named)
            given = named.get("default", args[0] if args else default)
            self._busy = True
            try:
                with contextlib.suppress(Exception):  # what is watched must not notice that a recorder failed
                    self._note(settings, key, given, caller)
                return original(settings, key, *args, **named)
            finally:
                self._busy = False

        return watched

    def _caller(self, frame: FrameType | None, key: object) -> Line | None:
        """The line of the repository that asks dynaconf for this name, with nobody in between."""
        frame = None if self._busy or not isinstance(key, str) else self._asking(frame)
        # who goes through all settings asks for none of them by name
        if frame is None or ((id(frame), frame.f_code) in self._all and key not in _names_in(frame.f_code)):
            return None
        return self.sources.at(frame.f_code, frame.f_lineno)

    def _asking(self, frame: FrameType | None) -> FrameType | None:
        while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == _LIBRARY:
            frame = frame.f_back
        return frame

    def _note(self, settings: Any, key: str, default: Any, caller: Line) -> None:
        # a prefix of False: variables have their bare names
        prefix = str(settings.ENVVAR_PREFIX_FOR_DYNACONF or "").partition(",")[0]
        name = "_".join(filter(None, [prefix, key.replace(".", "__")])).upper()
        if (name, caller) in self._told:
            return
        self._told.add((name, caller))
        has_default, text = (False, None) if default is _NONE else as_default(default)
        held = key.partition(".")[0].upper() in settings.store
        self.channel.emit(
            "read",
            name=name[:200],
            where=caller,
            default=text,
            # a file of settings may have given it
            required=not has_default and (name in os.environ or not held),
            given=name in os.environ,
            phase=self.channel.phase,
            reader=_LIBRARY,
            own=True,
        )


def _names_in(code: CodeType) -> tuple[Any, ...]:
    return (*code.co_consts, *code.co_names)
