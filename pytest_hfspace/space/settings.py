"""Settings that a repository declares: the names that its documentation tells an owner to set."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from .documentation import NAME, read_markdown
from .files import Files
from .image import Image
from .secret_names import is_placeholder, is_secret_name

__all__ = ["Declared", "is_placeholder", "is_secret_name", "read_settings"]

Source = Literal["env file", "comment", "documentation", "image"]

#: The words of an example file's name: one of the first, and nothing but both.
_EXAMPLE_WORDS: Final = frozenset(
    {"default", "defaults", "dist", "example", "examples", "sample", "template", "tmpl", "tpl"}
)
_ENV_WORDS: Final = frozenset({"dotenv", "env"})
_OTHER_WORDS: Final = frozenset(
    {
        "", "app", "backend", "dev", "development", "docker", "hf", "huggingface", "local", "prod",
        "production", "server", "space", "spaces", "staging", "test", "txt",
    }
)  # fmt: skip

_LARGEST_EXAMPLE: Final = 64 * 1024
_LARGEST_DOCUMENT: Final = 256 * 1024
_MOST_EXAMPLES: Final = 20
_MOST_DOCUMENTS: Final = 40

#: ``# NAME=value`` in an example file: a setting that is documented, and not to be set at first.
_COMMENTED: Final = re.compile(rf"[ \t]*#[ \t]*(?:export[ \t]+)?({NAME})=(\S*)[ \t]*(?:#.*)?\r?\Z")

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Declared(NamedTuple):
    """A variable that is documented, with its example value ("" where it has none).

    ``source``: "env file" (the example file sets it), "comment" (it stands there in a comment, so
    it may be left unset), "documentation", or "image" (an ENV of the Dockerfile).
    """

    name: str
    value: str
    path: str
    line: int
    source: Source = "env file"


def read_settings(files: Files, image: Image | None, *, body_line: int = 1) -> dict[str, Declared]:
    """From .env.example, .env.template, .env.sample (and the like), the README's tables and code
    blocks, and the image's ENV.  The first place that declares a name wins.

    ``body_line``: where the README's text starts, below the card.
    """
    found: dict[str, Declared] = {}
    for declared in _declarations(files, image, body_line):
        found.setdefault(declared.name, declared)
    return found


def _declarations(files: Files, image: Image | None, body_line: int) -> Iterator[Declared]:
    comments: list[Declared] = []
    for path in _by_depth(path for path in files.tracked if _is_example(path))[:_MOST_EXAMPLES]:
        text = _text(files, path, _LARGEST_EXAMPLE)
        yield from _assignments(text, path)
        comments += _commented(text, path)
    # set in one example, commented out in another: set
    yield from comments
    for path in _by_depth(path for path in files.tracked if _is_document(path))[:_MOST_DOCUMENTS]:
        start = body_line if path == "README.md" else 1
        for name, value, line in read_markdown(_text(files, path, _LARGEST_DOCUMENT), start):
            yield Declared(name, value, path, line, "documentation")
    for variable in image.env.values() if image is not None else ():
        yield Declared(variable.name, variable.value, variable.path, variable.line, "image")


def _assignments(text: str, path: str) -> Iterator[Declared]:
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        if binding.key is None or binding.error or not _VARIABLE.match(binding.key):
            continue
        # the parser counts a binding from the blank lines before it
        written = binding.original.string
        blank = re.match(r"\s*", written)
        line = binding.original.line + (len(re.findall(r"\r\n|\n|\r", blank[0])) if blank else 0)
        yield Declared(binding.key, binding.value or "", path, line)


def _commented(text: str, path: str) -> Iterator[Declared]:
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENTED.match(line)
        if match is not None:
            yield Declared(match[1], match[2].strip("\"'"), path, number, "comment")


def _is_example(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    if "env" not in name:
        return False
    words = set(re.split(r"[._-]", name))
    return bool(
        words & _EXAMPLE_WORDS and words & _ENV_WORDS and words <= _EXAMPLE_WORDS | _ENV_WORDS | _OTHER_WORDS
    )


def _is_document(path: str) -> bool:
    """The README of a folder near the root, or a page of docs/."""
    if not path.endswith((".md", ".MD", ".markdown")):
        return False
    folder, _, name = path.lower().rpartition("/")
    return folder.split("/")[0] == "docs" or (folder.count("/") == 0 and name.startswith("readme"))


def _by_depth(paths: Iterator[str]) -> list[str]:
    return sorted(paths, key=lambda path: (path.count("/"), path.startswith("docs/"), path))


def _text(files: Files, path: str, limit: int) -> str:
    try:
        return files.text(path, limit)
    except FileNotFoundError:
        return ""  # a link that leads nowhere: not there, so it declares nothing
