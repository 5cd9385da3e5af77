"""Which files git would store in LFS, by ``.gitattributes``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from .git import ask

__all__ = ["filtered", "stored_in_lfs"]


def stored_in_lfs(root: Path, paths: Iterable[str], *, is_git: bool = True) -> frozenset[str]:
    """Those of the paths (from ``root``) whose attribute ``filter`` is ``lfs``, in the working tree.

    Git is asked once for all of them; where ``root`` is no repository, as if it were the top of one.
    Raises GitError.
    """
    return frozenset(path for path, name in _filters(root, paths, is_git=is_git) if name == b"lfs")


def filtered(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that git stores in another form than they have here.  Raises GitError."""
    unset = (b"unspecified", b"unset")
    return frozenset(path for path, name in _filters(root, paths, is_git=True) if name not in unset)


def _filters(root: Path, paths: Iterable[str], *, is_git: bool) -> Iterator[tuple[str, bytes]]:
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not given:
        return
    output = _check(root, given) if is_git else _check_without_repository(root, given)
    fields = output.split(b"\0")
    # path, attribute, value, path, attribute, value, ...
    for path, value in zip(fields[::3], fields[2::3], strict=False):
        yield os.fsdecode(path), value


def _check(root: Path, given: bytes, *place: str) -> bytes:
    return ask(root, *place, "check-attr", "-z", "--stdin", "filter", given=given)


def _check_without_repository(root: Path, given: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hfspace-") as name:
        empty = Path(name)
        for folder in ("objects", "refs"):
            (empty / folder).mkdir()
        (empty / "HEAD").write_text("ref: refs/heads/main\n")
        return _check(root, given, f"--git-dir={name}", f"--work-tree={root}")
