"""Failures that say nothing of the Space, because only the rehearsal brought them about."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..space import Space
from ..space.attributes import stored_in_lfs
from ..space.content import LONGEST_POINTER, pointer
from ..space.git import GitError
from ..space.image.permissions import MOUNT
from ..space.mounts import is_mounted, makes_mount, mount_documented
from .facts import FileUse, Raised, chain
from .layout import Layout
from .leftovers import left_over
from .log import Log
from .ownership import is_certain, is_refused

#: exceptions that no value of a setting brings about
_UNRELATED = {
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "IndentationError",
    "NameError",
    "AttributeError",
}
_NETWORK = re.compile(
    r"ConnectionError|ConnectionRefused|ConnectError|ConnectTimeout|gaierror|Timeout|OperationalError"
    r"|InterfaceError|ServerSelection|NetworkError|APIConnection|NoBrokers|socket\.error"
)
_ABSENT_FILE = re.compile(r"No such file|does not exist|not found|cannot find|could not find", re.IGNORECASE)
_NO_MODULE = re.compile(r"No module named '?(\w+)")
_NO_DATABASE = "unable to open database file"
_DENIED = re.compile(r"Permission denied|Read-only file system")
#: files in which an app may name its database, and how many of them are read how far
_NAMING = (".py", ".ini", ".toml", ".cfg")
_MOST_READ = 200
_LONGEST_READ = 200_000
_PATH = re.compile(r"/[\w.@+-]+(?:/[\w.@+-]+)*")
#: how an app asks whether a directory is there
_ASKS = re.compile(r"\b(?:access|exists|is_dir|is_mount|isdir|ismount)\b")
_QUOTED_PATH = re.compile(r"['\"](/[^'\"\n]+)['\"]")


@dataclass(frozen=True)
class Excuses:
    """What this machine lacks or adds, in comparison with the Space."""

    space: Space
    layout: Layout
    here: str
    missing_packages: tuple[str, ...]
    stand_ins: Mapping[str, str]
    files: tuple[FileUse, ...] = ()
    missing_beside: tuple[str, ...] = ()

    def wanted_beside(self, error: Raised) -> tuple[str, ...]:
        """What the SDK itself or a declared extra brings, is not installed here, and was asked for."""
        found = (
            _NO_MODULE.search(link.message)
            for link in chain(error)
            if link.kind in ("ModuleNotFoundError", "ImportError")
        )
        modules = {match[1].lower() for match in found if match}
        return tuple(
            name
            for name in self.missing_beside
            if modules & {name.replace("-", "_"), *(each.lower() for each in _MODULES.get(name, ()))}
        )

    def start(self, error: Raised, log: Log, output: str = "") -> str:
        """Why a start that ended so tells nothing, or "".  ``output``: its last lines, which tell
        of a command before the server what no exception does."""
        printed = self._database(output) if error.kind == "SystemExit" else ""
        return (
            self.common(error)
            or printed
            or self._pointer(error, log.files)
            or self._stand_in(error)
            or self._network(error, log.connects)
            or self._gave_up(error, log)
        )

    def waiting(self, log: Log) -> str:
        """The same for a start that does not end: a command before the server may wait for another host."""
        hosts = [each for each in log.connected if each.phase == "launch"] if log.before else []
        if not hosts:
            return ""
        return f"`{log.before}` waits for {hosts[-1].host}:{hosts[-1].port}, which does not answer here"

    def _gave_up(self, error: Raised, log: Log) -> str:
        """A command before the server that has caught what went wrong, and only exits."""
        told = chain(error)
        is_exit = len(told) > 1 and all(link.kind == "SystemExit" for link in told)
        target = next((each for each in log.connects if not _is_own(each)), "")
        if not (log.before and is_exit and target):
            return ""
        return f"`{log.before}` ended after it had tried {target}, which may not answer here"

    def common(self, error: Raised) -> str:
        """The excuses that hold in every phase."""
        if reason := left_over(error, self.files, self.layout.temporary):
            return reason
        links = chain(error)
        for link in links:
            if reason := self._of_link(link):
                return reason
        wanted = self.space.image.python if self.space.image is not None else None
        older = bool(wanted) and _release(self.here) < _release(wanted or "")
        if older and links[0].kind == "SyntaxError":
            return f"the Space runs Python {wanted}, and this is Python {self.here}"
        return ""

    def _of_link(self, error: Raised) -> str:
        return (
            self._package(error)
            or self._console_script(error)
            or self._absolute_path(error)
            or self._database(error.message)
            or self._outside(error)
            or self._image_step(error)
        )

    def _package(self, error: Raised) -> str:
        if error.kind not in ("ModuleNotFoundError", "PackageNotFoundError", "ImportError"):
            return ""
        words = {word.lower().replace("_", "-") for word in re.findall(r"[\w.-]+", error.message)}
        for name in self.missing_packages:
            provided = {name, *(module.lower().replace("_", "-") for module in _MODULES.get(name, ()))}
            if provided & {part for word in words for part in (word, word.partition(".")[0])}:
                return f"{name} is declared but not installed here"
        return next((f"{name} is not installed here" for name in self.wanted_beside(error)), "")

    def _console_script(self, error: Raised) -> str:
        """A program that comes first and that is not here: something declared may bring it."""
        if error.kind != "NotInstalled":
            return ""
        script = error.message.partition(" ")[0]
        name = _SCRIPTS.get(script, script)
        if name in self.missing_packages:
            return f"{name} is declared but not installed here"
        requirements = self.space.requirements
        declared = any(each.name == name for each in requirements.declared)
        return error.message if declared or self.missing_packages or not requirements.complete else ""

    def _absolute_path(self, error: Raised) -> str:
        if not (_ABSENT_FILE.search(error.message) or _DENIED.search(error.message)):
            return ""
        for path in _PATH.findall(error.message):
            if is_refused(self.space.image, path):
                continue
            if self.layout.image_path(path) is None and self.layout.inside(path).exists():
                return f"the app opens {path}, which exists in the image but not on this machine"
        return ""

    def _outside(self, error: Raised) -> str:
        """A write outside the image's files, which a rehearsal refuses lest it changes this machine."""
        quoted = _QUOTED_PATH.findall(error.message)
        paths = [path for path in quoted if _DENIED.search(error.message)]
        if _NO_DATABASE in error.message:
            paths += [use.path for use in self.files if use.write and use.where in (None, error.where)]
        for path in (*quoted, *paths):
            if is_mounted(path) and self._asks_for_mount():
                return f"{MOUNT} is on this machine, and the app asks whether it is there"
        for path in paths:
            elsewhere = path.startswith("/") and self.layout.image_path(path) is None
            if elsewhere and not is_refused(self.space.image, path) and not self._is_assumed(path):
                return f"the app writes {path}, and a rehearsal leaves this machine as it is"
        return ""

    def _asks_for_mount(self) -> bool:
        """Does it take a way here that it would not take on a Space without a volume?"""
        if not Path(MOUNT).exists():
            return False
        sources = sorted(name for name in set(self.layout.files.values()) if name.endswith(".py"))
        return any(_ASKS.search(self._source(name)) for name in sources[:_MOST_READ])

    def _is_assumed(self, path: str) -> bool:
        """Is it below a mount that nothing makes, so that it fails on the Space as well?"""
        space = self.space
        if not is_mounted(path) or makes_mount(space) is not False or mount_documented(space.files):
            return False
        return is_certain(space.image) or space.sdk == "gradio" or posixpath.dirname(path) != "/"

    def _database(self, said: str) -> str:
        """SQLite does not say which file: the repository may name one that only the image has room for."""
        if _NO_DATABASE not in said:
            return ""
        for path in self._named_paths():
            directory = posixpath.dirname(path)
            if is_refused(self.space.image, path):
                continue
            if directory != "/" and self.layout.inside(directory).is_dir() and not Path(directory).is_dir():
                return f"the app opens {path}, whose directory exists in the image but not on this machine"
        return ""

    def _named_paths(self) -> Iterator[str]:
        """The absolute paths that stand in the image's sources and variables."""
        if self.space.image is not None:
            for variable in self.space.image.env.values():
                yield from _PATH.findall(variable.value)
        sources = sorted(name for name in set(self.layout.files.values()) if name.endswith(_NAMING))
        for name in sources[:_MOST_READ]:
            yield from _PATH.findall(self._source(name))

    def _source(self, name: str) -> str:
        try:
            return self.space.files.text(name, _LONGEST_READ)
        except OSError:  # a link that leads nowhere
            return ""

    def _image_step(self, error: Raised) -> str:
        image = self.space.image
        if image is None or not image.not_followed or not _ABSENT_FILE.search(error.message):
            return ""
        return f"the app needs a file that a build step may make ({image.not_followed[0]})"

    def _pointer(self, error: Raised, files: Iterable[FileUse]) -> str:
        """A file that is in LFS, and that the Hub would put in the place of its pointer."""
        lines = {link.where for link in chain(error)}
        for use in files:
            source = self.layout.files.get(use.path, "") if use.where in lines and use.found else ""
            if not source:
                continue
            with contextlib.suppress(OSError, GitError):
                files_here = self.space.files
                if pointer(files_here.read(source, LONGEST_POINTER)) and stored_in_lfs(
                    files_here.root, [source], is_git=files_here.is_git
                ):
                    return f"{source} is an LFS pointer here: git lfs pull"
        return ""

    def _stand_in(self, error: Raised) -> str:
        if not self.stand_ins or any(link.kind in _UNRELATED for link in (error, *_of_aside(error))):
            return ""
        names = ", ".join(self.stand_ins)
        return f"start-up needs a real value of {names}: give one with --hfspace-env NAME=VALUE"

    def _network(self, error: Raised, connects: Iterable[str]) -> str:
        if not is_network(error):
            return ""
        for target in connects:
            if not _is_own(target):
                return f"start-up needs {target}, which could not be reached from here"
        return ""


def _release(version: str) -> tuple[int, ...]:
    """(3, 12) of "3.12.1"; of less what there is."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _is_own(target: str) -> bool:
    """Is "host:port" this machine's?"""
    host = target.rpartition(":")[0]
    return host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0")  # noqa: S104 - compared


def _of_aside(error: Raised) -> list[Raised]:
    """What ended a command before the server: the exit that follows from it says nothing itself."""
    return [error.cause] if error.kind == "SystemExit" and error.cause is not None else []


def is_network(error: Raised) -> bool:
    """Is this about a peer that cannot be reached?"""
    return any(_NETWORK.search(kind) for link in chain(error) for kind in link.kinds)


#: Programs whose distributions have other names.
_SCRIPTS = {"django-admin": "django", "yoyo": "yoyo-migrations"}

#: Distributions whose modules have another name; the others provide one of their own.
_MODULES: dict[str, tuple[str, ...]] = {
    "beautifulsoup4": ("bs4",),
    "google-generativeai": ("google",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "pillow": ("PIL",),
    "psycopg2-binary": ("psycopg2",),
    "pyjwt": ("jwt",),
    "python-dateutil": ("dateutil",),
    "python-decouple": ("decouple",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-multipart": ("multipart", "python_multipart"),
    "pyyaml": ("yaml",),
    "scikit-learn": ("sklearn",),
    "faiss-cpu": ("faiss",),
    "fastapi-cli": ("fastapi_cli",),
    "sentence-transformers": ("sentence_transformers",),
}
