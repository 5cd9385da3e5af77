"""Follows a shell program up to the command that it hands over to."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..image.stage import absolute, shown
from ..shell import Compound, Item, Simple, read_shell, simple_commands
from ..shell.tokens import UnreadableError
from ..shell.words import Arg, Shell
from .place import Launch, Place
from .told import path_told

Start = Callable[[Sequence[Arg], Place], Launch]
Exists = Callable[[str], bool]
ReadScript = Callable[[str], "str | None"]

#: Commands that leave nothing behind which a server would miss.
_HARMLESS = frozenset(
    {
        ":", "[", "[[", "break", "cat", "chmod", "chown", "continue", "date", "echo", "false", "hash",
        "hostname", "id", "ls", "mkdir", "printenv", "printf", "pwd", "rm", "sleep", "tail", "test", "touch",
        "trap", "true", "ulimit", "umask", "wait", "which", "whoami",
    }
)  # fmt: skip

#: Programs of Python packages that prepare something for the server.
_PREPARING = frozenset({"aerich", "alembic", "django-admin", "flask", "piccolo", "yoyo"})
#: Python modules that the image's build has run already, or that are none of the application's.
_NOT_PREPARING = frozenset({"compileall", "ensurepip", "pip", "playwright", "venv"})
_DECLARING = frozenset({"declare", "export", "local", "readonly", "typeset"})
_TESTS = frozenset({"[", "[[", "test"})
_DEEPEST_SUBSTITUTION = 10
_QUIET = frozenset({":", "echo", "export", "printf", "true"})


class _Record(NamedTuple):
    launch: Launch
    text: str
    background: bool
    exec: bool


class Flow:
    """One shell program."""

    def __init__(
        self, place: Place, arguments: Sequence[Arg], start: Start, exists: Exists, read: ReadScript
    ):
        self.place = place
        self.start = start
        self.exists = exists
        self.read = read
        self.shell = Shell(
            dict(place.variables), tuple(arguments), place.script, place.source, self._substituted
        )
        self.substituting = 0
        self.exported = set(place.exported)
        self.cwd = place.cwd
        self.export_all = False
        self.records: list[_Record] = []
        self.skipped: list[str] = []
        self.beside: list[str] = []
        self.functions: set[str] = set()
        self.branch = ""
        self.over = False
        self.unsure = ""
        self.depth = place.depth
        self.single = False

    def follow(self, text: str, *, first_line: int, replaces_itself: bool = False) -> Launch:
        """The launch that the program ends in.

        ``first_line``: the number of its first line in the file it stands in.
        ``replaces_itself``: a shell that makes way for the last of its commands (bash -c).
        """
        try:
            items = read_shell(text)
        except UnreadableError as error:
            return self._fail(f"the start script is not understood: {error}")
        self.single = replaces_itself and len(items) == 1
        self.first_line = first_line
        self._items(items)
        return self._chosen()

    def _substituted(self, text: str) -> str | None:
        if self.substituting >= _DEEPEST_SUBSTITUTION:
            return None
        self.substituting += 1
        try:
            return path_told(text, self.shell, self.cwd)
        finally:
            self.substituting -= 1

    def _fail(self, reason: str, words: tuple[str, ...] = ()) -> Launch:
        return Launch(words, None, self.place, reason, skipped=tuple(self.skipped), beside=tuple(self.beside))

    def _items(self, items: Sequence[Item]) -> None:
        """Go through commands; the success of each decides on what && and || join to it."""
        success: bool | None = True
        for index, item in enumerate(items):
            if self.over:
                return
            if item.connector == "|":
                continue
            wanted = {"&&": True, "||": False}.get(item.connector)
            if wanted is not None and success is None:
                self._give_up(item)
                continue
            if wanted is not None and success is not wanted:
                continue
            following = items[index + 1] if index + 1 < len(items) else None
            joined = following is not None and following.connector in ("&&", "||")
            success = self._item(item, quiet=joined and following is not None and _is_quiet([following]))

    def _item(self, item: Item, *, quiet: bool) -> bool | None:
        if isinstance(item, Compound):
            self._compound(item)
            return True
        return self._simple(item, quiet=quiet)

    def _compound(self, compound: Compound) -> None:
        if compound.kind == "function":
            self.functions.add(compound.name)
        elif compound.kind in ("group", "subshell") and not compound.background:
            self._items(compound.inner)
        elif compound.background and compound.kind != "test":
            self._give_up(compound, self.beside)
        elif compound.kind == "if":
            branch = self._taken(compound)
            if branch is None:
                self._give_up(compound)
            else:
                self._items(branch)
        elif compound.kind != "test":
            self._give_up(compound)

    def _taken(self, compound: Compound) -> Sequence[Item] | None:
        """The commands of the branch that is taken; None where only a run would tell."""
        quiet = all(_is_quiet(branch.body) for branch in compound.branches)
        for branch in compound.branches:
            if not branch.condition:
                return branch.body
            only = branch.condition[0]
            if len(branch.condition) != 1 or not isinstance(only, Simple):
                return None
            holds = self._test(only, quiet=quiet) if only.words and only.words[0] in _TESTS else None
            if holds is None:
                return None
            if holds:
                return branch.body
        return ()

    def _give_up(self, item: Item, skipped: list[str] | None = None) -> None:
        """Note a command that may or may not run, and forget what it may change."""
        (self.skipped if skipped is None else skipped).append(shown(item.text))
        for simple, _ in simple_commands((item,)):
            names = [name for name, _ in simple.assignments]
            if simple.words and simple.words[0] in _DECLARING:
                names += [word.partition("=")[0] for word in simple.words[1:] if "=" in word]
            for name in names:
                self.shell.variables[name] = Arg("", opaque=True)
            word = posixpath.basename(simple.words[0]) if simple.words else ""
            if word == "cd":
                self.unsure = "it depends on a condition which directory it starts in"
            elif isinstance(item, Compound) and (word == "exec" or self._would_serve(simple)):
                self.branch = shown(item.text)

    def _would_serve(self, simple: Simple) -> bool:
        if not simple.words:
            return False
        arguments = self.shell.expand_all(simple.words)
        return bool(arguments) and self.start(arguments, self._here(simple)).served is not None

    def _here(self, simple: Simple, *, execs: bool = False) -> Place:
        return self.place._replace(
            line=self.first_line + simple.line - 1,
            cwd=self.cwd,
            variables=dict(self.shell.variables),
            exported=frozenset(self.exported),
            execs=execs and self.place.execs,
            depth=self.depth,
        )

    def _simple(self, simple: Simple, *, quiet: bool) -> bool | None:
        if not simple.words:
            for name, value in simple.assignments:
                self._assign(name, self.shell.value(value), export=self.export_all)
            return True
        if simple.words[0] in _TESTS:
            return self._test(simple, quiet=quiet)
        arguments = self.shell.expand_all(simple.words)
        while arguments and arguments[0].absent:
            arguments.pop(0)
        if not arguments:
            return True
        name = arguments[0].text
        builtin = self._builtin(name)
        if builtin is not None:
            builtin(arguments[1:])
        elif name in self.functions:
            self.branch = shown(simple.text)
            self.skipped.append(shown(simple.text))
        else:
            self._record(simple, arguments)
        return None if name == "false" else True

    def _builtin(self, name: str) -> Callable[[list[Arg]], None] | None:
        if name in _DECLARING:
            return self._declare
        return {
            ".": self._source, "cd": self._cd, "exit": self._exit, "return": self._exit, "set": self._set,
            "shift": self._shift, "source": self._source, "unset": self._unset,
        }.get(name)  # fmt: skip

    def _record(self, simple: Simple, arguments: list[Arg]) -> None:
        is_exec = arguments[0].text == "exec"
        if is_exec:
            arguments = arguments[1:]
            if not arguments and len(simple.words) == 1:
                return  # only redirects
        elif posixpath.basename(arguments[0].text) in _HARMLESS or (arguments[0].text, len(arguments)) == (
            "env",
            1,
        ):
            return
        variables = dict(self.shell.variables)
        place = self._here(simple, execs=is_exec or self.single)
        names = set(place.exported)
        for name, value in simple.assignments:
            variables[name] = self.shell.value(value)
            names.add(name)
        place = place._replace(variables=variables, exported=frozenset(names))
        launch = self.start(arguments, place)
        self.records.append(_Record(launch, shown(simple.text), simple.background, is_exec))
        self.branch = ""
        self.over = is_exec or (launch.is_server and not simple.background)

    def _assign(self, name: str, value: Arg, *, export: bool) -> None:
        if export or name in self.exported or name in self.place.variables:
            self.exported.add(name)
        self.shell.variables[name] = value

    def _declare(self, arguments: list[Arg]) -> None:
        for argument in arguments:
            name, equals, value = argument.text.partition("=")
            if not name.isidentifier():
                continue
            if equals:
                self._assign(name, argument._replace(text=value, absent=False), export=True)
            elif name in self.shell.variables:
                self.exported.add(name)

    def _unset(self, arguments: list[Arg]) -> None:
        for argument in arguments:
            self.shell.variables.pop(argument.text, None)
            self.exported.discard(argument.text)

    def _set(self, arguments: list[Arg]) -> None:
        texts = [argument.text for argument in arguments]
        if "--" in texts:
            self.shell.arguments = tuple(arguments[texts.index("--") + 1 :])
            texts = texts[: texts.index("--")]
        for text in texts:
            if text.startswith(("-", "+")) and "a" in text[1:]:
                self.export_all = text.startswith("-")
        if texts[:2] == ["-o", "allexport"]:
            self.export_all = True

    def _shift(self, arguments: list[Arg]) -> None:
        count = int(arguments[0].text) if arguments and arguments[0].text.isdecimal() else 1
        self.shell.arguments = self.shell.arguments[count:]

    def _cd(self, arguments: list[Arg]) -> None:
        target = next((argument for argument in arguments if not argument.text.startswith("-")), None)
        if target is None:
            return
        if target.opaque or not target.text:
            self.unsure = "it is decided at run time which directory it starts in"
        elif self.read(absolute(target.text, self.cwd)) is not None:
            self.unsure = f"cd {shown(target.text)} fails, as that is a file"
        else:
            self.cwd = absolute(target.text, self.cwd)

    def _exit(self, _: list[Arg]) -> None:
        self.over = True

    def _source(self, arguments: list[Arg]) -> None:
        """A file that this shell reads: a virtual environment's changes only PATH."""
        if not arguments or arguments[0].text.endswith(("/activate", "/.bashrc", "/.profile")):
            return
        text = self.read(absolute(arguments[0].text, self.cwd))
        self.depth += 1
        if text is None or self.depth > 5:
            self.skipped.append(shown(f". {arguments[0].text}"))
            return
        before = self.shell.source
        self.shell.source = arguments[0].text if before else ""
        try:
            self._items(read_shell(text))
        except UnreadableError:
            self.skipped.append(shown(f". {arguments[0].text}"))
        self.shell.source = before

    def _test(self, simple: Simple, *, quiet: bool) -> bool | None:
        """Whether a ``[ … ]`` holds.  A variable that the image leaves unset may be set on the
        Space, so it only counts as unset where nothing but variables depends on it."""
        arguments = self.shell.expand_all(simple.words[1:])
        if arguments and arguments[-1].text in ("]", "]]"):
            arguments.pop()
        if any(argument.opaque or (argument.source == "unset" and not quiet) for argument in arguments):
            return None
        texts = [argument.text for argument in arguments]
        negated = simple.negated
        if texts[:1] == ["!"]:
            texts, negated = texts[1:], not negated
        holds = self._holds(texts)
        return holds if holds is None or not negated else not holds

    def _holds(self, texts: list[str]) -> bool | None:
        if len(texts) == 1:
            return texts[0] != ""
        if len(texts) == 2 and texts[0] in ("-z", "-n"):
            return (texts[1] == "") is (texts[0] == "-z")
        if len(texts) == 2 and texts[0] in ("-d", "-e", "-f", "-r", "-s", "-x"):
            # what is not there now may be mounted, or made by then
            return True if self.exists(absolute(texts[1], self.cwd)) else None
        if len(texts) == 3 and texts[1] in ("=", "==", "!=") and not set(texts[2]) & set("*?["):
            return (texts[0] == texts[2]) is (texts[1] != "!=")
        return None

    def _chosen(self) -> Launch:
        """Of all that was seen, the command that is the server."""
        if self.branch and not any(record.exec or record.launch.is_server for record in self.records):
            return self._fail(f"what is started depends on `{self.branch}`, which is not evaluated")
        foreground = [record for record in self.records if not record.background]
        behind = [record for record in self.records if record.background and record.launch.served is not None]
        if foreground and (foreground[-1].launch.served is not None or not behind or foreground[-1].exec):
            last = foreground[-1]
        elif len(behind) == 1 and not foreground:
            last = behind[0]
        elif behind:
            return self._fail("several programs are started side by side")
        else:
            return self._fail(self._nothing())
        if self.unsure and last.launch.served is not None:
            return self._fail(self.unsure, last.launch.words)
        before: list[tuple[str, ...]] = []
        skipped, beside = list(self.skipped), list(self.beside)
        for record in self.records:
            if record is last:
                continue
            if record.background:
                beside.append(record.text)
            elif _prepares(record.launch):
                before += [*record.launch.before, record.launch.words]
            else:
                skipped.append(record.text)
        return last.launch._replace(
            before=(*before, *last.launch.before),
            skipped=(*skipped, *last.launch.skipped),
            beside=(*beside, *last.launch.beside),
        )

    def _nothing(self) -> str:
        if self.place.path.endswith((".sh", ".bash")) or self.shell.arguments:
            return "the start script starts no server"
        return "the start command starts nothing"


def _prepares(launch: Launch) -> bool:
    served = launch.served
    if served is not None:
        runs_a_file = served.runner == "python" and not served.function
        return runs_a_file and served.module not in _NOT_PREPARING
    return bool(launch.words) and posixpath.basename(launch.words[0]) in _PREPARING


def _is_quiet(items: Sequence[Item]) -> bool:
    """Do these commands only set variables or print?"""
    return all(isinstance(item, Simple) and (not item.words or item.words[0] in _QUIET) for item in items)
