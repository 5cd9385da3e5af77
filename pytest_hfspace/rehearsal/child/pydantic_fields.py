"""The settings that a pydantic-settings class asks for: it copies the environment, so that only
its fields tell the names."""

from __future__ import annotations

import os
import re
import sys
from functools import wraps
from types import ModuleType
from typing import Any

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
            self._note(type(settings), values, self.sources.caller(sys._getframe(1)))
            original(settings, *args, **values)

        base.__init__ = init

    def _note(self, settings: type, values: dict[str, Any], caller: Line | None) -> None:
        config = getattr(settings, "model_config", {})
        present = {name.upper() for name in list(os.environ._data)} if not values else set()  # type: ignore[attr-defined]
        present = {os.fsdecode(name) if isinstance(name, bytes) else name for name in present}
        for field_name, field in getattr(settings, "model_fields", {}).items():
            names = _names(field_name, field, str(config.get("env_prefix") or ""))
            if not names or field_name in values:
                continue
            required = bool(field.is_required())
            default = None if required or field.default is None else field.default
            plain = default if isinstance(default, (str, int, float, bool)) else None
            kind = _type(field.annotation)
            self.channel.emit(
                "read",
                name=names[0],
                where=self._line(settings, field_name) or caller,
                default=None if plain is None else str(plain)[:500],
                required=required,
                given=any(name.upper() in present for name in names),
                phase=self.channel.phase,
                reader="pydantic_settings",
                own=caller is not None,
                type=kind,
                secret=kind == "secret",
                field=f"{settings.__module__}.{settings.__qualname__}.{field_name}",
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
    alias = field.validation_alias or field.alias
    choices = getattr(alias, "choices", None) or ([alias] if alias else [])
    names = [choice for choice in choices if isinstance(choice, str)]
    if not choices:
        names = [prefix + field_name]
    return [name.upper() for name in names]


def _type(annotation: Any) -> str:
    text = str(annotation)
    return next((kind for kind, pattern in _TYPES if pattern.search(text)), "")
