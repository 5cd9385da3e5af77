from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_hfspace.checks.absent import Lost, lost_of
from pytest_hfspace.checks.causes import failure_code, read_pointer
from pytest_hfspace.rehearsal.facts import FileUse, Raised, Rehearsal, Where
from pytest_hfspace.space import Space
from pytest_hfspace.space.image import Copy
from tests.checks.factories import (
    CARD,
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_space,
)

NO_MODULE = "ModuleNotFoundError ImportError Exception"
NO_FILE = "FileNotFoundError OSError Exception"
ERRNO = "[Errno 2] No such file or directory: "
HERE = Where("main.py", 3)
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"


def failing(kinds: str, message: str, phase: str = "import", **changes: Any) -> Rehearsal:
    where = changes.pop("where", HERE)
    cause = changes.pop("cause", None)
    files = changes.pop("files", ())
    raised = make_raised(kinds, message, where, cause=cause)
    return make_rehearsal(failure=make_failure(phase, raised=raised, **changes), files=files)


def holding(*untracked: str, main: str = "", **files: str) -> Space:
    """A Space in which these paths lie beside the tracked ones."""
    return make_space({"main.py": main, **files}, untracked=dict.fromkeys(untracked, ""))


def use(path: str, line: int = 3, **changes: Any) -> FileUse:
    return FileUse(path, Where("main.py", line), **{"found": False, **changes})


# -- what is the app's own fault, or another check's


@pytest.mark.parametrize(
    ("rehearsal", "code"),
    [
        (failing("ValueError Exception", "no"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'data/x.csv'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'/etc/other'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'main.py'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}''"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'.'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'../../../x'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'.env'"), "HFS701"),
        (failing(NO_FILE, f"{ERRNO}'.venv/pyvenv.cfg'"), "HFS403"),
        (failing(NO_FILE, f"{ERRNO}'node_modules/x.js'"), "HFS403"),
        (failing("KeyError LookupError Exception", "'local.py'"), "HFS403"),
        (failing("ValueError Exception", "local.py is odd"), "HFS403"),
        (failing(NO_MODULE, "No module named 'numpy'"), "HFS303"),
        (failing("RuntimeError Exception", "Directory 'static' does not exist", "startup"), "HFS406"),
        (failing(NO_FILE, f"{ERRNO}'local.py'", "serve"), "HFS419"),
        (failing(NO_FILE, f"{ERRNO}'local.py'", "shutdown"), ""),
    ],
)
def test_what_is_not_about_a_file_of_this_repository(rehearsal: Rehearsal, code: str) -> None:
    space = holding("local.py", ".env", ".venv/pyvenv.cfg", "node_modules/x.js", "../../../x")
    assert failure_code(space, rehearsal) == code


def test_a_declared_library_is_no_file_of_this_repository() -> None:
    """A script of its name that lies here is not what is imported."""
    space = replace(holding("uvicorn.py"), command=make_command("python main.py"))
    assert failure_code(space, failing(NO_MODULE, "No module named 'uvicorn'")) == "HFS403"


@pytest.mark.parametrize(
    "untracked",
    [("models.txt",), ("other/models.py",), ("models",), ("Models.py",)],
)
def test_what_would_not_be_the_module(untracked: tuple[str, ...]) -> None:
    code = failure_code(holding(*untracked), failing(NO_MODULE, "No module named 'models'"))
    assert code in ("HFS303", "HFS403")


# -- what lies here and would not arrive


@pytest.mark.parametrize(
    ("kinds", "message", "untracked"),
    [
        (NO_MODULE, "No module named 'local'", "local.py"),
        (NO_MODULE, "No module named 'local'", "local/__init__.py"),
        (NO_MODULE, "No module named 'local.deep'", "local/deep.py"),
        ("ImportError Exception", "cannot import name 'deep' from 'pkg' (/x/pkg/__init__.py)", "pkg/deep.py"),
        (NO_FILE, f"{ERRNO}'data/x.csv'", "data/x.csv"),
        (NO_FILE, f"{ERRNO}'./data/../data/x.csv'", "data/x.csv"),
        (NO_FILE, f"{ERRNO}'/app/data/x.csv'", "data/x.csv"),
        (NO_FILE, f'{ERRNO}"it\'s"', "it's"),
        ("NotADirectoryError OSError Exception", "[Errno 20] Not a directory: 'data/x'", "data/x"),
        ("RuntimeError Exception", "Directory 'static' does not exist", "static"),
        ("RuntimeError Exception", "Directory '/app/static' does not exist", "static"),
        ("RuntimeError Exception", "File at path data/x.html does not exist.", "data/x.html"),
        ("ValueError Exception", "model weights/m.onnx not found", "weights/m.onnx"),
        ("SystemExit", "data/x.csv is missing", "data/x.csv"),
        ("jinja2.exceptions.TemplateNotFound", "index.html", "templates/index.html"),
        (
            "jinja2.exceptions.TemplateNotFound",
            "'index.html' not found in search path: '/app/pages'",
            "pages/index.html",
        ),
    ],
)
@pytest.mark.parametrize("phase", ["import", "startup"])
def test_a_file_that_is_not_tracked(kinds: str, message: str, untracked: str, phase: str) -> None:
    space = holding(untracked)
    assert failure_code(space, failing(kinds, message, phase)) == "HFS206"
    assert failure_code(replace(space, files=holding().files), failing(kinds, message, phase)) != "HFS206"


def test_a_cause_counts() -> None:
    cause = make_raised(NO_FILE, f"{ERRNO}'data/x.csv'", Where("db.py", 9))
    rehearsal = failing("RuntimeError Exception", "no database", cause=cause)
    assert failure_code(holding("data/x.csv"), rehearsal) == "HFS206"
    assert rehearsal.failure is not None
    lost = lost_of(holding("data/x.csv"), rehearsal, rehearsal.failure.raised)
    assert lost == Lost("data/x.csv", "untracked", Where("db.py", 9))


def test_a_namespace_package_is_known_by_what_is_imported_of_it() -> None:
    main = "import os\n\nfrom models import user, post\n"
    rehearsal = failing(NO_MODULE, "No module named 'models'")
    assert failure_code(holding("models/user.py", main=main), rehearsal) == "HFS206"
    assert failure_code(holding("models/user.py", main="x\n" * 5), rehearsal) == "HFS303"


@pytest.mark.parametrize(
    ("kinds", "message", "used", "code"),
    [
        ("sqlite3.OperationalError", "unable to open", use("/app/data/x.db", write=True), "HFS206"),
        ("RuntimeError Exception", "the data is missing", use("/app/data/x.csv", 1), "HFS206"),
        ("RuntimeError Exception", "x.csv: oh no", use("/app/data/x.csv", 1), "HFS206"),
        ("RuntimeError Exception", "oh no", use("/app/data/x.csv", 1), "HFS403"),
        ("RuntimeError Exception", "oh no", use("/app/data/x.csv"), "HFS403"),
        ("sqlite3.OperationalError", "no such table: x", use("/app/data/x.db", found=True), "HFS403"),
        ("RuntimeError Exception", "the data is missing", use("/app/data/x.csv", found=True), "HFS403"),
    ],
)  # fmt: skip
def test_an_exception_that_names_no_path(kinds: str, message: str, used: FileUse, code: str) -> None:
    rehearsal = failing(kinds, message, files=(used,))
    assert failure_code(holding("data/x.csv", "data"), rehearsal) == code


def test_an_exit_that_only_prints_the_exception() -> None:
    output = f"Traceback\nFileNotFoundError: {ERRNO}'data/x.csv'\n"
    rehearsal = make_rehearsal(failure=make_failure("import", "exited", status=1, output=output))
    assert failure_code(holding("data/x.csv"), rehearsal) == "HFS206"
    assert failure_code(holding(), rehearsal) == "HFS404"


def test_the_image_decides_where_a_file_would_be() -> None:
    files = {"backend/app/main.py": "", "backend/app/deep/x.py": ""}
    layout = {"/srv/app/main.py": "backend/app/main.py", "/srv/app/deep/x.py": "backend/app/deep/x.py"}
    space = make_space(
        files,
        untracked={"backend/app/data/x.csv": ""},
        image=make_image(workdir="/srv", layout=layout),
        command=make_command("uvicorn app.main:app", cwd="/srv"),
    )
    assert failure_code(space, failing(NO_FILE, f"{ERRNO}'app/data/x.csv'")) == "HFS206"
    assert failure_code(space, failing(NO_FILE, f"{ERRNO}'backend/app/data/x.csv'")) == "HFS403"


def test_a_gradio_space_too() -> None:
    space = make_gradio_space(untracked={"data/x.csv": ""})
    assert failure_code(space, failing(NO_FILE, f"{ERRNO}'data/x.csv'")) == "HFS206"


# -- another case, a COPY that finds nothing, a pointer, OAuth


@pytest.mark.parametrize(
    ("kinds", "message", "tracked"),
    [
        (NO_MODULE, "No module named 'Local'", "local.py"),
        (NO_MODULE, "No module named 'pkg.Deep'", "pkg/deep.py"),
        (NO_FILE, f"{ERRNO}'Data/x.CSV'", "data/x.csv"),
        ("RuntimeError Exception", "Directory 'Static' does not exist", "static/x.css"),
    ],
)
def test_a_name_in_another_case(kinds: str, message: str, tracked: str) -> None:
    assert failure_code(make_space({tracked: ""}), failing(kinds, message)) == "HFS207"
    assert failure_code(make_space({tracked: "", tracked.title(): ""}), failing(kinds, message)) != "HFS206"


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("data", "/app/data", f"{ERRNO}'data/x.csv'"),
        ("./data/", "/app/data", f"{ERRNO}'data/x.csv'"),
        ("data/x.csv", "/app/data/", f"{ERRNO}'data/x.csv'"),
    ],
)
def test_a_copy_that_finds_nothing_is_the_builds_finding(source: str, target: str, message: str) -> None:
    space = holding("data/x.csv")
    image = make_image(space.files.tracked, copies=(Copy(source, target, 5, found=False),))
    assert failure_code(replace(space, image=image), failing(NO_FILE, message)) == "HFS311"
    found = make_image(space.files.tracked, copies=(Copy(source, target, 5, found=True),))
    assert failure_code(replace(space, image=found), failing(NO_FILE, message)) == "HFS206"


@pytest.mark.parametrize(
    ("copy", "code"),
    [
        (Copy("app", "/app/app", 5, found=False), "HFS311"),
        (Copy("app", "/app/app", 5, found=True), "HFS401"),
        (Copy("static", "/app/static", 5, found=False), "HFS401"),
        (Copy("app/main.py", "/app/app/main.py", 5, found=False), "HFS311"),
        (Copy("notes.txt", "/app/app", 5, found=False), "HFS401"),
    ],
)
def test_a_start_command_whose_target_no_copy_brings(copy: Copy, code: str) -> None:
    space = make_space(
        command=make_command("uvicorn app.main:app"), image=make_image(("main.py",), copies=(copy,))
    )
    message = 'Error loading ASGI app. Could not import module "app.main".'
    rehearsal = failing("uvicorn.importer.ImportFromStringError Exception", message, where=None)
    assert failure_code(space, rehearsal) == code


@pytest.mark.parametrize(
    ("content", "used", "code"),
    [
        (POINTER, use("/app/model.bin", found=True), "HFS203"),
        (POINTER, use("/app/model.bin", 9, found=True), "HFS203"),  # opened on another line
        (POINTER, use("/app/model.bin", found=True)._replace(where=Where("other.py", 9)), "HFS403"),
        (POINTER, use("/app/model.bin", found=True, write=True), "HFS403"),
        ("version 2", use("/app/model.bin", found=True), "HFS403"),
    ],
)
def test_an_exception_of_the_line_that_reads_a_pointer(content: str, used: FileUse, code: str) -> None:
    rehearsal = failing("_pickle.UnpicklingError Exception", "invalid load key, 'v'.", files=(used,))
    space = make_space({"model.bin": content})
    assert failure_code(space, rehearsal) == code
    assert read_pointer(space, rehearsal) == ("model.bin" if code == "HFS203" else "")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (CARD, "HFS110"),
        (f"{CARD}hf_oauth: false\n", "HFS110"),
        (f"{CARD}hf_oauth: true\n", "HFS403"),
    ],
)
def test_oauth_that_the_card_does_not_ask_for(card: str, code: str) -> None:
    said = "OAuth is required but 'OAUTH_CLIENT_ID' environment variable is not set. Make sure you've enabled"
    assert failure_code(make_space(card=card), failing("ValueError Exception", said)) == code


@pytest.mark.parametrize(
    "message", ["'" * 5000, "not found " * 5000, "'\0' not found", "../" * 3000 + " missing"]
)
def test_hostile_messages(message: str) -> None:
    raised: Raised = make_raised(NO_FILE, message)
    assert lost_of(holding("x"), make_rehearsal(), raised) is None
