"""The requirement files of a build: what they hold, what they name, and how they are laid out anew."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Final

from ..space.files import Files
from ..space.requirement_lines import Requirement, read_lines

_LARGEST: Final = 1 << 20
_LARGEST_LOCK: Final = 1 << 24
_MOST_FILES: Final = 100

_VARIABLE: Final = re.compile(r"\$\{[A-Z0-9_]+\}")

#: A line that names a directory or an archive of the image, as pip tells it from a requirement.
_LOCAL: Final = re.compile(
    r"(?P<editable>\s*(?:-e|--editable)[\s=]*)?(?P<scheme>file:(?://)?)?"
    r"(?P<path>\.{1,2}(?:/[^\s;\[#]*)?|/[^\s;\[#]+|[\w.-]+/[^\s;\[@#:]*|[\w.+-]+\.(?:whl|tar\.gz|zip))"
    r"(?P<rest>(?:\[[^\]]*\])?\s*(?:[;#].*)?)\Z"
)
_NAMED_LOCAL: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*)file://(?P<path>/\S+)(?P<rest>.*)\Z"
)
_INCLUDE: Final = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)\b")
_LINKS: Final = re.compile(r"(?P<option>\s*(?:-f|--find-links)[\s=]*)(?P<path>\S+)(?P<rest>.*)\Z")


def local_path(text: str) -> str | None:
    """The path that a requirement names, None for one that is named by a distribution or a URL."""
    match = _LOCAL.match(text.strip()) or _NAMED_LOCAL.match(text.strip())
    return match["path"] if match else None


class Inputs:
    """Texts by image path, gathered with all that they name."""

    def __init__(self, files: Files, layout: Mapping[str, str]) -> None:
        self._files = files
        self._layout = layout
        self.texts: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.declared: list[Requirement] = []
        self.reasons: list[str] = []
        #: files that are laid out as they are
        self.kept: dict[str, str] = {}
        #: what is installed from the image itself: image paths of directories and archives
        self.local: set[str] = set()

    def locate(self, path: str, sources: Mapping[str, str], beside: str = "") -> str | None:
        """The repository path of what lies in the image while a step runs.

        ``beside``: an image path whose file names this one; it may lie in the image only then.
        """
        found = sources.get(path) or self._layout.get(path)
        if found is None and beside in self.names and beside not in self._layout:
            near = posixpath.relpath(path, posixpath.dirname(beside))
            near = posixpath.normpath(posixpath.join(posixpath.dirname(self.names[beside]), near))
            found = near if near in self._files else None
        return found

    def text_of(self, path: str) -> str | None:
        """The text that lies at an image path; None where there is none that can be read."""
        source = self._layout.get(path)
        try:
            return None if source is None else self._files.text(source, _LARGEST)
        except FileNotFoundError:
            return None

    def below(self, directory: str) -> bool:
        """Does anything of the repository lie in this image directory?"""
        prefix = directory.rstrip("/") + "/"
        return any(path.startswith(prefix) for path in self._layout)

    def take(self, path: str, sources: Mapping[str, str], cwd: str, where: str, beside: str = "") -> None:
        """Read the file at an image path and those that it names."""
        if path in self.texts:
            return
        found = self.locate(path, sources, beside)
        if found is None:
            self.reasons.append(f"{where} installs {path}, which is not in the repository")
            return
        if len(self.texts) >= _MOST_FILES:
            self.reasons.append("too many requirement files name each other")
            return
        try:
            text = self._files.text(found, _LARGEST + 1)
        except FileNotFoundError:
            self.reasons.append(f"{found} cannot be read")
            return
        if len(text) > _LARGEST:
            self.reasons.append(f"{found} is too large to be read")
            return
        self.names[path] = found
        self.put(path, text, found, cwd)
        for other, line in [*(lines := read_lines(text, found)).includes, *lines.constraints]:
            if "://" not in other:
                image_path = posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
                self.take(image_path, sources, cwd, f"{found}:{line}", path)

    def keep(self, path: str, sources: Mapping[str, str]) -> str:
        """Lay a file out as it is; its text, "" where there is none that can be read."""
        found = self.locate(path, sources)
        try:
            text = "" if found is None else self._files.text(found, _LARGEST_LOCK)
        except FileNotFoundError:
            text = ""
        if found is not None:
            self.kept[path] = text
        return text

    def put(self, path: str, text: str, name: str, cwd: str) -> None:
        """A text that lies at an image path, ``name`` in the repository."""
        self.texts[path] = text
        self.names[path] = name
        self.declared += read_lines(text, name).requirements
        for number, line in enumerate(text.splitlines(), 1):
            code = _without_comment(line)
            if _VARIABLE.search(code):
                self.reasons.append(f"{name}:{number} takes a value from the build's environment")
            elif code and not _INCLUDE.match(code):
                self.look_at(code, cwd, f"{name}:{number}", posixpath.dirname(path))

    def look_at(self, text: str, cwd: str, where: str, beside: str = "/") -> None:
        """A requirement, or a line of a file in the directory ``beside``, may name what lies in the
        image."""
        path = local_path(text)
        if path is None:
            links = _LINKS.match(text)
            if links is not None and "://" not in links["path"]:
                # relative to the file, or to where the tool is started: either may be meant
                self.local |= {
                    posixpath.join("/", cwd, links["path"]),
                    posixpath.join("/", beside, links["path"]),
                }
            return
        place = posixpath.normpath(posixpath.join("/", cwd, path))
        self.local.add(place)
        if place not in self._layout and not self.below(place):
            self.reasons.append(f"{where} installs {path}, where nothing of the repository lies")


def _without_comment(line: str) -> str:
    return re.sub(r"(?:^|\s+)#.*$", "", line).strip()


def moved(text: str, cwd: str, inside: Callable[[str], str]) -> str:
    """A requirement with the path that it names as ``inside`` says where it lies; never editable:
    the copy that it is installed from does not last."""
    text = text.strip()
    match = _LOCAL.match(text)
    if match is not None:
        return inside(posixpath.join(cwd, match["path"])) + match["rest"]
    named = _NAMED_LOCAL.match(text)
    if named is not None:
        return f"{named['name']}file://{inside(named['path'])}{named['rest']}"
    return text


def moved_file(
    text: str, path: str, cwd: str, inside: Callable[[str], str], exists: Callable[[str], bool]
) -> str:
    """The text of a requirement file for another tool, or another place, than it was written for.

    Paths become absolute: pip takes a project's from where it is started, uv from where the file
    lies.  ``exists``: is there anything at, or below, an image path?
    """
    result = []
    for line in text.splitlines():
        code = _without_comment(line)
        links = _LINKS.match(code)
        if links is not None and "://" not in links["path"]:
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), links["path"]))
            place = beside if exists(beside) else posixpath.join(cwd, links["path"])
            result.append(f"{links['option']}{inside(place)}")
        elif code and not _INCLUDE.match(code) and local_path(code) is not None:
            result.append(moved(code, cwd, inside))
        else:
            result.append(line)
    return "\n".join([*result, ""])
