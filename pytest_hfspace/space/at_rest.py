"""The facts at rest beyond the Space itself: each is gathered when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import Space
from .deployments import read_deployments
from .history import read_history
from .secrets import read_secrets
from .sources import read_sources

__all__ = ["AT_REST"]

#: By the name of the fixture.
AT_REST: Final[Mapping[str, Callable[[Space], Any]]] = {
    "space_sources": read_sources,
    "space_history": read_history,
    "space_secrets": read_secrets,
    "space_deployments": read_deployments,
}
