"""What the build would install: requirement files, pyproject.toml, packages named in RUN steps."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from .files import Files
from .image import Image
from .image.installs import PipInstall
from .places import placed
from .project_file import LARGEST_PROJECT, read_project
from .requirement_lines import (
    Invalid,
    Lines,
    Option,
    Place,
    Requirement,
    normalised,
    read_line,
    read_lines,
)

__all__ = [
    "Invalid",
    "Option",
    "Place",
    "Requirement",
    "RequirementFile",
    "Requirements",
    "read_requirements",
]

DOCKERFILE: Final = "Dockerfile"
LARGEST_DOCKERFILE: Final = 256 * 1024

#: What the gradio SDK's one install step names itself.  [field: build logs 2026-05 to 2026-07]
GRADIO_INSTALLS: Final = ("gradio[oauth,mcp]", "uvicorn>=0.14.0", "websockets>=10.4", "spaces")

#: What comes with these, as every gradio since 4 requires it.  [gradio: requirements.txt]
GRADIO_BRINGS: Final = (
    "aiofiles", "anyio", "authlib", "datasets", "fastapi", "ffmpy", "gradio-client", "httpx",
    "huggingface-hub", "itsdangerous", "jinja2", "markupsafe", "mcp", "numpy", "orjson", "packaging",
    "pandas", "pillow", "pydantic", "pydub", "python-multipart", "pyyaml", "semantic-version",
    "starlette", "tomlkit", "typer", "typing-extensions",
)  # fmt: skip

#: Images that bring no Python package of their own; any other may bring what an app imports.
BARE_IMAGES: Final = re.compile(
    r"(?:(?:docker\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/)?(?:library/)?"
    r"(?:python|pypy|debian|ubuntu|alpine|fedora|node|nvidia/cuda|scratch)(?:[:@].*)?\Z"
    r"|ghcr\.io/astral-sh/uv[:@].*\Z"
)

#: Packages of a Linux distribution that are Python's own tools, not libraries.
_APT_PYTHON: Final = re.compile(
    r"\bpython3-(?!(?:pip|venv|dev|setuptools|wheel|distutils|full|minimal|apt|poetry|virtualenv)\b)[a-z0-9]"
)

_LARGEST_FILE: Final = 1 << 20
_MOST_FILES: Final = 100


@dataclass(frozen=True)
class RequirementFile:
    """A file that a build step installs: ``path`` in the repository (or as the step names it
    where nothing of the repository lies there), ``where``/``line`` of the step that names it.

    ``at``: where in the image it is looked for, "" without one; ``early``: the line of the step that
    does so before the file is there, else 0."""

    path: str
    found: bool
    where: str
    line: int | None
    at: str = field(default="", compare=False)
    early: int = 0


@dataclass(frozen=True)
class Requirements:
    """``complete`` is True where every install step was understood, so that what is not in
    ``declared`` is really not declared; else ``reason`` says what was not understood.

    ``options``: lines of requirement files that are options for pip.  ``places``: those that install
    from a path.  ``lenient``: files, by repository path, that a step installs whose failure does not
    fail the build; ``tools``: what installs a file.  What an SDK installs by itself is declared with
    path "" and line 0.
    """

    declared: tuple[Requirement, ...]
    files: tuple[RequirementFile, ...]
    invalid: tuple[Invalid, ...] = ()
    complete: bool = True
    reason: str = ""
    options: tuple[Option, ...] = ()
    places: tuple[Place, ...] = ()
    lenient: frozenset[str] = frozenset()
    tools: Mapping[str, str] = field(default_factory=dict)

    def install_command(self, missing: Iterable[str], exact: Mapping[str, str] | None = None) -> str:
        """What installs the packages that are missing; "" if none is.  What no file declares is named,
        with the version that ``exact`` has of it."""
        names = set(missing)
        brought = {each.name: each for each in self.declared if not each.path and each.name in names}
        files = [f"-r {file.path}" for file in self.files if file.found]
        own = (files or sorted(names - brought.keys())) if names - brought.keys() else []
        pinned = {name: f'"{name}=={version}"' for name, version in (exact or {}).items()}
        words = [*(pinned.get(name, name) for name in sorted(brought)), *own]
        return f"pip install {' '.join(dict.fromkeys(words))}" if words else ""

    def declares(self, *names: str) -> bool:
        """Is any of these distributions declared?"""
        return any(normalised(name) in self._names for name in names)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(requirement.name for requirement in self.declared)


def read_requirements(sdk: str | None, image: Image | None, files: Files) -> Requirements:
    """Follow what the SDK's build installs.  Never raises for what the repository contains."""
    if sdk == "static":
        return Requirements((), ())
    gathered = _Gathered(files)
    if sdk == "docker" and image is not None:
        _follow_docker(gathered, image)
    elif sdk == "docker":
        gathered.unknown("there is no Dockerfile")
    elif sdk == "gradio":
        _follow_gradio(gathered)
    else:
        gathered.unknown(
            "the card names no SDK that installs packages" if sdk is None else f"the SDK is {sdk!r}"
        )
    return gathered.result()


class _Step(NamedTuple):
    """Where a file is named.  ``locate``: from a path in the image to the repository's, or None;
    ``place``: tells whether a place is there; ``text``: of the install step, ``install``: its facts."""

    locate: Callable[[str], str | None]
    where: str
    tool: str = "pip"
    text: str = ""
    directory: str = ""
    unseen: tuple[str, ...] = ()
    place: Callable[[Place], Place] = lambda place: place
    lenient: bool = False
    install: PipInstall | None = None

    def early(self, path: str) -> int:
        """The step's line, if a file that the image will have is not there yet; else 0."""
        install = self.install
        if install is None or not install.lacks(path) or not BARE_IMAGES.match(install.base):
            return 0
        return install.line


class _Gathered:
    """What has been found so far, and the files that were read for it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.declared: list[Requirement] = []
        self.named: list[RequirementFile] = []
        self.invalid: list[Invalid] = []
        self.options: list[Option] = []
        self.places: list[Place] = []
        self.lenient: set[str] = set()
        self.tools: dict[str, str] = {}
        self.reasons: list[str] = []
        self.seen: set[str] = set()

    def result(self) -> Requirements:
        return Requirements(
            tuple(self.declared),
            tuple(self.named),
            tuple(self.invalid),
            complete=not self.reasons,
            reason="; ".join(dict.fromkeys(self.reasons[:5])),
            options=tuple(self.options),
            places=tuple(self.places),
            lenient=frozenset(self.lenient),
            tools=self.tools,
        )

    def unknown(self, reason: str) -> None:
        self.reasons.append(reason)

    def follow(self, path: str, step: _Step, where: str, line: int | None, *, installs: bool = True) -> None:
        """Read a file by its path in the image, and the files that it names.

        ``where`` and ``line``: what names it.  Without ``installs`` it is a constraints file.
        """
        if path in step.unseen:
            self.unknown(f"{path} is made by a step of the build")
            return
        found = step.locate(path)
        if len(self.named) >= _MOST_FILES:
            self.unknown("too many files name each other")
            return
        early = step.early(path) if found is not None else 0
        at = path if step.install else ""
        self.named.append(RequirementFile(found or path, found is not None, where, line, at, early))
        if found is None or not installs or found in self.seen:
            return
        self.seen.add(found)
        name = posixpath.basename(found)
        if name == "pyproject.toml":
            self.follow_project(found, path, step)
        elif name in {
            "setup.py",
            "setup.cfg",
            "Pipfile",
            "environment.yml",
            "environment.yaml",
            "pylock.toml",
        }:
            self.unknown(f"{found} is not read")
        else:
            text = self.text(found, _LARGEST_FILE)
            if text is not None:
                self.take(read_lines(text, found), path, found, step)

    def follow_project(self, found: str, path: str, step: _Step) -> None:
        text = self.text(found, LARGEST_PROJECT)
        if text is None:
            return
        project = read_project(text, found, step.tool, step.text)
        self.declared += project.requirements
        self.invalid += project.invalid
        self.reasons += project.unknown
        for other in project.files:
            self.follow(_beside(path, other), step, found, 1)

    def take(self, lines: Lines, path: str, found: str, step: _Step) -> None:
        """``path`` in the image and ``found`` in the repository of the file that has the lines."""
        self.declared += lines.requirements
        self.invalid += lines.invalid
        self.options += lines.options
        self.places += map(step.place, lines.places)
        self.tools[found] = step.tool
        if step.lenient:
            self.lenient.add(found)
        self.reasons += lines.unknown
        for installs, named in ((True, lines.includes), (False, lines.constraints)):
            for other, line in named:
                if "://" in other:
                    self.unknown(f"{found}:{line} names a file on the network")
                else:
                    self.follow(_beside(path, other), step, found, line, installs=installs)
        for directory, line in lines.projects:
            # pip takes these from where it is started, not from where the file lies
            self.project(
                posixpath.normpath(posixpath.join(step.directory, directory)), step, f"{found}:{line}"
            )

    def project(self, directory: str, step: _Step, where: str) -> None:
        """The package that lies in a directory of the image."""
        project = posixpath.join(directory, "pyproject.toml")
        found = step.locate(project)
        if found is None:
            self.unknown(f"{where} installs {directory}, where no pyproject.toml of the repository lies")
        elif found not in self.seen:
            self.seen.add(found)
            if step.install is not None and all(map(step.early, _project_files(directory))):
                line = step.install.line
                self.named.append(RequirementFile(found, True, DOCKERFILE, line, project, line))  # noqa: FBT003 - as in RequirementFile
            self.follow_project(found, project, step)

    def text(self, path: str, limit: int) -> str | None:
        try:
            content = self.files.text(path, limit + 1)
        except FileNotFoundError:
            self.unknown(f"{path} cannot be read")
            return None
        if len(content) > limit:
            self.unknown(f"{path} is too large to be read")
            return None
        return content


def _follow_gradio(gathered: _Gathered) -> None:
    lines = Lines()
    for text in (*GRADIO_INSTALLS, *GRADIO_BRINGS):
        read_line(lines, text, "", 0)
    gathered.declared += lines.requirements
    step = _Step(
        lambda path: path if path in gathered.files else None,
        "README.md",
        place=lambda place: placed(place, gathered.files),
    )
    for path in ("pre-requirements.txt", "requirements.txt"):
        if path in gathered.files:
            gathered.follow(path, step, "README.md", None)


def _follow_docker(gathered: _Gathered, image: Image) -> None:
    dockerfile = _dockerfile(gathered.files)
    for install in image.installs:
        text = _step_text(dockerfile, install.line)
        _follow_install(gathered, image, install, f"{text} --no-dev" if "UV_NO_DEV" in image.env else text)
    if image.base and not BARE_IMAGES.match(image.base):
        gathered.unknown(f"the image {image.base} may bring packages of its own")
    elif not image.installs and image.not_followed:
        gathered.unknown(f"no step that installs packages was found, and {image.not_followed[0]}")
    if _APT_PYTHON.search("\n".join(dockerfile)):
        gathered.unknown("Python packages are installed with apt")


def _follow_install(gathered: _Gathered, image: Image, install: PipInstall, text: str) -> None:
    where = f"{DOCKERFILE}:{install.line}"
    known = {**image.layout, **install.sources}
    if install.tool in {"conda", "pipenv"} or not install.understood:
        gathered.unknown(f"{where} installs with {install.tool or 'a command'} what is not read here")
    directory = install.directory or image.workdir

    def locate(path: str) -> str | None:
        if path in known:
            return known[path]
        return _beside_source(path, install, image, gathered.files)

    step = _Step(
        locate,
        where,
        install.tool,
        text,
        directory,
        install.unseen,
        place=lambda place: placed(place, gathered.files, image, install, directory),
        lenient=install.conditional,
        install=install,
    )
    lines = Lines()
    for requirement in install.requirements:
        read_line(lines, requirement, DOCKERFILE, install.line)
    if lines.invalid or lines.includes or lines.constraints:
        # the shell's quoting may be to blame: no alarm
        gathered.unknown(f"{where} was not understood")
    gathered.declared += lines.requirements
    gathered.reasons += lines.unknown
    for path in (*install.files, *install.unseen):
        gathered.follow(path, step, DOCKERFILE, install.line)
    for made in install.made:
        gathered.take(read_lines(made, DOCKERFILE), posixpath.join(directory, "-"), DOCKERFILE, step)
    for path in install.constraints:
        gathered.follow(path, step, DOCKERFILE, install.line, installs=False)
    for other, _ in lines.projects:
        gathered.project(posixpath.normpath(posixpath.join(directory, other)), step, where)
    if install.project and install.tool != "pipenv":
        gathered.project(directory, step, where)


def _beside_source(path: str, install: PipInstall, image: Image, files: Files) -> str | None:
    """A file beside one that lay in the image during the step only: the repository tells."""
    for at, source in install.sources.items():
        if at in image.layout:
            continue
        near = posixpath.relpath(path, posixpath.dirname(at))
        candidate = posixpath.normpath(posixpath.join(posixpath.dirname(source), near))
        if candidate in files and path not in install.files:
            return candidate
    return None


def _dockerfile(files: Files) -> list[str]:
    try:
        return files.text(DOCKERFILE, LARGEST_DOCKERFILE).splitlines()
    except FileNotFoundError:
        return []


def _step_text(lines: list[str], line: int) -> str:
    """The step that starts in a line: to the end of its continuations, or of the file."""
    step: list[str] = []
    for text in lines[max(0, line - 1) :]:
        step.append(text)
        if "<<" not in step[0] and not text.rstrip().endswith("\\") and not text.lstrip().startswith("#"):
            break
    return "\n".join(step)


def _project_files(directory: str) -> list[str]:
    """What makes a directory, or one above it, a project."""
    folders = [directory]
    while posixpath.dirname(folders[-1]) != folders[-1] and len(folders) < _MOST_FILES:
        folders.append(posixpath.dirname(folders[-1]))
    above = [posixpath.join(folder, "pyproject.toml") for folder in folders]
    return [*above, *(posixpath.join(directory, name) for name in ("setup.py", "setup.cfg"))]


def _beside(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
