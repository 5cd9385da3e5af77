"""From declared distributions to those that come with them, by the metadata of the app's interpreter."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..rehearsal.facts import Rehearsal
from ..space import Space
from ..space.requirement_lines import normalised
from .modules import candidates, is_standard, minor

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = [
    "Closure",
    "Declared",
    "Installed",
    "applies",
    "brought",
    "candidates",
    "closure",
    "installed_for",
    "is_of_extra",
    "is_standard",
    "normalised",
    "space_python",
]

#: What markers are compared with, beside the version: the Hub's machines.
_SYSTEM: Final = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
}

#: The official images come with these; the latter until Python 3.12.
_WITH_PYTHON: Final = frozenset({"pip"})
_WITH_OLD_PYTHON: Final = frozenset({"pip", "setuptools", "wheel"})


class Declared(NamedTuple):
    """A requirement to follow.  ``here``: this interpreter would install it as well.  ``specifier``:
    which versions are wanted."""

    name: str
    extras: frozenset[str] = frozenset()
    here: bool = True
    specifier: str = ""


class Closure(NamedTuple):
    """``names``: the declared distributions and what comes with them.  ``unknown``: those of them
    that are not installed here, or in another major version than is declared, so that nobody can
    tell what comes with them.  ``direct``: the declared ones, and what their extras name.
    ``parents``: which distribution brings each of the others.  ``others``: of those in another
    version, the one that is installed here, and what is declared."""

    names: frozenset[str]
    unknown: tuple[str, ...]
    direct: frozenset[str] = frozenset()
    parents: Mapping[str, str] = MappingProxyType({})
    others: Mapping[str, tuple[str, str]] = MappingProxyType({})

    @property
    def reason(self) -> str:
        """Why not everything is known that the build installs; "" where it is."""
        if not self.unknown:
            return ""
        name = self.unknown[0]
        why = "it is not installed here"
        if name in self.others:
            version, specifier = self.others[name]
            why = f"{version} is installed here, and {specifier} is declared"
        return f"what comes with {name} is not known: {why}"


@dataclass(frozen=True)
class Installed:
    """The distributions of an interpreter.  ``site``: its directories; none for this one's."""

    site: tuple[str, ...] = ()

    def requires(self, name: str) -> list[str] | None:
        """A distribution's requirements as written; None where it is not installed."""
        fields = self._fields(name)
        return fields["Requires-Dist"] if fields is not None else None

    def version(self, name: str) -> str:
        """Of a distribution, "" where it is not installed."""
        fields = self._fields(name)
        return "".join(fields["Version"][:1]) if fields is not None else ""

    def providers(self, module: str) -> tuple[str, ...]:
        """The distributions that have this module, or the nearest package above it that any has."""
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            found = self._owners("/".join(parts[:length]))
            if found:
                return found
        # an editable installation lists no modules
        return tuple(name for name in candidates(module) if self._find(name) is not None)

    def _fields(self, name: str) -> Mapping[str, list[str]] | None:
        if name not in self._known:
            distribution = self._find(name)
            self._known[name] = _fields(distribution) if distribution is not None else None
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, Mapping[str, list[str]] | None]:
        return {}

    def _find(self, name: str) -> Distribution | None:
        from importlib.metadata import distributions

        if not name:
            return None
        return next(iter(distributions(name=name, **self._where)), None)

    def _owners(self, path: str) -> tuple[str, ...]:
        start = f"\n{path}"
        is_module = re.compile(rf"\n{re.escape(path)}(?:/|\.(?:py|so|pyd|cpython|abi3|pypy))")
        return tuple(
            dict.fromkeys(
                normalised(str(distribution.metadata["Name"]))
                for distribution, files in self._files
                if start in files and is_module.search(files)
            )
        )

    @property
    def _where(self) -> dict[str, Any]:
        return {"path": list(self.site)} if self.site else {}

    @cached_property
    def _files(self) -> tuple[tuple[Distribution, str], ...]:
        """Every distribution with the list of its files, one a line."""
        from importlib.metadata import distributions

        return tuple((each, _listed(each)) for each in distributions(**self._where))


def _fields(distribution: Distribution) -> Mapping[str, list[str]] | None:
    """Two fields of the metadata, read as lines: a parser of mail takes ten times as long for each."""
    try:
        text = distribution.read_text("METADATA")
        if text is None:  # an old .egg-info, whose requirements stand elsewhere
            version = distribution.metadata.get_all("Version") or []
            return {"Version": version, "Requires-Dist": distribution.requires or []}
    except (OSError, ValueError, KeyError):
        return None
    found: dict[str, list[str]] = {"Version": [], "Requires-Dist": []}
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    for line in re.sub(r"\r?\n[ \t]+", " ", head).splitlines():
        name, colon, value = line.partition(":")
        if colon and name.title() in found:
            found[name.title()].append(value.strip())
    return found


def _listed(distribution: Distribution) -> str:
    try:
        record = distribution.read_text("RECORD") or distribution.read_text("installed-files.txt") or ""
        tops = (distribution.read_text("top_level.txt") or "").split()
    except (OSError, ValueError):
        return ""
    return "\n".join(["", record.replace("../", ""), *(f"{top}/" for top in tops)])


@lru_cache(maxsize=8)
def _installed(site: tuple[str, ...]) -> Installed:
    return Installed(site)


def installed_here() -> Installed:
    """What this interpreter has."""
    return _installed(tuple(sys.path))


def installed_for(rehearsal: Rehearsal) -> Installed:
    """What the interpreter that the app runs in has."""
    return _installed(rehearsal.site)


def space_python(space: Space) -> str:
    """The version of the Space's Python, "" where its image does not say."""
    return (space.image.python if space.image else None) or ""


def brought(space: Space, rehearsal: Rehearsal) -> Closure:
    """What the build installs, as far as the app's interpreter knows."""
    python = space_python(space) or rehearsal.python
    declared = frozenset(
        Declared(
            each.name,
            each.extras,
            not each.marker or applies(each.marker, python=rehearsal.python),
            each.specifier,
        )
        for each in space.requirements.declared
        if each.name and (not each.marker or applies(each.marker, python=python))
    )
    return closure(declared, installed_for(rehearsal), python, rehearsal.python)


@lru_cache(maxsize=32)
def closure(declared: frozenset[Declared], installed: Installed, python: str = "", here: str = "") -> Closure:
    """Follow the metadata, extras counted.

    ``python``: the version for which markers are read; ``here``: that of the interpreter.  What
    only the other Python wants is a backport: it is not missed here, and brings nothing more.
    """
    version = minor(python)
    names = set(_WITH_PYTHON if version is None or version >= 12 else _WITH_OLD_PYTHON)
    direct = set(names)
    unknown: set[str] = set()
    others: dict[str, tuple[str, str]] = {}
    parents: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = sorted(declared, key=lambda each: (each.name, sorted(each.extras)))
    while waiting:
        each = waiting.pop()
        if (each.name, each.extras) in seen:
            continue
        seen.add((each.name, each.extras))
        names.add(each.name)
        texts = installed.requires(each.name)
        if texts is None and each.here:
            unknown.add(each.name)
        elif texts is not None and _is_other_major(installed.version(each.name), each.specifier):
            unknown.add(each.name)
            others[each.name] = (installed.version(each.name), each.specifier)
        is_declared = each in declared
        if is_declared:
            direct.add(each.name)
        for needed, by_extra in _needed(tuple(texts or ()), each.extras, python, here):
            parents.setdefault(needed.name, each.name)
            if is_declared and by_extra:
                direct.add(needed.name)
            waiting.append(needed)
    return Closure(frozenset(names), tuple(sorted(unknown)), frozenset(direct), parents, others)


def _is_other_major(version: str, specifier: str) -> bool:
    """Is a version none of those wanted, nor near them?  A major release may bring other distributions."""
    if not version or not specifier:
        return False
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        wanted, installed = SpecifierSet(specifier), Version(version)
        if wanted.contains(installed, prereleases=True):
            return False
        majors = {_major(each.operator, each.version) for each in wanted if each.operator != "!="}
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return False
    return installed.major not in majors


def _major(operator: str, text: str) -> int:
    """The major version that a clause has as its bound: that of <3 is 2."""
    release = [int(part) for part in re.findall(r"\d+", text.rpartition("!")[2])] or [0]
    return release[0] - 1 if operator == "<" and not any(release[1:]) else release[0]


@lru_cache(maxsize=512)
def _needed(
    texts: tuple[str, ...], extras: frozenset[str], python: str, here: str
) -> tuple[tuple[Declared, bool], ...]:
    """What is required on the Space, and whether it is an extra that asks for it."""
    from packaging.requirements import InvalidRequirement, Requirement

    needed = []
    for text in texts:
        if not extras and is_of_extra(text):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        marker = str(requirement.marker or "")
        if marker and not applies(marker, extras, python):
            continue
        is_here = not marker or not here or applies(marker, extras, here)
        by_extra = bool(marker) and not applies(marker, python=python)
        wanted = frozenset(map(normalised, requirement.extras))
        needed.append((Declared(normalised(requirement.name), wanted, is_here), by_extra))
    return tuple(needed)


#: ``x; extra == "y"`` alone.
_OF_EXTRA: Final = re.compile(r";\s*extra\s*==\s*[\"'][^\"']+[\"']\s*\Z")


def is_of_extra(text: str) -> bool:
    """Is this required by an extra alone?  Most of what metadata say is, and it is slow to be parsed."""
    return "extra" in text and _OF_EXTRA.search(text) is not None


def applies(marker: str, extras: Iterable[str] = (), python: str = "") -> bool:
    """Does an environment marker hold on the Hub's Linux, with this version of Python (by default
    the one that runs this)?  True for a marker that is not understood."""
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    system = dict(_SYSTEM)
    version = minor(python)
    if version is not None:
        system["python_version"] = f"3.{version}"
        system["python_full_version"] = python if python.count(".") > 1 else f"3.{version}.0"
    try:
        parsed = Marker(marker)
        return any(parsed.evaluate({**system, "extra": extra}) for extra in ("", *extras))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return True
