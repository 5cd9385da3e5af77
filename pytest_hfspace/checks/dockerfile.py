"""3xx: would the Dockerfile build, and would what it builds run as user 1000?"""

from __future__ import annotations

from typing import Final

from ..check import Check

CHECKS: Final[tuple[Check, ...]] = ()
