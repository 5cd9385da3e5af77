"""2xx: would the Hub accept what git would push?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal
from ...space import Space
from ...space.content import kind_of
from ...space.deployments import Deployment
from ...space.files import SUBMODULE
from ...space.history import EARLIER, LARGEST_PLAIN, Blob, History, Link, Pointer, Weight
from ...space.patterns import IgnoreRules
from ..causes import NO_PROCESS, failure_code, read_pointer
from ..pointers import pointer_of, reads
from ..serving import listing, one_line, request_name, text_of

#: Findings of one kind; the others are counted.
_MOST: Final = 10

#: By then the Hub refused binary files of every size (1767225600 is 2026-01-01), and those over 1 MiB
#: for years.  [field: dated logs of refused pushes]
_REFUSED_SINCE: Final = 1_767_225_600
_REFUSED_BEFORE: Final = 2**20

#: What a script does before it pushes commits that are not the repository's own.
_COMMITTING: Final = re.compile(
    r"\bgit (?:-[cC] \S+ )*(?:lfs (?:track|migrate)|(?:checkout|switch) --orphan|filter-)"
    r"|\bgit (?:-[cC] \S+ )*(?:clone|init|rm|subtree)\b|filter=lfs"
)

#: What a Space may take, in bytes, and where to warn.  [field: error text]
_LIMIT: Final = 1_000_000_000
_WARN: Final = 500_000_000

#: Where people have their files, and an image has none.
_HOMES: Final = ("/Users/", "/Volumes/", "/home/", "/media/", "/mnt/")
_IMAGE_HOME: Final = "/home/user"


@check(
    "HFS201",
    "file-too-large",
    level="error",
    predicts=Stage.PUSH_REJECTED,
    consequence='The Hub refuses the push, "Your push was rejected because it contains files larger than '
    '10 MiB", and the old build keeps serving.',
)
def file_too_large(
    space: Space, space_history: History, space_deployments: tuple[Deployment, ...]
) -> Iterator[Finding]:
    """No commit that would be pushed has a file over 10 MiB outside LFS and Xet.  [spaces-github-actions]"""
    _need_push(space, space_history, space_deployments)
    yield from _findings(space_history.large, _large, "files over 10 MiB")
    if not space_history.large:
        _need_all(space_history)


def _large(blob: Blob, hint: str) -> Finding:
    size = f"{blob.size / 2**20:.1f} MiB"
    if size == "10.0 MiB":
        size = f"{blob.size} bytes, {blob.size - LARGEST_PLAIN} too many,"
    message = f"a file of {size} in git itself; wanted at most 10 MiB outside LFS and Xet"
    return Finding(_placed(blob, message), hint, "" if blob.commit else blob.path)


@check(
    "HFS202",
    "binary-plain",
    level="error",
    predicts=Stage.PUSH_REJECTED,
    consequence='The Hub refuses the push, "Your push was rejected because it contains binary files", and '
    "the old build keeps serving.",
)
def binary_plain(
    space: Space, space_history: History, space_deployments: tuple[Deployment, ...]
) -> Iterator[Finding]:
    """No commit that would be pushed has a binary file outside LFS and Xet.  [field]"""
    _need_push(space, space_history, space_deployments)
    known = space_history.known
    yield from _findings(
        space_history.binary, lambda blob, hint: _binary(blob, hint, known=known), "binary files"
    )
    if not space_history.binary:
        _need_all(space_history)


def _binary(blob: Blob, hint: str, *, known: bool) -> Finding:
    message = _placed(blob, "a binary file in git itself; wanted in LFS or Xet")
    path = "" if blob.commit else blob.path
    if not known and 0 < blob.time < _REFUSED_SINCE and blob.size <= _REFUSED_BEFORE:
        return Finding(
            f"{message}, unless the Space has it from before 2026",
            hint,
            path,
            level="warn",
            consequence="Where the Space does not have this commit yet, the Hub refuses the push: "
            '"Your push was rejected because it contains binary files".',
        )
    return Finding(message, hint, path)


def _need_push(space: Space, history: History, deployments: Sequence[Deployment]) -> None:
    """Raise where it is not this repository's commits that are pushed."""
    if _sent_by_client(history, deployments):
        first = deployments[0]
        raise NotApplicable(
            f"the repository is sent by the Hub's client ({one_line(first.path, 80)}:{first.line}), which "
            "stores large and binary files in Xet by itself"
        )
    pushes = [each for each in deployments if each.kind == "git push"]
    if not history.remote and pushes and all(_makes_commits(space, each) for each in pushes):
        first = pushes[0]
        raise Skip(f"{one_line(first.path, 80)}:{first.line} pushes commits that it makes itself")


def _makes_commits(space: Space, deployment: Deployment) -> bool:
    """Does the step, or one beside it, change what git would push?"""
    texts = (text_of(space, path) for path in {deployment.path, deployment.workflow} if path)
    return any(_COMMITTING.search(text) for text in texts)


def _sent_by_client(history: History, deployments: Sequence[Deployment]) -> bool:
    return not history.remote and bool(deployments) and all(each.kind != "git push" for each in deployments)


def _need_all(history: History) -> None:
    """Nothing was found: raise where there is more than was seen."""
    if history.problem:
        raise Skip(history.problem)
    if history.shallow:
        raise Skip(
            "the clone is shallow: commits that would be pushed are not here (git fetch --unshallow, or "
            "fetch-depth: 0 in the workflow)"
        )


def _findings(blobs: Sequence[Blob], finding: Callable[[Blob, str], Finding], kind: str) -> Iterator[Finding]:
    """One for each of the first files; the command that helps all is said once."""
    first: dict[bool, Blob] = {}
    for blob in blobs[:_MOST]:
        alike = [each for each in blobs if each.committed == blob.committed]
        hint = f"as for {one_line(first.setdefault(blob.committed, blob).path, 100)}"
        yield finding(blob, _to_lfs(alike) if first[blob.committed] is blob else hint)
    rest = blobs[_MOST:]
    if rest:
        names = listing((one_line(blob.path, 60) for blob in rest), 3)
        hint = f"as for {one_line(blobs[0].path, 100)}"
        others = [finding(blob, hint) for blob in rest]
        gravest = next((each for each in others if each.level is None), others[0])
        yield replace(gravest, message=f"{len(blobs)} {kind} in all: also {names}", path="")


def _placed(blob: Blob, message: str) -> str:
    """Of a file that is not there to be pointed at, the name and where it is."""
    if not blob.commit:
        return message
    commit = "an earlier commit" if blob.commit == EARLIER else f"commit {blob.commit}"
    return (
        f"{one_line(blob.path, 100)}: {message}; it is in {commit}, which is pushed too, although a later "
        "one has it no more"
    )


def _to_lfs(blobs: Sequence[Blob]) -> str:
    patterns = list(dict.fromkeys(map(_pattern, blobs)))
    more = " and so on" if len(patterns) > _MOST else ""
    if not blobs[0].committed:
        tracked = " ".join(f'"{pattern}"' for pattern in patterns[:_MOST])
        return f"git lfs track {tracked}{more}; git add .gitattributes; git add --renormalize ."
    named = ",".join(patterns[:_MOST])
    return f'git lfs migrate import --everything --include="{named}"{more} (rewrites the commits)'


def _pattern(blob: Blob) -> str:
    """What to give to LFS: all files of this kind, unless most files of the kind are text."""
    suffix = posixpath.splitext(blob.path)[1]
    plain = suffix[1:].isalnum() and kind_of(blob.path) == "unknown"
    return f"*{suffix}" if plain else one_line(blob.path, 200)


@check(
    "HFS203",
    "lfs-pointer",
    level="warn",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The app reads some 130 bytes of text in place of the file: a model or database that "
    "cannot be loaded, or an empty table.",
)
def lfs_pointer(
    space: Space,
    space_history: History,
    space_deployments: tuple[Deployment, ...],
    space_rehearsal: Rehearsal,
) -> Iterator[Finding]:
    """No file that the app opens would arrive as an LFS pointer.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    # one that .gitattributes names becomes the file on the Hub, unless a workflow sends it as it is
    pointers = {each.path: each for each in space_history.pointers if not each.filtered}
    ended = _ended(space, space_rehearsal)
    if not pointers:
        if space_history.pointers and _checkout_without_lfs(space_history, space_deployments):
            raise Skip("needs HFS209")
        for path in ended:
            raise Skip(f"{one_line(path, 100)} is an LFS pointer here: git lfs pull")
        return
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    uses = [use for use in space_rehearsal.files if reads(use)]
    opened = {
        path: use.where for use in reversed(uses) if (path := _in_repository(space, use.path)) in pointers
    }
    for path, where in sorted(opened.items()):
        reader = f" ({one_line(str(where), 80)})" if where else ""
        yield replace(_unresolved(pointers[path], reader), **ended.get(path, {}))
    if not opened and space_rehearsal.failure:
        raise Skip("the app did not come up, so it is not known which files it reads")


def _ended(space: Space, rehearsal: Rehearsal) -> dict[str, dict[str, Any]]:
    """The pointers that ended the start or failed a route, each with what that changes in the finding."""
    found: dict[str, dict[str, Any]] = {}
    raised = rehearsal.failure.raised if rehearsal.failure else None
    if raised is not None and failure_code(space, rehearsal) == "HFS203":
        found[read_pointer(space, rehearsal)] = {
            "level": "error",
            "consequence": f'The Space\'s log ends with "{one_line(str(raised))}", and the Space stops with '
            "a runtime error.",
        }
    for visit in rehearsal.visits:
        path = pointer_of(space, rehearsal, visit.raised)
        if path:
            said = f'The Space runs, and {request_name(visit)} raises "{one_line(str(visit.raised))}".'
            changed = {"level": "error", "predicts": Stage.RUNNING, "consequence": said}
            found.setdefault(path, changed)
    return found


def _in_repository(space: Space, path: str) -> str:
    """Where a file that was opened comes from."""
    path = posixpath.normpath(path)
    return space.image.layout.get(path, path) if space.image else path


def _checkout_without_lfs(history: History, deployments: Sequence[Deployment]) -> Deployment | None:
    """The step that would send pointers as they are: its checkout does not get what is in LFS."""
    if not _sent_by_client(history, deployments):
        return None
    return next(
        (each for each in deployments if each.checkout and not each.lfs and "lfs" not in each.unknown), None
    )


def _unresolved(pointer: Pointer, reader: str) -> Finding:
    path = one_line(pointer.path, 100)
    return Finding(
        f"an LFS pointer to a file of {_bytes(pointer.size)}, and the app opens it{reader}; no line of "
        ".gitattributes says filter=lfs for it",
        f'git lfs track "{path}", put the file itself in its place, git add .gitattributes "{path}"',
        pointer.path,
    )


@check(
    "HFS208",
    "repository-size",
    level="warn",
    predicts=Stage.PUSH_REJECTED,
    consequence='At 1 GB the Hub refuses the push: "Repository storage limit reached (Max: 1 GB)".',
)
def repository_size(
    space: Space, space_history: History, space_deployments: tuple[Deployment, ...]
) -> Iterator[Finding]:
    """The repository stays well below 1 GB, and has no link out of it and no submodule.  [field]"""
    by_client = _sent_by_client(space_history, space_deployments)
    weight = space_history.newest if by_client else space_history.weight
    found = [*_too_heavy(weight, history=not by_client)]
    if not by_client:
        # the client follows links, and sends what a submodule's folder has
        found += [_link(link) for link in space_history.links if _leads_nowhere(space, link)]
        found += _submodules(space)
    yield from found[:_MOST]
    if len(found) > _MOST:
        yield Finding(f"{len(found)} of these in all", "see the list with git ls-files -s")
    if not found and not by_client:
        if weight.problem:
            raise Skip(weight.problem)
        _need_all(space_history)


def _too_heavy(weight: Weight, *, history: bool) -> Iterator[Finding]:
    if weight.total < _WARN:
        return
    largest = listing(f"{one_line(path, 60)} ({_bytes(size)})" for path, size in weight.largest)
    whole = " with its history" if history else ""
    yield Finding(
        f"the repository takes {_bytes(weight.total)}{whole}, the Hub takes at most 1 GB"
        + (f"; most of it: {largest}" if largest else ""),
        "keep large files in a dataset or model repository, and download them when the app starts",
        consequence='The Hub refuses the push: "Repository storage limit reached (Max: 1 GB)".'
        if weight.total >= _LIMIT
        else "",
    )


def _leads_nowhere(space: Space, link: Link) -> bool:
    """Is there nothing in the image where the link leads to, as far as it is known?"""
    image = space.image
    if link.target.startswith("/"):
        if link.target.startswith(_IMAGE_HOME) or not link.target.startswith(_HOMES):
            return False
        return image is None or not _in_image(space, link.target)
    if image is None:
        return True
    places = [place for place, source in image.layout.items() if source == link.path]
    targets = (posixpath.normpath(posixpath.join(posixpath.dirname(place), link.target)) for place in places)
    return bool(places) and not any(_in_image(space, target) for target in targets)


def _in_image(space: Space, path: str) -> bool:
    image = space.image
    if image is None:
        return False
    return path in image.layout or path in image.directories


def _link(link: Link) -> Finding:
    return Finding(
        f"a link to {one_line(link.target, 80)}, which is not in this repository",
        "put a copy of the file or folder in its place, or remove the link",
        link.path,
        consequence="On the Space the link leads nowhere, and what opens it finds no file.",
    )


def _submodules(space: Space) -> Iterator[Finding]:
    rules = IgnoreRules(text_of(space, ".dockerignore") if space.sdk == "docker" else "")
    for path, entry in space.files.tracked.items():
        if entry.mode == SUBMODULE and not rules.ignores(path):
            yield Finding(
                "a submodule, whose files are not in this repository",
                "add its files to this repository, or install it as a package",
                path,
                consequence="The Hub fetches no submodules: the folder is empty in the build.",
            )


def _bytes(size: int) -> str:
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


CHECKS: Final[tuple[Check, ...]] = (file_too_large, binary_plain, lfs_pointer, repository_size)
