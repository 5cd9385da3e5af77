"""The known fields of a card as data: types, ranges, SDKs, meanings.  [spaces-config-reference]

The checks judge by this table, and ``docs/card.md`` is written from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ...contract import BUILDERS_PYTHON, DEFAULT_APP_PORT, DOCUMENTED_PYTHON, LOWEST_APP_PORT, SDKS
from .emoji import is_emoji

COLORS: Final = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
#: The documented ones, and those that only [huggingface_hub ``SpaceHardware``] knows.
HARDWARE: Final = (
    *("cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1", "l40sx4", "l40sx8"),
    *("a10g-small", "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large", "a100x4", "a100x8"),
    *("zero-a10g", "rtx-pro-6000", "rtx-pro-6000x2", "rtx-pro-6000x4", "rtx-pro-6000x8"),
)
STORAGE: Final = ("small", "medium", "large")
#: [spaces-oauth]; openid and profile are always included, so that writing them changes nothing
OAUTH_SCOPES: Final = (
    *("email", "openid", "profile", "read-billing", "read-memberships", "read-repos", "gated-repos"),
    *("contribute-repos", "write-repos", "manage-repos", "read-collections", "write-collections"),
    *("inference-api", "read-endpoints", "write-endpoints", "jobs", "webhooks", "write-discussions"),
)
HEADERS: Final = (
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
)
LONGEST_DESCRIPTION: Final = 60
HIGHEST_PORT: Final = 65535

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
BARE_REPOSITORY: Final = re.compile(r"[\w.-]+")
_DURATION = re.compile(
    r"(\d+(\.\d+)? ?(ms|s|m|h|d|w|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)\s?){1,6}"
)
_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
_GRADIO_VERSION = re.compile(r"\d+(\.\d+){0,2}((a|b|rc|\.dev|\.post)\d+){0,2}")
_PYTHON_VERSION = re.compile(r"3\.\d+(\.\d+)?")


class Rule(NamedTuple):
    """What a field takes, and what it is for.

    ``kind``: a word of ``KINDS``.  ``accepts``: the range, asked once the type is right (for a
    list: of each entry).  ``example``: a value as it is written.  ``choices``: where the range is
    a few words.  ``sdks``: those that read the field, none meaning all; ``instead``: what to do
    with another one.  ``refusal``: what the Hub says of a value out of range, where that is known.
    ``meaning``: one sentence.  ``default``: what holds where the field is left out, "" where no
    source tells.  ``retired``: why nothing reads the field any more.  ``source``: pages of the
    Hub's documentation.  ``check``: the code of the check that judges the value.
    """

    kind: str
    wanted: str
    example: str
    accepts: Callable[[Any], bool] = lambda _: True
    choices: Collection[str] = ()
    sdks: tuple[str, ...] = ()
    refusal: str = ""
    meaning: str = ""
    default: str = ""
    instead: Mapping[str, str] = MappingProxyType({})
    retired: str = ""
    source: str = "spaces-config-reference"
    check: str = "HFS104"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "texts": _is_texts,
    "text or texts": lambda value: isinstance(value, str) or _is_texts(value),
    "mapping": lambda value: isinstance(value, dict),
}


def _text(wanted: str, example: str, accepts: Callable[[Any], bool] = bool, **more: Any) -> Rule:
    return Rule("text", wanted, example, accepts, **more)


def _choice(choices: tuple[str, ...], wanted: str = "", **more: Any) -> Rule:
    wanted = wanted or f"one of {', '.join(choices)}"
    return Rule("text", wanted, choices[0], lambda value: value in choices, choices=choices, **more)


def _color(meaning: str) -> Rule:
    return _choice(COLORS, refusal=f"must be one of [{', '.join(COLORS)}]", meaning=meaning)


def _boolean(meaning: str, **more: Any) -> Rule:
    return Rule("boolean", "true or false", "true", meaning=meaning, **more)


def _repositories(meaning: str) -> Rule:
    return Rule("texts", 'a list of "owner/name"', "[owner/name]", _matches(_REPOSITORY), meaning=meaning)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: pattern.fullmatch(value) is not None


def is_custom_headers(value: dict[Any, Any]) -> bool:
    """Are these headers that a Space may set, in lower case?"""
    return all(
        key in HEADERS and isinstance(entry, str) and entry == entry.lower() for key, entry in value.items()
    )


def _is_preload(entry: str) -> bool:
    repository, *rest = entry.split(" ")
    is_repository = _REPOSITORY.fullmatch(repository) or BARE_REPOSITORY.fullmatch(repository)
    is_commit = len(rest) < 2 or _COMMIT.fullmatch(rest[1])
    return bool(is_repository and is_commit and len(rest) <= 2 and all(rest))


_WITH_SERVER = ("gradio", "docker")
_NO_SERVER = {"static": "remove it: a static Space runs no server"}

RULES: Final[dict[str, Rule]] = {
    "title": _text("text", '"My Space"', lambda _: True, meaning="The name that the Space's page shows."),
    "emoji": _text("exactly one emoji", "🚀", is_emoji, meaning="The sign on the Space's thumbnail."),
    "colorFrom": _color("The colour in which the thumbnail's gradient begins."),
    "colorTo": _color("The colour in which the thumbnail's gradient ends."),
    "sdk": _choice(SDKS, meaning="How the Hub builds and runs the Space; it must be there.", check="HFS103"),
    "sdk_version": _text(
        "a version such as 6.17.3",
        '"6.17.3"',
        _matches(_GRADIO_VERSION),
        sdks=("gradio",),
        meaning="The version of Gradio that the build installs.",
        instead={"docker": "remove it: requirements.txt names the versions of a docker Space"},
    ),
    "python_version": _text(
        'a version such as "3.12"',
        '"3.12"',
        _matches(_PYTHON_VERSION),
        sdks=("gradio",),
        meaning="The Python that the build starts from; quoted, for YAML reads 3.10 as 3.1.",
        default=f"documented as {DOCUMENTED_PYTHON}; builders use {BUILDERS_PYTHON}",
        instead={"docker": "remove it: the Dockerfile's FROM chooses the Python"},
    ),
    "app_file": _text(
        "a path from the Space's root",
        "app.py",
        sdks=("gradio", "static"),
        meaning="The program that a gradio Space runs, or the page that a static Space shows.",
        default="app.py (gradio), index.html (static)",
        instead={"docker": "remove it: the Dockerfile's CMD starts the app"},
    ),
    "app_port": Rule(
        "number",
        f"a whole number from {LOWEST_APP_PORT} to {HIGHEST_PORT}",
        "7860",
        lambda value: LOWEST_APP_PORT <= value <= HIGHEST_PORT,
        sdks=("docker",),
        refusal=f"must be greater than or equal to {LOWEST_APP_PORT}",
        meaning="The port on which the app listens.",
        default=str(DEFAULT_APP_PORT),
        instead={"gradio": f"remove it, and listen on {DEFAULT_APP_PORT}: a gradio Space has no other port"}
        | _NO_SERVER,
    ),
    "app_build_command": _text(
        "a command",
        "npm run build",
        sdks=("static",),
        meaning="What the Hub runs to make the files of a static Space.",
        instead={"docker": "remove it, and write it as a RUN of the Dockerfile if it is needed"},
    ),
    "base_path": _text(
        'a path that begins with "/"',
        "/docs",
        lambda value: value.startswith("/"),
        sdks=_WITH_SERVER,
        meaning="The path that the Space's page shows first.",
        default="/",
        instead={"static": "remove it: app_file names the page of a static Space"},
    ),
    "suggested_hardware": _choice(
        HARDWARE,
        "a hardware such as cpu-basic or t4-small",
        sdks=_WITH_SERVER,
        meaning="The hardware that is proposed to whoever duplicates the Space; nothing is assigned by it.",
        instead=_NO_SERVER,
    ),
    "suggested_storage": _choice(
        STORAGE,
        meaning="Once the persistent storage that was proposed to whoever duplicates the Space.",
        retired="the Hub no longer offers this kind of storage",
        source="spaces-config-reference, spaces-storage",
    ),
    "fullWidth": _boolean("Does the Space fill the width of its page?"),
    "pinned": _boolean("Does the Space stand first in its owner's profile?", default="false"),
    "disable_embedding": _boolean("Are other sites kept from showing the Space in a frame?", default="false"),
    "hf_oauth": _boolean(
        "Does the Space get an OAuth application, so that visitors can sign in with their account?",
        default="false",
        source="spaces-config-reference, spaces-oauth",
    ),
    "header": _choice(("mini", "default"), meaning="How high the bar above the Space is.", default="default"),
    "short_description": _text(
        f"at most {LONGEST_DESCRIPTION} characters",
        '"What it does, in a few words"',
        lambda value: len(value) <= LONGEST_DESCRIPTION,
        refusal=f"length must be less than or equal to {LONGEST_DESCRIPTION} characters long",
        meaning="The line below the title on the thumbnail.",
    ),
    "models": _repositories("Models of the Hub that the Space uses, linked from its page."),
    "datasets": _repositories("Datasets of the Hub that the Space uses, linked from its page."),
    "tags": Rule("texts", "a list of words", "[fastapi]", meaning="Words under which the Space is found."),
    "thumbnail": _text(
        "the URL of a picture",
        "https://example.org/picture.png",
        lambda value: value.startswith(("https://", "http://")),
        meaning="The picture that other sites show with a link to the Space.",
    ),
    "hf_oauth_scopes": Rule(
        "texts",
        "a list of the Hub's OAuth scopes",
        "[email]",
        lambda value: value in OAUTH_SCOPES,
        choices=OAUTH_SCOPES,
        meaning="What the Space asks of those who sign in, beyond openid and profile.",
        source="spaces-oauth",
    ),
    "hf_oauth_expiration_minutes": Rule(
        "number",
        "a whole number from 1 to 43200",
        "480",
        lambda value: 1 <= value <= 43200,
        meaning="How long somebody stays signed in.",
        default="480",
        source="spaces-oauth",
    ),
    "hf_oauth_authorized_org": Rule(
        "text or texts",
        "an organization or a list of them",
        "my-org",
        meaning="The organizations whose members may sign in.",
        source="spaces-oauth",
    ),
    "startup_duration_timeout": _text(
        "a duration such as 30m or 1h",
        "1h",
        _matches(_DURATION),
        sdks=_WITH_SERVER,
        meaning="How long the app may take until it answers.",
        default="30m",
        instead=_NO_SERVER,
    ),
    "custom_headers": Rule(
        "mapping",
        "cross-origin-{embedder,opener,resource}-policy with a value, in lower case",
        "{cross-origin-opener-policy: same-origin}",
        is_custom_headers,
        meaning="Headers that the Hub adds to every answer of the Space.",
    ),
    "preload_from_hub": Rule(
        "texts",
        'a list of "owner/name [file,file [commit]]"',
        "[owner/name]",
        _is_preload,
        sdks=_WITH_SERVER,
        meaning="Files of the Hub that the build downloads, so that the app finds them in its cache.",
        instead=_NO_SERVER,
    ),
}
