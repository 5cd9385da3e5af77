"""What the command lines of the known servers mean: target, host, port and the rest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .shellwords import Arg

Runner = Literal["uvicorn", "fastapi", "gunicorn", "hypercorn", "granian", "daphne", "python"]
PortSource = Literal["literal", "environment", "fallback", "unset", "server", "unexpanded"]


@dataclass(frozen=True)
class Port:
    """A port as the command writes it.

    ``source``: "literal" (``--port 7860``), "environment" (``$PORT`` set by ENV or by the shell
    before), "fallback" (``${PORT:-7860}``, PORT being unset), "unset" (``$PORT`` with nothing to
    set it: number is None), "server" (the server's own default), "unexpanded" (``$PORT`` in a
    JSON CMD: no shell expands it; number is None).
    """

    number: int | None
    source: PortSource
    variable: str = ""


@dataclass(frozen=True)
class Served:
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
    #: why it is not understood after all
    reason: str = ""


@dataclass(frozen=True)
class _Grammar:
    """A server's command line.  ``valued``: options that take a word; ``names``: short spellings;
    ``prefix``: of the environment variables that stand for options, None where there are none."""

    runner: Runner
    host: str
    valued: frozenset[str]
    names: Mapping[str, str]
    prefix: str | None = None


_TLS = "--ssl-keyfile --ssl-certfile --ssl-keyfile-password --ssl-version --ssl-cert-reqs --ssl-ca-certs --ssl-ciphers"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UVICORN = _Grammar(
    "uvicorn",
    "127.0.0.1",
    _set(
        "--host --port --uds --fd --reload-dir --reload-include --reload-exclude --reload-delay --workers --loop "
        "--http --ws --ws-max-size --ws-max-queue --ws-ping-interval --ws-ping-timeout --ws-per-message-deflate "
        "--lifespan --interface --env-file --log-config --log-level --forwarded-allow-ips --root-path "
        "--limit-concurrency --backlog --limit-max-requests --limit-max-requests-jitter --timeout-keep-alive "
        "--timeout-graceful-shutdown --timeout-worker-healthcheck --header --app-dir "
        f"--h11-max-incomplete-event-size {_TLS}"
    ),
    {},
    "UVICORN_",
)
_FASTAPI = _Grammar(
    "fastapi",
    "0.0.0.0",  # noqa: S104 - what the server's documentation says
    _set("--host --port --root-path --workers --app --entrypoint --forwarded-allow-ips --reload-dir"),
    {"-e": "--entrypoint"},
)
_GUNICORN = _Grammar(
    "gunicorn",
    "127.0.0.1",
    _set(
        "--bind --workers --worker-class --threads --config --chdir --timeout --graceful-timeout --keep-alive "
        "--max-requests --max-requests-jitter --log-level --log-file --error-logfile --access-logfile "
        "--access-logformat --forwarded-allow-ips --worker-connections --worker-tmp-dir --backlog --pid --user "
        "--group --umask --name --env --pythonpath --certfile --keyfile --ca-certs --paste --log-config "
        "--logger-class --limit-request-line --limit-request-fields --limit-request-field_size --statsd-host "
        "--proxy-allow-from --log-config-json --dogstatsd-tags --statsd-prefix --ciphers --ssl-version"
    ),
    {
        "-b": "--bind", "-w": "--workers", "-k": "--worker-class", "-c": "--config", "-t": "--timeout",
        "-n": "--name", "-u": "--user", "-g": "--group", "-m": "--umask", "-p": "--pid", "-e": "--env",
    },
)  # fmt: skip
_HYPERCORN = _Grammar(
    "hypercorn",
    "127.0.0.1",
    _set(
        "--bind --workers --worker-class --config --access-log --access-logfile --access-logformat --backlog "
        "--error-log --error-logfile --log-file --log-config --log-level --graceful-timeout --read-timeout "
        "--keep-alive --max-requests --max-requests-jitter --insecure-bind --quic-bind --pid --root-path --user "
        "--group --umask --certfile --keyfile --keyfile-password --ca-certs --ciphers --cert-reqs --server-name "
        "--statsd-host --statsd-prefix --verify-mode --websocket-ping-interval"
    ),
    {
        "-b": "--bind", "-w": "--workers", "-k": "--worker-class", "-c": "--config", "-p": "--pid",
        "-g": "--group", "-m": "--umask", "-u": "--user",
    },
)  # fmt: skip
_GRANIAN = _Grammar(
    "granian",
    "127.0.0.1",
    _set(
        "--host --port --uds --interface --http --workers --blocking-threads --runtime-threads --runtime-mode "
        "--loop --task-impl --backlog --backpressure --log-level --log-config --access-log-fmt --ssl-keyfile "
        "--ssl-certificate --ssl-keyfile-password --url-path-prefix --respawn-interval --workers-lifetime "
        "--workers-kill-timeout --working-dir --env-files --process-name --pid-file --reload-paths "
        "--static-path-route --static-path-mount --static-path-expires --blocking-threads-idle-timeout "
        "--workers-max-rss --http1-buffer-size --http1-header-read-timeout --http2-max-concurrent-streams"
    ),
    {},
    "GRANIAN_",
)
_DAPHNE = _Grammar(
    "daphne",
    "127.0.0.1",
    _set(
        "--bind --port --endpoint --unix-socket --fd --verbosity --http-timeout --access-log --log-fmt "
        "--ping-interval --ping-timeout --websocket_timeout --websocket_connect_timeout "
        "--application-close-timeout --root-path --server-name --ws-protocol --proxy-headers-host "
        "--proxy-headers-port"
    ),
    {"-b": "--bind", "-p": "--port", "-e": "--endpoint", "-u": "--unix-socket", "-v": "--verbosity",
     "-t": "--http-timeout"},
)  # fmt: skip
_GRAMMARS: dict[str, _Grammar] = {
    g.runner: g for g in (_UVICORN, _FASTAPI, _GUNICORN, _HYPERCORN, _GRANIAN, _DAPHNE)
}

#: The commands that start a server which is known here.
SERVERS = frozenset(_GRAMMARS)

_TRUE = frozenset({"1", "true", "yes", "on", "t", "y"})


def read_server(name: str, arguments: Sequence[Arg], environment: Mapping[str, Arg]) -> Served | None:
    """What a server's arguments (after its name) ask for.

    None for a server that is not known, and for fastapi commands that serve nothing.
    """
    if name not in SERVERS:
        return None
    grammar = _GRAMMARS[name]
    if name == "gunicorn" and "GUNICORN_CMD_ARGS" in environment:
        arguments = [*_split(environment["GUNICORN_CMD_ARGS"].text), *arguments]
    command = ""
    if name == "fastapi":
        command = arguments[0].text if arguments else ""
        if command not in ("run", "dev"):
            return None
        arguments = arguments[1:]
    options, words = _parse(grammar, arguments)
    return _READERS[grammar.runner](_Line(grammar, options, words, environment, command))


def _split(text: str) -> list[Arg]:
    try:
        return [Arg(word) for word in shlex.split(text)]
    except ValueError:
        return []


def _parse(grammar: _Grammar, arguments: Sequence[Arg]) -> tuple[dict[str, list[Arg]], list[Arg]]:
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
            given: Arg | None = replace(argument, text=value)
        elif name in grammar.valued:
            given = next(remaining, None)
        else:
            given = Arg("true")
        options.setdefault(name, []).append(given or Arg(""))
    return options, words


@dataclass(frozen=True)
class _Line:
    """A command line with its environment."""

    grammar: _Grammar
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
            return replace(value, source="environment", variable=name)
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
        return host.strip("[]") or self.grammar.host, port_of(replace(given, text=number))


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
    return Served(
        line.grammar.runner,
        target=target,
        factory=line.flag("--factory"),
        host=line.host,
        port=port_of(line.get("--port")),
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


_READERS = {
    "uvicorn": _uvicorn,
    "granian": _uvicorn,
    "fastapi": _fastapi,
    "gunicorn": _gunicorn,
    "hypercorn": _hypercorn,
    "daphne": _daphne,
}
