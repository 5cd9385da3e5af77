"""Secrets by name in files of configuration: JSON, YAML, TOML and INI, read without trust."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .deployments.nodes import Node, read_nodes
from .secret_names import is_secret_name
from .secrets.values import is_given_away

#: Formats by suffix.
FORMATS: Final[Mapping[str, str]] = {
    ".json": "json", ".json5": "json", ".jsonc": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "lines",
    ".ini": "lines", ".cfg": "lines", ".conf": "lines", ".properties": "lines",
}  # fmt: skip

#: Bytes of a file; no configuration written by hand is longer.
LARGEST: Final = 100_000
_LONGEST_LINE: Final = 2000
_DEEPEST: Final = 12

_WORTH_PARSING: Final = re.compile(r"pass|pwd|secret|token|key|cred|salt|pepper|\bpat\b|mnemonic|seed", re.I)

#: Files that are no configuration of the app's own, whatever their keys are called.
_OTHER_FILE: Final = re.compile(
    r"package(-lock)?|composer|tokenizer.*|special_tokens_map|added_tokens|vocab.*|generation_config|preprocessor.*"
    r"|manifest|tsconfig.*|openapi.*|swagger.*|.*\.schema|schema|.*\.postman_.*|jsconfig|pyproject|setup|tox"
    r"|messages|strings|translations?|labels|locales?",
    re.IGNORECASE,
)
#: A translation is called by its language.
_LANGUAGE: Final = re.compile(r"(?!ai|db)[a-z]{2}([_-][a-z]{2,4})?\.(json|ya?ml)", re.IGNORECASE)
_OTHER_FOLDER: Final = frozenset(
    {
        "i18n", "l10n", "lang", "langs", "language", "languages", "locale", "locales", "translation",
        "translations", "test", "tests", "testdata", "fixtures", "examples", "samples", "schemas",
        "node_modules",
    }
)  # fmt: skip

#: Keys at the top of documents that describe data instead of holding it.
_DESCRIBES: Final = frozenset(
    {"openapi", "swagger", "asyncapi", "$schema", "$defs", "definitions", "properties"}
)

#: Keys below which names are those of things that a reader sees.
_SHOWN: Final = frozenset(
    {
        "default", "definitions", "description", "error", "errors", "example", "examples", "field", "fields",
        "form", "forms", "help", "hint", "hints", "i18n", "inputs", "label", "labels", "messages",
        "placeholder", "placeholders", "properties", "schema", "schemas", "strings", "text", "texts",
        "titles", "tokens", "translations", "validation",
    }
)  # fmt: skip

#: What every page of a web app has to hold: the configuration of Firebase's client.
_FOR_PAGES: Final = frozenset({"authDomain", "messagingSenderId"})

_SHORTEST: Final = 8
_NAME_OF: Final = re.compile(r"[A-Za-z]+[0-9]{0,2}(?:[_.:-](?:[A-Za-z]+[0-9]{0,2}|[0-9]{1,2}))+")

_NAME: Final = re.compile(r"[\w.-]{1,100}")
_SECTION: Final = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(?:[#;].*)?")
_PAIR: Final = re.compile(
    r"(?<![\w.-])[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[=:]\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s\"'#;,{}\[\]]+))"
)


#: the keys that lead to a text, the text, and its line
_Leaf = tuple[tuple[str, ...], str, int]


class Held(NamedTuple):
    """A secret that a file gives.  ``key``: with those above it, as ``db.password``.  ``line``: from 1."""

    key: str
    value: str
    line: int


def is_configuration(path: str) -> bool:
    """Is it, by its name, a file in which an app may keep settings?"""
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return (
        f"{dot}{suffix.lower()}" in FORMATS
        and _OTHER_FILE.fullmatch(stem) is None
        and _LANGUAGE.fullmatch(name) is None
        and _OTHER_FOLDER.isdisjoint(folder.lower().split("/"))
    )


def secrets_in(path: str, text: str) -> Iterator[Held]:
    """The secret-like keys of a file whose values would be accepted as secrets.

    None of a schema, a form, a translation or a list of records: what is called password there is
    what somebody else types in.
    """
    if len(text) > LARGEST or not _WORTH_PARSING.search(text):
        return
    form = FORMATS.get(f".{path.rpartition('.')[2].lower()}", "")
    leaves = (
        _of_lines(text) if form == "lines" else _of_tree(_json(text) if form == "json" else read_nodes(text))
    )
    for keys, value, line in leaves:
        if _gives_away(keys, value):
            yield Held(".".join(keys), value, line)


def _gives_away(keys: tuple[str, ...], value: str) -> bool:
    # at the top, "default" is the section for every environment
    above_all = keys[1:-1] if keys[0].lower() == "default" else keys[:-1]
    if not _SHOWN.isdisjoint(key.lower() for key in above_all):
        return False
    names = [keys[-1], "_".join(keys[-2:])]
    above = keys[-2] if len(keys) > 1 else ""
    if not any(map(is_secret_name, names)):
        if not (above.lower().endswith("s") and is_secret_name(above)):
            return False
        names = [above]
    name = next(filter(is_secret_name, names))
    return is_given_away(name, value) and is_made(value)


def is_made(value: str) -> bool:
    """Is it no name of something ("oauth2_token"): are there letters and figures in it that say nothing?"""
    has_both = re.search(r"[0-9]", value) is not None and re.search(r"[A-Za-z]", value) is not None
    return has_both and len(value) >= _SHORTEST and _NAME_OF.fullmatch(value) is None


def _json(text: str) -> Node | None:
    """A document of JSON in the form of YAML's, which is told by lines."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        return None
    lines = text.splitlines()
    return _as_node(document, 1, lines) if isinstance(document, dict) else None


def _as_node(value: object, line: int, lines: list[str], depth: int = 0) -> Node:
    if isinstance(value, dict) and depth < _DEEPEST:
        pairs = {
            key: _as_node(below, _line_of(lines, key, below), lines, depth + 1)
            for key, below in value.items()
        }
        return Node(line, pairs=pairs)
    return Node(line, value if isinstance(value, str) else "")


def _line_of(lines: list[str], key: str, value: object) -> int:
    """The first line with key and value; where the value is escaped or on lines of its own, with the key."""
    if not isinstance(value, str) or not _WORTH_PARSING.search(key):
        return 1
    both = (n for n, line in enumerate(lines, 1) if key in line and value in line)
    alone = (n for n, line in enumerate(lines, 1) if key in line)
    return next(both, 0) or next(alone, 1)


def _of_tree(document: Node | None) -> Iterator[_Leaf]:
    """Every text below mappings, with its keys; lists are data."""
    if document is None or not _DESCRIBES.isdisjoint(document.pairs):
        return
    waiting: deque[tuple[tuple[str, ...], Node]] = deque([((), document)])
    met: set[int] = set()
    while waiting:
        keys, node = waiting.popleft()
        # an alias stands for a mapping that was met already
        if id(node) in met or len(keys) >= _DEEPEST or not _FOR_PAGES.isdisjoint(node.pairs):
            continue
        met.add(id(node))
        for key, value in node.pairs.items():
            if not _NAME.fullmatch(key):
                continue
            if value.pairs:
                waiting.append(((*keys, key), value))
            elif value.text:
                yield (*keys, key), value.text, value.line


def _of_lines(text: str) -> Iterator[_Leaf]:
    """Of TOML, INI and the like, whose pairs stand on a line each."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";", "//")) or len(line) > _LONGEST_LINE:
            continue
        header = _SECTION.fullmatch(line)
        if header is not None:
            section = tuple(header[1].replace('"', "").split("."))
            continue
        for name, double, single, bare in _PAIR.findall(line):
            yield (*section, *name.split(".")), double or single or bare, number
