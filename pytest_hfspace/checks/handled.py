"""The lines of a source whose failure the code expects, so that it is no defect."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..space import Space
from ..space.sources import Sources
from .imports import tree_of

#: What catches a write that is refused.
_REFUSED = frozenset(
    {"PermissionError", "OSError", "IOError", "EnvironmentError", "Exception", "BaseException"}
)
_EXITS = frozenset({"exit", "quit", "_exit", "abort"})


def expected_lines(
    tree: ast.Module, errors: frozenset[str], questions: frozenset[str], *, survived: bool = False
) -> Iterator[tuple[int, int]]:
    """First and last lines of what stands in a ``try`` or ``suppress`` for one of these errors, or
    below a condition that asks one of these questions.

    ``survived``: only where the handler goes on, so that it is not raised in another form.
    """
    for node in ast.walk(tree):
        body: list[ast.stmt] = []
        if isinstance(node, ast.Try) and _is_caught(node, errors, survived=survived):
            body = node.body
        elif isinstance(node, ast.If) and _words(node.test) & questions:
            body = [*node.body, *node.orelse]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            words = set().union(*(_words(item.context_expr) for item in node.items))
            if "suppress" in words and words & errors:
                body = node.body
        if body:
            yield body[0].lineno, body[-1].end_lineno or body[-1].lineno


def refusal_handled(space: Space, path: str, line: int) -> bool:
    """Does the code go on where a write on this line is refused?

    So it does in a ``try`` that catches PermissionError and does not give up, below ``os.access``,
    and in a function that is called in such a place only.
    """
    tree = tree_of(space, Sources(), path)
    lines = [*expected_lines(tree, _REFUSED, frozenset({"access"}), survived=True)]
    if _within(lines, line):
        return True
    name = _function_at(tree, line)
    # every mention counts: who passes a function on may call it anywhere
    uses = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    return bool(name and uses) and all(_within(lines, use) for use in uses)


def _within(lines: list[tuple[int, int]], line: int) -> bool:
    return any(first <= line <= last for first, last in lines)


def _function_at(tree: ast.Module, line: int) -> str:
    """The function of the module that this line is in; "" where it is in none, or a decorator may call it."""
    return next(
        (
            node.name
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and not node.decorator_list
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ),
        "",
    )


def _is_caught(node: ast.Try, errors: frozenset[str], *, survived: bool) -> bool:
    handler = next((each for each in node.handlers if each.type is None or _words(each.type) & errors), None)
    return handler is not None and not (survived and _gives_up(handler))


def _gives_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    called = last.value.func if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    return name in _EXITS


def _words(node: ast.AST) -> set[str]:
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return names | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}
