"""2xx: does everything that the app needs arrive, under the names that it uses?"""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
