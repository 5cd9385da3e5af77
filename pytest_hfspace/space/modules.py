"""Where the start command finds modules: Python's search, in the image's layout."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from . import Space

_ENDINGS = (".py", "/__init__.py", "/__main__.py")

#: Places that are told apart: a COPY makes one.
_MOST_PLACES = 100


def search_path(space: Space) -> list[str]:
    """The image's directories in which the start command looks for its target."""
    command, image = space.command, space.image
    if command is None or image is None:
        return []
    words = command.words
    given = [words[i + 1] for i in range(len(words) - 1) if words[i] in ("--app-dir", "--chdir")]
    given += [word.partition("=")[2] for word in words if word.startswith(("--app-dir=", "--chdir="))]
    given += [command.app_dir] if command.app_dir else []
    return _absolute(space, [command.cwd, *given, *_python_path(space)])


def import_path(space: Space) -> list[str]:
    """The image's directories of the repository's own code in the app's ``sys.path``.

    Like :func:`search_path`, but for a program that lies elsewhere: ``python src/main.py`` looks in
    ``src``, and not where it is started.
    """
    command, image = space.command, space.image
    if command is None or image is None or command.script is None:
        return search_path(space)
    script = posixpath.normpath(posixpath.join(command.cwd, command.script))
    folder = posixpath.dirname(script)
    if command.runner == "fastapi":
        while f"{folder}/__init__.py" in image.layout:
            folder = posixpath.dirname(folder)
    return _absolute(space, [folder, *_python_path(space)])


def _python_path(space: Space) -> list[str]:
    variable = space.image.env.get("PYTHONPATH") if space.image else None
    own = space.command.env.get("PYTHONPATH") if space.command else None
    return [*filter(None, (own or (variable.value if variable else "")).split(":"))]


def _absolute(space: Space, folders: Iterable[str]) -> list[str]:
    cwd = space.command.cwd if space.command else "/"
    return [*dict.fromkeys(posixpath.normpath(posixpath.join(cwd, folder)) for folder in folders)]


def module_file(space: Space, module: str) -> str | None:
    """The repository's path of a module that the start command can import, or None."""
    layout = space.image.layout if space.image else {}
    relative = module.replace(".", "/")
    for folder in search_path(space):
        for ending in _ENDINGS:
            found = layout.get(posixpath.join(folder, relative + ending))
            if found:
                return found
    return None


def entry_file(space: Space) -> str:
    """The file that a failure without a line is shown at: the target's, or the command's."""
    command = space.command
    if command is None:
        return ""
    if command.script and space.image:
        found = space.image.layout.get(posixpath.normpath(posixpath.join(command.cwd, command.script)))
        if found:
            return found
    named = (command.target or command.module or space.app).partition(":")[0]
    return module_file(space, named) or command.path


class Found(NamedTuple):
    """What importing a module loads.

    ``files``: image paths with the names that they are loaded under, outermost package first.
    ``complete``: the module itself is there, and not only packages above it.  ``folders``: where
    its submodules lie; none for a plain module.
    """

    files: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    folders: tuple[str, ...] = ()


@dataclass
class Finder:
    """Python's search for modules, over the files of an image.

    ``files``: those that there are, by absolute path.  ``folders``: the directories to search.
    """

    files: frozenset[str]
    folders: list[str]
    _directories: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for path in self.files:
            parent = posixpath.dirname(path) if path.endswith(".py") else ""
            while len(parent) > 1 and parent not in self._directories:
                self._directories.add(parent)
                parent = posixpath.dirname(parent)

    def find(self, module: str) -> Found:
        """A regular package or module before a directory that is only a namespace, as Python does."""
        files: list[tuple[str, str]] = []
        folders = tuple(self.folders)
        parts = module.split(".")
        for depth, part in enumerate(parts, 1):
            path, folders = self._step(part, folders)
            if path:
                files.append((path, ".".join(parts[:depth])))
            if not path and not folders:
                return Found(tuple(files), complete=False)
        return Found(tuple(files), folders=folders)

    def _step(self, name: str, folders: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """The file that this name stands for in these directories, and where to look from there."""
        spaces = []
        for folder in folders:
            place = posixpath.join(folder, name)
            if f"{place}/__init__.py" in self.files:
                return f"{place}/__init__.py", (place,)
            if f"{place}.py" in self.files:
                return f"{place}.py", ()
            if place in self._directories:
                spaces.append(place)
        return "", tuple(spaces)


def image_files(space: Space) -> Mapping[str, str]:
    """The repository's path of every file of the image, "" for those that the Dockerfile itself makes."""
    image = space.image
    return {} if image is None else {**dict.fromkeys(image.made, ""), **image.layout}


def repository_paths(space: Space, image_path: str) -> list[str]:
    """Where the repository would have to have a file for it to lie there in the image: the likeliest first.

    Told by the files that the build does put there: nothing where it puts none.
    """
    found = [
        posixpath.normpath(posixpath.join(source, image_path[len(place) :].lstrip("/")))
        for place, source in _places(space)
        if place in ("/", image_path) or image_path.startswith(f"{place}/")
    ]
    return [path for path in dict.fromkeys(found) if not path.startswith(("../", "/")) and path != ".."]


class _Layout:
    """A layout as a key: by what it is, not by what is in it."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Layout) and self.files is other.files

    def __hash__(self) -> int:
        return id(self.files)


def _places(space: Space) -> list[tuple[str, str]]:
    """Directories of the image with those of the repository that they are copies of, deepest first."""
    return _places_of(_Layout(space.image.layout)) if space.image else []


@lru_cache(maxsize=2)
def _places_of(layout: _Layout) -> list[tuple[str, str]]:
    known: dict[tuple[str, str], None] = {}
    for path, source in layout.files.items():
        if any(path == _inside(place, folder, source) for place, folder in known):
            continue
        known[_common(path, source)] = None
        if len(known) >= _MOST_PLACES:
            break
    return sorted(known, key=lambda pair: -len(pair[0]))


def _inside(place: str, folder: str, source: str) -> str:
    """Where a copy of a directory has a file; "" for one that is not in that directory."""
    if folder and not source.startswith(f"{folder}/"):
        return ""
    return f"{place.rstrip('/')}/{source[len(folder) :].lstrip('/')}"


def _common(path: str, source: str) -> tuple[str, str]:
    """Both without the names that they end in alike; at least the file's own goes."""
    place, folder = posixpath.dirname(path), posixpath.dirname(source)
    while folder and posixpath.basename(place) == posixpath.basename(folder):
        place, folder = posixpath.dirname(place), posixpath.dirname(folder)
    return place or "/", folder
