"""What has to be installed, in which order and by which rules: the build's steps without Docker's."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ..contract import BUILDERS_PYTHON
from ..space import Space
from ..space.image.installs import PipInstall
from ..space.requirement_lines import Lines, Requirement, read_line, read_lines
from ..space.requirements import BARE_IMAGES, DOCKERFILE, GRADIO_INSTALLS
from .inputs import Inputs
from .projects import Project, read_own_project

#: What the image's variables may say to the tools; anything else of it is about the image.
_SETTINGS: Final = re.compile(
    r"PIP_(?:(?:EXTRA_)?INDEX_URL|FIND_LINKS|NO_INDEX|PRE|NO_BINARY|ONLY_BINARY|PREFER_BINARY|NO_DEPS"
    r"|CONSTRAINT|REQUIRE_HASHES|TRUSTED_HOST)"
    r"|UV_(?:(?:DEFAULT_|EXTRA_)?INDEX(?:_URL|_STRATEGY)?|FIND_LINKS|NO_INDEX|PRERELEASE|RESOLUTION"
    r"|NO_BINARY(?:_PACKAGE)?|NO_BUILD(?:_PACKAGE)?|NO_SOURCES|EXCLUDE_NEWER|NO_DEV|NO_GROUP|FROZEN|LOCKED"
    r"|NO_DEFAULT_GROUPS|TORCH_BACKEND)"
)

_UNREHEARSED: Final = {
    "conda": "installs with conda, which is not rehearsed",
    "pdm": "installs with pdm, which is not rehearsed",
    "pipenv": "installs with pipenv, which is not rehearsed",
    "poetry": "installs with poetry, which is not rehearsed",
    "": "installs in a way that is not followed",
}

#: The first minor version of Python 3 that there is an image of.
_OLDEST: Final = 3

#: A project whose packages, or some of them, lie beside it.
_MEMBERS: Final = re.compile(r"\bworkspace\b|\bpath\s*=|\bdynamic\b|\bfind-links\b|file:")

_MINOR: Final = re.compile(r"(3\.\d{1,2})(?:\.|\Z)")
_PYTHON_NAMED: Final = re.compile(r"(?:python|cpython)?[-@]?(3\.\d{1,2})(?![\d])")


@dataclass(frozen=True)
class Step:
    """One run of an installer.  ``tool``: whose rules hold, "pip" or "uv".

    ``files`` and ``constraints`` are image paths, ``cwd`` and ``project`` image directories;
    ``project``: the one whose lock file is installed, or "".  ``conditional``: the build goes on
    where it fails.
    """

    tool: str
    files: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    cwd: str = "/"
    project: str = ""
    path: str = DOCKERFILE
    line: int | None = None
    conditional: bool = False


@dataclass(frozen=True)
class Plan:
    """``wanted``: the Space's Python ("3.12"), "" where nothing says it.

    ``texts``: of requirement files and the like, by image path; ``names``: their repository paths.
    ``declared``: every requirement with its place.  ``settings``: variables of the image that the
    tools obey.  ``kept``: files that are laid out as they are.  ``local``: image paths that are
    installed from, or hold what is: the image has to be laid out for them.  ``projects``: the
    repository's own packages, which are not installed but have to be known.
    """

    steps: tuple[Step, ...] = ()
    wanted: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    declared: tuple[Requirement, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    local: tuple[str, ...] = ()
    projects: tuple[Project, ...] = ()
    notices: tuple[str, ...] = ()
    impossible: str = ""


def make_plan(space: Space) -> Plan:
    """What the Space's SDK would install.  Never raises for what the repository contains."""
    sdk, image = space.sdk, space.image
    if sdk == "static":
        return Plan(impossible="a static Space installs no Python packages")
    if image is None:
        return Plan(impossible="no image is built that packages could be installed in")
    planner = _Planner(space)
    if sdk == "gradio":
        planner.gradio()
    else:
        planner.docker()
    return planner.plan()


class _Planner:
    def __init__(self, space: Space) -> None:
        assert space.image is not None
        self.space = space
        self.image = space.image
        self.inputs = Inputs(space.files, self.image.layout)
        self.steps: list[Step] = []
        self.declared: list[Requirement] = []
        self.projects: list[Project] = []
        self.notices: list[str] = []
        self.reasons: list[str] = []
        self.wanted = ""

    def plan(self) -> Plan:
        reasons = [*self.reasons, *self.inputs.reasons]
        if self.wanted and int(self.wanted.partition(".")[2]) < _OLDEST:
            reasons.insert(0, f"no image has Python {self.wanted}")
        if not reasons and not self.steps:
            reasons = ["no step was found that installs Python packages"]
        return Plan(
            steps=tuple(self.steps),
            wanted=self.wanted,
            texts=self.inputs.texts,
            names=self.inputs.names,
            declared=(*self.declared, *self.inputs.declared),
            settings={
                name: variable.value
                for name, variable in self.image.env.items()
                if _SETTINGS.fullmatch(name) and "$" not in variable.value
            },
            kept=self.inputs.kept,
            local=tuple(sorted(self.inputs.local)),
            projects=tuple(self.projects),
            notices=tuple(self.notices),
            impossible=reasons[0] if reasons else "",
        )

    # -- gradio

    def gradio(self) -> None:
        """What the gradio SDK installs.  [field: build logs 2026-05 to 2026-07]"""
        match = _MINOR.match(self.image.python or "")
        self.wanted = match[1] if match else BUILDERS_PYTHON
        version = self._sdk_version()
        if not version:
            self.notices.append("the card names no sdk_version: built with the newest gradio")
        own = [
            f"{name}=={version}" if version and name.startswith("gradio[") else name
            for name in GRADIO_INSTALLS
        ]
        for path, requirements in (("pre-requirements.txt", []), ("requirements.txt", own)):
            found = path in self.space.files
            if found:
                self.inputs.take(f"/app/{path}", {}, "/app", "README.md")
            if found or requirements:
                files = (f"/app/{path}",) if found else ()
                self.steps.append(
                    Step("pip", files, tuple(requirements), cwd="/app", path=path if found else "README.md")
                )
        self._declare(own, "README.md", self._sdk_line())

    def _sdk_version(self) -> str:
        found = self.space.card.fields.get("sdk_version")
        text = str(found.value).strip() if found is not None else ""
        return text if re.fullmatch(r"\d[\w.]*", text) else ""

    def _sdk_line(self) -> int:
        found = self.space.card.fields.get("sdk_version") or self.space.card.fields.get("sdk")
        return found.line if found is not None else 1

    def _declare(self, requirements: list[str], path: str, line: int) -> None:
        lines = Lines()
        for text in requirements:
            read_line(lines, text, path, line)
        self.declared += lines.requirements

    # -- docker

    def docker(self) -> None:
        """The Dockerfile's steps."""
        match = _MINOR.match(self.image.python or "")
        self.wanted = match[1] if match else self._python_of_uv()
        if self.image.base and not BARE_IMAGES.match(self.image.base):
            self.reasons.append(f"the image {self.image.base} may bring packages of its own")
        for install in self.image.installs:
            self._step(install)

    def _step(self, install: PipInstall) -> None:
        where = f"{DOCKERFILE}:{install.line}"
        unrehearsed = _UNREHEARSED.get(install.tool)
        if unrehearsed is not None or not install.understood or install.unseen:
            reason = unrehearsed or (
                f"installs {install.unseen[0]}, which a step of the build makes"
                if install.unseen
                else "installs more than can be read from it"
            )
            (self.notices if install.conditional else self.reasons).append(f"{where} {reason}")
            return
        cwd = install.directory or self.image.workdir
        files = [*install.files]
        for number, text in enumerate(install.made):
            made = f"/.made-{install.line}-{number}.txt"
            self.inputs.put(made, text, DOCKERFILE, cwd)
            files.append(made)
        for path in (*install.files, *install.constraints):
            self.inputs.take(path, install.sources, cwd, where)
        if install.synchronises:
            self._lock(install, cwd)
            self.steps.append(
                Step(
                    install.tool,
                    options=install.options,
                    cwd=cwd,
                    project=cwd,
                    line=install.line,
                    conditional=install.conditional,
                )
            )
            return
        requirements = [*install.requirements]
        self._declare(requirements, DOCKERFILE, install.line)
        for text in requirements:
            self.inputs.look_at(text, cwd, where)
        if install.project:
            requirements += self._project(install)
        self.steps.append(
            Step(
                install.tool,
                tuple(path for path in files if not path.endswith(_PROJECT_FILES)),
                tuple(requirements),
                install.constraints,
                install.options,
                cwd,
                line=install.line,
                conditional=install.conditional,
            )
        )

    def _lock(self, install: PipInstall, directory: str) -> None:
        """The files that tell uv what to install for a project."""
        project = self._own(install)
        if project is not None:
            self._declare_project(project)
        for name in ("uv.lock", "uv.toml"):
            self.inputs.keep(posixpath.join(directory, name), install.sources)
        text = self.inputs.keep(posixpath.join(directory, "pyproject.toml"), install.sources)
        if _MEMBERS.search(text):
            self.inputs.local.add(directory)
        if not text:
            where = f"{DOCKERFILE}:{install.line}"
            self.reasons.append(
                f"{where} installs {directory}, where no pyproject.toml of the repository lies"
            )

    def _own(self, install: PipInstall) -> Project | None:
        """The repository's package that a step installs."""
        found = read_own_project(self.space.files, self.inputs.locate, install)
        if found is not None:
            self.projects.append(found)
        return found

    def _project(self, install: PipInstall) -> list[str]:
        """What the repository's package needs; the package itself where only a build tells that."""
        project = self._own(install)
        if project is not None and project.dependencies is not None:
            self._declare_project(project)
            return list(project.dependencies)
        if not self.inputs.below(install.directory):
            self.reasons.append(
                f"{DOCKERFILE}:{install.line} installs {install.directory}, "
                "where nothing of the repository lies"
            )
        self.inputs.local.add(install.directory)
        extras = [b for a, b in pairwise(install.options) if a == "--extra"]
        return [install.directory + (f"[{','.join(extras)}]" if extras else "")]

    def _declare_project(self, project: Project) -> None:
        for text in project.dependencies or ():
            lines = read_lines(text, project.path)
            self.declared += [
                Requirement(
                    each.name, each.text, project.path, project.line_of(text), each.extras, each.specifier
                )
                for each in lines.requirements
            ]

    def _python_of_uv(self) -> str:
        """The version that uv would take where the image brings none."""
        named = [self.image.env[name].value for name in ("UV_PYTHON",) if name in self.image.env]
        for install in self.image.installs:
            if install.tool != "uv":
                continue
            options = install.options
            named += [b for a, b in pairwise(options) if a in ("--python", "-p")]
            pin = self.inputs.text_of(
                posixpath.join(install.directory or self.image.workdir, ".python-version")
            )
            named += [line for line in (pin or "").splitlines() if line.strip() and line[:1] != "#"][:1]
        found = [match[1] for text in named if (match := _PYTHON_NAMED.match(text.strip()))]
        return found[0] if found else ""


_PROJECT_FILES = ("pyproject.toml",)
