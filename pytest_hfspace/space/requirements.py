"""What the build would install: requirement files, pyproject.toml, packages named in RUN steps."""

from __future__ import annotations

from dataclasses import dataclass

from .files import Files
from .image import Image


@dataclass(frozen=True)
class Requirement:
    """``name`` is normalised (PEP 503), ``text`` the line as written."""

    name: str
    text: str
    path: str
    line: int
    extras: frozenset[str] = frozenset()
    specifier: str = ""
    marker: str = ""
    url: str = ""


@dataclass(frozen=True)
class RequirementFile:
    """A file that a build step installs: ``path`` in the repository (or as the step names it
    where nothing of the repository lies there), ``where``/``line`` of the step that names it."""

    path: str
    found: bool
    where: str
    line: int | None


@dataclass(frozen=True)
class Invalid:
    path: str
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Requirements:
    """``complete`` is True where every install step was understood, so that what is not in
    ``declared`` is really not declared; else ``reason`` says what was not understood."""

    declared: tuple[Requirement, ...]
    files: tuple[RequirementFile, ...]
    invalid: tuple[Invalid, ...] = ()
    complete: bool = True
    reason: str = ""

    def declares(self, *names: str) -> bool:
        """Is any of these distributions declared?"""
        raise NotImplementedError


def read_requirements(sdk: str | None, image: Image | None, files: Files) -> Requirements:
    raise NotImplementedError
