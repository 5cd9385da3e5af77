"""From an exception to the LFS pointer that the app read in place of a file."""

from __future__ import annotations

import re
from typing import Final

from ..rehearsal.facts import FileUse, Raised, Rehearsal, chain
from ..space import Space
from ..space.content import LONGEST_POINTER, pointer

#: How readers complain of a text that begins with "version https://git-lfs.github.com".
_COMPLAINTS: Final = re.compile(
    r"invalid load key, 'v'|file is not a database|Expecting value: line 1 column 1 \(char 0\)|git-lfs"
    r"|cannot identify image file|not a (?:zip|gzipped) file|[Hh]eader ?[Tt]oo ?[Ll]arge"
    r"|magic (?:bytes|number)|could not convert string to float: 'version|Error parsing message"
    r"|Pickle data|pickled data"
)


def reads(use: FileUse) -> bool:
    """Was there a file, and was its content looked at?  SQLite does both, whatever it opens it for."""
    return use.found and (use.database or not use.write)


def pointer_of(space: Space, rehearsal: Rehearsal, raised: Raised | None) -> str:
    """The tracked LFS pointer that an exception, or one of its causes, is about; "" for another."""
    links = [*chain(raised)]
    lines = {link.where for link in links if link.where}
    complained = {link.where.path for link in links if link.where and _COMPLAINTS.search(link.message)}
    layout = space.image.layout if space.image else {}
    for use in rehearsal.files:
        where, source = use.where, layout.get(use.path, "")
        if not source or where is None or not reads(use):
            continue
        # what is opened on one line is often read on another
        if (where in lines or where.path in complained) and _is_pointer(space, source):
            return source
    return ""


def _is_pointer(space: Space, path: str) -> bool:
    try:
        return pointer(space.files.read(path, LONGEST_POINTER)) is not None
    except OSError:
        return False
