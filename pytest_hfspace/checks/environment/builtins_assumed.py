"""7xx: does the app count on variables that the Hub does not set?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ...check import Finding, NotApplicable, Skip, check
from ...contract import NOT_INJECTED, Stage
from ...rehearsal.facts import Rehearsal, chain
from ...space import Space
from ...space.sources import Sources
from ..causes import NO_PROCESS
from ..serving import one_line, text_of

_SYSTEM: Final = "SYSTEM"
_CATCHES: Final = frozenset({"KeyError", "LookupError", "Exception", "BaseException"})


@check(
    "HFS709",
    "builtin-assumed",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="On the Space the app behaves as on a laptop, or an answer fails, unless somebody sets it.",
)
def builtin_assumed(space: Space, space_sources: Sources, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """SYSTEM, PORT, HF_TOKEN and HF_HOME are not counted on where nobody sets them.  [spaces-overview]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if not space_sources.app:
        raise Skip(space_sources.unknown or "the app's sources are not known")
    absent = _absent(space, space_rehearsal)
    for path in space_sources.app:
        text = text_of(space, path)
        names = {name for name in absent if name in text}
        if not names or path not in space_sources.trees:
            continue
        tree = space_sources.trees[path]
        if _SYSTEM in names:
            for line, text in compared_with_spaces(tree):
                yield Finding(
                    f"{one_line(text, 60)} is never true in a docker Space: only gradio has SYSTEM",
                    'test os.environ.get("SPACE_ID") instead: every Space has it',
                    path=path,
                    line=line,
                    consequence="The branch for the Space never runs there: the app behaves as on a laptop.",
                )
        for name, line in taken_without_default(tree, names):
            yield Finding(
                f'os.environ["{name}"] fails on the Space: the Hub does not set {name}, '
                "and neither does the repository",
                _how_to_do_without(name),
                path=path,
                line=line,
                consequence="What comes to this line ends with a KeyError, unless the owner has set it.",
            )


def _how_to_do_without(name: str) -> str:
    if name == "HF_TOKEN":
        return 'read os.environ.get("HF_TOKEN"), or name HF_TOKEN in .env.example as a secret to be set'
    return f'give it a default: os.environ.get("{name}", …), or set it by ENV in the Dockerfile'


def _absent(space: Space, rehearsal: Rehearsal) -> set[str]:
    """The names that neither the Hub nor anybody here sets, and of which no other check speaks."""
    names = {*NOT_INJECTED, *((_SYSTEM,) if space.sdk == "docker" else ())}
    names -= set(space.settings) | set(space.image.env if space.image else ())
    names -= set(space.command.env if space.command else ())
    names -= {read.name for read in rehearsal.reads if read.given}
    # HFS420, and HFS501 of a route whose answer failed for it
    names -= {stand_in.name for stand_in in rehearsal.stand_ins}
    texts = [raised.message for visit in rehearsal.visits for raised in chain(visit.raised)]
    return {name for name in names if not any(name in text for text in texts)}


# -- what the source says


def compared_with_spaces(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Comparisons of SYSTEM with "spaces", unless another variable decides as well."""
    nodes = list(ast.walk(tree))
    variables = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _reads_system(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    either = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
        for inner in ast.walk(node)
    }
    for node in nodes:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or id(node) in either:
            continue
        sides = [node.left, node.comparators[0]]
        is_system = any(_reads_system(side) or _is_one_of(side, variables) for side in sides)
        is_spaces = any(isinstance(side, ast.Constant) and side.value == "spaces" for side in sides)
        if is_system and is_spaces and isinstance(node.ops[0], ast.Eq):
            yield node.lineno, ast.unparse(node)


def _is_one_of(value: ast.expr, names: set[str]) -> bool:
    return isinstance(value, ast.Name) and value.id in names


def _reads_system(value: ast.expr) -> bool:
    """``os.environ.get("SYSTEM")``, ``os.getenv("SYSTEM", "")``; what has a default of "spaces" is none."""
    if not isinstance(value, ast.Call) or not value.args:
        return False
    function = ast.unparse(value.func)
    first, *rest = value.args
    is_read = function.endswith(("environ.get", "getenv"))
    is_true = any(isinstance(each, ast.Constant) and each.value == "spaces" for each in rest)
    return is_read and isinstance(first, ast.Constant) and first.value == _SYSTEM and not is_true


def taken_without_default(tree: ast.Module, names: set[str]) -> Iterator[tuple[str, int]]:
    """``os.environ["NAME"]`` inside a function, with nothing there that looks or catches.

    At the top of a module the start fails: that is not looked for here.
    """
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        nodes = list(_own(function))
        guarded = {id(inner) for node in nodes if _guards(node) for inner in ast.walk(node)}
        looked_at = _looked_at(function)
        for node in nodes:
            name = _subscripted(node)
            if name in names - looked_at and id(node) not in guarded:
                yield name, node.lineno  # type: ignore[attr-defined] # a subscript has a line


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, but not in those inside it."""
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            stack += ast.iter_child_nodes(node)


def _guards(node: ast.AST) -> bool:
    """A ``try`` that catches a KeyError, or a ``with`` that may."""
    if isinstance(node, ast.Try):
        caught = [handler.type for handler in node.handlers]
        return any(kind is None or any(name in ast.unparse(kind) for name in _CATCHES) for kind in caught)
    return isinstance(node, ast.With) and any("suppress" in ast.unparse(item) for item in node.items)


def _looked_at(function: ast.AST) -> set[str]:
    """The names that a function sets, or mentions elsewhere: it asks whether they are there."""
    subscripts = {
        id(node.slice)
        for node in ast.walk(function)
        if _subscripted(node) and isinstance(node, ast.Subscript)
    }
    stored = {_subscripted(node, ast.Store) for node in ast.walk(function) if isinstance(node, ast.Subscript)}
    texts = {
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in subscripts
    }
    return texts | stored


def _subscripted(node: ast.AST, context: type[ast.expr_context] = ast.Load) -> str:
    """NAME of ``os.environ["NAME"]`` that is read, or "" """
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, context):
        return ""
    is_environ = ast.unparse(node.value) in ("os.environ", "environ")
    key = node.slice
    return key.value if is_environ and isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
