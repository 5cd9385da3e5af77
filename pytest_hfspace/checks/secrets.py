"""2xx and 3xx: is a secret where everybody can read it?"""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
