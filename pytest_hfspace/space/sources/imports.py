"""The imports of one syntax tree, with what is known of whether they are reached."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

_IMPORT_ERRORS: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_EXITS: Final = frozenset({"exit", "quit", "_exit", "abort", "fail"})

#: Names in the test of a branch that depends on what the platform has.
_PLATFORM: Final = frozenset(
    {"platform", "system", "machine", "name", "version_info", "implementation", "find_spec", "modules"}
)
_SERVERS: Final = frozenset({"run", "Config", "Granian", "serve"})
_PROGRAMS: Final = frozenset({"uvicorn", "gunicorn", "hypercorn", "granian"})
#: What a line has on which a module may be named.
_TELLING: Final = re.compile(rb"import|run|Config|Granian|serve|uvicorn|gunicorn|hypercorn|granian")
_TARGET: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*:[A-Za-z_][\w.]*(?:\(\))?")
_MODULE: Final = re.compile(r"\.*[A-Za-z_]\w*(?:\.\w+)*")


class Module(NamedTuple):
    """Under which name a file is loaded.  ``is_package``: it is an ``__init__.py``; ``is_main``:
    it is the program that is run, so that its ``__name__`` is "__main__"."""

    name: str
    is_package: bool = False
    is_main: bool = False

    @property
    def package(self) -> str:
        """What relative imports are relative to; "" where there is nothing."""
        if self.is_package:
            return self.name
        return self.name.rpartition(".")[0]


class Seen(NamedTuple):
    """An import statement or call; ``module`` keeps its dots where nothing says to what they refer.
    ``computed``: the module is not known before the code runs."""

    module: str
    line: int
    names: tuple[str, ...] = ()
    deferred: bool = False
    optional: bool = False
    computed: bool = False


class _Under(NamedTuple):
    """What is known of the block that a statement stands in."""

    deferred: bool = False
    optional: bool = False


def imports_of(tree: ast.Module, source: bytes, module: Module) -> Iterator[Seen]:
    """All of them, in the order of the source.  What type checkers alone see is left out."""
    lines = [*_telling_lines(source)]
    # a stack instead of recursion: the tree may be deeper than Python's
    stack: list[tuple[ast.AST, _Under]] = [(node, _Under()) for node in reversed(tree.body)]
    while stack:
        node, under = stack.pop()
        if _spans(node, lines):
            yield from _seen(node, module, under)
            stack.extend(reversed([*_below(node, under, module)]))


def _telling_lines(source: bytes) -> Iterator[int]:
    """The numbers of the lines that may have an import on them."""
    number, before = 1, 0
    source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for match in _TELLING.finditer(source):
        number += source.count(b"\n", before, match.start())
        before = match.start()
        yield number


def _spans(node: ast.AST, lines: list[int]) -> bool:
    """Does it stand on one of these lines?  Most of a source does not, and is passed over."""
    first = getattr(node, "lineno", None)
    if first is None:
        return True
    for decorator in getattr(node, "decorator_list", ()):
        first = min(first, decorator.lineno)
    place = bisect_left(lines, first)
    return place < len(lines) and lines[place] <= (node.end_lineno or first)  # type: ignore[attr-defined] # comes with lineno


def _below(node: ast.AST, under: _Under, module: Module) -> Iterator[tuple[ast.AST, _Under]]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _all([*node.decorator_list, node.args], under)
        yield from _all(node.body, under._replace(deferred=True))
    elif isinstance(node, ast.Lambda):
        yield from _all([node.body], under._replace(deferred=True))
    elif isinstance(node, (ast.If, ast.IfExp)):
        yield from _all([node.test], under)
        yield from _branches(node, under, module)
    elif isinstance(node, ast.BoolOp):
        yield from _operands(node, under, module)
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.Match)):
        yield from _all(ast.iter_child_nodes(node), under._replace(deferred=True))
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield from _all(node.items, under)
        inside = under._replace(optional=True) if any(map(_suppresses, node.items)) else under
        yield from _all(node.body, inside)
    elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        yield from _tried(node, under)
    else:
        yield from _all(ast.iter_child_nodes(node), under)


def _all(nodes: Iterable[ast.AST], under: _Under) -> Iterator[tuple[ast.AST, _Under]]:
    return ((node, under) for node in nodes)


# -- branches


def _branches(node: ast.If | ast.IfExp, under: _Under, module: Module) -> Iterator[tuple[ast.AST, _Under]]:
    body, orelse = _listed(node.body), _listed(node.orelse)
    is_taken = _is_taken(node.test, module)
    if is_taken is not None:
        yield from _all(body if is_taken else orelse, under)
        return
    yield from _all([*body, *orelse], _under_condition(node.test, under))


def _listed(branch: list[ast.stmt] | ast.expr) -> Sequence[ast.AST]:
    return branch if isinstance(branch, list) else [branch]


def _operands(node: ast.BoolOp, under: _Under, module: Module) -> Iterator[tuple[ast.AST, _Under]]:
    """``a and b``: whether a later operand is looked at depends on those before."""
    goes_on = isinstance(node.op, ast.And)
    for operand in node.values:
        yield operand, under
        truth = _is_taken(operand, module)
        if truth is None:
            under = _under_condition(operand, under)
        elif truth != goes_on:
            return


def _under_condition(test: ast.expr, under: _Under) -> _Under:
    words = {_last_name(child) for child in ast.walk(test)}
    return under._replace(optional=True) if words & _PLATFORM else under._replace(deferred=True)


def _is_taken(test: ast.expr, module: Module) -> bool | None:
    """Is this branch taken when the app starts?  None where nobody knows."""
    negated = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, not negated
    value = _truth(test, module)
    return value if value is None else value != negated


def _truth(test: ast.expr, module: Module) -> bool | None:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if _last_name(test) == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = (test.left, test.comparators[0])
        names = {_last_name(side) for side in sides}
        texts = {side.value for side in sides if isinstance(side, ast.Constant)}
        if names & {"__name__"} and "__main__" in texts:
            return module.is_main
    return None


def _tried(node: ast.AST, under: _Under) -> Iterator[tuple[ast.AST, _Under]]:
    handlers: list[ast.ExceptHandler] = getattr(node, "handlers", [])
    goes_on = any(_catches_import(handler) and not _gives_up(handler) for handler in handlers)
    if under.deferred:
        # a function that says what to install is one that the app is meant to do without
        goes_on |= any(_names_import(handler) for handler in handlers)
    inside = under._replace(optional=True) if goes_on else under
    yield from _all(getattr(node, "body", []), inside)
    for handler in handlers:
        yield from _all(handler.body, under._replace(optional=True))
    yield from _all(getattr(node, "orelse", []), inside)
    yield from _all(getattr(node, "finalbody", []), under)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    # a name of the project's own may stand for any of them
    return any(
        _last_name(kind) in _IMPORT_ERRORS or isinstance(kind, ast.Starred) for kind in _caught(handler)
    )


def _names_import(handler: ast.ExceptHandler) -> bool:
    """Is it there for imports, and not for whatever a request may raise?"""
    return any(_last_name(kind) in ("ImportError", "ModuleNotFoundError") for kind in _caught(handler))


def _caught(handler: ast.ExceptHandler) -> list[ast.expr]:
    if handler.type is None:
        return []
    return handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]


def _gives_up(handler: ast.ExceptHandler) -> bool:
    """Does it end the import whatever happens?"""
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    is_call = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
    return is_call and _last_name(last.value.func) in _EXITS  # type: ignore[attr-defined] # is_call says what it is


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call):
        return False
    name = _last_name(call.func)
    if name == "suppress":
        return any(_last_name(kind) in _IMPORT_ERRORS for kind in call.args)
    return "import" in name


def _last_name(node: ast.AST) -> str:
    """``c`` of ``a.b.c``."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


# -- statements and calls


def _seen(node: ast.AST, module: Module, under: _Under) -> Iterator[Seen]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Seen(alias.name, node.lineno, (), under.deferred, under.optional)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        origin = _absolute(node.module or "", node.level, module)
        yield Seen(origin, node.lineno, names, under.deferred, under.optional)
    elif isinstance(node, ast.Call):
        yield from _called(node, module, under)
    elif isinstance(node, (ast.List, ast.Tuple)):
        words = [item.value for item in node.elts if isinstance(item, ast.Constant)]
        if _PROGRAMS.intersection(word for word in words if isinstance(word, str)):
            # a program of its own: the app goes on without it
            yield from (Seen(name, node.lineno, (), True, True) for name in map(_target, words) if name)  # noqa: FBT003 - deferred, optional


def _absolute(name: str, level: int, module: Module) -> str:
    if level == 0:
        return name
    parts = module.package.split(".") if module.package else []
    if level > len(parts):
        return "." * level + name
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [name])])


def _called(node: ast.Call, module: Module, under: _Under) -> Iterator[Seen]:
    called = _last_name(node.func)
    given = node.args[0] if node.args else _keyword(node, "name") or _keyword(node, "app")
    if called in _SERVERS:
        target = _target(given.value) if isinstance(given, ast.Constant) else ""
        if target:
            yield Seen(target, node.lineno, (), under.deferred, under.optional)
    elif called in ("import_module", "__import__") and given is not None:
        text = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""
        if not _MODULE.fullmatch(text):
            yield Seen("", node.lineno, (), under.deferred, under.optional, computed=True)
            return
        name = text.lstrip(".")
        origin = _absolute(name, len(text) - len(name), _anchor(node, module))
        yield Seen(origin, node.lineno, (), under.deferred, under.optional)


def _anchor(node: ast.Call, module: Module) -> Module:
    """What ``import_module`` is told to start from: ``package="name"``, ``__package__`` or ``__name__``."""
    given = node.args[1] if len(node.args) > 1 else _keyword(node, "package")
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return Module(given.value, is_package=True)
    return Module(module.name, is_package=True) if given and _last_name(given) == "__name__" else module


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _target(value: object) -> str:
    """The module of "module:attribute", or ""."""
    return value.partition(":")[0] if isinstance(value, str) and _TARGET.fullmatch(value) else ""
