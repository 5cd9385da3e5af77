"""The files for CI as data, and what the tests of them share: a runner such as GitHub's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.helpers import write_space

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

    def here(self, *, plugins: tuple[str, ...] = (), **inputs: str) -> Job:
        """With the interpreter and the packages of this process, and of pytest's plugins ours only."""
        named = [part for plugin in ("pytest_hfspace.plugin", *plugins) for part in ("-p", plugin)]
        args = "\n".join([*named, inputs.pop("args", "")])
        values = {"install": "false", "python": sys.executable, **inputs, "args": args}
        return self.run(env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, **values)


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


def no_registry(output: str) -> bool:
    """Is that how pip ends where there is no package index?"""
    return bool(
        re.search(r"Could not fetch URL|No matching distribution|(Connection|Proxy|ReadTimeout)Error", output)
    )
