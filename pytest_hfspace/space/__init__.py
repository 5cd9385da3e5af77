"""Facts at rest: what the Hub would receive and what its build would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .card import Card, read_card
from .command import StartCommand, docker_command, gradio_command
from .dockerfile import Dockerfile, parse_dockerfile
from .files import Files
from .image import Image, docker_image, gradio_image
from .listing import UnknownRevisionError, read_files
from .requirements import DOCKERFILE, LARGEST_DOCKERFILE, Requirements, read_requirements
from .settings import Declared, read_settings

__all__ = ["Space", "UnknownRevisionError", "read_space"]


@dataclass(frozen=True)
class Space:
    """A repository as the Hub would receive it.  Nothing in it is run to learn this.

    ``app``: the ASGI application's "module:attribute": asked for, named by the start command, or
    "app" in the program that it runs ("main:app" where nothing says).  ``image`` and ``command`` are
    None where the SDK makes none or where there is no Dockerfile.
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
        """The SDK that the Space is looked at by: the card's.

        Where the card names none, docker if there is a Dockerfile: what else is wrong is then
        said in the same run.
        """
        return _sdk(self.card, self.files)

    @property
    def port(self) -> int:
        """The port that the Hub would connect to."""
        return self.card.app_port


def read_space(root: Path, *, ref: str | None = None, app: str | None = None) -> Space:
    """Gather the facts.  Never raises for anything that a repository contains.

    ``ref``: a commit to look at instead of the working tree; ``app``: "module:attribute" where it
    is not the start command's.  NotADirectoryError if ``root`` is none, UnknownRevisionError for
    a ``ref`` that is not there.
    """
    files = read_files(root, ref)
    card = read_card(files)
    dockerfile, image, command = _build(files, card)
    return Space(
        root=root,
        files=files,
        card=card,
        dockerfile=dockerfile,
        image=image,
        command=command,
        requirements=read_requirements(_sdk(card, files), image, files),
        settings=read_settings(files, image, body_line=card.body_line),
        app=app or _app(command),
    )


def _build(files: Files, card: Card) -> tuple[Dockerfile | None, Image | None, StartCommand | None]:
    """What the SDK makes of the repository; nothing where it makes no image."""
    sdk = _sdk(card, files)
    if sdk == "gradio":
        return None, gradio_image(files, card.python_version), gradio_command(card, files)
    if sdk != "docker" or DOCKERFILE not in files:
        return None, None, None
    try:
        text = files.text(DOCKERFILE, LARGEST_DOCKERFILE + 1)
    except FileNotFoundError:
        return None, None, None
    dockerfile = parse_dockerfile(text, DOCKERFILE)
    if len(text.encode("utf-8", "replace")) > LARGEST_DOCKERFILE:
        dockerfile = dockerfile._replace(cut=True)
    image = docker_image(dockerfile, files)
    return dockerfile, image, docker_command(image, files)


def _app(command: StartCommand | None) -> str:
    """What the start command names, or the usual name in the program that it runs."""
    if command is None:
        return "main:app"
    program = (command.script or "").removesuffix(".py").removeprefix(f"{command.cwd}/").strip("./")
    called = (command.function or "").partition(":")[0]
    module = command.module or called or program.replace("/", ".") or "main"
    words = command.words
    named = "--app" in words[:-1] and command.runner == "fastapi"
    return command.target or f"{module}:{words[words.index('--app') + 1] if named else 'app'}"


def _sdk(card: Card, files: Files) -> str | None:
    return card.sdk or ("docker" if DOCKERFILE in files else None)
