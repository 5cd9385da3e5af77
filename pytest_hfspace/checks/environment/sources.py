"""7xx: do settings come from the environment alone, and in time?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import FileUse, Rehearsal
from ...space import Space
from ...space.config_files import LARGEST, is_configuration, secrets_in
from ...space.constants import secret_constants
from ...space.secrets import Secret, read_secret_files, shown
from ..causes import NO_PROCESS
from ..serving import one_line, text_of
from .builtins_assumed import builtin_assumed
from .late import setting_late

_MOST: Final = 20


@check(
    "HFS704",
    "config-file",
    level="error",
    predicts=Stage.RUNNING,
    needs=("HFS401",),
    consequence="Everybody who can see the Space can read the file, and use the secret.",
)
def config_file(
    space: Space, space_rehearsal: Rehearsal, space_secrets: tuple[Secret, ...]
) -> Iterator[Finding]:
    """Credentials are read from the environment, not from a file of the repository.  [security-secrets]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    told = _told(space, space_secrets)
    found = [*_of_files(space, space_rehearsal), *_of_modules(space, space_rehearsal)]
    fresh = [finding for finding in found if not told & {(finding.path, None), (finding.path, finding.line)}]
    yield from fresh[:_MOST]


def _told(space: Space, secrets: tuple[Secret, ...]) -> set[tuple[str, int | None]]:
    """The files and lines of which HFS204 and HFS205 speak."""
    files = {(file.path, None) for file in read_secret_files(space) if file.holds}
    return files | {(secret.path, secret.line) for secret in secrets}


def _of_files(space: Space, rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the app opened."""
    layout = space.image.layout if space.image is not None else {}
    met: set[str] = set()
    for use in rehearsal.files:
        path = layout.get(use.path, "")
        if not _is_read(use) or not path or path in met or not is_configuration(path):
            continue
        met.add(path)
        for held in secrets_in(path, _beginning(space, path)):
            # "default" is the section for every environment, and part of no name
            variable = one_line(re.sub(r"\W", "_", re.sub(r"(?i)\Adefault\.", "", held.key)).upper(), 60)
            yield Finding(
                f"{one_line(path, 60)}, opened by {use.where}, gives {one_line(held.key, 60)} "
                f'"{shown(held.value)}", wanted: from the environment',
                f'revoke it, set {variable} as a secret of the Space, and read os.environ["{variable}"]',
                path=path,
                line=held.line,
            )


def _beginning(space: Space, path: str) -> str:
    """As much of a file as shows whether it is too long to be a configuration."""
    try:
        return space.files.text(path, LARGEST + 1)
    except OSError:
        return ""


def _is_read(use: FileUse) -> bool:
    # what no line of the repository opens is a page that the app sends
    return use.found and not use.write and use.where is not None


def _of_modules(space: Space, rehearsal: Rehearsal) -> Iterator[Finding]:
    """Constants of the modules that the app loaded."""
    for path in rehearsal.imported:
        for held in secret_constants(path, text_of(space, path)):
            name = one_line(held.key, 60)
            yield Finding(
                f'{name} is the text "{shown(held.value)}" in code, wanted: from the environment',
                f'revoke it, set {name} as a secret of the Space, and read os.environ["{name}"]',
                path=path,
                line=held.line,
                consequence="Everybody who can see the Space can read its code, and use the secret.",
            )


__all__ = ["CHECKS", "builtin_assumed", "config_file", "setting_late"]

CHECKS: Final[tuple[Check, ...]] = (config_file, setting_late, builtin_assumed)
