"""The users that an image has: those of its base and those that RUN steps add."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_REGISTRY = r"(?:(?:docker\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/)?(?:library/)?"

#: Images whose files are root's and which run as root.
_ROOTED: Final = re.compile(
    rf"{_REGISTRY}(?:python|debian|ubuntu|alpine|node|nvidia/cuda|pytorch/pytorch|continuumio/miniconda3)"
    r"(?:[:@].*)?\Z"
    r"|ghcr\.io/astral-sh/uv(?:[:@].*)?\Z"
    r"|(?:docker\.io/)?tiangolo/uvicorn-gunicorn(?:-fastapi|-starlette)?(?:[:@].*)?\Z"
)
_NODE: Final = re.compile(rf"{_REGISTRY}node(?:[:@].*)?\Z")
_UBUNTU: Final = re.compile(rf"{_REGISTRY}(?:ubuntu|nvidia/cuda|pytorch/pytorch)(?:[:@](.*))?\Z")
_UBUNTU_VERSION: Final = re.compile(r"(?:\A|ubuntu)(\d\d)\.\d\d")
_EARLY_UBUNTU: Final = ("bionic", "focal", "jammy", "xenial")

#: Users that every distribution has.
_COMMON: Final = {"root": 0, "daemon": 1, "bin": 2, "www-data": 33, "nobody": 65534}
_FIRST: Final = 1000
_LAST: Final = 60_000
_SYSTEM: Final = 999
#: The first Ubuntu whose image has a user.
_WITH_USER: Final = 23

_VALUED: Final = frozenset(
    {
        "-b", "-c", "-d", "-e", "-f", "-g", "-G", "-h", "-k", "-K", "-p", "-s", "-u", "-Z", "--base-dir",
        "--comment", "--conf", "--firstgid", "--firstuid", "--gecos", "--gid", "--groups",
        "--home", "--home-dir", "--ingroup", "--lastuid", "--password", "--shell", "--skel", "--uid",
    }
)  # fmt: skip
_UID: Final = ("-u", "--uid")
_HOME: Final = ("-d", "--home", "--home-dir", "-h")


def is_rooted(base: str) -> bool:
    """Is this an image that runs as root, with nothing in it that is anybody else's?"""
    return _ROOTED.match(base) is not None


@dataclass
class Accounts:
    """``uids`` by name, None where the number is not known; ``homes`` by name.

    ``complete``: there are no users but these (and those of the system).
    """

    uids: dict[str, int | None] = field(default_factory=lambda: dict(_COMMON))
    homes: dict[str, str] = field(default_factory=lambda: {"root": "/root"})
    complete: bool = False

    @classmethod
    def of(cls, base: str) -> Accounts:
        """Those that a base image brings."""
        accounts = cls(complete=is_rooted(base))
        if _NODE.match(base):
            accounts.add("node", _FIRST, "/home/node")
        ubuntu = _UBUNTU.match(base)
        if ubuntu is not None:
            version = _UBUNTU_VERSION.search(ubuntu[1] or "")
            if version and int(version[1]) >= _WITH_USER:
                accounts.add("ubuntu", _FIRST, "/home/ubuntu")
            accounts.complete = version is not None or (ubuntu[1] or "").startswith(_EARLY_UBUNTU)
        return accounts

    def clone(self) -> Accounts:
        """An independent copy."""
        return Accounts(dict(self.uids), dict(self.homes), self.complete)

    def add(self, name: str, uid: int | None, home: str) -> None:
        """A user, or a new number for one."""
        self.uids[name], self.homes[name] = uid, home
        self.complete = self.complete and uid is not None

    def uid(self, owner: str) -> int | None:
        """The number that ``user``, ``user:group`` or a number stands for; None where it is not known."""
        name = owner.partition(":")[0]
        name = name if name in self.uids else name.partition(".")[0]
        return _number(name) if name.isdecimal() else self.uids.get(name)

    def name_of(self, uid: int) -> str:
        """The first user of this number, or ""."""
        return next((name for name, number in self.uids.items() if number == uid), "")

    def home_of(self, uid: int | None) -> str | None:
        """The home of a number's first user; None where nobody can tell."""
        name = "" if uid is None else self.name_of(uid)
        return self.homes.get(name) if name else None

    def lacks(self, uid: int) -> bool | None:
        """Is there no such user?  None where some are not known."""
        return False if self.name_of(uid) else True if self.complete else None

    def command(self, name: str, text: Sequence[str]) -> tuple[str, bool] | None:
        """Follow useradd or adduser: the user's name, and whether its home is made."""
        given, plain = _options(text)
        if not plain or (name == "adduser" and len(plain) > 1):
            return None  # "adduser user group" adds to a group
        user = plain[-1] if name == "useradd" else plain[0]
        home = next((given[option] for option in _HOME if given.get(option)), f"/home/{user}")
        flags = {option[1:] for option in given if re.fullmatch(r"-[a-zA-Z]", option)}
        system = "--system" in given or ("r" if name == "useradd" else "S") in flags
        written = next((given[option] for option in _UID if option in given), None)
        self.add(user, self._next(system=system) if written is None else _number(written), home)
        if name == "adduser":
            return user, "H" not in flags and "--no-create-home" not in given
        return user, "m" in flags or "--create-home" in given

    def _next(self, *, system: bool) -> int | None:
        if system:
            return _SYSTEM
        taken = [uid for uid in self.uids.values() if uid is not None and _FIRST <= uid < _LAST]
        return max(taken, default=_FIRST - 1) + 1 if self.complete else None

    def modify(self, text: Sequence[str]) -> None:
        """Follow usermod: another number, another home, another name."""
        given, plain = _options(text, _VALUED | {"-l", "--login"})
        user = plain[-1] if plain else ""
        if user not in self.uids:
            return
        uid, home = self.uids.pop(user), self.homes.pop(user, f"/home/{user}")
        written = next((given[option] for option in _UID if option in given), None)
        home = next((given[option] for option in _HOME if given.get(option)), home)
        name = given.get("-l") or given.get("--login") or user
        self.add(name, uid if written is None else _number(written), home)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _options(text: Sequence[str], valued: frozenset[str] = _VALUED) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and the words that are none.  ``-mu 1000`` is ``-m -u 1000``."""
    given: dict[str, str] = {}
    plain: list[str] = []
    words = iter(text)
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            plain.append(word)
        elif word.startswith("--"):
            given[name] = value if equals or name not in valued else next(words, "")
        else:
            for index, letter in enumerate(word[1:], 2):
                given[f"-{letter}"] = ""
                if f"-{letter}" in valued:
                    given[f"-{letter}"] = word[index:] or next(words, "")
                    break
    return given, plain
