"""What is installed in an environment, read from the metadata that the tools leave there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..space.requirement_lines import normalised

#: The headers come first, a description of any size after them.
_HEADERS: Final = 64 * 1024
_FIELD: Final = re.compile(r"^(Name|Version|Requires-Python):[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Distribution:
    """``name`` is normalised; ``requires_python``: a specifier, or ""."""

    name: str
    version: str
    requires_python: str = ""


def site_packages(environment: Path) -> Path | None:
    """Where an environment has its packages."""
    return next(iter(sorted(environment.glob("lib/python3*/site-packages"))), None)


def installed(environment: Path) -> Iterator[Distribution]:
    """Every distribution whose metadata can be read."""
    site = site_packages(environment)
    for path in sorted(site.glob("*.dist-info/METADATA")) if site is not None else ():
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                headers = file.read(_HEADERS).partition("\n\n")[0]
        except OSError:
            continue
        fields = {match[1]: match[2].strip() for match in _FIELD.finditer(headers)}
        if fields.get("Name") and fields.get("Version"):
            yield Distribution(
                normalised(fields["Name"]), fields["Version"], fields.get("Requires-Python", "")
            )
