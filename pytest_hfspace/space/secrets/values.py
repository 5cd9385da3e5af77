"""Values of settings whose names say secret: is one given away, and how is it shown?"""

from __future__ import annotations

import re
from typing import Final

from ..secret_names import is_dummy, is_secret_name
from .made_up import is_common_password

#: Where a secret is to be found, or a secret that only its owner can decrypt.
_ELSEWHERE: Final = re.compile(
    r"[$%`]|\{|<|encrypted:|ENC\[|(?:op|vault|awssm|gcpsm|ssm|secretsmanager|keyring|env|file|projects)[:/]"
    r"|arn:aws:|!|(?:~|\.{1,2})?/|[A-Za-z]:\\|[a-z][a-z0-9+.-]*://(?![^/\s]*:[^/\s]*@)",
)
_NO_TEXT: Final = re.compile(r"true|false|yes|no|on|off|auto|null|none|nil|[\d.]+|\[\]|\{\}", re.IGNORECASE)

#: A pattern, or a piece of a program.
_CODE: Final = re.compile(r"[*()\[\]{}|<>\\]|\s")

_SHORTEST: Final = 6

_CHARACTERS_SHOWN: Final = 4


def is_given_away(name: str, value: str) -> bool:
    """Does this pair tell a reader something that should have stayed secret?

    No: placeholders, words that anybody would try, references to where the value is kept,
    switches and numbers.
    """
    value = value.strip().strip("\"'").strip()
    if not is_secret_name(name) or len(value) < _SHORTEST or is_dummy(value):
        return False
    if _ELSEWHERE.match(value) or _NO_TEXT.fullmatch(value) or _CODE.search(value):
        return False
    return not is_common_password(value)


def shown(value: str) -> str:
    """Enough to find it by: its first four characters, of a short one fewer."""
    kept = value[: min(_CHARACTERS_SHOWN, len(value) // 3)]
    return "".join(char if char.isprintable() else "?" for char in kept) + "…"
