"""Which files git would store in LFS, by ``.gitattributes``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .git import ask

__all__ = ["stored_in_lfs"]


def stored_in_lfs(root: Path, paths: Iterable[str], *, is_git: bool = True) -> frozenset[str]:
    """Those of the paths (from ``root``) whose attribute ``filter`` is ``lfs``, in the working tree.

    Git is asked once for all of them; where ``root`` is no repository, as if it were the top of one.
    Raises GitError.
    """
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not given:
        return frozenset()
    output = _check(root, given) if is_git else _check_without_repository(root, given)
    fields = output.split(b"\0")
    # path, attribute, value, path, attribute, value, ...
    return frozenset(
        os.fsdecode(path) for path, value in zip(fields[::3], fields[2::3], strict=False) if value == b"lfs"
    )


def _check(root: Path, given: bytes, *place: str) -> bytes:
    return ask(root, *place, "check-attr", "-z", "--stdin", "filter", given=given)


def _check_without_repository(root: Path, given: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hfspace-") as name:
        empty = Path(name)
        for folder in ("objects", "refs"):
            (empty / folder).mkdir()
        (empty / "HEAD").write_text("ref: refs/heads/main\n")
        return _check(root, given, f"--git-dir={name}", f"--work-tree={root}")
