"""Waivers that stand in the files of a Space, beside what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ..check import Check
from ..report.text import one_line, printable
from ..space import Space
from ..space.files import Files
from ..space.marked import marked
from .comments import Comment, comments, may_have_comments
from .syntax import parse_comment
from .waiver import Waiver

#: A Space with more has a baseline in its comments.
_MOST: Final = 1000

#: Characters of one that cannot be read.
_SHOWN: Final = 200

_DIRECTIVE: Final = re.compile(
    r"(?:\A[\s#*/!;-]*|\s(?:#|//)\s*)hfspace:\s*waive(?![\w-])(?P<rest>.*?)(?=\s(?:#|//)\s|\Z)"
)
_SDK: Final = re.compile(r"---\s*\n(?:(?!---)[^\n]*\n)*?sdk\s*:")


def inline_waivers(space: Space, known: Mapping[str, Check], prefix: str = "") -> tuple[Waiver, ...]:
    """Those in the comments of what would arrive.  One that cannot be read has a ``problem``.

    ``known``: every check by its code; ``prefix``: of the Space, from the top of the checkout.
    """
    found: list[Waiver] = []
    for path, text in marked(space.files):
        if not may_have_comments(path):
            continue
        for waiver in _waivers(path, text, known, prefix, foreign=_is_foreign(path, space.files)):
            if len(found) == _MOST:
                problem = f"is one too many: only the first {_MOST} comments are read"
                return (*found, Waiver(waiver.text, waiver.origin, problem=problem))
            found.append(waiver)
    return tuple(found)


def _waivers(
    path: str, text: str, known: Mapping[str, Check], prefix: str, *, foreign: bool
) -> Iterator[Waiver]:
    found = comments(path, text)
    lines = re.split(r"\r\n|\r|\n", text)
    alone = {line for comment in found if comment.alone for line in range(comment.start, comment.end + 1)}
    name = printable(path, keep="")
    for comment in found:
        for line, rest in _directives(comment):
            origin = f"{printable(prefix, keep='')}{name}:{line}"
            try:
                directives = parse_comment(rest, known)
            except ValueError as error:
                shown = one_line(f"hfspace: waive{rest[:_SHOWN]}")
                yield Waiver(shown, origin, foreign=foreign, problem=str(error))
                continue
            about = _about(line, alone, lines) if comment.alone else range(line, line + 1)
            for each in directives:
                yield Waiver(
                    each.text,
                    origin,
                    each.codes,
                    each.reason,
                    each.until,
                    path=name,
                    lines=about,
                    foreign=foreign,
                )


def _directives(comment: Comment) -> Iterator[tuple[int, str]]:
    """The line and what follows "hfspace: waive"."""
    for line, text in enumerate(comment.text.split("\n"), comment.start):
        for match in _DIRECTIVE.finditer(text):
            yield line, match["rest"].rstrip()


def _about(line: int, alone: set[int], lines: list[str]) -> range:
    """From its own line, which may hold a comment that was found fault with, to the first below the
    comments; what ends with a backslash goes on in the next."""
    end = line
    while end in alone:
        end += 1
    while end < len(lines) and lines[end - 1].rstrip().endswith("\\"):
        end += 1
    return range(line, end + 1)


def _is_foreign(path: str, files: Files) -> bool:
    """Does a folder between here and the root hold a Space of its own?"""
    folder = path.rpartition("/")[0]
    while folder:
        readme = f"{folder}/README.md"
        try:
            if readme in files.tracked and _SDK.match(files.text(readme, 4096).replace("\r\n", "\n")):
                return True
        except FileNotFoundError:
            pass
        folder = folder.rpartition("/")[0]
    return False
