"""The lines at the top of a run: what is rehearsed, and what is worth knowing before."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .contract import DATE
from .report import install_command
from .report.text import GLUE, count, one_line, wrap
from .run import Run
from .runs import Runs

#: More names than that are no help above a run, nor before a line of it.
_MOST_NAMES = 12
_MOST_TOLD = 3


def header_lines(runs: Runs, config: pytest.Config) -> list[str]:
    """Each begins with "hfspace:", and is wrapped for this terminal."""
    width = config.get_terminal_writer().fullwidth
    texts = [_several(runs)] if runs.several else [_about(runs.only, config)]
    about: dict[str, list[str]] = {}
    for name, run in runs.items():
        for notice in _notices(run):
            about.setdefault(run.redactor(notice), []).append(name)
    texts += [
        f"{_few(names, _MOST_TOLD)}: {notice}" if runs.several else notice for notice, names in about.items()
    ]
    return [
        line
        for text in (*texts, *_lost_configuration(config), *runs.notices)
        for line in wrap(one_line(f"hfspace: {text}"), width, hanging="  ")
    ]


def _lost_configuration(config: pytest.Config) -> Iterator[str]:
    """pytest looks for its configuration before it knows our options: a path that stands apart from
    its option, and exists, is a test to it, and may lie in another project."""
    here = config.invocation_params.dir
    if config.inipath is not None or "-c" in config.invocation_params.args:
        return
    for name, sign in (("pytest.ini", ""), (".pytest.ini", ""), ("pyproject.toml", "[tool.pytest")):
        if _holds(here / name, sign):
            yield f"{name} was not read, for pytest took a path for a test: write --hfspace-report=FILE"
            return


def _holds(path: Path, sign: str) -> bool:
    try:
        return sign in path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _several(runs: Runs) -> str:
    names = _few(list(runs), _MOST_NAMES)
    return f"{count(len(runs), 'Space')}: {names}{GLUE}· {_contract(next(iter(runs.values())))}"


def _few(names: list[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _about(run: Run, config: pytest.Config) -> str:
    space = run.space
    root = os.path.relpath(space.root, config.invocation_params.dir)
    ref = f" at {run.settings.ref}" if run.settings.ref else ""
    parts = [f"{space.sdk or 'no SDK:'} Space {space.root if root.startswith('..') else root}{ref}"]
    if space.sdk != "static":
        command = shlex.join(space.command.words) if space.command else "no start command"
        parts += [command, f"port{GLUE}{space.port}"]
    parts.append(_contract(run))
    return run.redactor(f"{GLUE}· ".join(parts))


def _contract(run: Run) -> str:
    pinned = run.settings.contract
    return f"contract{GLUE}{pinned or DATE}{f'{GLUE}(pinned)' if pinned else ''}"


def _notices(run: Run) -> Iterator[str]:
    yield from run.space.files.notices
    image = run.space.image
    there = ".".join((image.python or "").split(".")[:2]) if image else ""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    # the closing section names the Python of a fresh build
    if there not in ("", "3", here) and not run.settings.build:
        yield f"Python {here} here, {there} on the Space"
    missing = run.missing_packages()
    if missing:
        yield f"not installed here: {', '.join(missing)} ({install_command(run.space, missing)})"
