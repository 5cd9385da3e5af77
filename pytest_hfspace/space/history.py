"""What a git push would send: every commit that the Space's remote does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from . import Space
from .attributes import stored_in_lfs
from .content import LARGEST_PLAIN, POINTER_SIZES, is_binary, kind_of, pointer
from .files import EXECUTABLE, REGULAR, Files
from .found import Found, Heads, read_head, read_heads, sizes_here, sizes_of
from .git import GitError
from .links import Link, find_links
from .pushed import (
    Object,
    Place,
    Walk,
    describe,
    find_commits,
    find_hidden,
    find_place,
    find_remotes,
    list_indexed,
    list_staged,
    list_tracking,
)

__all__ = ["EARLIER", "LARGEST_PLAIN", "Blob", "History", "Link", "Pointer", "Weight", "read_history"]

#: The ``commit`` of a blob whose commit was not found in time.
EARLIER: Final = "earlier"

_MOST_NAMED: Final = 3

_FOLDER: Final = (
    "the Space is a folder of a repository: only its newest files are looked at, because the history "
    "of the whole says little of what would be pushed"
)


class Blob(NamedTuple):
    """A file's content as git has it.  ``size`` in bytes.  ``commit``: the short name of a commit
    that has it, "" where the newest tree still has.  ``committed``: False where it is only staged,
    or changed in the working tree.  ``time``: of the commit that brought it, in seconds since 1970, 0
    where that is not known."""

    path: str
    size: int
    binary: bool = False
    commit: str = ""
    committed: bool = True
    time: int = 0


class Pointer(NamedTuple):
    """An LFS pointer that would arrive.  ``size`` of the file that it stands for.  ``filtered``: an
    attribute gives it to LFS, so that the Hub puts the file in its place."""

    path: str
    size: int
    filtered: bool = False


class Weight(NamedTuple):
    """What files take on the Hub, in bytes, with what is in LFS.

    ``largest``: path and bytes, all versions together.  ``problem``: why it may be more, or "".
    """

    total: int = 0
    largest: tuple[tuple[str, int], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class History:
    """``large`` and ``binary``: what the Hub refuses, outside LFS and Xet; each path once, those of
    the newest tree first.  ``remote``: the name of the remote that is a Space, or "".  ``known``: what
    that remote has is known, and left out.  ``commits``: how many would be pushed.  ``shallow``: some
    of them are not in this clone.  ``problem``: why there may be more than is seen, or "".
    ``pointers`` and ``links`` (those that lead out of the Space) are the newest tree's.  ``weight``: of
    all commits; ``newest``: of the newest tree alone."""

    large: tuple[Blob, ...] = ()
    binary: tuple[Blob, ...] = ()
    remote: str = ""
    commits: int = 0
    shallow: bool = False
    problem: str = ""
    known: bool = False
    pointers: tuple[Pointer, ...] = ()
    weight: Weight = field(default_factory=Weight)
    newest: Weight = field(default_factory=Weight)
    links: tuple[Link, ...] = ()


def read_history(space: Space) -> History:
    """Ask git.  Never raises for what the repository contains."""
    files = space.files
    if not files.is_git:
        history = _on_disk(files, "not a git repository: which commits would be pushed is not known")
    else:
        try:
            history = _in_git(files)
        except GitError as error:
            history = History(problem=f"git does not tell what would be pushed: {error}")
    return replace(history, links=find_links(files))


def _in_git(files: Files) -> History:
    root = files.root
    place = find_place(root, files.ref)
    remotes = find_remotes(root)
    remote = remotes.spaces[0] if remotes.spaces else ""
    if remotes.partial:
        problem = "the clone is partial: git does not have the content of every commit here"
        history = History(problem=problem) if files.ref else _on_disk(files, problem)
        return replace(history, remote=remote)
    index = _index(files)
    known = list_tracking(root, remotes.spaces) if place.top else ()
    found = Found({name: path for path, name in index.items()})
    commits, problem = 0, _FOLDER if not place.top else ""
    if place.top and place.tip:
        try:
            commits = found.add_all(Walk(root, place.tip, known))
        except GitError as error:
            problem = f"git does not tell what would be pushed: {error}"
    committed = frozenset(found.sizes)
    _add(found, files, index if problem else _staged(files, place, index))
    here = sizes_here(files)
    heads = read_heads(files, found.suspicious, found.newest, here)
    changed = _changed(files, index, found.sizes, here)
    sizes = here if files.ref is None else sizes_of(files, index)
    pointers = _pointers(files, sizes)
    gathering = _Gathering(files, place, known, found.newest, committed)
    return History(
        large=gathering.blobs(found.large, changed.large),
        binary=gathering.blobs(heads.binary, changed.binary),
        remote=remote,
        commits=commits,
        shallow=find_hidden(root, place, known),
        problem=problem or _unread(heads),
        known=bool(known),
        pointers=pointers,
        weight=_weight(found, heads, problem) if not known else _whole_weight(files, place, found.newest),
        newest=_newest_weight(sizes, pointers),
    )


def _index(files: Files) -> dict[str, str]:
    """Objects of the newest tree's regular files by their paths."""
    if files.ref is None:
        return list_indexed(files.root)
    regular = (entry for entry in files.tracked.values() if entry.mode in (REGULAR, EXECUTABLE))
    return {entry.path: entry.object for entry in regular}


def _staged(files: Files, place: Place, index: Mapping[str, str]) -> Mapping[str, str]:
    """What would be in the next commit, and is in no commit yet."""
    if not place.tip:
        return index
    return {} if files.ref else list_staged(files.root, place.tip)


def _add(found: Found, files: Files, newest: Mapping[str, str]) -> None:
    """Objects by path that were not found in the commits."""
    paths = {name: path for path, name in newest.items() if name not in found.sizes}
    for each in describe(files.root, paths).values():
        found.add(each._replace(path=paths[each.name]))


class _Changed(NamedTuple):
    """What would be in git if everything were committed as it stands.  ``filtered``: by LFS."""

    large: tuple[Blob, ...] = ()
    binary: tuple[Blob, ...] = ()


def _changed(
    files: Files, index: Mapping[str, str], known: Mapping[str, int], here: Mapping[str, int]
) -> _Changed:
    """Tracked files whose content is another one in the working tree."""
    suspects = {
        path: index[path]
        for path, size in here.items()
        if path in index and (size > LARGEST_PLAIN or kind_of(path) == "unknown")
    }
    sizes = dict(known)
    sizes |= {
        name: each.size for name, each in describe(files.root, {*suspects.values()} - known.keys()).items()
    }
    # a change that leaves the size as it is makes no text binary that anybody has seen
    changed = [path for path, name in suspects.items() if here[path] != sizes.get(name)]
    return _plain(files, {path: here[path] for path in changed})


def _plain(files: Files, sizes: Mapping[str, int], *, is_git: bool = True) -> _Changed:
    """Those of the files on disk that git would keep itself, and the Hub refuse."""
    large = [path for path, size in sizes.items() if size > LARGEST_PLAIN]
    others = (
        path for path, size in sizes.items() if size <= LARGEST_PLAIN and kind_of(path) in ("unknown", "text")
    )
    binary = [path for path in others if is_binary(read_head(files, path))]
    filtered = stored_in_lfs(files.root, [*large, *binary], is_git=is_git)
    return _Changed(
        *(
            tuple(Blob(path, sizes[path], committed=False) for path in sorted(paths) if path not in filtered)
            for paths in (large, binary)
        )
    )


def _pointers(files: Files, sizes: Mapping[str, int], *, is_git: bool = True) -> tuple[Pointer, ...]:
    """The LFS pointers of the newest tree, as they would arrive."""
    found = {}
    for path, size in sizes.items():
        if size in POINTER_SIZES and kind_of(path) != "source":
            stands_for = pointer(read_head(files, path))
            if stands_for is not None:
                found[path] = stands_for[1]
    filtered = stored_in_lfs(files.root, found, is_git=is_git)
    return tuple(Pointer(path, size, path in filtered) for path, size in sorted(found.items()))


class _Gathering(NamedTuple):
    """Makes one blob of each path's objects, with the commit that brought it."""

    files: Files
    place: Place
    known: Sequence[str]
    newest: Mapping[str, str]
    committed: frozenset[str]

    def blobs(self, objects: Iterable[Object], changed: Iterable[Blob]) -> tuple[Blob, ...]:
        """Those of the newest tree first, each path once."""
        chosen: dict[str, Object] = {}
        for each in sorted(objects, key=lambda each: (each.name in self.newest, each.size)):
            # the later in this order is the one to speak of
            chosen[self.newest.get(each.name, each.path)] = each
        order = sorted(chosen, key=lambda path: (chosen[path].name not in self.newest, path))
        commits = {}
        if self.place.top:
            commits = find_commits(self.files.root, self.place.tip, self.known, [*chosen.values()])
        blobs = {path: self._blob(path, chosen[path], commits) for path in order}
        for blob in changed:
            blobs.setdefault(blob.path, blob)
        return tuple(sorted(blobs.values(), key=lambda blob: (blob.commit != "", blob.path)))

    def _blob(self, path: str, each: Object, commits: Mapping[str, tuple[str, int]]) -> Blob:
        commit, time = commits.get(each.name, (EARLIER, 0))
        is_newest = each.name in self.newest
        return Blob(
            path,
            each.size,
            binary=each.size <= LARGEST_PLAIN,
            commit="" if is_newest else commit,
            committed=each.name in self.committed,
            time=time,
        )


def _unread(heads: Heads) -> str:
    if not heads.unread:
        return ""
    files = "1 file" if heads.unread == 1 else f"{heads.unread} files"
    return f"not looked into, because together they are too large: {files} in git"


def _weight(found: Found, heads: Heads, problem: str) -> Weight:
    """``heads``: with the pointers among what was found."""
    heavy = dict(found.heavy)
    for path, size in heads.pointers.values():
        heavy[path] = heavy.get(path, 0) + size
    total = found.disk + sum(size for _, size in heads.pointers.values())
    return Weight(total, _largest(heavy), problem)


def _whole_weight(files: Files, place: Place, newest: Mapping[str, str]) -> Weight:
    """Of all commits, also of those that the Space's remote has."""
    found = Found(newest)
    try:
        found.add_all(Walk(files.root, place.tip, ()))
        small = [each for each in found.suspicious if each.size in POINTER_SIZES]
        problem = "the clone is shallow: not all of its history is here" if place.shallow else ""
        return _weight(found, read_heads(files, small, newest, {}), problem)
    except GitError as error:
        return Weight(problem=f"git does not tell how large its history is: {error}")


def _newest_weight(sizes: Mapping[str, int], pointers: Iterable[Pointer]) -> Weight:
    arriving = {**sizes, **{each.path: each.size for each in pointers}}
    return Weight(sum(arriving.values()), _largest(arriving))


def _largest(sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_MOST_NAMED])


def _on_disk(files: Files, problem: str) -> History:
    """Where git does not tell: the files as they lie there."""
    here = sizes_here(files)
    try:
        plain = _plain(files, here, is_git=files.is_git)
        pointers = _pointers(files, here, is_git=files.is_git)
    except GitError as error:
        return History(problem=f"git does not tell what is in LFS: {error}")
    newest = _newest_weight(here, pointers)
    weight = newest._replace(problem=problem)
    return History(
        plain.large, plain.binary, problem=problem, pointers=pointers, weight=weight, newest=newest
    )
