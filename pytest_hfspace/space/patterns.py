"""Path patterns: Go's filepath.Match with ``**``, and .dockerignore files made of them."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

#: More rules than any .dockerignore has; each one is tried on every file.
MOST_RULES = 1000

#: A longer pattern is no name's that anyone wrote, and translating it takes time by its square.
LONGEST_NAME = 1024


def is_pattern(path: str) -> bool:
    """Does this path hold characters with a meaning of their own?"""
    return any(char in path for char in "*?[")


def matches(pattern: str, path: str) -> bool:
    """Does the whole path match?  ``*`` stays within a name, ``**`` crosses them."""
    if not is_pattern(pattern) and "\\" not in pattern:
        return pattern == path
    return _match_names(_names(pattern), path.split("/"))


@lru_cache(maxsize=4096)
def _names(pattern: str) -> tuple[str, ...]:
    names: list[str] = []
    for written in pattern.split("/"):
        name = written
        if "**" in name and name.strip("*"):
            # "**.py" is any .py below; "x**" any name that starts so
            if name.startswith("**"):
                names.append("**")
            name = re.sub(r"\*+", "*", name)
        elif "**" in name:
            name = "**"
        if not (name == "**" and names and names[-1] == "**"):
            names.append(name)
    return tuple(names)


def _match_names(wanted: tuple[str, ...], names: list[str]) -> bool:
    """The usual two fingers: after a mismatch, the last ``**`` takes one name more."""
    i = j = 0
    star, resume = -1, 0
    while j < len(names):
        if i < len(wanted) and wanted[i] == "**":
            star, resume = i, j
            i += 1
        elif i < len(wanted) and _match_name(wanted[i], names[j]):
            i += 1
            j += 1
        elif star >= 0:
            resume += 1
            i, j = star + 1, resume
        else:
            return False
    return i == len(wanted)


def _match_name(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    if not is_pattern(pattern) and "\\" not in pattern:
        return False
    if len(pattern) > LONGEST_NAME:
        return False
    regex = _name_regex(pattern)
    return regex is not None and regex.match(name) is not None


@lru_cache(maxsize=4096)
def _name_regex(pattern: str) -> re.Pattern[str] | None:
    # fnmatch writes expressions that do not backtrack, but knows no escapes and negates with "!"
    pattern = re.sub(r"\\(.)", lambda m: f"[{m[1]}]" if m[1] in "*?[" else m[1], pattern)
    try:
        return re.compile(fnmatch.translate(pattern.replace("[^", "[!")))
    except re.error:
        return None


class IgnoreRules:
    """A .dockerignore: the last rule that matches a file, or a directory above it, decides."""

    def __init__(self, text: str) -> None:
        rules = [rule for line in text.removeprefix("\ufeff").splitlines() if (rule := _rule(line))]
        self.rules = rules[:MOST_RULES]
        #: False where there were more rules than are looked at
        self.complete = len(rules) <= MOST_RULES
        self._directories: dict[str, tuple[bool, ...]] = {"": (False,) * len(self.rules)}

    def ignores(self, path: str) -> bool:
        """Is the file kept out of the build?"""
        if not self.rules:
            return False
        hits = self._hits(path, self._above(posixpath.dirname(path)))
        return next(
            (not keep for (keep, _), hit in zip(reversed(self.rules), reversed(hits), strict=True) if hit),
            False,
        )

    def _above(self, directory: str) -> tuple[bool, ...]:
        hits = self._directories[""]
        end = 0
        while end < len(directory):
            end = directory.find("/", end + 1)
            end = len(directory) if end < 0 else end
            above = directory[:end]
            if above not in self._directories:
                self._directories[above] = self._hits(above, hits)
            hits = self._directories[above]
        return hits

    def _hits(self, path: str, above: Iterable[bool]) -> tuple[bool, ...]:
        return tuple(hit or matches(rule, path) for hit, (_, rule) in zip(above, self.rules, strict=True))


def _rule(line: str) -> tuple[bool, str] | None:
    """(keeps, pattern) of a line, or None for a comment or nothing."""
    if line.startswith("#"):
        return None
    line = line.strip()
    keep = line.startswith("!")
    pattern = line[1:].strip() if keep else line
    pattern = posixpath.normpath(pattern).lstrip("/") if pattern else ""
    return (keep, pattern) if pattern and pattern != "." else None
