"""Which settings a failed start lacked: the names that were asked for in vain and that the failure
speaks of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from .facts import Failure, Raised, Visit, chain
from .log import Log

#: what a complaint of a value says of what is wanted; a group is the value's own part of it
_COMPLAINTS = (
    ("int", r"valid integer|invalid literal for int"),
    ("float", r"valid number|valid decimal|could not convert string to float|ConversionSyntax"),
    ("bool", r"valid boolean|valid truth value|[Nn]ot a boolean"),
    ("scheme:{}", r"URL scheme should be ([^\n]{1,300})"),
    ("url", r"valid URL|URL scheme|relative URL"),
    ("json:dict", r"valid dictionary|valid dict"),
    (
        "json",
        r"valid list|Invalid JSON|valid JSON|Expecting value|valid tuple|valid set|error parsing value",
    ),
    ("length:{}", r"at least (\d{1,4}) (?:characters|chars|bytes|symbols|items)"),
    ("text:{}", r"[Ii]nput should be '([^'\n]{1,100})'"),
    ("text:{}", r"greater than or equal to (\d{1,9}(?:\.\d+)?)"),
    ("text:{}1", r"greater than (\d{1,8})\b"),
    ("fernet", r"Fernet key must be"),
)
#: how a program says before it exits that it lacks something
_LACKS = re.compile(
    r"missing|required|requires|not set|unset|isn't set|must|need|provide|define|environment|absent|empty"
    r"|not found|no value|set it|please set|configure|invalid|expected"
    r"|KeyError",
    re.IGNORECASE,
)
#: of an answer that may say what is lacking
_LONGEST_ANSWER = 2000


def missing_settings(log: Log, failure: Failure, given: Mapping[str, str]) -> dict[str, str]:
    """Names, each with what was said of the value that it had ("" where it had none).

    ``given``: the stand-ins so far, with their values; a name among them comes again only with a
    complaint.
    """
    texts = _texts(failure)
    names: dict[str, str] = {}
    links = chain(failure.raised)
    if any(kind.endswith("ValidationError") for error in links for kind in error.kinds):
        names |= _of_settings_class(log, texts, given)
    subscript = bool(links) and all(error.kind == "KeyError" for error in links)
    for read in log.reads:
        name = read.name
        # A default that is one does not lack, and only os.environ[name] raises KeyError.
        lacking = not read.given and (read.required if subscript else not read.default)
        if lacking and name not in given and name not in names and _says(texts, name):
            names[name] = ""
    if not names:
        names = _complained_of(texts, given)
    return names


def lacking_in(log: Log, visit: Visit, raised: Raised | None, given: Mapping[str, str]) -> set[str]:
    """Names for lack of which a visit raised, or was answered so that the app refuses to serve."""
    if raised is not None:
        return {*missing_settings(log, Failure("serve", "raised", str(raised), raised=raised), given)}
    if (visit.status or 0) < 500:
        return set()
    said = visit.body[:_LONGEST_ANSWER].decode("utf-8", "replace")
    names = missing_settings(log, Failure("serve", "exited", "", output=said), given)
    return names.keys() - given.keys()


def _says(texts: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", texts) is not None


def _wanted(text: str) -> str:
    """What a complaint wants, as ``stand_in`` takes it; "" if it does not say."""
    for kind, pattern in _COMPLAINTS:
        if match := re.search(pattern, text):
            return kind.format(*match.groups())
    return ""


def _complained_of(texts: str, given: Mapping[str, str]) -> dict[str, str]:
    """Stand-ins of the wrong type: the failure names them or quotes their value."""
    wants = _wanted(texts)
    if not wants:
        return {}
    named = [name for name, value in given.items() if value in texts or _says(texts, name)]
    if not named and len(given) == 1:
        named = list(given)
    return dict.fromkeys(named, wants)


def _of_settings_class(log: Log, texts: str, given: Mapping[str, str]) -> dict[str, str]:
    """pydantic writes the field (or its alias) on a line, the complaint on the next."""
    by_location = {name.upper(): name for name in log.fields.values()}
    by_location |= {field.upper(): name for field, name in log.fields.items()}
    required = {read.name for read in log.reads if read.required}
    names: dict[str, str] = {}
    for line, complaint in itertools.pairwise(texts.splitlines()):
        location = line.strip().upper()
        if not location or not complaint.startswith("  "):
            continue
        below = [n for f, n in by_location.items() if f.startswith(f"{location}.") and n in required]
        for name in [by_location[location]] if location in by_location else below:
            if "Field required" in complaint and name not in given:
                names[name] = ""
            elif name in given and (wants := _wanted(complaint)):
                names[name] = wants
    return names


def _texts(failure: Failure) -> str:
    """All that the failure says; for a plain exit also what was printed of a lack before it."""
    errors = chain(failure.raised)
    said = [error.message for error in errors]
    if failure.kind == "exited" or any(error.kind == "SystemExit" for error in errors):
        said += [line for line in failure.output.splitlines() if _LACKS.search(line)]
    return "\n".join(said)
