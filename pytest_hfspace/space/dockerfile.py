"""A Dockerfile as a sequence of instructions.  Says what is written, not what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .dockerwords import split_words

_KNOWN = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip
_FLAGGED = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
_HEREDOCS = frozenset({"ADD", "COPY", "RUN", "ONBUILD"})
_NEEDS_ARGUMENTS = {"FROM": 1, "COPY": 2, "ADD": 2, "WORKDIR": 1, "USER": 1, "ENV": 1, "ARG": 1, "ONBUILD": 1}

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*?)\s*\Z")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]*)\Z")
_FLAG = re.compile(r"--([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?\Z", re.DOTALL)
_INSTRUCTION = re.compile(r"(\S+)\s*(.*)\Z", re.DOTALL)

#: In characters; what comes after is not read.
_LONGEST = 1024 * 1024

#: The first mistakes are the ones that a reader can act on.
_MOST_ERRORS = 20


@dataclass(frozen=True)
class Heredoc:
    """A here-document: the name that ends it, and the lines up to there."""

    name: str
    body: str
    line: int
    #: False where the delimiter was quoted: nothing inside is expanded
    expand: bool = True


@dataclass(frozen=True)
class Instruction:
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


@dataclass(frozen=True)
class Dockerfile:
    """The instructions in order, and the mistakes among them."""

    path: str
    instructions: tuple[Instruction, ...]
    #: what could not be parsed: (line, sentence)
    errors: tuple[tuple[int, str], ...] = ()
    #: the character that joins lines and takes the meaning from the next one
    escape: str = "\\"

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
    escape = _escape_directive(lines, errors)
    instructions: list[Instruction] = []
    reader = _Lines(lines, escape)
    for line, logical in reader:
        instruction = _instruction(logical, line, reader, errors)
        if instruction is not None:
            instructions.append(instruction)
    errors += _order_errors(instructions, complete=not errors)
    return Dockerfile(path, tuple(instructions), tuple(sorted(errors)[:_MOST_ERRORS]), escape)


def _escape_directive(lines: list[str], errors: list[tuple[int, str]]) -> str:
    escape = "\\"
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith("#!"):
            continue
        directive = _DIRECTIVE.match(line.strip())
        if directive is None or directive[1].lower() not in ("syntax", "escape", "check"):
            break
        if directive[1].lower() == "escape":
            if directive[2] in ("\\", "`"):
                escape = directive[2]
            else:
                errors.append((number, f"`# escape={_short(directive[2])}` must be \\ or `"))
    return escape


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
        errors.append((line, f"unknown instruction: {_short(match[1])}"))
        return None
    flags: dict[str, str] = {}
    if name in _FLAGGED:
        text, flags = _flags(text)
    words = _json_array(text) if name in _JSON else None
    heredocs = _heredocs(text, line, reader, errors) if name in _HEREDOCS and words is None else ()
    problem = _problem(name, text, words)
    if problem:
        errors.append((line, problem))
        return None
    return Instruction(name, text, line, flags, words, heredocs)


def _flags(text: str) -> tuple[str, dict[str, str]]:
    flags: dict[str, list[str]] = {}
    while text.startswith("--"):
        word = next(split_words(text), "")
        flag = _FLAG.match(word)
        if flag is None:
            return (text[2:].lstrip() if word == "--" else text), _joined_flags(flags)
        value = flag[2] or ""
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        flags.setdefault(flag[1].lower(), []).append(value)
        text = text[len(word) :].lstrip()
        if len(flags) + sum(map(len, flags.values())) > 200:
            break
    return text, _joined_flags(flags)


def _joined_flags(flags: dict[str, list[str]]) -> dict[str, str]:
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
            errors.append((line, f"the here-document {_short(name)} is not ended"))
            break
        found.append(Heredoc(name, body, first, expand=name == match[2]))
    return tuple(found)


def _problem(name: str, text: str, words: tuple[str, ...] | None) -> str:
    count = len(words) if words is not None else len(text.split(None, 4))
    wanted = _NEEDS_ARGUMENTS.get(name, 0)
    if count < wanted:
        return f"{name} needs {'an argument' if wanted == 1 else 'a source and a destination'}"
    if name == "FROM":
        parts = text.split(None, 3)
        if len(parts) not in (1, 3) or (len(parts) == 3 and parts[1].lower() != "as"):
            return "FROM takes an image, or an image AS a name"
    if name == "ENV" and count == 1 and "=" not in text:
        return "ENV needs a name and a value"
    return ""


def _order_errors(instructions: list[Instruction], *, complete: bool) -> list[tuple[int, str]]:
    first = next((i for i in instructions if i.name != "ARG"), None)
    if any(i.name == "FROM" for i in instructions):
        if first is not None and first.name != "FROM":
            return [(first.line, f"{first.name} stands before the first FROM")]
        return []
    return [(first.line if first else 1, "there is no FROM")] if complete else []


def _short(text: str) -> str:
    """A quotation that fits on a line and does no harm to a terminal."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[:40])
    return shown + ("…" if len(text) > 40 else "")
