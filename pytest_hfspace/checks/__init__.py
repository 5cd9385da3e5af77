"""The catalogue: a folder for each family of checks, and beside them what several families use."""

from __future__ import annotations

from typing import Final

from ..check import Check
from .browser import origins, pages, proxy
from .build import dependencies, dockerfile, fresh, image_user, prerequisites, requirements
from .card import accepted, settings
from .environment import configuration, leaks, sources, values
from .lifecycle import egress, ending, storage
from .push import arrival, deployment, history, secrets
from .serve import conforms, pace, routes
from .start import failures, seen, server

__all__ = ["CATALOGUE"]

_FAMILIES: Final = (
    (accepted, settings),
    (history, secrets, arrival, deployment),
    (prerequisites, dependencies, requirements, fresh, dockerfile, image_user),
    (failures, server, seen),
    (routes, conforms, pace),
    (proxy, origins, pages),
    (configuration, sources, values, leaks),
    (storage, egress, ending),
)

CATALOGUE: Final[tuple[Check, ...]] = tuple(
    check
    for modules in _FAMILIES
    for check in sorted((each for module in modules for each in module.CHECKS), key=lambda check: check.code)
)
