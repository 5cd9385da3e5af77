"""The pytest plugin: its options, and the few hooks that a run without ``--hfspace`` pays for.

Imports nothing but pytest and the standard library: whoever has this plugin installed, and tests
something else, must not feel it.  The hooks of a readiness run are in ``session.py``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

import pytest

pytest_plugins = ("pytest_hfspace.fixtures",)

#: Options that print something and end the run: nothing is rehearsed for them.
_ANSWERS = (
    "help",
    "version",
    "showfixtures",
    "show_fixtures_per_test",
    "markers",
    "hfspace_list",
    "hfspace_explain",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins."""
    group = parser.getgroup("hfspace", "Hugging Face Space readiness")
    flag = group.addoption
    flag("--hfspace", action="store_true", help="rehearse the deployment as a Space and report its readiness")
    flag(
        "--hfspace-root",
        metavar="DIR",
        action="append",
        default=[],
        help="where the Space's README.md lies (default: this directory); a glob, or repeated, for several",
    )
    flag("--hfspace-app", metavar="MODULE:ATTR", help="the ASGI app (default: as the start command says)")
    flag("--hfspace-ref", metavar="REV", help="rehearse this commit, not the working tree")
    flag(
        "--hfspace-env",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a variable or secret that the Space will have (repeatable)",
    )
    for name, what in (("select", "evaluate only"), ("ignore", "leave out")):
        flag(
            f"--hfspace-{name}",
            metavar="CODES",
            action="append",
            default=[],
            help=f"{what} these checks: codes or globs such as HFS4*, separated by commas (repeatable)",
        )
    flag("--hfspace-strict", action="store_true", help="warnings fail the run as well")
    flag(
        "--hfspace-build",
        action="store_true",
        help="install the requirements anew, as the Hub would, and rehearse in that environment",
    )
    flag("--hfspace-offline", action="store_true", help="let the app reach no network: attempts fail at once")
    flag(
        "--hfspace-baseline",
        metavar="FILE",
        help="findings that are known do not fail the run; written where there is no such file",
    )
    flag(
        "--hfspace-id",
        metavar="OWNER/NAME",
        help="the Space on the Hub, for reports (default: what git remotes and workflows tell)",
    )
    flag("--hfspace-publish", metavar="URL", help="send the report to a readiness board")
    flag("--hfspace-timeout", metavar="SECONDS", help="limit of every wait for the app (default: 120)")
    flag(
        "--hfspace-report",
        metavar="FILE",
        action="append",
        default=[],
        help="write a report; its suffix says which: .json, .sarif, .md, .html (repeatable)",
    )
    flag(
        "--hfspace-list",
        nargs="?",
        const="text",
        choices=("text", "json"),
        help="list the checks and exit; --hfspace-list=json for programs",
    )
    flag("--hfspace-explain", metavar="CODE", help="say what a check looks for, and exit")

    ini = parser.addini
    ini("hfspace_root", "where the Space's README.md lies, from this file", type="args", default=[])
    ini("hfspace_app", "the ASGI app, as MODULE:ATTR")
    ini("hfspace_env", "NAME=VALUE: variables that the Space will have", type="linelist", default=[])
    ini("hfspace_headers", "Name: value: sent with every request", type="linelist", default=[])
    ini("hfspace_secrets", "names or globs of variables that are secret", type="args", default=[])
    ini("hfspace_select", "codes or globs of the checks to evaluate", type="args", default=[])
    ini("hfspace_ignore", "codes or globs of the checks to leave out", type="args", default=[])
    ini("hfspace_strict", "warnings fail the run as well", type="bool", default=False)
    ini("hfspace_strict_codes", "codes or globs: their warnings fail the run", type="args", default=[])
    ini("hfspace_waive", "CODE[path or route]: reason (until DATE)", type="linelist", default=[])
    ini("hfspace_baseline", "a file of known findings, from this file")
    ini("hfspace_contract", "the month that the rules are pinned to, such as 2026-08")
    ini("hfspace_id", "the Space on the Hub, as OWNER/NAME")
    ini("hfspace_publish", "the address of a readiness board")
    ini("hfspace_offline", "let the app reach no network", type="bool", default=False)
    ini("hfspace_build", "install the requirements anew, as the Hub would", type="bool", default=False)
    # pytest 9's own TOML tables are typed: there a number has to be declared as one
    number: Any = "float" if pytest.version_tuple >= (8, 4) else "string"
    ini("hfspace_timeout", "limit of every wait for the app, in seconds", type=number, default=120.0)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that a project can implement in its conftest.py."""
    from . import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def _is_on(options: Namespace) -> bool:
    return bool(options.hfspace) and not any(getattr(options, name, None) for name in _ANSWERS)


class _AsTheyAre:
    """Finds our modules before pytest does.  It would rewrite the asserts of each of them, at every
    start: a tenth of a second for nothing, as no test is among them."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """As the interpreter would find it; None for a module of somebody else's."""
        return PathFinder.find_spec(name, path, target) if name.startswith(f"{__package__}.") else None

    @classmethod
    def remove(cls) -> None:
        """Leave the imports of others as they were."""
        with suppress(ValueError):  # a run inside a test has its own list
            sys.meta_path.remove(cls)


@contextmanager
def _wrapped() -> Iterator[None]:
    """A usage error is broken to the terminal's width: pytest prints it as it is."""
    try:
        yield
    except pytest.UsageError as error:
        from .report.text import terminal_columns, usage

        raise pytest.UsageError(usage(str(error), terminal_columns())) from error.__cause__


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the app while pytest loads the project's conftest files.

    A conftest often imports the very app that is broken.  That must not hide what readiness has
    to say, unless the project's own tests were asked for.
    """
    if not _is_on(early_config.known_args_namespace):
        return (yield)
    sys.meta_path.insert(0, _AsTheyAre)
    early_config.add_cleanup(_AsTheyAre.remove)
    from .runs import Runs

    with _wrapped():
        runs = Runs.of(early_config)
    if runs.collects_routes and runs.only.is_whole:
        runs.only.begin()
    try:
        return (yield)
    except Exception as error:
        # the class is not public; by its name it is the same in every supported pytest
        if type(error).__name__ != "ConftestImportFailure" or runs.paths:
            raise
        runs.conftest_failed(error)
        return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what exists under ``--hfspace`` only."""
    config.addinivalue_line("markers", "hfspace: a Space readiness check, or a test that belongs to them")
    if not _is_on(config.option):
        return
    from .session import Readiness

    with _wrapped():
        readiness = Readiness(config)
    config.pluginmanager.register(readiness, "hfspace-session")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Answer ``--hfspace-list`` and ``--hfspace-explain``."""
    if config.option.hfspace_list or config.option.hfspace_explain:
        from .checks import CATALOGUE
        from .report.catalogue import answer
        from .runs import own_checks

        options = config.option
        with _wrapped():
            return answer(options.hfspace_explain, options.hfspace_list, (*CATALOGUE, *own_checks(config)))
    return None
