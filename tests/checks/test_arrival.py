from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.check import Result
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.rehearsal.facts import FileUse, Rehearsal, Where
from pytest_hfspace.space import Space, read_space
from pytest_hfspace.space.files import SUBMODULE, Tracked
from pytest_hfspace.space.image import Copy
from pytest_hfspace.space.untracked import Untracked, is_untracked, look
from tests.checks.factories import (
    make_failure,
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_route,
    make_space,
    make_static_space,
    make_visit,
    only_finding,
    outcome,
)
from tests.helpers import git

BY_CODE = {check.code: check for check in CATALOGUE}
UNTRACKED, CASE, ANSWERS = BY_CODE["HFS206"], BY_CODE["HFS207"], BY_CODE["HFS501"]

NO_MODULE = "ModuleNotFoundError ImportError Exception"
NO_FILE = "FileNotFoundError OSError Exception"
ERRNO = "[Errno 2] No such file or directory: "


def raising(kinds: str, message: str, line: int = 3, **changes: Any) -> Rehearsal:
    raised = make_raised(kinds, message, Where("main.py", line))
    return make_rehearsal(failure=make_failure("import", raised=raised), **changes)


def answering(message: str, **changes: Any) -> Rehearsal:
    """An app that came up, and whose route raises."""
    raised = make_raised(NO_FILE, message, Where("main.py", 9))
    visit = make_visit(status=500, raised=raised, problem="")
    return make_rehearsal(visits=(visit,), routes=(make_route(),), **changes)


def holding(*untracked: str, main: str = "", **files: str) -> Space:
    return make_space({"main.py": main, **files}, untracked=dict.fromkeys(untracked, ""))


UNSEEN = make_rehearsal(impossible="nothing can be rehearsed here")


def messages(result: Result) -> list[tuple[str, int | None, str]]:
    return [(finding.path, finding.line, finding.message) for finding in result.findings]


# -- HFS206: what is left alone


@pytest.mark.parametrize(
    ("space", "rehearsal"),
    [
        (make_space(), make_rehearsal()),
        (make_gradio_space(), make_rehearsal()),
        (holding("scratch.py", main="try:\n    import scratch\nexcept ImportError: pass"), UNSEEN),
        (holding("scratch.py", main="def f():\n    import scratch"), UNSEEN),
        (holding("scratch.py", main="if TYPE_CHECKING:\n    import scratch"), UNSEEN),
        (holding("json.py", "uvicorn/__init__.py", main="import json, fastapi, uvicorn"), UNSEEN),
        (holding("scratch.py", main="import sys\nsys.path.append(here)\nimport scratch"), UNSEEN),
        (holding("pkg/x.py", main="from pkg import x", **{"pkg/__init__.py": "x = 1"}), UNSEEN),
        (holding("x.js"), make_rehearsal(files=(FileUse("/app/x.js", Where("main.py", 3), found=False),))),
        (holding("local.py", main="import local"), make_rehearsal()),
        (holding("data/x.csv"), answering("division by zero")),
        (holding(".env"), answering(f"{ERRNO}'.env'")),
    ],
)  # fmt: skip
def test_nothing_is_missing(space: Space, rehearsal: Rehearsal) -> None:
    result = outcome(UNTRACKED, space, rehearsal)
    assert result.findings == ()
    assert (result.outcome, result.reason) in (("passed", ""), ("skipped", rehearsal.impossible))


@pytest.mark.parametrize(
    ("space", "rehearsal", "reason"),
    [
        (make_static_space(), UNSEEN, "a static Space runs no process"),
        (make_space(), UNSEEN, "nothing can be rehearsed here"),
        (make_space(), raising("ValueError", "no"), "needs HFS403"),
        (make_space(), raising(NO_MODULE, "No module named 'numpy'"), "needs HFS303"),
        (make_space({"data.csv": ""}), raising(NO_FILE, f"{ERRNO}'Data.csv'"), "needs HFS207"),
    ],
)
def test_what_cannot_be_seen_is_skipped(space: Space, rehearsal: Rehearsal, reason: str) -> None:
    result = outcome(UNTRACKED, space, rehearsal)
    assert (result.outcome, result.reason) == ("skipped", reason)


# -- HFS206: what is found


@pytest.mark.parametrize(
    ("untracked", "main", "line", "message"),
    [
        ("local.py", "import os\nimport local", 2, "local is imported, and git does not track local.py"),
        ("local/__init__.py", "from local import x", 1,
         "local is imported, and git does not track local/__init__.py"),
        ("lib/x.py", "from lib import x", 1, "lib.x is imported, and git does not track lib/x.py"),
        ("lib/x.py", "import lib.x as y", 1, "lib.x is imported, and git does not track lib/x.py"),
        ("pkg/x.py", "from pkg import y, x", 1, "pkg.x is imported, and git does not track pkg/x.py"),
        ("pkg/x.py", "from pkg.x import y", 1, "pkg.x is imported, and git does not track pkg/x.py"),
    ],
)  # fmt: skip
def test_an_import_is_enough_where_nothing_was_rehearsed(
    untracked: str, main: str, line: int, message: str
) -> None:
    space = holding(untracked, main=main, **{"pkg/__init__.py": ""})
    finding = only_finding(UNTRACKED, space, UNSEEN)
    assert (finding.level, finding.path, finding.line, finding.message) == ("error", "main.py", line, message)
    assert finding.hint == f"git add {untracked}"
    assert finding.consequence.startswith(
        "The Space's log ends with \"ModuleNotFoundError: No module named '"
    )


def test_the_import_and_the_failed_start_are_one_finding_and_a_second_module_another() -> None:
    space = holding("local.py", "other.py", main="import local\nimport other")
    result = outcome(UNTRACKED, space, raising(NO_MODULE, "No module named 'local'", 1))
    assert messages(result) == [
        ("main.py", 1, "local is imported, and git does not track local.py"),
        ("main.py", 2, "other is imported, and git does not track other.py"),
    ]


def test_a_file_of_the_start() -> None:
    space = holding("data/x.csv")
    finding = only_finding(UNTRACKED, space, raising(NO_FILE, f"{ERRNO}'data/x.csv'"))
    assert (finding.path, finding.line) == ("main.py", 3)
    assert finding.message == "data/x.csv is opened, and git does not track it"
    assert finding.hint == "git add data/x.csv"


def test_a_folder_that_only_is_written_to_is_to_be_made() -> None:
    use = FileUse("/app/data/x.db", Where("main.py", 3), found=False, write=True)
    rehearsal = raising("sqlite3.OperationalError", "unable to open database file", files=(use,))
    finding = only_finding(UNTRACKED, holding("data"), rehearsal)
    assert finding.hint == 'make it before it is used: os.makedirs("data", exist_ok=True)'


@pytest.mark.parametrize(
    ("copy", "hint"),
    [
        (Copy(".", "/app", 5, found=True), "git add data/x.csv"),
        (Copy("data/", "/app/data", 5, found=True), "git add data/x.csv"),
        (Copy("main.py", "/app", 5, found=True),
         "git add data/x.csv, and COPY data into the image in the Dockerfile"),
    ],
)  # fmt: skip
def test_what_the_dockerfile_does_not_copy_either(copy: Copy, hint: str) -> None:
    space = replace(holding("data/x.csv"), image=make_image(("main.py",), copies=(copy,)))
    finding = only_finding(UNTRACKED, space, raising(NO_FILE, f"{ERRNO}'data/x.csv'"))
    assert finding.hint == hint


def test_a_route_that_needs_it_is_one_finding() -> None:
    space, rehearsal = holding("data/x.csv"), answering(f"{ERRNO}'/app/data/x.csv'")
    finding = only_finding(UNTRACKED, space, rehearsal)
    assert (finding.path, finding.line) == ("main.py", 9)
    assert finding.consequence.startswith("The Space runs")
    route = make_route()
    answered = outcome(ANSWERS, space, rehearsal, space_route=route, route=route)
    assert (answered.outcome, answered.reason) == ("skipped", "needs HFS206")


def test_another_fault_of_that_route_is_still_told() -> None:
    lost = make_visit(status=500, raised=make_raised(NO_FILE, f"{ERRNO}'data/x.csv'", Where("main.py", 9)))
    other = make_visit(
        kind="empty body", status=500, raised=make_raised("ValueError", "no", Where("main.py", 7))
    )
    route = make_route()
    rehearsal = make_rehearsal(visits=(lost, other), routes=(route,))
    finding = only_finding(ANSWERS, holding("data/x.csv"), rehearsal, space_route=route, route=route)
    assert "ValueError" in finding.message


def test_a_name_of_odd_characters_stays_on_its_line() -> None:
    space = holding("a\nb.csv")
    rehearsal = raising("RuntimeError", "Directory 'a\nb.csv' does not exist")
    assert "\n" not in "".join(
        finding.message + finding.hint for finding in outcome(UNTRACKED, space, rehearsal).findings
    )


# -- HFS206: on disk


def test_what_git_says_of_a_path(tmp_path: Path) -> None:
    root = tmp_path / "repository" / "space"
    for name in (
        "README.md",
        "data/x.csv",
        "new.py",
        "-f",
        "static/.keep",
        ".venv/x",
        "a/.env",
        "lib/deep/y.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    (root / "static/.keep").unlink()
    (root / ".gitignore").write_text("# all\n\n*.csv\nlib/\n", encoding="utf-8")
    git(root.parent, "init", "-q")
    git(root.parent, "add", "space/README.md", "space/.gitignore")
    files = read_space(root).files
    seen = {
        name: look(files, name) for name in ("data/x.csv", "data", "new.py", "-f", "static", "lib/deep/y.py")
    }
    assert {name: (each.kind, each.rule and each.rule[1:]) for name, each in seen.items()} == {
        "data/x.csv": ("file", (3, "*.csv")),
        "data": ("directory", None),
        "new.py": ("file", None),
        "-f": ("file", None),
        "static": ("empty directory", None),
        "lib/deep/y.py": ("file", (4, "lib/")),
    }
    assert {
        name for name in (".venv/x", "a/.env", "README.md", "no", "../x") if is_untracked(files, name)
    } == set()
    space = replace(make_space(), files=files)
    finding = only_finding(UNTRACKED, space, raising(NO_FILE, f"{ERRNO}'data/x.csv'"))
    assert finding.message.endswith('git does not track it: space/.gitignore:3 ignores "*.csv"')
    assert finding.hint == "git add -f data/x.csv"
    folder = only_finding(UNTRACKED, space, raising("RuntimeError", "Directory 'static' does not exist"))
    assert folder.message == "the folder static is needed and is empty here: git keeps no empty folder"
    assert folder.hint.startswith("touch static/.gitkeep && git add static/.gitkeep, or make it before")


def test_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("", encoding="utf-8")
    assert look(read_space(tmp_path).files, "x.csv") == Untracked("x.csv")


# -- HFS207: what is left alone


@pytest.mark.parametrize(
    ("main", "files"),
    [
        ("import models.user", {"models/user.py": ""}),
        ("import PIL, Crypto, OpenSSL, IPython, MySQLdb", {"pil.py": "", "Models/x.py": ""}),
        ("import fastapi, uvicorn", {"FastAPI/__init__.py": "", "Uvicorn.py": ""}),
        ("try:\n    import Local\nexcept ImportError:\n    import local", {"local.py": ""}),
        ("def f():\n    import Local", {"local.py": ""}),
        ("import Json", {"json/x.txt": ""}),
        ('@app.get("/Static/x")\ndef f(): return 1\nopen("other")', {"static/x": ""}),
        ('media = "text/HTML"\nload("Qwen/Qwen2")\nopen("x")', {"text/html": "", "other/qwen2": ""}),
        ('open("Data/x.csv", "w")\nPath("Data/x.csv").open("a")', {"data/x.csv": ""}),
        ('open("Data/x.csv", mode=m)', {"data/x.csv": ""}),
        ('open("Data/x.csv")', {"data/x.csv": "", "Data/x.csv": ""}),
        ('open("Data/x.csv")', {"data/x.csv": "", "DATA/x.csv": ""}),
        ('try:\n    open("Data/x.csv")\nexcept OSError:\n    pass', {"data/x.csv": ""}),
        ('if os.path.exists("Data/x.csv"):\n    open("Data/x.csv")', {"data/x.csv": ""}),
        ('with suppress(FileNotFoundError):\n    open("Data/x.csv")', {"data/x.csv": ""}),
        ('open(name + "Data/x.csv")\nopen(f"{x}/Data/x.csv")', {"data/x.csv": ""}),
        ('open("https://x/Data/x.csv")\nopen("/Data/x.csv")', {"data/x.csv": ""}),
        ('Data = {"Data/x.csv": open}', {"data/x.csv": ""}),
        ('HERE = Path(__file__).parent\nopen(HERE / "data" / "x.csv")', {"data/x.csv": ""}),
    ],
)
def test_names_that_are_right_or_not_known_to_be_wrong(main: str, files: dict[str, str]) -> None:
    result = outcome(CASE, make_space({"main.py": main, **files}), UNSEEN)
    assert [finding for finding in result.findings if finding.level != "note"] == []
    assert result.outcome in ("passed", "noted")


def test_a_file_that_the_rehearsal_found_is_there() -> None:
    space = make_space({"main.py": 'open("Data/x.csv")', "data/x.csv": ""})
    use = FileUse("Data/x.csv", Where("main.py", 1), found=True)
    assert outcome(CASE, space, make_rehearsal(files=(use,))).outcome == "passed"


def test_what_the_build_makes_may_be_the_right_one() -> None:
    files = {"main.py": 'open("Data/x.csv")', "data/x.csv": ""}
    image = make_image(files, not_followed=("line 3: RUN makes files",))
    assert outcome(CASE, make_space(files, image=image), UNSEEN).outcome == "passed"


@pytest.mark.parametrize(
    ("space", "rehearsal", "reason"),
    [
        (make_space({"main.py": "import_module(x)"}), UNSEEN,
         "'main.py', line 1, computes the name of a module"),
        (make_space(), raising("ValueError", "no"), "needs HFS403"),
        (make_space(dockerfile=None), UNSEEN, "needs HFS108"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_looked_for(space: Space, rehearsal: Rehearsal, reason: str) -> None:
    result = outcome(CASE, space, rehearsal)
    assert (result.outcome, result.reason) == ("skipped", reason)


# -- HFS207: what is found


@pytest.mark.parametrize(
    ("main", "tracked", "message", "hint"),
    [
        ("import Local", "local.py",
         "Local is imported, and the repository has local.py", "import local, or"),
        ("from Models import user", "models/user.py",
         "Models.user is imported, and the repository has models/user.py", "import models.user, or"),
        ("from models.User import x", "models/user.py",
         "models.User is imported, and the repository has models/user.py", "import models.user, or"),
        ("from models import User", "models/user.py",
         "models.User is imported, and the repository has models/user.py", "import models.user, or"),
        ('x = open("Data/x.csv").read()', "data/x.csv",
         "Data/x.csv is opened, and the repository has data/x.csv", "write data/x.csv, or rename it: git mv"),
        ('x = pd.read_csv("./data/X.csv")', "data/x.csv",
         "data/X.csv is opened, and the repository has data/x.csv", "write data/x.csv, or"),
        ('StaticFiles(directory="Static")', "static/x.css",
         "Static is opened, and the repository has static", "write static, or rename it: git mv static"),
        ('Jinja2Templates("Templates")', "templates/x.html",
         "Templates is opened, and the repository has templates", "write templates, or"),
        ('HERE = Path(__file__).parent\nx = (HERE / "Data" / "x.csv").read_text()', "data/x.csv",
         "Data/x.csv is opened, and the repository has data/x.csv", "write data/x.csv"),
        ('x = Image.open("Logo.PNG")', "logo.png",
         "Logo.PNG is opened, and the repository has logo.png", "write logo.png"),
        ('def f():\n    return FileResponse("/app/Logo.png")', "logo.png",
         "Logo.png is opened, and the repository has logo.png", "write logo.png"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rehearsal", [UNSEEN, raising("ValueError", "no")])
def test_a_name_in_another_case(
    main: str, tracked: str, message: str, hint: str, rehearsal: Rehearsal
) -> None:
    finding = only_finding(CASE, make_space({"main.py": main, tracked: ""}), rehearsal)
    assert (finding.level, finding.path, finding.message) == ("error", "main.py", message)
    assert finding.line == main.count("\n") + 1
    assert finding.hint.startswith(hint)


def test_what_the_code_says_and_what_the_start_met_are_one_finding() -> None:
    space = make_space({"main.py": '\n\nopen("Data/x.csv")', "data/x.csv": ""})
    finding = only_finding(CASE, space, raising(NO_FILE, f"{ERRNO}'Data/x.csv'"))
    assert (finding.path, finding.line) == ("main.py", 3)


def test_a_route_that_opens_it_in_another_case() -> None:
    space, rehearsal = make_space({"data/x.csv": ""}), answering(f"{ERRNO}'/app/Data/x.csv'")
    assert only_finding(CASE, space, rehearsal).line == 9
    route = make_route()
    assert outcome(ANSWERS, space, rehearsal, space_route=route, route=route).reason == "needs HFS207"


@pytest.mark.parametrize("make", [make_space, make_gradio_space, make_static_space])
def test_two_names_that_differ_by_case_only_are_a_note(make: Any) -> None:
    finding = only_finding(CASE, make({"a/Logo.png": "", "a/logo.png": "", "B": "", "b": ""}))
    assert (finding.level, finding.path) == ("note", "a/logo.png")
    assert finding.message == "a/Logo.png and logo.png differ by case only (and 1 more pair)"


def test_a_gradio_space_in_another_case() -> None:
    space = make_gradio_space({"app.py": "import Util", "util.py": ""})
    assert only_finding(CASE, space, UNSEEN).message == "Util is imported, and the repository has util.py"


@pytest.mark.parametrize(
    "main", ["open(" * 80 + ")" * 80, "open('\\ud800Data')", "open(*a)", "open()", "open(b'Data/x')\nload(1)"]
)
def test_hostile_calls(main: str) -> None:
    assert outcome(CASE, make_space({"main.py": main, "data/x": ""}), UNSEEN).findings == ()


def test_many_files_are_compared_in_time() -> None:
    names = {f"static/d{n % 97}/f{n}.js": "" for n in range(20_000)}
    main = 'open("Static/d1/f1.js")\n' + "\n".join(f'open("Static/d{n}/f{n}.js")' for n in range(50))
    space = make_space({"main.py": main, **names})
    started = time.perf_counter()
    assert len(outcome(CASE, space, UNSEEN).findings) == 50
    assert time.perf_counter() - started < 5


# -- databases, whole packages, submodules


def asking(message: str, use: FileUse, kinds: str = "sqlite3.OperationalError Exception") -> Rehearsal:
    raised = make_raised(kinds, message, use.where)
    return make_rehearsal(visits=(make_visit(status=500, raised=raised),), files=(use,))


DATABASE = FileUse("/app/app.db", Where("main.py", 9), found=False, write=True, database=True)


@pytest.mark.parametrize(
    ("untracked", "message"),
    [((), "no such table: t"), (("app.db",), 'near "selct": syntax error'), (("b.db",), "no such table: t")],
)
def test_a_database_that_the_app_makes_is_not_missed(untracked: tuple[str, ...], message: str) -> None:
    assert outcome(UNTRACKED, holding(*untracked), asking(message, DATABASE)).outcome == "passed"


def test_a_database_that_lies_here_and_would_not_arrive() -> None:
    space, rehearsal = holding("app.db"), asking("no such table: t", DATABASE)
    finding = only_finding(UNTRACKED, space, rehearsal)
    assert finding.message == "app.db is opened, and git does not track it"
    assert "git lfs track" in finding.hint
    assert finding.predicts == "RUNNING"
    assert outcome(ANSWERS, space, rehearsal, space_route=make_route()).reason == "needs HFS206"


def test_a_package_that_is_not_tracked_is_added_at_once() -> None:
    main = "from services.db import q\n"
    space = holding("services", "services/__init__.py", "services/db.py", main=main)
    rehearsal = raising(NO_MODULE, "No module named 'services'", 1)
    finding = only_finding(UNTRACKED, space, rehearsal)
    assert finding.hint == "git add services"


def test_a_module_of_a_submodule() -> None:
    space = holding("vendor/lib/a.py", main="import vendor.lib.a\n")
    space.files.tracked["vendor/lib"] = Tracked("vendor/lib", SUBMODULE)
    finding = only_finding(UNTRACKED, space, UNSEEN)
    assert "is a submodule, which the Hub does not fetch" in finding.message
    assert "git add" not in finding.hint


def test_a_folder_in_another_case_is_renamed_whole() -> None:
    space = holding(main="import Services\n", **{"services/__init__.py": "", "services/db.py": ""})
    rehearsal = raising(NO_MODULE, "No module named 'Services'", 1)
    assert (
        "git mv services services-new && git mv services-new Services"
        in only_finding(CASE, space, rehearsal).hint
    )
