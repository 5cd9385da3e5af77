"""Which Space on the Hub a folder is: what its remotes and its workflows tell, and what they do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_hfspace.space import read_space
from pytest_hfspace.space.deployments import Deployment, read_deployments
from pytest_hfspace.space.hub_id import hub_id
from tests.helpers import git, write_space

FILES = {"README.md": "---\nsdk: docker\n---\n", "main.py": "app = None\n"}
WORKFLOW = ".github/workflows/sync.yml"
HEAD = "on: push\njobs:\n  sync:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"


def sync(name: str, folder: str = "", action: str = "huggingface/hub-sync@v1") -> str:
    lines = [f"      - uses: {action}", "        with:", f"          huggingface_repo_id: {name}"]
    return "\n".join([*lines, *([f"          subdirectory: {folder}"] if folder else []), ""])


def workflow(*steps: str) -> dict[str, str]:
    return {WORKFLOW: HEAD + "".join(steps)}


def told(root: Path) -> str:
    space = read_space(root)
    return hub_id(space, read_deployments(space))


def of_remotes(tmp_path: Path, *remotes: tuple[str, str], files: dict[str, str] | None = None) -> str:
    root = write_space(tmp_path / "space", FILES | (files or {}))
    for name, address in remotes:
        git(root, "config", "--add", f"remote.{name}.url", address)
    return told(root)


# -- remotes


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co/spaces/ada/chat",
        "https://huggingface.co/spaces/ada/chat.git",
        "https://huggingface.co/spaces/ada/chat/",
        "https://huggingface.co/spaces/ada/chat.git/",
        "https://ada:hf_secret@huggingface.co/spaces/ada/chat",
        "https://hf_secret@huggingface.co/spaces/ada/chat",
        "https://ada@mail.example:hf_secret@huggingface.co:443/spaces/ada/chat",
        "https://www.huggingface.co/spaces/ada/chat",
        "https://hf.co/spaces/ada/chat",
        "https://HuggingFace.co/spaces/ada/chat",
        "http://huggingface.co/spaces/ada/chat",
        "git@hf.co:spaces/ada/chat",
        "git@hf.co:spaces/ada/chat.git",
        "git@huggingface.co:/spaces/ada/chat",
        "hf.co:spaces/ada/chat",
        "ssh://git@hf.co/spaces/ada/chat",
        "ssh://git@hf.co:22/spaces/ada/chat.git",
    ],
)
def test_a_remote(tmp_path: Path, address: str) -> None:
    assert of_remotes(tmp_path, ("origin", address)) == "ada/chat"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/ada/chat",
        "https://huggingface.co/ada/chat",
        "https://huggingface.co/datasets/ada/chat",
        "https://huggingface.co/spaces/ada",
        "https://huggingface.co/spaces/ada/chat/tree/main",
        "https://huggingface.co.evil.example/spaces/ada/chat",
        "https://evil.example/huggingface.co/spaces/ada/chat",
        "https://evil.example/@huggingface.co/spaces/ada/chat",
        "https://nothuggingface.co/spaces/ada/chat",
        "git@hf.co.evil.example:spaces/ada/chat",
        "huggingface.co/spaces/ada/chat",
        "file:///huggingface.co/spaces/ada/chat",
        "../spaces/ada/chat",
        "https://huggingface.co/spaces/ada/chat?token=hf_secret",
        "https://huggingface.co/spaces/ada/chat chat",
        "",
    ],
)
def test_another_remote(tmp_path: Path, address: str) -> None:
    assert of_remotes(tmp_path, ("origin", address)) == ""


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Ada-L/My_chat.2", True),
        ("ada/_chat", True),
        ("a/b", True),
        (f"{'a' * 96}/{'b' * 96}", True),
        (f"{'a' * 97}/b", False),
        (f"a/{'b' * 97}", False),
        ("ada/-chat", False),
        ("ada/chat-", False),
        (".ada/chat", False),
        ("ada/chat.", False),
        ("ada/cha--t", False),
        ("a--da/chat", False),
        ("ada/cha..t", False),
        ("ada/chat.git.git", False),
        ("ada/$NAME", False),
        ("ada/châtte", False),
        ("ada/chat%20", False),
        ("ada/<b>", False),
        ("ada/\x1b[31m", False),
    ],
)
def test_the_rules_of_the_hub(tmp_path: Path, name: str, allowed: bool) -> None:
    found = of_remotes(tmp_path, ("origin", f"https://huggingface.co/spaces/{name}"))
    assert found == (name if allowed else "")


def test_a_name_that_the_hub_does_not_allow_is_not_made_up_for(tmp_path: Path) -> None:
    assert of_remotes(tmp_path, ("origin", "git@hf.co:spaces/a/-"), files=workflow(sync("ada/chat"))) == ""


HUB = "https://huggingface.co/spaces/"


@pytest.mark.parametrize(
    ("remotes", "wanted"),
    [
        ([("origin", "https://github.com/ada/chat"), ("space", f"{HUB}ada/chat")], "ada/chat"),
        ([("origin", "https://github.com/ada/chat"), ("anything", f"{HUB}ada/chat")], "ada/chat"),
        ([("a", f"{HUB}ada/chat"), ("b", "git@hf.co:spaces/ada/chat")], "ada/chat"),
        ([("space", f"{HUB}ada/other"), ("origin", f"{HUB}ada/chat")], "ada/chat"),
        ([("staging", f"{HUB}ada/other"), ("space", f"{HUB}ada/chat")], "ada/chat"),
        ([("staging", f"{HUB}ada/other"), ("hf", f"{HUB}ada/chat")], "ada/chat"),
        ([("staging", f"{HUB}ada/other"), ("huggingface", f"{HUB}ada/chat")], "ada/chat"),
        ([("hf", f"{HUB}ada/chat"), ("space", f"{HUB}ada/chat"), ("x", f"{HUB}ada/other")], "ada/chat"),
        ([("hf", f"{HUB}ada/other"), ("space", f"{HUB}ada/chat")], ""),
        ([("a", f"{HUB}ada/other"), ("b", f"{HUB}ada/chat")], ""),
        ([("origin", f"{HUB}ada/other"), ("origin", f"{HUB}ada/chat"), ("hf", f"{HUB}ada/chat")], ""),
        ([("team/a.b", f"{HUB}ada/other"), ("origin", f"{HUB}ada/chat")], "ada/chat"),
        ([], ""),
    ],
)
def test_several_remotes(tmp_path: Path, remotes: list[tuple[str, str]], wanted: str) -> None:
    assert of_remotes(tmp_path, *remotes) == wanted


def test_remotes_that_disagree_are_not_decided_by_a_workflow(tmp_path: Path) -> None:
    remotes = [("a", f"{HUB}ada/other"), ("b", f"{HUB}ada/chat")]
    assert of_remotes(tmp_path, *remotes, files=workflow(sync("ada/chat"))) == ""


def test_a_remote_goes_before_a_workflow(tmp_path: Path) -> None:
    assert of_remotes(tmp_path, ("hf", f"{HUB}ada/chat"), files=workflow(sync("ada/other"))) == "ada/chat"


def test_where_a_remote_pushes_to(tmp_path: Path) -> None:
    root = write_space(tmp_path, FILES)
    git(root, "remote", "add", "origin", "https://github.com/ada/chat")
    git(root, "config", "remote.origin.pushurl", f"{HUB}ada/chat")
    assert told(root) == "ada/chat"


def test_the_remotes_of_the_user_tell_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "gitconfig"
    mine.write_text(f'[remote "origin"]\n\turl = {HUB}ada/other\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(mine))
    assert of_remotes(tmp_path) == ""


def test_what_the_configuration_includes_tells_nothing(tmp_path: Path) -> None:
    root = write_space(tmp_path / "space", FILES)
    (tmp_path / "more").write_text(f'[remote "origin"]\n\turl = {HUB}ada/other\n')
    git(root, "config", "include.path", str(tmp_path / "more"))
    assert told(root) == ""


def test_a_broken_configuration(tmp_path: Path) -> None:
    root = write_space(tmp_path, FILES)
    space = read_space(root)
    (root / ".git" / "config").write_bytes(b"[remote \xff\x00\n")
    assert hub_id(space, ()) == ""


def test_a_worktree(tmp_path: Path) -> None:
    root = write_space(tmp_path / "space", FILES)
    git(root, "remote", "add", "origin", f"{HUB}ada/chat")
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    assert told(tmp_path / "tree") == "ada/chat"


# -- workflows


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (workflow(sync("ada/chat")), "ada/chat"),
        (workflow(sync("ada/chat"), sync("ada/chat")), "ada/chat"),
        (workflow(sync("ada/chat"), sync("ada/other")), ""),
        (workflow(sync("${{ vars.SPACE }}")), ""),
        (workflow(sync("${{ github.repository_owner }}/chat")), ""),
        (workflow(sync("ada/chat"), sync("${{ vars.SPACE }}")), ""),
        (workflow(sync("chat")), ""),
        (workflow(sync("ada/cha--t")), ""),
        (workflow(sync("ada/chat", "app")), ""),
        (workflow(f"      - run: git push https://ada:$TOKEN@{HUB[8:]}ada/chat HEAD:main\n"), "ada/chat"),
        (workflow("      - run: hf upload ada/chat . --repo-type space\n"), "ada/chat"),
        ({"Makefile": "deploy:\n\tgit push git@hf.co:spaces/ada/chat main\n"}, "ada/chat"),
        (workflow(sync("ada/chat")) | {"deploy.sh": "hf upload ada/other . --repo-type space\n"}, ""),
        (workflow("      - run: make test\n"), ""),
    ],
)
def test_what_a_workflow_sends_to(tmp_path: Path, files: dict[str, str], wanted: str) -> None:
    assert of_remotes(tmp_path, ("origin", "https://github.com/ada/chat"), files=files) == wanted


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nsdk: docker\n---\n")
    space = read_space(tmp_path)
    assert hub_id(space, ()) == ""
    assert hub_id(space, [Deployment("hub-sync", WORKFLOW, 7, space="ada/chat")]) == "ada/chat"


# -- a folder in a repository


def nested(tmp_path: Path, *steps: str, **more: str) -> Path:
    files = {f"spaces/chat/{name}": text for name, text in FILES.items()}
    root = write_space(tmp_path / "mono", files | workflow(*steps) | more)
    git(root, "remote", "add", "origin", f"{HUB}ada/mono")
    return root / "spaces" / "chat"


def test_a_remote_is_the_whole_repository(tmp_path: Path) -> None:
    folder = nested(tmp_path)
    assert told(folder) == ""
    assert told(folder.parent.parent) == "ada/mono"


def test_a_repository_that_is_none_has_no_remotes(tmp_path: Path) -> None:
    folder = nested(tmp_path)
    (folder / ".git").mkdir()
    assert told(folder) == ""


@pytest.mark.parametrize(
    "folder", ["spaces/chat", "./spaces/chat", "spaces/chat/", '"spaces//chat"', "spaces/x/../chat"]
)
def test_a_workflow_that_sends_the_folder(tmp_path: Path, folder: str) -> None:
    steps = (sync("ada/mono"), sync("ada/other", "spaces/other"), sync("ada/chat", folder))
    assert told(nested(tmp_path, *steps)) == "ada/chat"


@pytest.mark.parametrize(
    "steps",
    [
        (sync("ada/chat"),),
        (sync("ada/chat", "spaces"),),
        (sync("ada/chat", "spaces/cha"),),
        (sync("ada/chat", "chat"),),
        (sync("${{ vars.SPACE }}", "spaces/chat"),),
        (sync("ada/chat", "${{ matrix.folder }}"),),
        (sync("ada/chat", "spaces/chat"), sync("ada/other", "spaces/chat")),
        (sync("ada/chat", "spaces/chat"), sync("ada/other", "${{ matrix.folder }}")),
        (sync("ada/chat", "spaces/chat", action="somebody/hub-sync@v1"),),
        (sync("ada/-", "spaces/chat"),),
    ],
)
def test_a_workflow_that_does_not_tell(tmp_path: Path, steps: tuple[str, ...]) -> None:
    assert told(nested(tmp_path, *steps)) == ""


def test_a_script_in_the_folder(tmp_path: Path) -> None:
    script = {"spaces/chat/deploy.sh": "hf upload ada/chat . --repo-type space\n"}
    assert told(nested(tmp_path, **script)) == "ada/chat"


def test_a_push_from_the_folder_sends_the_whole_repository(tmp_path: Path) -> None:
    script = {"spaces/chat/deploy.sh": "git push git@hf.co:spaces/ada/chat main\n"}
    assert told(nested(tmp_path, **script)) == ""


def test_workflows_that_cannot_be_read(tmp_path: Path) -> None:
    folder = nested(tmp_path)
    workflows = folder.parent.parent / ".github" / "workflows"
    outside = tmp_path / "outside.yml"
    outside.write_text(HEAD + sync("ada/other", "spaces/chat"))
    (workflows / "a.yml").symlink_to(outside)
    os.mkfifo(workflows / "b.yml")
    (workflows / "c.yml").mkdir()
    (workflows / "d.yml").write_bytes(b"\xff\xfe\x00: [")
    (workflows / "e.yml").write_text("jobs: [1, {steps: 3}]\n")
    (workflows / "f.yml").write_text("jobs: {a: {steps: [1, {uses: {a: 1}, with: 3}]}}\n")
    (workflows / "g.yml").write_text(HEAD + "#" * 300_000 + "\n" + sync("ada/other", "spaces/chat"))
    (workflows / "z.yml").write_text(HEAD + sync("ada/chat", "spaces/chat"))
    assert told(folder) == "ada/chat"


def test_a_link_in_place_of_the_workflows(tmp_path: Path) -> None:
    files = {f"spaces/chat/{name}": text for name, text in FILES.items()}
    root = write_space(tmp_path / "mono", files)
    outside = tmp_path / "outside" / "workflows"
    outside.mkdir(parents=True)
    (outside / "a.yml").write_text(HEAD + sync("ada/other", "spaces/chat"))
    (root / ".github").symlink_to(outside.parent)
    assert told(root / "spaces" / "chat") == ""
