"""Runs the start command in this process, as the container's first process would."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from .plan import Plan
from .serve import UvicornRecorder


class NotInstalled(Exception):
    """A program of a Python package that this machine does not have."""


def run(plan: Plan, recorder: UvicornRecorder) -> None:
    """Returns when the command does; raises what the command raises."""
    for words in plan.before:
        recorder.channel.emit("before", words=words)
        _aside(words, recorder)
    sys.argv[:] = plan.words
    recorder.channel.enter("launch")
    _RUNNERS.get(plan.runner, _in_place_of)(plan, recorder)


def _aside(words: list[str], recorder: UvicornRecorder) -> None:
    """A command that comes first, in a process of its own; its failure ends the start."""
    told = len(recorder.network.connects)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _run_words(words)
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
            if not isinstance(error.code, (int, type(None))):
                sys.stderr.write(f"{error.code}\n")  # as an interpreter that ends would
            if status:
                _tell_aside(error, recorder, told)
        except NotInstalled as error:
            status = 127
            _tell_aside(error, recorder, told)
            sys.stderr.write(f"{error}\n")
        except BaseException as error:  # noqa: BLE001 - the process ends here whatever it was
            _tell_aside(error, recorder, told)
            sys.excepthook(*sys.exc_info())
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:  # it must never go on as the app
                os._exit(status)
    _, status = os.waitpid(pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        ending = f"exit code {code}" if code > 0 else f"signal {-code}"
        sys.exit(f"{' '.join(words)} ended with {ending}")


def _tell_aside(error: BaseException, recorder: UvicornRecorder, told: int) -> None:
    described = recorder.sources.describe(error)
    recorder.channel.emit("aside", raised=described, connects=recorder.network.connects[told:][-1:])


def _run_words(words: list[str]) -> None:
    first, *rest = words
    if not os.path.basename(first).startswith("python"):
        _console_script(os.path.basename(first), rest)
    elif rest[:1] == ["-m"]:
        sys.argv[:] = rest[1:]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    elif rest[:1] == ["-c"]:
        sys.argv[:] = ["-c", *rest[2:]]
        sys.path.insert(0, "")
        exec(compile(rest[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c
    else:
        sys.argv[:] = rest
        _script(rest[0])


def _script(path: str) -> None:
    full = os.path.abspath(path)
    sys.path.insert(0, os.path.dirname(full))
    runpy.run_path(full, run_name="__main__")


def _console_script(name: str, rest: list[str]) -> None:
    from importlib.metadata import entry_points

    sys.argv[:] = [name, *rest]
    for entry in entry_points(group="console_scripts", name=name):
        sys.exit(entry.load()())
    raise NotInstalled(f"{name} is not installed here")


def _python(plan: Plan, recorder: UvicornRecorder) -> None:
    """A program: all that comes before its server starts is its import."""
    recorder.channel.enter("import")
    try:
        if plan.function:
            sys.argv[:] = plan.words
            module, _, name = plan.function.partition(":")
            sys.exit(attrgetter(name)(importlib.import_module(module))())
        if plan.module:
            sys.argv[:] = plan.words[2:]  # run_module puts the file in the place of the name
            sys.path.insert(0, os.getcwd())
            runpy.run_module(plan.module, run_name="__main__", alter_sys=True)
        else:
            sys.argv[:] = plan.words[1:]
            _script(plan.script or plan.words[1])
    except BaseException as error:
        if recorder.channel.phase == "import":
            recorder.fail("import", error)
        raise


def _uvicorn(_plan: Plan, _recorder: UvicornRecorder) -> None:
    import uvicorn.main

    uvicorn.main.main()


def _fastapi(_plan: Plan, _recorder: UvicornRecorder) -> None:
    from fastapi_cli.cli import main

    main()


def _in_place_of(plan: Plan, recorder: UvicornRecorder) -> None:
    """uvicorn serves the target of another server's command line."""
    import uvicorn

    sys.path.insert(0, os.getcwd())
    settings: dict[str, Any] = {
        "host": plan.host or "127.0.0.1",
        "port": plan.port or 8000,
        "factory": plan.factory,
        "workers": plan.workers,
    }
    if plan.forwarded_allow_ips is not None:
        settings["forwarded_allow_ips"] = plan.forwarded_allow_ips
    if plan.app_dir:
        settings["app_dir"] = plan.app_dir
    recorder.channel.emit("in_place_of", server=plan.runner)
    uvicorn.run(plan.target or "main:app", **settings)


_RUNNERS: dict[str, Callable[[Plan, UvicornRecorder], None]] = {
    "uvicorn": _uvicorn,
    "fastapi": _fastapi,
    "python": _python,
}
