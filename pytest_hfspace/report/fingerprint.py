"""What makes a finding the same finding in the next run, wherever its lines have moved to."""

from __future__ import annotations

import re
from hashlib import sha256

from ..check import Finding, Result

#: Lines, sizes and times change from run to run.
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def fingerprint(result: Result, finding: Finding) -> str:
    """16 hexadecimal digits of code, route, path and message.  Two findings of one result may have
    the same: they differ in their line or in a number alone."""
    parts = (result.check.code, result.route or "", finding.path, _NUMBER.sub("#", finding.message))
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
