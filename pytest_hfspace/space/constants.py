"""Constants of Python modules that are called like secrets and hold what would be accepted as one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from ..quiet import quiet
from .config_files import Held, is_made
from .defaults import LONGEST, read_defaults
from .secret_names import is_secret_name
from .secrets.values import is_given_away

_CONSTANT: Final = re.compile(r"(?m)^[ \t]{0,8}([A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]*)?=[\s(]*[\"']")

#: Words of names whose value is there to be seen.
_MADE_UP: Final = frozenset(
    {
        "DEFAULT",
        "DEMO",
        "DUMMY",
        "EXAMPLE",
        "FAKE",
        "INVALID",
        "MOCK",
        "PLACEHOLDER",
        "SAMPLE",
        "STUB",
        "TEST",
    }
)
_ASIDE: Final = frozenset({"tests", "test", "examples", "site-packages", ".venv", "venv", "migrations"})


def secret_constants(path: str, text: str) -> Iterator[Held]:
    """``SECRET_KEY = "..."`` at the top of a module or of a class; none where it is no Python."""
    if not _ASIDE.isdisjoint(path.split("/")) or not path.endswith(".py") or len(text) > LONGEST:
        return
    if not any(_is_secret(name) for name in _CONSTANT.findall(text)):
        return
    # the fields of a settings class are defaults, which are read from the environment first
    defaults = {default.line for default in read_defaults(text)}
    for node in _statements(text):
        if node.lineno in defaults:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            continue
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else ""
            if _is_secret(name) and is_given_away(name, value.value) and is_made(value.value):
                yield Held(name, value.value, node.lineno)


def _is_secret(name: str) -> bool:
    return name.isupper() and is_secret_name(name) and _MADE_UP.isdisjoint(name.split("_"))


def _statements(text: str) -> Iterator[ast.Assign | ast.AnnAssign]:
    """The assignments of a module and of its classes, in no function."""
    try:
        with quiet():
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (each for each in inside if isinstance(each, (ast.Assign, ast.AnnAssign)))
