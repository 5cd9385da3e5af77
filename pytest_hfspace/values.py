"""What the values of settings may look like, for the options of pytest and for ``verify``.

Each function gives the value as it is meant, and raises ValueError, in one line without the name of
the setting, for one that cannot be meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from . import contract

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^`|~\w-]+)\s*:\s*(?P<value>[^\r\n\0]*)", re.ASCII)


def app_name(value: str) -> str | None:
    """MODULE:ATTR; None for ""."""
    if value and not _APP.fullmatch(value):
        raise ValueError(f"{value!r} is not MODULE:ATTR, such as main:app")
    return value or None


def revision(value: str) -> str:
    """What git is asked for; it would take a leading dash for an option."""
    if not value.strip() or value.startswith("-"):
        raise ValueError(f"{value!r} is not a commit, branch or tag")
    return value


def variable(text: str) -> tuple[str, str]:
    """``NAME=VALUE`` in two.  What was given is not quoted: it may be the secret itself."""
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name.strip()) or "\0" in value:
        raise ValueError("takes NAME=VALUE, with a name of letters, digits and _")
    return name.strip(), value


def header(text: str) -> tuple[str, str]:
    """``Name: value`` in two.  Not quoted either."""
    found = _HEADER.fullmatch(text)
    if found is None:
        raise ValueError("takes lines such as Authorization: Bearer TOKEN")
    return found["name"], found["value"].strip()


def codes(values: Iterable[str]) -> tuple[str, ...]:
    """Codes and globs in upper case, of texts that may hold several."""
    return tuple(word for value in values for word in value.replace(",", " ").upper().split())


def hub_id(value: str) -> str:
    """OWNER/NAME, or ""."""
    if value and not _HUB_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not OWNER/NAME, as in a Space's address")
    return value


def month(value: str) -> str:
    """The month of a contract that is known here, or ""."""
    if not value:
        return ""
    first, last = contract.FIRST, contract.DATE
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII):
        raise ValueError(f"{value!r} is not a month such as {last}")
    if not first <= value <= last:
        known = f"contracts from {first} to {last}, not that" if first < last else f"contract of {last}, not"
        raise ValueError(f"this version knows the {known} of {value}")
    return value


def seconds(value: object) -> float:
    """A number above 0."""
    try:
        number = float(value)  # type: ignore[arg-type]  # a wrong type is what is caught
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"{value!r} is not a number of seconds above 0")
    return number
