"""A pytester whose runs rehearse hand-made facts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml  # noqa: F401

# imported once for all: pytester forgets what its own runs import
import pytest_hfspace.session  # noqa: F401  # for the reason above
from tests.helpers import PLUGIN
from tests.plugin import fake

REPOSITORY = Path(__file__).parents[2]
HEAD = """\
from tests.checks.factories import *
from tests.plugin.fake import *

"""

Rehearse = Callable[..., pytest.RunResult]


@pytest.fixture
def plugin_arguments(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Arguments that make the plugin active in a run of pytester's."""
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(REPOSITORY), str(pytester.path), *(path for path in before if Path(path).is_absolute())]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTEST_XDIST_WORKER", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return (*PLUGIN, "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:inline_snapshot")


@pytest.fixture
def log(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What happened to the app so far."""
    path = pytester.path / "log.txt"
    monkeypatch.setenv("HFSPACE_FAKE_LOG", str(path))
    monkeypatch.setattr("tests.plugin.fake.LOG", path)
    return lambda: path.read_text().split("\n")[:-1] if path.exists() else []


@pytest.fixture
def rehearse(
    pytester: pytest.Pytester,
    plugin_arguments: tuple[str, ...],
    log: Callable[[], list[str]],
) -> Iterator[Rehearse]:
    """Run pytest over facts, which are given as expressions in the names of the factories."""
    pytester.syspathinsert()

    def run(
        *arguments: str,
        space: str = "make_space()",
        rehearsal: str = "make_rehearsal()",
        catalogue: str = "CATALOGUE",
        options: str = "",
        subprocess: bool = False,
        flag: str = "--hfspace",
    ) -> pytest.RunResult:
        here = f"at({str(pytester.path)!r}, {space})"
        code = f"{HEAD}install({here}, {rehearsal}, {catalogue}, {options})\n"
        pytester.makepyfile(hfspace_facts=code)
        command = (*plugin_arguments, "-p", "hfspace_facts", flag, *arguments)
        if subprocess:
            return pytester.runpytest_subprocess(*command)
        return pytester.runpytest_inprocess(*command)

    yield run
    fake.patch.undo()


@pytest.fixture
def rehearse_each(
    pytester: pytest.Pytester,
    plugin_arguments: tuple[str, ...],
    log: Callable[[], list[str]],
) -> Iterator[Rehearse]:
    """Run pytest over the Spaces in ``spaces/``, given as pairs of expressions by the folder's name:
    what is in its repository, and what is seen of its app."""
    pytester.syspathinsert()

    def run(
        *arguments: str,
        spaces: Mapping[str, tuple[str, str]],
        subprocess: bool = False,
        root: str = "spaces/*",
    ) -> pytest.RunResult:
        facts = ", ".join(f"{name!r}: ({space}, {rehearsal})" for name, (space, rehearsal) in spaces.items())
        pytester.makepyfile(hfspace_facts=f"{HEAD}install_each({{{facts}}}, CATALOGUE)\n")
        for name in spaces:
            folder = pytester.path / "spaces" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "README.md").touch()
        roots = ("--hfspace-root", root) if root else ()
        command = (*plugin_arguments, "-p", "hfspace_facts", "--hfspace", *roots, *arguments)
        if subprocess:
            return pytester.runpytest_subprocess(*command)
        return pytester.runpytest_inprocess(*command)

    yield run
    fake.patch.undo()
