"""3xx: can what pip is told to install be installed?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..check import Check, Finding, NotApplicable, Skip, check
from ..contract import Stage
from ..space import Space
from ..space.requirements import Invalid, Place, Requirement
from .card_fields import shown
from .causes import without_image
from .distributions import applies
from .python_version import python_version
from .requirement_faults import (
    admits,
    contradictions,
    credentials,
    invalid_line,
    missing_place,
    unhashed,
    wrong_name,
)
from .serving import one_line
from .system_packages import system_packages

#: What the gradio SDK installs in the step of requirements.txt.  [field: build logs 2026-05 to 2026-07]
_SDK_FLOORS: Final = {"uvicorn": "0.14.0", "websockets": "10.4"}
_EARLIER_STEP: Final = "pre-requirements.txt"

_OTHER_INDEX: Final = re.compile(
    r"--(?:extra-)?index(?:-url)?\b|--default-index|--find-links|\s-[if]\s|(?:PIP|UV)_\w*(?:INDEX|FIND_LINKS)"
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
    yield from filter(None, (wrong_name(space, each, other_index=other_index) for each in firm))
    for path in dict.fromkeys(each.path for each in firm if each.path.endswith((".txt", ".in"))):
        of_file = [each for each in firm if each.path == path]
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
            yield missing_place(place, is_gradio=is_gradio)
        elif place.found and is_gradio:
            yield _mounted(place)


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
        name in space.files for name in ("pip.conf", "uv.toml")
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
        elif floor is not None and not _admits_from(requirement.specifier, floor):
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


def _admits_from(specifier: str, floor: str) -> bool:
    """Does any version from ``floor`` on satisfy it?  Looked for near every bound, and far above."""
    from packaging.version import Version

    bounds = re.findall(r"\d+(?:\.\d+)*", specifier)[:20]
    near = [each for bound in bounds for each in (bound, f"{bound}.0.1")]
    candidates = [floor, f"{floor}.0.1", "99999", *near]
    return any(admits(specifier, each) for each in candidates if Version(each) >= Version(floor))


CHECKS: Final[tuple[Check, ...]] = (requirement_invalid, sdk_pins, python_version, system_packages)
