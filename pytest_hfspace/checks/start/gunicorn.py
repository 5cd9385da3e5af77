"""gunicorn's configuration file, which is a program: what stands in it, read without running it."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import Final, NamedTuple

from ...quiet import quiet
from ...space import Space
from ...space.command import StartCommand
from ..serving import text_of

#: What gunicorn reads unless it is told another.
FILE: Final = "gunicorn.conf.py"

_LONGEST: Final = 200_000
_ADDRESS: Final = re.compile(r"([\w.-]*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
#: What says it as well, and comes first or from elsewhere.
_VARIABLE: Final = "GUNICORN_CMD_ARGS"
_ELSEWHERE: Final = ("-b", "--bind", "--chdir", "--paste", "--paster")


class Bound(NamedTuple):
    """Where the file says that gunicorn listens.  ``host``: "" for every address."""

    host: str
    port: int
    path: str
    line: int


def is_told_file(command: StartCommand) -> bool:
    """Does the start command name a configuration?"""
    return bool(_named(command))


def config_file(space: Space, command: StartCommand) -> str | None:
    """The configuration's path in the repository; None where the image has none from there."""
    name = (_named(command) or FILE).removeprefix("file:")
    known = space.image.layout if space.image else {}
    return known.get(posixpath.normpath(posixpath.join(command.cwd, name)))


def _named(command: StartCommand) -> str:
    for index, word in enumerate(command.words):
        name, equals, value = word.partition("=")
        if name in ("-c", "--config"):
            return value if equals else "".join(command.words[index + 1 : index + 2])
    return ""


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a program; None where it is none, or too long."""
    if len(text) > _LONGEST:
        return None
    try:
        with quiet():
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def bound(space: Space, command: StartCommand) -> Bound | None:
    """What ``bind = "host:port"`` says, if it is written once, as a text, under no condition."""
    variables = {*command.env, *(space.image.env if space.image else ())}
    path = config_file(space, command)
    if path is None or _VARIABLE in variables or any(_is_elsewhere(word) for word in command.words[1:]):
        return None
    tree = parsed(text_of(space, path))
    if tree is None or _may_come_otherwise(tree):
        return None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(_is_bind(target) for target in node.targets):
            found = _ADDRESS.fullmatch(value) if isinstance(value := _text(node.value), str) else None
            return Bound(found[1].strip("[]"), int(found[2]), path, node.lineno) if found else None
    return None


def _is_elsewhere(word: str) -> bool:
    return word.partition("=")[0] in _ELSEWHERE or re.match(r"-b.", word) is not None


def _may_come_otherwise(tree: ast.Module) -> bool:
    """Is the name given a value more than once, or brought along by an import?"""
    nodes = list(ast.walk(tree))
    imported = [
        alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names
    ]
    if any("bind" in (alias.asname, alias.name) or alias.name == "*" for alias in imported):
        return True
    return sum(_is_bind(node) and isinstance(getattr(node, "ctx", None), ast.Store) for node in nodes) > 1


def _is_bind(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "bind"


def _text(node: ast.expr) -> object:
    """A text, also where it is the only one of a list."""
    if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == 1:
        node = node.elts[0]
    return node.value if isinstance(node, ast.Constant) else None
