"""What a fresh build of the Space's environment ended with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class BuildFailure:
    """A step that failed.

    ``kind``: "conflict" (the set cannot be installed together), "missing" (no such distribution or
    version for this Python), "compile" (a source distribution could not be built), "python"
    (another Python is required), "other".  ``words``: the tool's own, cut to what matters, without
    anything of this machine or of an index.  ``names``: the normalised distributions that it is
    about.  ``path`` and ``line``: the requirement, or the step of the Dockerfile.
    """

    kind: str
    words: str
    names: tuple[str, ...] = ()
    path: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Build:
    """``python``: the path of the environment's interpreter, "" where there is none.

    ``version``: its version ("3.12.1"); ``wanted``: the Space's ("3.12"), or "" where it is not
    known.  ``notices``: sentences for the top of the run.  ``packages``: what is installed,
    normalised name to version.  ``failure``: the step that failed; ``impossible``: why no
    environment could be made, which is no fault of the Space.  ``cached``: it was there already.
    ``seconds``: what it took, waiting included.  ``tool``: "uv 0.9.1" or "pip 25.0".
    """

    python: str = ""
    version: str = ""
    wanted: str = ""
    notices: tuple[str, ...] = ()
    packages: dict[str, str] = field(default_factory=dict)
    failure: BuildFailure | None = None
    impossible: str = ""
    cached: bool = False
    seconds: float = 0.0
    tool: str = ""
