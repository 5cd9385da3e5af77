"""2xx and 3xx: is a secret where everybody can read it?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from ...check import Check, Finding, Level, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.secrets import Secret, SecretFile, aside, read_secret_files
from ..causes import without_image
from ..serving import listing, one_line
from .build_secrets import arguments_used, given_away, in_build

#: Findings of one run: the first ones are what a reader can act on.
_MOST: Final = 50

_DOUBTFUL: Final = "Everybody who can see the Space can read it; {}."


@check(
    "HFS204",
    "secret-file",
    level="error",
    predicts=Stage.RUNNING,
    consequence="Everybody who can see the Space can read the file, also in its history after it is deleted.",
)
def secret_file(space: Space) -> Iterator[Finding]:
    """No .env with secrets, private key or credentials file is tracked.  [security-secrets]"""
    for count, file in enumerate(read_secret_files(space)):
        if count == _MOST:
            return
        yield _harmful(space, file) if file.holds else _harmless(file)


def _harmful(space: Space, file: SecretFile) -> Finding:
    name = one_line(file.path, 80)
    if file.settings:
        message = (
            f"git tracks {name}, which sets {listing(file.settings)}, wanted: no secret in the repository"
        )
        set_on_space = f", and set {listing(file.settings)} as {_secrets(len(file.settings))} of the Space"
    else:
        message = f"git tracks {name}, which holds {file.holds}, wanted: no secret in the repository"
        set_on_space = ", and give the app what it needs of it as a secret of the Space"
    hint = f"revoke what it holds, git rm --cached {name}, add it to .gitignore{_copied(space, file.path)}"
    doubt = aside(file.path)
    return Finding(
        message,
        hint + set_on_space,
        file.path,
        file.line,
        level="warn" if doubt else None,
        consequence=_DOUBTFUL.format(doubt) if doubt else "",
    )


def _harmless(file: SecretFile) -> Finding:
    name = one_line(file.path, 80)
    return Finding(
        f"git tracks {name}, which sets nothing secret now",
        f"rename it to {_example(name)}, or git rm --cached {name} and add it to .gitignore",
        file.path,
        file.line,
        level="note",
        consequence="The next secret that is written into it is pushed with it.",
    )


def _example(name: str) -> str:
    return f"{name}.example" if name.rpartition("/")[2].startswith(".env") else "a name with .example in it"


def _copied(space: Space, path: str) -> str:
    """A Dockerfile that copies the file by name fails as soon as it is gone."""
    copies = space.image.copies if space.image is not None else ()
    line = next((copy.line for copy in copies if copy.source.removeprefix("./") == path), None)
    return f", take it out of line {line} of the Dockerfile" if line else ""


def _secrets(count: int) -> str:
    return "a secret" if count == 1 else "secrets"


@check(
    "HFS205",
    "secret-in-source",
    level="error",
    predicts=Stage.RUNNING,
    consequence="Everybody who can see the Space can use it; the Hub's scanner mails you if it still works.",
)
def secret_in_source(space: Space, space_secrets: tuple[Secret, ...]) -> Iterator[Finding]:
    """No credential stands in a tracked text file: one finding for each.  [security-secrets]"""
    values = _by_value(_in_source(space, space_secrets))
    for number, places in enumerate(values):
        if number == _MOST - 1 and len(values) > _MOST:
            yield _rest(values[number:])
            return
        yield _in_places(places)


def _in_source(space: Space, secrets: tuple[Secret, ...]) -> list[Secret]:
    """Those that no other check speaks of."""
    if not secrets:
        return []
    elsewhere = {file.path for file in read_secret_files(space) if file.holds}
    building = set(in_build(space, secrets))
    return [secret for secret in secrets if secret.path not in elsewhere and secret not in building]


def _by_value(secrets: list[Secret]) -> list[list[Secret]]:
    """The places of each value, one without doubt first; in the order of the first places."""
    ordered = sorted(secrets, key=lambda secret: secret.same)
    values = [list(places) for _, places in groupby(ordered, key=lambda secret: secret.same)]
    for places in values:
        places.sort(key=lambda secret: (bool(secret.doubt), secret.path, secret.line))
    return sorted(values, key=lambda places: (bool(places[0].doubt), places[0].path, places[0].line))


def _in_places(places: list[Secret]) -> Finding:
    first = places[0]
    more = len({(place.path, place.line) for place in places}) - 1
    also = f" and {more} more {'place' if more == 1 else 'places'}" if more else ""
    level: Level | None = "warn" if first.doubt else None
    consequence = _DOUBTFUL.format(first.doubt) if first.doubt else ""
    where = f"{one_line(first.path, 80)}{also}"
    return Finding(
        f"{first.kind} ({first.shown}) stands in {where}, wanted: none in the repository",
        f'revoke it, set {first.setting} as a secret of the Space, and read os.environ["{first.setting}"]',
        first.path,
        first.line,
        level=level,
        consequence=consequence,
    )


def _rest(values: list[list[Secret]]) -> Finding:
    certain = any(not places[0].doubt for places in values)
    paths = listing(one_line(places[0].path, 80) for places in values)
    return Finding(
        f"{len(values)} more credentials stand in {paths}",
        "revoke them, set them as secrets of the Space, and read them from os.environ",
        values[0][0].path,
        values[0][0].line,
        level=None if certain else "warn",
    )


@check(
    "HFS313",
    "build-secret",
    level="error",
    predicts=Stage.RUNNING,
    consequence="Who can see the Space can read its Dockerfile; the image keeps the secret as well.",
)
def build_secret(space: Space, space_secrets: tuple[Secret, ...]) -> Iterator[Finding]:
    """No secret in ENV, ARG or RUN: a build gets it by --mount=type=secret.  [spaces-sdks-docker]"""
    if space.sdk != "docker":
        raise NotApplicable("no Dockerfile is built for this SDK")
    if space.dockerfile is None:
        raise Skip(without_image(space))
    yield from given_away(space.dockerfile, in_build(space, space_secrets))
    yield from arguments_used(space.dockerfile)


CHECKS: Final[tuple[Check, ...]] = (secret_file, secret_in_source, build_secret)
