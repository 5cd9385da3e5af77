"""What a build's RUN steps do that matters to more than their own files: facts for checks."""

from __future__ import annotations

from typing import NamedTuple


class Ran(NamedTuple):
    """One command of a RUN step, expanded.  ``words``: the first is the bare program; a redirect is a
    command of its own: (">", path).

    ``user``: of USER, "" for the base image's; ``is_root``: None where that is not known.
    ``elevated``: by sudo.  ``conditional``: it may not run, or may fail without failing the build.
    ``denied``: a path that it changes, and that its user may not change, "" if there is none.
    ``absent``: a path below the mount of a volume that it takes to be there during the build.
    ``hidden``: a path below that mount which it fills.  ``below``: how many files that an earlier
    COPY brought it changes the owner or mode of.  ``final``: in the stage that becomes the image.
    """

    words: tuple[str, ...]
    line: int
    user: str = ""
    is_root: bool | None = None
    elevated: bool = False
    conditional: bool = False
    denied: str = ""
    absent: str = ""
    hidden: str = ""
    below: int = 0
    final: bool = True


class CacheFill(NamedTuple):
    """A RUN step that fills a library's cache.  ``kind``: see ``caches``; ``directory``: as an image
    path; ``user``: of USER, "" for the base image's."""

    kind: str
    directory: str
    line: int
    user: str = ""
