"""Which failure a tool's words tell of: uv's and pip's, of the versions that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..space.requirement_lines import Requirement, normalised
from .facts import BuildFailure
from .words import bounded, cut

#: The way to the index, or the index itself, is at fault.
_NETWORK: Final = re.compile(
    r"error sending request|client error \(|tcp connect error|dns error|network was disabled"
    r"|are you offline|operation timed out|connection (?:closed|reset)|error decoding response body"
    r"|HTTP status server error|peer certificate|tunnel error"
    r"|Retry\(total=0,|NewConnectionError|NameResolutionError|Max retries exceeded|Read timed out"
    r"|ConnectTimeoutError|ProxyError|SSLError|IncompleteRead|ConnectionResetError"
    r"|Temporary failure in name resolution|Could not resolve host|Network is unreachable"
    r"|Could not fetch URL \S+: (?:connection error|5\d\d |429 |There was a problem confirming the ssl)",
    re.IGNORECASE,
)
_REFUSED: Final = re.compile(
    r"lack of valid authentication credentials \(401|\b401 (?:Client Error|Unauthorized)|Unauthorized\)"
    r"|\b407 Proxy|Could not fetch URL \S+: 40[13] "
)
_FORBIDDEN: Final = re.compile(r"An index(?: URL)? \((\S+?)\)[^()]*?(?:403 Forbidden|\(403)")
_FETCHED: Final = re.compile(r"Git operation failed|git (?:clone|fetch|checkout)\b.*did not run successfully")
_FULL: Final = re.compile(r"No space left on device|Disk quota exceeded|os error 28\b")

_NAME: Final = r"(?<![\w.=<>!~-])([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)"
_EXTRAS: Final = r"(?:\[[\w,.\s-]*\])?"
_NAMES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_NAME}{_EXTRAS}\s?(?:\(\s*)?(?:==|>=|<=|~=|!=|<|>)",
        rf"(?:you require|depends? on|versions? of|distribution found for|satisfies the requirement) {_NAME}",
        rf"(?:Failed building wheel for|Failed to build|Failed to download and build) [`'\"]?{_NAME}",
        rf"{_NAME} (?:was not found|has no wheels|has no usable)",
        rf"Package '{_NAME}' requires a different",
        rf"The user requested {_NAME}",
        rf"(?m:^\s*){_NAME} \S+ depends on",
        rf"\(from {_NAME}{_EXTRAS}(?:==|\)|->)",
        rf"<{_NAME}-\d",
    )
)
#: Words that stand where names do.
_NOT_NAMES: Final = frozenset(
    {"python", "only", "all", "and", "because", "versions", "no", "r", "extra", "requires-python"}
)

_NO_VERSION: Final = (
    re.compile(rf"{_NAME}{_EXTRAS} was not found in"),
    re.compile(rf"there (?:is|are) no versions? of {_NAME}{_EXTRAS}=="),
    re.compile(rf"there (?:is|are) no versions? of {_NAME}{_EXTRAS}\S* and you require {_NAME}"),
    re.compile(rf"only {_NAME}\S*(?: (?:is|are) available|,)[^.]* and you require \1(?![\w-])"),
    re.compile(rf"{_NAME}\S* has no (?:usable )?(?:wheels|source distribution)"),
    re.compile(rf"No matching distribution found for {_NAME}"),
    re.compile(r"HTTP status client error \(404"),
    re.compile(r"HTTP error 404|404 Client Error"),
)
_COMPILE: Final = re.compile(
    r"Failed to (?:download and )?build [`'\"]|build backend (?:returned|failed)|Build backend failed"
    r"|Failed building wheel for|metadata-generation-failed|Failed to build|subprocess-exited-with-error"
    r"|Failed to build installable wheels|Could not build wheels"
)
_PYTHON: Final = (
    re.compile(rf"{_NAME}\S* (?:requires|depends\s+on)\s+Python\s*(?:[<>=!~])"),
    re.compile(rf"Package '{_NAME}' requires a different Python"),
    re.compile(r"incompatible with the (?:project|workspace)(?:'s)?\s[^.]*Python"),
    re.compile(r"Python version \([^)]*\) does not satisfy"),
)
#: pip: versions that exist, for another Python.
_IGNORED: Final = re.compile(r"Ignored the following versions that require a different python version: (.*)")
_CONFLICT: Final = re.compile(
    r"ResolutionImpossible|conflicting dependencies|No solution found|resolution-too-deep"
)
_IN_FILE: Final = re.compile(r"-r (\S+) \(line (\d{1,6})\)|from line (\d{1,6}) of ([^\s)]+)")
_LAST_TAKEN: Final = re.compile(
    rf"^(?:Collecting {_NAME}|Processing (?:\S*/)?{_NAME}-\d[^/\s]*)", re.MULTILINE
)


def unreachable(text: str, own: Iterable[str] = ()) -> str:
    """Why nothing can be said although the tool failed: the network, the machine; "" otherwise.

    ``own``: texts of the repository that may name indexes: one of these that forbids a package
    (as indexes on plain storage do) does not have it.
    """
    flat = " ".join(bounded(text).split())
    if _FULL.search(flat):
        return "there is no room for the packages"
    if _REFUSED.search(flat):
        return "the package index asks for credentials"
    if _FETCHED.search(flat):
        return "a requirement's git repository cannot be fetched from here"
    if _NETWORK.search(flat):
        return "the package index cannot be reached"
    named = " ".join(own)
    if any(match[1] not in named for match in _FORBIDDEN.finditer(flat)):
        return "the package index refuses access"
    return ""


def is_silent(text: str) -> bool:
    """Did pip find nothing of a package?  It says so as well where the index answered with an error."""
    return "(from versions: none)" in text


@dataclass(frozen=True)
class Context:
    """What a failure is read against.  ``path`` and ``line``: of the step, where no requirement is to
    blame; ``declared``: the requirements; ``here``: directories of this machine, and what to call
    them; ``files``: repository paths by image path."""

    path: str
    line: int | None
    declared: Sequence[Requirement] = ()
    here: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def read_failure(text: str, context: Context) -> BuildFailure:
    """What failed, from the whole output of a tool."""
    text = bounded(text)
    declared, path, line = context.declared, context.path, context.line
    flat = " ".join(text.split())
    kind = _kind(flat)
    words = cut(text, context.here)
    names = _names(kind, text, words)
    if kind == "other":
        names = tuple(name for name in names if any(name == each.name for each in declared))
    blamed = _blamed(names, declared, kind)
    named = _IN_FILE.search(words)
    if blamed is not None:
        path, line = blamed.path, blamed.line
    elif named and (named[1] or named[4]) in context.files:
        path, line = context.files[named[1] or named[4]], int(named[2] or named[3])
    return BuildFailure(kind, words, names, path, line)


def _kind(flat: str) -> str:
    if _COMPILE.search(flat) and "No matching distribution found" not in flat:
        return "compile"
    ignored = _IGNORED.search(flat)
    wanted = re.search(rf"No matching distribution found for {_NAME}(?:\[[^\]]*\])?==(\S+)", flat)
    if ignored and wanted and re.search(rf"(?<![\w.]){re.escape(wanted[2])} Requires-Python", ignored[1]):
        return "python"
    if any(pattern.search(flat) for pattern in _PYTHON):
        return "python"
    if any(pattern.search(flat) for pattern in _NO_VERSION):
        return "missing"
    return "conflict" if _CONFLICT.search(flat) else "other"


def _names(kind: str, text: str, words: str) -> tuple[str, ...]:
    """The distributions in the order in which they matter."""
    flat = " ".join(text.split())
    first: list[str] = []
    for pattern in _PYTHON if kind == "python" else _NO_VERSION if kind == "missing" else ():
        first += [match[1] for match in pattern.finditer(flat) if pattern.groups]
    found = [match[1] for pattern in _NAMES for match in pattern.finditer(words)]
    if kind == "compile":
        # pip before 25 does not say whose build it was
        found = [match[1] for match in _NAMES[2].finditer(flat)]
        taken = [match[1] or match[2] for match in _LAST_TAKEN.finditer(text)]
        found = found or taken[-1:]
    names = dict.fromkeys(normalised(name) for name in (*first, *found))
    return tuple(name for name in names if name not in _NOT_NAMES)[:20]


def _blamed(names: tuple[str, ...], declared: Sequence[Requirement], kind: str) -> Requirement | None:
    """The requirement to look at: of a conflict a pinned one, if one is pinned."""
    concerned = [requirement for requirement in declared if requirement.name in names]
    if kind == "conflict":
        pinned = [requirement for requirement in concerned if "==" in requirement.specifier]
        return next(reversed(pinned or concerned), None)
    ordered = sorted(concerned, key=lambda requirement: names.index(requirement.name))
    return ordered[0] if ordered else None
