"""What the command lines of the known servers mean: target, host, port and the rest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from ..shell.words import Arg
from .grammars import GRAMMARS, Grammar, Runner

PortSource = Literal["literal", "environment", "fallback", "unset", "server", "unexpanded"]


class Port(NamedTuple):
    """A port as the command writes it.

    ``source``: "literal" (``--port 7860``), "environment" (``$PORT`` set by ENV or by the shell
    before), "fallback" (``${PORT:-7860}``, PORT being unset), "unset" (``$PORT`` with nothing to
    set it: number is None), "server" (the server's own default), "unexpanded" (``$PORT`` in a
    JSON CMD: no shell expands it; number is None).
    """

    number: int | None
    source: PortSource
    variable: str = ""


class Served(NamedTuple):
    """What a server was asked for.  The fields are those of the start command."""

    runner: Runner
    target: str | None = None
    factory: bool = False
    script: str | None = None
    module: str | None = None
    host: str | None = None
    port: Port | None = None
    reload: bool = False
    workers: int | None = None
    forwarded_allow_ips: str | None = None
    app_dir: str | None = None
    chdir: str | None = None
    function: str | None = None
    #: why it is not understood after all
    reason: str = ""


#: The commands that start a server which is known here.
SERVERS = frozenset(GRAMMARS)

_TRUE = frozenset({"1", "true", "yes", "on", "t", "y"})


def read_server(name: str, arguments: Sequence[Arg], environment: Mapping[str, Arg]) -> Served | None:
    """What a server's arguments (after its name) ask for.

    None for a server that is not known, and for commands of fastapi and litestar that serve nothing.
    """
    if name not in SERVERS:
        return None
    grammar = GRAMMARS[name]
    if name == "gunicorn" and "GUNICORN_CMD_ARGS" in environment:
        arguments = [*_split(environment["GUNICORN_CMD_ARGS"].text), *arguments]
    command = ""
    if name == "fastapi":
        command = arguments[0].text if arguments else ""
        if command not in ("run", "dev"):
            return None
        arguments = arguments[1:]
    options, words = _parse(grammar, arguments)
    if name == "litestar" and [word.text for word in words[:1]] != ["run"]:
        return None
    return _READERS[grammar.runner](_Line(grammar, options, words, environment, command))


def _split(text: str) -> list[Arg]:
    try:
        return [Arg(word) for word in shlex.split(text)]
    except ValueError:
        return []


def _parse(grammar: Grammar, arguments: Sequence[Arg]) -> tuple[dict[str, list[Arg]], list[Arg]]:
    """The options by their long names, and the words that are none."""
    options: dict[str, list[Arg]] = {}
    words: list[Arg] = []
    remaining = iter(arguments)
    for argument in remaining:
        text = argument.text
        if not text.startswith("-") or text == "-":
            if not argument.absent:
                words.append(argument)
            continue
        name, equals, value = text.partition("=")
        if not equals and not text.startswith("--") and len(text) > 2 and text[:2] in grammar.names:
            name, equals, value = text[:2], "=", text[2:]
        name = grammar.names.get(name, name)
        if equals:
            given: Arg | None = argument._replace(text=value)
        elif name in grammar.valued:
            given = next(remaining, None)
        else:
            given = Arg("true")
        options.setdefault(name, []).append(given or Arg(""))
    return options, words


class _Line(NamedTuple):
    """A command line with its environment."""

    grammar: Grammar
    options: Mapping[str, list[Arg]]
    words: Sequence[Arg]
    environment: Mapping[str, Arg]
    command: str = ""

    def get(self, name: str) -> Arg | None:
        """An option's last value, or that of the variable which stands for it."""
        given = self.options.get(name)
        if given:
            return given[-1]
        if self.grammar.prefix is None:
            return None
        return self.variable(self.grammar.prefix + name.lstrip("-").upper().replace("-", "_"))

    def variable(self, name: str) -> Arg | None:
        value = self.environment.get(name)
        if value is None or not value.text:
            return None
        if value.source in ("literal", "environment"):
            return value._replace(source="environment", variable=name)
        return value

    def text(self, name: str) -> str | None:
        value = self.get(name)
        return value.text if value is not None and not value.opaque else None

    def flag(self, name: str) -> bool:
        value = self.get(name)
        return value is not None and value.text.lower() in _TRUE

    @property
    def target(self) -> str | None:
        """The application: the word that looks most like module:attribute."""
        usable = [word.text for word in self.words if not word.opaque and word.text]
        return next((word for word in usable if ":" in word), usable[0] if usable else None)

    @property
    def workers(self) -> int | None:
        value = self.get("--workers") or self.variable("WEB_CONCURRENCY")
        return int(value.text) if value is not None and re.fullmatch(r"\d{1,6}", value.text) else None

    @property
    def forwarded(self) -> str | None:
        value = self.get("--forwarded-allow-ips") or self.variable("FORWARDED_ALLOW_IPS")
        return value.text if value is not None and not value.opaque else None

    @property
    def host(self) -> str | None:
        given = self.get("--host")
        if given is None:
            return self.grammar.host
        return given.text if given.text and not given.opaque else None

    def bound(self, *defaults: str) -> tuple[str | None, Port | None]:
        """Host and port of ``--bind``."""
        given = self.options.get("--bind", [Arg("")])[-1]
        if not given.text and not self.options.get("--bind"):
            port = self.variable("PORT") if "PORT" in defaults else None
            if port is not None:
                return "0.0.0.0", port_of(port)  # noqa: S104 - what gunicorn does
            return self.grammar.host, Port(8000, "server")
        if given.opaque or given.text.startswith(("unix:", "fd:")):
            return None, None
        text = given.text.removeprefix("tcp://")
        host, colon, number = text.rpartition(":")
        if not colon or (text.startswith("[") and text.endswith("]")):
            missing = Port(None, "unset", given.variable) if given.source == "unset" else Port(8000, "server")
            return text.strip("[]") or None, missing
        return host.strip("[]") or self.grammar.host, port_of(given._replace(text=number))


def port_of(given: Arg | None, default: int = 8000) -> Port | None:
    """The port that an option's value stands for; None where only a run would tell."""
    if given is None:
        return Port(default, "server")
    if given.opaque:
        return None
    number = int(given.text) if re.fullmatch(r"\d{1,9}", given.text) else None
    if given.source == "literal" and "$" in given.text:
        name = re.search(r"\$\{?(\w*)", given.text)
        return Port(None, "unexpanded", name[1] if name else "")
    if number is None and given.source == "environment" and not given.text:
        return Port(None, "unset", given.variable)
    return Port(number, given.source, given.variable)


def _uvicorn(line: _Line) -> Served:
    target = line.target or line.text("APP")
    elsewhere = line.get("--uds") is not None or line.get("--fd") is not None
    return Served(
        line.grammar.runner,
        target=target,
        factory=line.flag("--factory"),
        host=None if elsewhere else line.host,
        port=None if elsewhere else port_of(line.get("--port")),
        reload=line.flag("--reload"),
        workers=line.workers,
        forwarded_allow_ips=line.forwarded,
        app_dir=line.text("--app-dir"),
        chdir=line.text("--working-dir"),
    )


def _fastapi(line: _Line) -> Served:
    entry = line.text("--entrypoint")
    path = next((word.text for word in line.words if not word.opaque), None)
    developing = line.command == "dev"
    host = "127.0.0.1" if developing and line.get("--host") is None else line.host
    return Served(
        "fastapi",
        target=entry,
        script=None if entry else path,
        host=host,
        port=port_of(line.get("--port") or line.variable("PORT")),
        reload=(developing or line.flag("--reload")) and not line.flag("--no-reload"),
        workers=line.workers,
        forwarded_allow_ips=line.forwarded,
    )


def _called(target: str | None) -> tuple[str | None, bool]:
    """``module:create_app()`` names a factory."""
    if target is None or "(" not in target:
        return target, False
    return target.partition("(")[0], True


def _gunicorn(line: _Line) -> Served:
    target, factory = _called(line.target)
    host, port = line.bound("PORT")
    if "--config" in line.options and "--bind" not in line.options:
        host, port = None, None  # the configuration file decides
    if target and ":" not in target:
        target = f"{target}:application"
    return Served(
        "gunicorn",
        target=target,
        factory=factory,
        host=host,
        port=port,
        reload=line.flag("--reload"),
        workers=line.workers,
        forwarded_allow_ips=line.forwarded,
        app_dir=line.text("--pythonpath"),
        chdir=line.text("--chdir"),
        reason=_worker_problem(line),
    )


def _worker_problem(line: _Line) -> str:
    worker = line.get("--worker-class")
    if worker is None and "--config" in line.options:
        return ""
    kind = worker.text if worker is not None else "sync"
    if worker is not None and (worker.opaque or re.search(r"asgi|uvicorn", kind, re.IGNORECASE)):
        return ""
    return f"gunicorn with its {kind} workers serves WSGI applications, which are not rehearsed"


def _hypercorn(line: _Line) -> Served:
    target, factory = _called((line.target or "").removeprefix("asgi:") or None)
    host, port = line.bound() if "--config" not in line.options or "--bind" in line.options else (None, None)
    return Served(
        "hypercorn",
        target=target,
        factory=factory,
        host=host,
        port=port,
        reload=line.flag("--reload"),
        workers=line.workers,
    )


def _daphne(line: _Line) -> Served:
    bind = line.get("--bind")
    return Served(
        "daphne",
        target=line.target,
        host=line.grammar.host if bind is None else bind.text or None,
        port=port_of(line.get("--port")),
    )


def _litestar(line: _Line) -> Served:
    target = line.text("--app")
    elsewhere = line.get("--uds") is not None or line.get("--fd") is not None
    concurrency = line.text("--web-concurrency") or ""
    return Served(
        "litestar",
        target=target,
        host=None if elsewhere else line.host,
        port=None if elsewhere else port_of(line.get("--port")),
        reload=line.flag("--reload"),
        workers=int(concurrency) if re.fullmatch(r"\d{1,6}", concurrency) else None,
        app_dir=line.text("--app-dir"),
        reason="" if target else "litestar looks for the application itself, which is not followed",
    )


_READERS = {
    "uvicorn": _uvicorn,
    "granian": _uvicorn,
    "fastapi": _fastapi,
    "gunicorn": _gunicorn,
    "hypercorn": _hypercorn,
    "daphne": _daphne,
    "litestar": _litestar,
}
