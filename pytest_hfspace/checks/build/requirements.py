"""3xx: can what pip is told to install be installed?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.requirements import BARE_IMAGES, Invalid, Place, Requirement
from ..card.fields import shown
from ..causes import without_image
from ..distributions import applies
from ..serving import one_line
from .python_version import python_version
from .requirement_faults import (
    admits,
    admits_from,
    by_ssh,
    contradictions,
    credentials,
    invalid_line,
    is_merge_mark,
    missing_place,
    unhashed,
    unsatisfiable,
    wrong_name,
)
from .system_packages import system_packages

#: What the gradio SDK installs in the step of requirements.txt.  [field: build logs 2026-05 to 2026-07]
_SDK_FLOORS: Final = {"uvicorn": "0.14.0", "websockets": "10.4"}
_EARLIER_STEP: Final = "pre-requirements.txt"

_OTHER_INDEX: Final = re.compile(
    r"--(?:extra-)?index(?:-url)?\b|--default-index|--find-links|\s-[if]\s|(?:PIP|UV)_\w*(?:INDEX|FIND_LINKS)"
    r"|torch-backend|TORCH_BACKEND|pip3? config|PIP_CONFIG_FILE|pip\.conf"
)


def _need_build(space: Space) -> None:
    if space.sdk == "static":
        raise NotApplicable("a static Space installs no Python packages")
    if space.image is None:
        raise Skip(without_image(space))


@check(
    "HFS302",
    "requirement-invalid",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence="pip ends with an error, and so does the build.",
)
def requirement_invalid(space: Space) -> Iterator[Finding]:
    """Every line is a requirement that pip accepts on Linux.  [spaces-dependencies]"""
    _need_build(space)
    found = [*_invalid(space), *_places(space), *_lines(space)]
    found += filter(None, map(credentials, space.requirements.options))
    yield from sorted(found, key=lambda finding: (finding.path, finding.line or 0))


def _lines(space: Space) -> Iterator[Finding]:
    """Requirements that pip can read, and cannot install."""
    firm = [each for each in space.requirements.declared if each.path and not _may_fail(space, each)]
    other_index = _has_other_index(space)
    unmerged = {each.path for each in space.requirements.invalid if is_merge_mark(each)}
    yield from filter(None, (wrong_name(space, each, other_index=other_index) for each in firm))
    yield from filter(None, (by_ssh(space, each) for each in firm))
    listed = [each for each in firm if not each.path.endswith(".toml")]
    unknown = other_index or not (
        space.sdk == "gradio" or (space.image and BARE_IMAGES.match(space.image.base))
    )
    clashing = {each.name for each in firm if sum(each.name == other.name for other in firm) > 1}
    alone = [each for each in listed if each.name not in clashing or "+" in each.specifier]
    yield from filter(None, (unsatisfiable(each, other_index=unknown) for each in alone))
    for path in dict.fromkeys(each.path for each in firm if each.path.endswith((".txt", ".in"))):
        of_file = [each for each in firm if each.path == path]
        if path not in unmerged:
            yield from contradictions(of_file)
        if not _is_uv(space, path):
            yield from filter(None, [unhashed(of_file, is_gradio=space.sdk == "gradio")])


def _invalid(space: Space) -> Iterator[Finding]:
    """One finding for each file that has such lines: they mostly have one cause."""
    by_path: dict[str, list[Invalid]] = {}
    for line in space.requirements.invalid:
        # uv passes over options that it does not know
        is_passed_over = _is_uv(space, line.path) and line.text.startswith("-")
        if line.path not in space.requirements.lenient and not is_passed_over:
            by_path.setdefault(line.path, []).append(line)
    for lines in by_path.values():
        yield invalid_line(lines[0], len(lines) - 1)


def _places(space: Space) -> Iterator[Finding]:
    """Paths that are not there when they are installed."""
    is_gradio = space.sdk == "gradio"
    for place in space.requirements.places:
        if place.path in space.requirements.lenient or (place.marker and not applies(place.marker)):
            continue
        if place.found is False:
            tracked = _is_tracked(space, place)
            yield missing_place(place, is_gradio=is_gradio, tracked=tracked)
        elif place.found and is_gradio:
            yield _mounted(place)


def _is_tracked(space: Space, place: Place) -> bool:
    """Has the repository anything under the last name of a path?"""
    name = posixpath.basename(posixpath.normpath(place.target))
    return any(f"/{name}/" in f"/{path}/" for path in space.files.tracked)


def _is_uv(space: Space, path: str) -> bool:
    return space.requirements.tools.get(path, "pip") == "uv"


def _mounted(place: Place) -> Finding:
    text = f"-e {place.text}" if place.editable else place.text
    return Finding(
        f"{one_line(text, 80)} installs from the repository, which the SDK copies after pip has run",
        "import the package from the root instead, or install it from a URL or the index",
        place.path,
        place.line,
        level="warn",
        consequence="The SDK's pip step sees the requirements file alone (build logs, 2023 and 2026), and "
        "pip then finds nothing at that path.",
    )


def _may_fail(space: Space, requirement: Requirement) -> bool:
    """Is it installed by a step whose failure is let pass?"""
    if requirement.path in space.requirements.lenient:
        return True
    installs = space.image.installs if space.image else ()
    return requirement.path == "Dockerfile" and any(
        install.line == requirement.line and install.conditional for install in installs
    )


def _has_other_index(space: Space) -> bool:
    """May a name that the public index does not have come from another?"""
    texts = [f" {option.text} " for option in space.requirements.options]
    instructions = space.dockerfile.instructions if space.dockerfile else ()
    texts += [each.text for each in instructions if each.name in ("RUN", "ENV", "ARG")]
    return any(_OTHER_INDEX.search(text) for text in texts) or any(
        posixpath.basename(path) in ("pip.conf", "uv.toml") for path in space.files.tracked
    )


@check(
    "HFS307",
    "sdk-pins",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence='pip ends with "ResolutionImpossible", and so does the build.',
)
def sdk_pins(space: Space) -> Iterator[Finding]:
    """No requirement contradicts what the gradio SDK installs in the same step.  [field]"""
    from packaging.version import InvalidVersion, Version

    if space.sdk != "gradio":
        raise NotApplicable("only the gradio SDK installs packages of its own")
    card = space.card.fields.get("sdk_version")
    if card is None or card.value is None:
        raise Skip("the card names no sdk_version")
    try:
        version = Version(str(card.value))
    except InvalidVersion:
        raise Skip(f"sdk_version is {shown(card.value)}, which names no one version") from None
    for requirement in space.requirements.declared:
        if requirement.path in ("", _EARLIER_STEP) or not requirement.specifier or requirement.url:
            continue
        if requirement.marker and not applies(requirement.marker):
            continue
        floor = _SDK_FLOORS.get(requirement.name)
        if requirement.name == "gradio" and not admits(requirement.specifier, str(version)):
            pinned = re.fullmatch(r"==(\d[\w.]*)", requirement.specifier)
            change = f", or write sdk_version: {pinned[1]} in README.md" if pinned else ""
            yield _conflict(requirement, f"gradio=={version}", f"remove the line{change}")
        elif floor is not None and not admits_from(requirement.specifier, floor):
            wanted = f"{requirement.name}>={floor}"
            yield _conflict(requirement, wanted, f"write {wanted}, or remove the line")


def _conflict(requirement: Requirement, wanted: str, hint: str) -> Finding:
    text = one_line(requirement.text, 60)
    return Finding(
        f"{text} contradicts {wanted}, which the SDK installs in the same step",
        hint,
        requirement.path,
        requirement.line,
        consequence=f'pip ends with "ERROR: Cannot install {text} and {wanted} because these package '
        'versions have conflicting dependencies." and "ResolutionImpossible".',
    )


CHECKS: Final[tuple[Check, ...]] = (requirement_invalid, sdk_pins, python_version, system_packages)
