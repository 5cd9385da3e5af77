"""The image that a build would make, as far as the Dockerfile's final stage tells.

For the gradio SDK the image is the repository at /app.
"""

from __future__ import annotations

from dataclasses import dataclass

from .dockerfile import Dockerfile
from .files import Files


@dataclass(frozen=True)
class Variable:
    name: str
    value: str
    path: str
    line: int


@dataclass(frozen=True)
class Copy:
    """One local source of a COPY or ADD: ``found`` False where no tracked file matches it."""

    source: str
    target: str
    line: int
    found: bool


@dataclass(frozen=True)
class Command:
    """A CMD or ENTRYPOINT.  Exec form: ``words`` is the array.  Shell form: ``words`` is
    ("/bin/sh", "-c", text) and ``shell`` True."""

    words: tuple[str, ...]
    shell: bool
    path: str
    line: int


@dataclass(frozen=True)
class PipInstall:
    """A RUN step that installs Python packages.

    ``files``: requirement files as image paths; ``requirements``: requirements named in the step;
    ``project``: True for ``pip install .``, ``uv sync``, ``poetry install`` and the like.
    ``tool``: pip, uv, poetry, pipenv, conda...
    """

    tool: str
    files: tuple[str, ...]
    requirements: tuple[str, ...]
    project: bool
    line: int


@dataclass(frozen=True)
class Image:
    """``layout`` maps absolute image paths of files to the repository paths that they come from.

    ``base``: the final FROM, resolved through stages to the outermost image, or "".
    ``python``: the version that the base image's tag promises ("3.12", "3.12.1"), or None.
    ``user``: the last USER, or "".  ``not_followed``: sentences on what could not be followed
    (COPY from a stage, ADD of a URL, RUN steps that make files), each with its line.
    ``installs``: the Python install steps of every stage.
    """

    workdir: str
    layout: dict[str, str]
    env: dict[str, Variable]
    base: str = ""
    python: str | None = None
    user: str = ""
    entrypoint: Command | None = None
    command: Command | None = None
    copies: tuple[Copy, ...] = ()
    installs: tuple[PipInstall, ...] = ()
    not_followed: tuple[str, ...] = ()


def docker_image(dockerfile: Dockerfile, files: Files) -> Image:
    """Follow the final stage (and the stages that it is built FROM)."""
    raise NotImplementedError


def gradio_image(files: Files, python: str | None) -> Image:
    raise NotImplementedError
