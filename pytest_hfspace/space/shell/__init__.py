"""Reads shell text (a RUN step, a CMD, an entry script) into commands.  Never runs anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from .tokens import REDIRECTS, Token, UnreadableError, read_tokens

Connector = Literal["", "&&", "||", "|"]
Kind = Literal["if", "for", "while", "case", "function", "subshell", "group", "test"]

_ENDS = frozenset({";", "&", "\n"})
_CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", ")", ";;", ";&", ";;&"})

#: In characters.
LONGEST_PROGRAM = 128 * 1024

#: No script that starts a server nests deeper.
_DEEPEST = 40


class Redirect(NamedTuple):
    """``operator`` and the raw word after it; ``body`` of a here-document."""

    operator: str
    word: str
    body: str = ""


class Simple(NamedTuple):
    """A simple command.  ``words`` and the values of ``assignments`` are raw: quotes and
    variables as written.  ``line``: from 1, in the text that was read.  ``negated``: behind ``!``."""

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...]
    redirects: tuple[Redirect, ...]
    line: int
    connector: Connector = ""
    background: bool = False
    negated: bool = False

    @property
    def text(self) -> str:
        """The command as written, without its redirects."""
        return " ".join([*(f"{name}={value}" for name, value in self.assignments), *self.words])


class Branch(NamedTuple):
    """A part of a compound command: the commands that decide on it, and those that it runs."""

    condition: tuple[Item, ...]
    body: tuple[Item, ...]


class Compound(NamedTuple):
    """Several commands under one head.  ``name``: a function's; ``text``: how it begins."""

    kind: Kind
    branches: tuple[Branch, ...]
    line: int
    text: str
    name: str = ""
    connector: Connector = ""
    background: bool = False
    negated: bool = False

    @property
    def inner(self) -> tuple[Item, ...]:
        """All commands directly in it, in the order in which they stand."""
        return tuple(item for branch in self.branches for item in (*branch.condition, *branch.body))


Item = Simple | Compound


def read_shell(text: str) -> tuple[Item, ...]:
    """The commands of a shell program, in order.

    Raises :class:`UnreadableError` for what is no such program, or nests absurdly.
    """
    if len(text) > LONGEST_PROGRAM:
        raise UnreadableError("it is longer than any that is followed")
    parser = _Parser(read_tokens(text.replace("\r\n", "\n")))
    items = parser.items()
    if parser.at is not None:
        raise UnreadableError(f"line {parser.at.line}: unexpected {parser.at.text[:20]!r}")
    return items


def simple_commands(items: tuple[Item, ...], *, conditional: bool = False) -> Iterator[tuple[Simple, bool]]:
    """Every simple command however deep, and whether it only may run or may fail unnoticed."""
    for index, item in enumerate(items):
        after = items[index + 1] if index + 1 < len(items) else None
        tolerated = after is not None and after.connector == "||"
        optional = conditional or tolerated or item.connector == "||"
        if isinstance(item, Simple):
            yield item, optional
        else:
            inner = optional or item.kind not in ("group", "subshell")
            yield from simple_commands(item.inner, conditional=inner)


def subshells(items: tuple[Item, ...]) -> Iterator[tuple[Simple, Simple]]:
    """The first and the last simple command of each subshell, the outer ones first."""
    for item in items:
        if isinstance(item, Compound):
            inner = [simple for simple, _ in simple_commands(item.inner)] if item.kind == "subshell" else []
            if inner:
                yield inner[0], inner[-1]
            yield from subshells(item.inner)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    @property
    def at(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        token = self.at
        if token is None:
            raise UnreadableError("the text ends too early")
        self.position += 1
        return token

    def sees(self, *texts: str) -> bool:
        return self.at is not None and self.at.text in texts

    def expect(self, *texts: str) -> Token:
        if not self.sees(*texts):
            line = self.at.line if self.at else self.tokens[-1].line if self.tokens else 1
            raise UnreadableError(f"line {line}: no {' or '.join(texts)}")
        return self.take()

    def items(self) -> tuple[Item, ...]:
        """A list of commands, up to what closes the compound around it."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadableError("nested too deeply")
        found: list[Item] = []
        first = 0
        connector: Connector = ""
        while self.at is not None:
            if self.sees(*_ENDS):
                if self.take().text == "&":
                    found[first:] = [item._replace(background=True) for item in found[first:]]
                first, connector = len(found), ""
                continue
            if self.at.text in _CLOSERS:
                break
            found.append(self.command()._replace(connector=connector))
            connector = ""
            if self.sees("&&", "||", "|", "|&"):
                connector = _CONNECTORS[self.take().text]
                self.newlines()
        if connector:
            raise UnreadableError("nothing stands behind the last && or |")
        self.depth -= 1
        return tuple(found)

    def newlines(self) -> None:
        while self.sees("\n"):
            self.take()

    def command(self) -> Item:
        negated = False
        while self.sees("!", "time"):
            negated ^= self.take().text == "!"
        token = self.at
        if token is None:
            raise UnreadableError("the text ends too early")
        reader = {
            "if": self.if_command, "while": self.loop, "until": self.loop, "for": self.loop,
            "select": self.loop, "case": self.case, "(": self.subshell, "{": self.group,
            "function": self.function, "[[": self.test,
        }.get(token.text)  # fmt: skip
        if reader is None:
            reader = self.simple
        item = reader()
        if isinstance(item, Simple):
            return item._replace(negated=negated)
        while self.sees(*REDIRECTS):
            self.redirect()
        return item

    def compound(
        self, kind: Kind, head: Token, start: int, branches: list[Branch], name: str = ""
    ) -> Compound:
        shown = " ".join(token.text for token in self.tokens[start : start + 12] if token.kind != "newline")
        return Compound(kind, tuple(branches), head.line, shown[:80], name)

    def if_command(self) -> Compound:
        start, head = self.position, self.take()
        branches = []
        while True:
            condition = self.items()
            self.expect("then")
            branches.append(Branch(condition, self.items()))
            word = self.expect("elif", "else", "fi").text
            if word == "else":
                branches.append(Branch((), self.items()))
                word = self.expect("fi").text
            if word == "fi":
                return self.compound("if", head, start, branches)

    def loop(self) -> Compound:
        start, head = self.position, self.take()
        condition: tuple[Item, ...] = ()
        if head.text in ("for", "select"):
            while not self.sees("do"):
                self.take()
        else:
            condition = self.items()
        self.expect("do")
        body = self.items()
        self.expect("done")
        kind: Kind = "for" if head.text in ("for", "select") else "while"
        return self.compound(kind, head, start, [Branch(condition, body)])

    def case(self) -> Compound:
        start, head = self.position, self.take()
        self.take()
        self.newlines()
        self.expect("in")
        self.newlines()
        branches = []
        while not self.sees("esac"):
            while self.take().text != ")":
                pass
            branches.append(Branch((), self.items()))
            if self.sees(";;", ";&", ";;&"):
                self.take()
            elif not self.sees("esac"):
                raise UnreadableError(f"line {head.line}: a case is not ended")
            self.newlines()
        self.take()
        return self.compound("case", head, start, branches)

    def subshell(self) -> Compound:
        start, head = self.position, self.take()
        if self.sees("("):
            # arithmetic: what is in it is no command
            depth = 1
            while depth:
                depth += {"(": 1, ")": -1}.get(self.take().text, 0)
            return self.compound("test", head, start, [])
        body = self.items()
        self.expect(")")
        return self.compound("subshell", head, start, [Branch((), body)])

    def group(self) -> Compound:
        start, head = self.position, self.take()
        body = self.items()
        self.expect("}")
        return self.compound("group", head, start, [Branch((), body)])

    def function(self) -> Compound:
        start, head = self.position, self.take()
        return self.function_body(start, head, self.take().text)

    def function_body(self, start: int, head: Token, name: str) -> Compound:
        if self.sees("("):
            self.take()
            self.expect(")")
        self.newlines()
        if not self.sees("{", "("):
            raise UnreadableError(f"line {head.line}: a function has no body")
        return self.compound("function", head, start, [Branch((), (self.command(),))], name)

    def test(self) -> Item:
        """``[[ … ]]``: kept as the words of a command, operators among them."""
        head = self.take()
        words = ["[["]
        while words[-1] != "]]":
            words.append(self.take().text)
        return Simple(tuple(words), (), (), head.line)

    def simple(self) -> Item:
        start = self.position
        head = self.tokens[start]
        words: list[str] = []
        assignments: list[tuple[str, str]] = []
        redirects: list[Redirect] = []
        while (token := self.at) is not None:
            if token.kind == "word":
                self.take()
                name, equals, value = token.text.partition("=")
                if token.text.isdigit() and self.sees(*REDIRECTS) and self.tokens[self.position].glued:
                    continue
                if equals and not words and name.isidentifier() and name.isascii():
                    assignments.append((name, value))
                else:
                    words.append(token.text)
            elif token.text in REDIRECTS:
                redirects.append(self.redirect())
            elif token.text == "(" and len(words) == 1 and not assignments and self.position == start + 1:
                return self.function_body(start, head, words[0])
            elif token.text == "(" and assignments and not words:
                self.array()
            else:
                break
        if self.position == start:
            raise UnreadableError(f"line {head.line}: unexpected {head.text[:20]!r}")
        return Simple(tuple(words), tuple(assignments), tuple(redirects), head.line)

    def array(self) -> None:
        while self.take().text != ")":
            pass

    def redirect(self) -> Redirect:
        operator = self.take().text
        word = self.take()
        return Redirect(operator, word.text, word.body)


_CONNECTORS: dict[str, Connector] = {"&&": "&&", "||": "||", "|": "|", "|&": "|"}
