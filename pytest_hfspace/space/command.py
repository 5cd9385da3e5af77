"""The start command: from ENTRYPOINT and CMD, or an app file, to the server that would run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .card import Card
from .files import Files
from .image import Image

Runner = Literal["uvicorn", "fastapi", "gunicorn", "hypercorn", "granian", "daphne", "python"]


@dataclass(frozen=True)
class Port:
    """A port as the command writes it.

    ``source``: "literal" (``--port 7860``), "environment" (``$PORT`` set by ENV or by the shell
    before), "fallback" (``${PORT:-7860}``, PORT being unset), "unset" (``$PORT`` with nothing to
    set it: number is None), "server" (the server's own default), "unexpanded" (``$PORT`` in a
    JSON CMD: no shell expands it; number is None).
    """

    number: int | None
    source: Literal["literal", "environment", "fallback", "unset", "server", "unexpanded"]
    variable: str = ""


@dataclass(frozen=True)
class StartCommand:
    """What the container would start.

    ``words``: the server's argv, expanded as the image's shell would (``("uvicorn", "main:app",
    "--port", "7860")``).  ``runner``: what the first word (or ``python -m``) stands for; None
    where it is not understood, and ``reason`` says why.  ``before``: Python commands that the
    shell or script runs first and that the rehearsal runs as well (``alembic upgrade head``);
    ``skipped``: other commands before it, which it does not run.  ``cwd``: absolute image path.
    ``env``: what the shell sets for it.  ``target``: "main:app" where the runner takes one.
    ``script``/``module``: for ``python main.py`` / ``python -m package``.  ``path`` and ``line``:
    where it is written.  ``execs``: the shell is replaced by (or is not there for) the server.
    ``unexpanded``: names of ``$VARIABLES`` that stand in an exec form, where nothing expands them.
    Options that the command line sets are given; None means that it leaves them unset (or that
    the program decides at run time).
    """

    words: tuple[str, ...]
    runner: Runner | None
    path: str
    line: int | None
    reason: str = ""
    cwd: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    skipped: tuple[str, ...] = ()
    target: str | None = None
    factory: bool = False
    script: str | None = None
    module: str | None = None
    host: str | None = None
    port: Port | None = None
    reload: bool = False
    workers: int | None = None
    forwarded_allow_ips: str | None = None
    execs: bool = True
    unexpanded: tuple[str, ...] = ()


def docker_command(image: Image, files: Files) -> StartCommand | None:
    """From ENTRYPOINT and CMD; None where the image has neither."""
    raise NotImplementedError


def gradio_command(card: Card, files: Files) -> StartCommand:
    """``python <app_file>`` in /app."""
    raise NotImplementedError
