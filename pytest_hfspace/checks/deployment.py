"""2xx: would the workflows that send the repository to the Hub do what they should?"""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
