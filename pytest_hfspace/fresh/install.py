"""One environment: made, and filled step by step."""

from __future__ import annotations

import contextlib
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..rehearsal.layout import Layout, make_layout
from ..space import Space
from ..space.requirement_lines import normalised
from .cache import Entry
from .facts import BuildFailure
from .failures import Context, is_silent, read_failure, unreachable
from .inputs import moved_file
from .installed import installed, site_packages
from .interpreters import Found
from .phases import Phases
from .plan import Plan, Step
from .process import Completed, Runner
from .projects import Project
from .tools import Place, pip_command, uv_command, uv_sync_command

#: pip goes through every version there is before it gives up: it is asked for confirmation only.
_CONFIRMATION: Final = 180.0

#: More patch releases than any minor version has had.
_PATCHES: Final = 50


class Impossible(Exception):
    """No environment can be made here; the text says why."""


@dataclass(frozen=True)
class Means:
    """What an environment is made of and with.  ``variables``: all that the tools are told;
    ``uv``: its path, "" where pip does it."""

    space: Space
    plan: Plan
    python: Found
    variables: dict[str, str]
    uv: str


class Installation:
    """Fills one environment."""

    def __init__(self, means: Means, entry: Entry, runner: Runner, phases: Phases) -> None:
        self._space = means.space
        self._plan = means.plan
        self._python = means.python
        self._variables = means.variables
        self._uv = means.uv
        self._runner = runner
        self._phases = phases
        self._layout: Layout | None = None
        self._scratch = entry.directory / "inputs"
        self._by_pip = False
        self.tool = ""
        self.notices: list[str] = []
        self.place = Place(entry.environment, self._scratch / "root", self._exists)

    def run(self) -> BuildFailure | None:
        """The first step that fails for a fault of the Space's.  Raises :class:`Impossible`, and
        OSError where the environment cannot be written."""
        self._lay_out()
        self.tool = self._version()
        failure = self._wrong_python() or self._fill()
        if failure is None and self._uv and self._refused_by_pip():
            # what is installed already satisfies pip: only a new environment tells
            self._by_pip = True
            failure = self._fill()
        if failure is None:
            for project in self._plan.projects:
                self._announce(project)
        elif failure.kind == "python" and self._python.minor != self._plan.wanted:
            raise Impossible(
                f"{failure.names[0] if failure.names else 'a package'} is not for the Python at hand"
            )
        return failure

    def _fill(self) -> BuildFailure | None:
        self._create()
        if self._by_pip and not self._have_pip():
            return None
        self.notices.clear()
        for step in self._plan.steps:
            failure = self._step(step)
            if failure is not None and not step.conditional:
                return failure
            if failure is not None:
                self.notices.append(f"{step.path}:{step.line} fails here, and the build goes on without it")
        return None

    def clean(self) -> None:
        """Remove what only the installers needed."""
        from ..rehearsal.child.remove import remove_tree

        remove_tree(str(self._scratch))
        if self._layout is not None:
            self._layout.remove()

    # -- before

    def _exists(self, path: str) -> bool:
        layout = self._space.image.layout if self._space.image is not None else {}
        prefix = path.rstrip("/") + "/"
        return any(name == path or name.startswith(prefix) for name in layout)

    def _lay_out(self) -> None:
        """The files that the installers read: those that list requirements, or the whole image."""
        self._scratch.mkdir(mode=0o700)
        if self._plan.local:
            assert self._space.image is not None
            self._layout = make_layout(self._space, self._space.image.workdir)
            self.place = Place(self.place.environment, self._layout.root, self._exists)
        for path, text in self._plan.kept.items():
            self._write(path, text)
        cwds = {path: step.cwd for step in self._plan.steps for path in step.files}
        for path, text in self._plan.texts.items():
            cwd = cwds.get(path) or next(iter(cwds.values()), "/")
            self._write(path, moved_file(text, path, cwd, self.place.inside, self._exists))

    def _write(self, image_path: str, text: str) -> None:
        here = Path(self.place.inside(image_path))
        here.parent.mkdir(parents=True, exist_ok=True)
        here.write_text(text, encoding="utf-8", errors="surrogateescape")

    def _version(self) -> str:
        command = [self._uv, "--version"] if self._uv else [self._python.path, "-m", "pip", "--version"]
        told = self._tool(command).text.split()
        return (
            " ".join(told[:2]) if len(told) > 1 and told[0] in ("uv", "pip") else "uv" if self._uv else "pip"
        )

    def _create(self) -> None:
        target = str(self.place.environment)
        if self._uv:
            done = self._tool([self._uv, "venv", "--no-project", "--python", self._python.path, target])
        else:
            done = self._tool([self._python.path, "-m", "venv", target])
        if done.code == 0:
            self._seed()
            return
        if "ensurepip" in done.text:
            raise Impossible(
                f"Python {self._python.minor} has no ensurepip here: "
                f"apt install python{self._python.minor}-venv, or pip install uv"
            )
        raise Impossible(
            f"no environment can be made of Python {self._python.version}: {_last_line(done.text)}"
        )

    def _wrong_python(self) -> BuildFailure | None:
        """The repository's own package may say which Python it is for."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        for project in self._plan.projects:
            with contextlib.suppress(InvalidSpecifier):
                wanted = SpecifierSet(project.requires_python)
                # the newest of these is the Space's, whichever is here
                if not any(wanted.contains(f"{self._python.minor}.{patch}") for patch in range(_PATCHES)):
                    words = (
                        f"Package {project.name!r} requires a different Python: "
                        f"{self._python.version} not in {project.requires_python!r}"
                    )
                    line = project.line_of(project.requires_python)
                    return BuildFailure("python", words, (normalised(project.name),), project.path, line)
        return None

    def _seed(self) -> None:
        """setuptools, which images of Python before 3.12 bring, and uv's environments do not."""
        own = all(step.tool == "uv" for step in self._plan.steps)
        wheels = self._bundled("setuptools")
        if self._uv and wheels and not own and int(self._python.minor.partition(".")[2]) < 12:
            self._tool(self._from_wheel(wheels))

    def _bundled(self, name: str) -> list[str]:
        """The wheels that Python brings for environments."""
        library = Path(self._python.path).resolve().parent.parent / "lib" / f"python{self._python.minor}"
        places = (library / "ensurepip" / "_bundled", Path("/usr/share/python-wheels"))
        return [str(path) for place in places for path in sorted(place.glob(f"{name}-*.whl"))][:1]

    def _from_wheel(self, wheels: list[str]) -> list[str]:
        return [
            self._uv, "pip", "install", "--no-index", "--no-deps", "--no-config",
            "--python", self.place.python, *wheels,
        ]  # fmt: skip

    def _refused_by_pip(self) -> bool:
        """uv takes a package that says it is for an older Python only, pip does not."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        if all(step.tool == "uv" for step in self._plan.steps):
            return False
        for distribution in installed(self.place.environment):
            with contextlib.suppress(InvalidSpecifier):
                wanted = SpecifierSet(distribution.requires_python)
                if not wanted.contains(self._python.version, prereleases=True):
                    return True
        return False

    # -- a step

    def _step(self, step: Step) -> BuildFailure | None:
        by_uv = self._uv and not (self._by_pip and step.tool != "uv")
        if step.project:
            if not self._uv:
                raise Impossible(f"{step.path}:{step.line} runs uv sync: pip install uv to rehearse it")
            done = self._tool(uv_sync_command(self._uv, step, self.place), follow=True, sync=True)
        elif by_uv:
            done = self._tool(uv_command(self._uv, step, self._plan, self.place), follow=True)
        else:
            done = self._tool(pip_command(step, self.place), follow=True)
        if done.code == 0:
            return None
        told = done
        if not by_uv and is_silent(done.text):
            # pip tells only then what the index has answered
            told = self._tool(pip_command(step, self.place, verbose=True))
        reason = self._unreachable(done) or self._unreachable(told)
        if reason:
            raise Impossible(reason)
        failure = self._failure(done, step)
        return self._confirmed(failure, step) if by_uv and step.tool != "uv" else failure

    def _confirmed(self, failure: BuildFailure, step: Step) -> BuildFailure | None:
        """On the Hub pip runs this step: it has the last word on what uv refuses."""
        if not self._have_pip():
            return failure
        done = self._tool(pip_command(step, self.place), follow=True, limit=_CONFIRMATION)
        if done.ended or (done.code != 0 and self._unreachable(done)):
            return failure
        if done.code == 0:
            return None
        confirmed = self._failure(done, step)
        # uv names the package whose build fails, pip only since its version 25; and the pip that comes
        # with a Python may be too old for what today's does
        unclear = confirmed.kind == "other" and failure.kind != "other"
        return failure if unclear or failure.kind == confirmed.kind == "compile" else confirmed

    def _have_pip(self) -> bool:
        """Put the pip that comes with this Python into the environment."""
        wheels = self._bundled("pip")
        command = [self.place.python, "-m", "ensurepip"] if not wheels else self._from_wheel(wheels)
        return self._tool(command).code == 0

    def _failure(self, done: Completed, step: Step) -> BuildFailure:
        here = {str(self.place.root): "", str(self.place.environment): "", str(self._scratch): ""}
        if self._variables.get("HOME", "/") != "/":
            here[self._variables["HOME"]] = "~"
        plan = self._plan
        return read_failure(done.text, Context(step.path, step.line, plan.declared, here, plan.names))

    def _unreachable(self, done: Completed) -> str:
        options = [word for step in self._plan.steps for word in step.options]
        return unreachable(done.text, (*self._plan.texts.values(), *options))

    def _tool(
        self, command: list[str], *, follow: bool = False, sync: bool = False, limit: float | None = None
    ) -> Completed:
        """Run it.  With a ``limit`` of its own it may be ended without an exception."""
        variables = dict(self._variables)
        if sync:
            variables["UV_PROJECT_ENVIRONMENT"] = str(self.place.environment)
        seen = self._phases if follow else None
        done = self._runner.run(command, variables, self._scratch, seen, limit=limit)
        if done.ended == "aborted":
            raise Impossible("the build was ended")
        if done.ended and limit is None:
            raise Impossible("the build took too long and was ended")
        return done

    # -- after

    def _announce(self, project: Project) -> None:
        """Let the repository's own package count as installed: it asks for its own version."""
        name = re.sub(r"[^A-Za-z0-9.]+", "_", project.name)
        site = site_packages(self.place.environment)
        if not name or site is None or not re.fullmatch(r"[A-Za-z0-9][\w.+!-]*", project.version):
            return
        with contextlib.suppress(FileExistsError):
            directory = site / f"{name}-{project.version}.dist-info"
            directory.mkdir()
            text = f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {project.version}\n"
            (directory / "METADATA").write_text(text, encoding="utf-8")
            (directory / "INSTALLER").write_text("pytest-hfspace\n", encoding="utf-8")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return posixpath.basename(lines[-1])[:200] if lines else "the tool said nothing"
