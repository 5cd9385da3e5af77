"""Which Space on the Hub a folder is, where its repository says so."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from . import Space
from .deployments import Deployment
from .deployments.commands import EXPRESSION, plain
from .deployments.nodes import Node, read_nodes
from .files import REGULAR, Files, Tracked
from .git import GitError, ask

__all__ = ["hub_id"]

_HOST: Final = r"(?i:(?:www\.)?(?:huggingface\.co|hf\.co))"
#: A Space's address as git takes it, with or without user and token.
_ADDRESS: Final = re.compile(
    rf"(?:(?:https?|ssh|git)://(?:[^/\s]*@)?{_HOST}(?::\d+)?/+|(?:[^/@\s]+@)?{_HOST}:/*)"
    r"spaces/([^/\s]+/[^/\s]+?)(?:\.git)?/*"
)
_LONGEST_ADDRESS: Final = 2_000

#: The rules of the Hub's own client for "owner/name".
_PART: Final = r"\b[\w.-]{1,96}\b"
_ID: Final = re.compile(rf"(?!.*(?:--|\.\.|\.git\Z)){_PART}/{_PART}", re.ASCII)

#: Of remotes that are different Spaces, those that are meant: the first of these groups that is there.
_MEANT: Final = (("origin",), ("space", "hf", "huggingface"))

_HUB_SYNC: Final = "huggingface/hub-sync"
_WORKFLOWS: Final = ".github/workflows"
_MOST_WORKFLOWS: Final = 100
_LARGEST_WORKFLOW: Final = 256 * 1024


def hub_id(space: Space, deployments: Iterable[Deployment]) -> str:
    """ "owner/name", by the repository's remotes, else by what its workflows and scripts send to.

    "" where nothing says, where what says is no name that the Hub allows or is known to a run of the
    workflow only, and where several Spaces are named and none of them is meant before the others.  A
    remote stands for a whole repository: for a folder in one counts what sends that folder.
    """
    root = space.root.resolve()
    top = _top(root) if space.files.is_git else None
    if top is not None and top != root:
        nested = (each.space for each in deployments if each.kind != "git push")
        return _only([*nested, *_sent_from(top, root.relative_to(top).as_posix())])
    by_remote = _by_remotes(root) if top is not None else None
    return _only(each.space for each in deployments) if by_remote is None else by_remote


def _top(root: Path) -> Path | None:
    return next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), None)


def _only(targets: Iterable[str]) -> str:
    """The one that all name; a target that nobody knows is another one."""
    names = set(targets)
    name = names.pop() if len(names) == 1 else ""
    return name if _ID.fullmatch(name) else ""


# -- remotes


def _by_remotes(root: Path) -> str | None:
    """None where no remote is a Space."""
    remotes = _remotes(root)
    for group in (tuple(remotes), *_MEANT):
        names = {name for remote in group for name in remotes.get(remote, ())}
        if len(names) == 1:
            return _only(names)
        if names and group in _MEANT:
            return ""
    return "" if remotes else None


def _remotes(root: Path) -> dict[str, set[str]]:
    """The Spaces that each remote fetches from and pushes to.

    Of the repository's own file: what a user has for all of them tells nothing of this one.
    """
    try:
        output = ask(
            root, "--git-dir=.git", "config", "--local", "--null", "--get-regexp", r"^remote\..*\.(push)?url$"
        )
    except GitError:
        return {}
    found: dict[str, set[str]] = {}
    for record in os.fsdecode(output).split("\0"):
        key, _, address = record.partition("\n")
        space = _ADDRESS.fullmatch(address.strip()[:_LONGEST_ADDRESS])
        if space is not None:
            name = key.removeprefix("remote.").rpartition(".")[0]
            found.setdefault(name, set()).add(space[1])
    return found


# -- workflows above a folder


def _sent_from(top: Path, folder: str) -> Iterator[str]:
    """The Spaces that hub-sync sends a folder to, "" for one that only a run would tell."""
    for workflow in _workflows(top):
        jobs = workflow.get("jobs")
        for job in jobs.pairs.values() if jobs else ():
            steps = job.get("steps")
            for step in steps.items if steps else ():
                sent = plain(step.said("with", "subdirectory")).strip()
                is_sync = step.said("uses").partition("@")[0].lower() == _HUB_SYNC
                if is_sync and sent and (EXPRESSION in sent or _normal(sent) == folder):
                    name = plain(step.said("with", "huggingface_repo_id")).strip()
                    yield "" if EXPRESSION in sent + name else name


def _normal(folder: str) -> str:
    return posixpath.normpath(folder.strip("/"))


def _workflows(top: Path) -> Iterator[Node]:
    try:
        with os.scandir(top / _WORKFLOWS) as entries:
            names = sorted(entry.name for entry in islice(entries, _MOST_WORKFLOWS))
    except OSError:
        return
    paths = [f"{_WORKFLOWS}/{name}" for name in names if name.endswith((".yml", ".yaml"))]
    # never through a link: they are read as the files of a Space are
    files = Files(top, {path: Tracked(path, REGULAR) for path in paths})
    for path in paths:
        try:
            text = files.text(path, _LARGEST_WORKFLOW + 1)
        except FileNotFoundError:
            continue
        document = read_nodes(text) if len(text) <= _LARGEST_WORKFLOW else None
        if document is not None:
            yield document
