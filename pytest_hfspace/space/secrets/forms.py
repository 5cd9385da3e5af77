"""Looking twice at what has a credential's form: checksums, pairs, keys, URLs, payloads.

Each function takes the match of a rule's pattern, and gives where the value stands and what it is,
or None where it is no secret after all.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from typing import Final

from .made_up import is_common_password, is_made_up

_Found = tuple[int, str] | None

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#: Characters before and after an identifier among which its secret is looked for.
_BESIDE: Final = 400

#: A setting that is called so, and its value.
AWS_NAMED: Final = (
    r"{}[\"'\]]{{0,2}}\s{{0,9}}[=:,]{{1,2}}\s{{0,9}}[\"']?(?P<body>[A-Za-z0-9/+]{{40}})(?![\w/+=-])"
)

_AWS_SECRET: Final = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_HEX: Final = re.compile(r"(?<![A-Za-z0-9_-])[0-9a-f]{32}(?![A-Za-z0-9_-])")
_FIREBASE: Final = re.compile(
    r"authDomain|messagingSenderId|firebaseConfig|storageBucket|measurementId|firebase_url|project_info"
    r"|AUTH_DOMAIN|MESSAGING_SENDER_ID|GCM_SENDER_ID|initializeApp|maps\.googleapis\.com/maps/api/js"
)


def whole(match: re.Match[str]) -> _Found:
    """Everything that matched, if its random part is random."""
    return None if is_made_up(match["body"]) else (match.start(), match[0])


def part(match: re.Match[str]) -> _Found:
    """The random part only: what stands before it is no secret."""
    return None if is_made_up(match["body"]) else (match.start("body"), match["body"])


def checksummed(match: re.Match[str]) -> _Found:
    """GitHub's and npm's tokens end in the CRC-32 of what stands before, in base 62."""
    body, rest = match["body"][:-6], zlib.crc32(match["body"][:-6].encode())
    digits = ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return (match.start(), match[0]) if body + digits == match["body"] else None


def mixed(match: re.Match[str]) -> _Found:
    """As :func:`whole`, of capitals, small letters and digits: a hash or a name has fewer."""
    body = match["body"]
    kinds = (str.islower, str.isupper, str.isdigit)
    return whole(match) if all(any(kind(char) for char in body) for kind in kinds) else None


def google_key(match: re.Match[str]) -> _Found:
    """A key of the Google APIs, unless it is one that a browser is meant to have."""
    around = match.string[max(0, match.start() - _BESIDE) : match.end() + _BESIDE]
    return None if _FIREBASE.search(around) else whole(match)


def aws_pair(match: re.Match[str]) -> _Found:
    """The secret key beside an access key's id, which is no secret alone."""
    return None if "EXAMPLE" in match["body"] else _beside(match, _AWS_SECRET)


def twilio_pair(match: re.Match[str]) -> _Found:
    """The token beside an account's id."""
    return _beside(match, _HEX)


def _beside(match: re.Match[str], pattern: re.Pattern[str]) -> _Found:
    first = max(0, match.start() - _BESIDE)
    found = []
    for other in pattern.finditer(match.string, first, match.end() + _BESIDE):
        value = other[0]
        apart = other.end() <= match.start() or other.start() >= match.end()
        if apart and (pattern is _HEX or _is_random_base64(value)) and not is_made_up(value):
            found.append((abs(other.start() - match.start()), other.start(), value))
    return min(found)[1:] if found else None


def aws_secret(match: re.Match[str]) -> _Found:
    """The value of a setting that is called so."""
    return part(match) if _is_random_base64(match["body"]) else None


def _is_random_base64(value: str) -> bool:
    """Not hexadecimal, as a commit's name is, and not words or a path."""
    kinds = (str.islower, str.isupper, str.isdigit)
    return all(any(kind(char) for char in value) for kind in kinds) and value.count("/") <= 4


def telegram(match: re.Match[str]) -> _Found:
    """The bot's number stands before the colon that the pattern begins at."""
    number = re.search(r"\d{8,10}\Z", match.string[max(0, match.start() - 10) : match.start()])
    before = match.start() - 11
    if number is None or (before >= 0 and match.string[before].isdigit()) or is_made_up(match["body"]):
        return None
    return match.start() - len(number[0]), number[0] + match[0]


def discord_token(match: re.Match[str]) -> _Found:
    """The first part is the bot's number, in base 64."""
    return whole(match) if _decoded(match["bot"]).isdigit() else None


def service_role(match: re.Match[str]) -> _Found:
    """A JSON web token that its payload gives every right to; those of a demo open nothing."""
    try:
        payload = json.loads(_decoded(match["payload"]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or payload.get("role") != "service_role":
        return None
    return None if payload.get("iss") == "supabase-demo" else (match.start(), match[0])


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


_PEM_NOISE: Final = re.compile(r"\\r|\\n|[\s\"'`,\\]+|(?:Proc-Type|DEK-Info|Version|Comment):[^\n\\]*")
_PEM_CHUNK: Final = re.compile(r"[A-Za-z0-9+/=]{16,}")

#: An Ed25519 key has 64 characters, every other has more.
_SHORTEST_KEY: Final = 60


def private_key(match: re.Match[str]) -> _Found:
    """A key in PEM, also in a string with "\\n" in it; its first and last line alone are none."""
    text = _PEM_NOISE.sub(" ", match["body"])
    key = "".join(_PEM_CHUNK.findall(text))
    real = len(key) >= _SHORTEST_KEY and len(key) >= 0.7 * len(text.replace(" ", ""))
    if not real or len(set(key)) < 20 or "..." in text or "…" in text or "example" in text.lower():
        return None
    return match.start(), key


_NO_HOST: Final = re.compile(
    r"[^.]*|127\..*|0\.0\.0\.0|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|169\.254\..*|\[.*"
    r"|(?:.*\.)?(?:localhost|local|internal|test|example|invalid|lan|svc|docker|home|localdomain)"
    r"|(?:.*\.)?(?:example|domain|host|hostname|server|company|site|website|foo|bar|acme|somewhere|db|database)"
    r"\.(?:com|org|net|io|co|dev|name)"
    r"|.*(?:your|placeholder|dummy|mydomain|myhost|mycompany|mysite|hostname|example).*",
    re.IGNORECASE,
)
_NO_PASSWORD: Final = re.compile(r"[${}()|*\[\];,]|%(?![0-9A-Fa-f]{2})")

_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})")

_SHORTEST_PASSWORD: Final = 8
_LONG_PASSWORD: Final = 16


def url_password(match: re.Match[str]) -> _Found:
    """The password in a URL, unless it or its host is an example, or only a local service's."""
    user, host = match["user"], match["host"]
    password = _ENCODED.sub(lambda code: chr(int(code[1], 16)), match["body"])
    if _NO_HOST.fullmatch(host.partition(":")[0].rstrip(".")) or _NO_PASSWORD.search(match["body"] + user):
        return None
    if len(password) < _SHORTEST_PASSWORD or is_made_up(password) or is_common_password(password, user):
        return None
    letters = any(char.isalpha() for char in password)
    digits = any(char.isdigit() for char in password)
    mixed_case = password.lower() != password != password.upper() and len(password) >= _LONG_PASSWORD
    return (match.start("body"), match["body"]) if letters and (digits or mixed_case) else None
