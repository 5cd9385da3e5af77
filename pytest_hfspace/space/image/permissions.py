"""Who may write where in an image: owners and modes as its build leaves them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..patterns import is_pattern, matches
from .accounts import Accounts

#: The Hub runs every container as this user, whatever the Dockerfile says.  [spaces-sdks-docker]
HUB_UID: Final = 1000

#: Where Storage Buckets are usually mounted.  They exist at run time only.  [spaces-sdks-docker]
MOUNT: Final = "/data"

_TOP = ("bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin")
_USR = ("bin", "lib", "local", "local/bin", "local/lib", "local/sbin", "local/share", "sbin", "share", "src")
_VAR = ("cache", "lib", "log", "opt", "spool", "tmp")

#: What every base image has; a COPY of one file into one of these keeps the file's name.
BASE_DIRECTORIES: Final = frozenset(
    {"/", *(f"/{name}" for name in (*_TOP, "srv", "sys", "tmp", "usr", "var"))}
    | {f"/usr/{name}" for name in _USR}
    | {f"/var/{name}" for name in _VAR}
)

_SINKS = frozenset({"/dev/null", "/dev/zero", "/dev/stdout", "/dev/stderr", "/dev/tty"})
_MEMORY = ("/dev/shm",)  # noqa: S108 - in an image
_KERNEL = ("/dev", "/proc", "/sys")

_OCTAL = re.compile(r"[0-7]{1,5}\Z")
_CLAUSE = re.compile(r"([ugoa]*)([-+=])([rwxXst]*)")


class Access(NamedTuple):
    """Owner and mode of a file or directory, each None where it is not known.

    ``line``: the Dockerfile's that made it so, 0 for what the base image brings.
    """

    uid: int | None
    mode: int | None
    line: int = 0

    def allows(self, uid: int, bits: int) -> bool | None:
        """Has the user all of these of read 4, write 2, execute 1?  None: that is not known."""
        if uid == 0:
            return True
        if self.uid == uid:
            return self.mode is None or (self.mode >> 6) & bits == bits
        if self.mode is None:
            return None
        if self.mode & bits == bits:
            # an owner who is refused what others may do is nobody's intention
            return True
        in_group = (self.mode >> 3) & bits == bits
        return None if self.uid is None or in_group else False


UNKNOWN: Final = Access(None, None)
_ROOTS: Final = Access(0, 0o755)
_SPECIAL: Final[Mapping[str, Access]] = {
    "/tmp": Access(0, 0o1777),  # noqa: S108 - in an image
    "/var/tmp": Access(0, 0o1777),  # noqa: S108 - in an image
    "/root": Access(0, 0o700),
}


@dataclass
class Permissions:
    """Owners and modes of what a build makes, by image path; of other paths, those of the base.

    ``rooted``: the base image is one whose directories belong to root.  ``hidden``: below these,
    nothing of the image can be seen at run time, or what is there was not followed.
    """

    entries: dict[str, Access] = field(default_factory=dict)
    rooted: bool = False
    hidden: set[str] = field(default_factory=set)
    accounts: Accounts = field(default_factory=Accounts)
    #: what a file, and what a directory, that is made now will be
    file: Access = UNKNOWN
    directory: Access = UNKNOWN

    def clone(self) -> Permissions:
        """An independent copy."""
        return Permissions(dict(self.entries), self.rooted, set(self.hidden), self.accounts.clone())

    # -- questions

    def writable(self, path: str, uid: int = HUB_UID) -> bool | None:
        """May the user write this file, or make it and the directories above that are not there?

        Of a directory: make files in it.  None where the build does not tell.
        """
        path = posixpath.normpath(path)
        if not path.startswith("/"):
            return None
        if path in _SINKS or any(_is_below(path, place) for place in _MEMORY):
            return True
        if any(_is_below(path, place) for place in _KERNEL) or self._is_hidden(path):
            return None
        place, _ = self.nearest(path)
        if place == "/" and path.count("/") > 1 and not path.startswith("/."):
            return None  # a volume may be mounted there
        return self.allowed(path, uid)

    def allowed(self, path: str, uid: int) -> bool | None:
        """As ``writable``, of the image alone and during its build: nothing is mounted."""
        if path in _SINKS:
            return True
        place, access = self.nearest(path)
        reached = [self._reaches(above, uid) for above in _above(place)]
        if None in reached or False in reached:
            return False if False in reached else None
        return access.allows(uid, 2 if place == path and path not in BASE_DIRECTORIES else 3)

    def nearest(self, path: str) -> tuple[str, Access]:
        """The path, or the lowest directory above it that is there, and its access."""
        while path not in self.entries and path not in BASE_DIRECTORIES:
            path = posixpath.dirname(path)
        return path, self.of(path)

    def of(self, path: str) -> Access:
        """The access of one path that is there."""
        found = self.entries.get(path)
        if found is not None:
            return found
        if path in _SPECIAL and (self.rooted or path != "/root"):
            return _SPECIAL[path]
        return _ROOTS if self.rooted and path in BASE_DIRECTORIES else UNKNOWN

    def _reaches(self, directory: str, uid: int) -> bool | None:
        access = self.of(directory)
        return True if access.mode is None else access.allows(uid, 1)

    def _is_hidden(self, path: str) -> bool:
        if _is_below(path, MOUNT):
            # a volume hides what the build made; without one it counts
            place, access = self.nearest(path)
            return place == "/" or access.allows(HUB_UID, 3) is not True
        return any(_is_below(path, place) for place in self.hidden)

    def home(self, given: str | None) -> str | None:
        """What ``~`` is for the user that the Hub runs the container as; None where nobody can tell.

        ``given``: ENV HOME.  Else it is that of the passwd entry, and "/" where there is none.
        """
        if given:
            return given
        if self.accounts.name_of(HUB_UID):
            return self.accounts.home_of(HUB_UID)
        return "/" if self.rooted and self.accounts.complete else None

    # -- what instructions do

    def made_by(self, uid: int | None, line: int, mode: int | None = None) -> None:
        """From here on, what is made belongs to this user."""
        self.file = Access(uid, 0o644 if mode is None else mode, line)
        self.directory = Access(uid, 0o755 if mode is None else mode, line)

    def unsure(self, line: int) -> None:
        """From here on, nobody can tell whose it is what is made."""
        self.file = self.directory = Access(None, None, line)

    def add_file(self, path: str) -> None:
        """A file is made, or written anew."""
        self.entries[path] = self.file

    def add_directory(self, path: str) -> None:
        """A directory is made where there is none; an image that is not known may have had it."""
        if path not in self.entries and path not in BASE_DIRECTORIES:
            self.entries[path] = self.directory if self.rooted else UNKNOWN

    def bring(self, path: str) -> None:
        """Something is there that was not followed."""
        if path not in self.entries and path not in BASE_DIRECTORIES:
            self.entries[path] = self.directory

    def take_over(self, directory: str, top: str) -> None:
        """The directories of a copied tree, below its target, become the copy's."""
        while directory not in (top, "/") and self.entries.get(directory) is not self.directory:
            self.entries[directory] = self.directory
            directory = posixpath.dirname(directory)

    def remove(self, path: str) -> None:
        """A path is gone, with all below."""
        for name in list(self._named(path, deep=True)):
            self.entries.pop(name, None)

    def doubt(self) -> None:
        """A command that was not followed may have changed everything."""
        self.entries = dict.fromkeys(self.entries, UNKNOWN)
        self.rooted = self.accounts.complete = False

    def change(self, path: str, how: Callable[[Access], Access], *, deep: bool) -> None:
        """Apply chown or chmod to a path (a pattern, too), and with ``deep`` to all below."""
        if not is_pattern(path) and path not in self.entries:
            self.entries[path] = self.of(path)
        done: dict[Access, Access] = {}  # of thousands of files, few differ
        for name in list(self._named(path, deep=deep)):
            access = self.of(name)
            if access not in done:
                done[access] = how(access)
            self.entries[name] = done[access]

    def foreign(self, path: str, uid: int, *, deep: bool) -> str:
        """A path among these that belongs to somebody else for certain, or ""."""
        named = self._named(path, deep=deep) if path in self.entries or is_pattern(path) else (path,)
        owners = ((name, self.of(name).uid) for name in named)
        return next((name for name, owner in owners if owner is not None and owner != uid), "")

    def _named(self, path: str, *, deep: bool) -> Iterator[str]:
        known: Iterable[str] = [*self.entries, *(BASE_DIRECTORIES - self.entries.keys() if deep else ())]
        if not is_pattern(path):
            prefix = path.rstrip("/") + "/"
            yield from (name for name in known if name == path or (deep and name.startswith(prefix)))
            return
        below = f"{path}/**"
        yield from (name for name in known if matches(path, name) or (deep and matches(below, name)))


def owned_by(uid: int | None, line: int) -> Callable[[Access], Access]:
    """chown."""
    return lambda access: access._replace(uid=uid, line=line)


def in_mode(text: str, line: int) -> Callable[[Access], Access]:
    """chmod: octal, or clauses such as ``a+rwX``."""
    if _OCTAL.match(text):
        return lambda access: access._replace(mode=int(text, 8), line=line)
    clauses = [_CLAUSE.fullmatch(part) for part in text.split(",")]
    if not all(clauses):
        return lambda _access: Access(None, None, line)

    def changed(access: Access) -> Access:
        mode = access.mode or 0
        for clause in clauses:
            assert clause is not None
            mode = _apply(mode, clause[1] or "a", clause[2], clause[3])
        # of a mode that was not known, only what was added is
        return access._replace(mode=mode if access.mode is not None or mode & 2 else None, line=line)

    return changed


def _apply(mode: int, who: str, operator: str, what: str) -> int:
    bits = sum(bit for letter, bit in (("r", 4), ("w", 2)) if letter in what)
    bits |= 1 if "x" in what or ("X" in what and mode & 0o111) else 0
    for letter, shift in (("u", 6), ("g", 3), ("o", 0)):
        if letter in who or "a" in who:
            if operator == "=":
                mode &= ~(7 << shift)
            mode = mode & ~(bits << shift) if operator == "-" else mode | bits << shift
    return mode


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = posixpath.dirname(path)
        yield path
