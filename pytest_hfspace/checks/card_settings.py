"""1xx: fields that are misspelt, that nothing reads, or that the code contradicts."""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
