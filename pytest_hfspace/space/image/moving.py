"""cp and mv of RUN steps."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from .owning import Step
from .stage import absolute

_KEEPS: Final = re.compile(r"-[a-zA-Z]*[ap][a-zA-Z]*|--archive|--preserve.*")


def transfer(step: Step, text: Sequence[str], name: str, *, outside: Sequence[str]) -> bool:
    """Follow mv or cp of one known file or directory; False for more than that.

    ``outside``: the beginnings of paths where nothing of an application lies.
    """
    paths = [word for word in text if not word.startswith("-")]
    tree = step.stage.tree
    known = tree.below(absolute(paths[0], step.cwd)) if len(paths) == 2 else {}
    if not known and len(paths) == 2 and absolute(paths[1], step.cwd).startswith(tuple(outside)):
        return True
    if not known or step.conditional or "*" in paths[0]:
        return False
    source, target = absolute(paths[0], step.cwd), absolute(paths[1], step.cwd)
    if not paths[0].endswith("/.") and (tree.is_directory(target) or paths[1].endswith("/")):
        target = absolute(posixpath.basename(source), target)
    keeps = name == "mv" or any(_KEEPS.fullmatch(word) for word in text)
    entries = tree.permissions.entries
    owned = {path: access for path, access in entries.items() if keeps and _is_in(path, source)}
    if name == "mv":
        tree.remove(source)
    for path, content in known.items():
        tree.put(_moved(path, source, target), content)
    for path, access in owned.items():
        entries[_moved(path, source, target)] = access
    return True


def _moved(path: str, source: str, target: str) -> str:
    return absolute(path[len(source) :].lstrip("/"), target) if path != source else target


def _is_in(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
