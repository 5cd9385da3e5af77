"""The catalogue for people: ``--hfspace-list`` and ``--hfspace-explain``."""

from __future__ import annotations

import inspect
import shutil
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import pytest

from ..check import Check
from .terminal import text_width
from .text import wrap


def answer(code: str | None) -> int:
    """Print the list, or one check, and give the exit code."""
    from ..checks import CATALOGUE

    width = text_width(shutil.get_terminal_size().columns)
    lines = explained(find(code, CATALOGUE), width) if code else listed(CATALOGUE)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def listed(catalogue: Iterable[Check]) -> list[str]:
    """One line for each check: code, name, level, stage."""
    checks = sorted(catalogue, key=lambda check: check.code)
    longest = max((len(check.name) for check in checks), default=0)
    return [f"{check.code} {check.name:{longest}} {check.level:5} {check.predicts.value}" for check in checks]


def explained(check: Check, width: int) -> list[str]:
    """What a check looks for, and what follows where it finds it."""
    what = inspect.getdoc(check.function) or ""
    lines = [f"{check.id} ({check.level}, predicts {check.predicts.value})", ""]
    for paragraph in what.split("\n\n"):
        lines += [*wrap(" ".join(paragraph.split()), width), ""]
    lines += wrap(f"On the Hub: {check.consequence}", width, hanging="  ")
    if check.needs:
        lines += wrap(f"Needs: {', '.join(check.needs)}", width, hanging="  ")
    return lines


def find(text: str, catalogue: Iterable[Check]) -> Check:
    """By code, by name, or by both; raises :class:`pytest.UsageError` that names the near ones."""
    by_name = {name.upper(): check for check in catalogue for name in (check.code, check.name, check.id)}
    found = by_name.get(text.strip().upper())
    if found is None:
        raise pytest.UsageError(f"there is no check {text!r}{did_you_mean(text, by_name)}")
    return found


def did_you_mean(text: str, names: Mapping[str, Check]) -> str:
    """ "; did you mean HFS410-port-mismatch?", or "" where nothing is near."""
    wanted = text.upper()
    codes = [name for name, check in names.items() if name == check.code]
    near = [name for name, check in names.items() if wanted in check.name.upper().split("-")]
    near = near or get_close_matches(wanted.partition("-")[0], codes, cutoff=0.8)
    near = near or get_close_matches(wanted, list(names), n=6)
    ids = list(dict.fromkeys(names[name].id for name in near))[:3]
    return f"; did you mean {' or '.join(ids)}?" if ids else " (--hfspace-list shows them all)"
