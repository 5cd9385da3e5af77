"""Where a module uses names of libraries, and whether that happens while it is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from ...space import Space
from ...space.sources import Import, Sources
from ..imports import tree_of

Place = Literal["import", "function"]

_ROUTES: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "options", "head", "trace", "websocket", "api_route", "route"}
)

#: The body of one of these may be passed over.
_CONDITIONS: Final = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.Match, ast.IfExp, ast.ExceptHandler)


class Use(NamedTuple):
    """``name``: dotted, as the library has it ("sqlalchemy.create_engine").  ``call``: the call, where
    it is one.  ``place``: "import" where it happens while the module is imported, "function" where
    it happens in one, of which nobody knows whether it is called."""

    name: str
    line: int
    place: Place
    call: ast.Call | None = None


class Need(NamedTuple):
    """What a library imports only when it is asked.

    ``what``: what asks for it, as a sentence's beginning; ``by``: the library's name; ``any_of``: the
    distributions of which one is enough; ``says``: what the library says without them; ``write``: the
    requirement to write.  ``certain``: the start ends with it; else nobody knows when, or whether.
    """

    what: str
    by: str
    any_of: tuple[str, ...]
    says: str
    path: str
    line: int | None
    certain: bool
    write: str = ""


class Code(NamedTuple):
    """The app's files.  ``reached``: of each, whether it is loaded while the app starts."""

    space: Space
    sources: Sources
    reached: Mapping[str, bool]

    def tree(self, path: str) -> ast.Module:
        """A file's syntax tree.  Dear: ask of files that may have what is looked for."""
        return tree_of(self.space, self.sources, path)

    def naming(self, names: Collection[str]) -> Iterator[str]:
        """The files whose imports lead to one of these dotted names, and that have its last word."""
        starts = {name[:place] for name in names for place, sign in enumerate(name) if sign == "."}
        words = "|".join(sorted({re.escape(name.rpartition(".")[2]) for name in names}))
        has_word = re.compile(rf"\b(?:{words})\b".encode())
        for path in self.reached:
            imports = self.sources.imports.get(path)
            is_led = imports is None or any(_leads(each, names, starts) for each in imports)
            if is_led and has_word.search(self._text(path)):
                yield path

    def mentioning(self, pattern: re.Pattern[bytes]) -> Iterator[str]:
        """The files whose text matches."""
        return (path for path in self.reached if pattern.search(self._text(path)))

    def _text(self, path: str) -> bytes:
        try:
            return self.space.files.read(path)
        except OSError:
            return b""


def _leads(each: Import, names: Collection[str], starts: Collection[str]) -> bool:
    if not each.names:
        # "import a.b" binds a
        return each.module.partition(".")[0] in starts
    taken = [f"{each.module}.{name}" for name in each.names]
    return any(name in names or name in starts for name in taken)


def uses(tree: ast.Module, names: Collection[str]) -> Iterator[Use]:
    """Those of these dotted names that a module uses, and that no condition stands before.

    ``await request.form()`` is the name "request.form", whatever ``request`` is.
    """
    bound = _bound(tree)
    roots = {name.partition(".")[0] for name in names}
    if not roots & {"request", *(name.partition(".")[0] for name in bound.values())}:
        return
    stack: list[tuple[ast.AST, Place]] = [(node, "import") for node in reversed(tree.body)]
    while stack:
        node, place = stack.pop()
        if isinstance(node, ast.Call):
            name = _dotted(node.func, bound)
            if name in names:
                yield Use(name, node.lineno, place, node)
            arguments: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
            below: Iterable[ast.AST] = arguments if name in names else [node.func, *arguments]
            stack += [(each, place) for each in below]
            continue
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = _dotted(node, bound)
            if name in names:
                yield Use(name, node.lineno, place)
                continue
        stack.extend(reversed([*_below(node, place)]))


def _below(node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, Place]]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        shown = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        if any(map(_is_route, node.decorator_list)):
            # a framework looks at them when the route is registered
            shown += [each.annotation for each in _arguments(node.args) if each.annotation]
            shown += [node.returns] if node.returns else []
        yield from ((each, place) for each in shown)
        yield from ((each, "function") for each in node.body)
    elif isinstance(node, ast.Lambda):
        yield node.body, "function"
    elif not isinstance(node, _CONDITIONS):
        yield from ((each, place) for each in ast.iter_child_nodes(node))


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _is_route(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in _ROUTES


def _bound(tree: ast.Module) -> dict[str, str]:
    """The names that imports bind anywhere in a module, and what they stand for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def _dotted(node: ast.expr, bound: dict[str, str]) -> str:
    """The dotted name of an expression, by what its first name is bound to; "" for what is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    first = bound.get(node.id) or (node.id if node.id == "request" else "")
    return ".".join([first, *reversed(parts)]) if first else ""
