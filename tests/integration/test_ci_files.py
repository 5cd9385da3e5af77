"""action.yml, .pre-commit-hooks.yaml and every YAML block of docs/ci.md: valid against the schemas of
those who read them, and run as these would run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_hfspace.check import Check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.space.at_rest import AT_REST
from tests.helpers import PLUGIN, commit_all, readiness, write_space

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
#: The YAML blocks by the path in their first line.
BLOCKS = {
    text.split("\n", 1)[0].removeprefix("# "): text for text in re.findall(r"```yaml\n(.*?)```", DOCS, re.S)
}
WORKFLOWS = {path: yaml.safe_load(text) for path, text in BLOCKS.items() if path.startswith(".github/")}
(STEP,) = ACTION["runs"]["steps"]

CARD = "---\ntitle: Small\nemoji: 🐜\nsdk: docker\n---\n"
DOCKERFILE = """\
FROM python:3.12
WORKDIR /code
COPY . .
RUN pip install -r requirements.txt
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
"""
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef root():\n    return {}\n"
HEALTHY = {
    "README.md": CARD,
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "fastapi\nuvicorn\n",
    "main.py": APP,
}
BROKEN = {**HEALTHY, "Dockerfile": DOCKERFILE.replace("7860", "8000")}
#: What a shell would run, split, expand or unquote if it saw it as a part of its script.
HOSTILE = "$(touch pwned) `touch pwned` ';touch pwned;' \"; touch pwned; \" * \\ $HOME ${{ x }} --é"


# -- the schemas of GitHub, GitLab and pre-commit


def invalid(schema: str, *files: Path) -> str:
    """What is wrong with the files, or ""."""
    if find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed in this environment")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr) if done.returncode else ""


def written(directory: Path, texts: dict[str, str]) -> list[Path]:
    paths = [directory / name.replace("/", "-").lstrip(".") for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_the_action_is_valid(tmp_path: Path) -> None:
    assert invalid("github-actions", ROOT / "action.yml") == ""
    without = {key: value for key, value in ACTION.items() if key != "runs"}
    (broken,) = written(tmp_path, {"action.yml": yaml.safe_dump(without)})
    assert "'runs' is a required property" in invalid("github-actions", broken)


def test_the_documented_workflows_are_valid(tmp_path: Path) -> None:
    texts = {path: text for path, text in BLOCKS.items() if path in WORKFLOWS}
    assert len(texts) >= 7
    assert invalid("github-workflows", *written(tmp_path, texts)) == ""
    (broken,) = written(
        tmp_path, {"broken.yml": BLOCKS[".github/workflows/space.yml"].replace("runs-on", "on")}
    )
    assert invalid("github-workflows", broken) != ""


def test_the_documented_gitlab_stage_is_valid(tmp_path: Path) -> None:
    text = BLOCKS[".gitlab-ci.yml"]
    good, broken = written(tmp_path, {"good.yml": text, "broken.yml": text.replace("junit:", "unit:")})
    # it knows GitLab's own tags only where it is told what the file is
    assert invalid("gitlab-ci", good) == ""
    assert invalid("gitlab-ci", broken) != ""


def test_the_hooks_are_valid(tmp_path: Path) -> None:
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed in this environment")

    def validate(kind: str, path: Path) -> int:
        command = [sys.executable, "-m", "pre_commit", f"validate-{kind}", str(path)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert validate("manifest", ROOT / ".pre-commit-hooks.yaml") == 0
    good, broken = written(
        tmp_path,
        {
            "good.yaml": BLOCKS[".pre-commit-config.yaml"],
            "broken.yaml": "- {id: hfspace, name: x}",
        },
    )
    assert validate("config", good) == 0
    assert validate("manifest", broken) == 1


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    assert len(BLOCKS) == DOCS.count("```yaml")
    assert set(BLOCKS) - set(WORKFLOWS) == {".gitlab-ci.yml", ".pre-commit-config.yaml"}


# -- what no schema tells


def steps_of(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


def test_no_expression_is_a_part_of_a_script() -> None:
    scripts = [step["run"] for workflow in WORKFLOWS.values() for step in steps_of(workflow) if "run" in step]
    assert len(scripts) >= 3
    assert [script for script in (STEP["run"], *scripts) if "${{" in script] == []


def test_each_input_reaches_the_script_and_is_documented() -> None:
    passed = {name: value for name, value in STEP["env"].items() if name.startswith("INPUT_")}
    inputs = set(ACTION["inputs"]) - {"working-directory"}
    assert passed == {f"INPUT_{name.upper()}": f"${{{{ inputs.{name} }}}}" for name in inputs}, (
        "one variable for each input"
    )
    assert [name for name in passed if name not in STEP["run"]] == []
    section = DOCS.partition("### Inputs")[2].partition("### ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.M)
    rows = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
    assert rows == {*ACTION["inputs"], *ACTION["outputs"]}


def test_the_documented_workflows_use_what_exists() -> None:
    uses = [
        step
        for workflow in WORKFLOWS.values()
        for step in steps_of(workflow)
        if "pytest-hfspace@" in step.get("uses", "")
    ]
    assert len(uses) >= 6
    assert {name for step in uses for name in step.get("with", ())} <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.readiness\.outputs\.(\w+)", DOCS)) <= set(ACTION["outputs"])
    (repository,) = yaml.safe_load(BLOCKS[".pre-commit-config.yaml"])["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == {hook["id"] for hook in HOOKS}


def test_the_documented_deployment_is_one_that_the_checks_accept(tmp_path: Path) -> None:
    path = ".github/workflows/space.yml"
    space = write_space(tmp_path / "space", {**HEALTHY, path: BLOCKS[path]})
    run = readiness(space, "--hfspace-select=HFS209")
    assert run.check("HFS209")["outcome"] == "passed", run.output


@pytest.mark.parametrize("script", re.findall(r"```sh\n(.*?)```", DOCS, re.S))
def test_the_documented_scripts_are_shell(script: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, {"script.sh": script})
    assert subprocess.run(["sh", "-n", path], capture_output=True, check=False).stderr == b""
    named = {word.partition("=")[0] for word in script.split() if word.startswith("--hfspace-")}
    plugin = (ROOT / "pytest_hfspace" / "plugin.py").read_text(encoding="utf-8")
    assert [option for option in named if f'"{option}"' not in plugin] == []


# -- the action, run


@dataclass(frozen=True)
class Job:
    """A finished job: the exit code of its step, what it printed, its outputs, its summary."""

    code: int
    output: str
    outputs: dict[str, str]
    summary: str


@dataclass(frozen=True)
class Runner:
    """Runs the action's step as GitHub does."""

    workspace: Path
    temp: Path

    def run(self, *, env: dict[str, str] | None = None, **inputs: str) -> Job:
        """``inputs`` as a workflow gives them, with _ for -."""
        self.temp.mkdir(exist_ok=True)
        files = {name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        script = self.temp / "script.sh"
        script.write_text(STEP["run"], encoding="utf-8")
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        values = {name: given.pop(name, spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
        assert given == {}, "no such inputs"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace / evaluated(STEP["working-directory"], values),
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", str(self.temp)),
                "PYTHONPATH": str(ROOT),
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                **{name: str(path) for name, path in files.items()},
                **{name: evaluated(value, values) for name, value in STEP["env"].items()},
                **(env or {}),
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return Job(done.returncode, done.stdout + done.stderr, outputs, summary)

    def here(self, *, args: str = "", **inputs: str) -> Job:
        """With the interpreter and the packages of this process."""
        args = "\n".join([*PLUGIN, "-p", "no:randomly", args])
        return self.run(install="false", python=sys.executable, args=args, **inputs)


def evaluated(text: str, inputs: dict[str, str]) -> str:
    """The expressions of the action: there are no others than inputs."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)


def checkout_of(tmp_path: Path, files: dict[str, str]) -> Runner:
    """A runner that has checked these files out."""
    return Runner(write_space(tmp_path / "work", files), tmp_path / "temp")


def untracked(workspace: Path) -> set[str]:
    """What a run has left in the checkout."""
    done = subprocess.run(
        ["git", "ls-files", "--others", "-z"], cwd=workspace, capture_output=True, text=True, check=True
    )
    return set(filter(None, done.stdout.split("\0")))


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
    inputs = {"install": "false", "python": sys.executable, "args": "\n".join(PLUGIN), name: f"no/{HOSTILE}"}
    job = checkout.run(**inputs)
    assert (job.code, job.outputs.get("ready", "false")) == (pytest.ExitCode.USAGE_ERROR, "false"), job.output
    assert list(tmp_path.rglob("pwned")) == []


@pytest.mark.parametrize("value", ["yes", HOSTILE])
@pytest.mark.parametrize("name", ["install", "strict", "build"])
def test_a_switch_is_true_or_false(name: str, value: str, tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, HEALTHY)
    job = checkout.run(**{"install": "false", "python": sys.executable, name: value})
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
    job = checkout.here(root="spaces/*\n\n  demo  \n")
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
    job = checkout.run(python=str(python), args="\n".join(PLUGIN))
    assert job.code == 0, job.output
    assert (job.outputs["stage"], job.outputs["ready"]) == ("RUNNING", "true")
    report = json.loads(Path(job.outputs["report"]).read_text(encoding="utf-8"))
    assert [check["code"] for check in report["checks"] if check["outcome"] == "waived"] == ["HFS110"]


def no_registry(output: str) -> bool:
    """Is that how pip ends where there is no package index?"""
    return bool(
        re.search(r"Could not fetch URL|No matching distribution|(Connection|Proxy|ReadTimeout)Error", output)
    )


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


# -- the hooks, run


def is_static(check: Check, seen: frozenset[str] = frozenset()) -> bool:
    """Does it, with its prerequisites, look at the repository only?"""
    catalogue = {each.code: each for each in CATALOGUE}
    return set(check.facts) <= {"space", *AT_REST} and all(
        is_static(catalogue[code], seen | {code}) for code in check.needs if code not in seen
    )


def entry(hook: str) -> list[str]:
    (found,) = (each for each in HOOKS if each["id"] == hook)
    return shlex.split(found["entry"])


def test_the_hook_evaluates_every_check_that_needs_no_running_app(tmp_path: Path) -> None:
    marker = tmp_path / "imported"
    app = f"from pathlib import Path\n\nPath({str(marker)!r}).touch()\nimport not_installed_anywhere\n"
    space = write_space(tmp_path / "space", {**HEALTHY, "main.py": app})
    pytest_, flag, *options = entry("hfspace")
    assert (pytest_, flag) == ("pytest", "--hfspace")
    run = readiness(space, *options)
    assert run.code == 0, run.output
    assert {check["code"] for check in run.report["checks"]} == {
        check.code for check in CATALOGUE if is_static(check)
    }, "the hook's --hfspace-select in .pre-commit-hooks.yaml"
    assert not marker.exists()


def test_the_rehearsal_before_a_push_is_of_the_commit(tmp_path: Path) -> None:
    space = write_space(tmp_path / "space", BROKEN)
    (space / "Dockerfile").write_text(HEALTHY["Dockerfile"], encoding="utf-8")
    pytest_, flag, *options = entry("hfspace-rehearsal")
    assert (pytest_, flag) == ("pytest", "--hfspace")
    run = readiness(space, *options)
    assert (run.code, run.report["stage"]) == (1, "APP_STARTING"), run.output


def hooks_repository(directory: Path) -> dict[str, str]:
    """What pre-commit clones, as ``repo`` and ``rev``."""
    shutil.copytree(
        ROOT / "pytest_hfspace", directory / "pytest_hfspace", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, directory)
    commit_all(directory)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=directory, capture_output=True, text=True, check=True
    )
    return {"repo": str(directory), "rev": head.stdout.strip()}


def test_a_commit_through_pre_commit(tmp_path: Path) -> None:
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed in this environment")
    repository = {**hooks_repository(tmp_path / "package"), "hooks": [{"id": "hfspace"}]}
    config = yaml.safe_dump({"repos": [repository]})
    settings = "[pytest]\naddopts = --no-such-option\n"
    space = write_space(
        tmp_path / "space", {**HEALTHY, ".pre-commit-config.yaml": config, "pytest.ini": settings}
    )
    foreign = ("GIT_", "PYTEST_", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {"PRE_COMMIT_HOME": str(tmp_path / "store"), "PIP_NO_COMPILE": "1"}

    def call(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=space, env=environment, capture_output=True, text=True, timeout=180, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, output = call(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    if code and no_registry(output):
        pytest.skip("there is no package index here")
    assert code == 0, output
    commit = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-am", "card")
    (space / "README.md").write_text(CARD.replace("sdk: docker", "sdk: dokcer"), encoding="utf-8")
    code, output = call(*commit)
    assert code == 1, output
    assert "HFS103-card-sdk" in output
    (space / "README.md").write_text(CARD.replace("Small", "Smaller"), encoding="utf-8")
    code, output = call(*commit)
    assert code == 0, output
    assert re.search(r"Space readiness \(files\)\.+Passed", output), output
    assert untracked(space) == set()
