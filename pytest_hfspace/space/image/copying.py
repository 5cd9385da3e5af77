"""COPY and ADD: which tracked files they put where."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from ..dockerfile import Instruction
from ..dockerwords import split_words
from ..files import Files
from ..patterns import MOST_RULES, IgnoreRules, is_pattern, matches
from .permissions import UNKNOWN
from .stage import Copy, Stage, absolute, shown

_URL = re.compile(r"(?:https?|ftp|git|ssh)://|git@|.*\.git(?:#|\Z)")
_ARCHIVE = re.compile(r".*\.(?:tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz|tar\.zst)\Z", re.IGNORECASE)
_SUBMODULE = 0o160000
_LINK = 0o120000
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_OCTAL = re.compile(r"[0-7]{3,5}")

#: Images that bring one program and nothing of an application.
_TOOL_IMAGES = re.compile(r"(?:ghcr\.io/|docker\.io/)?astral(?:-sh)?/uv(?:[:@].*)?\Z")


class Context:
    """The files that the build sees: what is tracked and not ignored."""

    def __init__(self, files: Files, dockerfile: str) -> None:
        ignore = _ignore_file(files, dockerfile)
        self.rules = IgnoreRules(files.text(ignore) if ignore in files else "")
        self.modes = {path: entry.mode for path, entry in files.tracked.items()}
        self.paths = sorted(path for path in self.modes if not self.rules.ignores(path))
        self._known = set(self.paths)
        self._directories: dict[str, list[str]] | None = None
        self._elsewhere = {path for path, mode in self.modes.items() if mode in (_LINK, _SUBMODULE)}

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

    def is_certain(self, path: str) -> bool:
        """Does what is tracked decide what lies at this path, and no link or submodule above it?"""
        if path == ".git" or path.startswith(".git/"):
            return False
        while path:
            if path in self._elsewhere:
                return False
            path = posixpath.dirname(path)
        return True

    def matching(self, pattern: str) -> list[str]:
        """The files and directories that a pattern names."""
        named = [path for path in self.paths if matches(pattern, path)]
        return named + [path for path in self.directories if matches(pattern, path)]


def excluding_rule(files: Files, dockerfile: str, path: str) -> tuple[str, int, str] | None:
    """The .dockerignore, the line and the text of the rule that keeps a path out of the build."""
    ignore = _ignore_file(files, dockerfile)
    found: tuple[str, int, str] | None = None
    if ignore not in files:
        return None
    for number, line in enumerate(files.text(ignore).removeprefix("\ufeff").splitlines()[:MOST_RULES], 1):
        rules = IgnoreRules(line).rules
        above = path
        while rules and above and not matches(rules[0][1], above):
            above = posixpath.dirname(above)
        if rules and above:
            found = None if rules[0][0] else (ignore, number, line.strip())
    return found


def _ignore_file(files: Files, dockerfile: str) -> str:
    own = f"{dockerfile}.dockerignore"
    return own if own in files else ".dockerignore"


def copy(instruction: Instruction, stage: Stage, context: Context, stages: Mapping[str, Stage]) -> None:
    """Follow a COPY or an ADD."""
    raw = instruction.words or tuple(split_words(instruction.text, stage.escape))
    words = [stage.expand(word) for word in raw]
    if len(words) < 2:
        return
    _made_by(instruction, stage)
    given = {name for word in raw[:-1] for name in _VARIABLE.findall(word)} - stage.env.keys()
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
            stage.permissions.add_file(target)
        else:
            _copy_source(instruction, source, target, stage, context, into=into, certain=not given)


def _made_by(instruction: Instruction, stage: Stage) -> None:
    """What COPY and ADD make is root's, whatever USER says, unless they say otherwise."""
    owner, mode = stage.expand(instruction.flags.get("chown", "")), instruction.flags.get("chmod", "")
    uid = stage.permissions.accounts.uid(owner) if owner else 0
    stage.permissions.made_by(uid, instruction.line, int(mode, 8) if _OCTAL.fullmatch(mode) else None)
    if mode and not _OCTAL.fullmatch(mode):
        stage.permissions.unsure(instruction.line)


def stage_body(body: str, stage: Stage) -> str:
    """A here-document with its variables replaced; quotes in it mean nothing."""
    hidden = body.replace('"', "\ue000").replace("'", "\ue001")
    return stage.expand(hidden).replace("\ue000", '"').replace("\ue001", "'")


def _copy_source(
    instruction: Instruction,
    source: str,
    target: str,
    stage: Stage,
    context: Context,
    *,
    into: bool,
    certain: bool,
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
    stage.copies.append(
        Copy(
            source,
            target,
            instruction.line,
            there,
            instruction.flags.get("chown", ""),
            certain and context.is_certain(clean),
            instruction.name,
        )
    )
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
    if "link" in instruction.flags:
        # a layer of its own: its directories take the place of those that are there
        stage.permissions.change(target, lambda _: UNKNOWN, deep=False)


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
        path = f"{target.rstrip('/')}/{below}"
        stage.tree.put(path, source)
        stage.permissions.take_over(posixpath.dirname(path), target)
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
        if "chown" not in instruction.flags:
            stage.permissions.unsure(instruction.line)
        stage.permissions.bring(target)
        return
    for source in sources:
        where = absolute(source, "/")
        if "chown" not in instruction.flags and other.permissions.nearest(where)[1].uid != 0:
            # builders differ in whether the owner is kept
            stage.permissions.unsure(instruction.line)
        known = _known(where, other)
        if not known:
            stage.permissions.bring(target)
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
