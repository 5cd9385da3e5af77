"""The steps of the repository's workflows and scripts that send it to the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from .. import Space
from ..files import Files
from .deployment import Deployment
from .pointers import lfs_files

__all__ = ["Deployment", "read_deployments"]

_WORKFLOW: Final = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_GITLAB: Final = re.compile(r"\.gitlab-ci\.ya?ml")
_SCRIPT: Final = re.compile(
    r"(?:\.github/scripts/|scripts?/|bin/|tools/|deploy(?:ment)?/)?[^/]*\.(?:sh|bash)"
    r"|(?:\.github/scripts/|scripts?/|tools/|deploy(?:ment)?/)?(?:deploy|upload|push|sync)[^/]*\.py"
    r"|(?:GNU)?[Mm]akefile|[Jj]ustfile"
)
_RUNNERS: Final = {"make": ("Makefile", "makefile", "GNUmakefile"), "just": ("justfile", "Justfile")}

_MOST_FILES: Final = 100


def read_deployments(space: Space) -> tuple[Deployment, ...]:
    """In the order of path and line.  Never raises for what the repository contains.

    What sends a sub-folder, or another repository, is left out.  A Space that is a sub-folder of its
    repository has no workflows here: they lie above it.
    """
    found = list(dict.fromkeys(_found(space.files)))
    if any(_needs_lfs(each) for each in found):
        pointers = lfs_files(space.files)
        found = [each._replace(lfs_files=pointers) if _needs_lfs(each) else each for each in found]
    return tuple(sorted(found, key=lambda each: (each.path, each.line)))


def _needs_lfs(deployment: Deployment) -> bool:
    return deployment.checkout is not None and not deployment.lfs


def _found(files: Files) -> Iterator[Deployment]:
    paths = _paths(files)
    if not paths:
        return
    from .scripts import read_script
    from .workflows import read_gitlab, read_workflow

    @cache
    def scripts(path: str) -> tuple[Deployment, ...]:
        names = [name for name in _RUNNERS.get(path, (path,)) if name in files]
        return tuple(read_script(files, names[0])) if names else ()

    run_by_workflows: set[tuple[str, int]] = set()
    for path in paths:
        read = (
            read_workflow if _WORKFLOW.fullmatch(path) else read_gitlab if _GITLAB.fullmatch(path) else None
        )
        for deployment in read(files, path, scripts) if read else ():
            run_by_workflows.add((deployment.path, deployment.line))
            yield deployment
    for path in paths:
        if _SCRIPT.fullmatch(path):
            yield from (each for each in scripts(path) if (each.path, each.line) not in run_by_workflows)


def _paths(files: Files) -> list[str]:
    wanted = (path for path in files.tracked if path.count("/") < 3 and _is_wanted(path))
    return sorted(wanted)[:_MOST_FILES]


def _is_wanted(path: str) -> bool:
    return any(pattern.fullmatch(path) for pattern in (_WORKFLOW, _GITLAB, _SCRIPT))
