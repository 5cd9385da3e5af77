"""Healthy facts made by hand, so that a check is tested without a repository on disk.

Every builder gives a Space or a rehearsal in which nothing is wrong; a test changes what it is about.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from pytest_hfspace.check import Check, Finding, Result, evaluate
from pytest_hfspace.rehearsal.facts import (
    Failure,
    Listener,
    Raised,
    Read,
    Rehearsal,
    Request,
    Route,
    Shutdown,
    Visit,
    Where,
)
from pytest_hfspace.space import Space
from pytest_hfspace.space.at_rest import AT_REST
from pytest_hfspace.space.card import Card, Field
from pytest_hfspace.space.command import Port, StartCommand
from pytest_hfspace.space.dockerfile import Dockerfile, Instruction
from pytest_hfspace.space.files import Files, Tracked
from pytest_hfspace.space.image import Command, Image, Variable
from pytest_hfspace.space.requirements import Requirement, RequirementFile, Requirements
from pytest_hfspace.space.settings import Declared
from pytest_hfspace.space.yaml_block import read_block

CARD = "title: Example\nemoji: 🚀\ncolorFrom: blue\ncolorTo: green\nsdk: docker\n"
MAIN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root():
    return {}
"""
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
"""
LINE = Where("main.py", 3)
REQUIREMENTS = "fastapi>=0.115,<1\nuvicorn>=0.30,<1\n"


@dataclass(frozen=True)
class MemoryFiles(Files):
    """Files that lie nowhere: ``contents`` is what would arrive, ``untracked`` what would not."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    untracked: Mapping[str, bytes] = field(default_factory=dict)

    def __contains__(self, path: object) -> bool:
        return path in self.tracked

    def read(self, path: str, limit: int | None = None) -> bytes:
        if path not in self.contents:
            raise FileNotFoundError(path)
        return self.contents[path][:limit]

    def text(self, path: str, limit: int | None = None) -> str:
        return self.read(path, limit).decode("utf-8-sig", "replace")

    def exists_untracked(self, path: str) -> bool:
        return path in self.untracked

    def similar(self, path: str) -> str | None:
        return next((p for p in self.tracked if p != path and p.lower() == path.lower()), None)


def _encoded(contents: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {path: text.encode() if isinstance(text, str) else text for path, text in contents.items()}


def make_files(
    contents: Mapping[str, str | bytes] | None = None, *, untracked: Mapping[str, str | bytes] | None = None
) -> Files:
    """Exactly these files are tracked; ``untracked`` ones lie beside them in the working tree."""
    held = _encoded(contents or {})
    return MemoryFiles(
        root=Path("/space"),
        tracked={path: Tracked(path, 0o100644) for path in held},
        contents=held,
        untracked=_encoded(untracked or {}),
    )


def make_card(text: str = CARD, **changes: Any) -> Card:
    """The card of a README that begins with this block; the first key stands on line 2."""
    pairs = read_block(text) if text else []
    fields = {pair.key: Field(pair.key, pair.value, pair.raw, pair.line + 1) for pair in pairs}
    return replace(Card(fields, body_line=text.count("\n") + 3), **changes)


def _array(text: str) -> tuple[str, ...] | None:
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return tuple(words) if isinstance(words, list) else None


def make_dockerfile(text: str = DOCKERFILE) -> Dockerfile:
    """One instruction a line; neither continuations nor flags."""
    lines = ((number, line.partition(" ")) for number, line in enumerate(text.splitlines(), 1) if line)
    return Dockerfile(
        "Dockerfile",
        tuple(Instruction(name.upper(), rest, number, {}, _array(rest)) for number, (name, _, rest) in lines),
    )


def make_image(
    contents: Iterable[str] = (), *, env: Mapping[str, str] | None = None, **changes: Any
) -> Image:
    """The repository at /app, as ``COPY . .`` lays it out; ``env`` stands on line 3."""
    workdir = changes.get("workdir", "/app")
    image = Image(
        workdir=workdir,
        layout={f"{workdir.rstrip('/')}/{path}": path for path in contents},
        env={name: Variable(name, value, "Dockerfile", 3) for name, value in (env or {}).items()},
        base="python:3.12-slim",
        python="3.12",
        command=Command(("uvicorn", "main:app"), shell=False, path="Dockerfile", line=6),
    )
    return replace(image, **changes)


def make_command(words: str = "uvicorn main:app --host 0.0.0.0 --port 7860", **changes: Any) -> StartCommand:
    """The CMD of line 6, in /app.  Host, port and target are read from plain words."""
    parts = tuple(shlex.split(words))
    options = dict(pairwise(parts))
    target = next((part for part in parts[1:] if ":" in part and not part.startswith("-")), None)
    port = options.get("--port")
    command = StartCommand(
        words=parts,
        runner=parts[0],  # type: ignore[arg-type] # a test names a runner that there is
        path="Dockerfile",
        line=6,
        cwd="/app",
        target=target,
        script=next((part for part in parts[1:] if part.endswith(".py")), None),
        host=options.get("--host"),
        port=Port(int(port), "literal") if port else None,
    )
    return replace(command, **changes)


def make_requirements(
    text: str = REQUIREMENTS, *, path: str = "requirements.txt", **changes: Any
) -> Requirements:
    """What a requirements file of plain requirements declares."""
    declared = []
    for number, line in enumerate(text.splitlines(), 1):
        parsed = Parsed(line)
        declared.append(
            Requirement(
                name=canonicalize_name(parsed.name),
                text=line,
                path=path,
                line=number,
                extras=frozenset(parsed.extras),
                specifier=str(parsed.specifier),
            )
        )
    files = (RequirementFile(path, found=True, where="Dockerfile", line=4),)
    return replace(Requirements(tuple(declared), files), **changes)


def make_settings(**values: str) -> dict[str, Declared]:
    """Settings that .env.example declares, one a line."""
    return {
        name: Declared(name, value, ".env.example", number)
        for number, (name, value) in enumerate(values.items(), 1)
    }


def make_space(
    files: Mapping[str, str | bytes] | None = None,
    *,
    untracked: Mapping[str, str | bytes] | None = None,
    card: str | Card = CARD,
    dockerfile: str | Dockerfile | None = DOCKERFILE,
    requirements: str | Requirements = REQUIREMENTS,
    **changes: Any,
) -> Space:
    """A healthy Docker Space: ``uvicorn main:app`` on 0.0.0.0:7860, with FastAPI declared.

    ``files`` come on top of README.md, main.py, requirements.txt and the Dockerfile; ``dockerfile``
    None makes a Space without one, and so without image and start command.  ``changes`` replace
    facts of the finished Space: ``image``, ``command``, ``settings``, ``app``.
    """
    block = card if isinstance(card, str) else CARD
    contents: dict[str, str | bytes] = {"README.md": f"---\n{block}---\n# Example\n", "main.py": MAIN}
    if isinstance(requirements, str):
        contents["requirements.txt"] = requirements
    if isinstance(dockerfile, str):
        contents["Dockerfile"] = dockerfile
    contents |= files or {}
    space = Space(
        root=Path("/space"),
        files=make_files(contents, untracked=untracked),
        card=make_card(card) if isinstance(card, str) else card,
        dockerfile=make_dockerfile(dockerfile) if isinstance(dockerfile, str) else dockerfile,
        image=make_image(contents) if dockerfile else None,
        command=make_command() if dockerfile else None,
        requirements=make_requirements(requirements) if isinstance(requirements, str) else requirements,
        settings={},
    )
    return replace(space, **changes)


def make_gradio_space(files: Mapping[str, str | bytes] | None = None, **changes: Any) -> Space:
    """A healthy Space of the gradio SDK: ``python app.py`` in /app."""
    contents: dict[str, str | bytes] = {"app.py": "import uvicorn\n", **(files or {})}
    changes.setdefault("card", 'title: Example\nsdk: gradio\nsdk_version: 6.17.3\npython_version: "3.12"\n')
    changes.setdefault("image", make_image(contents, base="python:3.12", command=None))
    changes.setdefault(
        "command",
        make_command("python app.py", script="app.py", path="README.md", line=3),
    )
    return make_space(contents, dockerfile=None, **changes)


def make_static_space(files: Mapping[str, str | bytes] | None = None, **changes: Any) -> Space:
    """A healthy Space of the static SDK: index.html, and no process."""
    changes.setdefault("card", "title: Example\nsdk: static\n")
    changes.setdefault("requirements", Requirements((), ()))
    return make_space({"index.html": "<h1>Hello</h1>", **(files or {})}, dockerfile=None, **changes)


def make_route(method: str = "GET", path: str = "/", **changes: Any) -> Route:
    return replace(Route(method, path, endpoint="main:root", where=Where("main.py", 7)), **changes)


def make_visit(route: str = "GET /", **changes: Any) -> Visit:
    """A valid request that was answered with 200 and JSON."""
    method, _, path = route.partition(" ")
    visit = Visit(
        route,
        "valid",
        Request(method, path),
        status=200,
        headers=(("content-type", "application/json"),),
        body=b"{}",
        seconds=0.002,
        endpoint="main:root",
    )
    return visit._replace(**changes)


def make_raised(
    kinds: str = "ValueError", message: str = "", where: Where | None = LINE, **changes: Any
) -> Raised:
    """``kinds``: the class and its bases as words, the class first."""
    return Raised(
        tuple(f"builtins.{k}" if "." not in k else k for k in kinds.split()), message, where, **changes
    )


def make_failure(phase: Any = "import", kind: Any = "raised", message: str = "", **changes: Any) -> Failure:
    raised = changes.pop("raised", None)
    changes.setdefault("where", raised.where if raised else None)
    return Failure(phase, kind, message or str(raised or ""), raised, **changes)


def make_listener(**changes: Any) -> Listener:
    return Listener("uvicorn", "0.0.0.0", 7860)._replace(**changes)


def make_read(name: str, **changes: Any) -> Read:
    return replace(Read(name, Where("main.py", 5)), **changes)


def make_rehearsal(**changes: Any) -> Rehearsal:
    """An app that came up, answered its only route, and stopped cleanly.

    With a ``failure``, what follows a start-up is left out unless it is given.
    """
    healthy = Rehearsal(
        python="3.12.4",
        listener=make_listener(),
        routes=(make_route(),),
        openapi={"openapi": "3.1.0", "paths": {"/": {"get": {}}}},
        visits=(make_visit(),),
        imported=("main.py",),
        shutdown=Shutdown(0.1, status=-15),
        timings={"import": 0.3, "startup": 0.1, "first_response": 0.01, "shutdown": 0.1, "total": 0.6},
        peak_rss_mb=60.0,
    )
    if changes.get("failure") or changes.get("impossible"):
        healthy = Rehearsal(python="3.12.4", imported=("main.py",))
    return replace(healthy, **changes)


def outcome(
    check: Check, space: Space | None = None, rehearsal: Rehearsal | None = None, **facts: Any
) -> Result:
    """What the check says of these facts; healthy ones where none are given.

    ``facts``: those at rest by their names (``space_history=...``); read from the Space where they
    are not given.
    """
    space = space or make_space()
    known = {"space": space, "space_rehearsal": rehearsal or make_rehearsal(), **facts}
    known |= {name: AT_REST[name](space) for name in check.facts if name in AT_REST and name not in facts}
    return evaluate(check, known)


def only_finding(
    check: Check, space: Space | None = None, rehearsal: Rehearsal | None = None, **facts: Any
) -> Finding:
    """The one finding of the check on these facts."""
    result = outcome(check, space, rehearsal, **facts)
    assert len(result.findings) == 1, result
    return result.findings[0]


def make_site(root: Path, *distributions: tuple[Any, ...]) -> tuple[str, ...]:
    """A directory of installed distributions: "name version", its requirements, its modules."""
    for number, (title, *rest) in enumerate(distributions):
        name, version = title.split()
        requires, modules = [*rest, (), ()][:2]
        folder = root / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"Requires-Dist: {each}\n" for each in requires)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}")
        listed = modules or (f"{name.replace('-', '_')}/__init__.py",)
        (folder / "RECORD").write_text("".join(f"{each},sha256=x,{number}\n" for each in listed))
    return (str(root),)
