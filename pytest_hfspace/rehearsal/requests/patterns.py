"""A string for a regular expression, from the tree that the standard library's own parser makes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

if sys.version_info >= (3, 11):
    from re import _parser as _sre  # the same module, whose old name warns of its deprecation
else:
    import sre_parse as _sre

#: The longest string that is made, and the most text that is ever searched.
LONGEST: Final = 4_000
_PATTERN: Final = 1_000
#: Steps that one search may cost at worst; ``re`` cannot be interrupted.
_EFFORT: Final = 2_000_000
_DEPTH: Final = 60
_BRANCHES: Final = 4

_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_CLASSES: Final = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}
_TESTS: Final[dict[str, Callable[[str], bool]]] = {
    "DIGIT": str.isdigit,
    "WORD": lambda character: character.isalnum() or character == "_",
    "SPACE": str.isspace,
}
#: Tried in this order where a class only says what it excludes.
_POOL: Final = "a1-_ A.0zZ9/+@!#b2"
_WORDS: Final = ("1", "Str0ng-Passw0rd!", "Str0ngPassw0rd", "a-b", "https://example.com/", "user@example.com")


class _ImpossibleError(Exception):
    """This tree yields no string of a reasonable length."""


@lru_cache(maxsize=512)
def _parsed(pattern: str) -> Any:
    """The parsed pattern; None where Python does not read this dialect."""
    if len(pattern) > _PATTERN:
        return None
    try:
        return _sre.parse(pattern)
    except (re.error, RecursionError, OverflowError, ValueError, TypeError):
        return None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if _parsed(pattern) is None:
        return None
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


def matches(pattern: str, text: str) -> bool | None:
    """Is the pattern found in the text?  None where Python cannot say, or not in bounded time."""
    compiled = _compiled(pattern)
    if compiled is None:
        return None
    if _effort(pattern, len(text)) > _EFFORT:
        return None
    return compiled.search(text) is not None


@lru_cache(maxsize=512)
def _shape(pattern: str) -> tuple[int, bool]:
    """How many repeats and alternatives there are, and whether one contains another."""
    choices, nested = 0, False
    left: list[tuple[Any, bool]] = [(_parsed(pattern), False)]
    while left:
        tree, inside = left.pop()
        for name, argument in _nodes(tree):
            choice = name == "BRANCH" or (name in _REPEATS and argument[0] != argument[1])
            choices += choice
            nested = nested or (choice and inside)
            repeated = inside or (name in _REPEATS and argument[1] > 1)
            left += [(child, repeated) for child in _children(name, argument)]
    return choices, nested


def _effort(pattern: str, length: int) -> int:
    choices, nested = _shape(pattern)
    bits = _EFFORT.bit_length()
    exponential = int((1 + choices) ** min(length + 1, bits))
    return exponential if nested else min(exponential, int((length + 1) ** min(choices + 1, bits)))


def _nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    for operation, argument in tree:
        yield str(operation), argument


def _children(name: str, argument: Any) -> Iterable[Any]:
    if name in _REPEATS:
        return (argument[2],)
    if name == "BRANCH":
        return tuple(argument[1])
    if name == "SUBPATTERN":
        return (argument[3],)
    if name == "ATOMIC_GROUP":
        return (argument,)
    if name in {"ASSERT", "ASSERT_NOT"}:
        return (argument[1],)
    if name == "GROUPREF_EXISTS":
        return tuple(part for part in argument[1:] if part is not None)
    return ()


def matching(pattern: str, low: int = 0, high: int | None = None, word: str = "a") -> str | None:
    """A string of ``low`` to ``high`` characters in which the pattern is found.

    ``word`` itself if it does.  None where the pattern is not understood, or none was found.
    """
    tree = _parsed(pattern)
    if tree is None or low > LONGEST:
        return None
    unjudged = None
    for text in _candidates(tree, low, high, word):
        if low <= len(text) and (high is None or len(text) <= high):
            found = matches(pattern, text)
            if found:
                return text
            if found is None and text != word:
                unjudged = unjudged or text
    return unjudged


def _candidates(tree: Any, low: int, high: int | None, word: str) -> Iterator[str]:
    yield word
    if high is not None and 0 < high < len(word):
        yield word[:high]
    made = [text for text in (_made(tree, spare) for spare in (0, 1)) if text is not None]
    if made and len(made[0]) < low:
        made = [t for t in (_made(tree, low - len(made[0]) + more) for more in range(4)) if t is not None]
    ahead = "".join(_lookaheads(tree))
    for text in made:
        # A string that is found somewhere may grow at both ends; an anchored one is refused.
        yield from (text, text + word * (low // len(word) + 1), ahead + text[len(ahead) :], ahead + text)
    yield from _WORDS


def _made(tree: Any, spare: int) -> str | None:
    try:
        return _Maker(spare).text(tree, 0)
    except _ImpossibleError:
        return None


def _lookaheads(tree: Any) -> Iterator[str]:
    for name, argument in _nodes(tree):
        if name == "ASSERT" and argument[0] > 0:
            yield _made(argument[1], 0) or ""


class _Maker:
    """Makes the shortest string, ``spare`` characters longer where a repeat allows it."""

    def __init__(self, spare: int) -> None:
        self._spare = spare
        self._groups: dict[Any, str] = {}

    def text(self, tree: Any, depth: int) -> str:
        if depth > _DEPTH:
            raise _ImpossibleError
        parts = []
        length = 0
        for name, argument in _nodes(tree):
            part = self._part(name, argument, depth)
            length += len(part)
            if length > LONGEST:
                raise _ImpossibleError
            parts.append(part)
        return "".join(parts)

    def _part(self, name: str, argument: Any, depth: int) -> str:
        if name == "LITERAL":
            return chr(argument)
        if name == "NOT_LITERAL":
            return next(c for c in _POOL if ord(c) != argument)
        if name == "ANY":
            return "a"
        if name == "IN":
            return _member(argument)
        if name == "BRANCH":
            return self._branch(argument[1], depth)
        if name == "SUBPATTERN":
            made = self._groups[argument[0]] = self.text(argument[3], depth + 1)
            return made
        if name == "ATOMIC_GROUP":
            return self.text(argument, depth + 1)
        if name in _REPEATS:
            return self._repeated(argument, depth)
        if name == "GROUPREF":
            return self._groups.get(argument, "")
        if name == "GROUPREF_EXISTS":
            chosen = argument[1] if argument[0] in self._groups else argument[2]
            return self.text(chosen or (), depth + 1)
        # Anchors and assertions take no room: the search that follows judges them.
        return ""

    def _branch(self, branches: Any, depth: int) -> str:
        for branch in branches[:_BRANCHES]:
            with suppress(_ImpossibleError):
                return self.text(branch, depth + 1)
        raise _ImpossibleError

    def _repeated(self, argument: Any, depth: int) -> str:
        low, high, child = int(argument[0]), int(argument[1]), argument[2]
        if low == 0 and self._spare <= 0:
            return ""
        once = self.text(child, depth + 1)
        more = min(-(-self._spare // max(1, len(once))), high - low) if self._spare > 0 else 0
        self._spare -= more * len(once)
        if len(once) * (low + more) > LONGEST:
            raise _ImpossibleError
        return once * (low + more)


def _member(items: Any) -> str:
    """One character of a class, a plain one where it has any."""
    nodes = list(_nodes(items))
    if nodes and nodes[0][0] == "NEGATE":
        inside = nodes[1:]
        found = next((c for c in _POOL if not any(_contains(node, c) for node in inside)), None)
    else:
        found = next((c for c in "a1A" if any(_contains(node, c) for node in nodes)), None)
        found = found or next((_first(node) for node in nodes), None)
    if found is None:
        raise _ImpossibleError
    return found


def _first(node: tuple[str, Any]) -> str:
    name, argument = node
    if name == "LITERAL":
        return chr(argument)
    return chr(argument[0]) if name == "RANGE" else _CLASSES.get(str(argument), "a")


def _contains(node: tuple[str, Any], character: str) -> bool:
    name, argument = node
    if name == "LITERAL":
        return ord(character) == int(argument)
    if name == "RANGE":
        return int(argument[0]) <= ord(character) <= int(argument[1])
    wanted = str(argument).removeprefix("CATEGORY_")
    test = _TESTS.get(wanted.removeprefix("NOT_"))
    return test is not None and test(character) is not wanted.startswith("NOT_")
