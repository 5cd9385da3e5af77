"""Paths that a module puts together, as far as they can be read without running it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

#: How deep an expression is followed: constants that are made of constants included.
_DEEPEST: Final = 30

#: Calls and methods that leave a path what it is.
_CLASSES: Final = frozenset({"Path", "PurePath", "PosixPath"})
_SAME: Final = _CLASSES | {
    "abspath",
    "realpath",
    "normpath",
    "fspath",
    "str",
    "resolve",
    "absolute",
    "as_posix",
}


class Paths:
    """Reads path expressions of one file.

    ``file`` is its absolute path in the image, ``cwd`` the directory that the app is started in.
    """

    def __init__(self, tree: ast.Module, file: str, cwd: str) -> None:
        self.file = file
        self.cwd = cwd
        self.constants = dict(_constants(tree))

    def absolute(self, node: ast.expr) -> str | None:
        """The image path that an expression stands for, or None where that is not known."""
        text = self.text(node)
        return None if text is None else posixpath.normpath(posixpath.join(self.cwd, text))

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """The path as the expression gives it: relative ones stay relative."""
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return self.file
            known = self.constants.get(node.id)
            return self.text(known, depth + 1) if known is not None else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            return self._combined(node, depth)
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node, depth)
        if isinstance(node, ast.Subscript):
            return self._parents(node, depth)
        if isinstance(node, ast.Attribute):
            inner = self.text(node.value, depth + 1) if node.attr == "parent" else None
            return posixpath.dirname(inner) if inner is not None else None
        return self._called(node, depth) if isinstance(node, ast.Call) else None

    def _combined(self, node: ast.BinOp, depth: int) -> str | None:
        left, right = self.text(node.left, depth + 1), self.text(node.right, depth + 1)
        if left is None or right is None:
            return None
        return left + right if isinstance(node.op, ast.Add) else posixpath.join(left, right)

    def _formatted(self, node: ast.JoinedStr, depth: int) -> str | None:
        parts = []
        for piece in node.values:
            is_plain = isinstance(piece, ast.FormattedValue) and piece.format_spec is None
            inner = piece.value if is_plain else piece  # type: ignore[attr-defined] # is_plain says what it is
            parts.append(self.text(inner, depth + 1))
        return "".join(part or "" for part in parts) if None not in parts else None

    def _parents(self, node: ast.Subscript, depth: int) -> str | None:
        """``Path(__file__).parents[1]``."""
        of, index = node.value, node.slice
        if not (isinstance(of, ast.Attribute) and of.attr == "parents" and isinstance(index, ast.Constant)):
            return None
        path = self.text(of.value, depth + 1)
        if path is None or not isinstance(index.value, int) or not 0 <= index.value < _DEEPEST:
            return None
        for _ in range(index.value + 1):
            path = posixpath.dirname(path)
        return path

    def _called(self, node: ast.Call, depth: int) -> str | None:
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        given = [self.text(argument, depth + 1) for argument in node.args]
        of = self.text(called.value, depth + 1) if isinstance(called, ast.Attribute) else None
        if name in ("getcwd", "cwd"):
            return self.cwd
        if name == "joinpath" and of is not None:
            given = [of, *given]
        elif not given and of is not None and name in _SAME:
            return of
        if not given or None in given or node.keywords:
            return None
        known = [path for path in given if path is not None]
        if name == "dirname":
            return posixpath.dirname(known[0])
        is_joined = name in ("join", "joinpath") or name in _CLASSES
        return posixpath.join(*known) if is_joined else known[0] if name in _SAME else None


def added_folders(tree: ast.Module, paths: Paths) -> Iterator[tuple[str | None, int]]:
    """Directories that a module puts into ``sys.path``, None where it computes one, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method, owner = node.func.attr, node.func.value
            if method == "addsitedir" and node.args:
                yield paths.absolute(node.args[0]), node.lineno
            elif method in ("insert", "append", "extend") and _is_sys_path(owner):
                given = node.args[-1] if node.args else None
                yield (paths.absolute(given) if given is not None else None), node.lineno
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(map(_is_sys_path, targets)):
                yield None, node.lineno


def _is_sys_path(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "path"
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    )


def _constants(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Names that the top level of a module assigns exactly once."""
    found: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
                twice.update({target.id} & found.keys())
                found[target.id] = node.value
    return {name: value for name, value in found.items() if name not in twice}
