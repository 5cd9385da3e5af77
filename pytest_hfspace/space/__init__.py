"""Facts at rest: what the Hub would receive and what its build would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .card import Card
from .command import StartCommand
from .dockerfile import Dockerfile
from .files import Files
from .image import Image
from .requirements import Requirements
from .settings import Declared

__all__ = ["Space", "read_space"]


@dataclass(frozen=True)
class Space:
    """A repository as the Hub would receive it.  Nothing in it is run to learn this.

    ``app``: the ASGI application's "module:attribute": asked for, named by the start command, or
    "main:app" where neither says.  ``image`` and ``command`` are None where the SDK makes none or
    where there is no Dockerfile.
    """

    root: Path
    files: Files
    card: Card
    dockerfile: Dockerfile | None
    image: Image | None
    command: StartCommand | None
    requirements: Requirements
    settings: dict[str, Declared]
    app: str = "main:app"

    @property
    def sdk(self) -> str | None:
        return self.card.sdk

    @property
    def port(self) -> int:
        """The port that the Hub would connect to."""
        return self.card.app_port


def read_space(root: Path, *, ref: str | None = None, app: str | None = None) -> Space:
    """Gather the facts.  Never raises for anything that a repository contains."""
    raise NotImplementedError
