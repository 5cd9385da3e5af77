"""A Space whose image is read from the text of its Dockerfile, without a repository on disk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_hfspace.space import Space
from pytest_hfspace.space.command import docker_command
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.files import SYMLINK, Tracked
from pytest_hfspace.space.image import docker_image
from pytest_hfspace.space.requirements import read_requirements
from tests.checks.factories import MAIN, REQUIREMENTS, make_files, make_space

START = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'


def built(
    text: str,
    files: Mapping[str, str | bytes] | None = None,
    *,
    untracked: Mapping[str, str | bytes] | None = None,
    links: tuple[str, ...] = (),
    **changes: Any,
) -> Space:
    """``text``: the Dockerfile; without FROM, steps on python:3.12-slim in /app, without CMD one that
    starts main:app.  ``files`` come on top of main.py and requirements.txt."""
    if not re.search(r"^\ufeff?from ", text, re.IGNORECASE | re.MULTILINE):
        text = f"FROM python:3.12-slim\nWORKDIR /app\n{text}"
    if not re.search(r"^(?:cmd|entrypoint|# CMD)\b", text, re.IGNORECASE | re.MULTILINE):
        text = f"{text.rstrip()}\n{START}"
    contents = {"main.py": MAIN, "requirements.txt": REQUIREMENTS, "Dockerfile": text, **(files or {})}
    tracked = make_files(contents, untracked=untracked)
    tracked.tracked.update((path, Tracked(path, SYMLINK)) for path in links)
    dockerfile = parse_dockerfile(text)
    image = docker_image(dockerfile, tracked)
    facts = {
        "files": tracked,
        "dockerfile": dockerfile,
        "image": image,
        "command": docker_command(image, tracked),
        "requirements": read_requirements("docker", image, tracked),
    }
    return replace(make_space(), **{**facts, **changes})
