"""A Dockerfile as a sequence of instructions.  Says what is written, not what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from .dockerrules import FLAGLESS, FLAGS, flag_problem, problem, quoted
from .dockerwords import expand, split_words

_KNOWN = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip
_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
_HEREDOCS = frozenset({"ADD", "COPY", "RUN", "ONBUILD"})

#: Flags of which "false" is as good as nothing.
_SWITCHES = frozenset({"link", "parents"})
_MOST_FLAGS = 200

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*\Z")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]*)\Z")
_INSTRUCTION = re.compile(r"(\S+)\s*(.*)\Z", re.DOTALL)

#: In characters; what comes after is not read.
_LONGEST = 1024 * 1024

#: In bytes; BuildKit reads no longer line.
_LONGEST_LINE = 65535

#: Front ends that may know more than BuildKit's own: "# syntax=" names them.
_OWN_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile(?::(?!.*(?:labs|master|upstream)).*)?\Z")
_BLANK_BASE = re.compile(r"\A\Z|[:/@-]\Z|:[-.]")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")

#: The first mistakes are the ones that a reader can act on.
_MOST_ERRORS = 20


class Heredoc(NamedTuple):
    """A here-document: the name that ends it, and the lines up to there."""

    name: str
    body: str
    line: int
    #: False where the delimiter was quoted: nothing inside is expanded
    expand: bool = True


class Instruction(NamedTuple):
    """``name`` in upper case; ``text`` the rest with continuations joined and flags removed;
    ``words`` the JSON array where it is one (exec form), else None.

    ``flags``: by name without dashes; "" for a flag without value; the values of a flag that is
    given several times are joined by newlines.
    """

    name: str
    text: str
    line: int
    flags: dict[str, str]
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()


class Dockerfile(NamedTuple):
    """The instructions in order, and the mistakes among them."""

    path: str
    instructions: tuple[Instruction, ...]
    #: what could not be parsed: (line, sentence)
    errors: tuple[tuple[int, str], ...] = ()
    #: the character that joins lines and takes the meaning from the next one
    escape: str = "\\"
    #: there is more of it than was read
    cut: bool = False

    @property
    def stages(self) -> tuple[tuple[Instruction, ...], ...]:
        """The instructions of each build stage, its FROM first; ARGs before are not included."""
        stages: list[list[Instruction]] = []
        for instruction in self.instructions:
            if instruction.name == "FROM":
                stages.append([instruction])
            elif stages:
                stages[-1].append(instruction)
        return tuple(tuple(stage) for stage in stages)


def parse_dockerfile(text: str, path: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile as BuildKit does.  Whatever the text is, mistakes become ``errors``."""
    lines = [
        line[:-1] if line.endswith("\r") else line
        for line in text[:_LONGEST].removeprefix("\ufeff").split("\n")
    ]
    errors: list[tuple[int, str]] = [(1, "it is too long to be read")] if len(text) > _LONGEST else []
    errors += _long_lines(lines)
    directives = _directives(lines, errors)
    escape = directives.get("escape", "\\")
    instructions: list[Instruction] = []
    reader = _Lines(lines, escape)
    for line, logical in reader:
        instruction = _instruction(logical, line, reader, errors)
        if instruction is not None:
            instructions.append(instruction)
    if _OWN_SYNTAX.match(directives.get("syntax", "docker/dockerfile").partition(" ")[0]):
        errors += _order_errors(instructions, complete=not errors)
        errors += _base_errors(instructions, escape)
    else:
        errors.clear()  # another front end, with rules of its own
    return Dockerfile(path, tuple(instructions), tuple(sorted(errors)[:_MOST_ERRORS]), escape)


def _long_lines(lines: list[str]) -> list[tuple[int, str]]:
    return [
        (number, f"a line of more than {_LONGEST_LINE} bytes is not read")
        for number, line in enumerate(lines, 1)
        if len(line) > _LONGEST_LINE // 4 and len(line.encode("utf-8", "replace")) >= _LONGEST_LINE
    ][:1]


def _directives(lines: list[str], errors: list[tuple[int, str]]) -> dict[str, str]:
    """The parser directives, which stand before everything else."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        directive = _DIRECTIVE.match(line.strip())
        name = directive[1].lower() if directive else ""
        if directive is None or name not in ("syntax", "escape", "check"):
            break
        if name in found:
            errors.append((number, f"there is more than one `# {name}=`"))
        elif name == "escape" and directive[2] not in ("\\", "`"):
            errors.append((number, f"`# escape={quoted(directive[2])}` must be \\ or `"))
        else:
            found[name] = directive[2]
    return found


class _Lines:
    """The logical lines: comments and empty lines left out, continuations joined."""

    def __init__(self, lines: list[str], escape: str) -> None:
        self.lines = lines
        self.next = 0
        self.continued = re.compile(rf"(?:(?<=[^{re.escape(escape)}])|^){re.escape(escape)}[ \t]*\Z")

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while self.next < len(self.lines):
            first = self.next
            self.next += 1
            line = self.lines[first].lstrip()
            if line and not line.startswith("#"):
                yield first + 1, self._joined(line)

    def _joined(self, line: str) -> str:
        parts = []
        while True:
            # a slice keeps the search for the mark from walking long lines of blanks
            mark = self.continued.search(line, max(0, len(line.rstrip(" \t")) - 2))
            parts.append(line[: mark.start()] if mark else line)
            if mark is None:
                return "".join(parts)
            following = self._continuation()
            if following is None:
                return "".join(parts)
            line = following

    def _continuation(self) -> str | None:
        while self.next < len(self.lines):
            line = self.lines[self.next]
            self.next += 1
            stripped = line.strip()
            if stripped and not stripped.startswith("#"):
                return line
        return None

    def heredoc(self, name: str, *, chomp: bool) -> tuple[str, int, bool]:
        """The lines up to the delimiter, the number of the first, and whether it was found."""
        first = self.next
        body: list[str] = []
        while self.next < len(self.lines):
            line = self.lines[self.next]
            self.next += 1
            line = line.lstrip("\t") if chomp else line
            if line == name:
                return "".join(f"{part}\n" for part in body), first + 1, True
            body.append(line)
        return "".join(f"{part}\n" for part in body), first + 1, False


def _instruction(
    logical: str, line: int, reader: _Lines, errors: list[tuple[int, str]]
) -> Instruction | None:
    match = _INSTRUCTION.match(logical)
    if match is None:
        return None
    name, text = match[1].upper(), match[2].rstrip()
    if name not in _KNOWN:
        errors.append((line, f"unknown instruction: {quoted(match[1])}"))
        return None
    given: list[tuple[str, str | None]] = []
    if name in FLAGS or name in FLAGLESS:
        text, given = _flags(text)
    words = _json_array(text) if name in _JSON else None
    heredocs = _heredocs(text, line, reader, errors) if name in _HEREDOCS and words is None else ()
    wrong = flag_problem(name, given) or problem(name, text, words)
    if wrong:
        errors.append((line, wrong))
        return None
    return Instruction(name, text, line, _joined_flags(given), words, heredocs)


def _flags(text: str) -> tuple[str, list[tuple[str, str | None]]]:
    """The rest of an instruction, and the flags before it, each with its value."""
    flags: list[tuple[str, str | None]] = []
    while text.startswith("--") and len(flags) < _MOST_FLAGS:
        word = next(split_words(text), "")
        text = text[len(word) :].lstrip()
        if word == "--":
            break
        name, equals, value = word[2:].partition("=")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        flags.append((name, value if equals else None))
    return text, flags


def _joined_flags(given: list[tuple[str, str | None]]) -> dict[str, str]:
    flags: dict[str, list[str]] = {}
    for name, value in given:
        if name not in _SWITCHES or (value or "").lower() != "false":
            flags.setdefault(name, []).append(value or "")
    return {name: "\n".join(values) for name, values in flags.items()}


def _json_array(text: str) -> tuple[str, ...] | None:
    """The words of an exec form.  What is not a JSON array of strings is shell form to Docker."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    return None


def _heredocs(text: str, line: int, reader: _Lines, errors: list[tuple[int, str]]) -> tuple[Heredoc, ...]:
    if "<<" not in text:
        return ()
    found = []
    for word in split_words(text):
        match = _HEREDOC.match(word)
        if match is None or not match[2]:
            continue
        name = match[2].replace('"', "").replace("'", "").replace("\\", "")
        if not name:
            continue
        body, first, terminated = reader.heredoc(name, chomp=bool(match[1]))
        if not terminated:
            errors.append((line, f"the here-document {quoted(name)} is not ended"))
            break
        found.append(Heredoc(name, body, first, expand=name == match[2]))
    return tuple(found)


def _order_errors(instructions: list[Instruction], *, complete: bool) -> list[tuple[int, str]]:
    first = next((i for i in instructions if i.name != "ARG"), None)
    if any(i.name == "FROM" for i in instructions):
        if first is not None and first.name != "FROM":
            return [(first.line, f"{first.name} stands before the first FROM")]
        return []
    return [(first.line if first else 1, "there is no FROM")] if complete else []


def _base_errors(instructions: list[Instruction], escape: str) -> list[tuple[int, str]]:
    """A FROM whose image lacks a part, because no ARG before the first FROM declares a variable."""
    declared: dict[str, str] = {}
    started = False
    errors = []
    for instruction in instructions:
        if instruction.name == "ARG" and not started:
            for word in split_words(instruction.text, escape):
                name, _, default = word.partition("=")
                # without a default it may still be given: the Hub hands over the Space's variables
                declared[name] = expand(default, declared, escape) or "x"
        elif instruction.name == "FROM":
            started = True
            image = instruction.text.split()[0]
            absent = [name for name in _VARIABLE.findall(image) if name not in declared]
            absent = [name for name in absent if not name.startswith(("TARGET", "BUILD"))]
            if absent and _BLANK_BASE.search(expand(image, declared, escape)):
                errors.append(
                    (instruction.line, f"FROM uses ${absent[0]}, which no ARG before the first FROM declares")
                )
    return errors
