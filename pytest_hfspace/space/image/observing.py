"""Notes of what RUN steps do, taken before each command with the image as it is then."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final, Protocol

from ..shell.words import Arg, Shell
from . import caches
from .owning import Step, is_recursive
from .permissions import MOUNT
from .ran import CacheFill, Ran
from .stage import absolute

#: No real Dockerfile runs as many commands.
_MOST: Final = 5000

_INSTALLERS: Final = {
    "apk": ("add",), "apt": ("install",), "apt-get": ("install",), "aptitude": ("install",),
    "dnf": ("install",), "microdnf": ("install",), "yum": ("install",),
}  # fmt: skip

#: Commands that end with an error where a path, or the directory that it names a file in, is absent.
_NEED: Final = frozenset(
    {
        ".", ">", ">>", "cat", "cd", "chmod", "chown", "cp", "head", "ln", "ls", "mkdir", "mv", "pushd",
        "source", "tail", "tee", "touch",
    }
)  # fmt: skip
#: Commands that put something at a path that they are given.
_FILL: Final = frozenset({">", ">>", "cp", "git", "mv", "tee", "touch", "unzip", "wget", "curl", "hf", "tar"})
_TARGETED: Final = frozenset({"cp", "install", "ln", "mv"})

#: Code that may change what other files are.
_MEDDLING: Final = re.compile(r"chmod|chown|subprocess|system|shutil|exec\(|__import__|runpy")
#: Programs that are not followed, and leave the owners and modes of what is there alone.
_DECENT: Final = frozenset(
    {
        "awk", "bun", "cp", "curl", "git", "hf", "huggingface-cli", "ln", "mv", "node", "npm", "npx",
        "playwright", "pnpm", "rm", "sed", "unzip", "wget", "yarn",
    }
)  # fmt: skip


class Watched(Step, Protocol):
    """A RUN step, with what its shell knows."""

    shell: Shell
    elevated: bool


def observe(step: Watched, name: str, words: Sequence[Arg], code: str = "") -> None:
    """Note a command that is about to run.  ``code``: the Python that a here-document hands it."""
    stage = step.stage
    text = [word.text for word in words[1:] if not word.absent]
    _packages(step, name, words[1:], text)
    if len(stage.ran) >= _MOST:
        return
    uncertain = step.conditional or any(word.opaque for word in words)
    stage.ran.append(
        Ran(
            (name, *text),
            step.line,
            stage.user,
            True if step.elevated else stage.is_root,
            step.elevated,
            step.conditional,
            denied="" if uncertain else _denied(step, name, text),
            absent="" if uncertain else _absent(step, name, text),
            hidden=_hidden(step, name, text),
            below=_below(step, name, text),
        )
    )
    kind = "" if step.conditional else caches.filled(name, text, code or _code(name, text))
    variables = {key: value.text for key, value in step.shell.variables.items() if not value.opaque}
    home = variables.get("HOME")
    where = caches.directory(kind, variables, home) if kind else None
    if where and kind:
        stage.caches.append(CacheFill(kind, where, step.line, stage.user))


def meddles(name: str, text: Sequence[str], code: str = "") -> bool:
    """May a command that is not followed change owners and modes?"""
    if name.startswith("python") and (code or text[:1] in (["-c"], ["-m"])):
        return _MEDDLING.search(code or " ".join(text)) is not None
    return name not in _DECENT


def _code(name: str, text: Sequence[str]) -> str:
    return text[1] if name.startswith("python") and len(text) > 1 and text[0] == "-c" else ""


def _packages(step: Watched, name: str, words: Sequence[Arg], text: Sequence[str]) -> None:
    verbs = _INSTALLERS.get(name)
    plain = [word for word in text if not word.startswith("-")]
    if verbs is None or not plain or plain[0] not in verbs or step.stage.system is None:
        return
    if any(word.opaque for word in words):
        step.stage.system = None
    else:
        step.stage.system |= {re.split(r"[=:<>~]", word, maxsplit=1)[0] for word in plain[1:]}


def _denied(step: Watched, name: str, text: Sequence[str]) -> str:
    """A path that the command changes and its user, who is not root, may not change for certain."""
    uid, permissions = step.uid, step.stage.permissions
    if not uid:
        return ""
    plain = [word for word in text if not word.startswith("-")]
    paths = [absolute(word, step.cwd) for word in plain]
    if name in ("chown", "chmod"):
        deep = is_recursive(text)
        if name == "chown" and plain and not plain[0].startswith(":"):
            owner = permissions.accounts.uid(plain[0])
            if owner is not None and owner != uid:
                return paths[1] if len(paths) > 1 else ""
        if not step.stage.tree.spend(len(permissions.entries) // 2 + 1):
            return ""
        foreign = (permissions.foreign(path, uid, deep=deep) for path in paths[1:20])
        return next(filter(None, foreign), "")
    if name in ("mkdir", "touch", "tee", ">", ">>"):
        targets = [path for path in paths if not (name == "mkdir" and step.stage.tree.is_directory(path))]
    elif name in _TARGETED and len(paths) > 1:
        inside = step.stage.tree.is_directory(paths[-1]) or plain[-1].endswith("/")
        targets = [absolute(posixpath.basename(paths[0]), paths[-1]) if inside else paths[-1]]
    else:
        return ""
    return next((path for path in targets if permissions.allowed(path, uid) is False), "")


def _mounted(step: Watched, text: Sequence[str]) -> list[str]:
    """The words of a command that are paths of the mount."""
    values = (word.rpartition("=")[2] if word.startswith("--") else word for word in text)
    paths = (absolute(word, step.cwd) for word in values if word and not word.startswith("-"))
    return [path for path in paths if path == MOUNT or path.startswith(f"{MOUNT}/")]


def _absent(step: Watched, name: str, text: Sequence[str]) -> str:
    """A path of the mount that has to be there during the build, and is not."""
    tree = step.stage.tree
    if name not in _NEED or tree.is_directory(MOUNT) or MOUNT in tree or not tree.permissions.rooted:
        return ""
    if name == "mkdir" and any(re.fullmatch(r"-[a-z]*p[a-z]*|--parents", word) for word in text):
        return ""
    paths = _mounted(step, text)
    makes_it = name in ("cp", "mkdir", "mv", "ln", "tee", "touch", ">", ">>") and paths == [MOUNT]
    return paths[0] if paths and not makes_it else ""


def _hidden(step: Watched, name: str, text: Sequence[str]) -> str:
    paths = _mounted(step, text) if name in _FILL else []
    return paths[-1] if paths and (name != "cp" or absolute(text[-1], step.cwd) == paths[-1]) else ""


def _below(step: Watched, name: str, text: Sequence[str]) -> int:
    """How many files of a COPY a recursive chown or chmod goes over."""
    if name not in ("chown", "chmod") or not is_recursive(text):
        return 0
    plain = [word for word in text if not word.startswith("-")]
    tree = step.stage.tree
    return sum(
        1
        for word in plain[1:]
        for content in tree.below(absolute(word, step.cwd)).values()
        if isinstance(content, str)
    )
