"""2xx: would the Hub accept what git would push?"""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
