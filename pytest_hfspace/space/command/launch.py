"""From a command line, through wrappers, shells and scripts, to the server that it starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..files import Files
from ..image import Image
from ..image.installs import is_python
from ..image.stage import absolute, shown
from ..project_file import LARGEST_PROJECT, console_scripts, fastapi_entry
from ..shell.words import Arg
from .flow import Flow
from .place import Launch, Place
from .servers import SERVERS, Served, read_server

_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
_DEEPEST = 8
#: Scripts that call each other several times would multiply.
_MOST_PROGRAMS = 100
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


class _Wrapper(NamedTuple):
    """A program that starts another one: its options that take a word, the sub-commands that it
    must be given, and how many words of its own stand before the other program's."""

    valued: frozenset[str] = frozenset()
    verbs: tuple[str, ...] = ()
    words: int = 0


_UV = frozenset(
    {
        "--cache-dir", "--config-file", "--default-index", "--directory", "--env-file", "--extra",
        "--extra-index-url", "--group", "--index", "--index-strategy", "--index-url", "--link-mode",
        "--no-extra", "--no-group", "--only-group", "--package", "--project", "--python", "--with",
        "--with-editable",
        "--with-requirements", "-i", "-p",
    }
)  # fmt: skip
_CONDA = _Wrapper(frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}), ("run",))
_WRAPPERS: Mapping[str, _Wrapper] = {
    "catatonit": _Wrapper(),
    "chronic": _Wrapper(),
    "command": _Wrapper(),
    "conda": _CONDA,
    "ddtrace-run": _Wrapper(),
    "dumb-init": _Wrapper(frozenset({"-r", "--rewrite"})),
    "env": _Wrapper(frozenset({"-u", "--unset", "-C", "--chdir"})),
    "exec": _Wrapper(frozenset({"-a"})),
    "gosu": _Wrapper(words=1),
    "hatch": _Wrapper(frozenset({"-e", "--env"}), ("run",)),
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "nice": _Wrapper(frozenset({"-n", "--adjustment"})),
    "nohup": _Wrapper(),
    "opentelemetry-instrument": _Wrapper(
        frozenset({"--traces_exporter", "--metrics_exporter", "--service_name"})
    ),
    "pdm": _Wrapper(frozenset({"-p", "--project"}), ("run",)),
    "pipenv": _Wrapper(frozenset(), ("run",)),
    "pixi": _Wrapper(frozenset({"-e", "--environment"}), ("run",)),
    "poetry": _Wrapper(frozenset({"-C", "--directory", "-P", "--project"}), ("run",)),
    "rye": _Wrapper(frozenset(), ("run",)),
    "setpriv": _Wrapper(frozenset({"--reuid", "--regid"})),
    "stdbuf": _Wrapper(frozenset({"-i", "-o", "-e"})),
    "su-exec": _Wrapper(words=1),
    "sudo": _Wrapper(frozenset({"-u", "--user", "-g", "--group"})),
    "time": _Wrapper(),
    "timeout": _Wrapper(frozenset({"-k", "--kill-after", "-s", "--signal"}), words=1),
    "tini": _Wrapper(frozenset({"-p", "-e"})),
    "uv": _Wrapper(_UV, ("run",)),
    "xvfb-run": _Wrapper(frozenset({"-n", "-s", "-e", "-f", "-p", "-w"})),
}

#: Options of wrappers after which the program starts elsewhere.
_CHANGING_DIRECTORY = frozenset({"--directory", "--cwd", "--chdir", "-C"})

#: What programs are told that they should serve.
_VERBS = frozenset({"lab", "run", "runserver", "serve", "server", "start", "ui"})

#: Where fastapi looks for the app that it is not told.  [fastapi-cli: discover.py]
_FASTAPI_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")

#: Read by gunicorn without being named.
_GUNICORN_FILE = "gunicorn.conf.py"

#: Python's options that take a word.
_PYTHON_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})


class Launcher:
    """Follows the command lines of one image."""

    def __init__(self, image: Image, files: Files) -> None:
        self.image = image
        self.files = files
        self._directories = frozenset(image.directories)
        self._programs = 0

    def start(self, arguments: Sequence[Arg], place: Place) -> Launch:
        """What a command line starts."""
        remaining = list(arguments)
        for _ in range(20):
            while remaining and remaining[0].absent:
                remaining.pop(0)
            if not remaining or not (remaining[0].text or remaining[0].opaque):
                return Launch((), None, place, "the start command starts nothing")
            name = posixpath.basename(remaining[0].text)
            wrapper = _WRAPPERS.get(name)
            inner, place = self._unwrapped(name, wrapper, remaining, place) if wrapper else (None, place)
            if inner is None:
                return self._program(name, remaining, place)
            remaining = inner
        return self._fail(remaining, place)

    def _fail(self, arguments: Sequence[Arg], place: Place, reason: str = "") -> Launch:
        words = texts(arguments)
        verb = next((word for word in words[1:] if word in _VERBS), "")
        program = shown(f"{posixpath.basename(words[0])} {verb}" if verb else " ".join(words))
        said = (
            f"`{program}` is not a server that can be rehearsed: only what needs no running app was checked"
        )
        return Launch(words, None, place, reason or said)

    def _unwrapped(
        self, name: str, wrapper: _Wrapper, arguments: list[Arg], place: Place
    ) -> tuple[list[Arg] | None, Place]:
        """The command line inside; None where this is not how the wrapper is used."""
        verbs, words = list(wrapper.verbs), wrapper.words
        remaining = arguments[1:]
        while remaining:
            argument, text = remaining[0], remaining[0].text
            option, equals, value = text.partition("=")
            if name == "uv" and not verbs and option in ("-m", "--module"):
                return [Arg("python"), Arg("-m"), *remaining[1:]], place
            if text.startswith("-") and len(text) > 1:
                taken = 2 if option in wrapper.valued and not equals else 1
                if option in _CHANGING_DIRECTORY:
                    target = value if equals else "".join(other.text for other in remaining[1:2])
                    place = place._replace(cwd=absolute(target, place.cwd))
                remaining = remaining[taken:]
                if text == "--" and not verbs and not words:
                    break
                continue
            if verbs:
                if text != verbs.pop(0):
                    return None, place
            elif words:
                words -= 1
            elif name in ("env", "sudo") and equals and option.isidentifier():
                variables = {**place.variables, option: argument._replace(text=value)}
                place = place._replace(variables=variables, exported=place.exported | {option})
            else:
                break
            remaining = remaining[1:]
        if name == "uv" and remaining and remaining[0].text.endswith(".py"):
            remaining = [Arg("python"), *remaining]
        return (None if verbs else remaining), place

    def _program(self, name: str, arguments: list[Arg], place: Place) -> Launch:
        head = arguments[0]
        if head.opaque:
            return self._fail(arguments, place, "the start command is made up at run time")
        if place.depth > _DEEPEST or self._programs > _MOST_PROGRAMS:
            return self._fail(arguments, place, "the start scripts call each other too deeply")
        if name in _SHELLS:
            return self._shell(name, arguments, place)
        if is_python(name):
            return self._python(arguments, place)
        script = self._script_path(head.text, place)
        if script is not None:
            return self._script(script, arguments, place)
        served = self._server(name, arguments[1:], place)
        function = self._function(name) if served is None else ""
        if function:
            served = Served("python", function=function)
        if served is None and "/" in head.text and name not in SERVERS and name.endswith((".sh", ".py")):
            return self._fail(arguments, place, self._missing(head.text, place))
        return self._launched(served, arguments, place)

    def _server(self, name: str, arguments: list[Arg], place: Place) -> Served | None:
        if name == "gunicorn" and self._exists(absolute(_GUNICORN_FILE, place.cwd)):
            arguments = [Arg("--config"), Arg(_GUNICORN_FILE), *arguments]
        served = read_server(name, arguments, place.variables)
        if name == "fastapi" and served is not None and not (served.target or served.script):
            return self._discovered(served, place)
        return served

    def _discovered(self, served: Served, place: Place) -> Served:
        """fastapi without a file looks for one."""
        text = self._content(absolute("pyproject.toml", place.cwd))
        entry = fastapi_entry(text) if text else ""
        if entry:
            return served._replace(target=entry)
        found = (path for path in _FASTAPI_FILES if self._content(absolute(path, place.cwd)) is not None)
        return served._replace(script=next(found, None))

    def _function(self, name: str) -> str:
        """What a console script of a project that the build installs calls, "" for any other program."""
        for install in self.image.installs:
            path = absolute("pyproject.toml", install.directory) if install.project else ""
            source = install.sources.get(path) or self.image.layout.get(path) if path else None
            if source is None:
                continue
            try:
                function = console_scripts(self.files.text(source, LARGEST_PROJECT)).get(name, "")
            except (OSError, ValueError):
                continue
            if function:
                return function
        return ""

    def _launched(self, served: Served | None, arguments: Sequence[Arg], place: Place) -> Launch:
        if served is None or served.reason:
            return self._fail(arguments, place, served.reason if served else "")
        if served.chdir:
            place = place._replace(cwd=absolute(served.chdir, place.cwd))
        words = texts(arguments)
        unexpanded = dict.fromkeys(
            name for a in arguments if a.source == "literal" for name in _VARIABLE.findall(a.text)
        )
        return Launch(words, served, place, unexpanded=tuple(unexpanded))

    def _python(self, arguments: list[Arg], place: Place) -> Launch:
        index = 1
        while index < len(arguments):
            text = arguments[index].text
            if text in _PYTHON_VALUED:
                index += 2
                continue
            if not text.startswith("-") or text == "-":
                break
            if re.fullmatch(r"-[A-Za-z]*m", text):
                return self._module(arguments, index + 1, place)
            if re.match(r"-[A-Za-z]*c", text) and not text.startswith("--"):
                return self._fail(
                    arguments, place, "`python -c` runs code of the command line, which is not followed"
                )
            index += 1
        if index >= len(arguments) or arguments[index].text == "-":
            return self._fail(arguments, place, "the start command gives python no program to run")
        if arguments[index].opaque:
            return self._fail(arguments, place, "the program that python runs is decided at run time")
        return self._launched(Served("python", script=arguments[index].text), arguments, place)

    def _module(self, arguments: list[Arg], index: int, place: Place) -> Launch:
        if index >= len(arguments):
            return self._fail(arguments, place, "the start command gives `python -m` no module")
        name = arguments[index].text
        if name in SERVERS:
            return self._launched(self._server(name, arguments[index + 1 :], place), arguments, place)
        return self._launched(Served("python", module=name), arguments, place)

    def _shell(self, name: str, arguments: list[Arg], place: Place) -> Launch:
        """``sh -c text``, or ``sh file``."""
        index = 1
        command = False
        while index < len(arguments) and arguments[index].text[:1] in ("-", "+"):
            text = arguments[index].text
            command = command or (not text.startswith("--") and "c" in text[1:])
            index += 2 if text in ("-o", "+o", "-eo", "-euo", "-exo", "-euxo", "-O", "--rcfile") else 1
        if index >= len(arguments):
            return self._fail(arguments, place, "the start command starts a shell without a program")
        given, rest = arguments[index], arguments[index + 1 :]
        if given.opaque:
            return self._fail(arguments, place, "the shell's program is made up at run time")
        if command:
            inside = place._replace(depth=place.depth + 1, script="", source="")
            flow = self._flow(inside, rest[1:])
            return flow.follow(
                given.text, first_line=place.line or 1, replaces_itself=name in ("bash", "zsh")
            )
        path = absolute(given.text, place.cwd)
        if self._content(path) is None:
            return self._fail(arguments, place, self._missing(given.text, place))
        return self._script(path, [given, *rest], place, shell=name)

    def _flow(self, place: Place, arguments: Sequence[Arg]) -> Flow:
        self._programs += 1
        return Flow(place, arguments, self.start, self._exists, self._content)

    def _exists(self, path: str) -> bool:
        """Is it known to be in the image?"""
        return path in self.image.layout or path in self.image.made or path in self._directories

    def _script_path(self, text: str, place: Place) -> str | None:
        """The tracked file that a command's name stands for."""
        if "/" in text:
            places = [absolute(text, place.cwd)]
        else:
            search = place.variables.get("PATH", Arg("/usr/local/bin:/usr/bin:/bin")).text
            places = [absolute(text, directory) for directory in search.split(":")[:50] if directory]
        known = (path for path in places if path in self.image.layout or path in self.image.made)
        return next(known, None)

    def _content(self, path: str) -> str | None:
        """The text of a file of the image; None where it is not known or no text to read."""
        if path in self.image.made:
            return self.image.made[path].decode("utf-8", "replace")
        source = self.image.layout.get(path)
        if source is None:
            return None
        try:
            text = self.files.text(source)
        except (OSError, ValueError):
            return None
        return text

    def _missing(self, text: str, place: Place) -> str:
        path = absolute(text, place.cwd)
        known = ", as far as its build could be followed" if self.image.not_followed else ""
        return f"the start script {shown(path)} is not in the image{known}"

    def _script(self, path: str, arguments: list[Arg], place: Place, *, shell: str = "") -> Launch:
        """A file of the repository that is started.  ``shell``: the one that was given it."""
        text = self._content(path)
        if text is None:
            return self._fail(arguments, place, f"the start script {shown(path)} cannot be read")
        first = text.split("\n", 1)[0].strip() if text.startswith("#!") else ""
        interpreter = re.search(r"(python|sh\b|uv run)", first) if first else None
        if not shell and ((interpreter and interpreter[1] != "sh") or (not first and path.endswith(".py"))):
            return self._python([Arg("python"), Arg(path), *arguments[1:]], place)
        if not shell and first and not interpreter:
            return self._fail(arguments, place)
        given = arguments[0].text
        name = given if shell or "/" in given else path
        inside = place._replace(
            path=self.image.layout.get(path, place.path),
            line=1,
            depth=place.depth + 1,
            script=name,
            source=name if "bash" in (shell or first) else "",
        )
        return self._flow(inside, arguments[1:]).follow(text, first_line=1)


def texts(arguments: Sequence[Arg]) -> tuple[str, ...]:
    """The words of a command line, without those that an unset variable leaves out."""
    return tuple(argument.text for argument in arguments if not argument.absent)
