"""The JSON Schema of the JSON report, and what is wrong with a document by it.

A later version may add fields to schema 1, so a reader has to leave alone what it does not know:
nothing here forbids further ones.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, get_args

from ..check import Level, Outcome
from ..contract import Stage
from ..rehearsal.coverage import RouteOutcome
from . import Confidence
from .json import SCHEMA as VERSION
from .text import one_line

__all__ = ["MOST_PROBLEMS", "SCHEMA", "problems"]

#: More are not told of one document, and none is longer than so many characters.
MOST_PROBLEMS: Final = 20
_LONGEST: Final = 200
#: One object that lacks everything gives as many errors as it has fields, and one line.
_MOST_ERRORS: Final = 20 * MOST_PROBLEMS

_Schema = dict[str, Any]


def _field(kind: str, description: str, **rules: Any) -> _Schema:
    """``kind``: the types of JSON, with a bar between two."""
    types = kind.split("|")
    return {"type": types[0] if len(types) == 1 else types, **rules, "description": description}


def _choice(description: str, words: tuple[str | None, ...]) -> _Schema:
    return {"enum": list(words), "description": description}


def _list(description: str, items: _Schema) -> _Schema:
    return _field("array", description, items=items)


def _object(description: str, fields: Mapping[str, _Schema]) -> _Schema:
    """An object; a field whose name ends in "?" may be absent."""
    return _field(
        "object",
        description,
        required=[name for name in fields if not name.endswith("?")],
        properties={name.rstrip("?"): field for name, field in fields.items()},
    )


_TEXT: Final = {"type": "string"}
_STAGES: Final = tuple(stage.value for stage in Stage)
_SECONDS: Final = {"minimum": 0}

_FINDING: Final = _object(
    "One thing that is wrong.",
    {
        "level?": _choice(
            "How much it counts: an error fails the run, a warning does so under --hfspace-strict.",
            get_args(Level),
        ),
        "message": _field("string", "What is wrong, on one line: the value seen, and the value wanted."),
        "hint": _field("string", "What to do."),
        "consequence": _field("string", "What it means on the Hub."),
        "path": _field("string", 'The file, from the root of the Space; "" where no file is to blame.'),
        "line": _field("integer|null", "The line in it, from 1; null where there is none.", minimum=1),
        "waived?": _field("string", 'Why it does not count: the reason of a waiver; "" where it counts.'),
    },
)

_CHECK: Final = _object(
    "What became of one check, or of one check for one route.",
    {
        "code": _field("string", "Its code, which never changes: HFS410.", minLength=1),
        "name": _field("string", "Its name: port-mismatch."),
        "level": _choice("The level of what it finds, where a finding has no other.", get_args(Level)),
        "predicts": _choice(
            "The earliest stage that an error of it predicts; without errors, the stage of the check.",
            _STAGES,
        ),
        "outcome": _choice("What became of it.", get_args(Outcome)),
        "reason": _field("string", 'Why it was skipped or waived, or "".'),
        "applicable?": _field(
            "boolean", "false where it was skipped because the Space does not have what it is about."
        ),
        "route": _field("string|null", 'The route that was looked at, such as "GET /items"; else null.'),
        "seconds": _field("number", "How long the check took, without the rehearsal.", **_SECONDS),
        "findings": _list("What it found.", {"$ref": "#/$defs/finding"}),
    },
)

_ROUTE: Final = _object(
    "A route of the app, and how it answered a valid request.",
    {
        "method": _field("string", "GET, POST and so on; WEBSOCKET for a WebSocket."),
        "path": _field("string", "Its path, with parameters in braces."),
        "endpoint": _field("string", "Where its function stands (main.py:12), or what it is called."),
        "status": _field("integer|null", "The status of the answer; null where there was none."),
        "seconds": _field("number", "The time until it was answered.", **_SECONDS),
        "outcome": _choice(
            "answered: below 400; guarded: 401 or 403; rejected: another 4xx; failed: 5xx, an exception, "
            "or no whole answer; skipped: not asked.",
            get_args(RouteOutcome),
        ),
    },
)

_SETTING: Final = _object(
    "A variable that the app's own code reads.",
    {
        "name": _field("string", "Its name.", minLength=1),
        "secret": _field("boolean", "Is it one to keep secret?"),
        "required": _field("boolean", "Does the app fail without it?"),
        "default": _field("boolean", "Does the code have a value for where it is not set?"),
        "documented": _field("boolean", "Do .env.example, README.md or the Dockerfile name it?"),
        "where": _list("The places that read it: main.py:5.", _TEXT),
    },
)

_WAIVER: Final = _object(
    "A waiver, and what became of it.",
    {
        "text": _field("string", "As it was written."),
        "origin": _field("string", "Where: hfspace_waive, or main.py:12."),
        "reason": _field("string", "Why the finding is lived with."),
        "until": _field("string", 'The last day on which it holds, 2027-01-31; "" where it does not end.'),
        "used": _field("integer", "How many findings it covers.", minimum=0),
        "problem": _field("string", 'Why it fails the run (expired, matches nothing), or "".'),
    },
)

_SPACE: Final = _object(
    "The Space as it was looked at.",
    {
        "root": _field("string", "Its directory."),
        "sdk": _field("string|null", "docker, gradio, static; null where neither card nor files tell."),
        "app": _field("string", "The ASGI app, as module:attribute."),
        "port": _field("integer", "The port that the Hub would connect to."),
        "launch": _list("The start command, word by word; empty where none is known.", _TEXT),
        "files": _field("integer", "How many files would arrive.", minimum=0),
        "id?": _field("string|null", "owner/name on the Hub; null where nothing tells."),
    },
)

_TIMINGS: Final = _object(
    "What took how long, in seconds; nothing where the app was not run.",
    {
        f"{name}?": _field("number", description, **_SECONDS)
        for name, description in {
            "export": "Copying the files that would arrive.",
            "import": "Importing the app.",
            "startup": "The first half of the lifespan.",
            "first_response": "From the start of the process to its first answer.",
            "visits": "Asking every route.",
            "shutdown": "From SIGTERM to the end.",
            "total": "All of it.",
        }.items()
    },
)

_HEAD: Final[Mapping[str, _Schema]] = {
    "schema": {"const": VERSION, "description": "The version of this schema."},
    "contract": _field(
        "string",
        "The month in which the rules were last compared with the Hub's documentation: 2026-08.",
        pattern="^[0-9]{4}-[0-9]{2}$",
    ),
    "version": _field("string", "The version of pytest-hfspace."),
}

_REPORT: Final = _object(
    "The report of one Space.",
    {
        **_HEAD,
        "id?": _field("string", "Tells this run from every other.", minLength=1),
        "created?": _field(
            "string",
            "When, in UTC.",
            format="date-time",
            pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
        ),
        "space": {"$ref": "#/$defs/space"},
        "stage": _choice(
            "The earliest stage that an error predicts, RUNNING if there is none; null where nothing can "
            "be predicted, because the app was not run or only some checks were evaluated.",
            (*_STAGES, None),
        ),
        "ready": _field("boolean", "Would it run, and is nothing wrong with it?"),
        "confidence": _choice(
            "How far the prediction can be trusted; medium where something was not rehearsed.",
            get_args(Confidence),
        ),
        "not_rehearsed": _list("What the prediction leaves out.", _TEXT),
        "partial?": _field("string", "What was evaluated, where the user asked for a part; else empty."),
        "remedy?": _field("string", "The command that makes a rehearsal possible; empty where none does."),
        "checks": _list("Every check, in the order of its code.", {"$ref": "#/$defs/check"}),
        "routes": _list("Every route.", {"$ref": "#/$defs/route"}),
        "waivers?": _list("Every waiver.", {"$ref": "#/$defs/waiver"}),
        "requires": _list("The settings that the owner of the Space has to set.", _TEXT),
        "environment": _list("Every variable that the app reads.", {"$ref": "#/$defs/setting"}),
        "timings": {"$ref": "#/$defs/timings"},
        "peak_rss_mb": _field(
            "number|null",
            "The most memory that the app took, in MB; null where that is not known.",
            minimum=0,
        ),
    },
)

_REPORTS: Final = _object(
    "The reports of a run over several Spaces.",
    {**_HEAD, "spaces": _list("One for each Space.", {"$ref": "#/$defs/report"})},
)

#: Draft 2020-12.
SCHEMA: Final[_Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"urn:pytest-hfspace:report:{VERSION}",
    "title": "Readiness report of pytest-hfspace",
    "description": "One Space, or several under spaces. Later versions may add fields: ignore the unknown.",
    # not oneOf: what is wrong is then said of the form that was meant
    "if": {"type": "object", "required": ["spaces"]},
    "then": {"$ref": "#/$defs/reports"},
    "else": {"$ref": "#/$defs/report"},
    "$defs": {
        "report": _REPORT,
        "reports": _REPORTS,
        "space": _SPACE,
        "check": _CHECK,
        "finding": _FINDING,
        "route": _ROUTE,
        "waiver": _WAIVER,
        "setting": _SETTING,
        "timings": _TIMINGS,
    },
}


def problems(document: object) -> list[str]:
    """What keeps parsed JSON from being a report: lines such as "/checks/3/level: wanted error, warn
    or note", at most :data:`MOST_PROBLEMS` and one that says that there are more; [] for a report.

    The document may be anybody's.  ImportError without jsonschema (the extra ``schema``).
    """
    try:
        errors = islice(_validator().iter_errors(document), _MOST_ERRORS)
        lines = list(dict.fromkeys(_line(error) for error in errors))
    except RecursionError:
        return ["the document is nested too deeply"]
    return [*lines[:MOST_PROBLEMS], *(["and more"] if len(lines) > MOST_PROBLEMS else [])]


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

    return Draft202012Validator(SCHEMA)


def _line(error: Any) -> str:
    said = f"{_pointer(error.absolute_path) or 'the document'}: {_said(error)}"
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _pointer(path: Iterator[str | int]) -> str:
    """[RFC 6901]  Every name in it is one of the schema."""
    return "".join(f"/{part}" for part in path)


def _said(error: Any) -> str:
    """In our words: those of jsonschema quote the whole value."""
    rule, wanted, found = error.validator, error.validator_value, error.instance
    if rule == "required":
        return f"lacks {', '.join(name for name in wanted if name not in found)}"
    if rule == "type":
        return f"wanted {_either([wanted] if isinstance(wanted, str) else wanted)}{_found(found)}"
    if rule in ("enum", "const"):
        words = [wanted] if rule == "const" else wanted
        return f"wanted {_either(['null' if word is None else str(word) for word in words])}{_found(found)}"
    return f"wanted {_RULES[rule]} {wanted}{_found(found)}"


#: How the other rules of the schema are said.
_RULES: Final = {"minimum": "at least", "minLength": "a length of at least", "pattern": "text like"}


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _found(value: object) -> str:
    """The value as JSON has it, or its type where it would be long."""
    if isinstance(value, (list, dict)):
        return f", found {'an array' if isinstance(value, list) else 'an object'}"
    if isinstance(value, str):
        return f', found "{one_line(value[:40])}"'
    return f", found {'null' if value is None else str(value).lower()[:40]}"
