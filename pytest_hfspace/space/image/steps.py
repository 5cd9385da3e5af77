"""RUN steps: the packages that they install and the files that they make, without running them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from ..dockerfile import Instruction
from ..shell import Simple, read_shell, simple_commands, subshells
from ..shell.tokens import UnreadableError
from ..shell.words import Arg, Shell
from .copying import Context
from .installed import install_project
from .installs import Installer, PipInstall, is_python, recognise
from .mounting import mounts
from .moving import transfer
from .observing import meddles, observe
from .owning import adduser, chmod, chown, install, mkdir, touch, useradd, usermod
from .printing import only_prints
from .stage import Stage, absolute, shown

#: Commands that make no file which an application could miss in its own tree.
_HARMLESS = frozenset(
    {
        ".", ":", "[", "[[", "add-apt-repository", "addgroup", "apk", "apt", "apt-cache", "apt-get",
        "apt-key", "chgrp", "chsh", "command", "corepack", "date", "df", "dnf",
        "dos2unix", "dpkg", "dpkg-reconfigure", "du", "env", "exit", "export", "false", "fc-cache",
        "find", "getent", "gpg", "grep", "groupadd", "groupmod", "hash", "head", "id", "ldconfig",
        "locale-gen", "ls", "microdnf", "passwd", "playwright", "printenv", "pwd", "read", "rustup",
        "set", "setcap", "shift", "shopt", "sleep", "source", "stat", "sync", "tail", "test", "true",
        "type", "ulimit", "umask", "uname", "unset", "update-alternatives", "update-ca-certificates",
        "update-locale", "wc", "which", "whoami", "yum",
    }
)  # fmt: skip

#: Programs that do other work as well: harmless with one of these words first.
_HARMLESS_VERBS: Mapping[str, frozenset[str]] = {
    "conda": frozenset({"clean", "config", "init", "info", "activate"}),
    "git": frozenset({"--version", "config", "lfs"}),
    "npm": frozenset({"--version", "cache", "ci", "config", "i", "install"}),
    "pip": frozenset({"--version", "cache", "check", "config", "freeze", "list", "show", "uninstall"}),
    "pnpm": frozenset({"config", "i", "install", "setup"}),
    "poetry": frozenset({"--version", "config", "check"}),
    "uv": frozenset({"--version", "cache", "python", "version"}),
    "yarn": frozenset({"config", "install"}),
}

#: Installers that are fetched and piped into a shell.
_PIPED = re.compile(
    r"https://(?:astral\.sh/uv|install\.python-poetry\.org|deb\.nodesource\.com|sh\.rustup\.rs)"
)

#: Below these nothing of an application lies.
_OUTSIDE = ("/bin/", "/dev/", "/etc/", "/proc/", "/root/", "/tmp/", "/usr/", "/var/")  # noqa: S108 - in an image

_STRIP_CR = re.compile(r"s/\\r\$?//g?\Z")
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_DEEPEST = 4
_PREFIXES = frozenset({"sudo", "exec", "time", "command", "nice", "nohup"})


def run(instruction: Instruction, stage: Stage, context: Context) -> None:
    """Follow a RUN step as far as can be seen."""
    _Step(instruction, stage, context).follow()


class _Step:
    def __init__(self, instruction: Instruction, stage: Stage, context: Context) -> None:
        self.line = instruction.line
        self.instruction = instruction
        self.stage = stage
        self.cwd = stage.workdir
        home = stage.permissions.accounts.home_of(stage.uid)
        self.shell = Shell.of({"HOME": home, **stage.values} if home else stage.values)
        self.mounted, self.elsewhere = mounts(instruction, stage, context)
        self.conditional = False
        self.elevated = False
        self.depth = 0
        stage.permissions.made_by(stage.uid, self.line)

    @property
    def uid(self) -> int | None:
        """The user that a command runs as."""
        return 0 if self.elevated else self.stage.uid

    def follow(self) -> None:
        instruction = self.instruction
        if instruction.words is not None:
            if instruction.words:
                self.command([Arg(word) for word in instruction.words])
            return
        text = _program(instruction)
        if text is None:
            self.doubt()
            self.give_up("a script in another language")
            return
        self.program(text)

    def program(self, text: str) -> None:
        """Follow shell text; text within text goes a few levels down."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.unread(self.instruction.text)
            return
        try:
            items = read_shell(text)
            found = list(simple_commands(items))
        except UnreadableError:
            self.unread(self.instruction.text)
            return
        entered = {id(first): id(last) for first, last in reversed(list(subshells(items)))}
        left: dict[int, str] = {}
        for index, (simple, conditional) in enumerate(found):
            self.conditional = conditional
            left[entered.get(id(simple), 0)] = self.cwd
            if simple.connector == "|" and index and _is_piped_installer(found[index - 1][0]):
                continue
            self.simple(simple)
            self.cwd = left.get(id(simple), self.cwd)

    def unread(self, text: str) -> None:
        self.doubt()
        self.give_up(shown(text))
        if re.search(r"\b(?:pip3?|uv|poetry|pipenv|conda|mamba|micromamba)\b", text):
            self.stage.installs.append(
                PipInstall("", (), (), project=False, line=self.line, understood=False)
            )

    def give_up(self, what: str) -> None:
        self.stage.give_up(self.line, f"RUN {what}: the files that it makes are not known here")

    def doubt(self) -> None:
        """Who owns what is not known any more: root may have changed it."""
        self.stage.system = None
        if self.uid in (0, None):
            self.stage.permissions.doubt()

    def simple(self, simple: Simple) -> None:
        for name, value in simple.assignments:
            self.shell.variables[name] = self.shell.value(value)
        words = self.shell.expand_all(simple.words)
        self.elevated = False
        while words and words[0].text in _PREFIXES:
            self.elevated = self.elevated or words[0].text == "sudo"
            words = words[1:]
        if words and not (words[0].absent or words[0].opaque):
            self.command(words, "".join(redirect.body for redirect in simple.redirects))
        elif words:
            self.doubt()
        self.elevated = False
        for redirect in simple.redirects:
            if redirect.operator in (">", ">>", ">|", "&>", "&>>"):
                self.redirected(self.shell.value(redirect.word))

    def redirected(self, target: Arg) -> None:
        path = absolute(target.text, self.cwd)
        observe(self, ">", [Arg(">"), target])
        if target.opaque or not f"{path}".startswith(_OUTSIDE):
            self.give_up(f"… > {shown(target.text)}")

    def command(self, words: list[Arg], body: str = "") -> None:
        name = posixpath.basename(words[0].text)
        text = [word.text for word in words[1:] if not word.absent]
        observe(self, name, words, body)
        installer = recognise(words)
        if installer is not None:
            self.install(installer, words[0].text)
        elif name in _SHELLS and len(text) > 1 and re.fullmatch(r"-[a-z]*c", text[0]):
            self.program(text[1])
        elif name in _OWNING:
            if any(word.opaque or word.absent for word in words):
                self.doubt()
            _OWNING[name](self, text)
        elif name in _FOLLOWED and not (name == "cd" and any(word.opaque for word in words)):
            _FOLLOWED[name](self, text)
        elif is_python(name) and self.python(text):
            return
        elif not self.is_harmless(name, text):
            if meddles(name, text, body):
                self.doubt()
            self.give_up(shown(" ".join([name, *text])))

    def is_harmless(self, name: str, text: list[str]) -> bool:
        first = next((word for word in text if not word.startswith("-") or word == "--version"), "")
        if name in _HARMLESS:
            return name != "find" or not {"-exec", "-delete"} & set(text) or "__pycache__" in text
        if re.fullmatch(r"pip[0-9.]*", name):
            name = "pip"
        if name == "npm" and first == "run":
            return False
        return first in _HARMLESS_VERBS.get(name, ())

    def python(self, text: list[str]) -> bool:
        """Python commands that make nothing, or a virtual environment."""
        if text[:2] in (["-m", "venv"], ["-m", "virtualenv"]):
            self.venv(text[2:])
            return True
        harmless = ["-m", "compileall"], ["-m", "ensurepip"], ["-m", "playwright"], ["-m", "pip"]
        is_harmless = text[:1] in (["--version"], ["-V"]) or text[:2] in harmless
        return is_harmless or only_prints(text, self.stage.tree, self.cwd)

    def venv(self, text: list[str]) -> None:
        for place in [word for word in text if not word.startswith("-")][:3] or [".venv"]:
            self.stage.places.add(absolute(place, self.cwd))

    def uv(self, text: list[str]) -> None:
        if text[:1] == ["venv"]:
            self.venv(text[1:])
        elif not self.is_harmless("uv", text):
            self.give_up(shown(" ".join(["uv", *text])))

    def cd(self, text: list[str]) -> None:
        path = next((word for word in text if not word.startswith("-")), "")
        self.cwd = absolute(path, self.cwd) if path else self.cwd

    def download(self, text: list[str]) -> None:
        """curl and wget -O: what they print goes to the next command of a pipeline."""
        target = ""
        for word, following in zip(text, [*text[1:], ""], strict=True):
            if re.fullmatch(r"-[a-zA-Z]*[oO]|--output(-document)?", word):
                target = following
            elif re.fullmatch(r"-[a-zA-Z]*O-", word):
                target = "-"
        if target not in ("", "-") and not absolute(target, self.cwd).startswith(_OUTSIDE):
            self.give_up(shown(" ".join(["curl", *text])))

    def wget(self, text: list[str]) -> None:
        if any(re.match(r"-[a-zA-Z]*O|--output-document", word) for word in text):
            self.download(text)
        elif not self.cwd.startswith(_OUTSIDE) and self.cwd + "/" not in _OUTSIDE:
            self.give_up(shown(" ".join(["wget", *text])))

    def link(self, text: list[str]) -> None:
        if text:
            # what lies behind the name is somewhere else
            self.stage.permissions.hidden.add(absolute(text[-1], self.cwd))
        if not text or not absolute(text[-1], self.cwd).startswith(_OUTSIDE):
            self.give_up(shown(" ".join(["ln", *text])))

    def sed(self, text: list[str]) -> None:
        edits = any(re.fullmatch(r"-[a-zA-Z]*i.*|--in-place.*", word) for word in text)
        scripts = [word for word in text if not word.startswith("-")]
        if not edits or (scripts and _STRIP_CR.match(scripts[0])):
            return
        if any(not absolute(word, self.cwd).startswith(_OUTSIDE) for word in scripts[1:]):
            self.give_up(shown(" ".join(["sed", *text])))

    def echo(self, text: list[str]) -> None:
        """Prints; a redirect of it is looked at by itself."""

    def remove(self, text: list[str]) -> None:
        for word in text:
            path = absolute(word, self.cwd)
            if word.startswith("-") or path == "/" or "*" in word:
                continue
            if not self.conditional:
                self.stage.tree.remove(path)
            elif self.stage.tree.below(path):
                self.give_up(shown(f"rm {word}"))

    def move(self, text: list[str]) -> None:
        self.transfer(text, "mv")

    def duplicate(self, text: list[str]) -> None:
        self.transfer(text, "cp")

    def transfer(self, text: list[str], name: str) -> None:
        if not transfer(self, text, name, outside=_OUTSIDE):
            self.give_up(shown(" ".join([name, *text])))

    def install(self, found: Installer, program: str) -> None:
        """Record what is installed, with the files as they lie in the image now."""
        files: list[str] = []
        unseen: list[str] = []
        made: list[str] = []
        sources: dict[str, str] = {}
        for written in (file for file in found.files if "://" not in file):
            path = absolute(written, self.cwd)
            source = self.source(path)
            if source is not None:
                sources[path] = source
            if source is not None or not (self._may_be_there(path) or path in self.stage.tree):
                files.append(path)
            elif path in self.stage.tree.made and not self.stage.not_followed:
                made.append(self.stage.tree.made[path].decode("utf-8", "replace"))
            else:
                unseen.append(path)
        constraints = tuple(absolute(written, self.cwd) for written in found.constraints)
        directory = "" if found.project is None else absolute(found.project, self.cwd)
        project_files = [absolute(name, directory) for name in _PROJECT_FILES] if directory else []
        for path in (*constraints, *project_files):
            source = self.source(path)
            if source is not None:
                sources[path] = source
        self.stage.installs.append(
            PipInstall(
                found.tool,
                tuple(files),
                found.requirements,
                project=found.project is not None,
                line=self.line,
                sources=sources,
                unseen=tuple(unseen),
                made=tuple(made),
                constraints=constraints,
                directory=directory,
                understood=found.understood and not any("://" in file for file in found.files),
                conditional=self.conditional,
                base=self.stage.base,
                system=None if self.stage.system is None else frozenset(self.stage.system),
                options=found.options,
                synchronises=found.synchronises,
                there=self._there(),
                elsewhere=self.elsewhere,
            )
        )
        self.stage.places |= {absolute(place, self.cwd) for place in (*found.into, *_PLACES)}
        if directory and found.itself:
            install_project(self.stage, found, directory, program, self.mounted)
        environment = self.stage.env.get("UV_PROJECT_ENVIRONMENT") or self.stage.env.get("VIRTUAL_ENV")
        if environment is not None:
            self.stage.places.add(absolute(environment.value, self.cwd))

    def _there(self) -> dict[str, str] | None:
        tree = self.stage.tree
        if self.stage.not_followed or self.conditional or not tree.spend(len(tree.layout) // 8 + 1):
            return None
        return {**dict.fromkeys(tree.made, ""), **tree.layout, **self.mounted}

    def _may_be_there(self, path: str) -> bool:
        """May something that is not followed have made this file?"""
        if self.stage.not_followed or self.conditional or self.stage.tree.exhausted:
            return True
        if any(f"{path}/".startswith(f"{place.rstrip('/')}/") for place in self.elsewhere):
            return True
        # what commands do outside of an application's folders is not followed
        name = posixpath.basename(path)
        earlier = (word for ran in self.stage.ran[:-1] for word in ran.words)
        return path.startswith(_OUTSIDE) and any(name in word for word in earlier)

    def source(self, path: str) -> str | None:
        return self.mounted.get(path) or self.stage.tree.layout.get(path)


_PROJECT_FILES = (
    "pyproject.toml", "setup.cfg", "setup.py", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile",
    "Pipfile.lock", "requirements.txt",
)  # fmt: skip
_PLACES = ("/usr/local/lib", "/usr/local/bin", "/usr/lib/python3", "/root/.local", "/opt/conda")

_FOLLOWED: Mapping[str, Callable[[_Step, list[str]], None]] = {
    "cat": _Step.echo,
    "cd": _Step.cd,
    "cp": _Step.duplicate,
    "curl": _Step.download,
    "echo": _Step.echo,
    "ln": _Step.link,
    "mv": _Step.move,
    "printf": _Step.echo,
    "rm": _Step.remove,
    "rmdir": _Step.echo,
    "sed": _Step.sed,
    "uv": _Step.uv,
    "virtualenv": _Step.venv,
    "wget": _Step.wget,
}

_OWNING: Mapping[str, Callable[[_Step, list[str]], None]] = {
    "adduser": adduser,
    "chmod": chmod,
    "chown": chown,
    "install": install,
    "mkdir": mkdir,
    "touch": touch,
    "useradd": useradd,
    "usermod": usermod,
}


def _program(instruction: Instruction) -> str | None:
    """The shell text of a step with its here-documents; None for another language's."""
    if not instruction.heredocs:
        return instruction.text
    first = instruction.heredocs[0]
    if re.fullmatch(r"<<-?[\"']?\S+", instruction.text):
        head = first.body.split("\n", 1)[0]
        return None if head.startswith("#!") and "sh" not in head.rpartition("/")[2] else first.body
    shell = re.match(r"(?:/bin/)?(?:ba|da|z)?sh\s+(?:-\S+\s+)*<<", instruction.text)
    if shell:
        return first.body
    bodies = "".join(f"{doc.body}{doc.name}\n" for doc in instruction.heredocs)
    return f"{instruction.text}\n{bodies}"


def _is_piped_installer(simple: Simple) -> bool:
    return (
        bool(simple.words) and simple.words[0] in ("curl", "wget") and _PIPED.search(simple.text) is not None
    )
