"""What git knows of the objects that a push would send, asked with as few processes as possible."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from .git import GitError, ask, stream

#: Seconds for all commits of a repository, and for the commits that brought a few files.
WALK_DEADLINE: Final = 30.0
BROUGHT_DEADLINE: Final = 5.0

#: More paths in one command cost more than to look at every path.
_MOST_PATHS: Final = 200

#: No path is a pattern.
_LITERAL: Final = "--literal-pathspecs"

_FORMAT: Final = "--batch-check=%(objecttype) %(objectsize) %(objectsize:disk) %(objectname) %(rest)"
_BLOB = re.compile(r"^blob (\d+) (\d+) (\w+) ?(.*)$", re.MULTILINE)
_COMMIT = re.compile(rb"^commit ", re.MULTILINE)
_BROUGHT = re.compile(rb"^commit (\w+) (\d+)$|^:\d+ \d+ \w+ (\w+) ", re.MULTILINE)

#: A Space's address, over HTTPS (with or without credentials) or SSH.
_SPACE_URL = re.compile(
    r"(?:[a-z+]+://(?:[^@/\s]*@)?|(?:[^@/\s]+@)?)(?:www\.)?(?:huggingface\.co|hf\.co)(?::\d+/|[:/])/?spaces/",
    re.I,
)


class Place(NamedTuple):
    """``top``: is it the repository's?  ``tip``: the commit that would be pushed, "" where there is
    none yet.  ``shallow``: the file that names the commits whose parents were left out, or None."""

    top: bool
    tip: str
    shallow: Path | None


class Remotes(NamedTuple):
    """``spaces``: the names of those that are Spaces.  ``partial``: one has contents that are not here."""

    spaces: tuple[str, ...]
    partial: bool


class Object(NamedTuple):
    """A file's content in git.  ``size`` and ``disk`` in bytes: as it is, and as git keeps it."""

    size: int
    disk: int
    name: str
    path: str


def find_place(root: Path, ref: str | None) -> Place:
    """Raises GitError."""
    lines = os.fsdecode(
        ask(root, "rev-parse", "--show-prefix", "--is-shallow-repository", "--git-path", "shallow")
    ).split("\n")
    prefix, shallow, path = "\n".join(lines[:-3]), lines[-3] == "true", lines[-2]
    try:
        tip = ask(root, "rev-parse", "--verify", "--quiet", f"{ref or 'HEAD'}^{{commit}}").decode().strip()
    except GitError:
        tip = ""
    return Place(not prefix, tip, root / path if shallow else None)


def find_remotes(root: Path) -> Remotes:
    """By git's configuration; none where that cannot be read."""
    try:
        output = ask(root, "config", "--null", "--get-regexp", r"^remote\..*\.(url|pushurl|promisor)$")
    except GitError:
        return Remotes((), partial=False)
    spaces: dict[str, None] = {}
    partial = False
    for record in os.fsdecode(output).split("\0"):
        key, _, value = record.partition("\n")
        name, _, variable = key.removeprefix("remote.").rpartition(".")
        if variable == "promisor":
            partial = partial or value.lower() in ("", "true", "yes", "on", "1")
        elif _SPACE_URL.match(value.strip()):
            spaces[name] = None
    return Remotes(tuple(spaces), partial)


def list_tracking(root: Path, remotes: Iterable[str]) -> tuple[str, ...]:
    """The commits that the remotes are known to have."""
    patterns = [f"refs/remotes/{name}" for name in remotes]
    if not patterns:
        return ()
    return tuple(ask(root, "for-each-ref", "--format=%(objectname)", *patterns).decode().split())


class Walk:
    """Every object of some commits that others do not have.  ``commits`` counts them as they come."""

    def __init__(self, root: Path, tip: str, known: Sequence[str]) -> None:
        self._root = root
        self._range = _range(tip, known)
        self.commits = 0

    def __iter__(self) -> Iterator[Object]:
        """The files' contents, each once.  Raises GitError."""
        listed = ["rev-list", "--objects", *self._range]
        for lines in stream(self._root, listed, ("cat-file", "--buffer", _FORMAT), WALK_DEADLINE):
            self.commits += len(_COMMIT.findall(lines))
            yield from _objects(lines)


def describe(root: Path, names: Iterable[str]) -> dict[str, Object]:
    """Sizes of objects by their names; without those that git does not have.  Raises GitError."""
    given = "".join(f"{name}\n" for name in names).encode()
    if not given:
        return {}
    return {found.name: found for found in _objects(ask(root, "cat-file", _FORMAT, given=given))}


def _objects(lines: bytes) -> Iterator[Object]:
    for size, disk, name, path in _BLOB.findall(os.fsdecode(lines)):
        yield Object(int(size), int(disk), name, path)


def list_indexed(root: Path) -> dict[str, str]:
    """Objects of the index's regular files by their paths below a directory.  Raises GitError."""
    found = {}
    for record in os.fsdecode(ask(root, "ls-files", "-z", "-s")).split("\0"):
        # 100644, object, stage, then the path after a tab
        about, _, path = record.partition("\t")
        if about.startswith("100"):
            found[path] = about.split(" ")[1]
    return found


def list_staged(root: Path, tip: str) -> dict[str, str]:
    """What the index has and the commit does not: object by path from the top.  Raises GitError."""
    options = ("--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=all")
    fields = os.fsdecode(ask(root, "diff-index", *options, tip, "--")).split("\0")
    # two modes, two objects and a letter, then the path
    changes = zip(fields[::2], fields[1::2], strict=False)
    return {path: about.split(" ")[3] for about, path in changes if about.startswith(":")}


def find_hidden(root: Path, place: Place, known: Sequence[str]) -> bool:
    """Does a commit that would be pushed have parents that a shallow clone left out?"""
    if place.shallow is None or not place.tip:
        return False
    try:
        cut = place.shallow.read_text().split()
        commits = ask(root, "rev-list", *_range(place.tip, known)).decode().split()
    except (GitError, OSError, ValueError):
        return True
    return not set(cut).isdisjoint(commits)


def find_commits(
    root: Path, tip: str, known: Sequence[str], wanted: Sequence[Object]
) -> dict[str, tuple[str, int]]:
    """The commits that brought some objects: short name and time (since 1970) by object.

    Without those that are not found in time.
    """
    if not tip or not wanted:
        return {}
    paths = sorted({each.path for each in wanted})
    if len(paths) > _MOST_PATHS:
        paths = []  # all of them are asked for
    names = {each.name for each in wanted}
    commits = ["rev-list", "--full-history", *_range(tip, known), "--", *paths]
    options = ["--stdin", "--root", "-r", "-m", "--raw", "--no-abbrev", "--no-renames"]
    changes = ["diff-tree", *options, "--pretty=format:commit %H %ct", "--", *paths]
    found: dict[str, tuple[str, int]] = {}
    current = ("", 0)
    try:
        for lines in stream(root, [_LITERAL, *commits], [_LITERAL, *changes], BROUGHT_DEADLINE):
            for commit, time, name in _BROUGHT.findall(lines):
                if commit:
                    current = (commit.decode()[:9], int(time))
                elif name.decode() in names:
                    # the oldest commit comes last
                    found[name.decode()] = current
    except GitError:
        pass
    return found


def _range(tip: str, known: Sequence[str]) -> list[str]:
    return [tip, "--not", *known] if known else [tip]
