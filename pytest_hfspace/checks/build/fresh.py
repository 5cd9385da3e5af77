"""3xx: can the declared set be installed together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.requirement_lines import Requirement, normalised
from ..causes import undeclarable
from ..distributions import applies, installed_here, is_of_extra
from ..serving import one_line

if TYPE_CHECKING:
    from ...fresh import Build, BuildFailure

#: What is said of a build that failed, by the kind of failure: message and hint.
_FAILURES: Final = {
    "conflict": (
        "{names} cannot be installed together",
        "let the version of one of them open, or declare versions that name each other",
    ),
    "missing": (
        "there is no {names} for Python {python} on Linux",
        "name a version that is on the index, with a wheel for this Python",
    ),
    "compile": (
        "{names} has no wheel for Python {python}, and could not be built from source here",
        "name a version with a wheel for this Python, or have the image install what its build asks for",
    ),
    "python": (
        "{names} requires another Python than {python}",
        "name a version for this Python, or another Python in the card or in FROM",
    ),
}
#: Kinds of failures that would be the same on the Hub.
_CERTAIN: Final = ("conflict", "missing", "python")
_OTHER: Final = (
    "the requirements cannot be installed",
    "read the installer's words, and mend what they name",
)

_ASK: Final = "with --hfspace-build it is installed anew"


@check(
    "HFS306",
    "requirements-conflict",
    level="error",
    predicts=Stage.BUILD_ERROR,
    needs=("HFS301", "HFS302"),
    consequence="pip ends with an error, and so does the build.",
)
def requirements_conflict(space: Space, space_build: Build | None) -> Iterator[Finding]:
    """The declared packages can be installed together for the Space's Python.

    With ``--hfspace-build`` they are installed into a new environment.  Without it, the set that is
    installed here has to fulfil what is declared, or nothing can be told.  [field]
    """
    if space.sdk == "static":
        raise NotApplicable("a static Space installs no Python packages")
    if space_build is not None:
        yield from _of_build(space, space_build)
        return
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    yield from _of_this_environment(space)


def _of_build(space: Space, build: Build) -> Iterator[Finding]:
    if build.impossible:
        raise Skip(f"no fresh build: {build.impossible}")
    failure = build.failure
    if failure is None:
        return
    message, hint = _FAILURES.get(failure.kind, _OTHER)
    values = {"names": _asked(space, failure), "python": build.wanted or build.version}
    said = "\n".join(line for line in failure.words.splitlines() if line.strip())
    # a compiler, a header or another Python may be in the image and not here
    is_certain = failure.kind in _CERTAIN and build.version.startswith(build.wanted)
    yield Finding(
        message.format(**values),
        hint.format(**values),
        failure.path,
        failure.line,
        level=None if is_certain else "warn",
        consequence=f"The build ends with the installer's words:\n{said}" if said else "",
    )


def _asked(space: Space, failure: BuildFailure) -> str:
    """The requirement as it is written, or the names of those that the failure is about."""
    place = (failure.path, failure.line)
    texts = [each.text for each in space.requirements.declared if (each.path, each.line) == place]
    return one_line(texts[0] if len(failure.names) < 2 and texts else " and ".join(failure.names), 80)


def _of_this_environment(space: Space) -> Iterator[Finding]:
    """What is installed here fulfils what is declared, and itself; pins that cannot are a finding."""
    declared = {
        each.name: each for each in space.requirements.declared if not each.marker or applies(each.marker)
    }
    unmet = ""
    for name, requirement in declared.items():
        version = _version(name)
        if version is None:
            raise Skip(f"{name} is not installed here; {_ASK}")
        if not _fulfils(version, requirement.specifier):
            unmet = unmet or f"{name} {version} is installed here, {requirement.specifier} is declared"
    for name, needed, specifier in _needs(declared):
        version = _version(needed)
        if version is None or _fulfils(version, specifier):
            continue
        first, second = declared.get(name), declared.get(needed)
        if first and second and _is_pinned(first) and _is_pinned(second) and not unmet:
            yield _contradiction(first, second, f"{needed}{specifier}")
            return
        unmet = unmet or f"{name} requires {needed}{specifier}, and {version} is installed here"
    if unmet:
        raise Skip(f"{unmet}; {_ASK}")


def _needs(declared: Mapping[str, Requirement]) -> Iterator[tuple[str, str, str]]:
    """What is declared and all that comes with it: name, the name it requires, and which versions."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    waiting = [(name, requirement.extras) for name, requirement in declared.items()]
    seen = set(waiting)
    for name, extras in waiting:
        for text in installed_here().requires(name) or ():
            if not extras and is_of_extra(text):
                continue
            try:
                parsed = Parsed(text)
            except InvalidRequirement:
                continue
            if parsed.marker is not None and not applies(str(parsed.marker), extras):
                continue
            needed = (normalised(parsed.name), frozenset(parsed.extras))
            yield name, needed[0], str(parsed.specifier)
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)


def _contradiction(first: Requirement, second: Requirement, needed: str) -> Finding:
    texts = one_line(first.text), one_line(second.text)
    return Finding(
        f"{texts[0]} requires {needed}, and {texts[1]} is declared",
        f"write {needed} in place of {texts[1]}, or let the version of one of the two open",
        second.path,
        second.line,
        consequence=f'pip ends with "Cannot install {texts[0]} and {texts[1]} because these package versions '
        'have conflicting dependencies", and so does the build.',
    )


def _version(name: str) -> str | None:
    return installed_here().version(name) or None


def _fulfils(version: str, specifier: str) -> bool:
    """True also where one of the two is not understood: no alarm."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _is_pinned(requirement: Requirement) -> bool:
    return requirement.specifier.startswith("==") and not set("*,") & set(requirement.specifier)


CHECKS: Final[tuple[Check, ...]] = (requirements_conflict,)
