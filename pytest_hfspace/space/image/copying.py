"""COPY and ADD: which tracked files they put where."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from ..dockerfile import Instruction
from ..dockerwords import split_words
from ..files import Files
from ..patterns import IgnoreRules, is_pattern, matches
from .stage import Copy, Stage, absolute, shown

_URL = re.compile(r"(?:https?|ftp|git|ssh)://|git@|.*\.git(?:#|\Z)")
_ARCHIVE = re.compile(r".*\.(?:tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz|tar\.zst)\Z", re.IGNORECASE)
_SUBMODULE = 0o160000

#: Images that bring one program and nothing of an application.
_TOOL_IMAGES = re.compile(r"(?:ghcr\.io/|docker\.io/)?astral(?:-sh)?/uv(?:[:@].*)?\Z")


class Context:
    """The files that the build sees: what is tracked and not ignored."""

    def __init__(self, files: Files, dockerfile: str) -> None:
        own = f"{dockerfile}.dockerignore"
        ignore = own if own in files else ".dockerignore"
        self.rules = IgnoreRules(files.text(ignore) if ignore in files else "")
        self.modes = {path: entry.mode for path, entry in files.tracked.items()}
        self.paths = sorted(path for path in self.modes if not self.rules.ignores(path))
        self._known = set(self.paths)
        self._directories: dict[str, list[str]] | None = None

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def below(self, directory: str) -> list[str]:
        """The files below a directory; "" is the whole context."""
        if not directory:
            return self.paths
        return self.directories.get(directory, [])

    @property
    def directories(self) -> dict[str, list[str]]:
        """Every directory with the files below it."""
        if self._directories is None:
            self._directories = {}
            for path in self.paths:
                above = posixpath.dirname(path)
                while above:
                    self._directories.setdefault(above, []).append(path)
                    above = posixpath.dirname(above)
        return self._directories

    def matching(self, pattern: str) -> list[str]:
        """The files and directories that a pattern names."""
        named = [path for path in self.paths if matches(pattern, path)]
        return named + [path for path in self.directories if matches(pattern, path)]


def copy(instruction: Instruction, stage: Stage, context: Context, stages: Mapping[str, Stage]) -> None:
    """Follow a COPY or an ADD."""
    if instruction.words is not None:
        words = [stage.expand(word) for word in instruction.words]
    else:
        words = [stage.expand(word) for word in split_words(instruction.text, stage.escape)]
    if len(words) < 2:
        return
    *sources, target = words
    several = len(sources) > 1
    into = target.endswith(("/", "/.")) or target in (".", "..") or several or "parents" in instruction.flags
    target = stage.resolve(target)
    if "from" in instruction.flags:
        _copy_from(instruction, sources, target, stage, stages, into=into)
        return
    bodies = {f"<<{doc.name}": doc for doc in instruction.heredocs}
    for source in sources:
        marker = source.replace("<<-", "<<")
        if marker in bodies:
            doc = bodies[marker]
            body = stage_body(doc.body, stage) if doc.expand else doc.body
            where = absolute(doc.name, target) if into or stage.tree.is_directory(target) else target
            stage.tree.put(where, body.encode("utf-8", "replace"))
        elif instruction.name == "ADD" and _URL.match(source):
            stage.give_up(instruction.line, f"ADD {shown(source)}: what it brings is not known here")
        else:
            _copy_source(instruction, source, target, stage, context, into=into)


def stage_body(body: str, stage: Stage) -> str:
    """A here-document with its variables replaced; quotes in it mean nothing."""
    hidden = body.replace('"', "\ue000").replace("'", "\ue001")
    return stage.expand(hidden).replace("\ue000", '"').replace("\ue001", "'")


def _copy_source(
    instruction: Instruction, source: str, target: str, stage: Stage, context: Context, *, into: bool
) -> None:
    base, inside = _pivot(source) if "parents" in instruction.flags else ("", "")
    clean = absolute(source, "/").lstrip("/")
    if stage.tree.exhausted:
        return
    found = context.matching(clean) if is_pattern(clean) else [clean]
    if not found and is_pattern(clean):
        return
    count = sum(1 if path in context else len(context.below(path)) for path in found)
    if not stage.tree.spend(count + (len(context.paths) if is_pattern(clean) else 1)):
        return
    there = count > 0
    stage.copies.append(Copy(source, target, instruction.line, there, instruction.flags.get("chown", "")))
    excluded = [
        pattern.lstrip("/") for pattern in instruction.flags.get("exclude", "").split("\n") if pattern
    ]
    into = into or len(found) > 1
    for path in found:
        if context.modes.get(path) == _SUBMODULE:
            stage.give_up(
                instruction.line, f"{instruction.name} {shown(path)}: a submodule is not in this repository"
            )
            continue
        if instruction.name == "ADD" and _ARCHIVE.match(path) and instruction.flags.get("unpack") != "false":
            stage.give_up(instruction.line, f"ADD {shown(path)}: the archive's content is not known here")
            continue
        for name, below in _placed(path, context, base, inside, parents="parents" in instruction.flags):
            if not any(matches(pattern, below or posixpath.basename(name)) for pattern in excluded):
                _put(stage, name, below, target, into=into)
        if path not in context and context.below(path):
            stage.tree.add_directory(target)


def _pivot(source: str) -> tuple[str, str]:
    """``--parents`` keeps the part of a source after ``/./``, or all of it."""
    before, mark, after = source.partition("/./")
    return (absolute(before, "/").lstrip("/"), after) if mark and before else ("", source)


def _placed(
    path: str, context: Context, base: str, inside: str, *, parents: bool
) -> Iterable[tuple[str, str]]:
    """The files of a source, each with its path from the target ("" for a file by itself)."""
    if parents:
        files = [path] if path in context else context.below(path)
        return [(name, name[len(base) :].lstrip("/") if inside else name) for name in files]
    if path in context:
        return [(path, "")]
    return [(name, name[len(path) :].lstrip("/")) for name in context.below(path)]


def _put(stage: Stage, source: str, below: str, target: str, *, into: bool) -> None:
    if below:
        stage.tree.put(f"{target.rstrip('/')}/{below}", source)
    elif into or stage.tree.is_directory(target):
        stage.tree.put(absolute(posixpath.basename(source), target), source)
    else:
        stage.tree.put(target, source)


def _copy_from(
    instruction: Instruction,
    sources: list[str],
    target: str,
    stage: Stage,
    stages: Mapping[str, Stage],
    *,
    into: bool,
) -> None:
    name = stage.expand(instruction.flags["from"])
    other = stages.get(name.lower())
    if other is None:
        if not _TOOL_IMAGES.match(name):
            what = f"{instruction.name} --from={shown(name)}: what it brings is not known here"
            stage.give_up(instruction.line, what)
        return
    for source in sources:
        where = absolute(source, "/")
        known = _known(where, other)
        for path, content in known.items():
            if path == where or is_pattern(where):
                inside = into or stage.tree.is_directory(target) or len(known) > 1
                stage.tree.put(absolute(posixpath.basename(path), target) if inside else target, content)
            else:
                stage.tree.put(absolute(path[len(where) :].lstrip("/"), target), content)
        installed = _is_installed(where, other)
        if installed:
            stage.places.add(target)
        elif not known or other.not_followed:
            reason = other.not_followed[0] if other.not_followed else "no COPY put it there"
            stage.give_up(
                instruction.line,
                f"COPY --from={shown(name)} {shown(source)} may bring more ({shown(reason, 90)})",
            )


def _known(where: str, other: Stage) -> dict[str, str | bytes]:
    if not is_pattern(where):
        return other.tree.below(where)
    if not other.tree.spend(len(other.tree.layout) * 4):
        return {}
    return {path: content for path, content in other.tree.layout.items() if matches(where, path)}


def _is_installed(path: str, other: Stage) -> bool:
    """Does a path of another stage hold nothing but installed packages?"""
    return any(path == place or path.startswith(f"{place}/") for place in other.places)
