"""Tracked files that are not what the last commit has.  No filter of the repository's is run for it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .attributes import filtered
from .git import Entry, ask

#: Files whose content is compared, and the bytes of each: as many as cost nobody time.
_MOST_COMPARED: Final = 200
_LARGEST_COMPARED: Final = 1 << 20


def uncommitted(root: Path, entries: Iterable[Entry]) -> list[str]:
    """Those of the entries of the index whose content, here or staged, is not that of HEAD; what is
    deleted here is none of them.  Raises GitError, also where there is no commit yet."""
    names = ask(root, "diff-index", "--cached", "--relative", "--name-only", "-z", "HEAD").split(b"\0")
    staged = {os.fsdecode(name) for name in names if name}
    touched = [entry for entry in entries if _is_touched(root, entry)]
    changed = {each.path for each in touched[:_MOST_COMPARED] if _differs(root / each.path, each.object)}
    changed -= filtered(root, sorted(changed))
    return sorted(path for path in changed | staged if os.path.lexists(root / path))


def _is_touched(root: Path, entry: Entry) -> bool:
    """Is it a file whose size or time is not what git last saw of it?"""
    if entry.seen is None:
        return False
    try:
        now = os.lstat(f"{root}/{entry.path}")
    except (OSError, ValueError):
        return False
    seconds, nanoseconds, size = entry.seen
    # git may not know the nanoseconds, and keeps 32 bits of a size
    is_same_time = now.st_mtime_ns // 10**9 == seconds and nanoseconds in (0, now.st_mtime_ns % 10**9)
    return stat.S_ISREG(now.st_mode) and not (is_same_time and size == now.st_size & 0xFFFFFFFF)


def _differs(path: Path, name: str) -> bool:
    """Is it another content than that of the object, line ends aside?"""
    try:
        if path.lstat().st_size > _LARGEST_COMPARED:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    return name not in {_name_of(text, len(name)) for text in (content, content.replace(b"\r\n", b"\n"))}


def _name_of(content: bytes, digits: int) -> str:
    blob = b"blob %d\0" % len(content) + content
    if digits == 64:
        return hashlib.sha256(blob).hexdigest()
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()
