"""Shell text as words, operators and here-documents, each with its line."""

from __future__ import annotations

from typing import NamedTuple

_BLANKS = " \t\r"
_OPERATORS = (
    "&>>", "<<-", "<<<", ";;&", "&&", "||", ";;", ";&", "&>", ">>", "<<", ">&", "<&", ">|", "<>", "|&",
    ";", "&", "|", "<", ">", "(", ")",
)  # fmt: skip

#: The operators that take a word and give or take a file.
REDIRECTS = frozenset({"<", ">", ">>", ">|", ">&", "<&", "&>", "&>>", "<>", "<<", "<<-", "<<<"})


class UnreadableError(ValueError):
    """The text is no shell program that this reader follows; the message says where."""


class Token(NamedTuple):
    """``kind``: "word", "operator" or "newline".  ``glued``: no blank before it."""

    kind: str
    text: str
    line: int
    body: str = ""
    glued: bool = False


def read_tokens(text: str) -> list[Token]:
    """The tokens of a program, each here-document with its delimiter."""
    position, line = 0, 1
    pending: list[tuple[bool, int]] = []
    out: list[Token] = []
    while position < len(text):
        char = text[position]
        if char in _BLANKS:
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
            line += 1
        elif char == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif char == "\n":
            out.append(Token("newline", "\n", line))
            position += 1
            line += 1
            if pending:
                position, line = _bodies(text, position, line, pending, out)
                pending = []
        else:
            operator = _operator(text, position)
            if operator:
                glued = position > 0 and text[position - 1] not in " \t\r\n"
                out.append(Token("operator", operator, line, glued=glued))
                position += len(operator)
            else:
                end = _word_end(text, position)
                word = text[position:end]
                if out and out[-1].text in ("<<", "<<-") and out[-1].kind == "operator":
                    pending.append((out[-1].text == "<<-", len(out)))
                out.append(Token("word", word.replace("\\\n", ""), line))
                line += word.count("\n")
                position = end
    return out


def _operator(text: str, position: int) -> str:
    if text[position] not in ";&|<>()":
        return ""
    if text[position] in "<>" and text.startswith("(", position + 1):
        return ""  # process substitution: part of a word
    return next(operator for operator in _OPERATORS if text.startswith(operator, position))


def _bodies(
    text: str, position: int, line: int, pending: list[tuple[bool, int]], out: list[Token]
) -> tuple[int, int]:
    """Take the here-documents that follow a line, into the tokens of their delimiters."""
    for chomp, index in pending:
        delimiter = out[index].text.replace("'", "").replace('"', "").replace("\\", "")
        body = []
        while position < len(text):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            row = text[position:end]
            position = min(end + 1, len(text))
            line += 1
            row = row.lstrip("\t") if chomp else row
            if row == delimiter:
                break
            body.append(row)
        out[index] = out[index]._replace(body="".join(f"{row}\n" for row in body))
    return position, line


def _word_end(text: str, position: int) -> int:
    while position < len(text):
        char = text[position]
        if char in "<>" and text.startswith("(", position + 1):
            position = substitution_end(text, position + 1)
        elif char in _BLANKS or char in "\n;&|<>()":
            break
        else:
            position = _skip(text, position)
    return position


def _skip(text: str, position: int) -> int:
    """The position after the quoted string, substitution or character that begins here."""
    char = text[position]
    if char == "\\":
        return min(position + 2, len(text))
    if char in "'`":
        end = text.find(char, position + 1)
        if end < 0:
            raise UnreadableError(f"a {char} is not closed")
        return end + 1
    if char == '"' or (char == "$" and text[position + 1 : position + 2] in ("(", "{")):
        return substitution_end(text, position if char == '"' else position + 1)
    return position + 1


def substitution_end(text: str, position: int) -> int:
    """The position after the bracket or quote that closes the one at ``position``.

    One pass with a stack of what is open, so that no nesting is too deep or too slow.
    """
    closing = {"(": ")", "{": "}", '"': '"'}
    stack = [closing[text[position]]]
    position += 1
    while position < len(text):
        char = text[position]
        quoted = stack[-1] == '"'
        if char == "\\":
            position += 1
        elif char == stack[-1]:
            stack.pop()
            if not stack:
                return position + 1
        elif char == '"':
            stack.append('"')
        elif char == "$" and text[position + 1 : position + 2] in ("(", "{"):
            position += 1
            stack.append(closing[text[position]])
        elif char == "(" and stack[-1] == ")":
            stack.append(")")
        elif char in "'`" and not quoted and not (char == "'" and stack[-1] == "}"):
            end = text.find(char, position + 1)
            if end < 0:
                break
            position = end
        position += 1
    raise UnreadableError(f"a {stack[-1]} is missing")
