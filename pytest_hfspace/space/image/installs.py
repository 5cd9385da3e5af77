"""The RUN steps that install Python packages: which tool, from which files, which requirements."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..shell.words import Arg


class PipInstall(NamedTuple):
    """A RUN step that installs Python packages.

    ``files``: requirement files as image paths; ``requirements``: requirements named in the step;
    ``project``: True for ``pip install .``, ``uv sync``, ``poetry install`` and the like.
    ``tool``: pip, uv, poetry, pipenv, conda...

    ``sources``: the repository paths of those ``files`` (and ``constraints``, and of a project's
    pyproject.toml and lock files) that lie in the image while the step runs, by image path: they
    may be gone from the final image, or mounted for this step only.  ``unseen``: files that an
    earlier step may have made, of which nothing can be said; ``made``: the texts of those that
    stand in the Dockerfile.  ``constraints``: files of ``-c``.
    ``directory``: where the project lies.  ``understood``: False where more may be installed than
    is listed here.  ``conditional``: it may not run, or may fail without failing the build.
    ``base``: the outermost image of its stage; ``system``: the packages of the distribution that were
    installed before, None where that is not known.
    ``options``: those that say what is chosen and from where, each word by itself;
    ``synchronises``: the project's lock file is installed (``uv sync``).
    ``there``: the files that are in the image while the step runs, by image path with the repository
    path or ""; None where there may be more.  ``elsewhere``: directories mounted from elsewhere.
    """

    tool: str
    files: tuple[str, ...]
    requirements: tuple[str, ...]
    project: bool
    line: int
    sources: Mapping[str, str] = MappingProxyType({})
    unseen: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    directory: str = ""
    understood: bool = True
    conditional: bool = False
    options: tuple[str, ...] = ()
    synchronises: bool = False
    base: str = ""
    system: frozenset[str] | None = None
    there: Mapping[str, str] | None = None
    elsewhere: tuple[str, ...] = ()

    def lacks(self, path: str) -> bool:
        """Is a file of this image path certainly not there while the step runs?"""
        return (
            self.there is not None
            and path not in self.there
            and not any(f"{path}/".startswith(f"{place.rstrip('/')}/") for place in self.elsewhere)
        )


class Installer(NamedTuple):
    """What an installing command line asks for, its paths as written.

    ``into``: the directories that it fills (a virtual environment, ``--target``), as written.
    ``itself``: the project is installed, not only what it needs; ``editable``: in place.
    ``options`` and ``synchronises`` as for :class:`PipInstall`.
    """

    tool: str
    files: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    project: str | None = None
    constraints: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    understood: bool = True
    itself: bool = True
    editable: bool = False
    options: tuple[str, ...] = ()
    synchronises: bool = False


_WITH_VALUE = frozenset(
    {
        "--abi", "--allow-insecure-host", "--build-constraint", "--build-constraints", "--cache-dir",
        "--cert", "--client-cert", "--color", "--config-file", "--config-setting", "--config-settings",
        "--default-index", "--directory", "--exclude-newer", "--exists-action", "--extra",
        "--extra-index-url", "--extras", "--find-links", "--fork-strategy", "--global-option",
        "--group", "--implementation", "--index", "--index-strategy", "--index-url", "--install-option",
        "--keyring-provider", "--link-mode",
        "--log", "--name", "--no-binary", "--no-build-package", "--no-extra", "--no-group",
        "--no-install-package", "--only", "--only-binary", "--only-group", "--override", "--overrides",
        "--package", "--platform", "--prefix", "--prerelease", "--progress-bar", "--project", "--proxy",
        "--python", "--python-platform", "--python-preference", "--python-version", "--refresh-package",
        "--reinstall-package", "--report", "--resolution", "--resume-retries", "--retries", "--root",
        "--root-user-action", "--src", "--target", "--timeout", "--torch-backend", "--trusted-host",
        "--upgrade-package", "--upgrade-strategy", "--use-deprecated", "--use-feature", "--with",
        "--without", "-C", "-E", "-P", "-b", "-f", "-i", "-p", "-t",
    }
)  # fmt: skip
_FILES = frozenset({"-r", "--requirement", "--requirements"})
_CONSTRAINTS = frozenset({"-c", "--constraint", "--constraints"})
_EDITABLE = frozenset({"-e", "--editable"})
_WITHOUT_ITSELF = frozenset(
    {"--no-install-project", "--no-install-workspace", "--no-root", "--no-self", "--only-deps"}
)
_INTO = frozenset({"-t", "--target", "--prefix", "--root"})

#: Options that change what is installed: those with a value, and those without.
_CHOOSING = frozenset(
    {
        "--build-constraint", "--build-constraints", "--config-setting", "--config-settings",
        "--default-index", "--exclude-newer", "--extra", "--extra-index-url", "--find-links",
        "--fork-strategy", "--group", "--index", "--index-strategy", "--index-url", "--no-binary",
        "--no-build-package", "--no-extra", "--no-group", "--no-install-package", "--only-binary",
        "--only-group", "--override", "--overrides", "--package", "--prerelease", "--python",
        "--resolution", "--torch-backend", "--trusted-host", "--upgrade-strategy", "-C", "-f", "-i",
        "-p",
    }
)  # fmt: skip
CHOOSING_FLAGS = frozenset(
    {
        "--all-extras", "--all-groups", "--all-packages", "--dev", "--force-reinstall", "--frozen",
        "--locked", "--no-build", "--no-build-isolation", "--no-default-groups", "--no-deps", "--no-dev",
        "--no-index", "--no-sources", "--only-dev", "--pre", "--prefer-binary", "--require-hashes",
        "--system", "--upgrade", "-U",
    }
)  # fmt: skip
_SHORT = re.compile(r"-[qUvIy]*([rcetifb])(.*)", re.DOTALL)
_EXTRAS = re.compile(r"\A(?:file:)?[./~][^\[\]]*\[([^\[\]]*)\]\Z")

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*t?\Z")
_PIP = re.compile(r"pip[0-9.]*\Z")


def is_python(name: str) -> bool:
    """Is this the name of an interpreter?  (python, python3, python3.12)"""
    return _PYTHON.match(name) is not None


def recognise(words: Sequence[Arg]) -> Installer | None:
    """What a command installs; None for a command that is no installer."""
    name = posixpath.basename(words[0].text)
    rest = list(words[1:])
    if is_python(name):
        while rest and re.fullmatch(r"-[uIBOsSE]+", rest[0].text):
            rest = rest[1:]
        if len(rest) < 2 or rest[0].text != "-m":
            return None
        name, rest = rest[1].text, rest[2:]
    if _PIP.match(name):
        name = "pip"
    tool = _TOOLS.get(name)
    return tool(rest) if tool else None


def _pip(words: list[Arg]) -> Installer | None:
    words = _without_global_options(words)
    if not words or words[0].text not in ("install", "sync"):
        return None
    return _requirements("pip", words[1:], files_first=words[0].text == "sync")


def _uv(words: list[Arg]) -> Installer | None:
    directory, words = _directory(words)
    verb = tuple(word.text for word in words[:2])
    if verb[:1] == ("pip",) and verb[1:] in (("install",), ("sync",)):
        return _requirements("uv", words[2:], files_first=verb[1] == "sync")
    if verb[:1] == ("sync",):
        return _synchronised("uv", directory, words)
    if verb == ("tool", "install"):
        return _requirements("uv", words[2:], files_first=False)
    if verb[:1] == ("add",):
        return _requirements("uv", words[1:], files_first=False)
    return None


def _poetry(words: list[Arg]) -> Installer | None:
    directory, words = _directory(words)
    if words and words[0].text in ("install", "sync"):
        return _synchronised("poetry", directory, words)
    if words and words[0].text == "add":
        return _requirements("poetry", words[1:], files_first=False)
    return None


def _synchronised(tool: str, directory: str, words: list[Arg]) -> Installer:
    """A project's environment brought up to date, with the project itself in it unless told not to."""
    options = {word.text for word in words}
    return Installer(
        tool,
        project=directory or ".",
        into=(posixpath.join(directory, ".venv"),),
        itself=not options & _WITHOUT_ITSELF,
        editable="--no-editable" not in options,
        options=_chosen(words),
        synchronises=True,
    )


def _pipenv(words: list[Arg]) -> Installer | None:
    if not words or words[0].text not in ("install", "sync"):
        return None
    found = _requirements("pipenv", words[1:], files_first=False)
    if found.files or found.requirements:
        return found
    return Installer("pipenv", project=".", into=(".venv",), itself=False)


def _pdm(words: list[Arg]) -> Installer | None:
    if words and words[0].text in ("install", "sync"):
        return _synchronised("pdm", "", words)
    return None


def _conda(words: list[Arg]) -> Installer | None:
    verb = [word.text for word in words[:2]]
    if verb[:1] in (["install"], ["create"], ["update"]) or verb[:2] in (
        ["env", "create"], ["env", "update"]
    ):  # fmt: skip
        # what conda installs is named by its own channels, not by the package index
        return Installer("conda", understood=False, into=("/opt/conda",))
    return None


_TOOLS: Mapping[str, Callable[[list[Arg]], Installer | None]] = {
    "pip": _pip,
    "uv": _uv,
    "poetry": _poetry,
    "pipenv": _pipenv,
    "pdm": _pdm,
    "conda": _conda,
    "mamba": _conda,
    "micromamba": _conda,
}


def _without_global_options(words: list[Arg]) -> list[Arg]:
    index = 0
    while index < len(words) and words[index].text.startswith("-"):
        index += 2 if words[index].text in _WITH_VALUE else 1
    return words[index:]


def _directory(words: list[Arg]) -> tuple[str, list[Arg]]:
    """The project that uv's and poetry's own options name, and the words after these."""
    directory = ""
    for index, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if name in ("--directory", "--project", "-C"):
            directory = value if equals else words[index + 1].text if index + 1 < len(words) else ""
    return directory, _without_global_options(words)


def _requirements(tool: str, words: list[Arg], *, files_first: bool) -> Installer:
    """Read the arguments of an install command; with ``files_first`` bare words name files."""
    files: list[str] = []
    constraints: list[str] = []
    requirements: list[str] = []
    into: list[str] = []
    project: str | None = None
    editable = False
    understood = True
    remaining = iter(words)
    for word in remaining:
        option, value = _option(word)
        if not word.absent and not word.opaque and option in _ALL_OPTIONS and value is None:
            following = next(remaining, None)
            if following is None or following.opaque or following.absent:
                understood = understood and option not in _CONTENT
                continue
            value = following.text
        if word.opaque or word.absent:
            understood = False
        elif option in _FILES:
            files.append(value or "")
        elif option in _CONSTRAINTS:
            constraints.append(value or "")
        elif option in _INTO:
            into.append(value or "")
        elif option in _EDITABLE or (not option and not files_first):
            kind, text = _kind(value or word.text)
            if kind == "project":
                project, editable = text, option in _EDITABLE
            elif kind == "requirement":
                requirements.append(text)
            understood = understood and kind != "unknown"
        elif not option:
            files.append(word.text)
    return Installer(
        tool,
        tuple(files),
        tuple(requirements),
        project,
        tuple(constraints),
        tuple(into),
        understood,
        editable=editable,
        options=_chosen(words),
    )


def _chosen(words: Sequence[Arg]) -> tuple[str, ...]:
    """The options that change what is installed, a value always in a word of its own."""
    found: list[str] = []
    for word, following in zip(words, (*words[1:], None)[: len(words)], strict=True):
        option, value = _option(word)
        if word.opaque or word.absent:
            continue
        if option in CHOOSING_FLAGS or word.text in CHOOSING_FLAGS:
            found.append(word.text)
        elif option in _CHOOSING and value is not None:
            found += [option, value]
        elif option in _CHOOSING and following is not None and not (following.opaque or following.absent):
            found += [option, following.text]
        elif not option or option in _EDITABLE:
            # what a project is installed with: .[web]
            extras = _EXTRAS.search(value or word.text)
            found += [part for name in _extras(extras) for part in ("--extra", name)]
    return tuple(found)


def _extras(match: re.Match[str] | None) -> list[str]:
    return [name.strip() for name in match[1].split(",") if name.strip()] if match else []


_CONTENT = _FILES | _EDITABLE
_ALL_OPTIONS = _WITH_VALUE | _FILES | _CONSTRAINTS | _EDITABLE | _INTO


def _option(word: Arg) -> tuple[str, str | None]:
    """The option that a word is, and the value that is written with it; ("", None) for none."""
    text = word.text
    if not text.startswith("-") or text == "-":
        return "", None
    if text.startswith("--"):
        name, equals, value = text.partition("=")
        return name, value if equals else None
    short = _SHORT.match(text)
    return (f"-{short[1]}", short[2].removeprefix("=") or None) if short else (text, None)


def _kind(text: str) -> tuple[str, str]:
    """Is it a "project" on disk, a "requirement", or "unknown" (a file that holds a package)?"""
    path = re.sub(r"\[[^\]]*\]\Z", "", text.removeprefix("file:").removeprefix("//"))
    if "://" in text and not text.startswith("file:"):
        return "requirement", text
    if path.endswith((".whl", ".tar.gz", ".zip")):
        return "unknown", path
    if path.startswith((".", "/", "~")) or ("/" in path and "@" not in text):
        return "project", path
    return "requirement", text
