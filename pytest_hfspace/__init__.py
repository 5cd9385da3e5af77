"""Rehearse the deployment of a Python web app to a Hugging Face Space, with pytest.

The names below are for annotations, and for a server without pytest.  Each is imported when it is
asked for: a pytest run that does not use this plugin must not feel it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .contract import Stage
    from .rehearsal.facts import Read, Rehearsal, Route
    from .rehearsal.requests import Override
    from .rehearsal.server import SpaceServer
    from .report import Report
    from .settings_seen import SettingsSeen
    from .space import Space, read_space
    from .verification import verify

__all__ = [
    "Override",
    "Read",
    "Rehearsal",
    "Report",
    "Route",
    "SettingsSeen",
    "Space",
    "SpaceServer",
    "Stage",
    "__version__",
    "read_space",
    "verify",
]

__version__ = "0.1.0"

_MODULES = {
    "Override": "rehearsal.requests",
    "Read": "rehearsal.facts",
    "Rehearsal": "rehearsal.facts",
    "Report": "report",
    "Route": "rehearsal.facts",
    "SettingsSeen": "settings_seen",
    "Space": "space",
    "SpaceServer": "rehearsal.server",
    "Stage": "contract",
    "read_space": "space",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
