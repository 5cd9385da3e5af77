"""Python programs of a command line that only import and print: they make no file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .stage import Tree, absolute

_LONGEST = 4000
_ASSURING = (ast.Import, ast.ImportFrom, ast.Pass, ast.Assert)


def only_prints(arguments: Sequence[str], tree: Tree, cwd: str) -> bool:
    """Do Python's arguments ask for nothing but to import libraries, assert, and print plain values?

    Importing one of the image's own modules, which ``tree`` has below ``cwd``, may make files.
    """
    if arguments[:1] != ["-c"] or len(arguments) < 2 or len(arguments[1]) > _LONGEST:
        return False
    try:
        program = ast.parse(arguments[1])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for name in _imported(program):
        path = absolute(name.partition(".")[0], cwd)
        if f"{path}.py" in tree or tree.below(path):
            return False
    return all(_is_harmless(statement) for statement in program.body)


def _imported(program: ast.Module) -> Iterator[str]:
    for node in program.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _is_harmless(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return _is_harmless_value(statement.value)
    if not isinstance(statement, _ASSURING):
        return False
    return not isinstance(statement, ast.Assert) or _is_plain(statement)


def _is_harmless_value(value: ast.expr) -> bool:
    """A value, or ``print`` of values."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        return all(_is_plain(each) for each in (*value.args, *value.keywords))
    return _is_plain(value)


def _is_plain(node: ast.AST) -> bool:
    return not any(isinstance(each, (ast.Call, ast.Await, ast.NamedExpr)) for each in ast.walk(node))
