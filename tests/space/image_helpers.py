"""Small Spaces without a disk, for the tests of what a Dockerfile says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from pytest_hfspace.space.command import StartCommand, docker_command
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.files import Files
from pytest_hfspace.space.image import Image, docker_image


class FakeFiles:
    """As much of Files as the image and the start command ask for."""

    def __init__(self, *paths: str, **contents: str) -> None:
        self.contents = dict.fromkeys(paths, "") | contents
        self.tracked = {path: SimpleNamespace(path=path, mode=0o100644) for path in self.contents}

    def __contains__(self, path: str) -> bool:
        return path in self.contents

    def text(self, path: str, limit: int | None = None) -> str:
        return self.contents[path]

    def read(self, path: str, limit: int | None = None) -> bytes:
        return self.contents[path].encode()


def files(*paths: str, **contents: str) -> Files:
    return cast("Files", FakeFiles(*paths, **contents))


def image(text: str, *paths: str, **contents: str) -> Image:
    """The image of a Dockerfile and some files; FROM may be left out."""
    if "FROM" not in text:
        text = f"FROM python:3.12-slim\nWORKDIR /app\n{text}"
    return docker_image(parse_dockerfile(text), files(*paths, **contents))


def start(text: str, *paths: str, **contents: str) -> StartCommand:
    """The start command of a Dockerfile."""
    dockerfile = text if "FROM" in text else f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{text}"
    tracked = files(*paths, **contents)
    command = docker_command(docker_image(parse_dockerfile(dockerfile), tracked), tracked)
    assert command is not None
    return command


def script(body: str, dockerfile: str = 'CMD ["./start.sh"]', **contents: Any) -> StartCommand:
    """The start command of a Dockerfile whose CMD is a script of the repository."""
    return start(dockerfile, "main.py", **{"start.sh": f"#!/bin/bash\n{body}", **contents})
