"""Rehearse the deployment of a Python web app to a Hugging Face Space, with pytest.

The names below are for annotations, and for a server without pytest.  Each is imported when it is
asked for: a pytest run that does not use this plugin must not feel it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rehearsal.facts import Read, Rehearsal, Route
    from .rehearsal.server import SpaceServer
    from .settings_seen import SettingsSeen
    from .space import Space, read_space

__all__ = [
    "Read",
    "Rehearsal",
    "Route",
    "SettingsSeen",
    "Space",
    "SpaceServer",
    "__version__",
    "read_space",
]

__version__ = "0.1.0"

_MODULES = {
    "Read": "rehearsal.facts",
    "Rehearsal": "rehearsal.facts",
    "Route": "rehearsal.facts",
    "SettingsSeen": "settings_seen",
    "Space": "space",
    "SpaceServer": "rehearsal.server",
    "read_space": "space",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
