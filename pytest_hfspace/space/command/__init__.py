"""The start command: from ENTRYPOINT and CMD, or an app file, to the server that would run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..card import Card
from ..files import Files
from ..image import Image
from ..image.stage import DEFAULT_PATH, Command
from ..shell.words import Arg
from .grammars import Runner
from .launch import Launcher
from .place import Launch, Place
from .servers import Port

__all__ = ["Port", "Runner", "StartCommand", "docker_command", "gradio_command", "of_base"]

_APP_FILE = "app.py"
#: Base images that start an interpreter or a shell, and no server.
_IDLE_BASES = re.compile(
    r"((docker\.io|public\.ecr\.aws/docker)/)?(library/)?(python|debian|ubuntu|alpine|nvidia/cuda)([:@].*)?"
    r"|ghcr\.io/astral-sh/uv([:@].*)?"
)
#: Images that start an application by themselves, from where it lies.
_READY_MADE = re.compile(r"(?:docker\.io/)?tiangolo/uvicorn-gunicorn(?:-fastapi|-starlette)?(?:[:@].*)?\Z")


@dataclass(frozen=True)
class StartCommand:
    """What the container would start.

    ``words``: the server's argv, expanded as the image's shell would (``("uvicorn", "main:app",
    "--port", "7860")``).  ``runner``: what the first word (or ``python -m``) stands for; None
    where it is not understood, and ``reason`` says why.  ``before``: Python commands that the
    shell or script runs first and that the rehearsal runs as well (``alembic upgrade head``);
    ``skipped``: other commands before it, which it does not run; ``beside``: those that the shell
    runs in the background meanwhile, neither.  ``cwd``: absolute image path.
    ``env``: what the shell sets for it.  ``target``: "main:app" where the runner takes one.
    ``function``: "package.cli:main" of the project's own console script, which is a Python program.
    ``script``/``module``: for ``python main.py`` / ``python -m package`` (and the path of
    ``fastapi run app/main.py``).  ``path`` and ``line``: where it is written.  ``execs``: the
    shell is replaced by (or is not there for) the server.  ``unexpanded``: names of
    ``$VARIABLES`` that stand in an exec form, where nothing expands them.  ``app_dir``: where the
    server looks for the target instead of ``cwd`` (``--app-dir``).
    Options that the command line sets are given; None means that it leaves them unset (or that
    the program decides at run time).
    """

    words: tuple[str, ...]
    runner: Runner | None
    path: str
    line: int | None
    reason: str = ""
    cwd: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    skipped: tuple[str, ...] = ()
    target: str | None = None
    factory: bool = False
    script: str | None = None
    module: str | None = None
    host: str | None = None
    port: Port | None = None
    reload: bool = False
    workers: int | None = None
    forwarded_allow_ips: str | None = None
    execs: bool = True
    unexpanded: tuple[str, ...] = ()
    app_dir: str | None = None
    beside: tuple[str, ...] = ()
    function: str | None = None


def docker_command(image: Image, files: Files) -> StartCommand | None:
    """From ENTRYPOINT and CMD; None where the image has neither."""
    words, written = _combined(image.entrypoint, image.command)
    if written is None:
        words, written = _ready_made(image)
    if written is None:
        return None
    variables = {"PATH": Arg(DEFAULT_PATH)}
    variables |= {name: Arg(variable.value) for name, variable in image.env.items()}
    place = Place(written.path, written.line, image.workdir, variables)
    return _started(Launcher(image, files).start([Arg(word) for word in words], place))


def of_base(image: Image | None) -> str:
    """Where a Dockerfile has no start command: that the base image's is the one; "" if it has none."""
    if image is None or _IDLE_BASES.fullmatch(image.base):
        return ""
    return f"the start command is that of the base image {image.base or 'that is not known'}"


def _ready_made(image: Image) -> tuple[tuple[str, ...], Command | None]:
    """What the start script of tiangolo's images runs, as their documentation says; nothing for
    other images, and where a configuration of its own decides."""
    layout = image.layout
    modules = [name for name in ("app.main", "main") if f"/app/{name.replace('.', '/')}.py" in layout]
    configured = {"/app/gunicorn_conf.py", "/app/app/gunicorn_conf.py"} & layout.keys()
    decided = {"APP_MODULE", "MODULE_NAME", "GUNICORN_CONF", "WORKER_CLASS"} & image.env.keys()
    if not _READY_MADE.match(image.base) or not modules or configured or decided:
        return (), None
    given = {name: variable.value for name, variable in image.env.items()}
    bind = given.get("BIND") or f"{given.get('HOST', '0.0.0.0')}:{given.get('PORT', '80')}"  # noqa: S104 - its default
    target = f"{modules[0]}:{given.get('VARIABLE_NAME', 'app')}"
    words = ("gunicorn", "-k", "uvicorn.workers.UvicornWorker", "-b", bind, "--chdir", "/app", target)
    return words, Command(words, shell=False, path="Dockerfile", line=1)


def _combined(entrypoint: Command | None, command: Command | None) -> tuple[tuple[str, ...], Command | None]:
    """The argv of the container, and the instruction to name for it."""
    if entrypoint is None:
        return (command.words if command else ()), command
    if entrypoint.shell or command is None:
        # a shell hands the CMD to nobody: it is only its own positional parameters
        return entrypoint.words, entrypoint
    return (*entrypoint.words, *command.words), command


def _started(launch: Launch) -> StartCommand:
    place, served = launch.place, launch.served
    env = {name: place.variables[name].text for name in sorted(place.exported) if name in place.variables}
    start = StartCommand(
        launch.words,
        None,
        place.path,
        place.line,
        launch.reason,
        place.cwd,
        env,
        launch.before,
        launch.skipped,
        execs=place.execs,
        unexpanded=launch.unexpanded,
        beside=launch.beside,
    )
    if served is None:
        return start
    return StartCommand(
        start.words,
        served.runner,
        start.path,
        start.line,
        start.reason,
        start.cwd,
        start.env,
        start.before,
        start.skipped,
        target=served.target,
        factory=served.factory,
        script=served.script,
        module=served.module,
        host=served.host,
        port=served.port,
        reload=served.reload,
        workers=served.workers,
        forwarded_allow_ips=served.forwarded_allow_ips,
        execs=start.execs,
        unexpanded=start.unexpanded,
        app_dir=served.app_dir,
        beside=start.beside,
        function=served.function,
    )


def gradio_command(card: Card, files: Files) -> StartCommand:  # noqa: ARG001 - the pair of docker_command
    """``python <app_file>`` in /app."""
    entry = card.fields.get("app_file")
    named = entry.value if entry is not None and isinstance(entry.value, str) else ""
    script = named or _APP_FILE
    line = entry.line if entry is not None else None
    return StartCommand(("python", script), "python", "README.md", line, cwd="/app", script=script)
