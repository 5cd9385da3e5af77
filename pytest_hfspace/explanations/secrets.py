"""2xx and 3xx: secrets where everybody can read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

EXPLANATIONS: Final[Mapping[str, Explanation]] = {}
