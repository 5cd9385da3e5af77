"""The steps of the repository's workflows and scripts that send it to the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import Space


@dataclass(frozen=True)
class Deployment:
    """A step, at ``path`` and ``line``.

    ``kind``: "hub-sync" (the action), "git push" (to a Space's address), "upload" (the Hub's
    client: ``hf upload``, ``upload_folder``).  ``space_sdk``: hub-sync's input, None where it is
    not given.  ``fetch_depth`` and ``lfs``: of the checkout before it, None and False where they
    are not given; ``checkout``: the checkout's line, None where the job has none.
    """

    kind: Literal["hub-sync", "git push", "upload"]
    path: str
    line: int
    space_sdk: str | None = None
    fetch_depth: int | None = None
    lfs: bool = False
    checkout: int | None = None


def read_deployments(space: Space) -> tuple[Deployment, ...]:
    """In the order of path and line.  Never raises for what the repository contains."""
    return ()
