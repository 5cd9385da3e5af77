"""The repository's own package: what it needs, and what it is called once it counts as installed."""

from __future__ import annotations

import importlib
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from ..space.files import Files
from ..space.image.installs import PipInstall
from ..space.project_file import LARGEST_PROJECT
from ..space.requirement_lines import normalised

#: What the metadata say where only a build back end knows the version.
_UNKNOWN_VERSION: Final = "0"


@dataclass(frozen=True)
class Project:
    """``path`` of its pyproject.toml in the repository and ``text`` of it.

    ``dependencies``: with those of the extras and groups that the step asks for; None where only a
    build of the package tells them.  ``requires_python``: its own specifier, or "".
    """

    path: str
    text: str
    name: str = ""
    version: str = _UNKNOWN_VERSION
    dependencies: tuple[str, ...] | None = None
    requires_python: str = ""

    def line_of(self, wanted: str) -> int:
        """The line on which a text stands, 1 where it does not."""
        at = self.text.find(wanted)
        return self.text.count("\n", 0, at) + 1 if at >= 0 else 1


def read_own_project(
    files: Files, locate: Callable[[str, Mapping[str, str]], str | None], install: PipInstall
) -> Project | None:
    """The project of a step, None where no pyproject.toml of the repository tells of it."""
    path = locate(posixpath.join(install.directory, "pyproject.toml"), install.sources)
    try:
        text = files.text(path, LARGEST_PROJECT) if path is not None else None
    except FileNotFoundError:
        text = None
    if path is None or text is None:
        return None
    table = _table(_toml(text), "project")
    name, version = table.get("name"), table.get("version")
    python = table.get("requires-python")
    return Project(
        path,
        text,
        name if isinstance(name, str) else "",
        version if isinstance(version, str) else _UNKNOWN_VERSION,
        _dependencies(table, text, install),
        python if isinstance(python, str) else "",
    )


def _dependencies(table: Mapping[str, Any], text: str, install: PipInstall) -> tuple[str, ...] | None:
    """Requirement lines, None where the file does not say them all."""
    if {"dependencies", "optional-dependencies"} & set(_texts(table.get("dynamic"))):
        return None
    if table:
        found = list(_texts(table.get("dependencies")))
        extras = _table(table, "optional-dependencies")
        wanted = {normalised(name) for name in _values(install.options, "--extra")}
        for extra, requirements in extras.items():
            if normalised(extra) in wanted or "--all-extras" in install.options:
                found += _texts(requirements)
        groups = _table(_toml(text), "dependency-groups")
        for group in _values(install.options, "--group"):
            found += _texts(groups.get(group))
        return tuple(found)
    return None


def _values(options: tuple[str, ...], name: str) -> list[str]:
    return [value for option, value in pairwise(options) if option == name]


def _toml(text: str) -> dict[str, Any]:
    """The file's tables; none where it is not TOML, or cannot be read with this Python."""
    for name in ("tomllib", "tomli"):
        try:
            loads = importlib.import_module(name).loads
        except ImportError:
            continue
        try:
            tables: dict[str, Any] = loads(text)
        except (ValueError, RecursionError):
            break
        return tables
    return {}


def _table(data: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
