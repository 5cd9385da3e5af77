"""Shell and Python text of a deployment: the commands in it that send a repository to the Hub."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from ..shell import Simple, read_shell, simple_commands
from ..shell.tokens import UnreadableError
from ..shell.words import Shell

#: Stands for ``${{ … }}`` in a command: only a run of the workflow would tell.
EXPRESSION: Final = "…"
_EXPRESSIONS: Final = re.compile(r"\$\{\{.{0,500}?\}\}")

#: A Space's address: over https or ssh, with or without user and token.
_SPACE: Final = re.compile(
    r"(?:^|[@/])(?:www\.)?(?:huggingface\.co|hf\.co)[:/]/?spaces(?:/([^/\s]*)(?:/([^/\s]*?)(?:\.git)?)?)?/?$"
)
_OWNER_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

#: Programs that run the one that follows them.
_BEFORE: Final = frozenset({"sudo", "exec", "time", "command", "nice", "nohup", "env", "uvx", "pipx", "uv"})
_CLIENTS: Final = frozenset({"hf", "huggingface-cli"})
_SHELLS: Final = frozenset({"ash", "bash", "dash", "sh", "zsh", "source", "."})
_PUSH_VALUES: Final = frozenset({"-o", "--push-option", "--receive-pack", "--exec", "--repo"})
_UPLOAD_VALUES: Final = frozenset(
    {
        "--repo-type", "--type", "--revision", "--include", "--exclude", "--delete", "--commit-message",
        "--commit-description", "--every", "--token", "--num-workers",
    }
)  # fmt: skip
_UPLOADS: Final = frozenset({"upload_folder", "upload_large_folder"})
#: The directory that a job begins in, as its steps may spell it.
_HERE: Final = re.compile(r"\s*(?:\.|\$\{\{\s*github\.workspace\s*\}\}|\$(?:PWD|GITHUB_WORKSPACE))?/?\s*")

_MOST_COMMANDS: Final = 5_000


class Send(NamedTuple):
    """A command that sends, or (``script``) one that runs a file of the repository."""

    kind: Literal["git push", "upload", "script"]
    line: int
    space: str = ""
    script: str = ""


@dataclass
class Place:
    """What the commands of a job have changed so far.

    ``remotes``: addresses by name; ``complete``: the history is whole, or a new one; ``lfs``: the LFS
    files have been fetched.  ``elsewhere``: in another directory than the repository's.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    remotes: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    lfs: bool = False
    elsewhere: bool = False


def plain(text: str) -> str:
    """Text of a workflow with a mark in place of each expression."""
    return _EXPRESSIONS.sub(EXPRESSION, text)


def is_here(directory: str) -> bool:
    """Is this the directory that the job began in?  "" is."""
    return _HERE.fullmatch(directory[:200]) is not None


def read_commands(text: str, line: int, place: Place) -> Iterator[Send]:
    """What shell text sends; ``line`` is its first.  ``place`` changes as the commands would."""
    shell = Shell.of({"PWD": ".", "GITHUB_WORKSPACE": ".", **place.variables})
    place.elsewhere = False
    for simple in _simple(plain(text)):
        for name, value in simple.assignments:
            shell.variables[name] = shell.value(value)
        words = [EXPRESSION if word.absent else word.text for word in shell.expand_all(simple.words)]
        at = line + simple.line - 1
        yield from _read_words(_without_prefixes(words), at, place)
        for redirect in simple.redirects:
            if redirect.body and any(word.startswith("python") for word in words):
                yield from (Send("upload", at) for _ in python_uploads(redirect.body))


def _simple(text: str) -> Iterator[Simple]:
    """The simple commands; where the whole cannot be read, those of each line that can."""
    try:
        found = [simple for simple, _ in simple_commands(read_shell(text))]
    except UnreadableError:
        found = list(_by_line(text))
    yield from found[:_MOST_COMMANDS]


def _by_line(text: str) -> Iterator[Simple]:
    for number, row in enumerate(text.split("\n")[:_MOST_COMMANDS]):
        try:
            items = read_shell(row)
        except UnreadableError:
            continue
        yield from (simple._replace(line=number + 1) for simple, _ in simple_commands(items))


def _without_prefixes(words: list[str]) -> list[str]:
    """What is run in the end: by ``uv run``, ``uvx --from huggingface_hub``, ``env NAME=value``."""
    while words and (posixpath.basename(words[0]) in _BEFORE or words[0] == EXPRESSION):
        words = words[1:]
        while words and (words[0].startswith("-") or "=" in words[0] or words[0] in ("run", "tool")):
            words = words[2:] if words[0] in ("--from", "--with", "--spec", "-u") else words[1:]
    return words


def _read_words(words: list[str], line: int, place: Place) -> Iterator[Send]:
    if not words:
        return
    name = posixpath.basename(words[0]).partition("@")[0]
    if name == "git":
        yield from _git(words[1:], line, place)
    elif name in ("cd", "pushd", "popd"):
        place.elsewhere = name != "popd" and not is_here(words[1] if len(words) > 1 else "~")
    elif name in _CLIENTS and len(words) > 1 and words[1] in ("upload", "upload-large-folder"):
        yield from () if place.elsewhere else _upload(words[2:], line)
    elif name in _SHELLS and words[1:2] == ["-c"] and len(words) > 2:
        yield from read_commands(words[2], line, place)
    elif name.startswith("python") and words[1:2] == ["-c"] and len(words) > 2:
        yield from (Send("upload", line) for _ in python_uploads(words[2]))
    elif name in _SHELLS or name.startswith("python"):
        yield from (Send("script", line, script=_path(word)) for word in words[1:2])
    elif words[0].startswith("./") or words[0].endswith((".sh", ".py")):
        yield Send("script", line, script=_path(words[0]))
    elif name in ("make", "just"):
        yield Send("script", line, script=name)


def _path(word: str) -> str:
    return posixpath.normpath(word)


# -- git


def _git(words: list[str], line: int, place: Place) -> Iterator[Send]:
    elsewhere = False
    words = [word for word in words if word != EXPRESSION]
    while words and words[0].startswith("-"):
        takes_value = words[0] in ("-c", "-C", "--git-dir", "--work-tree")
        elsewhere = elsewhere or (words[0] == "-C" and not is_here(words[1] if len(words) > 1 else ""))
        words = words[2:] if takes_value else words[1:]
    if not words:
        return
    verb, rest = words[0], words[1:]
    if verb == "push":
        space = _pushed_to(rest, place)
        if space is not None:
            # a clone that is not the job's own checkout is as whole as whoever made it wanted
            place.complete = place.complete or elsewhere
            yield Send("git push", line, space=space)
    elif verb == "remote":
        _remote(rest, place)
    elif verb == "lfs":
        place.lfs = place.lfs or rest[:1] in (["pull"], ["fetch"])
    else:
        place.complete = place.complete or _completes(verb, rest)


def _completes(verb: str, rest: list[str]) -> bool:
    """Does it fetch the whole history, or begin another?"""
    if verb in ("init", "clone", "commit-tree", "filter-branch", "filter-repo", "subtree", "worktree"):
        return True
    if verb in ("checkout", "switch"):
        return "--orphan" in rest
    depth = next((word.rpartition("=")[2] for word in rest if word.startswith("--depth=")), "")
    return verb in ("fetch", "pull") and ("--unshallow" in rest or len(depth) > 3)


def _remote(rest: list[str], place: Place) -> None:
    verb = rest[0] if rest else ""
    names = [word for word in rest[1:] if not word.startswith("-")]
    if verb in ("add", "set-url") and len(names) >= 2:
        place.remotes[names[-2] if verb == "add" else names[0]] = names[1] if verb == "set-url" else names[-1]
    elif verb in ("remove", "rm") and names:
        place.remotes.pop(names[0], None)
    elif verb == "rename" and len(names) == 2 and names[0] in place.remotes:
        place.remotes[names[1]] = place.remotes.pop(names[0])


def _pushed_to(rest: list[str], place: Place) -> str | None:
    """The Space that a push goes to ("" if it is not told which); None for any other place."""
    if {"-n", "--dry-run", "--delete", "-d"} & set(rest):
        return None
    target, names = "", []
    remaining = iter(rest)
    for word in remaining:
        if word.startswith("--repo="):
            target = word.partition("=")[2]
        elif word in _PUSH_VALUES:
            value = next(remaining, "")
            target = value if word == "--repo" else target
        elif not word.startswith("-"):
            names.append(word)
    target = names[0] if names else target or "origin"
    return space_of(place.remotes.get(target, target))


def space_of(address: str) -> str | None:
    """The "owner/name" in the address of a Space, "" where it holds variables; None for no Space."""
    found = _SPACE.search(address)
    if found is None:
        return None
    name = f"{found[1]}/{found[2]}"
    return name if _OWNER_NAME.fullmatch(name) else ""


# -- the Hub's client


def _upload(words: list[str], line: int) -> Iterator[Send]:
    names: list[str] = []
    kind = ""
    remaining = iter(words)
    for word in remaining:
        option, equals, value = word.partition("=")
        if option in _UPLOAD_VALUES and not equals:
            value = next(remaining, "")
        if option in ("--repo-type", "--type"):
            kind = value
        elif not word.startswith("-"):
            names.append(word)
    name = names[0] if names else ""
    if name.startswith("spaces/"):
        kind, name = "space", name.removeprefix("spaces/")
    folder = names[1] if len(names) > 1 else "."
    if kind in ("space", "spaces") and folder and is_here(folder):
        yield Send("upload", line, space=name if _OWNER_NAME.fullmatch(name) else "")


def python_uploads(text: str) -> Iterator[int]:
    """The lines of Python text on which the repository's folder is uploaded to a Space."""
    if not any(name in text for name in _UPLOADS) or "space" not in text:
        return
    try:
        tree = ast.parse(plain(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in _UPLOADS:
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if _constant(given.get("repo_type")) == "space" and is_here(_constant(given.get("folder_path"))):
                yield node.lineno


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constant(node: ast.expr | None) -> str:
    """A text in the source; "" for what is computed, of which nobody knows."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
