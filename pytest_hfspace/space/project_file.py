"""The dependencies that a pyproject.toml declares, in the tables of its several tools."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .requirement_lines import Invalid, Lines, Requirement, normalised, read_line

#: Reading TOML costs a second for a megabyte.
LARGEST_PROJECT: Final = 256 * 1024

#: What an install step says to leave the groups out, or to take the extras in.
_WITHOUT_GROUPS: Final = re.compile(
    r"--no-dev\b|--only[ =]main\b|--only-main\b|--without[ =]|--no-default-groups|--prod(?:uction)?\b"
)
_WITH_EXTRAS: Final = re.compile(
    r"--extras?\b|--all-extras|-E\s|--group\b|--all-groups|--with\b|--only-group|-G\s|\.\["
)

_WILDCARD: Final = frozenset({"", "*"})


@dataclass
class Project:
    """``requirements`` that are installed with the project; ``unknown`` as for a file's lines;
    ``files`` that hold its dependencies instead."""

    requirements: list[Requirement] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def read_project(text: str, path: str, tool: str, step: str) -> Project:
    """``step``: the text of the install step, for the extras and groups that it asks for."""
    project = Project()
    loads = _toml()
    if loads is None:
        project.unknown.append(f"{path} cannot be read with Python 3.10 without tomli")
        return project
    try:
        data = loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"\(at line (\d+)", str(error))
        reason = f"not TOML: {error}" if isinstance(error, ValueError) else "nested too deep"
        project.invalid.append(Invalid(path, int(line[1]) if line else 1, "", reason))
        return project
    lines = Lines()
    for requirement in _wanted(data, tool, step):
        read_line(lines, requirement, path, _line_of(text, requirement))
    project.invalid += lines.invalid
    project.unknown += lines.unknown
    project.requirements += lines.requirements
    project.requirements += _poetry(data, text, path, with_groups=not _WITHOUT_GROUPS.search(step))
    _follow_dynamic(data, path, project)
    return project


def console_scripts(text: str) -> dict[str, str]:
    """The programs that a project installs, each with the function that it calls ("demo.cli:main")."""
    data = _read(text)
    found = {**_table(data, "tool", "poetry", "scripts"), **_table(data, "project", "scripts")}
    return {
        name: called
        for name, called in found.items()
        if isinstance(called, str) and re.fullmatch(r"[\w.]+:[\w.]+", called)
    }


def fastapi_entry(text: str) -> str:
    """The "module:app" that fastapi is told by a project; "" where it is told none."""
    entry = _table(_read(text), "tool", "fastapi").get("entrypoint")
    return entry if isinstance(entry, str) and re.fullmatch(r"[\w.]+:\w+", entry) else ""


def _read(text: str) -> dict[str, Any]:
    loads = _toml()
    try:
        return loads(text) if loads is not None else {}
    except (ValueError, RecursionError):
        return {}


def required_python(text: str) -> tuple[str, str, int]:
    """The Python that a project admits as PEP 440 writes it, the project's name, and the line.

    ("", "", 1) where the text does not say, or cannot be read.
    """
    loads = _toml()
    if loads is None:
        found = re.search(r"^requires-python\s*=\s*[\"']([^\"'\n]*)[\"']", text, re.MULTILINE)
        return (found[1], "", _line_of(text, "requires-python", key=True)) if found else ("", "", 1)
    try:
        data = loads(text)
    except (ValueError, RecursionError):
        return "", "", 1
    project, poetry = _table(data, "project"), _table(data, "tool", "poetry")
    name = project.get("name") or poetry.get("name")
    named = name if isinstance(name, str) else ""
    wanted = project.get("requires-python")
    if isinstance(wanted, str):
        return wanted, named, _line_of(text, "requires-python", key=True)
    wanted = _table(poetry, "dependencies").get("python")
    return _specifier(wanted), named, _line_of(text, "python", key=True)


def readme_of(text: str) -> tuple[str, int]:
    """The readme that hatchling reads when it builds the project, and its line; ("", 1) without one."""
    loads = _toml()
    try:
        data = loads(text) if loads and "hatchling" in text else {}
    except (ValueError, RecursionError):
        data = {}
    if _table(data, "build-system").get("build-backend") != "hatchling.build":
        return "", 1
    given = _table(data, "project").get("readme")
    file = given.get("file") if isinstance(given, dict) else given
    return (file, _line_of(text, file)) if isinstance(file, str) else ("", 1)


def _wanted(data: Mapping[str, Any], tool: str, step: str) -> Iterator[str]:
    yield from _texts(_table(data, "project").get("dependencies"))
    if _WITH_EXTRAS.search(step):
        # which of them the step takes is not told apart: too many declared raises no alarm
        for extra in _table(data, "project", "optional-dependencies").values():
            yield from _texts(extra)
    groups = _table(data, "dependency-groups")
    if tool != "pip" and _WITH_EXTRAS.search(step):
        for group in groups.values():
            yield from _texts(group)
    elif tool != "pip" and not _WITHOUT_GROUPS.search(step):
        yield from _texts(groups.get("dev"))
        yield from _texts(_table(data, "tool", "uv").get("dev-dependencies"))


def _poetry(data: Mapping[str, Any], text: str, path: str, *, with_groups: bool) -> list[Requirement]:
    poetry = _table(data, "tool", "poetry")
    tables = [_table(poetry, "dependencies")]
    if with_groups:
        tables.append(_table(poetry, "dev-dependencies"))
        tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    return [
        _poetry_requirement(name, value, path, _line_of(text, name, key=True))
        for table in tables
        for name, value in table.items()
        if name != "python"
    ]


def _poetry_requirement(name: str, value: Any, path: str, line: int) -> Requirement:
    about = value if isinstance(value, dict) else {"version": value}
    version = about.get("version")
    extras = frozenset(normalised(extra) for extra in _texts(about.get("extras")))
    url = next((str(about[key]) for key in ("git", "url", "path") if key in about), "")
    written = version if isinstance(version, str) else url
    return Requirement(
        normalised(name), f"{name} {written}".strip(), path, line, extras, _specifier(version), url=url
    )


def _specifier(version: object) -> str:
    """Poetry's "^1.2" and "~1.2" as PEP 440 writes them; "" for what is neither."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not isinstance(version, str) or version.strip() in _WILDCARD:
        return ""
    text = re.sub(r"([\^~])\s*(\d[\w.]*)", lambda match: _range(match[1], match[2]), version.strip())
    try:
        return str(SpecifierSet(text if not text[:1].isdigit() else f"=={text}"))
    except InvalidSpecifier:
        return ""


def _range(sign: str, version: str) -> str:
    numbers = [int(number) for number in re.findall(r"\d{1,9}", version)[:3]]
    last = min(1, len(numbers) - 1)
    if sign == "^":
        last = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    upper = [*numbers[:last], numbers[last] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _follow_dynamic(data: Mapping[str, Any], path: str, project: Project) -> None:
    if "dependencies" not in _texts(_table(data, "project").get("dynamic")):
        return
    dynamic = _table(data, "tool", "setuptools", "dynamic", "dependencies").get("file")
    files = [dynamic] if isinstance(dynamic, str) else _texts(dynamic)
    if files:
        project.files += files
    else:
        project.unknown.append(f"the dependencies of {path} are made while it is built")


def _table(data: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _line_of(text: str, wanted: str, *, key: bool = False) -> int:
    pattern = (
        rf"^[ \t]*[\"']?{re.escape(wanted)}[\"']?[ \t]*[=.]" if key else rf"[\"']{re.escape(wanted)}[\"']"
    )
    match = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _toml() -> Callable[[str], dict[str, Any]] | None:
    """``tomllib.loads``, which Python has since 3.11, or its model's on the index, if it is here."""
    for name in ("tomllib", "tomli"):
        try:
            loads: Callable[[str], dict[str, Any]] = importlib.import_module(name).loads
        except ImportError:
            continue
        return loads
    return None
