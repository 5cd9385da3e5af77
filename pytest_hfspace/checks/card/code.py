"""Where in a program a statement stands: under which branches, within which functions and loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: Deeper nesting is no program that somebody wrote.
_DEEPEST = 100

_Test = ast.expr | None


class Branch(NamedTuple):
    """One arm of a statement that chooses.  ``test``: of an ``if``; None for everything else."""

    statement: ast.AST
    arm: str
    test: _Test = None


class Place(NamedTuple):
    """Where a call or another expression stands, from the outside in."""

    branches: tuple[Branch, ...] = ()
    functions: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...] = ()
    loops: tuple[ast.For | ast.AsyncFor, ...] = ()

    def excludes(self, other: Place) -> bool:
        """Do the two stand in different arms of one statement, so that never both are run?"""
        arms = {branch.statement: branch.arm for branch in self.branches}
        return any(arms.get(branch.statement, branch.arm) != branch.arm for branch in other.branches)


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, Place]]:
    """Every expression and definition of a program with its place.

    What follows ``if …: return`` stands in the other arm of that ``if``.
    """
    yield from _block(tree.body, Place(), 0)


def _block(statements: list[ast.stmt], place: Place, depth: int) -> Iterator[tuple[ast.AST, Place]]:
    if depth > _DEEPEST:
        return
    for statement in statements:
        yield from _statement(statement, place, depth)
        if isinstance(statement, ast.If) and not statement.orelse and _leaves(statement.body):
            place = _under(place, Branch(statement, "else", statement.test))


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Continue, ast.Break))


def _statement(statement: ast.stmt, place: Place, depth: int) -> Iterator[tuple[ast.AST, Place]]:
    deeper = depth + 1
    if isinstance(statement, ast.If):
        yield from _expressions(statement.test, place)
        yield from _block(statement.body, _under(place, Branch(statement, "if", statement.test)), deeper)
        yield from _block(statement.orelse, _under(place, Branch(statement, "else", statement.test)), deeper)
    elif isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar":
        yield from _try(statement, place, deeper)
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement, place
        for expression in (*statement.decorator_list, statement.args):
            yield from _expressions(expression, place)
        inside = Place(place.branches, (*place.functions, statement), place.loops)
        yield from _block(statement.body, inside, deeper)
    elif isinstance(statement, (ast.For, ast.AsyncFor)):
        yield from _expressions(statement.iter, place)
        inside = Place(place.branches, place.functions, (*place.loops, statement))
        yield from _block(statement.body, inside, deeper)
        yield from _block(statement.orelse, place, deeper)
    elif isinstance(statement, ast.Match):
        yield from _expressions(statement.subject, place)
        for number, case in enumerate(statement.cases):
            yield from _block(case.body, _under(place, Branch(statement, f"case {number}")), deeper)
    elif isinstance(statement, (ast.With, ast.AsyncWith, ast.While, ast.ClassDef)):
        for child in ast.iter_child_nodes(statement):
            if not isinstance(child, ast.stmt):
                yield from _expressions(child, place)
        yield from _block([*statement.body, *getattr(statement, "orelse", ())], place, deeper)
    else:
        yield from _expressions(statement, place)


def _try(statement: ast.stmt, place: Place, depth: int) -> Iterator[tuple[ast.AST, Place]]:
    guarded = _under(place, Branch(statement, "try"))
    yield from _block([*getattr(statement, "body", ()), *getattr(statement, "orelse", ())], guarded, depth)
    for handler in getattr(statement, "handlers", ()):
        yield from _block(handler.body, _under(place, Branch(statement, "except")), depth)
    yield from _block(getattr(statement, "finalbody", []), place, depth)


def _expressions(node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, Place]]:
    """The parts of an expression; those of ``a if b else c`` and ``a and b`` are branches as well."""
    waiting = [(node, place)]
    while waiting:
        current, at = waiting.pop()
        yield current, at
        if isinstance(current, ast.IfExp):
            waiting.append((current.test, at))
            waiting.append((current.body, _under(at, Branch(current, "if", current.test))))
            waiting.append((current.orelse, _under(at, Branch(current, "else", current.test))))
        elif isinstance(current, ast.BoolOp):
            waiting.append((current.values[0], at))
            later = _under(at, Branch(current, "later", current.values[0]))
            waiting += [(value, later) for value in current.values[1:]]
        else:
            waiting += [(child, at) for child in ast.iter_child_nodes(current)]


def _under(place: Place, branch: Branch) -> Place:
    return Place((*place.branches, branch), place.functions, place.loops)


def dotted(value: ast.AST) -> str:
    """``a.b.c``, or "" for an expression that is no plain name."""
    parts: list[str] = []
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    return ".".join(reversed([*parts, value.id])) if isinstance(value, ast.Name) else ""


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What the names that a program imports stand for: ``gr`` for ``gradio``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or first] = first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def resolved(value: ast.AST, imported: Mapping[str, str]) -> str:
    """The dotted name of an expression, its first part replaced by what was imported under it."""
    first, dot, rest = dotted(value).partition(".")
    return f"{imported.get(first, first)}{dot}{rest}"
