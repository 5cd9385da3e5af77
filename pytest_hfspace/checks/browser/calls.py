"""Calls of a name in the app's own files, and what they are given where that stands there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ...space import Space
from ...space.sources import Sources

#: What registers a middleware: its class comes first, its arguments follow.
_REGISTERING = frozenset({"add_middleware", "Middleware"})


class Call(NamedTuple):
    """``name``: the last part of what is called, or registered as a middleware.  ``target``: the name
    that gets the result, "" where there is none."""

    name: str
    path: str
    line: int
    node: ast.Call
    constants: dict[str, ast.expr]
    is_registered: bool = False
    target: str = ""

    def gives(self, name: str) -> bool:
        """Is it given an argument of this name?"""
        return any(keyword.arg == name for keyword in self.node.keywords)


def calls(space: Space, sources: Sources, name: str, *arguments: str) -> Iterator[Call]:
    """Every call of this name, ``add_middleware(name, …)`` and ``Middleware(name, …)`` among them, in
    the files that have these arguments' names somewhere."""
    for path in sources.app:
        try:
            text = space.files.text(path)
        except OSError:
            continue
        if not all(word in text for word in (name, *arguments)):
            continue
        tree = sources.trees.get(path)
        if tree is not None:
            yield from _in_tree(tree, path, name)


def _in_tree(tree: ast.Module, path: str, name: str) -> Iterator[Call]:
    targets: dict[ast.expr, str] = {}
    constants: dict[str, ast.expr] = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                targets[node.value] = target.id
                # what is given twice is nothing that can be said
                constants[target.id] = ast.Name("") if target.id in constants else node.value
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = _last(node.func)
        first = _last(node.args[0]) if node.args else ""
        if called == name:
            yield Call(name, path, node.lineno, node, constants, target=targets.get(node, ""))
        elif called in _REGISTERING and first == name:
            yield Call(name, path, node.lineno, node, constants, is_registered=True)


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def literal(call: Call, name: str, position: int | None = None) -> object:
    """The value of an argument where it stands in the code, also as a name that is given it once; None
    where it is not given, or made when the program runs.  ``position``: of a call that is no
    registration."""
    value: ast.expr | None = next((each.value for each in call.node.keywords if each.arg == name), None)
    if value is None and position is not None and not call.is_registered and len(call.node.args) > position:
        value = call.node.args[position]
    if isinstance(value, ast.Name):
        value = call.constants.get(value.id)
    if value is None:
        return None
    try:
        found: object = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return found
