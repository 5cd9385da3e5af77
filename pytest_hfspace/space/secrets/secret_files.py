"""Files that are there to hold secrets: known by their names, judged by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from .. import Space
from ..files import EXECUTABLE, REGULAR
from ..secret_names import is_dummy
from .made_up import is_common_password
from .scanner import scan, worth_reading
from .values import is_given_away

#: Bytes of such a file that are read, and how many such files.
_LARGEST: Final = 256 * 1024
_MOST: Final = 200


class SecretFile(NamedTuple):
    """``holds``: what is in it, in words ("a private key"); "" where it is harmless.  ``settings``:
    the names of the secrets that it sets.  ``line``: of the first, from 1."""

    path: str
    holds: str
    settings: tuple[str, ...] = ()
    line: int = 1


#: Looks at a file's text: what it holds, the names of its secrets, the line; None: not such a file.
_Look = Callable[[str], "tuple[str, tuple[str, ...], int] | None"]

_ASSIGNMENT: Final = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^\s#]*)",
    re.MULTILINE,
)


def _settings(text: str) -> tuple[str, tuple[str, ...], int]:
    """NAME=value lines; harmless where none of them gives a secret away."""
    found = {
        match[1]: _line(text, match.start(1))
        for match in _ASSIGNMENT.finditer(text)
        if is_given_away(match[1], match[2])
    }
    for hit in scan(text, worth_reading(text.encode("utf-8", "replace"))):
        if hit.line not in found.values():
            found[hit.setting] = hit.line
    ordered = sorted(found, key=lambda name: found[name])
    return "secrets" if ordered else "", tuple(ordered), min(found.values(), default=1)


def _exported(text: str) -> tuple[str, tuple[str, ...], int] | None:
    """As a .env, in a file that is usually tracked: no word where it is harmless."""
    found = _settings(text)
    return found if found[0] else None


def _key(text: str) -> tuple[str, tuple[str, ...], int] | None:
    """A private key; a certificate or a public key is made to be shown."""
    for hit in scan(text, worth_reading(text.encode("utf-8", "replace"))):
        if hit.rule.kind == "a private key":
            return hit.rule.kind, (), hit.line
    if text.startswith("PuTTY-User-Key-File") and "Private-Lines:" in text:
        return "a private key", (), 1
    return None


def _credentials(text: str) -> tuple[str, tuple[str, ...], int] | None:
    """JSON that a program logs in with."""
    found = _value(r'"(?:refresh_token|client_secret)"\s*:\s*"([^"\s]{16,})', "credentials")(text)
    return found or _key(text)


def _value(pattern: str, holds: str) -> _Look:
    """Harmless unless the pattern's first group is somewhere no placeholder."""

    def look(text: str) -> tuple[str, tuple[str, ...], int] | None:
        for match in re.finditer(pattern, text, re.MULTILINE):
            value = match[1].strip("\"'")
            if value and value[0] not in "$%{<" and not is_dummy(value) and not is_common_password(value):
                return holds, (), _line(text, match.start(1))
        return None

    return look


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


_NPM: Final = r"(?:_authToken|_password|npmAuthToken)\"?\s*[=:]\s*(\S+)"

#: By the end of the path, in lower case.
_KINDS: Final[tuple[tuple[str, _Look], ...]] = tuple(
    (rf"(?:.*/)?(?:{name})", look)
    for name, look in (
        (r"\.streamlit/secrets\.toml", _settings),
        (r"\.envrc|\.flaskenv", _exported),
        (r"id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*\.(?:pem|key|p8|ppk|asc|gpg)", _key),
        (r"[._]netrc", _value(r"\bpassword\s+(\S+)", "a password")),
        (r"\.pypirc", _value(r"^\s*password\s*[=:]\s*(\S+)", "a password")),
        (r"\.npmrc|\.yarnrc(?:\.yml)?", _value(_NPM, "a token")),
        (r"\.git-credentials", _value(r"://[^\s:@/]*:([^\s@/]+)@", "a password")),
        (r"\.pgpass", _value(r"^(?:[^:#\n]*:){4}(\S+)$", "a password")),
        (r"\.aws/credentials", _value(r"aws_secret_access_key\s*=\s*(\S+)", "an AWS secret key")),
        (
            r"\.docker/config\.json|\.dockerconfigjson|\.dockercfg",
            _value(r'"(?:auth|identitytoken)"\s*:\s*"([^"\s]{12,})', "a registry's password"),
        ),
        (r"kaggle\.json", _value(r'"key"\s*:\s*"([0-9a-f]{32})"', "a Kaggle key")),
        (r"\.?huggingface/(?:token|stored_tokens)", _value(r"(hf_\w{30,})", "a Hugging Face token")),
        (
            r"[^/]*(?:credential|service[-_]?account|client[-_]?secret)[^/]*\.json|token\.json",
            _credentials,
        ),
    )
)

_DOTENV: Final = re.compile(r"\.env(?:[._-].+)?|.+\.env|\.dev\.vars|\.secrets")

#: What is in the name of each: nearly every path is done with at once.
_MAYBE: Final = re.compile(
    r"env|vars|secret|id_|\.(?:pem|key|p8|ppk|asc|gpg)\Z|netrc|pypirc|npmrc|yarnrc|git-cred|pgpass|credential"
    r"|docker|kaggle|huggingface|account|token\.json"
)

#: Words of a name that say that its values are for show.
_FOR_SHOW: Final = frozenset(
    {
        "default",
        "defaults",
        "dist",
        "example",
        "examples",
        "sample",
        "schema",
        "template",
        "tmpl",
        "tpl",
        "vault",
    }
)


def read_secret_files(space: Space) -> Iterator[SecretFile]:
    """Those that git tracks, by path.  Never raises for what they contain."""
    read = 0
    likely = (path for path in space.files.tracked if _MAYBE.search(path.lower()))
    for path in sorted(likely):
        look = _look(path.lower())
        if look is None or space.files.tracked[path].mode not in {REGULAR, EXECUTABLE}:
            continue
        read += 1
        if read > _MOST:
            return
        try:
            text = space.files.text(path, _LARGEST)
        except FileNotFoundError:
            continue
        found = look(text) if "\0" not in text else None
        if found is not None:
            yield SecretFile(path, *found)


def is_secret_file(path: str) -> bool:
    """Does a file of this path hold secrets, as its name says?"""
    return _look(path.lower()) is not None


def _look(path: str) -> _Look | None:
    name = path.rpartition("/")[2]
    if not _FOR_SHOW.isdisjoint(re.split(r"[._-]", name)):
        return None
    if _DOTENV.fullmatch(name):
        return _settings
    return next((look for pattern, look in _KINDS if re.fullmatch(pattern, path)), None)
