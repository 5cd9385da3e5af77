"""Text of a repository, made fit for a terminal, a log and a machine."""

from __future__ import annotations

import re
import textwrap

#: A space at which :func:`wrap` breaks no line.  It is not white space, and becomes a space there.
GLUE = "\u2800"


def printable(text: str, *, keep: str = "\n") -> str:
    """Escape what is not printable (control characters, directions, lone surrogates)."""
    if text.isprintable():
        return text
    return "".join(
        char if char in keep or char.isprintable() else char.encode("unicode-escape").decode("ascii")
        for char in text
    )


def one_line(text: str) -> str:
    """The same on one line: every run of white space becomes one space."""
    return printable(" ".join(text.split()), keep="")


def wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """Break into lines of at most ``width`` columns, never inside a word.

    ``indent`` goes before the first line, ``hanging`` (``indent``, if None) before the others.
    None of them is a command to GitHub Actions.
    """
    hanging = indent if hanging is None else hanging
    lines: list[str] = []
    for number, paragraph in enumerate(text.splitlines()):
        lines += textwrap.wrap(
            _amid(inert(paragraph)),
            width,
            initial_indent=hanging if number else indent,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return [line.replace(GLUE, " ") for line in lines]


_NARROWEST, _WIDEST = 60, 100
#: What stands in quotes is copied, and so is not broken.
_QUOTED = r"(?<!\w)('[^'\n]*'|\"[^\"\n]*\")(?!\w)"


def text_width(columns: int) -> int:
    """The width that is used on a terminal of so many columns."""
    return max(_NARROWEST, min(columns, _WIDEST))


def terminal_columns() -> int:
    """How many the terminal has, where pytest has no reporter to tell."""
    import shutil

    return shutil.get_terminal_size().columns


def told(text: str, columns: int) -> list[str]:
    """A message of one line, broken to the width; what it quotes stays whole."""
    whole = re.sub(_QUOTED, lambda quoted: quoted[0].replace(" ", GLUE), text)
    return wrap(whole, text_width(columns), hanging="  ")


def usage(text: str, columns: int) -> str:
    """The same of a usage error, before which pytest prints a word."""
    word = f"ERROR:{GLUE}"
    return "\n".join(told(f"{word}{text}", columns))[len(word) :]


def inert(text: str) -> str:
    """The text without commands to GitHub Actions of the old kind, which it reads anywhere in a line."""
    return text.replace("##[", "##%5B")


def _amid(paragraph: str) -> str:
    """Those of the new kind begin a line, where white space does not count."""
    text = re.sub(rf"[\s{GLUE}]+::", f"{GLUE}::", paragraph.strip()).lstrip(GLUE)
    return text.replace("::", "%3A%3A", 1) if text.startswith("::") else text


def count(number: int, noun: str) -> str:
    """ "1 check", "2 checks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def said(error: BaseException) -> str:
    """The class and the text of an exception in one line."""
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
