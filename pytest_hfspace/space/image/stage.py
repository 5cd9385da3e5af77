"""A build stage while its instructions are followed: its files, variables and settings."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..dockerwords import expand
from .accounts import Accounts, is_rooted
from .installs import PipInstall
from .permissions import BASE_DIRECTORIES, Permissions
from .ran import CacheFill, Ran

#: The PATH of images that set none themselves.
DEFAULT_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"

#: How many paths may be looked at for one Dockerfile: no real one comes near.
_BUDGET = 2_000_000
_MOST_FILES = 200_000


class Variable(NamedTuple):
    """A variable of the image, and the instruction that sets it."""

    name: str
    value: str
    path: str
    line: int


class Copy(NamedTuple):
    """One local source of a COPY or ADD: ``found`` False where no tracked file matches it.

    A pattern that matches nothing is left out: BuildKit lets it pass.  ``owner``: ``--chown``.
    ``certain``: False where a build argument, a link or a submodule decides what is copied.
    ``instruction``: RUN for the source of a bind mount.
    """

    source: str
    target: str
    line: int
    found: bool
    owner: str = ""
    certain: bool = True
    instruction: str = "COPY"


class Command(NamedTuple):
    """A CMD or ENTRYPOINT.  Exec form: ``words`` is the array.  Shell form: ``words`` is
    ("/bin/sh", "-c", text) and ``shell`` True."""

    words: tuple[str, ...]
    shell: bool
    path: str
    line: int


@dataclass
class Budget:
    """How many paths may still be looked at, over all stages of a build."""

    left: int = _BUDGET


class Tree:
    """The files of a stage that are known: where each comes from, or what is in it."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.layout: dict[str, str] = {}
        self.made: dict[str, bytes] = {}
        self.directories: set[str] = set()
        self.permissions = Permissions()
        self.budget = budget or Budget()
        #: there was more to do than any real Dockerfile asks for
        self.exhausted = False

    def clone(self) -> Tree:
        """An independent copy, for a stage that is built on this one."""
        tree = Tree(self.budget)
        tree.layout, tree.made, tree.directories = dict(self.layout), dict(self.made), set(self.directories)
        tree.permissions = self.permissions.clone()
        tree.exhausted = self.exhausted
        tree.spend(len(tree.layout))
        return tree

    def spend(self, paths: int) -> bool:
        """May so many paths be looked at?"""
        self.budget.left -= paths
        self.exhausted = self.exhausted or self.budget.left < 0 or len(self.layout) > _MOST_FILES
        return not self.exhausted

    def __contains__(self, path: str) -> bool:
        return path in self.layout or path in self.made

    def put(self, path: str, content: str | bytes) -> None:
        """A file: the repository path that it comes from, or its bytes."""
        self.layout.pop(path, None)
        self.made.pop(path, None)
        if isinstance(content, str):
            self.layout[path] = content
        else:
            self.made[path] = content
        self.permissions.add_file(path)
        self.add_directory(posixpath.dirname(path))

    def add_directory(self, path: str) -> None:
        """A directory, and those above it."""
        while path not in self.directories and path != "/":
            self.directories.add(path)
            self.permissions.add_directory(path)
            path = posixpath.dirname(path)

    def is_directory(self, path: str) -> bool:
        """Is it known to be a directory?"""
        return path in BASE_DIRECTORIES or path in self.directories

    def below(self, path: str) -> dict[str, str | bytes]:
        """The file at this path, or the files below it."""
        # a look at a name costs a fraction of what placing a file does
        if not self.spend((len(self.layout) + len(self.made)) // 8 + 1):
            return {}
        prefix = path.rstrip("/") + "/"
        known: tuple[Mapping[str, str | bytes], ...] = (self.layout, self.made)
        return {
            name: content
            for files in known
            for name, content in files.items()
            if name == path or name.startswith(prefix)
        }

    def remove(self, path: str) -> None:
        """What rm -r does."""
        for name in self.below(path):
            self.layout.pop(name, None)
            self.made.pop(name, None)
        self.permissions.remove(path)


@dataclass
class Stage:
    """``args`` are seen by the build only, ``env`` by the container too.  ``places``: directories
    that hold installed packages, which nothing of the repository comes from.  ``projects``: those
    of the repository's own packages that are installed in place.  ``mounts``: sources of bind mounts.
    ``system``: the packages of the distribution that were installed, None where that is not known."""

    path: str = "Dockerfile"
    escape: str = "\\"
    tree: Tree = field(default_factory=Tree)
    args: dict[str, str] = field(default_factory=dict)
    env: dict[str, Variable] = field(default_factory=dict)
    workdir: str = "/"
    user: str = ""
    base: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    entrypoint: Command | None = None
    command: Command | None = None
    command_is_own: bool = False
    copies: list[Copy] = field(default_factory=list)
    installs: list[PipInstall] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    projects: list[str] = field(default_factory=list)
    not_followed: list[str] = field(default_factory=list)
    mounts: list[Copy] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    caches: list[CacheFill] = field(default_factory=list)
    system: set[str] | None = field(default_factory=set)

    @classmethod
    def on(cls, base: str, budget: Budget) -> Stage:
        """A stage that begins with an image from elsewhere."""
        stage = cls(base=base, tree=Tree(budget))
        permissions = stage.tree.permissions
        permissions.rooted, permissions.accounts = is_rooted(base), Accounts.of(base)
        for name, home in permissions.accounts.homes.items():
            permissions.made_by(permissions.accounts.uids[name], 0)
            permissions.add_directory(home)
        return stage

    @property
    def permissions(self) -> Permissions:
        """Who may write where, as of now."""
        return self.tree.permissions

    @property
    def uid(self) -> int | None:
        """The user that RUN steps run as now, None where that is not known."""
        if not self.user:
            return 0 if is_rooted(self.base) else None
        return self.permissions.accounts.uid(self.user)

    @property
    def is_root(self) -> bool | None:
        """Do RUN steps run as root now?"""
        if not self.user:
            return True if is_rooted(self.base) else None
        return self.user.partition(":")[0] in ("root", "0")

    def derive(self) -> Stage:
        """The state in which a stage that is built FROM this one begins."""
        return replace(
            self,
            tree=self.tree.clone(),
            args={},
            env=dict(self.env),
            command_is_own=False,
            copies=[],
            installs=[],
            places=set(self.places),
            projects=list(self.projects),
            not_followed=list(self.not_followed),
            mounts=[],
            ran=[],
            caches=list(self.caches),
            system=None if self.system is None else set(self.system),
        )

    @property
    def values(self) -> dict[str, str]:
        """The variables that instructions are expanded with: ENV hides ARG."""
        return {
            "PATH": DEFAULT_PATH,
            **self.args,
            **{name: variable.value for name, variable in self.env.items()},
        }

    def expand(self, text: str) -> str:
        """A word of an instruction with its variables replaced."""
        return expand(text, self.values, self.escape)

    def resolve(self, path: str, cwd: str | None = None) -> str:
        """An absolute, clean image path."""
        return absolute(path, self.workdir if cwd is None else cwd)

    def give_up(self, line: int, what: str) -> None:
        """Note what could not be followed."""
        self.not_followed.append(f"line {line}: {what}")


def absolute(path: str, cwd: str) -> str:
    """A path as seen from a directory, absolute and clean."""
    joined = posixpath.normpath(posixpath.join("/", cwd, path))
    # POSIX keeps two leading slashes apart from one; images do not
    return "/" + joined.lstrip("/")


def shown(text: str, longest: int = 60) -> str:
    """A quotation that fits on a line."""
    flat = " ".join(text[: longest * 4].split())
    flat = "".join(char if char.isprintable() else "\ufffd" for char in flat)
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
