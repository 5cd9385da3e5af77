"""The checks that a project adds to the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .check import Check

_CODE = re.compile(r"(?!HFS)[A-Z]{2,12}[0-9]{1,4}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def checked(checks: Iterable[object], catalogue: Iterable[Check]) -> tuple[Check, ...]:
    """The same checks.  ValueError, in one line, for what cannot join the catalogue."""
    taken = {name: check.id for check in catalogue for name in (check.code, check.name)}
    found: list[Check] = []
    for check in checks:
        if not isinstance(check, Check):
            text = f"{check!r:.80} is no check: decorate it with pytest_hfspace.check.check"
            raise ValueError(text)  # noqa: TRY004 - one class for all that cannot join
        if not _CODE.fullmatch(check.code):
            raise ValueError(f"the code {check.code!r} should be letters and digits such as ACME101, not HFS")
        if not _NAME.fullmatch(check.name):
            raise ValueError(f"the name {check.name!r} of {check.code} should be words such as no-print")
        for name in (check.code, check.name):
            if name in taken:
                raise ValueError(f"{check.id}: {name!r} is taken by {taken[name]}")
            taken[name] = check.id
        found.append(check)
    codes = {check.code for check in (*catalogue, *found)}
    for check in found:
        unknown = sorted(set(check.needs) - codes)
        if unknown:
            raise ValueError(f"{check.id} needs {unknown[0]}, which does not exist")
    return tuple(found)
