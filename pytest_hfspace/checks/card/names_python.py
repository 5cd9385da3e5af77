"""Reads from the syntax tree of a program which variables and secrets it sets on a Space."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from ...quiet import quiet
from .code import Place, places
from .names import DELETING, MOST_SETTINGS, Kind, Script, Setting

_ADDING: Final[Mapping[str, Kind]] = {"add_space_variable": "variable", "add_space_secret": "secret"}
_LISTING: Final[Mapping[str, Kind]] = {"space_variables": "variable", "space_secrets": "secret"}
_DUPLICATING: Final[Mapping[str, Kind]] = {"variables": "variable", "secrets": "secret"}

#: Names, each with its value where that is written beside it.
_Pairs = list[tuple[str, "ast.expr | None"]]


def read_program(path: str, text: str) -> Script:
    """Calls with names that are written out, or that a loop takes from a list that is."""
    try:
        with quiet():
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Script(path)
    return _Program(path, tree).read()


class _Program:
    """Looks for the calls of the Hub's client in one program."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.tree = tree
        self.constants = _assigned_once(tree)
        self.settings: list[Setting] = []
        self.deleted: set[str] = set()
        self.clears = False
        self.calls = 0
        self.loops: dict[tuple[ast.AST, str], _Pairs] = {}

    def read(self) -> Script:
        for node, place in places(self.tree):
            if isinstance(node, ast.Call) and self.calls < MOST_SETTINGS:
                self._call(node, place)
        return Script(self.path, tuple(self.settings[:MOST_SETTINGS]), frozenset(self.deleted), self.clears)

    def _call(self, call: ast.Call, place: Place) -> None:
        name = _called(call)
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        self.calls += name in _ADDING or name in DELETING
        if name in _ADDING:
            value = _argument(call, keywords, 2, "value")
            for key, given in self._names(_argument(call, keywords, 1, "key"), place):
                self._add(key, _ADDING[name], call, place, given or value)
        elif name in DELETING:
            keys = [key for key, _ in self._names(_argument(call, keywords, 1, "key"), place)]
            self.deleted.update(keys)
            self.clears = self.clears or not keys
        else:
            known = {**_LISTING, **(_DUPLICATING if name == "duplicate_space" else {})}
            self.calls += not known.keys().isdisjoint(keywords)
            for keyword in known.keys() & keywords.keys():
                for key, given in self._entries(keywords[keyword]):
                    self._add(key, known[keyword], call, place, given)

    def _add(self, key: str, kind: Kind, call: ast.Call, place: Place, value: ast.expr | None) -> None:
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        position = 1 if _called(call).startswith("duplicate") else 0
        target = next((keywords[name] for name in ("repo_id", "to_id") if name in keywords), None)
        if target is None:
            target = _argument(call, keywords, position, "repo_id")
        literal = self._text(target)
        written = literal or _written(target)
        given = self._text(value)
        self.settings.append(
            Setting(key, kind, self.path, call.lineno, written, literal is not None, given, place)
        )

    def _names(self, key: ast.expr | None, place: Place) -> _Pairs:
        """The names that an argument stands for; those of a loop over names that are written out."""
        text = self._text(key)
        if text is not None:
            return [(text, None)]
        if not isinstance(key, ast.Name):
            return []
        for loop in reversed(place.loops):
            if (loop, key.id) not in self.loops:
                self.loops[loop, key.id] = self._looped(loop, key.id)
            pairs = self.loops[loop, key.id]
            if pairs:
                return [] if _is_chosen(place, key.id) else pairs
        return []

    def _looped(self, loop: ast.For | ast.AsyncFor, name: str) -> _Pairs:
        target, over = loop.target, loop.iter
        first = target.elts[0] if isinstance(target, (ast.Tuple, ast.List)) and target.elts else target
        if not isinstance(first, ast.Name) or first.id != name:
            return []
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute):
            if over.func.attr not in ("items", "keys"):
                return []
            over = over.func.value
        return self._pairs(self._known(over))

    def _pairs(self, value: ast.expr | None) -> _Pairs:
        keyed: list[tuple[ast.expr | None, ast.expr | None]]
        if isinstance(value, ast.Dict):
            keyed = [(key, entry) for key, entry in zip(value.keys, value.values, strict=True)]
        elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            keyed = [_first_two(entry) for entry in value.elts]
        else:
            return []
        named = [(self._text(key), entry) for key, entry in keyed[:MOST_SETTINGS]]
        return [(name, entry) for name, entry in named if name is not None]

    def _entries(self, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
        """Of ``[{"key": "NAME", "value": "text"}]``."""
        known = self._known(value)
        for entry in known.elts[:MOST_SETTINGS] if isinstance(known, (ast.List, ast.Tuple)) else ():
            if isinstance(entry, ast.Dict):
                fields = {self._text(key): item for key, item in zip(entry.keys, entry.values, strict=True)}
                name = self._text(fields.get("key"))
                if name is not None:
                    yield name, fields.get("value")

    def _known(self, value: ast.expr | None) -> ast.expr | None:
        return self.constants.get(value.id) if isinstance(value, ast.Name) else value

    def _text(self, value: ast.expr | None) -> str | None:
        known = self._known(value)
        return known.value if isinstance(known, ast.Constant) and isinstance(known.value, str) else None


def _called(call: ast.Call) -> str:
    """The bare name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else str(getattr(function, "id", ""))


def _written(value: ast.expr | None) -> str:
    """An expression as text, the same for the same expression."""
    try:
        return ast.unparse(value)[:200] if value is not None else ""
    except RecursionError:
        return f"line {value.lineno}" if value is not None else ""


def _argument(call: ast.Call, keywords: Mapping[str, ast.expr], position: int, name: str) -> ast.expr | None:
    if any(isinstance(argument, ast.Starred) for argument in call.args[: position + 1]):
        return None
    return call.args[position] if len(call.args) > position else keywords.get(name)


def _first_two(entry: ast.expr) -> tuple[ast.expr, ast.expr | None]:
    if isinstance(entry, (ast.Tuple, ast.List)) and entry.elts:
        return entry.elts[0], entry.elts[1] if len(entry.elts) > 1 else None
    return entry, None


def _is_chosen(place: Place, name: str) -> bool:
    """Does a condition pick among the names of a loop?  (Whether a value is there, does not.)"""
    for branch in place.branches:
        words = {
            getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(branch.test or ast.Pass())
        }
        if name in words and words.isdisjoint({"environ", "getenv"}):
            return True
    return False


def _assigned_once(tree: ast.Module) -> dict[str, ast.expr]:
    """The values of names that a program gives one value only."""
    values: dict[str, ast.expr] = {}
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            values.update({target.id: node.value for target in targets if isinstance(target, ast.Name)})
    return {name: value for name, value in values.items() if bound[name] == 1}
