"""The catalogue for people: ``--hfspace-list`` and ``--hfspace-explain``."""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import pytest

from ..check import Check
from .terminal import text_width
from .text import wrap

#: "[spaces-config-reference]" at the end of a docstring: the explanation names it in full.
_SOURCE = re.compile(r"\s*\[[^\]]*\]\s*$")


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
    """What a check looks for, why the Hub cares, what follows, a wrong and a right example."""
    from ..explanations import explanation

    what = inspect.getdoc(check.function) or ""
    more = explanation(check.code)
    lines = [f"{check.id} ({check.level}, predicts {check.predicts.value})", ""]
    paragraphs = [*_SOURCE.sub("", what).split("\n\n"), *([more.why] if more else [])]
    for paragraph in paragraphs:
        lines += [*wrap(" ".join(paragraph.split()), width), ""]
    lines += wrap(f"On the Hub: {check.consequence}", width, hanging="  ")
    if check.needs:
        lines += wrap(f"Needs: {', '.join(check.needs)}", width, hanging="  ")
    if more is None:
        return lines
    if more.leaves:
        lines += wrap(f"Left alone: {more.leaves}", width, hanging="  ")
    for title, files in (("Wrong", more.wrong), ("Right", more.right)):
        lines += ["", f"{title}:", *_example(files)]
    lines += [
        "",
        *wrap(
            f"To leave it out: --hfspace-ignore {check.code}, or hfspace_ignore = {check.code} "
            "in the pytest configuration.",
            width,
            hanging="  ",
        ),
    ]
    lines += [f"Source: {_source(name)}" for name in more.sources]
    return lines


def _example(files: Mapping[str, str | bytes | None]) -> list[str]:
    lines = []
    for path, content in files.items():
        if content is None:
            lines.append(f"  {path}: not there")
        elif isinstance(content, bytes):
            lines.append(f"  {path}: {_size(len(content))}, binary")
        else:
            lines += [f"  {path}:", *(f"    {line}".rstrip() for line in content.splitlines())]
    return lines


def _size(count: int) -> str:
    units = ((1 << 20, "MiB"), (1 << 10, "KiB"))
    return next((f"{count / size:.3g} {unit}" for size, unit in units if count >= size), f"{count} bytes")


def _source(name: str) -> str:
    if name == "field":
        return "public post-mortems of Spaces; no document states it"
    return f"https://huggingface.co/docs/hub/{name}"


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
