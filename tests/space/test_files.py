"""What git tracks, as it stands in the working tree or in a commit."""

from __future__ import annotations

import gc
import os
import subprocess
from pathlib import Path

import pytest

from pytest_hfspace.space import git, walk
from pytest_hfspace.space.files import Files, Tracked
from pytest_hfspace.space.listing import UnknownRevisionError, read_files

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull,
}  # fmt: skip


def run(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, check=True, capture_output=True)


def write(root: Path, contents: dict[str, str | bytes]) -> None:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(root: Path) -> None:
    run(root, "add", "-A")
    run(root, "commit", "-q", "-m", "x")


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a directory, to see that nothing was written."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    write(
        root,
        {"main.py": "app = 1\n", "pkg/mod.py": "x\n", "run.sh": "#!/bin/sh\n", ".gitignore": "*.db\n.env\n"},
    )
    (root / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("pkg/mod.py")
    (root / "lib").symlink_to("pkg")
    commit(root)
    return root


REFS = [None, "HEAD", "main"]


@pytest.mark.parametrize("ref", REFS)
def test_what_is_tracked(repository: Path, ref: str | None) -> None:
    write(repository, {"new.py": "", "app.db": "", ".env": ""})
    files = read_files(repository, ref)
    assert {path: entry.mode for path, entry in files.tracked.items()} == {
        ".gitignore": 0o100644, "main.py": 0o100644, "pkg/mod.py": 0o100644, "run.sh": 0o100755,
        "link.py": 0o120000, "lib": 0o120000,
    }  # fmt: skip
    assert (files.is_git, files.ref, files.notices) == (True, ref, ())
    assert "main.py" in files
    assert "new.py" not in files
    assert files.directories == {"pkg"}
    assert files.read("main.py") == b"app = 1\n"
    assert files.read("main.py", 3) == b"app"
    assert files.read("link.py") == b"x\n"
    assert files.text("lib/mod.py") == "x\n"


def test_the_working_tree_counts_and_the_commit_where_it_is_asked_for(repository: Path) -> None:
    write(repository, {"main.py": "changed"})
    assert read_files(repository).text("main.py") == "changed"
    assert read_files(repository, "HEAD").text("main.py") == "app = 1\n"


@pytest.mark.parametrize("ref", REFS)
def test_a_root_below_the_repository(repository: Path, ref: str | None) -> None:
    write(repository, {"demo/app.py": "y", "demo/sub/a.txt": "z"})
    (repository / "demo" / "out").symlink_to("../main.py")
    commit(repository)
    files = read_files(repository / "demo", ref)
    assert set(files.tracked) == {"app.py", "sub/a.txt", "out"}
    assert files.read("sub/a.txt") == b"z"
    with pytest.raises(FileNotFoundError, match="out of the root"):
        files.read("out")


def test_a_deleted_file_does_not_arrive(repository: Path) -> None:
    (repository / "main.py").unlink()
    (repository / "run.sh").unlink()
    (repository / "run.sh").mkdir()
    files = read_files(repository)
    assert not {"main.py", "run.sh"} & set(files.tracked)
    assert files.notices == ("tracked, but deleted here, so they are taken as gone: main.py, run.sh",)
    assert "main.py" in read_files(repository, "HEAD")


def test_a_notice_names_a_few(repository: Path) -> None:
    write(repository, {f"f{i}\n.txt": "" for i in range(9)})
    commit(repository)
    for path in repository.glob("f*"):
        path.unlink()
    (notice,) = read_files(repository).notices
    assert notice.endswith(r"f0\n.txt, f1\n.txt, f2\n.txt, f3\n.txt, f4\n.txt and 4 more")


def test_a_pipe_in_the_place_of_a_file_does_not_hang(repository: Path) -> None:
    files = read_files(repository)
    (repository / "main.py").unlink()
    os.mkfifo(repository / "main.py")
    assert files.read("main.py") == b""
    assert "main.py" not in read_files(repository)


@pytest.mark.parametrize("ref", REFS)
@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../outside", "nowhere", "self", "loop-a", "pkg", "pkg/../../x", "main.py/..//../x"],
)
def test_links_that_lead_to_no_file_of_the_root(repository: Path, ref: str | None, target: str) -> None:
    write(repository.parent, {"outside": "secret", "x": "secret"})
    (repository / "self").symlink_to(target)
    (repository / "loop-a").symlink_to("loop-b")
    (repository / "loop-b").symlink_to("loop-a")
    commit(repository)
    files = read_files(repository, ref)
    assert "self" in files
    with pytest.raises(FileNotFoundError):
        files.read("self")


def test_a_link_to_what_is_not_tracked_leads_nowhere(repository: Path) -> None:
    write(repository, {"app.db": "data"})
    (repository / "db").symlink_to("app.db")
    run(repository, "add", "db")
    with pytest.raises(FileNotFoundError):
        read_files(repository).read("db")


def test_a_directory_that_became_a_link_out_of_the_root(repository: Path) -> None:
    write(repository.parent, {"elsewhere/mod.py": "secret"})
    files = read_files(repository)
    (repository / "pkg").rename(repository.parent / "old")
    (repository / "pkg").symlink_to("../elsewhere")
    with pytest.raises(FileNotFoundError, match="behind a link"):
        files.read("pkg/mod.py")
    assert files.copy_to({"pkg/mod.py": repository.parent / "copy.py"}) == ("pkg/mod.py",)


@pytest.mark.parametrize(
    "path", ["nowhere.py", "pkg", "", ".", "/etc/passwd", "../x", "\0", "app.db", "a" * 5_000]
)
@pytest.mark.parametrize("ref", [None, "HEAD"])
def test_what_would_not_arrive_is_not_found(repository: Path, ref: str | None, path: str) -> None:
    write(repository, {"app.db": ""})
    with pytest.raises(FileNotFoundError):
        read_files(repository, ref).read(path)


def test_a_submodule_is_an_entry_without_content(repository: Path, tmp_path: Path) -> None:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    )
    run(repository, "update-index", "--add", "--cacheinfo", f"160000,{head.stdout.strip()},vendor")
    run(repository, "commit", "-q", "-m", "y")
    for ref in (None, "HEAD"):
        files = read_files(repository, ref)
        assert files.tracked["vendor"].mode == 0o160000
        with pytest.raises(FileNotFoundError):
            files.read("vendor")
        assert files.copy_to({"vendor": tmp_path / "v"}) == ("vendor",)


@pytest.mark.parametrize(
    "name", ["new\nline.txt", "tab\t.txt", '"quoted".txt', "caf\u00e9.txt", " lead", "-dash", "a\\b"]
)
@pytest.mark.parametrize("ref", [None, "HEAD"])
def test_strange_names(repository: Path, ref: str | None, name: str) -> None:
    write(repository, {name: "here"})
    commit(repository)
    assert read_files(repository, ref).text(name) == "here"


def test_names_that_are_no_utf_8(repository: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        write(repository, {name: "here"})
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    commit(repository)
    assert read_files(repository).text(name) == read_files(repository, "HEAD").text(name) == "here"


@pytest.mark.parametrize(
    "content",
    ["h\u00e9".encode(), b"\xef\xbb\xbf" + "h\u00e9".encode(), "h\u00e9".encode("utf-16"),
     b"\xfe\xff" + "h\u00e9".encode("utf-16-be")],
)  # fmt: skip
def test_text_in_every_encoding(repository: Path, content: bytes) -> None:
    write(repository, {"main.py": content})
    assert read_files(repository).text("main.py") == "h\u00e9"


def test_text_that_is_none(repository: Path) -> None:
    write(repository, {"main.py": b"a\xff\x00b"})
    assert read_files(repository).text("main.py") == "a\ufffd\x00b"


@pytest.mark.parametrize(
    "ref", ["nowhere", "-h", "--all", "HEAD:main.py", "", "main..main", "a b", "HEAD^{tree}", "0" * 40]
)
def test_a_revision_that_is_none(repository: Path, ref: str) -> None:
    with pytest.raises(UnknownRevisionError, match="git has no commit"):
        read_files(repository, ref)


def test_a_revision_where_there_is_no_git(tmp_path: Path) -> None:
    with pytest.raises(UnknownRevisionError, match="not a git repository"):
        read_files(tmp_path, "HEAD")


def test_a_root_that_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        read_files(tmp_path / "nowhere")


def test_nothing_tracked_below_the_root(repository: Path) -> None:
    write(repository, {"fresh/main.py": ""})
    files = read_files(repository / "fresh")
    assert files.tracked == {}
    assert "tracks nothing" in files.notices[0]
    assert files.exists_untracked("main.py")
    assert "no files" in read_files(repository / "fresh", "HEAD").notices[0]


def test_without_git_everything_but_the_usual_ignores(tmp_path: Path) -> None:
    write(tmp_path, {
        "main.py": "a", "pkg/x.py": "b", ".env": "s", ".venv/lib.py": "", "env312/pyvenv.cfg": "",
        "env312/x.py": "",
        "node_modules/m.js": "", "pkg/__pycache__/x.pyc": "", "demo.egg-info/PKG": "", ".pytest_cache/v": "",
        ".env.example": "A_B=1", "environment/x.py": "c",
    })  # fmt: skip
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "pkg/x.py").chmod(0o755)
    files = read_files(tmp_path)
    assert {path: entry.mode for path, entry in files.tracked.items()} == {
        "main.py": 0o100644, "pkg/x.py": 0o100755, ".env.example": 0o100644, "environment/x.py": 0o100644,
        "loop": 0o120000,
    }  # fmt: skip
    assert not files.is_git
    assert "not a git repository" in files.notices[0]
    assert files.exists_untracked(".env")
    assert files.read("loop/main.py") == b"a"


def test_without_git_on_the_path(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    files = read_files(repository)
    assert "git cannot be run" in files.notices[0]
    assert files.read("main.py") == b"app = 1\n"


def test_too_many_files_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_FILES", 3)
    write(tmp_path, {f"f{i}": "" for i in range(5)})
    files = read_files(tmp_path)
    assert len(files.tracked) == 3
    assert "too many files" in files.notices[1]


def test_a_git_that_hangs(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin" / "git"
    write(tmp_path, {"bin/git": "#!/bin/sh\nexec sleep 60\n"})
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git, "LIST_DEADLINE", 0.2)
    assert "did not end within 0.2 s" in read_files(repository).notices[0]
    with pytest.raises(FileNotFoundError, match="in time"):
        Files(
            repository, {"a": Tracked("a", 0o100644, "0" * 40)}, "x", _objects=git.Objects(repository)
        ).read("a")


def test_a_damaged_index(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"garbage")
    files = read_files(repository)
    assert not files.is_git
    assert "main.py" in files


def test_the_variables_of_a_hook_do_not_mislead(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    monkeypatch.setenv("GIT_PREFIX", "x/")
    assert "main.py" in read_files(repository)
    assert read_files(repository, "HEAD").read("main.py") == b"app = 1\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_checkout_of_another_user(repository: Path) -> None:
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 12345, 12345)
    assert read_files(repository).is_git
    assert read_files(repository, "HEAD").read("main.py") == b"app = 1\n"


def test_the_configuration_of_the_repository_starts_nothing(repository: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    run(repository, "config", "core.fsmonitor", f"touch {proof}; false")
    run(repository, "config", "filter.evil.smudge", f"touch {proof}")
    write(repository, {".gitattributes": "*.py filter=evil\n"})
    assert read_files(repository).read("main.py") == b"app = 1\n"
    assert read_files(repository, "HEAD").read("main.py") == b"app = 1\n"
    assert not proof.exists()


def test_a_sparse_checkout_is_read_from_git(repository: Path, tmp_path: Path) -> None:
    run(repository, "update-index", "--skip-worktree", "main.py")
    (repository / "main.py").unlink()
    files = read_files(repository)
    assert (files.read("main.py"), files.notices) == (b"app = 1\n", ())
    assert files.copy_to({"main.py": tmp_path / "m.py"}) == ()
    assert (tmp_path / "m.py").read_bytes() == b"app = 1\n"


def test_an_unfinished_merge(repository: Path) -> None:
    run(repository, "checkout", "-q", "-b", "other")
    write(repository, {"main.py": "other\n"})
    commit(repository)
    run(repository, "checkout", "-q", "main")
    write(repository, {"main.py": "ours\n"})
    commit(repository)
    subprocess.run(
        ["git", "merge", "other"], cwd=repository, env=ENVIRONMENT, capture_output=True, check=False
    )
    files = read_files(repository)
    assert files.notices == ("a merge is not finished: main.py",)
    assert files.text("main.py").startswith("<<<<<<<")


def test_lfs_pointers_stay_pointers(repository: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    write(repository, {"model.bin": pointer})
    commit(repository)
    assert (
        read_files(repository).read("model.bin")
        == read_files(repository, "HEAD").read("model.bin")
        == pointer
    )


def test_exists_untracked(repository: Path) -> None:
    write(repository, {"app.db": "", "static/x.db": ""})
    files = read_files(repository)
    assert files.exists_untracked("app.db")
    assert files.exists_untracked("static")
    assert files.exists_untracked("static/x.db")
    assert not any(
        map(
            files.exists_untracked,
            ("main.py", "pkg", "pkg/", "MAIN.py", "no", "../repository", "/etc", ".", "\0"),
        )
    )
    assert not read_files(repository, "HEAD").exists_untracked("app.db")


def test_similar(repository: Path) -> None:
    files = read_files(repository)
    assert files.similar("Main.py") == "main.py"
    assert files.similar("PKG/Mod.py") == "pkg/mod.py"
    assert files.similar("main.py") is None
    assert files.similar("mains.py") is None


@pytest.mark.parametrize("ref", REFS)
def test_copies(repository: Path, tmp_path: Path, ref: str | None) -> None:
    write(repository, {"big.txt": b"0123456789" * 200_000, "empty": ""})
    commit(repository)
    before = snapshot(repository)
    out = tmp_path / "out"
    files = read_files(repository, ref)
    assert files.copy_to({path: out / path for path in files.tracked}) == ()
    copied = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert copied == {
        ".gitignore": b"*.db\n.env\n", "main.py": b"app = 1\n", "pkg/mod.py": b"x\n",
        "run.sh": b"#!/bin/sh\n",
        "link.py": b"x\n", "lib/mod.py": b"x\n", "big.txt": b"0123456789" * 200_000, "empty": b"",
    }  # fmt: skip
    assert not any(path.is_symlink() for path in out.rglob("*"))
    assert os.access(out / "run.sh", os.X_OK)
    assert (out / "main.py").stat().st_mode & 0o111 == 0
    assert snapshot(repository) == before


@pytest.mark.parametrize("ref", REFS)
def test_copies_of_one_file_and_of_none(repository: Path, tmp_path: Path, ref: str | None) -> None:
    (repository / "away").symlink_to("/etc/passwd")
    (repository / "root").symlink_to(".")
    commit(repository)
    files = read_files(repository, ref)
    pairs = [
        ("main.py", tmp_path / "a/1"),
        ("main.py", tmp_path / "a/2"),
        ("away", tmp_path / "a/3"),
        ("no", tmp_path / "4"),
    ]
    assert files.copy_to(pairs) == ("away", "no")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["1", "2"]
    assert files.copy_to({"root": tmp_path / "r"}) == ()
    assert (tmp_path / "r/pkg/mod.py").read_bytes() == b"x\n"


def test_many_objects_come_in_order(repository: Path, tmp_path: Path) -> None:
    write(repository, {f"d/{i}": f"{i}\n" * (i % 7) for i in range(700)})
    commit(repository)
    files = read_files(repository, "HEAD")
    assert files.copy_to({f"d/{i}": tmp_path / f"{i}" for i in range(700)}) == ()
    assert all((tmp_path / f"{i}").read_text() == f"{i}\n" * (i % 7) for i in range(700))
    assert files.read("d/699") == b"699\n" * (699 % 7)


def test_objects_that_git_lost(repository: Path, tmp_path: Path) -> None:
    files = read_files(repository, "HEAD")
    name = files.tracked["main.py"].object
    (repository / ".git" / "objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(FileNotFoundError, match="has no object"):
        files.read("main.py")
    assert files.copy_to({"main.py": tmp_path / "1", "run.sh": tmp_path / "2"}) == ("main.py",)
    assert files.read("pkg/mod.py") == b"x\n"


def test_an_interrupted_list_of_objects_does_not_mix_answers(repository: Path) -> None:
    files = read_files(repository, "HEAD")
    objects = git.Objects(repository)
    names = [files.tracked[path].object for path in ("main.py", "pkg/mod.py", "run.sh")]
    contents = objects.read_all(names)
    assert next(contents) == b"app = 1\n"
    contents.close()  # type: ignore[attr-defined]  # it is a generator
    assert objects.read(names[2]) == b"#!/bin/sh\n"


def test_the_git_process_ends_with_the_files(repository: Path) -> None:
    files = read_files(repository, "HEAD")
    files.read("main.py")
    objects = files._objects
    assert objects is not None
    process = objects._process
    assert process is not None
    assert process.poll() is None
    del files, objects
    gc.collect()
    assert process.poll() is not None


@pytest.mark.parametrize("how", ["nothing", "touched", "line ends"])
def test_a_tree_that_is_as_the_last_commit(repository: Path, how: str) -> None:
    path = repository / "main.py"
    if how == "touched":
        os.utime(path, (1, 1))
    elif how == "line ends":
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_files(repository).notices == ()


@pytest.mark.parametrize("staged", [False, True])
def test_what_is_not_committed_is_said(repository: Path, staged: bool) -> None:
    (repository / "main.py").write_text("app = 2\n")
    if staged:
        run(repository, "add", "-A")
    assert read_files(repository).notices == (
        "1 tracked file differs from HEAD: main.py: a push sends HEAD (--hfspace-ref HEAD looks at that)",
    )
    assert read_files(repository, "HEAD").notices == ()
