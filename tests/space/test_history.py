"""What a git push would send, read from real repositories."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pytest_hfspace.space import found as found_module
from pytest_hfspace.space import pushed, read_space
from pytest_hfspace.space.attributes import stored_in_lfs
from pytest_hfspace.space.content import is_binary, kind_of, pointer
from pytest_hfspace.space.git import ask
from pytest_hfspace.space.history import EARLIER, History, Link, Pointer, read_history
from pytest_hfspace.space.pushed import find_remotes
from tests.helpers import git

LIMIT = 10 * 2**20
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\1\2\3\0" * 200
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 25165824\n"
LFS = "*.bin filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs diff=lfs merge=lfs -text\n"
SPACE_URL = "https://user:hf_secret@huggingface.co/spaces/owner/name"


def write(root: Path, contents: dict[str, str | bytes]) -> None:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit(root: Path, contents: dict[str, str | bytes] | None = None) -> None:
    write(root, contents or {})
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")


def large_text(extra: int = 1) -> bytes:
    return b"x" * (LIMIT + extra)


def history(root: Path, ref: str | None = None) -> History:
    return read_history(read_space(root, ref=ref))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "core.compression", "0")
    commit(root, {"main.py": "app = 1\n", "README.md": "# x\n"})
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """A repository with one healthy commit."""
    return Path(shutil.copytree(template, tmp_path / "repository"))


def head(root: Path, ref: str) -> str:
    return ask(root, "rev-parse", ref).decode().strip()


def pushed_to(root: Path, url: str = SPACE_URL, name: str = "space") -> None:
    """As after a push: the remote's branch is known to be at HEAD."""
    git(root, "remote", "add", name, url)
    git(root, "update-ref", f"refs/remotes/{name}/main", "HEAD")


# -- healthy


def test_text_of_every_kind(root: Path) -> None:
    commit(
        root,
        {
            "requirements.txt": b"\xff\xfe" + "fastapi\n".encode("utf-16-le"),
            "utf32.txt": b"\xff\xfe\0\0" + "x".encode("utf-32-le"),
            "latin.csv": "né\n".encode("latin-1"),
            "empty.bin": b"",
            "one_line.json": b"[" + b"1," * 400_000 + b"1]",
            "icon.svg": "<svg/>",
            "protocol0.pkl": b"(lp0\nI1\na.",
            "nb.ipynb": "{}",
            "app.min.js": "x" * 100_000,
            "uv.lock": "version = 1\n",
            "LICENSE": "MIT",
            "late.dat": b"x" * 8000 + b"\0",
            "exactly.txt": large_text(0),
            "with blank and \u00e9.dat": "text",
        },
    )
    seen = history(root)
    assert (seen.large, seen.binary, seen.problem, seen.shallow) == ((), (), "", False)
    assert (seen.commits, seen.remote, seen.known) == (2, "", False)
    assert seen.weight.total > 0
    assert seen.newest.total > LIMIT


def test_what_is_in_lfs(root: Path) -> None:
    commit(root, {".gitattributes": LFS, "model.bin": POINTER, "a/logo.png": POINTER})
    seen = history(root)
    assert (seen.large, seen.binary) == ((), ())
    assert seen.pointers == (
        Pointer("a/logo.png", 25165824, filtered=True),
        Pointer("model.bin", 25165824, filtered=True),
    )
    # the same content twice is stored once
    assert 25165824 < seen.weight.total < 26_000_000
    assert seen.weight.largest[0][1] == 25165824
    # as git-lfs leaves it in the working tree
    write(root, {"model.bin": b"\0" * (LIMIT + 5), "a/logo.png": PNG})
    seen = history(root)
    assert (seen.large, seen.binary, seen.pointers) == ((), (), ())


def test_what_the_space_has_already(root: Path) -> None:
    commit(root, {"logo.png": PNG, "big.txt": large_text()})
    pushed_to(root)
    commit(root, {"main.py": "app = 2\n"})
    seen = history(root)
    assert (seen.large, seen.binary) == ((), ())
    assert (seen.remote, seen.known, seen.commits) == ("space", True, 1)
    assert seen.weight.total > 10_000, "the size is that of the whole repository"


def test_a_remote_that_has_nothing_yet(root: Path) -> None:
    commit(root, {"logo.png": PNG})
    git(root, "remote", "add", "space", SPACE_URL)
    seen = history(root)
    assert [blob.path for blob in seen.binary] == ["logo.png"]
    assert (seen.remote, seen.known) == ("space", False)


def test_a_commit_that_was_asked_for(root: Path) -> None:
    commit(root, {"logo.png": PNG})
    write(root, {"main.py": large_text()})
    assert history(root, "HEAD~1").binary == ()
    (blob,) = history(root, "main").binary
    assert (blob.path, blob.commit) == ("logo.png", "")
    assert history(root, "HEAD").large == ()


# -- defects


def test_a_large_and_a_binary_file(root: Path) -> None:
    commit(root, {"big.csv": large_text(), "model.bin": b"\0" + large_text(), "img/logo.png": PNG})
    seen = history(root)
    assert [(blob.path, blob.size, blob.commit, blob.committed) for blob in seen.large] == [
        ("big.csv", LIMIT + 1, "", True), ("model.bin", LIMIT + 2, "", True),
    ]  # fmt: skip
    (blob,) = seen.binary
    assert (blob.path, blob.binary, blob.commit, blob.committed) == ("img/logo.png", True, "", True)
    assert blob.time > 1_700_000_000


def test_a_file_that_was_deleted_later(root: Path) -> None:
    commit(root, {"big.csv": large_text(), "logo.png": PNG, "keep.png": PNG + b"2"})
    (root / "big.csv").unlink()
    (root / "logo.png").unlink()
    commit(root)
    seen = history(root)
    brought = head(root, "HEAD~1")[:9]
    assert [(blob.path, blob.commit) for blob in seen.large] == [("big.csv", brought)]
    assert [(blob.path, blob.commit) for blob in seen.binary] == [("keep.png", ""), ("logo.png", brought)]


def test_an_attribute_that_came_too_late(root: Path) -> None:
    commit(root, {"logo.png": PNG, "old.png": PNG + b"1"})
    commit(root, {".gitattributes": LFS, "old.png": POINTER})
    seen = history(root)
    assert [(blob.path, bool(blob.commit)) for blob in seen.binary] == [
        ("logo.png", False), ("old.png", True),
    ]  # fmt: skip
    assert [each.path for each in seen.pointers] == ["old.png"]


def test_the_commits_of_many_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, {f"{number}.png": PNG + bytes([number]) for number in range(30)})
    (root / "3.png").unlink()
    commit(root)
    monkeypatch.setattr(pushed, "_MOST_PATHS", 20)
    seen = history(root)
    assert len(seen.binary) == 30
    assert all(blob.time > 1_700_000_000 for blob in seen.binary)
    assert [blob.path for blob in seen.binary if blob.commit == head(root, "HEAD~1")[:9]] == ["3.png"]


def test_a_file_that_was_renamed(root: Path) -> None:
    commit(root, {"old.png": PNG})
    git(root, "mv", "old.png", "new.png")
    commit(root)
    (blob,) = history(root).binary
    assert (blob.path, blob.commit) == ("new.png", "")


def test_several_versions_are_one_finding(root: Path) -> None:
    for number in range(4):
        commit(root, {"data.pkl": PNG + bytes([number])})
    (blob,) = history(root).binary
    assert (blob.path, blob.commit) == ("data.pkl", "")


def test_a_side_branch_that_was_merged(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"logo.png": PNG})
    (root / "logo.png").unlink()
    commit(root)
    git(root, "checkout", "-q", "main")
    commit(root, {"other.py": "x"})
    git(root, "merge", "-q", "--no-ff", "side")
    (blob,) = history(root).binary
    assert blob.path == "logo.png"
    assert blob.commit not in ("", EARLIER)


def test_what_is_staged(root: Path) -> None:
    write(root, {"logo.png": PNG, "big.csv": large_text()})
    git(root, "add", "-A")
    (root / "big.csv").write_text("small")
    seen = history(root)
    assert [(blob.path, blob.committed) for blob in seen.large] == [("big.csv", False)]
    assert [(blob.path, blob.committed) for blob in seen.binary] == [("logo.png", False)]


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"logo.png": PNG, "main.py": ""})
    git(tmp_path, "add", "-A")
    seen = history(tmp_path)
    assert [(blob.path, blob.committed) for blob in seen.binary] == [("logo.png", False)]
    assert (seen.commits, seen.problem) == (0, "")


def test_what_is_changed_in_the_working_tree(root: Path) -> None:
    commit(root, {"logo.png": PNG, "notes.txt": "x", "data": "x", ".gitattributes": "m.bin filter=lfs\n"})
    pushed_to(root)
    write(root, {"logo.png": PNG + b"3", "notes.txt": large_text(), "data": b"a\0b", "m.bin": large_text()})
    seen = history(root)
    assert [(blob.path, blob.committed) for blob in seen.large] == [("notes.txt", False)]
    assert [blob.path for blob in seen.binary] == ["data", "logo.png"]
    assert all(not blob.committed for blob in seen.binary)


def test_a_commit_after_the_one_that_the_space_has(root: Path) -> None:
    commit(root, {"old.png": PNG})
    pushed_to(root)
    commit(root, {"new.png": PNG + b"1"})
    assert [blob.path for blob in history(root).binary] == ["new.png"]


# -- where not everything is seen


def test_a_folder_of_a_repository(root: Path) -> None:
    commit(root, {"spaces/a/logo.png": PNG, "spaces/a/gone.png": PNG + b"1", "other.png": PNG + b"2"})
    (root / "spaces/a/gone.png").unlink()
    commit(root)
    seen = history(root / "spaces/a")
    assert [blob.path for blob in seen.binary] == ["logo.png"]
    assert seen.problem.startswith("the Space is a folder of a repository")


@pytest.mark.parametrize("attributes", ["", LFS])
def test_no_repository(tmp_path: Path, attributes: str) -> None:
    write(tmp_path, {"main.py": "", "a/logo.png": PNG, "m.bin": large_text(), ".gitattributes": attributes})
    seen = history(tmp_path)
    wanted = ([], []) if attributes else (["m.bin"], ["a/logo.png"])
    assert ([blob.path for blob in seen.large], [blob.path for blob in seen.binary]) == wanted
    assert seen.problem.startswith("not a git repository")
    assert seen.newest.total > LIMIT


@pytest.fixture
def shallow(root: Path, tmp_path: Path) -> Path:
    commit(root, {"logo.png": PNG})
    (root / "logo.png").unlink()
    commit(root)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "clone")
    return tmp_path / "clone"


def test_a_shallow_clone(shallow: Path) -> None:
    seen = history(shallow)
    assert (seen.binary, seen.shallow, seen.commits) == ((), True, 1)


def test_a_shallow_clone_of_what_the_space_has(shallow: Path) -> None:
    git(shallow, "remote", "set-url", "origin", SPACE_URL)
    commit(shallow, {"main.py": "x\n"})
    seen = history(shallow)
    assert (seen.shallow, seen.commits, seen.known) == (False, 1, True)
    assert "shallow" in seen.weight.problem


def test_a_partial_clone(root: Path) -> None:
    commit(root, {"logo.png": PNG})
    git(root, "remote", "add", "origin", "https://example.org/a/b")
    git(root, "config", "remote.origin.promisor", "true")
    seen = history(root)
    assert [blob.path for blob in seen.binary] == ["logo.png"]
    assert "partial" in seen.problem
    assert "partial" in history(root, "HEAD").problem


def test_a_damaged_repository(root: Path) -> None:
    commit(root, {"logo.png": PNG})
    commit(root, {"later.py": "x"})
    parent = head(root, "HEAD~1")
    damaged = root / ".git/objects" / parent[:2] / parent[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"garbage")
    seen = history(root)
    assert "git rev-list failed" in seen.problem
    assert [blob.path for blob in seen.binary] == ["logo.png"], "the newest files are looked at all the same"


def test_a_walk_that_takes_too_long(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, {"logo.png": PNG})
    monkeypatch.setattr(pushed, "WALK_DEADLINE", 0.0)
    seen = history(root)
    assert "in time" in seen.problem
    assert [blob.path for blob in seen.binary] == ["logo.png"]


def test_a_commit_that_is_not_found_in_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, {"logo.png": PNG})
    (root / "logo.png").unlink()
    commit(root)
    monkeypatch.setattr(pushed, "BROUGHT_DEADLINE", 0.0)
    (blob,) = history(root).binary
    assert blob.commit == EARLIER


def test_more_than_can_be_looked_into(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, {"a.dat": "x" * 50, "b.dat": b"\0" * 500})
    (root / "b.dat").unlink()
    commit(root)
    monkeypatch.setattr(found_module, "_MOST_READ", 100)
    seen = history(root)
    assert (seen.binary, seen.problem) == (
        (),
        "not looked into, because together they are too large: 1 file in git",
    )


def test_no_program_of_the_repository_is_started(root: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    for name in ("filter.lfs.clean", "filter.lfs.process", "core.fsmonitor", "gpg.program", "core.pager"):
        git(root, "config", name, str(program))
    git(root, "config", "log.showSignature", "true")
    write(root, {".gitattributes": LFS, "model.bin": POINTER, "logo.dat": PNG})
    git(root, "-c", "filter.lfs.clean=", "-c", "filter.lfs.process=", "-c", "core.fsmonitor=", "add", "-A")
    git(root, "-c", "core.fsmonitor=", "commit", "-q", "-m", "x")
    ran.unlink(missing_ok=True)
    write(root, {"model.bin": large_text(), "logo.dat": PNG + b"1"})
    assert [blob.path for blob in history(root).binary] == ["logo.dat"]
    assert not ran.exists()


def test_names_that_no_other_tool_expects(root: Path) -> None:
    names = [
        "with\nfeed.png",
        '"quoted".png',
        ":(glob)*.png",
        "tab\t.png",
        os.fsdecode(b"\xff.png"),
        "-x.png",
    ]
    commit(root, {name: PNG + bytes([number]) for number, name in enumerate(names)})
    seen = history(root)
    assert {blob.path for blob in seen.binary} == set(names)
    assert all(blob.commit == "" for blob in seen.binary)


def test_links_and_submodules(root: Path, tmp_path: Path) -> None:
    (root / "sub").mkdir()
    links = {"inside": "main.py", "up": "../main.py", "sub/up": "../main.py", "sub/out": "../../x"}
    for name, target in {**links, "abs": "/etc/x", "loop": "loop"}.items():
        (root / name).symlink_to(target)
    commit(root)
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    expected = (Link("abs", "/etc/x"), Link("sub/out", "../../x"), Link("up", "../main.py"))
    seen = history(root)
    assert (seen.links, seen.large, seen.binary, seen.problem) == (expected, (), (), "")
    assert history(root, "HEAD").links == expected


# -- pieces


@pytest.mark.parametrize(
    ("url", "is_space"),
    [
        ("https://huggingface.co/spaces/o/n", True),
        ("https://user:hf_x@huggingface.co/spaces/o/n.git", True),
        ("https://huggingface.co:443/spaces/o/n", True),
        ("https://hf.co/spaces/o/n", True),
        ("git@hf.co:spaces/o/n", True),
        ("git@huggingface.co:spaces/o/n", True),
        ("ssh://git@hf.co/spaces/o/n", True),
        ("HTTPS://HuggingFace.co/spaces/o/n", True),
        ("https://huggingface.co/o/model", False),
        ("https://huggingface.co/datasets/o/spaces/", False),
        ("https://github.com/huggingface.co/spaces/o", False),
        ("https://example.org/hf.co/spaces/o/n", False),
        ("https://nothuggingface.co/spaces/o/n", False),
        ("https://huggingface.co.example.org/spaces/o/n", False),
        ("../spaces/o/n", False),
    ],
)
def test_which_remote_is_a_space(root: Path, url: str, is_space: bool) -> None:
    git(root, "remote", "add", "origin", "https://github.com/o/n")
    git(root, "remote", "add", "the.space", url)
    assert find_remotes(root).spaces == (("the.space",) if is_space else ())


def test_attributes(root: Path) -> None:
    write(root, {".gitattributes": "*.bin filter=lfs\n*.dat filter=other\nsub/** filter=lfs\n"})
    paths = ["a.bin", "b.dat", "c.txt", "sub/x\ny"]
    assert stored_in_lfs(root, paths) == {"a.bin", "sub/x\ny"}
    assert stored_in_lfs(root, []) == frozenset()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/main.py", "source"), ("Dockerfile", "source"), ("x/LICENSE", "source"), (".gitignore", "source"),
        ("Dockerfile.hf", "source"), ("a.min.js", "source"), ("uv.lock", "source"), ("x.json", "data"),
        ("icon.svg", "data"), ("nb.ipynb", "data"), ("requirements.txt", "text"), ("A.CSV", "text"),
        ("logo.PNG", "unknown"), ("model.pkl", "unknown"), ("data", "unknown"), ("manifest.db", "unknown"),
    ],
)  # fmt: skip
def test_what_a_name_promises(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("head", "binary"),
    [
        (PNG, True), (b"", False), (b"text", False), (b"\xff\xfea\0", False), (b"x" * 8000 + b"\0", False),
        (b"x" * 7999 + b"\0", True), (b"a\0b\0", True), ("né".encode("latin-1"), False),
    ],
)  # fmt: skip
def test_what_is_binary(head: bytes, binary: bool) -> None:
    assert is_binary(head) is binary


def test_what_is_a_pointer() -> None:
    assert pointer(POINTER.encode()) == ("4d" * 32, 25165824)
    assert pointer(POINTER.replace("\n", "\r\n").encode()) == ("4d" * 32, 25165824)
    assert pointer(b"See:\n" + POINTER.encode()) is None
    assert pointer(b"version https://git-lfs.github.com/spec/v1\n") is None
