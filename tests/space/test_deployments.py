"""Which steps of workflows and scripts send the repository to the Hub, and what they send."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent, indent

import pytest

from pytest_hfspace.space import read_space
from pytest_hfspace.space.deployments import Deployment, read_deployments
from tests.checks.factories import make_space
from tests.helpers import git, write_space

WORKFLOW = ".github/workflows/sync.yml"
URL = "https://o:$HF_TOKEN@huggingface.co/spaces/o/n"


def workflow(*steps: str, head: str = "") -> str:
    body = indent("\n".join(dedent(step).strip("\n") for step in steps), " " * 6)
    start = f"on:\n  push:\n    branches: [main]\n{head}jobs:\n  sync:\n    runs-on: ubuntu-latest\n"
    return f"{start}    steps:\n{body}\n"


CHECKOUT = "- uses: actions/checkout@v4"
WHOLE = """
- uses: actions/checkout@v4
  with:
    fetch-depth: 0
    lfs: true
"""


def sync(**inputs: str) -> str:
    rows = "".join(f"    {name}: {value}\n" for name, value in inputs.items())
    return f"- uses: huggingface/hub-sync@v0.3.0\n  with:\n    huggingface_repo_id: o/n\n{rows}"


def run(*commands: str, **keys: str) -> str:
    extra = "".join(f"  {name.replace('_', '-')}: {value}\n" for name, value in keys.items())
    return f"- name: Push\n{extra}  run: |\n" + "".join(f"    {command}\n" for command in commands)


def found(files: dict[str, str]) -> tuple[Deployment, ...]:
    return read_deployments(make_space(files))


def of(*steps: str, **more: str) -> tuple[Deployment, ...]:
    return found({WORKFLOW: workflow(*steps), **more})


def only(*steps: str, **more: str) -> Deployment:
    (deployment,) = of(*steps, **more)
    return deployment


# -- hub-sync


def test_the_documented_workflow() -> None:
    assert only(CHECKOUT, sync(space_sdk="docker")) == Deployment(
        "hub-sync",
        WORKFLOW,
        line=9,
        space_sdk="docker",
        checkout=8,
        workflow=WORKFLOW,
        sdk_line=12,
        space="o/n",
    )


def test_what_is_not_given_is_none() -> None:
    deployment = only(sync())
    assert (deployment.space_sdk, deployment.sdk_line, deployment.checkout) == (None, None, None)


@pytest.mark.parametrize(
    "inputs",
    [
        {"repo_type": "model"},
        {"repo_type": "dataset"},
        {"subdirectory": "backend"},
        {"subdirectory": "${{ matrix.folder }}"},
    ],
)
def test_other_repositories_and_folders_are_left_out(inputs: dict[str, str]) -> None:
    assert of(CHECKOUT, sync(**inputs)) == ()


@pytest.mark.parametrize("folder", ["''", ".", "./", "${{ github.workspace }}"])
def test_the_root_by_another_name(folder: str) -> None:
    assert only(sync(subdirectory=folder)).kind == "hub-sync"


def test_an_expression_is_unknown() -> None:
    deployment = only(
        f"{CHECKOUT}\n  with:\n    fetch-depth: ${{{{ inputs.depth }}}}\n    lfs: ${{{{ inputs.lfs }}}}",
        sync(space_sdk="${{ inputs.sdk }}"),
    )
    assert (deployment.space_sdk, deployment.fetch_depth, deployment.lfs) == (None, None, False)
    assert deployment.unknown == {"space_sdk", "fetch-depth", "lfs"}


@pytest.mark.parametrize(
    "action", ["nateraw/huggingface-sync-action@v0.0.5", "JacobLinCool/huggingface-sync@v1"]
)
def test_actions_that_clone_by_themselves(action: str) -> None:
    deployment = only(CHECKOUT, f"- uses: {action}\n  with:\n    space_sdk: gradio")
    assert (deployment.kind, deployment.checkout, deployment.space_sdk) == ("upload", None, None)


# -- the checkout before it


@pytest.mark.parametrize("depth", ["0", '"0"', "'0'"])
def test_the_whole_history(depth: str) -> None:
    deployment = only(
        f"- uses: actions/checkout@v4\n  with: {{fetch-depth: {depth}, lfs: 'true'}}", run(f"git push {URL}")
    )
    assert (deployment.fetch_depth, deployment.lfs) == (0, True)


@pytest.mark.parametrize(
    "commands",
    [
        ("git fetch --unshallow",),
        ("git fetch --prune --unshallow origin main",),
        ("git pull --unshallow",),
        ("git fetch --depth=2147483647",),
        ("rm -rf .git", "git init", "git add .", "git commit -m all"),
        ("git checkout --orphan deploy", "git commit -am all"),
        ("git switch --orphan deploy",),
        ("git clone https://huggingface.co/spaces/o/n out", "cd out", "git commit -am all"),
    ],
)
def test_a_history_that_is_made_whole(commands: tuple[str, ...]) -> None:
    assert only(CHECKOUT, run(*commands, f"git push -f {URL} HEAD:main")).complete
    assert only(CHECKOUT, run(*commands), run(f"git push -f {URL} HEAD:main")).complete


@pytest.mark.parametrize(
    "command", ["git fetch origin", "git fetch --depth=1", "git checkout main", "git lfs pull"]
)
def test_a_history_that_stays_shallow(command: str) -> None:
    assert not only(CHECKOUT, run(command, f"git push {URL} main")).complete


@pytest.mark.parametrize("command", ["git lfs pull", "git lfs fetch --all", "sudo git lfs pull"])
def test_lfs_files_that_are_fetched(command: str) -> None:
    assert only(CHECKOUT, run(command), sync()).lfs
    assert not only(CHECKOUT, run("git lfs install"), sync()).lfs


def test_the_checkout_of_another_job_or_repository_is_none() -> None:
    text = workflow(CHECKOUT) + "  deploy:\n    needs: sync\n    steps:\n      - run: git push " + URL + "\n"
    (deployment,) = found({WORKFLOW: text})
    assert deployment.checkout is None
    other = "- uses: actions/checkout@v4\n  with:\n    repository: o/data\n    lfs: true"
    deployment = only(CHECKOUT, other, sync())
    assert (deployment.checkout, deployment.lfs) == (8, False)


def test_the_last_checkout_counts() -> None:
    assert only(CHECKOUT, WHOLE, run(f"git push {URL}")).fetch_depth == 0


# -- git push


@pytest.mark.parametrize(
    "push",
    [
        f"git push {URL} main",
        f"git push --force {URL} HEAD:main",
        f'git push "{URL}.git" main',
        "git push git@hf.co:spaces/o/n main",
        "git push https://hf.co/spaces/o/n",
        f"git remote add space {URL} && git push space main",
        f"git remote set-url origin {URL}; git push",
        f"git remote add hf {URL} || git remote set-url hf {URL}; git push -f hf HEAD:main",
        f"TARGET={URL}; git push $TARGET",
        f"if true; then git -c http.version=HTTP/1.1 push {URL}; fi",
        "git push https://o:${{ secrets.HF_TOKEN }}@huggingface.co/spaces/o/n main",
        f"bash -c 'git push {URL}'",
    ],
)
def test_pushes(push: str) -> None:
    deployment = only(CHECKOUT, run("set -e", push))
    assert (deployment.kind, deployment.line, deployment.space) == ("git push", 12, "o/n")


@pytest.mark.parametrize("space", ["$OWNER/$NAME", "${{ vars.SPACE }}", "o/${{ vars.NAME }}"])
def test_a_push_to_a_space_that_is_not_told(space: str) -> None:
    assert only(run(f"git push https://x:$T@huggingface.co/spaces/{space} main")).space == ""


@pytest.mark.parametrize(
    "command",
    [
        "git push",
        "git push origin main",
        "git push https://github.com/o/spaces main",
        "git push https://huggingface.co/o/model main",
        "git push https://huggingface.co/datasets/o/spaces main",
        f"git push --dry-run {URL}",
        f'echo "git push {URL}"',
        f"# git push {URL}",
        f"git subtree push --prefix=backend {URL} main",
        f"git remote add space {URL}",
        f"git remote add space {URL}; git push origin main",
        f"git fetch {URL}",
        "hf upload o/n . --repo-type model",
        "hf upload o/n .",
        "hf upload o/n backend --repo-type space",
        'hf upload o/n "$FOLDER" --repo-type space',
        "cd web; hf upload o/n . --repo-type space",
        "hf download o/n --repo-type space",
        "huggingface-cli upload o/n ./data --repo-type=dataset",
    ],
)
def test_what_sends_no_repository_to_a_space(command: str) -> None:
    assert of(CHECKOUT, run(command)) == ()


@pytest.mark.parametrize("condition", ["false", "${{ false }}"])
def test_what_never_runs(condition: str) -> None:
    assert of(CHECKOUT, run(f"git push {URL}", **{"if": condition})) == ()
    text = workflow(CHECKOUT, sync()).replace("    runs-on", f"    if: {condition}\n    runs-on")
    assert found({WORKFLOW: text}) == ()
    assert len(of(CHECKOUT, run(f"git push {URL}", **{"if": "github.ref == 'refs/heads/main'"}))) == 1


def test_a_step_in_comments_is_none() -> None:
    assert of(CHECKOUT, "# - uses: huggingface/hub-sync@v0.3.0", "- run: echo done") == ()


# -- the Hub's client


@pytest.mark.parametrize(
    "command",
    [
        "hf upload o/n . --repo-type space",
        "hf upload o/n . . --repo-type=space --delete '*'",
        "hf upload --type space o/n .",
        "hf upload --repo-type space o/n",
        "huggingface-cli upload o/n . --repo-type space --token $T",
        "uvx hf upload o/n . --repo-type space",
        "uvx --from huggingface_hub hf upload o/n . --repo-type space",
        "hf upload-large-folder o/n --repo-type space .",
        "hf upload o/n $GITHUB_WORKSPACE --repo-type space",
    ],
)
def test_uploads(command: str) -> None:
    deployment = only(CHECKOUT, run(command))
    assert (deployment.kind, deployment.line, deployment.space) == ("upload", 11, "o/n")


def test_uploads_by_python() -> None:
    call = "HfApi().upload_folder(repo_id='o/n', repo_type='space', folder_path='.')"
    code = f"from huggingface_hub import HfApi\n{call}"
    heredoc = run("python - <<'EOF'", *code.split("\n"), "EOF")
    assert (only(CHECKOUT, heredoc).kind, only(CHECKOUT, heredoc).checkout) == ("upload", 8)
    assert only(CHECKOUT, run(*code.split("\n"), shell="python")).line == 13
    (script,) = found({"deploy.py": code})
    assert (script.path, script.line, script.checkout) == ("deploy.py", 2, None)
    assert found({"deploy.py": code.replace("'.'", "'web'")}) == ()
    assert found({"deploy.py": code.replace("'space'", "'dataset'")}) == ()
    assert found({"deploy.py": code.replace("(repo_id", "((repo_id")}) == ()


# -- scripts


def test_a_script_has_the_checkout_of_the_job_that_runs_it() -> None:
    files = {"scripts/deploy.sh": f"#!/bin/sh\ngit remote add space {URL}\ngit push space main\n"}
    (alone,) = found(files)
    assert (alone.path, alone.line, alone.checkout) == ("scripts/deploy.sh", 3, None)
    for command in ("bash scripts/deploy.sh", "./scripts/deploy.sh", "sh ./scripts/deploy.sh --now"):
        (deployment,) = found({WORKFLOW: workflow(CHECKOUT, run(command)), **files})
        assert (deployment.path, deployment.line) == ("scripts/deploy.sh", 3)
        assert (deployment.workflow, deployment.checkout) == (WORKFLOW, 8)


def test_recipes() -> None:
    makefile = f"SPACE ?= {URL.replace('$', '$$')}\n\n.PHONY: deploy\ndeploy:\n\t@git push $(SPACE) main\n"
    (deployment,) = found({"Makefile": makefile})
    assert (deployment.kind, deployment.line, deployment.space) == ("git push", 5, "o/n")
    (deployment,) = found({WORKFLOW: workflow(WHOLE, run("make deploy")), "Makefile": makefile})
    assert (deployment.path, deployment.fetch_depth) == ("Makefile", 0)
    just = "deploy:\n    hf upload o/n . --repo-type space\n"
    assert [each.line for each in found({"justfile": just})] == [2]


def test_gitlab() -> None:
    text = f"deploy:\n  script:\n    - git remote add space {URL}\n    - git push space main\n"
    (deployment,) = found({".gitlab-ci.yml": text})
    assert (deployment.kind, deployment.line, deployment.checkout) == ("git push", 4, None)


def test_an_action_of_the_repository() -> None:
    action = f"runs:\n  using: composite\n  steps:\n    - run: git push {URL}\n      shell: bash\n"
    (deployment,) = found(
        {
            WORKFLOW: workflow(CHECKOUT, "- uses: ./.github/actions/deploy"),
            ".github/actions/deploy/action.yml": action,
        }
    )
    assert (deployment.path, deployment.line) == (".github/actions/deploy/action.yml", 4)
    assert (deployment.workflow, deployment.checkout) == (WORKFLOW, 8)


def test_variables_of_the_workflow_are_known() -> None:
    head = f"env:\n  SPACE_URL: {URL}\n"
    (deployment,) = found({WORKFLOW: workflow(CHECKOUT, run('git push "$SPACE_URL" main'), head=head)})
    assert deployment.space == "o/n"


def test_anchors_are_followed() -> None:
    text = (
        "on: push\njobs:\n  one:\n    steps:\n      - &checkout\n        uses: actions/checkout@v4\n"
        f"      - run: echo\n  two:\n    steps:\n      - *checkout\n      - run: git push {URL}\n"
    )
    (deployment,) = found({WORKFLOW: text})
    assert (deployment.line, deployment.checkout) == (11, 6)


# -- LFS


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"


def test_lfs_files_are_those_that_git_has_as_pointers(tmp_path: Path) -> None:
    files = {
        WORKFLOW: workflow(CHECKOUT, sync()),
        ".gitattributes": "*.bin filter=lfs -text\nmodels/** filter=lfs\nmodels/*.txt -filter\n",
        "a.bin": POINTER,
        "plain.bin": "plain",
        "models/x/w.dat": POINTER,
        "models/readme.txt": POINTER,
        "other.dat": POINTER,
    }
    write_space(tmp_path, files)
    git(tmp_path, "config", "filter.lfs.smudge", "cat")
    (tmp_path / "a.bin").write_text("the content\n", encoding="utf-8")
    (deployment,) = read_deployments(read_space(tmp_path))
    assert deployment.lfs_files == ("a.bin", "models/x/w.dat")


# -- hostile input


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "- a\n- b\n",
        "jobs: []\n",
        "jobs:\n  a: *x\n",
        "jobs:\n  a:\n    steps: text\n",
        "jobs:\n  a:\n    steps:\n      - 1\n      - [uses]\n      - uses:\n          - x\n",
        "jobs: &a\n  b: *a\n",
        "? {a: b}\n: c\njobs: {x: {steps: [{run: [git, push]}]}}\n",
        "\x00\x01",
        workflow(run("git push 'unclosed huggingface.co/spaces/o/n")),
    ],
)
def test_what_is_no_workflow_sends_nothing(text: str) -> None:
    assert (
        found({WORKFLOW: text, ".gitlab-ci.yml": text, "Makefile": text, "deploy.py": text, "x.sh": text})
        == ()
    )


def test_bombs_end_quickly() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
    )
    deep = "jobs: " + "[" * 100_000
    large = workflow(*[run(f"git push {URL}")] * 20_000)
    started = time.perf_counter()
    found({f".github/workflows/{i}.yml": text for i, text in enumerate([bomb, deep, large])})
    found({"Makefile": "a = $(a)\n" * 30_000 + "huggingface", "x.sh": "(" * 100_000 + " huggingface"})
    assert time.perf_counter() - started < 20
