"""Defaults that Python code gives to variables of the environment, read without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..quiet import quiet

#: No source written by hand is longer, and parsing takes a second per megabyte.
LONGEST = 1_000_000

_WORTH_PARSING = re.compile(r"environ|getenv|\bconfig\(|\benv\b|Settings")
_GETTERS = frozenset({"get", "setdefault", "pop"})
_SECRET_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret"})
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class Default(NamedTuple):
    """A variable that code gives a literal text, on a line from 1.

    ``secret``: by its type.  ``compared``: the same file compares something with that text, as
    code does that refuses to start with it.  ``field``: a settings class's field, "" for a call.
    """

    name: str
    value: str
    line: int
    secret: bool = False
    compared: bool = False
    field: str = ""


def read_defaults(text: str) -> tuple[Default, ...]:
    """Every non-empty literal default of a source text, in its order; none where it is no Python.

    Understood are ``os.getenv``, ``os.environ.get`` and ``setdefault``, ``… or "literal"``,
    ``config()`` of decouple and Starlette, ``env()`` and ``env.str()`` of environs, the fields of
    pydantic's settings classes, ``if not NAME: NAME = "literal"``, and in place of a literal a
    constant of the same source.
    """
    if len(text) > LONGEST or not _WORTH_PARSING.search(text):
        return ()
    try:
        with quiet():
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    nodes = list(ast.walk(tree))
    environs = _environs(nodes)
    classes = _settings_classes(nodes)
    compared = _compared(nodes)
    constants = _constants(tree)
    variables = _variables(nodes, environs)
    found: dict[tuple[str, int, str], Default] = {}
    for node in nodes:
        for name, value, secret, field in (*_of_node(node, environs, classes), *_of_if(node, variables)):
            literal = _literal(constants.get(value.id, value) if isinstance(value, ast.Name) else value)
            if literal:
                key = (name, value.lineno, literal)
                is_compared = literal in compared or (isinstance(value, ast.Name) and value.id in compared)
                found[key] = Default(name, literal, value.lineno, secret, is_compared, field)
    return tuple(sorted(found.values(), key=lambda default: default.line))


_Found = tuple[str, ast.expr, bool, str]


def _of_node(node: ast.AST, environs: set[str], classes: set[str]) -> Iterator[_Found]:
    if isinstance(node, ast.Call):
        name, default = _reading(node, environs)
        if name and default is not None:
            yield name, default, _is_secret_call(default), ""
    elif (
        isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(node.values[0], ast.Call)
    ):
        name, _ = _reading(node.values[0], environs)
        if name:
            yield from ((name, value, False, "") for value in node.values[1:])
    elif isinstance(node, ast.ClassDef) and node.name in classes:
        for statement in node.body:
            yield from _field(statement)


def _of_if(node: ast.AST, variables: dict[str, str]) -> Iterator[_Found]:
    """``if not KEY: KEY = "literal"``, where KEY was read from a variable."""
    tested = _lacking(node.test) if isinstance(node, ast.If) else ""
    if isinstance(node, ast.If) and tested in variables:
        for statement in node.body:
            if isinstance(statement, ast.Assign) and [_dotted(each) for each in statement.targets] == [
                tested
            ]:
                yield variables[tested], statement.value, False, ""


def _lacking(test: ast.expr) -> str:
    """The name that is asked whether it has no value, in ``not NAME`` or ``NAME is None``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _dotted(test.operand)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is) and len(test.ops) == 1:
        other = test.comparators[0]
        return _dotted(test.left) if isinstance(other, ast.Constant) and other.value is None else ""
    return ""


def _variables(nodes: list[ast.AST], environs: set[str]) -> dict[str, str]:
    """By the name that gets it, the variable of the environment that is read."""
    return {
        _dotted(node.targets[0]): name
        for node in nodes
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.Call)
        for name, _ in [_reading(node.value, environs)]
        if name and _dotted(node.targets[0])
    }


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What the module gives a name of capitals, where it gives it nothing else."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and _VARIABLE.fullmatch(target.id.lstrip("_")):
                    given.setdefault(target.id, []).append(node.value)
    return {name: values[0] for name, values in given.items() if len(values) == 1}


def _reading(call: ast.Call, environs: set[str]) -> tuple[str, ast.expr | None]:
    """The variable that a call reads, and its default; "" for any other call."""
    function = _dotted(call.func)
    owner, _, method = function.rpartition(".")
    if not (
        (owner in environs and method in _GETTERS)
        or function in ("os.getenv", "getenv")
        or function in ("config", "env", "env.str")
    ):
        return "", None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    name = call.args[0] if call.args else keywords.get("key")
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return "", None
    # any function can be called config or env: only the spelling of a variable tells
    if owner not in environs and "getenv" not in function and not _VARIABLE.fullmatch(name.value):
        return "", None
    return name.value, call.args[1] if len(call.args) > 1 else keywords.get("default")


def _field(statement: ast.stmt) -> Iterator[_Found]:
    """One field of a settings class."""
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        return
    types = _names(statement.annotation)
    value: ast.expr | None = statement.value
    if value is None or "ClassVar" in types:
        return
    field, name = statement.target.id, ""
    if isinstance(value, ast.Call) and _dotted(value.func).rpartition(".")[2] == "Field":
        keywords = {keyword.arg: keyword.value for keyword in value.keywords}
        name = next(
            (text for key in ("validation_alias", "alias", "env") if (text := _alias(keywords.get(key)))), ""
        )
        value = value.args[0] if value.args else keywords.get("default")
    if value is not None:
        secret = not _SECRET_TYPES.isdisjoint(types) or _is_secret_call(value)
        yield (name or field).upper(), value, secret, field


def _alias(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call) and value.args:  # AliasChoices("A", "B")
        value = value.args[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _literal(value: ast.expr) -> str:
    """The text of ``"text"`` or ``SecretStr("text")``, "" for what is computed."""
    if _is_secret_call(value) and isinstance(value, ast.Call) and value.args:
        value = value.args[0]
    if not isinstance(value, ast.Constant):
        return ""
    held = value.value.decode("latin-1") if isinstance(value.value, bytes) else value.value
    return held.strip() if isinstance(held, str) else ""


def _is_secret_call(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and _dotted(value.func).rpartition(".")[2] in _SECRET_TYPES


def _environs(nodes: list[ast.AST]) -> set[str]:
    """The names by which a source calls ``os.environ``."""
    names = {"os.environ", "environ"}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names |= {alias.asname for alias in node.names if alias.name == "environ" and alias.asname}
        elif isinstance(node, ast.Assign) and _dotted(node.value) == "os.environ":
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _settings_classes(nodes: list[ast.AST]) -> set[str]:
    """The classes of a source that derive from a ``BaseSettings``, however many steps away."""
    bases = {
        node.name: {_dotted(base).rpartition(".")[2] for base in node.bases}
        for node in nodes
        if isinstance(node, ast.ClassDef)
    }
    found: set[str] = set()
    while True:
        more = {
            name
            for name, above in bases.items()
            if name not in found and any(base.endswith("BaseSettings") or base in found for base in above)
        }
        if not more:
            return found
        found |= more


def _compared(nodes: list[ast.AST]) -> set[str]:
    """Every text that a source compares something with, and every constant by its name."""
    inside = [inner for node in nodes if isinstance(node, ast.Compare) for inner in ast.walk(node)]
    texts = {
        each.value.strip()
        for each in inside
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    return texts | {each.id for each in inside if isinstance(each, ast.Name)}


def _names(annotation: ast.expr) -> set[str]:
    """The last parts of every name in an annotation."""
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(annotation) if isinstance(node, ast.Attribute)}


def _dotted(value: ast.expr) -> str:
    """``a.b.c``, or "" for an expression that is no plain name."""
    parts: list[str] = []
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    return ".".join(reversed([*parts, value.id])) if isinstance(value, ast.Name) else ""
