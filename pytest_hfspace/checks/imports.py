"""What the app imports and cannot do without, and whether that is sure to be reached."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from ..quiet import quiet
from ..rehearsal.facts import Rehearsal
from ..space import Space
from ..space.sources import Import, Sources
from .modules import NAMESPACES

#: Larger sources are data; to read them would cost more than it tells.
_LONGEST_SOURCE: Final = 2_000_000

#: Functions that people call from a terminal, and the server does not.
_FOR_TERMINALS: Final = frozenset({"main", "cli", "run", "serve", "start", "dev", "debug", "shell"})

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_STRAIGHT: Final = (*_FUNCTIONS, ast.ClassDef, ast.With, ast.AsyncWith, ast.Try)


class Wanted(NamedTuple):
    """An import whose failure nothing catches.  ``module``: dotted, with the name that is taken of a
    namespace package.  ``certain``: it is executed while the app starts; else in a function, or in
    a file that only a function imports.  ``deferred``: in a function, or under a condition."""

    module: str
    path: str
    line: int
    certain: bool
    deferred: bool = False

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]


def app_files(space: Space, sources: Sources, rehearsal: Rehearsal) -> dict[str, bool]:
    """The files that matter, and of each whether it is loaded while the app starts."""
    is_known = rehearsal.served and rehearsal.imported
    reached = frozenset(rehearsal.imported) if is_known else sources.certain
    likely = _likely_files(space, sources, reached)
    paths = dict.fromkeys([*sources.app, *rehearsal.imported])
    return {path: path in reached for path in paths if path in reached or path in likely}


def wanted_imports(space: Space, sources: Sources, files: Mapping[str, bool]) -> list[Wanted]:
    """What these files import.  Those that are certain come first."""
    found = []
    for path, reached in files.items():
        for each in _of_file(space, sources, path):
            if not each.optional:
                certain = reached and not each.deferred
                found += [Wanted(name, path, each.line, certain, each.deferred) for name in _names(each)]
    return sorted(found, key=lambda wanted: not wanted.certain)


def is_likely(space: Space, sources: Sources, each: Wanted | Import) -> bool:
    """Is it executed whenever its function is called?  Reads the source, so ask last."""
    return not each.deferred or is_straight(tree_of(space, sources, each.path), each.line)


def _names(each: Import) -> list[str]:
    if each.module.startswith("."):
        return []
    if each.names and each.module.partition(".")[0] in NAMESPACES and each.module.count(".") < 2:
        return [f"{each.module}.{name}" for name in each.names if name != "*"]
    return [each.module]


def _of_file(space: Space, sources: Sources, path: str) -> tuple[Import, ...]:
    if path in sources.imports:
        return sources.imports[path]
    return tuple(_top_level(tree_of(space, sources, path), path))


def _top_level(tree: ast.Module, path: str) -> Iterator[Import]:
    """Of a file that was loaded though nothing tells what imports it: its plain statements."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, path, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield Import(node.module, path, node.lineno, tuple(alias.name for alias in node.names))


def tree_of(space: Space, sources: Sources, path: str) -> ast.Module:
    """A file's syntax tree; an empty one where it cannot be read."""
    if path in sources.trees:
        return sources.trees[path]
    try:
        source = space.files.read(path)
    except OSError:
        return ast.Module([], [])
    return _parsed(source)


@lru_cache(maxsize=16)
def _parsed(source: bytes) -> ast.Module:
    try:
        if len(source) <= _LONGEST_SOURCE:
            with quiet():
                return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return ast.Module([], [])


def _likely_files(space: Space, sources: Sources, reached: frozenset[str]) -> frozenset[str]:
    """Files that functions of the app import without a condition, and what those files import."""
    by_name: dict[str, list[str]] = {}
    for path in sources.app:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            by_name.setdefault(".".join(parts[start:]), []).append(path)
    likely: set[str] = set()
    waiting = [path for path in sources.app if path in reached]
    if len(waiting) == len(sources.app):
        return frozenset()
    while waiting:
        path = waiting.pop()
        for each in sources.imports.get(path, ()):
            names = [] if each.optional else _loaded(each)
            found = {other for name in names for other in by_name.get(name, ())} - reached - likely
            if found and is_likely(space, sources, each):
                likely |= found
                waiting += found
    return frozenset(likely)


def _loaded(each: Import) -> Iterator[str]:
    """The modules that an import may load: packages above it, and what is taken of it."""
    parts = each.module.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    yield from (f"{each.module}.{name}" for name in each.names)


def is_straight(tree: ast.Module, line: int) -> bool:
    """Is what stands on a line executed whenever its function is called, and is that function one
    that a server may call?"""
    node: ast.AST | None = tree
    inside = tree.body
    while node is not None:
        node = next(
            (each for each in inside if each.lineno <= line <= (each.end_lineno or each.lineno)), None
        )
        if node is None or isinstance(node, (ast.Import, ast.ImportFrom)):
            return node is not None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_for_terminals(node):
            return False
        if not isinstance(node, _STRAIGHT) or isinstance(node, ast.Lambda):
            is_plain = isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return))
            return is_plain and not _under_condition(node, line)
        inside = [*node.body, *node.finalbody, *node.orelse] if isinstance(node, ast.Try) else node.body
    return False


def _under_condition(statement: ast.AST, line: int) -> bool:
    """Is a module imported on this line only if a part of the same expression says so?"""
    conditional: list[ast.AST] = []
    for node in ast.walk(statement):
        if isinstance(node, ast.IfExp):
            conditional += [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            conditional += node.values[1:]
    return any(
        isinstance(node, ast.Call)
        and node.lineno == line
        and _name(node.func) in ("import_module", "__import__")
        for part in conditional
        for node in ast.walk(part)
    )


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def _is_for_terminals(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    commands = (getattr(getattr(each, "func", each), "attr", "") for each in node.decorator_list)
    return node.name in _FOR_TERMINALS or node.name.startswith("test") or "command" in commands
