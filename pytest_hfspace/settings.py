"""What the user asks of a run over one Space.  Knows nothing of pytest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

#: HFS410-PORT-MISMATCH, as items and reports show it.
_NAMED = re.compile(r"^([A-Z]+\d+)-[A-Z0-9-]+$")


@dataclass(frozen=True)
class Settings:
    """``name``: what tells the Space from the others of the run, "" where it is the only one;
    ``timeout`` in seconds; ``select``, ``ignore``, ``strict_codes`` and ``secrets`` (of variables) are
    globs; ``waive``: lines such as ``HFS802[data.db]: reason``; ``baseline``: a file of findings that
    are known; ``hub_id``: owner/name on the Hub, "" for what the repository tells; ``contract``: the
    month that the rules are pinned to, "" for the newest.
    """

    root: Path
    name: str = ""
    app: str | None = None
    ref: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    strict_codes: tuple[str, ...] = ()
    build: bool = False
    offline: bool = False
    timeout: float = 120.0
    waive: tuple[str, ...] = ()
    baseline: Path | None = None
    contract: str = ""
    hub_id: str = ""

    def is_secret(self, name: str) -> bool:
        """Does the user call this variable a secret?"""
        return matches(name.upper(), tuple(glob.upper() for glob in self.secrets))

    def selects(self, code: str) -> bool:
        """Is this check to be evaluated, as far as ``select`` says?"""
        return not self.select or matches(code, self.select)

    def ignores(self, code: str) -> bool:
        """Is this check to be left out?"""
        return matches(code, self.ignore)

    def is_strict(self, code: str) -> bool:
        """Do warnings of this check fail the run?"""
        return self.strict or matches(code, self.strict_codes)


def matches(code: str, globs: tuple[str, ...]) -> bool:
    """Is it one of these?  ``HFS4`` and ``HFS4xx`` mean the family; a name may follow the code."""
    return any(fnmatchcase(code, _NAMED.sub(r"\1", glob)) or _is_of_family(code, glob) for glob in globs)


def _is_of_family(code: str, glob: str) -> bool:
    family = glob.removesuffix("XX")
    return family[-1:].isdigit() and len(code) == len(family) + 2 and code.startswith(family)
