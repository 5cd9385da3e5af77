"""4xx: does the server that is started suit a container behind a proxy?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import DEFAULT_HARDWARE, HARDWARE, Hardware, Stage
from ...rehearsal.facts import Listener, Rehearsal
from ...space import Space
from ...space.command import StartCommand
from ..causes import NO_PROCESS, failure_code
from ..serving import SERVED, one_line, serving, text_of
from .address import address_of, command_of
from .worker_count import Workers, workers_of

#: Programs that hand signals on to all that they started.
_FORWARDING: Final = frozenset({"dumb-init"})

#: Systems whose /bin/sh makes way for the last command of ``sh -c`` by itself, unlike Debian's.
_EXECS_BY_ITSELF: Final = re.compile(
    r"alpine|busybox|chainguard|wolfi|\bubi\d|fedora|rocky|alma|centos|amazonlinux|redhat|oraclelinux"
)

#: Options, and variables, that make a server speak TLS.
_TLS_OPTIONS: Final = frozenset(
    {"--ssl-keyfile", "--ssl-certfile", "--ssl-certificate", "--certfile", "--keyfile"}
)
_TLS_VARIABLES: Final = (
    *("UVICORN_SSL_KEYFILE", "UVICORN_SSL_CERTFILE", "GRANIAN_SSL_KEYFILE", "GRANIAN_SSL_CERTIFICATE"),
    *("LITESTAR_SSL_CERT_PATH", "LITESTAR_SSL_KEY_PATH"),
)

_REFUSED: Final = "You must pass the application as an import string to enable 'reload' or 'workers'."


def hardware_of(space: Space) -> tuple[str, Hardware]:
    """The hardware that the card suggests, else what every Space gets.

    What a Space really runs on is set on the Hub, and stands nowhere in the repository.  Skip where
    the numbers of what is suggested are not known.
    """
    entry = space.card.fields.get("suggested_hardware")
    name = entry.value if entry is not None and isinstance(entry.value, str) else DEFAULT_HARDWARE
    if name not in HARDWARE:
        raise Skip(f"it is not known how much {one_line(name, 40)} has (suggested_hardware in README.md)")
    return name, HARDWARE[name]


def _told(space: Space, rehearsal: Rehearsal, command: StartCommand) -> Listener | None:
    """What a server that the rehearsal saw was told; Skip where only a program could say."""
    listener = rehearsal.listener
    if listener is None and command.runner == "python":
        code = failure_code(space, rehearsal)
        reason = f"needs {code}" if code else "the program did not say how it serves"
        raise Skip(rehearsal.impossible or reason)
    return listener


def _place(listener: Listener | None, command: StartCommand) -> tuple[str, int | None]:
    where = listener.where if listener is not None else None
    return (where.path, where.line) if where else (command.path, command.line)


# -- the reloader


@check(
    "HFS413",
    "reload",
    level="warn",
    predicts=Stage.RUNNING,
    needs=("HFS401",),
    consequence="Two processes run where one would do, and every file that the app writes may restart it.",
)
def reload_(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The server is started without its development reloader.  [uvicorn; field]"""
    command = command_of(space)
    listener = _told(space, space_rehearsal, command)
    if listener is not None and listener.reload and not listener.by_name:
        yield _refused(space, listener, command, "reload=True")
    elif command.reload or (listener is not None and listener.reload):
        path, line = _place(listener, command)
        variable = space.image.env.get("UVICORN_RELOAD") if space.image else None
        words = " ".join(command.words[:2])
        is_written = any(word.startswith(("--reload", "-r")) for word in command.words)
        message, hint = "the server is started with reload=True", "write reload=False"
        if words == "fastapi dev":
            message = "the server is started by fastapi dev, which watches the files and restarts it"
            hint = "write fastapi run in the start command"
        elif command.runner != "python" and is_written:
            message, hint = "the server is started with --reload", "leave --reload out of the start command"
        elif command.runner != "python" and variable is not None:
            path, line = variable.path, variable.line
            message, hint = "UVICORN_RELOAD turns the reloader on", "leave out ENV UVICORN_RELOAD"
        yield Finding(f"{message}; wanted none on a Space", hint, path, line)


def _refused(space: Space, listener: Listener, command: StartCommand, option: str) -> Finding:
    """``uvicorn.run(app, reload=True)`` does not start."""
    path, line = _place(listener, command)
    return Finding(
        f"uvicorn.run is given the app itself and {option}, and refuses to start; wanted the app's name",
        f'write uvicorn.run("{one_line(space.app, 60)}", …), or leave {option} out',
        path,
        line,
        level="error",
        consequence=f'The container ends with "{_REFUSED}"',
        predicts=Stage.RUNTIME_ERROR,
    )


# -- workers


@check(
    "HFS414",
    "workers",
    level="warn",
    predicts=Stage.RUNNING,
    needs=("HFS401",),
    consequence="Each worker loads the app again: start-up takes longer, and memory runs out sooner.",
)
def workers(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """No more workers than the hardware carries: two for each vCPU and one more.  [gunicorn; field]"""
    command = command_of(space)
    listener = _told(space, space_rehearsal, command)
    if listener is not None and listener.reload:
        raise Skip("needs HFS413")
    if listener is not None and listener.workers > 1 and not listener.by_name:
        yield _refused(space, listener, command, f"workers={listener.workers}")
        return
    told = workers_of(space, command, listener)
    if told.count is None:
        raise Skip("the number of workers is decided at run time")
    if told.count == 1:
        return
    name, hardware = hardware_of(space)
    if told.count == "cores":
        yield Finding(
            "the number of workers is computed from the number of cores, which on a Space is that of "
            f"the whole host; {name} has {hardware.vcpu} vCPU",
            _number_hint(command, told, hardware),
            told.path,
            told.line,
        )
    else:
        yield from _too_many(space, space_rehearsal, command, told)


def _number_hint(command: StartCommand, told: Workers, hardware: Hardware) -> str:
    if told.path.endswith(".py"):
        return f'write workers = {hardware.vcpu}, or int(os.environ.get("CPU_CORES", "{hardware.vcpu}"))'
    return f"write {'-w' if command.runner == 'gunicorn' else '--workers'} {hardware.vcpu}"


def _too_many(space: Space, rehearsal: Rehearsal, command: StartCommand, told: Workers) -> Iterator[Finding]:
    count = told.count if isinstance(told.count, int) else 1
    name, hardware = hardware_of(space)
    most = 2 * hardware.vcpu + 1
    peak = (rehearsal.peak_rss_mb or 0.0) / 1024 if rehearsal.served else 0.0
    if count > most:
        yield Finding(
            f"{count} workers are started, and {name} has {hardware.vcpu} vCPU; wanted at most {most}",
            _number_hint(command, told, hardware),
            told.path,
            told.line,
        )
    elif peak <= hardware.memory < peak * count:
        fit = max(1, int(hardware.memory / peak))
        yield Finding(
            f"{count} workers of {peak:.1f} GiB each take {peak * count:.0f} GiB, and {name} has "
            f"{hardware.memory:g} GiB; wanted at most {fit}",
            f"start {fit}, or load what is large once, before the workers are forked (gunicorn --preload)",
            told.path,
            told.line,
            consequence='The Hub ends the Space with "Memory limit exceeded" once all workers are loaded.',
        )


# -- the first process


@check(
    "HFS416",
    "shell-form",
    level="note",
    predicts=Stage.RUNNING,
    consequence="At every rebuild and restart the app is killed without the lifespan's shutdown.",
)
def shell_form(space: Space) -> Iterator[Finding]:
    """A shell that starts the server makes way for it, so that SIGTERM reaches it.  [dash; field]"""
    command = command_of(space)
    if command.execs or _hands_on(space, command):
        return
    yield Finding(
        f"the shell stays the first process, and hands SIGTERM to nobody: {command.words[0]} is not told "
        "to end",
        _exec_hint(space, command),
        command.path,
        command.line,
    )


def _exec_hint(space: Space, command: StartCommand) -> str:
    """The whole instruction where it has nothing but the server's words."""
    written = space.image.command if space.image else None
    text = written.words[-1] if written is not None and written.shell else ""
    if text.startswith(command.words[0]) and not re.search(r"[;&|\n]", text):
        return f"write CMD exec {one_line(text, 120)}"
    in_script = "" if command.path == "Dockerfile" else f" in {one_line(command.path, 60)}"
    return f"write exec before {command.words[0]}{in_script}"


def _hands_on(space: Space, command: StartCommand) -> bool:
    """Does the signal reach the server all the same?"""
    image = space.image
    instructions = [each for each in (image.entrypoint, image.command) if each] if image else []
    words = [word for each in instructions for word in each.words]
    names = {posixpath.basename(word) for text in words for word in text.split()}
    if names & _FORWARDING or ("tini" in names and "-g" in names):
        return True
    if command.path not in ("Dockerfile", "README.md"):
        return bool(re.search(r"^\s*trap\s", text_of(space, command.path), re.MULTILINE))
    is_default = any(each.shell and each.words[0] == "/bin/sh" for each in instructions)
    return is_default and image is not None and bool(_EXECS_BY_ITSELF.search(image.base.lower()))


# -- TLS


@check(
    "HFS417",
    "tls-in-app",
    level="error",
    predicts=Stage.RUNNING,
    needs=("HFS401",),
    consequence="The Hub's edge speaks plain HTTP to the app, so every request fails with 502.",
)
def tls_in_app(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app speaks plain HTTP: TLS ends at the Hub's edge.  [field]"""
    command = command_of(space)
    listener = _told(space, space_rehearsal, command)
    path, line = _place(listener, command)
    options = [name for name in (word.partition("=")[0] for word in command.words) if name in _TLS_OPTIONS]
    known = space.image.env if space.image else {}
    variables = (
        [] if command.runner == "python" else [known[name] for name in _TLS_VARIABLES if name in known]
    )
    if command.runner != "python" and options:
        named = " and ".join(dict.fromkeys(options))
        hint = f"leave {named} out of the start command"
    elif variables:
        named, path, line = variables[0].name, variables[0].path, variables[0].line
        hint = f"leave ENV {named} out"
    elif listener is not None and listener.tls:
        named, hint = "ssl_certfile or ssl_keyfile", "leave the arguments that begin with ssl_ out"
    else:
        return
    yield Finding(f"the server speaks TLS ({named}); wanted plain HTTP", hint, path, line)


# -- other listeners


@check(
    "HFS418",
    "extra-listener",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Hub forwards the app port and no other, so nobody outside reaches it.",
)
def extra_listener(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Only the app port is open to the outside.  [spaces-sdks-docker]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    serving(space_rehearsal)
    address = address_of(space, space_rehearsal)
    own = {space.port, address.port}
    told: set[int] = set()
    for listener in space_rehearsal.listening:
        # what a module opens while it is imported is told by HFS404
        is_of_import = listener.phase == "import" and space.command and space.command.runner != "python"
        if listener.port in own | told or is_of_import or _is_loopback(listener.host):
            continue
        told.add(listener.port)
        yield Finding(
            f"the app listens on port {listener.port} as well, and the Hub forwards {space.port} alone",
            f"serve it from the app on port {space.port}, or listen on 127.0.0.1 if only the Space asks it",
            listener.where.path if listener.where else address.path,
            listener.where.line if listener.where else address.line,
        )


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "ip6-localhost") or host.startswith("127.")


CHECKS: Final[tuple[Check, ...]] = (reload_, workers, shell_form, tls_in_app, extra_listener)
