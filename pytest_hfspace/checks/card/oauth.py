"""What an app's own files do with the Hub's sign-in, seen in their syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ...contract import OAUTH_ENVIRONMENT
from ...space import Space
from ...space.sources import Sources
from ..serving import text_of
from .code import Branch, dotted, imported_names, places, resolved

#: Without the Hub's variables these raise while the app starts.  [huggingface_hub and gradio, ``oauth``]
_RAISING: Final = {
    "huggingface_hub.attach_huggingface_oauth": "attach_huggingface_oauth()",
    "gradio.LoginButton": "gr.LoginButton()",
}
#: These only ever see nobody signed in.
_IDLE: Final = {
    "huggingface_hub.parse_huggingface_oauth": "parse_huggingface_oauth()",
    "gradio.OAuthProfile": "gr.OAuthProfile",
    "gradio.OAuthToken": "gr.OAuthToken",
}
_PROVIDER: Final = "OPENID_PROVIDER_URL"
_CLUES: Final = re.compile(rf"huggingface_oauth|LoginButton|OAuthProfile|OAuthToken|{_PROVIDER}")
#: Names, but those that a definition gives.
_MENTIONS: Final = re.compile(r"(?<!def )\b[^\W\d]\w*")
#: Set on every Space: what stands under such a condition is run there.  [spaces-overview]
_ON_SPACES: Final = frozenset({"SPACE_ID", "SPACE_HOST", "SPACE_AUTHOR_NAME", "SPACE_REPO_NAME"})


class Use(NamedTuple):
    """``name``: as a message shows it.  ``raises``: the app does not start without the variables.

    ``guarded``: under a condition that may be what makes the sign-in optional.
    """

    name: str
    path: str
    line: int
    raises: bool
    guarded: bool


def oauth_uses(space: Space, sources: Sources) -> tuple[Use, ...]:
    """What needs the Hub's sign-in, in the order of the app's files."""
    texts = {path: text_of(space, path) for path in sources.app}
    if not any(map(_CLUES.search, texts.values())):
        return ()
    mentioned = frozenset(name for text in texts.values() for name in _MENTIONS.findall(text))
    found: list[Use] = []
    for path in sources.app:
        tree = sources.trees.get(path) if _CLUES.search(texts[path]) else None
        if tree is None:
            continue
        is_program = space.command is not None and space.command.script == path
        is_certain = path in sources.certain or not sources.certain
        uses = sorted(_uses(tree, path, mentioned, is_program=is_program), key=lambda use: use.line)
        found += [use if is_certain else use._replace(guarded=True) for use in uses]
    return tuple(found)


def _uses(tree: ast.Module, path: str, mentioned: frozenset[str], *, is_program: bool) -> Iterator[Use]:
    imported = imported_names(tree)
    has_provider = any(_PROVIDER in _variable(node)[0] for node in ast.walk(tree))
    for node, place in places(tree):
        name, raises = _need(node, imported, has_provider=has_provider)
        if not name or not all(_is_live(function, mentioned) for function in place.functions):
            continue
        guarded = not all(_is_on_spaces(branch, is_program=is_program) for branch in place.branches)
        # a variable that is read in a function is missed when that is called, which may be never
        at_once = raises and not (name in OAUTH_ENVIRONMENT and place.functions)
        yield Use(name, path, getattr(node, "lineno", 1), at_once, guarded)


def _need(node: ast.AST, imported: Mapping[str, str], *, has_provider: bool) -> tuple[str, bool]:
    """What a node needs the sign-in for, and whether it raises without; "" if it does not."""
    if isinstance(node, ast.Call):
        called = _public(resolved(node.func, imported))
        if called in _RAISING or called == "huggingface_hub.parse_huggingface_oauth":
            return (_RAISING.get(called) or _IDLE[called]), called in _RAISING
    elif isinstance(node, ast.arg) and node.annotation is not None:
        # one that may be None is told apart from a visitor who has not signed in by the app itself
        return _IDLE.get(_public(resolved(node.annotation, imported)), ""), False
    elif isinstance(node, ast.Subscript) and has_provider:
        name, is_plain = _variable(node)
        if name in OAUTH_ENVIRONMENT and is_plain:
            return name, True
    return "", False


def _public(name: str) -> str:
    """``gradio.components.LoginButton`` is ``gradio.LoginButton``."""
    package, _, rest = name.partition(".")
    return f"{package}.{rest.rpartition('.')[2]}" if rest else name


def _variable(node: ast.AST) -> tuple[str, bool]:
    """The variable of the environment that a node reads, and whether it must be there."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        is_read = isinstance(node.ctx, ast.Load) and dotted(node.value) in ("os.environ", "environ")
        return (str(node.slice.value), True) if is_read else ("", False)
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        is_read = dotted(node.func) in ("os.getenv", "getenv", "os.environ.get", "environ.get")
        return (str(node.args[0].value), False) if is_read else ("", False)
    return "", False


def _is_live(function: ast.FunctionDef | ast.AsyncFunctionDef, mentioned: frozenset[str]) -> bool:
    """Is a function named anywhere but in its definition, or called by somebody else?"""
    return bool(function.decorator_list) or function.name.startswith("__") or function.name in mentioned


def _is_on_spaces(branch: Branch, *, is_program: bool) -> bool:
    """Is an arm certainly taken on a Space?"""
    if isinstance(branch.statement, (ast.If, ast.IfExp)) and branch.arm == "if" and branch.test is not None:
        parts = list(ast.walk(branch.test))
        texts = {
            part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
        if is_program and texts == {"__main__"}:
            return True
        negated = any(isinstance(part, (ast.Not, ast.NotEq, ast.Is, ast.NotIn, ast.And)) for part in parts)
        return bool(texts & _ON_SPACES) and not negated
    return isinstance(branch.statement, ast.Try) and not branch.statement.handlers
