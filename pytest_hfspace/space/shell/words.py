"""What becomes of a shell word when its variables are replaced, and where each value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from ..dockerwords import LONGEST
from .tokens import UnreadableError, substitution_end

Source = Literal["literal", "environment", "fallback", "unset"]

#: Of several sources in one word, the one that says most about what may go wrong.
_WEIGHT: dict[Source, int] = {"literal": 0, "environment": 1, "fallback": 2, "unset": 3}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])")
_SPECIAL = re.compile(r"[0-9@*#?$!-]")
#: patterns without quotes and variables, and not so many stars that they are slow to be matched
_TRIM = re.compile(r"(##|#|%%|%)([^'\"$`\\*]*(?:\*[^'\"$`\\*]*){0,2})\Z")
_OPERATOR = re.compile(r"(:?[-+=?])(.*)\Z", re.DOTALL)
_DEEPEST = 20
#: In characters.
_LONGEST_COMMANDS = 500
_LONGEST_TRIMMED = 1000
_MOST_WORDS = 10_000


class Arg(NamedTuple):
    """A word after expansion.

    ``source`` and ``variable``: where its text came from.  ``absent``: an unquoted variable that
    is unset leaves no word at all.  ``opaque``: only a run would tell (a command's output).
    """

    text: str
    source: Source = "literal"
    variable: str = ""
    absent: bool = False
    opaque: bool = False


@dataclass
class Shell:
    """The variables and arguments that a shell has while it reads a program.

    A variable's value is an :class:`Arg` that remembers where it came from.  ``script``: ``$0``, ""
    where that is not known; ``source``: bash's name of the file that it reads.  ``output``: what the
    commands of a substitution print, None where only a run would tell.
    """

    variables: dict[str, Arg] = field(default_factory=dict)
    arguments: tuple[Arg, ...] = ()
    script: str = ""
    source: str = ""
    output: Callable[[str], str | None] = lambda _text: None

    @classmethod
    def of(cls, environment: Mapping[str, str], arguments: Iterable[Arg] = ()) -> Shell:
        """A shell that was started with this environment and these arguments."""
        return cls({name: Arg(value) for name, value in environment.items()}, tuple(arguments))

    def expand_all(self, words: Iterable[str]) -> list[Arg]:
        """The words of a command."""
        found: list[Arg] = []
        for word in words:
            found += self.expand(word)
            if len(found) > _MOST_WORDS:
                break
        return found

    def expand(self, word: str) -> list[Arg]:
        """The words that a raw word becomes."""
        if word in ('"$@"', "$@", "$*", '"${@}"', "${@}"):
            return list(self.arguments)
        expansion = _Expansion(self)
        expansion.read(word, 0)
        return expansion.words()

    def value(self, word: str) -> Arg:
        """What an assignment of this raw word stores: words are not split."""
        expansion = _Expansion(self)
        expansion.read(word, 0)
        return expansion.whole()._replace(absent=False)


class _Expansion:
    """Collects the pieces of one word."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        #: text, and whether blanks in it separate words
        self.pieces: list[tuple[str, bool]] = []
        self.size = 0
        self.source: Source = "literal"
        self.variable = ""
        self.opaque = False
        self.quoted = False
        self.replaced = False

    def add(self, text: str, *, split: bool = False) -> None:
        if self.size < LONGEST:
            self.pieces.append((text, split))
            self.size += len(text)
        else:
            self.opaque = True

    def note(self, source: Source, variable: str) -> None:
        if _WEIGHT[source] > _WEIGHT[self.source]:
            self.source, self.variable = source, variable

    def whole(self) -> Arg:
        text = "".join(text for text, _ in self.pieces)
        absent = not text and self.replaced and not (self.quoted or self.opaque)
        return Arg(text, self.source, self.variable, absent, self.opaque)

    def words(self) -> list[Arg]:
        whole = self.whole()
        if not any(split and (" " in text or "\n" in text or "\t" in text) for text, split in self.pieces):
            return [whole]
        marked = "".join(re.sub(r"[ \t\n]+", "\0", text) if split else text for text, split in self.pieces)
        return [whole._replace(text=text) for text in marked.split("\0") if text]

    def read(self, word: str, depth: int) -> None:
        i = 0
        quoted = False
        plain = 0
        while i < len(word):
            char = word[i]
            if char not in "\\'\"$`~" or (char == "'" and quoted) or (char == "~" and (i or quoted)):
                i += 1
                continue
            self.add(word[plain:i])
            if char == "\\":
                following = word[i + 1 : i + 2]
                self.add(word[i : i + 2] if quoted and following not in '"\\$`' else following)
                i += 2
            elif char == "'":
                end = word.find("'", i + 1)
                end = len(word) if end < 0 else end
                self.add(word[i + 1 : end])
                self.quoted = True
                i = end + 1
            elif char == '"':
                quoted = not quoted
                self.quoted = True
                i += 1
            elif char == "~":
                i += self.home(word)
            elif char == "`":
                end = word.find("`", i + 1)
                end = len(word) if end < 0 else end
                self.substitute(word[i + 1 : end], quoted=quoted)
                i = end + 1
            else:
                i = self.dollar(word, i, quoted=quoted, depth=depth)
            plain = i
        self.add(word[plain:])

    def home(self, word: str) -> int:
        home = self.shell.variables.get("HOME")
        if home is None or (len(word) > 1 and word[1] != "/"):
            self.add("~")
        else:
            self.add(home.text)
        return 1

    def dollar(self, word: str, i: int, *, quoted: bool, depth: int) -> int:
        following = word[i + 1 : i + 2]
        self.replaced = True
        if following == "(":
            end = _end(word, i + 1)
            self.substitute(word[i + 2 : end - 1], quoted=quoted)
            return end
        if following == "{":
            end = _end(word, i + 1)
            self.braces(word[i + 2 : end - 1], quoted=quoted, depth=depth)
            return end
        if following == "'" and not quoted:
            return i + 1
        name = _NAME.match(word, i + 1) or _SPECIAL.match(word, i + 1)
        if name is None:
            self.add("$")
            return i + 1
        self.parameter(name[0], quoted=quoted)
        return name.end()

    def substitute(self, text: str, *, quoted: bool) -> None:
        """What commands print; nested ones are read by the same shell, as deep as words may nest."""
        told = self.shell.output(text) if len(text) <= _LONGEST_COMMANDS else None
        if told is None:
            self.opaque = True
        else:
            self.add(told, split=not quoted)

    def lookup(self, name: str) -> Arg | None:
        if name.isdigit() and name != "0":
            index = int(name[:6]) - 1
            return self.shell.arguments[index] if index < len(self.shell.arguments) else None
        if name in ("@", "*"):
            text = " ".join(argument.text for argument in self.shell.arguments)
            return Arg(text) if self.shell.arguments else None
        if name == "0" and self.shell.script:
            return Arg(self.shell.script)
        if name == "BASH_SOURCE":
            return Arg(self.shell.source, opaque=not self.shell.source)
        if _NAME.fullmatch(name):
            return self.shell.variables.get(name)
        return Arg("", opaque=True)

    def parameter(self, name: str, *, quoted: bool, trim: tuple[str, str] | None = None) -> None:
        value = self.lookup(name)
        if value is None:
            self.note("unset", name)
            return
        self.opaque = self.opaque or value.opaque
        if value.source in ("literal", "environment"):
            self.note("environment", name)
        else:
            self.note(value.source, value.variable)
        text = _trimmed(value.text, *trim) if trim else value.text
        self.opaque = self.opaque or text is None
        self.add(text or "", split=not quoted)

    def braces(self, inner: str, *, quoted: bool, depth: int) -> None:
        name = _PARAMETER.match(inner)
        if name is None or depth > _DEEPEST:
            self.opaque = True
            return
        rest = inner[name.end() :]
        if name[0] == "BASH_SOURCE":
            rest = rest.removeprefix("[0]")
        trim = _TRIM.match(rest)
        if trim:
            self.parameter(name[0], quoted=quoted, trim=(trim[1], trim[2]))
            return
        operator = _OPERATOR.match(rest)
        if not rest:
            self.parameter(name[0], quoted=quoted)
            return
        if operator is None:
            self.opaque = True
            return
        value = self.lookup(name[0])
        there = value is not None and (value.text != "" or value.opaque or ":" not in operator[1])
        kind = operator[1][-1]
        if kind == "+":
            if there:
                self.read(operator[2], depth + 1)
        elif there or kind == "?":
            self.parameter(name[0], quoted=quoted)
        else:
            before = self.pieces, self.size
            self.pieces, self.size = [], 0
            self.read(operator[2], depth + 1)
            text = "".join(piece for piece, _ in self.pieces)
            self.pieces, self.size = before
            if self.source != "unset":
                self.source, self.variable = "fallback", name[0]
            self.add(text, split=not quoted)
            if kind == "=":
                self.shell.variables[name[0]] = Arg(text, "fallback", name[0], opaque=self.opaque)


def _trimmed(text: str, operator: str, pattern: str) -> str | None:
    """Without the shortest (# and %) or longest (## and %%) part at its start or end that a pattern
    matches; None for what is too long to be tried."""
    if len(text) > _LONGEST_TRIMMED:
        return None
    places = range(len(text) + 1)
    for end in places if operator in ("#", "%%") else places[::-1]:
        if operator[0] == "#" and fnmatchcase(text[:end], pattern):
            return text[end:]
        if operator[0] == "%" and fnmatchcase(text[end:], pattern):
            return text[:end]
    return text


def _end(word: str, position: int) -> int:
    try:
        return substitution_end(word, position)
    except UnreadableError:
        return len(word) + 1
