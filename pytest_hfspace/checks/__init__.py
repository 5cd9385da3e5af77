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
    dependencies,
    deployment,
    dockerfile,
    environment,
    fresh,
    history,
    image_user,
    lifecycle,
    requirements,
    secrets,
    serve,
    start,
)

__all__ = ["CATALOGUE"]

_FAMILIES: Final = (
    (card, card_settings),
    (history, secrets, arrival, deployment),
    (build, dependencies, requirements, fresh, dockerfile, image_user),
    (start,),
    (serve,),
    (browser,),
    (environment,),
    (lifecycle,),
)

CATALOGUE: Final[tuple[Check, ...]] = tuple(
    check
    for modules in _FAMILIES
    for check in sorted((each for module in modules for each in module.CHECKS), key=lambda check: check.code)
)
