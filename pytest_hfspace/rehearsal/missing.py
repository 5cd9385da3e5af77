"""Which settings a failed start lacked: the names that were asked for in vain and that the failure
speaks of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from .facts import Failure, Raised
from .log import Log

#: what pydantic's complaint of a value says of the type that it wants
_COMPLAINTS = (
    ("int", re.compile(r"valid integer|invalid literal for int")),
    ("float", re.compile(r"valid number|valid decimal|could not convert string to float|ConversionSyntax")),
    ("bool", re.compile(r"valid boolean|valid truth value|[Nn]ot a boolean")),
    ("url", re.compile(r"valid URL|URL scheme|relative URL")),
    ("json:dict", re.compile(r"valid dictionary|valid dict")),
    (
        "json",
        re.compile(
            r"valid list|Invalid JSON|valid JSON|Expecting value|valid tuple|valid set|error parsing value"
        ),
    ),
)


def missing_settings(log: Log, failure: Failure, given: Mapping[str, str]) -> dict[str, str]:
    """Names, each with what was said of the value that it had ("" where it had none).

    ``given``: the stand-ins so far, with their values; a name among them comes again only with a
    complaint.
    """
    asked = [read.name for read in log.reads if not read.given]
    texts = _texts(failure)
    names: dict[str, str] = {}
    if any(kind.endswith("ValidationError") for error in _chain(failure.raised) for kind in error.kinds):
        names |= _of_settings_class(log, texts, given)
    for name in asked:
        if name not in given and name not in names and re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", texts):
            names[name] = ""
    if not names:
        names = _complained_of(texts, given)
    return names


def _complained_of(texts: str, given: Mapping[str, str]) -> dict[str, str]:
    """Stand-ins of the wrong type: the failure names them or quotes their value."""
    wants = next((kind for kind, pattern in _COMPLAINTS if pattern.search(texts)), "")
    if not wants:
        return {}
    return {
        n: wants for n, v in given.items() if v in texts or re.search(rf"(?<!\w){re.escape(n)}(?!\w)", texts)
    }


def _of_settings_class(log: Log, texts: str, given: Mapping[str, str]) -> dict[str, str]:
    """pydantic writes the field (or its alias) on a line, the complaint on the next."""
    by_location = {field.rpartition(".")[2].upper(): name for field, name in log.fields.items()}
    by_location |= {name.upper(): name for name in log.fields.values()}
    names: dict[str, str] = {}
    lines = texts.splitlines()
    for location, complaint in itertools.pairwise(lines):
        name = by_location.get(location.strip().upper())
        if name is None or not complaint.startswith("  "):
            continue
        if "Field required" in complaint and name not in given:
            names[name] = ""
        elif name in given:
            wants = next((kind for kind, pattern in _COMPLAINTS if pattern.search(complaint)), "")
            if wants:
                names[name] = wants
    return names


def _chain(error: Raised | None) -> list[Raised]:
    chain: list[Raised] = []
    while error is not None:
        chain.append(error)
        error = error.cause
    return chain


def _texts(failure: Failure) -> str:
    """All that the failure says; for a plain exit also what was printed before it."""
    errors = _chain(failure.raised)
    said = "\n".join(error.message for error in errors)
    exits = failure.kind == "exited" or any(error.kind == "SystemExit" for error in errors)
    return f"{said}\n{failure.output}" if exits else said
