"""2xx: workflows that send the repository to the Hub, and what the Hub does not host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

EXPLANATIONS: Final[Mapping[str, Explanation]] = {}
