"""What tells that an app does not run on the Python that builders choose where the card names none."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final, NamedTuple

from ...contract import BUILDERS_PYTHON
from ...space import Space
from ...space.project_file import LARGEST_PROJECT, required_python
from ...space.sources import Sources
from ..build.python_version import admits
from ..modules import REMOVED, minor
from ..serving import one_line

_PROJECT: Final = "pyproject.toml"
_NEWEST: Final = minor(BUILDERS_PYTHON) or 0
_HERE: Final = sys.version_info.minor
#: Versions to propose, the most common first.
_PROPOSED: Final = (_HERE, 12, 11, 10, 13, 14, 9)
#: Gone from Python, and yet there: gradio requires audioop-lts, and many packages setuptools.
_BROUGHT: Final = frozenset({"audioop", "distutils"})


class Unfit(NamedTuple):
    """Why the builders' Python does not fit: ``seen``, what happens there, and the 3.x to write."""

    seen: str
    consequence: str
    minor: int


def unfit(space: Space, sources: Sources) -> Unfit | None:
    """The first thing that speaks against the builders' Python."""
    return _by_project(space) or _by_import(space, sources)


def _by_project(space: Space) -> Unfit | None:
    if _PROJECT not in space.files:
        return None
    try:
        wanted, _, line = required_python(space.files.text(_PROJECT, LARGEST_PROJECT))
    except FileNotFoundError:
        return None
    if not wanted or admits(wanted, BUILDERS_PYTHON) is not False:
        return None
    shown = one_line(wanted, 40)
    return Unfit(
        f"line {line} of {_PROJECT} wants {shown}",
        "What needs the older Python fails; where the project itself is installed, the build ends with "
        f"\"requires a different Python: {BUILDERS_PYTHON}.x not in '{shown}'\".",
        _first(each for each in _PROPOSED if admits(wanted, f"3.{each}")),
    )


def _by_import(space: Space, sources: Sources) -> Unfit | None:
    if not space.requirements.complete:
        return None
    for each in sources.absent:
        top = each.module.partition(".")[0]
        since, brought_by = REMOVED.get(top, (_NEWEST + 1, ()))
        if each.deferred or each.optional or each.path not in sources.certain:
            continue
        if since <= _NEWEST and top not in _BROUGHT and not space.requirements.declares(*brought_by):
            return Unfit(
                f"{one_line(each.path, 60)}:{each.line} imports {top}, which is gone since 3.{since}",
                f"The app ends with \"No module named '{top}'\".",
                _first(proposed for proposed in _PROPOSED if proposed < since),
            )
    return None


def _first(minors: Iterable[int]) -> int:
    return next(iter(minors), _HERE)
