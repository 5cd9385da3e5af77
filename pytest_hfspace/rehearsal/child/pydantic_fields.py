"""The settings that a pydantic-settings class asks for: it copies the environment, so that only
its fields tell the names."""

from __future__ import annotations

import contextlib
import enum
import os
import re
import sys
from functools import wraps
from types import ModuleType
from typing import Any, NamedTuple

from .channel import Channel
from .sources import Line, Sources

_TYPES = (  # the first that the annotation's text matches
    ("secret", re.compile(r"Secret")),
    ("bool", re.compile(r"\bbool\b")),
    ("int", re.compile(r"\bint\b|PositiveInt|NonNegativeInt")),
    ("float", re.compile(r"\bfloat\b|Decimal")),
    ("url", re.compile(r"Url\b|Dsn\b")),
    ("json", re.compile(r"\blist\b|\bdict\b|\bset\b|\btuple\b|\bList\b|\bDict\b|Json|BaseModel")),
    ("path", re.compile(r"Path\b")),
    ("str", re.compile(r"\bstr\b|<class 'str'>")),
)


#: no honest settings class is nested deeper
DEPTH = 5


class _Place(NamedTuple):
    """Where a walk through a settings class is.  ``present``: the variables that are set."""

    settings: type
    prefix: str
    delimiter: str
    caller: Line | None
    present: set[str]
    path: tuple[str, ...] = ()
    depth: int = 0

    def below(self, prefix: str, field_name: str) -> _Place:
        return self._replace(prefix=prefix, path=(*self.path, field_name), depth=self.depth + 1)


class FieldRecorder:
    """Wraps ``BaseSettings.__init__`` once pydantic-settings is imported."""

    def __init__(self, channel: Channel, sources: Sources) -> None:
        self.channel = channel
        self.sources = sources

    def install(self, module: ModuleType) -> None:
        """Called with ``pydantic_settings.main`` when it has been loaded."""
        base = module.BaseSettings
        original = base.__init__

        @wraps(original)
        def init(settings: Any, *args: Any, **values: Any) -> None:
            caller = self.sources.caller(sys._getframe(1))
            with contextlib.suppress(Exception):  # what is watched must not notice that a recorder failed
                self._note(type(settings), values, caller)
            original(settings, *args, **values)

        base.__init__ = init

    def _note(self, settings: type, values: dict[str, Any], caller: Line | None) -> None:
        config = getattr(settings, "model_config", {})
        prefix = str(values.get("_env_prefix") or config.get("env_prefix") or "")
        delimiter = str(values.get("_env_nested_delimiter") or config.get("env_nested_delimiter") or "")
        present = {os.fsdecode(name).upper() for name in list(os.environ)}
        self._fields(settings, values, _Place(settings, prefix, delimiter, caller, present))

    def _fields(self, model: type, values: dict[str, Any], place: _Place) -> None:
        for field_name, field in getattr(model, "model_fields", {}).items():
            names = _names(field_name, field, place.prefix)
            if not names or field_name in values:
                continue
            nested = _model(field.annotation) if place.delimiter and place.depth < DEPTH else None
            if nested is not None and names[0] not in place.present:
                below = f"{names[0]}{place.delimiter.upper()}"
                if field.is_required() or any(name.startswith(below) for name in place.present):
                    self._fields(nested, {}, place.below(below, field_name))
                    continue
            self._tell(model, field_name, field, names, place)

    def _tell(self, model: type, field_name: str, field: Any, names: list[str], place: _Place) -> None:
        required = bool(field.is_required())
        default = None if required or field.default is None else field.default
        if isinstance(default, enum.Enum):
            default = default.value
        plain = default if isinstance(default, (str, int, float, bool)) else None
        kind = _type(field.annotation)
        self.channel.emit(
            "read",
            name=names[0],
            where=self._line(model, field_name) or place.caller,
            default=None if plain is None else str(plain)[:500],
            required=required,
            given=any(name in place.present for name in names),
            phase=self.channel.phase,
            reader="pydantic_settings",
            own=place.caller is not None,
            type=kind,
            secret=kind == "secret",
            # as a ValidationError names it
            field=".".join((*place.path, _location(field_name, field))),
            alternatives=names[1:],
        )

    def _line(self, settings: type, field_name: str) -> Line | None:
        """Where the class, or the base that declares the field, annotates it."""
        for owner in settings.__mro__:
            if field_name not in getattr(owner, "__annotations__", {}):
                continue
            name = getattr(sys.modules.get(owner.__module__), "__file__", None)
            path = self.sources.file(name) if name else ""
            if not path:
                return None
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
            begun = False
            for number, line in enumerate(lines, 1):
                begun = begun or re.match(rf"\s*class\s+{re.escape(owner.__name__)}\b", line) is not None
                if begun and re.match(rf"\s+{re.escape(field_name)}\s*:", line):
                    return path, number
        return None


def _names(field_name: str, field: Any, prefix: str) -> list[str]:
    """The variables that fill a field, the first wins."""
    names = [name for name in _aliases(field) if name]
    return [name.upper() for name in names or [prefix + field_name]]


def _aliases(field: Any) -> list[str]:
    alias = field.validation_alias or field.alias
    choices = getattr(alias, "choices", None) or ([alias] if alias else [])
    # an AliasPath looks into the JSON of the variable that it names first
    return [choice if isinstance(choice, str) else str(next(iter(choice.path), "")) for choice in choices]


def _location(field_name: str, field: Any) -> str:
    return next(iter(_aliases(field)), field_name)


def _model(annotation: Any) -> type | None:
    """The pydantic model that a field is of, also an optional one."""
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and hasattr(one, "model_fields"):
            return one
    return None


def _type(annotation: Any) -> str:
    text = str(annotation)
    return next((kind for kind, pattern in _TYPES if pattern.search(text)), "")
