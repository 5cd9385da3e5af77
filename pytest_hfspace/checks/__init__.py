"""The catalogue: one module for each family of checks, in the order of the pipeline."""

from __future__ import annotations

from typing import Final

from ..check import Check
from . import (
    arrival,
    browser,
    build,
    card,
    card_settings,
    conforms,
    dependencies,
    deployment,
    dockerfile,
    egress,
    environment,
    fresh,
    history,
    image_user,
    leaks,
    lifecycle,
    origins,
    pace,
    pages,
    requirements,
    secrets,
    serve,
    settings_sources,
    settings_values,
    start,
    start_seen,
    start_server,
    storage,
)

__all__ = ["CATALOGUE"]

_FAMILIES: Final = (
    (card, card_settings),
    (history, secrets, arrival, deployment),
    (build, dependencies, requirements, fresh, dockerfile, image_user),
    (start, start_server, start_seen),
    (serve, conforms, pace),
    (browser, origins, pages),
    (environment, settings_sources, settings_values, leaks),
    (storage, egress, lifecycle),
)

CATALOGUE: Final[tuple[Check, ...]] = tuple(
    check
    for modules in _FAMILIES
    for check in sorted((each for module in modules for each in module.CHECKS), key=lambda check: check.code)
)
