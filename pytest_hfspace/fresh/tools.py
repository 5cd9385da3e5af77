"""The command lines of the two tools, uv and pip, for the same steps."""

from __future__ import annotations

import importlib
import importlib.util
import posixpath
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..space.image.installs import CHOOSING_FLAGS
from ..space.requirement_lines import read_lines
from .inputs import moved
from .plan import Plan, Step

#: What of the caller's environment the tools may know: the machine, the index, the way to it.
_KEPT: Final = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|XDG_\w+|NETRC"
    r"|PIP_\w+|UV_\w+|PYENV_ROOT|PYTHONDONTWRITEBYTECODE"
    r"|(?:HTTPS?|ALL|NO|FTP)_PROXY|(?:https?|all|no|ftp)_proxy"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CLIENT_CERT"
    r"|CC|CXX|CFLAGS|LDFLAGS|SDKROOT|MACOSX_DEPLOYMENT_TARGET"
)

#: What would lead the tools elsewhere than where they are sent.
_DROPPED: Final = re.compile(
    r"PIP_(?:USER|TARGET|PREFIX|ROOT|PYTHON|REQUIRE_VIRTUALENV|DRY_RUN|REPORT|LOG|NO_INPUT|QUIET|VERBOSE"
    r"|PROGRESS_BAR|NO_COLOR|REQUIREMENT|EDITABLE)"
    r"|UV_(?:PYTHON|PROJECT\w*|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|WORKING_DIR\w*|VENV_\w+|DRY_RUN|TARGET"
    r"|PREFIX|NO_PROGRESS|ENV_FILE|MANAGED_PYTHON|NO_MANAGED_PYTHON|PYTHON_\w+|NO_SYNC|LOG\w*|PUBLISH\w*)"
)

#: The options of one tool as the other spells them.
_FOR_UV: Final[Mapping[str, str]] = {
    "-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links", "-C": "--config-setting",
    "--config-settings": "--config-setting", "--trusted-host": "--allow-insecure-host",
}  # fmt: skip
_FOR_PIP: Final[Mapping[str, str]] = {
    "-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links", "-U": "--upgrade",
    "--default-index": "--index-url", "--index": "--extra-index-url", "-C": "--config-settings",
    "--config-setting": "--config-settings",
}  # fmt: skip
_BOTH: Final = frozenset(
    {
        "--index-url", "--extra-index-url", "--find-links", "--no-binary", "--only-binary", "--no-index",
        "--no-deps", "--no-build-isolation", "--require-hashes",
    }
)  # fmt: skip
_UV_ONLY: Final = frozenset(
    {
        "--allow-insecure-host", "--config-setting", "--default-index", "--exclude-newer", "--fork-strategy",
        "--index", "--index-strategy", "--no-build", "--no-build-package", "--no-sources", "--prerelease",
        "--resolution", "--torch-backend",
    }
)  # fmt: skip
_PIP_ONLY: Final = frozenset({"--config-settings", "--pre", "--prefer-binary", "--trusted-host", "--upgrade"})
_SYNC: Final = frozenset(
    {
        "--all-extras", "--all-groups", "--all-packages", "--dev", "--exclude-newer", "--extra", "--frozen",
        "--group", "--index", "--default-index", "--index-strategy", "--locked", "--no-build",
        "--no-build-package", "--no-default-groups", "--no-dev", "--no-extra", "--no-group",
        "--no-install-package", "--no-sources", "--only-dev", "--only-group", "--package", "--prerelease",
        "--resolution",
    }
)  # fmt: skip
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True)
class Place:
    """Where a build happens.  ``python``: of the new environment; ``root`` stands for the image's
    "/"; ``exists``: does anything lie at an image path, or below it?"""

    environment: Path
    root: Path
    exists: Callable[[str], bool]

    @property
    def python(self) -> str:
        """The interpreter of the new environment."""
        return str(self.environment / "bin" / "python")

    def inside(self, image_path: str) -> str:
        """Where an image path lies on this machine."""
        return str(self.root) + posixpath.normpath(f"/{image_path}").replace("//", "/")


def find_uv(environment: Mapping[str, str]) -> str:
    """The path of uv, "" where it is not here: the installed package's, or that on PATH."""
    if importlib.util.find_spec("uv") is not None:
        try:
            uv = importlib.import_module("uv")
            return str(uv.find_uv_bin())
        except (ImportError, AttributeError, OSError):
            pass
    return shutil.which("uv", path=environment.get("PATH")) or ""


def tool_environment(caller: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """What the tools are told: of the caller's nothing but the machine and the index, and what the
    image's own variables say to them."""
    kept = {k: v for k, v in caller.items() if _KEPT.fullmatch(k) and not _DROPPED.fullmatch(k)}
    kept |= settings
    for pip, uv, same in (
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"),
        ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_FIND_LINKS"),
    ):
        # one who has told pip where the index is means uv as well
        if pip in kept and not {uv, same} & set(kept):
            kept[uv] = kept[pip] if uv != "UV_FIND_LINKS" else ",".join(kept[pip].split())
    if kept.get("PIP_NO_INDEX", "0").lower() in ("1", "true", "yes", "on"):
        kept.setdefault("UV_NO_INDEX", "1")
    return (
        {"PIP_RETRIES": "2"}
        | kept
        | {
            "PIP_NO_INPUT": "1",
            "PIP_NO_COLOR": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_VENV_CLEAR": "1",
            "NO_COLOR": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PYTHONUTF8": "1",
        }
    )


def uv_command(uv: str, step: Step, plan: Plan, place: Place) -> list[str]:
    """A step as uv runs it, by pip's rules where the step is pip's."""
    command = [uv, "pip", "install", "--no-progress", "--color", "never", "--python", place.python]
    options = _options(step, place, _FOR_UV, _BOTH | _UV_ONLY)
    if step.tool != "uv":
        if "--index-strategy" not in options:
            # pip takes the best version of all indexes
            command += ["--index-strategy", "unsafe-best-match"]
        if "--pre" in step.options or _says_pre(step, plan):
            command += ["--prerelease", "allow"]
    if {"--upgrade", "-U"} & set(step.options):
        # as pip does it: what is asked for, not what that needs
        lines = read_lines("\n".join(step.requirements), "")
        command += [f"--upgrade-package={each.name}" for each in lines.requirements]
    return [*command, *options, *_what(step, place)]


def uv_sync_command(uv: str, step: Step, place: Place) -> list[str]:
    """A step that installs a project's lock file, into an environment of ours.

    The environment is named by UV_PROJECT_ENVIRONMENT.
    """
    options = _words(_taken(step.options, {}, _SYNC))
    return [
        uv, "sync", "--no-progress", "--color", "never", "--inexact", "--no-install-project", "--no-editable",
        "--python", place.python, "--project", place.inside(step.project), *options,
    ]  # fmt: skip


def pip_command(step: Step, place: Place, *, verbose: bool = False) -> list[str]:
    """A step as the pip of the environment runs it."""
    command = [place.python, "-m", "pip", "install", *(["-vv"] if verbose else [])]
    options = _options(step, place, _FOR_PIP, _BOTH | _PIP_ONLY)
    if step.tool == "uv" and "allow" in step.options and "--prerelease" in step.options:
        options.append("--pre")
    return [*command, *options, *_what(step, place)]


def _what(step: Step, place: Place) -> list[str]:
    words: list[str] = []
    for path in step.files:
        words += ["-r", place.inside(path)]
    for path in step.constraints:
        words += ["-c", place.inside(path)]
    # "--" keeps a requirement from being taken for an option
    return [*words, "--", *(moved(text, step.cwd, place.inside) for text in step.requirements)]


def _options(step: Step, place: Place, spelling: Mapping[str, str], known: frozenset[str]) -> list[str]:
    result: list[tuple[str, str | None]] = []
    built_before = False
    for name, value in _taken(step.options, spelling, known):
        if name != "--find-links" or value is None or "://" in value:
            result.append((name, value))
            continue
        image_path = posixpath.normpath(posixpath.join(step.cwd, value))
        if place.exists(image_path):
            result.append((name, place.inside(image_path)))
        else:
            built_before = True  # an earlier step has filled it with wheels of the same index
    return _words(option for option in result if not (built_before and option[0] == "--no-index"))


def _taken(
    options: Iterable[str], spelling: Mapping[str, str], known: frozenset[str]
) -> Iterator[tuple[str, str | None]]:
    """The options that a tool knows, in its spelling, each with its value."""
    words = iter(options)
    for word in words:
        name = spelling.get(word, word)
        value = None if word in CHOOSING_FLAGS else next(words, "")
        if name not in known:
            continue
        # pip takes several distributions in one value, uv does not
        values = value.split(",") if value and name in ("--no-binary", "--only-binary") else [value]
        yield from ((name, each) for each in values)


def _words(options: Iterable[tuple[str, str | None]]) -> list[str]:
    return [word for option in options for word in option if word is not None]


def _says_pre(step: Step, plan: Plan) -> bool:
    """Does one of the step's files have the line ``--pre``, which uv does not read there?"""
    return any(
        re.search(r"^\s*--pre\b", text, re.MULTILINE)
        for path, text in plan.texts.items()
        if path in step.files
    )


def without_credentials(text: str) -> str:
    """A text with the user names and passwords of its URLs left out."""
    return _CREDENTIALS.sub("", text)
