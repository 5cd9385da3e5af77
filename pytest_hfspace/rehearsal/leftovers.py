"""Failures over what lies in this machine's temporary directory already: a container's is empty."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable

from .facts import FileUse, Raised, chain

#: where apps write that cannot be told where, and what earlier starts have left
PLACE = "/tmp"  # noqa: S108 - looked into
_PATH = re.compile(rf"{PLACE}/([^/'\"\n]+)[^'\"\n]*")
_EXISTS = re.compile(r"\balready exists\b", re.IGNORECASE)


def already_there() -> frozenset[str]:
    """The names in the temporary directory."""
    try:
        return frozenset(os.listdir(PLACE))  # noqa: PTH208 - names alone, of which there may be many
    except OSError:
        return frozenset()


def left_over(error: Raised, files: Iterable[FileUse], before: Collection[str]) -> str:
    """Why a failure over something that exists tells nothing of a Space, or "".

    ``before``: what was there before the app started.
    """
    for link in chain(error):
        if "builtins.FileExistsError" in link.kinds:
            paths = [link.message]
        elif _EXISTS.search(link.message):  # SQLite does not say in which file
            paths = [use.path for use in files if use.write]
        else:
            continue
        found = (match for path in paths for match in [_PATH.search(path)] if match)
        if there := next((match[0] for match in found if match[1] in before), ""):
            said = f"the app makes {there}, which is on this machine already"
            return f"{said} (a Space starts with an empty {PLACE}): remove it"
    return ""
