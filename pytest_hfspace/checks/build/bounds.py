"""3xx: would the next release of a framework be installed without anybody having tried it?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ...check import Finding, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.requirement_lines import Requirement, read_lines
from ..causes import undeclarable
from ..distributions import applies, space_python
from ..serving import one_line
from .prerequisites import need_build


class _Broke(NamedTuple):
    """``before``: the bound to write; ``what``: a release that broke working apps, and how."""

    before: str
    what: str


#: Frameworks whose releases broke Spaces.  [field; the projects' own release notes]
_BROKE: Final[Mapping[str, _Broke]] = {
    "fastapi": _Broke("1", "0.137 no longer lists included routers in app.routes"),
    "starlette": _Broke(
        "2", "1.0 removed TemplateResponse(name, context): TypeError: unhashable type: 'dict'"
    ),
    "pydantic": _Broke("3", "2.0 removed BaseSettings and renamed validators"),
    "sqlalchemy": _Broke("2.2", "2.1 installs no greenlet, and opens postgresql:// with psycopg 3"),
    "sqlmodel": _Broke("0.1", "0.0.x releases change behaviour, such as refusing naive datetimes"),
    "gradio": _Broke("7", "5.0 and 6.0 removed components and arguments"),
    "mcp": _Broke("3", "2.0 changed the server's interface"),
    "numpy": _Broke("3", "2.0 loads no binaries built for 1.x: _ARRAY_API not found"),
    "openai": _Broke("3", "1.0 removed openai.ChatCompletion"),
    "huggingface-hub": _Broke("3", "1.0 removed HfFolder: cannot import name 'HfFolder'"),
    "transformers": _Broke("6", "5.0 removed what 4.x had deprecated"),
    "langchain": _Broke("2", "1.0 moved chains and agents to other packages"),
    "langchain-core": _Broke("2", "1.0 moved what other langchain packages import"),
    "langchain-community": _Broke("1", "its releases follow langchain's, and move what apps import"),
}
_BCRYPT: Final = _Broke("5", "5.0 fails under passlib: password cannot be longer than 72 bytes")

#: Clauses of a version specifier that keep later releases out.
_BOUND: Final = re.compile(r"(?:^|,)\s*(?:===?|~=|<=?)")

_LOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "uv": ("uv.lock",),
    "poetry": ("poetry.lock",),
    "pdm": ("pdm.lock",),
}
_CONSTRAINTS: Final = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
_LARGEST: Final = 1 << 20


@check(
    "HFS305",
    "requirement-unbounded",
    level="note",
    predicts=Stage.BUILD_ERROR,
    needs=("HFS301",),
    consequence="The next build, which any push or restart may bring, installs a release that nobody tried.",
)
def requirement_unbounded(space: Space) -> Iterator[Finding]:
    """Frameworks with breaking releases have an upper bound or a pin.  [field]"""
    need_build(space)
    python = space_python(space)
    declared = [
        each for each in space.requirements.declared if not each.marker or applies(each.marker, python=python)
    ]
    bounded = {each.name for each in [*declared, *_constraints(space)] if _is_bounded(each)}
    locked = {each.path for each in declared if _is_locked(space, each.path)}
    open_ones: dict[str, Requirement] = {}
    for each in declared:
        # what the SDK installs by itself has its version from the card
        if each.path and each.path not in locked and not (space.sdk == "gradio" and each.name == "gradio"):
            open_ones.setdefault(each.name, each)
    findings = [
        _finding(name, each, broke) for name, each, broke in _open(open_ones, bounded) if name not in bounded
    ]
    unknown = undeclarable(space)
    if findings and unknown:
        raise Skip(unknown)
    yield from findings


def _open(found: Mapping[str, Requirement], bounded: set[str]) -> Iterator[tuple[str, Requirement, _Broke]]:
    for name, each in found.items():
        broke = _BROKE.get(name)
        if broke is not None:
            yield name, each, broke
    passlib = found.get("passlib")
    bcrypt = found.get("bcrypt")
    if bcrypt is not None and (passlib is not None or "passlib" in bounded):
        yield "bcrypt", bcrypt, _BCRYPT
    elif passlib is not None and "bcrypt" in passlib.extras:
        yield "bcrypt", passlib, _BCRYPT


def _finding(name: str, each: Requirement, broke: _Broke) -> Finding:
    is_own_line = each.name == name
    if is_own_line:
        extras = f"[{','.join(sorted(each.extras))}]" if each.extras else ""
        clauses = f"{each.specifier}," if each.specifier else ""
        hint = f"write {name}{extras}{clauses}<{broke.before}, or pin the version that you tested"
    else:
        hint = f"add the line {name}<{broke.before}"
    text = one_line(each.text, 60) if is_own_line else f"{name}, which comes with {one_line(each.text, 60)},"
    return Finding(f"{text} has no upper bound; {broke.what}", one_line(hint, 200), each.path, each.line)


def _is_bounded(each: Requirement) -> bool:
    return bool(each.url) or _BOUND.search(each.specifier) is not None


def _constraints(space: Space) -> Iterator[Requirement]:
    """What constraints files say: they declare nothing, and bound what is declared."""
    declaring = {each.path for each in space.requirements.declared}
    paths = [file.path for file in space.requirements.files if file.found and file.path not in declaring]
    image = space.image
    for name in _CONSTRAINTS if image else ():
        variable = image.env.get(name) if image else None
        if image and variable:
            path = posixpath.normpath(posixpath.join(image.workdir, variable.value))
            paths += [image.layout[path]] if path in image.layout else []
    for path in dict.fromkeys(paths):
        if not path.endswith((".toml", ".py", ".cfg")):
            yield from _lines(space, path)


def _lines(space: Space, path: str) -> list[Requirement]:
    try:
        return read_lines(space.files.text(path, _LARGEST), path).requirements
    except OSError:
        return []


def _is_locked(space: Space, path: str) -> bool:
    """Is what a pyproject.toml declares installed by a tool that takes the versions from a lock file?"""
    if posixpath.basename(path) != "pyproject.toml" or space.image is None:
        return False
    tools = {install.tool for install in space.image.installs if install.project}
    locks = [name for tool in tools for name in _LOCKS.get(tool, ())]
    return any(posixpath.join(posixpath.dirname(path), name) in space.files for name in locks)
