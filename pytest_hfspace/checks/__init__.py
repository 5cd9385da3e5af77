"""The catalogue: one module for each family of checks, in the order of the pipeline."""

from __future__ import annotations

from typing import Final

from ..check import Check
from . import browser, build, card, environment, lifecycle, serve, start

__all__ = ["CATALOGUE"]

CATALOGUE: Final[tuple[Check, ...]] = (
    *card.CHECKS,
    *build.CHECKS,
    *start.CHECKS,
    *serve.CHECKS,
    *browser.CHECKS,
    *environment.CHECKS,
    *lifecycle.CHECKS,
)
