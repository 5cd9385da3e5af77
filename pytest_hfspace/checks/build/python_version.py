"""3xx: can the Space's Python read the sources, and does the project admit it?"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.project_file import LARGEST_PROJECT, required_python
from ...space.sources import Sources
from ..causes import without_image
from ..serving import one_line
from .syntax import Problem, TooOld, problem

_LARGEST_SOURCE: Final = 1_000_000

#: Names the stage of the check as well, so that a report does not put that one before it.
_SYNTAX_ERROR: Final = (
    "The image is built, and the app stops when it starts: its log ends with SyntaxError "
    "(RUNTIME_ERROR; BUILD_ERROR where the build runs the file)."
)

#: Steps that put another Python into the image than its base has.
_OTHER_PYTHON: Final = re.compile(
    r"uv python |uv venv [^\n]*(?:-p|--python)|--python[ =]\S|UV_PYTHON=|pyenv |deadsnakes"
    r"|\bconda\b|micromamba|install[^\n]*\bpython3\.\d+\b"
)


@check(
    "HFS309",
    "python-version",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence="pip refuses the project, or the app stops with a SyntaxError.",
)
def python_version(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """The app's sources parse, and requires-python holds, on the Space's Python.  [field]"""
    if space.sdk == "static":
        raise NotApplicable("a static Space runs no Python")
    if space.image is None:
        raise Skip(without_image(space))
    version = _version(space)
    findings = list(_projects(space, version))
    unread = ""
    for path in space_sources.app:
        try:
            found = _read(space, path, version, parses=path in space_sources.trees)
        except TooOld:
            unread = unread or path
            continue
        if found is not None:
            stage = Stage.RUNTIME_ERROR if path in space_sources.certain else Stage.RUNNING
            findings.append(replace(_unreadable(space, path, found, version), predicts=stage))
    if not findings and not space_sources.app:
        raise Skip(space_sources.unknown or "the app's sources are not known")
    if not findings and unread:
        raise Skip(f"this Python is older than the Space's {version}, and cannot read {one_line(unread, 60)}")
    yield from findings


def tells_of(space: Space, path: str) -> bool:
    """Does HFS309 find fault with the syntax of this file, which is one of the app's?"""
    try:
        return _read(space, path, _version(space), parses=False) is not None
    except (Skip, TooOld):
        return False


def _read(space: Space, path: str, version: str, *, parses: bool) -> Problem | None:
    """What keeps the Space's Python from reading a file.  Raises TooOld."""
    minor = int(version.split(".")[1])
    if parses and sys.version_info.minor <= minor:
        return None
    try:
        source = space.files.read(path, _LARGEST_SOURCE + 1)
    except FileNotFoundError:
        return None
    return problem(source, minor, parses=parses) if len(source) <= _LARGEST_SOURCE else None


def _version(space: Space) -> str:
    """The version of the Space's Python, as "3.12" or "3.12.1".  Raises Skip where nobody can tell."""
    version = space.image.python if space.image else None
    if version is None or not re.fullmatch(r"3\.\d{1,2}(\.\d{1,2})?", version):
        raise Skip(
            "the card names no python_version" if space.sdk == "gradio" else "the image's Python is not known"
        )
    if int(version.split(".")[1]) < 6:  # "3.1" is what YAML makes of an unquoted 3.10
        raise Skip("needs HFS104")
    instructions = space.dockerfile.instructions if space.dockerfile else ()
    other = next((each for each in instructions if _OTHER_PYTHON.search(f"{each.text}")), None)
    if other is not None:
        raise Skip(
            f"line {other.line} of the Dockerfile may install another Python than the image's {version}"
        )
    return version


def _unreadable(space: Space, path: str, found: Problem, version: str) -> Finding:
    said = one_line(found.said, 120)
    where = "README.md" if space.sdk == "gradio" else "the Dockerfile"
    if found.since:
        written = (
            f'python_version: "3.{found.since}"'
            if space.sdk == "gradio"
            else f"FROM python:3.{found.since}-slim"
        )
        return Finding(
            f"this line needs Python 3.{found.since}, and the Space's is {version}: {said}",
            f"write {written} in {where}, or write the line for Python {version}",
            path,
            found.line,
            consequence=_SYNTAX_ERROR,
        )
    return Finding(
        f"Python {version} cannot read this line: {said}",
        "mend the line: python -m py_compile shows where it breaks",
        path,
        found.line,
        consequence=_SYNTAX_ERROR,
    )


# -- requires-python


def _projects(space: Space, version: str) -> Iterator[Finding]:
    """Projects that a step installs, on a Python that they do not admit."""
    told: set[str] = set()
    for install in space.image.installs if space.image else ():
        if not install.project or install.conditional or not install.directory:
            continue
        path = install.sources.get(posixpath.join(install.directory, "pyproject.toml"), "")
        if not path or path in told:
            continue
        told.add(path)
        try:
            wanted, name, line = required_python(space.files.text(path, LARGEST_PROJECT))
        except FileNotFoundError:
            continue
        if not wanted or admits(wanted, version) is not False:
            continue
        if install.tool == "uv" and "UV_PYTHON_DOWNLOADS" not in (space.image.env if space.image else {}):
            # uv fetches a Python that the project admits
            continue
        shown = one_line(name or "the project", 60)
        yield Finding(
            f"{shown} requires Python {one_line(wanted, 60)}, and the Space's is {version}",
            "write FROM python: with a version that it admits, or widen requires-python",
            path,
            line,
            consequence=f"pip ends with \"ERROR: Package '{shown}' requires a different Python: "
            f"{version} not in '{one_line(wanted, 60)}'\", and so does the build.",
        )


def admits(wanted: str, version: str) -> bool | None:
    """Does a specifier admit a version?  None where the patch version, which is not known, decides."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        specifier = SpecifierSet(wanted)
    except InvalidSpecifier:
        return None
    patches = [version] if version.count(".") == 2 else [f"{version}.{patch}" for patch in (0, 99)]
    answers = {specifier.contains(each, prereleases=True) for each in patches}
    return answers.pop() if len(answers) == 1 else None
