"""action.yml, .pre-commit-hooks.yaml and every YAML block of docs/ci.md are valid for those who read
them, and say what the others say."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import readiness, write_space
from tests.integration.ci import ACTION, BLOCKS, DOCS, HEALTHY, HOOKS, ROOT, STEP, WORKFLOWS

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
