"""What the parent tells the child to do, as JSON in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Plan(NamedTuple):
    """``root``: the directory that stands for the image's "/".  ``cwd``: an absolute path below it.

    ``runner``, ``words``, ``target``, ``factory``, ``app_dir``, ``script``, ``module`` and ``function``
    are the start command's (see ``space.command``); ``before`` the Python commands that it runs first.
    ``network``: "" as it is, "offline" or "silent" (see ``network``).
    ``writable``: directories that the app may write below, besides temporary ones; ``heed_modes``: as
    far as modes allow it, whoever it runs as (see ``confine``).
    ``host``, ``port``, ``workers`` and ``forwarded_allow_ips`` are those of a server whose place
    uvicorn takes (gunicorn, hypercorn, ...).  The descriptors are inherited.  ``token`` marks the
    events; ``checkout`` is the repository, in which nothing must be found; ``top`` is deleted by the
    keeper where the parent vanishes without having done so.
    """

    root: str
    cwd: str
    runner: str
    words: list[str]
    before: list[list[str]]
    events: int
    control: int
    listener: int
    target: str | None = None
    factory: bool = False
    app_dir: str | None = None
    script: str | None = None
    module: str | None = None
    function: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    forwarded_allow_ips: str | None = None
    hold: bool = False
    network: str = ""
    writable: Sequence[str] = ()
    heed_modes: bool = False
    checkout: str = ""
    token: str = ""
    top: str = ""

    def write(self, path: Path) -> None:
        """Save it where the child will look."""
        path.write_text(json.dumps(self._asdict()), encoding="utf-8")


def read_plan(path: str) -> Plan:
    """The counterpart of :meth:`Plan.write`."""
    data: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return Plan(**data)
