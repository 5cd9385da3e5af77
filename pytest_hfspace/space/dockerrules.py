"""What BuildKit refuses in an instruction, as tables and small rules.  [moby/buildkit]"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from .dockerwords import split_words

#: Flags by instruction; "?" marks those without a value, "*" those that may be given several times.
FLAGS: Final[Mapping[str, Mapping[str, str]]] = {
    "ADD": {
        "checksum": "", "chmod": "", "chown": "", "exclude": "*", "keep-git-dir": "?", "link": "?",
        "unpack": "?",
    },
    "COPY": {"chmod": "", "chown": "", "exclude": "*", "from": "", "link": "?", "parents": "?"},
    "FROM": {"platform": ""},
    "HEALTHCHECK": {
        "interval": "", "retries": "", "start-interval": "", "start-period": "", "timeout": "",
    },
    "RUN": {"device": "*", "mount": "*", "network": "", "security": ""},
}  # fmt: skip

#: Instructions that take the words with dashes in front for their flags, and know none.
FLAGLESS: Final = frozenset(
    {
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "USER", "VOLUME",
        "WORKDIR",
    }
)  # fmt: skip

_AT_LEAST: Final[Mapping[str, int]] = {
    "ADD": 2, "ARG": 1, "COPY": 2, "ENV": 1, "EXPOSE": 1, "FROM": 1, "HEALTHCHECK": 1, "LABEL": 1,
    "MAINTAINER": 1, "ONBUILD": 1, "SHELL": 1, "STOPSIGNAL": 1, "USER": 1, "VOLUME": 1, "WORKDIR": 1,
}  # fmt: skip
_JSON: Final = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
#: In characters of one instruction; what comes after is taken as right.
_LONGEST: Final = 64 * 1024
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*\Z")
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "network": ("default", "none", "host"),
    "security": ("insecure", "sandbox"),
}
_MOUNTS: Final = ("bind", "cache", "secret", "ssh", "tmpfs")
_TYPE: Final = re.compile(r"(?:\A|,)type=([^,$]*)(?:,|\Z)")


def is_list_of_others(text: str) -> bool:
    """Is it a JSON array that holds something else than strings?"""
    if not text.startswith("["):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) and not all(isinstance(word, str) for word in value)


def flag_problem(name: str, given: list[tuple[str, str | None]]) -> str:
    """What is wrong with the flags of an instruction, "" if nothing is."""
    known = FLAGS.get(name, {})
    seen: set[str] = set()
    for flag, value in given:
        kind = known.get(flag)
        if kind is None:
            return f"{name} has no flag --{quoted(flag)}"
        if flag in seen and kind != "*":
            return f"{name} has the flag --{flag} twice"
        seen.add(flag)
        if kind == "?" and value is not None and value.lower() not in ("true", "false"):
            return f"--{flag} of {name} is true or false"
        if kind != "?" and value is None:
            return f"--{flag} of {name} needs a value: --{flag}=…"
        allowed = _VALUES.get(flag)
        if name == "RUN" and allowed is not None and value not in allowed:
            return f"--{flag} of RUN is {' or '.join(allowed)}"
        mount = _TYPE.search(value or "") if flag == "mount" else None
        if mount is not None and mount[1].lower() not in _MOUNTS:
            return f"RUN has no mount of type {quoted(mount[1])}"
    return ""


def problem(name: str, text: str, words: tuple[str, ...] | None) -> str:
    """What is wrong with an instruction, its flags left out; "" if nothing is."""
    count = len(words) if words is not None else len(text.split(None, 4))
    wanted = _AT_LEAST.get(name, 0)
    if count < wanted:
        return f"{name} needs {'an argument' if wanted == 1 else 'a source and a destination'}"
    if name in _JSON and words is None and is_list_of_others(text):
        return f"the list of {name} may hold strings only, each in double quotes"
    rule = _RULES.get(name)
    return rule(text, words) if rule is not None else ""


def _from(text: str, _words: tuple[str, ...] | None) -> str:
    parts = text.split(None, 3)
    if len(parts) not in (1, 3) or (len(parts) == 3 and parts[1].lower() != "as"):
        return "FROM takes an image, or an image AS a name"
    if len(parts) == 3 and not _STAGE_NAME.match(parts[2].lower()):
        return f"{quoted(parts[2])} is no name for a stage: it begins with a letter, without symbols"
    return ""


def _pairs(name: str) -> Callable[[str, tuple[str, ...] | None], str]:
    def rule(text: str, _words: tuple[str, ...] | None) -> str:
        written = list(split_words(text[:_LONGEST]))
        if not written or "=" not in written[0]:
            return "" if len(text.split(None, 1)) == 2 else f"{name} needs a name and a value"
        for word in written:
            if "=" not in word:
                return f"{name} has {quoted(word)} among its pairs: a value with blanks is put in quotes"
            if word.startswith("="):
                return f"{name} has a value without a name"
        return ""

    return rule


def _arg(text: str, _words: tuple[str, ...] | None) -> str:
    return "ARG has a value without a name" if text.startswith("=") else ""


def _shell(_text: str, words: tuple[str, ...] | None) -> str:
    return "" if words else 'SHELL takes a JSON list: SHELL ["/bin/bash", "-c"]'


def _volume(_text: str, words: tuple[str, ...] | None) -> str:
    return "VOLUME has an empty path" if words is not None and not all(map(str.strip, words)) else ""


def _healthcheck(text: str, _words: tuple[str, ...] | None) -> str:
    kind, rest = (*text.split(None, 1), "")[:2]
    if kind.upper() == "NONE":
        return "HEALTHCHECK NONE takes no arguments" if rest.strip() else ""
    if kind.upper() != "CMD":
        return f"HEALTHCHECK is CMD or NONE, not {quoted(kind)}"
    if is_list_of_others(rest.strip()):
        return "the list of HEALTHCHECK CMD may hold strings only, each in double quotes"
    return "" if rest.strip() else "HEALTHCHECK CMD needs a command"


def _onbuild(text: str, _words: tuple[str, ...] | None) -> str:
    trigger = text.split(None, 1)[0].upper()
    return f"ONBUILD takes no {trigger}" if trigger in ("FROM", "MAINTAINER", "ONBUILD") else ""


def _copy(text: str, words: tuple[str, ...] | None) -> str:
    written = words or tuple(split_words(text[:_LONGEST]))
    if written and re.match(r"\d*<<-?[^<]", written[-1]):
        return "a here-document can't be a destination"
    if any(word.startswith(("http://", "https://")) for word in written[:-1]):
        return "COPY takes no URL: ADD does"
    return ""


_RULES: Final[Mapping[str, Callable[[str, tuple[str, ...] | None], str]]] = {
    "ARG": _arg,
    "COPY": _copy,
    "ENV": _pairs("ENV"),
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs("LABEL"),
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "VOLUME": _volume,
}


def quoted(text: str) -> str:
    """A quotation that fits on a line and does no harm to a terminal."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[:40])
    return shown + ("…" if len(text) > 40 else "")
