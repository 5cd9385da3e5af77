"""6xx: the Space page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

EXPLANATIONS: Final[Mapping[str, Explanation]] = {}
