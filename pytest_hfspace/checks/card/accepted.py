"""1xx: would the Hub accept the push and the configuration?"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import RETIRED_SDKS, SDKS, Stage
from ...space import Space
from ..serving import one_line, text_of
from .fields import fault, shown
from .keys import misspelt
from .schema import RULES

_README: Final = "README.md"
_BLOCK: Final = '"---", "title: My Space", "sdk: docker", "---"'
_DEFAULT_APP_FILE: Final = {"gradio": "app.py", "static": "index.html"}
_LIKELY_APP_FILES: Final = {
    "gradio": ("app.py", "main.py", "src/app.py", "app/main.py", "src/main.py"),
    "static": ("index.html", "dist/index.html", "public/index.html", "build/index.html", "docs/index.html"),
}
#: Where the card is looked for if it is not at the root: files, and characters of each.
_MOST_READMES: Final = 20
_LONGEST_CARD: Final = 2_000
_LISTED: Final = ", ".join(SDKS)
#: What becomes of a value of which no source says that it is refused; then of a harmless one.
_UNCERTAIN: Final = (
    "The Hub may refuse the push, or ignore the field.",
    "Very likely nothing happens.",
)


@check(
    "HFS101",
    "card-missing",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    consequence='The Space page shows "Configuration error: Missing configuration in README".',
)
def card_missing(space: Space) -> Iterator[Finding]:
    """README.md is tracked and begins at byte 0 with a YAML block.  [spaces-config-reference]"""
    if not space.card.missing:
        return
    other = space.files.similar(_README)
    folder = _folder_with_card(space)
    if folder:
        hint = f"run in that folder, or with --hfspace-root {folder}, if it is what is pushed to the Hub"
        message = f"{space.card.missing}; {folder}/README.md has a card"
        yield Finding(message, hint, _README, 1 if _README in space.files else None)
    elif _README in space.files:
        yield Finding(space.card.missing, _begin(space.card.missing), _README, 1)
    elif space.files.exists_untracked(_README):
        yield Finding("README.md exists here, but git does not track it", "git add README.md", _README)
    elif other is not None:
        yield Finding(
            f"the Space's card must be called README.md; the repository has {one_line(other)}",
            f"git mv {one_line(other)} README.md",
            other,
        )
    else:
        hint = f"write a README.md that begins with the lines {_BLOCK}"
        yield Finding(space.card.missing, hint, _README)


def _folder_with_card(space: Space) -> str:
    """A folder of the repository whose README.md looks like the card of a Space, or ""."""
    readmes = (path for path in space.files.tracked if path.endswith(f"/{_README}"))
    for path in sorted(readmes, key=lambda path: (path.count("/"), path))[:_MOST_READMES]:
        start = text_of(space, path)[:_LONGEST_CARD]
        if re.match(r"---\r?\n(.*\n)*?sdk:[ \t]*\w", start):
            return one_line(posixpath.dirname(path))
    return ""


def _begin(missing: str) -> str:
    if missing.startswith("a byte order mark"):
        return "save README.md as UTF-8 without a byte order mark"
    if missing.startswith("the YAML block starts in line"):
        return 'move the block to the very top of README.md: its "---" must be the first line'
    return f"begin README.md, without anything before, with the lines {_BLOCK}"


@check(
    "HFS102",
    "card-unreadable",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    needs=("HFS101",),
    consequence="The Space page shows a configuration error, and nothing is built.",
)
def card_unreadable(space: Space) -> Iterator[Finding]:
    """The card's block is closed, is YAML, is a mapping, has no duplicate key.  [spaces-config-reference]"""
    if space.card.unreadable:
        line = space.card.unreadable_line
        yield Finding(space.card.unreadable, _mend(space, line or 0), _README, line)


def _mend(space: Space, number: int) -> str:
    """What to write in the line that cannot be read, where that can be told."""
    if "not closed" in space.card.unreadable:
        return 'write a line "---", with nothing before or after, below the last field'
    if "twice" in space.card.unreadable:
        return f"remove one of the two; line {number} is the later one"
    lines = text_of(space, _README).splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if "\t" in line:
        return f"write spaces in place of the tab in line {number}, or nothing: {one_line(line, 60)}"
    key, colon, value = line.partition(": ")
    if colon and re.fullmatch(r"\w+", key) and value.strip()[:1] not in ("'", '"', "[", "{", "|", ">"):
        quoted = json.dumps(one_line(value, 60), ensure_ascii=False)
        return f"write the value in quotes: {key}: {quoted}"
    return 'write one "key: value" a line between two lines "---"; quote values that contain ": " or "#"'


@check(
    "HFS103",
    "card-sdk",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    needs=("HFS102",),
    consequence="The Hub does not know how to build the Space, and shows a configuration error.",
)
def card_sdk(space: Space) -> Iterator[Finding]:
    """The card's ``sdk`` is present and one that a Space can be created with.  [spaces-config-reference]"""
    field = space.card.fields.get("sdk")
    likely = _likely_sdk(space)
    slip = misspelt(space.card.fields, "sdk")
    if field is None and slip is not None:
        key = one_line(slip.key, 60)
        value = slip.value if slip.value in SDKS else likely
        message = f"the card has no sdk, but {key}; wanted one of {_LISTED}"
        yield Finding(message, f"write sdk: {value} in place of {key}", _README, slip.line)
    elif field is None:
        yield Finding(f"the card has no sdk; wanted one of {_LISTED}", f"write sdk: {likely}", _README, 1)
    elif field.value in RETIRED_SDKS:
        yield Finding(
            f"sdk is {shown(field.value)}, which a new Space cannot choose since 2025-04-30",
            "write sdk: docker, with a Dockerfile that starts the app",
            _README,
            field.line,
            consequence="An old Space of this SDK keeps running; a new or duplicated one cannot choose it, "
            "and shows a configuration error.",
        )
    elif field.value not in SDKS:
        text = field.value[:80].lower() if isinstance(field.value, str) else ""
        hint = f"write sdk: {next(iter(get_close_matches(text, SDKS, n=1)), likely)}"
        yield Finding(f"sdk is {shown(field.value)}; wanted one of {_LISTED}", hint, _README, field.line)


def _likely_sdk(space: Space) -> str:
    if space.dockerfile is not None:
        return "docker"
    return next((sdk for sdk, name in _DEFAULT_APP_FILE.items() if name in space.files), "docker")


@check(
    "HFS104",
    "card-value",
    level="error",
    predicts=Stage.PUSH_REJECTED,
    needs=("HFS102",),
    consequence="The Hub refuses the push, and the old build keeps serving.",
)
def card_value(space: Space) -> Iterator[Finding]:
    """Every known field of the card has a type and range that the Hub takes.  [spaces-config-reference]"""
    for field in space.card.fields.values():
        found = fault(field, space.sdk)
        if found is None:
            continue
        refusal = f'The Hub refuses the push: "{field.key}" {found.refusal}.' if found.refusal else ""
        wanted = f"did you mean {found.meant}?" if found.meant else f"wanted {RULES[field.key].wanted}"
        yield Finding(
            f"{field.key} {found.seen}; {wanted}",
            found.hint,
            _README,
            field.line,
            level="note" if found.harmless else None if found.certain else "warn",
            consequence=refusal if found.certain else _UNCERTAIN[found.harmless],
        )


@check(
    "HFS107",
    "app-file",
    level="error",
    predicts=Stage.NO_APP_FILE,
    needs=("HFS103",),
    consequence='The Space page shows "No application file", and nothing runs.',
)
def app_file(space: Space) -> Iterator[Finding]:
    """The file that a gradio Space runs, or a static Space shows, is tracked.  [spaces-config-reference]"""
    if space.sdk not in _DEFAULT_APP_FILE:
        raise NotApplicable("only gradio and static Spaces have an app_file")
    if space.sdk == "static" and "app_build_command" in space.card.fields:
        raise Skip("the files of this Space are made by its app_build_command")
    name = _app_file_of(space)
    if not name:
        raise Skip("needs HFS104")
    if name in space.files:
        return
    field = space.card.fields.get("app_file")
    line = field.line if field else None
    named = f"app_file is {shown(field.value or name)}" if field else f"app_file is not set, so it is {name}"
    other = space.files.similar(name)
    if other is not None:
        hint = f"write app_file: {one_line(other)}"
        yield Finding(f"{named}; the repository has {shown(other)}, in another case", hint, _README, line)
    elif space.files.exists_untracked(name):
        yield Finding(
            f"{named}; it exists here, but git does not track it", f"git add {one_line(name)}", _README, line
        )
    else:
        likely = next((path for path in _LIKELY_APP_FILES[space.sdk] if path in space.files), "")
        hint = f"write app_file: with the path of the file to {_verb(space)}, or add {one_line(name)}"
        if likely:
            hint = f"write app_file: {likely}, or add {one_line(name)}"
        yield Finding(f"{named}; the repository has no such file", hint, _README, line)


def _app_file_of(space: Space) -> str:
    """The path of a gradio or static Space's app file, "" where the card has none that can be read."""
    field = space.card.fields.get("app_file")
    written = _DEFAULT_APP_FILE[space.sdk or ""] if field is None or field.value is None else field.value
    return posixpath.normpath(written) if isinstance(written, str) and written else ""


def _verb(space: Space) -> str:
    return "show" if space.sdk == "static" else "run"


@check(
    "HFS108",
    "dockerfile",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    needs=("HFS103",),
    consequence="The Hub finds nothing to build, and shows a configuration error.",
)
def dockerfile(space: Space) -> Iterator[Finding]:
    """A docker Space has a Dockerfile at its root; a gradio Space does not read one.  [spaces-sdks-docker]"""
    here = "Dockerfile" in space.files
    if space.sdk == "gradio" and here:
        # with its app file the Space runs: the Dockerfile may be there for other places
        is_left_over = _app_file_of(space) in space.files
        yield Finding(
            "the Dockerfile is not used: the card says sdk: gradio",
            "write sdk: docker in README.md to build with it, or remove it",
            "Dockerfile",
            level="note" if is_left_over else "warn",
            consequence="The Hub builds its own image for the app file, and ignores the Dockerfile.",
        )
    if space.sdk != "docker" or here:
        return
    other = space.files.similar("Dockerfile") or _other_dockerfile(space)
    if space.files.exists_untracked("Dockerfile"):
        message, hint = "Dockerfile exists here, but git does not track it", "git add Dockerfile"
    elif other is not None:
        message = f"the Dockerfile must be ./Dockerfile; the repository has {shown(other)}"
        hint = f"git mv {one_line(other)} Dockerfile"
        folder = posixpath.dirname(other)
        if folder:
            hint += f", or run with --hfspace-root {one_line(folder)} if that folder is the Space"
    else:
        message = "the card says sdk: docker, and the repository has no Dockerfile at its root"
        hint = "add a Dockerfile whose CMD starts the server on 0.0.0.0:7860"
    yield Finding(message, hint, "Dockerfile")


def _other_dockerfile(space: Space) -> str | None:
    candidates = (path for path in space.files.tracked if posixpath.basename(path).startswith("Dockerfile"))
    return min(candidates, key=lambda path: (path.count("/"), path), default=None)


CHECKS: Final[tuple[Check, ...]] = (
    card_missing,
    card_unreadable,
    card_sdk,
    card_value,
    app_file,
    dockerfile,
)
