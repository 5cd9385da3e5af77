"""The checks that a project adds to the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, get_args

from .check import Check, Level
from .contract import Stage

_CODE: Final = re.compile(r"(?!HFS)[A-Z]{2,12}[0-9]{1,4}", re.ASCII)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def checked(checks: Iterable[object], catalogue: Iterable[Check]) -> tuple[Check, ...]:
    """The same checks.  ValueError, in one line, for what cannot join the catalogue."""
    there = tuple(catalogue)
    taken = {name: check.id for check in there for name in (check.code, check.name)}
    found: list[Check] = []
    for check in checks:
        if not isinstance(check, Check):
            text = f"{check!r:.80} is no check: decorate it with pytest_hfspace.check.check"
            raise ValueError(text)  # noqa: TRY004 - one class for all that cannot join
        _look_at(check)
        for name in (check.code, check.name):
            if name in taken:
                raise ValueError(f"{check.id}: {name!r} is taken by {taken[name]}")
            taken[name] = check.id
        found.append(check)
    codes = {check.code for check in (*there, *found)}
    for check in found:
        unknown = sorted(set(check.needs) - codes)
        if unknown:
            raise ValueError(f"{check.id} needs {unknown[0]}, which does not exist")
    return tuple(found)


def _look_at(check: Check) -> None:
    """ValueError for a check that would not do what its author means."""
    if not _CODE.fullmatch(check.code):
        raise ValueError(f"the code {check.code!r} should be letters and digits such as ACME101, not HFS")
    if not _NAME.fullmatch(check.name):
        raise ValueError(f"the name {check.name!r} of {check.code} should be words such as no-print")
    if check.level not in get_args(Level):
        raise ValueError(f"the level {check.level!r} of {check.id} should be {', '.join(get_args(Level))}")
    if not isinstance(check.predicts, Stage):
        raise ValueError(f"{check.id} predicts {check.predicts!r}, which should be one of Stage")  # noqa: TRY004 - as above
    if check.each not in (None, "route", "websocket"):
        raise ValueError(f"{check.id} is of each {check.each!r}, which should be 'route' or 'websocket'")
    if check.each is None and "space_route" in check.facts:
        raise ValueError(f"{check.id} asks for space_route: say each='route' in its decorator")
    if not _MONTH.fullmatch(check.since):
        raise ValueError(f"{check.id} is there since {check.since!r}, which is not a month such as 2026-08")
