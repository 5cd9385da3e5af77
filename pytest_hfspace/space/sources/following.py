"""From the entry point along the imports to every file of the app."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from .. import Space
from ..command import of_base
from ..modules import Finder, Found, image_files, import_path
from . import Import, Sources
from .entries import Entry, entries
from .imports import Module, imports_of
from .parsing import LARGEST_FILE, Budget, NotParsed, Trees, parse
from .paths import Paths, added_folders

_CHANGES_PATH: Final = re.compile(rb"\bsys\.path|addsitedir")


class _File(NamedTuple):
    """A file of the image that is to be read."""

    path: str
    module: Module
    certain: bool


class _Wanted(NamedTuple):
    """A module that was not found yet: a file that is read later may change the search path."""

    statement: Import
    certain: bool


class Follower:
    """Reads a Space's sources once."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.sources = image_files(space)
        self.finder = Finder(frozenset(self.sources), import_path(space))
        self.cwd = space.command.cwd if space.command else "/"
        self.budget = Budget()
        self.certain: deque[_File] = deque()
        self.uncertain: deque[_File] = deque()
        self.met: set[tuple[str, bool]] = set()
        self.app: dict[str, None] = {}
        self.surely: set[str] = set()
        self.imports: dict[str, tuple[Import, ...]] = {}
        self.parsed: list[str] = []
        self.wanted: list[_Wanted] = []
        self.taken: list[tuple[Import, str]] = []
        self.unknown = ""
        self.elsewhere = False

    def follow(self) -> Sources:
        """The app, as far as it can be followed."""
        self._begin()
        while self.certain or self.uncertain:
            file = (self.certain or self.uncertain).popleft()
            source = self.sources[file.path]
            if not source or source in self.app:
                continue
            self.app[source] = None
            if file.certain:
                self.surely.add(source)
            self._read(file, source)
        self._look_for_hidden()
        return Sources(
            app=tuple(self.app),
            imports=self.imports,
            trees=Trees(self.space.files, self.parsed),
            unknown=self.unknown,
            certain=frozenset(self.surely),
            folders=tuple(self.finder.folders),
            absent=(*(wanted.statement for wanted in self.wanted), *self._absent_names()),
            elsewhere=self.elsewhere,
        )

    def _say(self, reason: str) -> None:
        self.unknown = self.unknown or reason

    # -- the entry

    def _begin(self) -> None:
        command = self.space.command
        if self.space.image is None:
            self._say("a static Space runs no process" if self.space.sdk == "static" else "there is no image")
            return
        if command is None:
            self._say(of_base(self.space.image) or "there is no start command")
            return
        started = False
        for entry in entries(self.space):
            started = self._enter(entry)
        if command.runner is None:
            self._say(command.reason or "the start command is not understood")
        elif not started and (command.module or "").partition(".")[0] in sys.stdlib_module_names:
            self._say(f"{command.module} is a program of Python itself, not the repository's")
        elif not started:
            self._say("what the start command runs is not in the image, as far as its build is followed")

    def _enter(self, entry: Entry) -> bool:
        if entry.script:
            if entry.script not in self.sources:
                return False
            folder = posixpath.dirname(entry.script)
            if entry.is_main and folder not in self.finder.folders:
                self.finder.folders.append(folder)
            self._add(_File(entry.script, self._module_of(entry), certain=True))
            return True
        found = self._follow_name(entry.module, certain=True)
        if entry.is_main and found.complete and found.folders:
            found = self.finder.find(f"{entry.module}.__main__")
        if entry.is_main and found.files:
            path, name = found.files[-1]
            self._add(_File(path, Module(name, is_main=True), certain=True), first=True)
        return found.complete and bool(found.files)

    def _module_of(self, entry: Entry) -> Module:
        """The name of a file that is given by its path: relative imports go by it."""
        if entry.is_main:
            return Module("__main__", is_main=True)
        for folder in self.finder.folders:
            if entry.script.startswith(f"{folder.rstrip('/')}/"):
                relative = posixpath.relpath(entry.script, folder).removesuffix(".py")
                return _named(entry.script, relative.replace("/", ".").removesuffix(".__init__"))
        return Module(posixpath.basename(entry.script).removesuffix(".py"))

    # -- a file

    def _add(self, file: _File, *, first: bool = False) -> None:
        key = (file.path, file.certain)
        if not first and (key in self.met or (file.path, True) in self.met):
            return
        self.met.add(key)
        queue = self.certain if file.certain else self.uncertain
        if first:
            queue.appendleft(file)
        else:
            queue.append(file)

    def _read(self, file: _File, source: str) -> None:
        self.imports[source] = ()
        try:
            tree, text = parse(self.space.files, source, self.budget)
        except NotParsed as problem:
            self._say(str(problem))
            return
        self.parsed.append(source)
        if _CHANGES_PATH.search(text):
            self._change_search_path(tree, file, source)
        found = []
        for seen in imports_of(tree, text, file.module):
            if seen.computed:
                self._say(f"{source!a}, line {seen.line}, computes the name of a module")
                continue
            statement = Import(seen.module, source, seen.line, seen.names, seen.deferred, seen.optional)
            found.append(statement)
            self._follow(statement, certain=file.certain and not seen.deferred and not seen.optional)
        self.imports[source] = tuple(found)

    def _change_search_path(self, tree: ast.Module, file: _File, source: str) -> None:
        added = False
        for folder, line in added_folders(tree, Paths(tree, file.path, self.cwd)):
            if folder is None:
                self.elsewhere = True
                self._say(f"{source!a}, line {line}, computes a directory of sys.path")
            elif folder not in self.finder.folders:
                self.finder.folders.append(folder)
                added = True
        if added:
            wanted, self.wanted = self.wanted, []
            for statement, certain in wanted:
                self._follow(statement, certain=certain)

    # -- a name

    def _follow(self, statement: Import, *, certain: bool) -> None:
        found = self._follow_name(statement.module, certain=certain)
        if not found.complete:
            self.wanted.append(_Wanted(statement, certain))
            return
        if found.folders:  # what ``from`` takes of a package may be a module in it
            package = found.files[-1] if found.files else ("", "")
            is_regular = package[1] == statement.module
            for name in statement.names:
                taken = self._follow_name(f"{statement.module}.{name}", certain=certain)
                if not taken.complete:
                    self.taken.append((statement._replace(names=(name,)), package[0] if is_regular else ""))

    def _absent_names(self) -> Iterator[Import]:
        """Modules that ``from`` takes of packages which do not have that name in themselves either."""
        texts: dict[str, bytes] = {}
        for statement, package in self.taken:
            source = self.sources[package] if package else ""
            if package and package not in texts:
                texts[package] = self._text(source)
            text = texts.get(package, b"")
            name = statement.names[0]
            if name != "*" and not re.search(rb"\b%b\b|__getattr__|import\s*\*" % name.encode(), text):
                yield statement._replace(module=f"{statement.module}.{name}", names=())

    def _text(self, source: str) -> bytes:
        try:
            return self.space.files.read(source, LARGEST_FILE) if source else b"__getattr__"
        except OSError:
            return b"__getattr__"  # it may have any name

    def _follow_name(self, module: str, *, certain: bool) -> Found:
        if not module or module.startswith(".") or module.partition(".")[0] in sys.builtin_module_names:
            return Found()
        found = self.finder.find(module)
        for path, name in found.files:
            self._add(_File(path, _named(path, name), certain))
        return found

    def _look_for_hidden(self) -> None:
        """Imports of what the repository has, though not where the part of the image lies that is known."""
        image = self.space.image
        if image is None or not image.not_followed:
            return
        own = {part for path in self.space.files.tracked if path.endswith(".py") for part in _tops(path)}
        for statement, _ in self.wanted:
            module = statement.module
            if module.partition(".")[0] in own:
                self.elsewhere = True
                self._say(f"{module} is not where the image is known: {image.not_followed[0]}")
                return


def _named(path: str, name: str) -> Module:
    return Module(name, is_package=path.endswith("/__init__.py"))


def _tops(path: str) -> tuple[str, ...]:
    """Names under which a file, or a folder above it, could be imported."""
    return tuple(path.removesuffix(".py").split("/"))
