"""What a step that sends the repository to the Hub says of itself."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["hub-sync", "git push", "upload"]


class Deployment(NamedTuple):
    """A step, at ``path`` and ``line``.

    ``kind``: "hub-sync" (the action), "git push" (to a Space's address), "upload" (the Hub's
    client: ``hf upload``, ``upload_folder``, actions that use it).  ``space_sdk``: hub-sync's input,
    None where it is not given.  ``fetch_depth`` and ``lfs``: of the checkout before it, None and
    False where they are not given; ``checkout``: the checkout's line, None where the job has none.

    ``workflow``: the file that the checkout is in.  ``sdk_line``: of the input.  ``space``: the
    "owner/name" that is sent to, "" where nobody can tell.  ``complete``: a step between makes the
    history whole (``git fetch --unshallow``) or begins a new one (``git init``, an orphan branch).
    ``unknown``: names of the inputs whose values are expressions.  ``lfs_files``: files of the
    Space that git has as LFS pointers.
    """

    kind: Kind
    path: str
    line: int
    space_sdk: str | None = None
    fetch_depth: int | None = None
    lfs: bool = False
    checkout: int | None = None
    workflow: str = ""
    sdk_line: int | None = None
    space: str = ""
    complete: bool = False
    unknown: frozenset[str] = frozenset()
    lfs_files: tuple[str, ...] = ()
