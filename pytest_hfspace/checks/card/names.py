"""Variables and secrets of a Space that scripts set on it: what is known of them, and which collide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from ...space.settings import is_secret_name
from .code import Place

Kind = Literal["variable", "secret"]

#: Names that one file may set; what has more was not written to set up a Space.
MOST_SETTINGS: Final = 1_000
#: The calls of the Hub's client that take a name away.
DELETING: Final = ("delete_space_variable", "delete_space_secret")
#: A line of a script after which another run may have come so far.
_APART: Final = re.compile(r"^\s*(?:-\s+)?(?:if:|elif\b|else\b|esac\b|exit\b|return\b)|;;|\|\|")


class Setting(NamedTuple):
    """A name that is set on a Space.

    ``target``: the Space as the script writes it; ``is_literal``: that is its name, not an
    expression.  ``value``: where it is written out.  ``place``: in a program, where it stands.
    """

    name: str
    kind: Kind
    path: str
    line: int
    target: str
    is_literal: bool
    value: str | None = None
    place: Place | None = None


class Script(NamedTuple):
    """What one file sets, and which names it takes away again; ``clears``: it takes away names
    that cannot be told."""

    path: str
    settings: tuple[Setting, ...] = ()
    deleted: frozenset[str] = frozenset()
    clears: bool = False
    lines: tuple[str, ...] = ()


def collision(
    variable: Setting, secret: Setting, scripts: Mapping[str, Script]
) -> Literal["", "likely", "certain"]:
    """Are both set on one Space in one run?"""
    if variable.name != secret.name or _is_taken_away(variable, scripts) or _is_taken_away(secret, scripts):
        return ""
    if variable.path == secret.path and _are_apart(variable, secret, scripts[variable.path]):
        return ""
    if variable.is_literal and secret.is_literal:
        return "certain" if variable.target == secret.target else ""
    return "certain" if (variable.path, variable.target) == (secret.path, secret.target) else "likely"


def _is_taken_away(setting: Setting, scripts: Mapping[str, Script]) -> bool:
    script = scripts[setting.path]
    return script.clears or setting.name in script.deleted


def _are_apart(variable: Setting, secret: Setting, script: Script) -> bool:
    if variable.place is not None and secret.place is not None:
        return variable.place.excludes(secret.place)
    first, last = sorted((variable.line, secret.line))
    return any(_APART.search(line) for line in script.lines[first : last - 1])


#: Values that stand where none is needed: many clients want a key for a server that asks for none.
_NO_SECRETS: Final = frozenset(
    {"", "-", "0", "1", "dummy", "empty", "fake", "false", "local", "n/a", "na", "no-key", "no-key-required",
     "none", "not-needed", "not_needed", "null", "ollama", "true", "unused"}
)  # fmt: skip


def is_public_secret(variable: Setting, scripts: Mapping[str, Script]) -> bool:
    """Is this a variable, for everybody to read, that by its name must not be known?"""
    if not is_secret_name(variable.name) or _is_taken_away(variable, scripts):
        return False
    return variable.value is None or variable.value.strip().lower() not in _NO_SECRETS
