"""Where the Spaces of a run lie: ``--hfspace-root`` and its ini twin, with globs."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .report.text import printable

#: What a folder holds that is meant as a Space; a glob leaves the others out.
_SIGNS = ("README.md", "Dockerfile")

_WILD = re.compile(r"[*?\[]")


def ini(config: pytest.Config, name: str) -> Any:
    """An ini value; :class:`pytest.UsageError` for one of the wrong type, in every pytest."""
    try:
        return config.getini(name)
    except (TypeError, ValueError, pytest.UsageError) as error:
        # pytest 9.2 raises a UsageError itself, without the name in some of them
        about = "" if name in str(error) else f"{name}: "
        raise pytest.UsageError(f"{about}{error}") from None


def read_roots(config: pytest.Config, asked: list[str]) -> list[tuple[str, Path]]:
    """Each Space's name in the run, and its root.

    A single folder has the name "".  Several, or those of a glob, are named by their path from
    pytest's root directory.  Raises :class:`pytest.UsageError` where one is no directory.
    """
    source, patterns = "--hfspace-root", asked
    base = config.invocation_params.dir
    if not asked:
        source, patterns = "hfspace_root", ini(config, "hfspace_root") or [""]
        if patterns != [""] and config.inipath is not None:
            base = config.inipath.parent
    found = {root.resolve(): None for pattern in patterns for root in _roots(base, pattern, source)}
    if len(found) == 1 and not any(_is_glob(base, pattern) for pattern in patterns):
        return [("", next(iter(found)))]
    return sorted((_name(root, config.rootpath), root) for root in found)


def _roots(base: Path, pattern: str, source: str) -> Iterable[Path]:
    try:
        if not _is_glob(base, pattern):
            root = base / pattern
            if root.is_dir():
                return [root]
        elif found := list(_matching(base, pattern)):
            return found
        else:
            raise pytest.UsageError(f"{source}: no folder with a {' or '.join(_SIGNS)} matches {pattern!r}")
    except (OSError, ValueError, NotImplementedError):
        pass
    raise pytest.UsageError(f"{source}: {pattern!r} is not a directory")


def _is_glob(base: Path, pattern: str) -> bool:
    return bool(_WILD.search(pattern)) and not (base / pattern).is_dir()


def _matching(base: Path, pattern: str) -> Iterator[Path]:
    """A wildcard matches no hidden folder, as in a shell."""
    parts = Path(pattern).parts
    plain = len(list(itertools.takewhile(lambda part: not _WILD.search(part), parts)))
    top, rest = base.joinpath(*parts[:plain]), parts[plain:]
    takes_hidden = any(part.startswith(".") for part in rest)
    for path in top.glob("/".join(rest)):
        hidden = any(part.startswith(".") for part in path.relative_to(top).parts)
        if path.is_dir() and (takes_hidden or not hidden) and any((path / sign).is_file() for sign in _SIGNS):
            yield path


def _name(root: Path, rootpath: Path) -> str:
    """As it stands in node ids, which have separators of their own."""
    name = printable(os.path.relpath(root, rootpath).replace(os.sep, "/"), keep="")
    return name.replace("::", "%3A%3A").replace("[", "%5B").replace("]", "%5D")
