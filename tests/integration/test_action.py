"""The action, run as GitHub runs it: over Spaces, with hostile inputs, and what it installs."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.ci import (
    APP,
    BLOCKS,
    BROKEN,
    CARD,
    HEALTHY,
    HOSTILE,
    ROOT,
    checkout_of,
    no_registry,
    untracked,
)


def test_a_healthy_space(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    job = checkout.here(sarif="readiness.sarif", reports="a b.md\n\n  page.html\n")
    assert job.code == 0, job.output
    report = job.outputs.pop("report")
    assert job.outputs == {"stage": "RUNNING", "ready": "true"}
    assert json.loads(Path(report).read_text(encoding="utf-8"))["ready"] is True
    assert "RUNNING" in job.summary
    assert "::error" not in job.output
    assert untracked(checkout.workspace) == {"readiness.sarif", "a b.md", "page.html"}
    assert (
        json.loads((checkout.workspace / "readiness.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    )


def test_a_broken_space_fails_the_job(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, BROKEN)
    job = checkout.here()
    assert job.code == 1, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("APP_STARTING", "false")
    assert re.search(r"^::error [^\n]*file=Dockerfile,line=5", job.output, re.M), job.output
    assert "APP_STARTING" in job.summary
    assert untracked(checkout.workspace) == set()


def test_inputs_are_no_script(tmp_path: Path) -> None:
    folder = HOSTILE.replace("/", "")
    checkout = checkout_of(tmp_path, {f"{folder}/{folder}/{name}": text for name, text in HEALTHY.items()})
    job = checkout.here(
        working_directory=folder,
        root=folder,
        ignore="HFS110",
        sarif=f"{HOSTILE}.sarif",
        reports=f"{HOSTILE}.json\n{HOSTILE}.md",
        args=f"--hfspace-env=MODEL={HOSTILE}",
    )
    assert job.code == 0, job.output
    names = {f"{folder}/{HOSTILE}{suffix}" for suffix in (".sarif", ".json", ".md")}
    assert untracked(checkout.workspace) == names
    assert list(tmp_path.rglob("pwned")) == []


@pytest.mark.parametrize("name", ["python", "select", "baseline", "workers"])
def test_nonsense_as_an_input_is_refused(name: str, tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    job = checkout.here(plugins=("xdist",), **{name: f"no/{HOSTILE}"})
    assert (job.code, job.outputs.get("ready", "false")) == (pytest.ExitCode.USAGE_ERROR, "false"), job.output
    assert list(tmp_path.rglob("pwned")) == []


@pytest.mark.parametrize("value", ["yes", HOSTILE])
@pytest.mark.parametrize("name", ["install", "strict", "build"])
def test_a_switch_is_true_or_false(name: str, value: str, tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    job = checkout.here(**{name: value})
    assert job.code == pytest.ExitCode.USAGE_ERROR
    assert f"::error title=Space readiness::the input {name} takes true or false" in job.output
    assert list(tmp_path.rglob("pwned")) == []


def test_an_app_that_was_not_run_fails_the_job(tmp_path: Path) -> None:
    missing = {
        **HEALTHY,
        "requirements.txt": "fastapi\nuvicorn\nnot-installed-anywhere\n",
        "main.py": f"import not_installed_anywhere\n{APP}",
    }
    checkout = checkout_of(tmp_path, missing)
    job = checkout.here()
    assert job.code == 1, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("", "false")
    assert "::error title=Space readiness::Nothing can be predicted" in job.output


def test_a_selection_predicts_nothing_and_passes(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, BROKEN)
    job = checkout.here(select="HFS1*\nHFS2*", ignore="HFS201, HFS202")
    assert job.code == 0, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("", "false")
    outcomes = {
        check["code"]: check["outcome"]
        for check in json.loads(Path(job.outputs["report"]).read_text(encoding="utf-8"))["checks"]
    }
    assert outcomes["HFS201"] == outcomes["HFS202"] == "waived"
    assert "HFS410" not in outcomes


def test_strict(tmp_path: Path) -> None:
    warned = {
        **HEALTHY,
        ".github/workflows/space.yml": BLOCKS[".github/workflows/space.yml"].replace("docker", "gradio"),
    }
    checkout = checkout_of(tmp_path, warned)
    assert checkout.here(select="HFS209").code == 0
    assert checkout.here(select="HFS209", strict="true").code == 1


def test_several_spaces(tmp_path: Path) -> None:
    files = {
        f"{folder}/{name}": text
        for folder, space in {"spaces/a": HEALTHY, "spaces/b c": BROKEN, "demo": HEALTHY}.items()
        for name, text in space.items()
    }
    checkout = checkout_of(tmp_path, files)
    job = checkout.here(root="spaces/*\n\n  demo  \n", workers="2", plugins=("xdist",))
    assert job.code == 1, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("APP_STARTING", "false")
    spaces = json.loads(Path(job.outputs["report"]).read_text(encoding="utf-8"))["spaces"]
    assert sorted((Path(space["space"]["root"]).name, space["ready"]) for space in spaces) == [
        ("a", True),
        ("b c", False),
        ("demo", True),
    ]
    assert re.search(r"^::error [^\n]*file=spaces/b c/Dockerfile,line=5", job.output, re.M), job.output


# -- the action's environment


@pytest.fixture
def fake_python(tmp_path: Path) -> tuple[Path, Callable[[], list[list[str]]]]:
    """An interpreter that makes no environment and installs nothing, but notes that it should; it
    runs everything else."""
    path, log = tmp_path / "bin" / "python", tmp_path / "calls"
    path.parent.mkdir()
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "kind = sys.argv[1:3]\n"
        "if kind in (['-m', 'venv'], ['-m', 'pip']):\n"
        f"    with open({str(log)!r}, 'a') as file:\n"
        "        print(json.dumps(sys.argv[2:]), file=file)\n"
        "    if kind[1] == 'venv':\n"
        "        os.makedirs(sys.argv[3] + '/bin')\n"
        "        os.symlink(os.path.realpath(__file__), sys.argv[3] + '/bin/python')\n"
        "else:\n"
        f"    os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])\n"
    )
    path.chmod(0o755)
    return path, lambda: [json.loads(line) for line in log.read_text().splitlines()]


def installed(calls: list[list[str]], temp: Path) -> list[str]:
    """What pip was told to install, after an environment was made below the runner's directory."""
    (venv, environment), (pip, install, *arguments) = calls
    assert (venv, pip, install) == ("venv", "pip", "install")
    assert Path(environment).parent.parent == temp
    return arguments


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, ["-r", "./requirements.txt", "--", "{action}"]),
        ({"build": "true"}, ["-r", "./requirements.txt", "--", "{action}[build]"]),
        ({"package": "pytest-hfspace==9"}, ["-r", "./requirements.txt", "--", "pytest-hfspace==9"]),
        ({"workers": "2"}, ["-r", "./requirements.txt", "--", "{action}", "pytest-xdist"]),
        (
            {"requirements": "a.txt\r\n $(b) 'c'.txt "},
            ["-r", "a.txt", "-r", "$(b) 'c'.txt", "--", "{action}"],
        ),
        (
            {"root": "spaces/*\ndemo"},
            ["-r", "spaces/a/requirements.txt", "-r", "spaces/b c/requirements.txt", "--", "{action}"],
        ),
        ({"root": "demo"}, ["--", "{action}"]),
        ({"root": "[odd]"}, ["-r", "[odd]/requirements.txt", "--", "{action}"]),
    ],
)
def test_what_is_installed(
    inputs: dict[str, str],
    expected: list[str],
    tmp_path: Path,
    fake_python: tuple[Path, Callable[[], list[list[str]]]],
) -> None:
    folders = ("", "spaces/a/", "spaces/b c/", "[odd]/")
    files = {f"{folder}requirements.txt": "fastapi\n" for folder in folders} | {"demo/README.md": CARD}
    checkout = checkout_of(tmp_path, files)
    python, calls = fake_python
    checkout.run(python=str(python), args="--version", **inputs)
    assert installed(calls(), checkout.temp) == [part.format(action=ROOT) for part in expected]


def test_the_interpreter_on_the_path_is_taken(
    tmp_path: Path, fake_python: tuple[Path, Callable[[], list[list[str]]]]
) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    python, calls = fake_python
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    checkout.run(args="--version", env={"PATH": path})
    assert len(calls()) == 2


def test_settings_for_plugins_that_are_not_there_do_no_harm(
    tmp_path: Path, fake_python: tuple[Path, Callable[[], list[list[str]]]]
) -> None:
    settings = """\
[pytest]
addopts = --no-such-option
required_plugins = pytest-not-there
filterwarnings =
    error
    error::not_there.Warning
strict_config = true
not_there_mode = auto
hfspace_ignore = HFS110
"""
    checkout = checkout_of(tmp_path, {**HEALTHY, "pytest.ini": settings})
    python, _ = fake_python
    job = checkout.run(
        python=str(python),
        args="-p\npytest_hfspace.plugin",
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert job.code == 0, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("RUNNING", "true")
    report = json.loads(Path(job.outputs["report"]).read_text(encoding="utf-8"))
    assert [check["code"] for check in report["checks"] if check["outcome"] == "waived"] == ["HFS110"]


def test_the_action_installs_for_real(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    settings = re.compile("PIP_|.*_proxy$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if settings.match(name)}
    # pip takes what it finds here as installed: the environment and our own package are new, to fetch
    # the rest would take half a minute
    here = "\n".join(path for path in sys.path if path.endswith("site-packages"))
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\n{shlex.quote(sys.executable)} "$@" || exit\n'
        f'[ "$2" != venv ] || echo {shlex.quote(here)} > "$(echo "$3"/lib/python*/site-packages)/here.pth"\n'
    )
    python.chmod(0o755)
    job = checkout.run(python=str(python), env={**kept, "PYTHONPATH": ""})
    if job.code and no_registry(job.output):
        pytest.skip("there is no package index here")
    assert job.code == 0, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("RUNNING", "true")
    (module,) = Path(job.outputs["report"]).parent.rglob("site-packages/pytest_hfspace/plugin.py")
    assert module.is_file()
    assert untracked(checkout.workspace) == set()
