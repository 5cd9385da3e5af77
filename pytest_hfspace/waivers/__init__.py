"""What the user lives with, and why: lines of the configuration, comments, a baseline.

Pure functions over results and a Space; nothing here knows of pytest.
"""

from __future__ import annotations

from .inline import inline_waivers
from .judging import Examined, apply, uses
from .syntax import parse
from .waiver import Waiver

__all__ = ["Examined", "Waiver", "apply", "inline_waivers", "parse", "uses"]
