"""4xx, where the server listens: host and port against what the Hub connects to."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import LOWEST_UNPRIVILEGED_PORT, Stage
from ...rehearsal.facts import Read, Rehearsal
from ...space import Space
from ...space.command import StartCommand
from ..card.fields import fault
from ..causes import NO_PROCESS, failure_code, without_command
from ..serving import one_line
from . import gunicorn

TIMED_OUT: Final = (
    "The Hub waits 30 minutes for the app port to answer, then stops the Space: "
    '"Launch timed out, workload was not healthy after 30 min".'
)

#: Servers of which the rehearsal sees what they were told; for others uvicorn stands in.
_REHEARSED: Final = ("uvicorn", "fastapi", "python")

#: What a server listens on unless it is told.
_DEFAULT_HOSTS: Final = {
    "uvicorn": "127.0.0.1",
    "hypercorn": "127.0.0.1",
    "granian": "127.0.0.1",
    "daphne": "127.0.0.1",
    "litestar": "127.0.0.1",
    "gunicorn": "127.0.0.1",
    "fastapi": "0.0.0.0",  # noqa: S104 - compared, not bound
}

#: Servers that take host and port from a file or a variable as well.
_CONFIGURED: Final = {
    "uvicorn": ((), ("UVICORN_HOST", "UVICORN_PORT", "UVICORN_UDS", "UVICORN_FD")),
    "gunicorn": ((gunicorn.FILE,), ("GUNICORN_CMD_ARGS", "PORT")),
    "fastapi": ((), ("PORT", "HOST", "FASTAPI_PORT", "FASTAPI_HOST")),
    "granian": ((), ("GRANIAN_HOST", "GRANIAN_PORT", "GRANIAN_UDS")),
    "litestar": ((), ("LITESTAR_HOST", "LITESTAR_PORT", "LITESTAR_UNIX_DOMAIN_SOCKET")),
}

#: Programs that take the Hub's connections in place of the server.
_PROXIES: Final = re.compile(
    r"\b(nginx|openresty|caddy|haproxy|traefik|envoy|apache2?ctl|httpd|lighttpd|supervisord)\b"
)

#: Servers of Python, which the start command can run beside the one that is rehearsed.
_SERVERS: Final = re.compile(
    r"\b(uvicorn|gunicorn|hypercorn|granian|daphne|fastapi|streamlit|waitress-serve)\b"
)

_LOOPBACK: Final = re.compile(r"127(\.\d+){1,3}|localhost|\[?::1\]?|ip6-localhost")
_CONFIG_WORDS: Final = ("-c", "--config", "--uds", "--fd", "-u", "--unix-socket")


class Address(NamedTuple):
    """What the server is told.  ``by``: "command", "default" (the server's own), "program", or "file".

    ``port`` None: nobody can tell before it runs.
    """

    host: str
    port: int | None
    path: str
    line: int | None
    by: Literal["command", "default", "program", "file"]


def command_of(space: Space) -> StartCommand:
    """The start command, if it is understood; Skip otherwise."""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space.command is None or space.command.runner is None:
        raise Skip(
            without_command(space) or (space.command.reason if space.command else "") or "needs HFS401"
        )
    return space.command


def address_of(space: Space, rehearsal: Rehearsal) -> Address:
    """Where the server listens: as it was told in the rehearsal, else as the command says."""
    command = command_of(space)
    for words in (*command.skipped, *command.beside):
        proxy = _PROXIES.search(words) or _SERVERS.search(words) or re.search(rf"\b({space.port})\b", words)
        if proxy:
            other = words if proxy[1].isdecimal() else proxy[1]
            raise Skip(f"{one_line(other, 60)}, which the start command runs as well, is not rehearsed")
    listener = rehearsal.listener
    if listener is None or command.runner not in _REHEARSED:
        return _told(space, rehearsal, command)
    if listener.port is None:
        raise Skip("the server listens on a socket, not on a port")
    host = listener.host or ""
    if listener.where is not None:
        return Address(host, listener.port, listener.where.path, listener.where.line, "program")
    if command.runner == "python":
        return Address(host, listener.port, command.path, command.line, "program")
    is_written = command.port is not None and command.port.source != "server"
    return Address(host, listener.port, command.path, command.line, "command" if is_written else "default")


def _told(space: Space, rehearsal: Rehearsal, command: StartCommand) -> Address:
    """From the command line alone: also when the app did not come up."""
    if command.runner is None or command.runner == "python":
        code = failure_code(space, rehearsal)
        reason = f"needs {code}" if code else "the program did not say where it listens"
        raise Skip(rehearsal.impossible or reason)
    written = command.port
    number = written.number if written else None
    is_default = written is None or written.source == "server"
    if (command.host is None or is_default) and _is_configured_elsewhere(space, command):
        bound = gunicorn.bound(space, command) if command.runner == "gunicorn" else None
        if bound is not None:
            return Address(*bound, "file")
        raise Skip(f"{command.runner} takes host and port from its configuration, which is not read")
    host = _DEFAULT_HOSTS[command.runner] if command.host is None else command.host
    if command.runner == "fastapi" and command.host is None and command.words[1:2] == ("dev",):
        host = "127.0.0.1"
    number = 8000 if written is None else number
    return Address(host, number, command.path, command.line, "default" if is_default else "command")


def _is_configured_elsewhere(space: Space, command: StartCommand) -> bool:
    files, variables = _CONFIGURED.get(command.runner or "", ((), ()))
    names = {*command.env, *(space.image.env if space.image else ())}
    layout = space.image.layout if space.image else {}
    return (
        any(word.partition("=")[0] in _CONFIG_WORDS for word in command.words[1:])
        or any(posixpath.join(command.cwd, file) in layout for file in files)
        or not names.isdisjoint(variables)
    )


@check(
    "HFS409",
    "host-loopback",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=TIMED_OUT,
)
def host_loopback(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The server listens on an address that the Hub can reach.  [field]"""
    address = address_of(space, space_rehearsal)
    if not _LOOPBACK.fullmatch(address.host):
        return
    runner = space.command.runner if space.command else ""
    variable = space.image.env.get("UVICORN_HOST") if space.image and runner == "uvicorn" else None
    path, line = address.path, address.line
    is_written = space.command and any(word.startswith("--host") for word in space.command.words)
    if variable and not is_written:
        path, line = variable.path, variable.line
        hint = "write ENV UVICORN_HOST=0.0.0.0"
    elif address.by == "program":
        hint = 'write host="0.0.0.0" where the server is started'
    elif address.by == "file":
        hint = f'write bind = "0.0.0.0:{address.port}" in {address.path}'
    elif runner == "gunicorn":
        is_bound = space.command and any(word.startswith(("-b", "--bind")) for word in space.command.words)
        hint = f"--bind 0.0.0.0:{address.port or space.port} {'in' if is_bound else 'to'} the start command"
        hint = f"{'write' if is_bound else 'add'} {hint}"
    else:
        hint = f"{'write --host 0.0.0.0 in' if is_written else 'add --host 0.0.0.0 to'} the start command"
    yield Finding(
        f"the server listens on {address.host}, which only the container itself reaches; wanted 0.0.0.0",
        hint,
        path,
        line,
    )


@check(
    "HFS410",
    "port-mismatch",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401", "HFS412"),
    consequence=TIMED_OUT,
)
def port_mismatch(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The server listens on the app port.  [spaces-config-reference, field]"""
    address = address_of(space, space_rehearsal)
    _need_number(space, address)
    if address.port == space.port:
        return
    written = space.card.fields.get("app_port")
    refused = fault(written, space.sdk) if written else None
    if refused is not None and refused.certain:
        raise Skip("needs HFS104")
    if any(True for _ in _assumed(space, space_rehearsal)):
        raise Skip("needs HFS411")
    if any(stand_in.name == "PORT" for stand_in in space_rehearsal.stand_ins):
        raise Skip(_set_by_owner("PORT") if "PORT" in space.settings else "needs HFS420")
    path, line = _port_line(space, address)
    other = f", or app_port: {address.port} in README.md" if _can_be_app_port(space, address.port) else ""
    yield Finding(
        f"the server listens on port {address.port}, the Hub connects to {space.port}",
        f"{_port_hint(space, address)}{other}",
        path,
        line,
    )


def _need_number(space: Space, address: Address) -> None:
    if address.port is None:
        port = space.command.port if space.command else None
        variable = port.variable if port else "PORT"
        if variable in space.settings:
            raise Skip(_set_by_owner(variable))
        raise Skip("needs HFS415" if port is not None and port.source == "unexpanded" else "needs HFS411")


def _set_by_owner(variable: str) -> str:
    return f"the port is what the setting {variable} is on the Space"


def _can_be_app_port(space: Space, port: int | None) -> bool:
    return space.sdk == "docker" and port is not None and LOWEST_UNPRIVILEGED_PORT < port <= 65535


def _port_line(space: Space, address: Address) -> tuple[str, int | None]:
    """The ENV that the command's variable comes from, else the line of the address."""
    variable = _port_variable(space) if address.by == "command" else ""
    if variable and space.image and variable in space.image.env:
        where = space.image.env[variable]
        return where.path, where.line
    return address.path, address.line


def _port_variable(space: Space) -> str:
    port = space.command.port if space.command else None
    return port.variable if port and port.source == "environment" else ""


def _port_hint(space: Space, address: Address) -> str:
    variable = _port_variable(space) if address.by == "command" else ""
    if address.by == "program":
        return f"write port={space.port} where the server is started"
    if address.by == "file":
        return f'write bind = "0.0.0.0:{space.port}" in {address.path}'
    if variable:
        return f"write ENV {variable}={space.port}"
    if space.command and space.command.runner == "gunicorn":
        return f"write --bind 0.0.0.0:{space.port} in the start command"
    if address.by == "default":
        return f"add --port {space.port} to the start command"
    return f"write --port {space.port} in the start command"


@check(
    "HFS411",
    "port-assumed",
    level="error",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=f"The Hub sets no PORT. {TIMED_OUT}",
)
def port_assumed(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A port that is taken from ``PORT`` has the app port as default.  [field]"""
    yield from _assumed(space, space_rehearsal)


def _assumed(space: Space, rehearsal: Rehearsal) -> Iterator[Finding]:
    command = command_of(space)
    port = command.port
    if port is not None and port.source == "fallback" and port.number != space.port:
        yield Finding(
            f"${{{port.variable}:-{port.number}}} gives {port.number}, as the Hub sets no {port.variable}; "
            f"wanted {space.port}",
            f"write ${{{port.variable}:-{space.port}}}",
            command.path,
            command.line,
        )
    elif port is not None and port.source == "unset" and port.variable not in space.settings:
        yield Finding(
            f"${port.variable} is empty, as the Hub sets no {port.variable}; wanted {space.port}",
            f"write ${{{port.variable}:-{space.port}}}",
            command.path,
            command.line,
            consequence="The server is started without a port, and ends at once with a usage error.",
        )
    read = _decisive_read(space, rehearsal)
    if read is not None and read.where is not None:
        yield Finding(
            f"the port is {read.default} where PORT is not set, and the Hub sets none; wanted {space.port}",
            f"write {space.port} as the default of PORT",
            read.where.path,
            read.where.line,
        )


def _decisive_read(space: Space, rehearsal: Rehearsal) -> Read | None:
    """The read of a PORT variable whose default became the port of the server."""
    listener = rehearsal.listener
    if listener is None or listener.port is None or listener.port == space.port:
        return None
    return next(
        (
            read
            for read in rehearsal.reads
            if read.name == "PORT" and read.own and not read.given and read.default == str(listener.port)
        ),
        None,
    )


@check(
    "HFS412",
    "port-privileged",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence='The container runs as user id 1000, may not bind the port ("Permission denied"), and ends.',
)
def port_privileged(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The server's port is one that a process of user id 1000 may bind.  [Linux; spaces-sdks-docker]"""
    address = address_of(space, space_rehearsal)
    if address.port is None or not 0 < address.port < LOWEST_UNPRIVILEGED_PORT:
        return
    path, line = _port_line(space, address)
    yield Finding(
        f"the server binds port {address.port}, which takes root; wanted {space.port}",
        _port_hint(space, address),
        path,
        line,
    )


@check(
    "HFS415",
    "exec-form-variable",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    consequence="The server is given the variable's name for its value, and ends with a usage error.",
)
def exec_form_variable(space: Space) -> Iterator[Finding]:
    """No variable stands in a JSON CMD, which no shell expands.  [Dockerfile reference; field]"""
    command = space.command
    if command is None:
        raise Skip(without_command(space))
    for name in command.unexpanded:
        yield Finding(
            f"${name} stands in a JSON command, where no shell expands it",
            _expanded(space, command, name),
            command.path,
            command.line,
        )


def _expanded(space: Space, command: StartCommand, name: str) -> str:
    """The value itself where it is known, else the command in shell form."""
    known = space.image.env.get(name) if space.image else None
    if known is not None:
        return f'write "{known.value}" in its place'
    port = command.port
    if name == "PORT" or (port is not None and port.variable == name):
        return f'write "{space.port}" in its place'
    words = (
        word if re.fullmatch(r"[\w@%+=:,./${}-]+", word) else shlex.quote(word) for word in command.words
    )
    return f"write it without brackets: CMD exec {' '.join(words)}"


CHECKS: Final[tuple[Check, ...]] = (
    host_loopback,
    port_mismatch,
    port_assumed,
    port_privileged,
    exec_form_variable,
)
