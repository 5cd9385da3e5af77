"""Is a text made up for an example?  Real credentials are random; what people invent is not."""

from __future__ import annotations

import re
from typing import Final

from ..secret_names import is_dummy

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "1234567890"

#: What fingers and minds type in order, forwards and backwards.
_ROWS: Final = (
    _LETTERS * 2 + "0123456789" * 2 + _LETTERS,
    _DIGITS * 2 + _LETTERS,
    _LETTERS + _DIGITS,
    "0123456789abcdef" * 2,
    "qwertyuiopasdfghjklzxcvbnm",
    "".join(f"{letter}{digit}" for letter, digit in zip(_LETTERS, _DIGITS * 3, strict=False)),
    "".join(f"{digit}{letter}" for letter, digit in zip(_LETTERS, _DIGITS * 3, strict=False)),
)

#: Characters in order that do not come about by chance.
_RUN: Final = 8
_IN_ORDER: Final = frozenset(
    row[i : i + _RUN]
    for forward in _ROWS
    for row in (forward, forward[::-1])
    for i in range(len(row) - _RUN + 1)
)

_CAPITALS: Final = re.compile(r"[A-Z]{2}")
_REPEATED: Final = re.compile(r"(.)\1{5}")
_WORDS: Final = re.compile(
    r"example|placeholder|dummy|fake|sample|redact|changeme|replace|your|insert|notreal|notareal|invalid"
    r"|test|demo|mytoken|mysecret|mykey|apikey|tokenhere|keyhere|deadbeef|foobar|lorem|hidden|masked",
    re.IGNORECASE,
)

#: As other characters pass for letters in passwords that are none.
_LEET: Final = str.maketrans("01345789$@!+", "oieastbgsait")
_COMMON: Final = re.compile(
    r"pass(?:word|wort|wd|phrase)?|super|secret|secure|admin(?:istrator)?|root|user(?:name)?|guest|postgres(?:ql)?"
    r"|mysql|mongo(?:db)?|redis|rabbit(?:mq)?|minio|neo|database|changeme|change|default|welcome|letmein|qwerty"
    r"|example|test(?:ing)?|demo|sample|dummy|fake|your|my|some|strong|token|key|here|the|a|an|pw|pwd|dev|local"
    r"|prod|app|api|foo|bar|baz|abc|xyz|hello|world|login|this|is|not|real|insecure|very|and|of|for|in"
)

_FEWEST_DIFFERENT: Final = 8


def is_made_up(body: str) -> bool:
    """Does the part of a token that should be random follow a pattern, or speak to its reader?"""
    if len(set(body)) < min(_FEWEST_DIFFERENT, len(body) // 2) or _REPEATED.search(body):
        return True
    if is_dummy(body) or _WORDS.search(body):
        return True
    return _in_order(body.lower()) or _periodic(body) or _is_words(body)


def is_common_password(password: str, user: str = "") -> bool:
    """Is it a word that everybody tries first, however it is spelled, or the user's own name?"""
    plain = _letters(password.lower().translate(_LEET))
    bare = _letters(password.lower())
    if user and _letters(user.lower()) in (plain, bare):
        return True
    return any(len(_COMMON.sub("", letters)) < 3 for letters in (plain, bare))


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha())


def _in_order(lower: str) -> bool:
    plain = "".join(char for char in lower if char.isalnum())
    return any(plain[i : i + _RUN] in _IN_ORDER for i in range(len(plain) - _RUN + 1))


def _periodic(body: str) -> bool:
    """abc123abc123abc123: the same again and again."""
    return any(body[period:] == body[:-period] for period in range(1, len(body) // 2 + 1))


def _is_words(body: str) -> bool:
    """Letters only, and not mixed as chance mixes them: lower case, upper case, or CamelCase."""
    if any(char.isdigit() for char in body):
        return False
    letters = _letters(body)
    if letters in (letters.lower(), letters.upper()):
        return True
    return _CAPITALS.search(letters) is None and 3 * sum(map(str.isupper, letters)) < len(letters)
