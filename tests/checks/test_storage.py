"""8xx: what the app writes, where it may, and what of it lasts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_hfspace.check import Skip
from pytest_hfspace.checks.build.image_user import copy_owner, user
from pytest_hfspace.checks.causes import failure_code
from pytest_hfspace.checks.lifecycle.storage import (
    CHECKS,
    cache_home,
    data_ephemeral,
    mount_assumed,
    write_denied,
)
from pytest_hfspace.checks.serve.answers import examine_visits
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import FileUse, Raised, Rehearsal, Where
from pytest_hfspace.rehearsal.ownership import is_refused
from pytest_hfspace.space import Space
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.image import docker_image

from .factories import (
    make_failure,
    make_gradio_space,
    make_raised,
    make_read,
    make_rehearsal,
    make_route,
    make_settings,
    make_space,
    make_static_space,
    make_visit,
    only_finding,
    outcome,
)

LINE = Where("main.py", 3)
USER = "RUN useradd -m -u 1000 user\n"
ROOTS = "WORKDIR /app\nCOPY . .\n" + USER + "USER user\n"
OWN = USER + "USER user\nWORKDIR /home/user/app\nCOPY --chown=user . .\n"
NOBODY = "WORKDIR /app\nCOPY . .\n"
HOMELESS = "WORKDIR /app\nCOPY . .\nUSER 1000\n"


def built(steps: str = NOBODY, **changes: Any) -> Space:
    """A Space whose Dockerfile has these steps."""
    text = f'FROM python:3.12-slim\n{steps}CMD ["uvicorn", "main:app"]\n'
    files = {"Dockerfile": text, **changes.pop("files", {})}
    space = make_space(files, **changes)
    dockerfile = parse_dockerfile(text, "Dockerfile")
    return replace(space, dockerfile=dockerfile, image=docker_image(dockerfile, space.files))


def denied(path: str = "x.txt", kinds: str = "PermissionError OSError") -> Raised:
    return make_raised(kinds, f"[Errno 13] Permission denied: '{path}'", LINE)


def wrote(*paths: str, **changes: Any) -> Rehearsal:
    uses = tuple(FileUse(path, LINE, found=False, write=True, phase="serve") for path in paths)
    return make_rehearsal(files=uses, **changes)


def failed(raised: Raised, *paths: str) -> Rehearsal:
    return wrote(*paths, failure=make_failure(raised=raised))


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS801-write-denied", "error", Stage.RUNTIME_ERROR),
        ("HFS802-data-ephemeral", "warn", Stage.RUNNING),
        ("HFS803-cache-home", "error", Stage.RUNTIME_ERROR),
        ("HFS809-mount-assumed", "error", Stage.RUNTIME_ERROR),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
@pytest.mark.parametrize("steps", [OWN, ROOTS, NOBODY, HOMELESS])
def test_an_app_that_writes_nothing(check: Any, steps: str) -> None:
    assert outcome(check, built(steps)).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_without_evidence(check: Any) -> None:
    assert outcome(check, built(), make_rehearsal(impossible="no command")).reason == "no command"
    broken = make_rehearsal(failure=make_failure(message="it broke"))
    assert outcome(check, built(), broken).reason == "the app did not come up: it broke"


@pytest.mark.parametrize("check", [write_denied, cache_home])
def test_only_a_docker_image_says_who_may_write(check: Any) -> None:
    for space in (make_gradio_space(), make_static_space()):
        assert outcome(check, space).applicable is False


# -- who may write where


@pytest.mark.parametrize(
    ("steps", "path", "refused"),
    [
        (ROOTS, "/app/x", True),
        (ROOTS, "/var/log/x.log", True),
        (ROOTS, "/tmp/x", False),
        (ROOTS, "/data/x", False),
        (ROOTS, "~/.cache/x", False),
        (ROOTS + "ENV HOME=/root\n", "~/.cache/x", True),
        (ROOTS.replace("USER user", "RUN chown -R user /app\nUSER user"), "/app/x", False),
        (ROOTS.replace("USER user", "RUN ./setup.sh\nUSER user"), "/app/x", False),
        (OWN, "/home/user/app/x", False),
        (OWN, "~/x", False),
        (HOMELESS, "~/.cache/x", True),
        (HOMELESS + "ENV HOME=/tmp\n", "~/.cache/x", False),
        (HOMELESS.replace("1000", "1000:1000"), "/app/x", True),
        ("RUN useradd -u 1000 user\nUSER user\n", "~/.cache/x", True),
        # who the Hub runs these as is disputed, and healthy Spaces are like that
        (NOBODY, "/app/x", False),
        (NOBODY, "~/.cache/x", False),
        (NOBODY + "USER root\n", "/app/x", False),
        (NOBODY + "RUN useradd -u 1001 app\nUSER app\n", "/app/x", False),
    ],
)
def test_what_is_refused_for_certain(steps: str, path: str, refused: bool) -> None:
    assert is_refused(built(steps).image, path) is refused


def test_without_an_image_nothing_is_refused() -> None:
    assert not is_refused(None, "/app/x")
    assert not is_refused(make_gradio_space().image, "/app/x")


# -- HFS801


@pytest.mark.parametrize(
    "raised",
    [
        denied("x.txt"),
        denied("/app/x.txt"),
        make_raised("ValueError", "no log", LINE, cause=denied("/app/x.txt")),
        make_raised("SystemExit", "1", None),
    ],
)
def test_a_refused_write_ends_the_start(raised: Raised) -> None:
    rehearsal = failed(raised, "/app/x.txt")
    assert rehearsal.failure is not None
    output = "Traceback (most recent call last):\nPermissionError: [Errno 13] Permission denied: '/app/x.txt'"
    rehearsal = replace(rehearsal, failure=rehearsal.failure._replace(output=output, where=LINE))
    space = built(ROOTS)
    finding = only_finding(write_denied, space, rehearsal)
    assert finding.message == ("main.py:3 writes /app/x.txt, and user id 1000 may not: /app belongs to root")
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", 2, "error")
    assert finding.predicts is None
    assert "[Errno 13] Permission denied" in finding.consequence or "no log" in finding.consequence
    assert "RUN chown user /app" in finding.hint
    assert failure_code(space, rehearsal) == "HFS801"
    for check in (user, copy_owner):
        assert outcome(check, space, rehearsal).reason == "needs HFS801"


@pytest.mark.parametrize(
    "message",
    [
        "(sqlite3.OperationalError) unable to open database file",
        "attempt to write a readonly database",
    ],
)
@pytest.mark.parametrize("where", [LINE, None])
def test_sqlite_does_not_say_which_file(message: str, where: Where | None) -> None:
    uses = (FileUse("/app/app.db", where, found=False, write=True),)
    raised = make_raised("sqlalchemy.exc.OperationalError", message, LINE)
    rehearsal = make_rehearsal(failure=make_failure(raised=raised), files=uses)
    assert "/app/app.db" in only_finding(write_denied, built(ROOTS), rehearsal).message
    elsewhere = replace(rehearsal, files=(uses[0]._replace(where=Where("main.py", 99)),))
    assert failure_code(built(ROOTS), elsewhere) == "HFS403"


def test_a_refused_write_ends_a_request() -> None:
    route = make_route("POST", "/add")
    visit = make_visit("POST /add", status=500, raised=denied("names.txt"))
    rehearsal = wrote("/app/names.txt", visits=(visit, visit), routes=(route,))
    finding = only_finding(write_denied, built(ROOTS), rehearsal)
    assert finding.message.startswith("POST /add: main.py:3 writes /app/names.txt, and user id 1000 may not")
    assert finding.predicts is Stage.RUNNING
    assert "Permission denied: 'names.txt'" in finding.consequence
    with pytest.raises(Skip, match="needs HFS801"):
        examine_visits(built(ROOTS), rehearsal, route)


@pytest.mark.parametrize("steps", [NOBODY, OWN, ROOTS.replace("USER user", "RUN ./x.sh\nUSER user")])
def test_what_is_not_refused_on_the_space_is_no_finding(steps: str) -> None:
    rehearsal = failed(denied("/app/x.txt" if steps != OWN else "x.txt"))
    assert outcome(write_denied, built(steps), rehearsal).findings == ()
    assert failure_code(built(steps), rehearsal) == "HFS403"


def test_a_refused_write_that_the_app_survives_is_another_checks() -> None:
    rehearsal = wrote("/app/x.txt")
    assert outcome(write_denied, built(ROOTS), rehearsal).reason == "needs HFS315"
    assert outcome(copy_owner, built(ROOTS), rehearsal).outcome == "warned"
    assert outcome(write_denied, built(NOBODY), rehearsal).reason == "needs HFS314"


def test_of_an_unknown_image_nobody_can_tell() -> None:
    space = built("RUN ./setup.sh\n" + ROOTS)
    assert outcome(write_denied, space, wrote("/app/x")).reason == (
        "whether user 1000 may write /app/x is not known"
    )


def test_reading_what_may_not_be_read_is_no_write() -> None:
    raised = make_raised("FileNotFoundError OSError", "[Errno 2] No such file or directory: '/app/x'", LINE)
    assert outcome(write_denied, built(ROOTS), failed(raised)).findings == ()


# -- HFS803


def test_a_cache_without_a_home() -> None:
    rehearsal = failed(denied("~/.cache"), "~/.cache/models")
    finding = only_finding(cache_home, built(HOMELESS), rehearsal)
    assert finding.message == (
        "the app writes ~/.cache, and user id 1000 may not: the image has no user of that id, so ~ is /"
    )
    assert (finding.path, finding.line, finding.level) == ("main.py", 3, "error")
    assert "Permission denied: '/.cache'." in finding.consequence
    assert failure_code(built(HOMELESS), rehearsal) == "HFS803"
    assert outcome(write_denied, built(HOMELESS), rehearsal).findings == ()
    assert outcome(user, built(HOMELESS), rehearsal).reason == "needs HFS803"


def test_a_home_that_is_somebody_elses() -> None:
    space = built(ROOTS + "ENV HOME=/root\n")
    finding = only_finding(cache_home, space, failed(denied("~/.cache/x")))
    assert "~ is /root, which is not that user's" in finding.message
    assert "'/root/.cache'" in finding.consequence


def test_a_cache_without_a_user_is_a_warning_of_another_check() -> None:
    result = outcome(cache_home, built(NOBODY), wrote("~/.cache/x"))
    assert result.reason == "needs HFS314"
    assert outcome(user, built(NOBODY), wrote("~/.cache/x")).outcome == "warned"


# -- HFS802


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/app.db",
        "/var/tmp/app.db",
        "/dev/shm/app.db",
        "/data/app.db",
        "~/.cache/app.db",
        "/app/cache/app.db",
        "/app/.cache.sqlite",
        "/app/logs/app.db",
        "/app/app.log",
        "/app/output.json",
        "/app/shipped.db",
        "~/stand-in.db",
        "/app/uploads",
        "/app/static/style.css",
        "/app/database.py",
    ],
)
def test_what_need_not_last(path: str) -> None:
    space = built(files={"shipped.db": b"x"})
    assert outcome(data_ephemeral, space, wrote(path)).outcome == "passed"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/app/app.db", "a database"),
        ("/app/data/App.SQLITE3", "a database"),
        ("~/app.sqlite", "a database"),
        ("/srv/x.duckdb", "a database"),
        ("/app/chroma_db/chroma.sqlite3", "an index"),
        ("/app/chroma_db", "an index"),
        ("/app/store/docs.faiss", "an index"),
        ("/app/uploads/cat.png", "what users upload"),
    ],
)
def test_what_is_lost(path: str, kind: str) -> None:
    finding = only_finding(data_ephemeral, built(), wrote(path, path))
    assert finding.message == f"{kind} is kept in {path}, on the disk that a restart empties"
    assert (finding.path, finding.line, finding.level) == ("main.py", 3, "warn")
    assert "volume" in finding.hint


def test_once_for_each_folder() -> None:
    rehearsal = wrote("/app/chroma_db", "/app/chroma_db/chroma.sqlite3", "/app/uploads/a", "/app/uploads/b")
    assert len(outcome(data_ephemeral, built(), rehearsal).findings) == 2


def test_an_upload_that_is_deleted_again() -> None:
    space = built(files={"main.py": "import os\nos.remove(path)\n"})
    assert outcome(data_ephemeral, space, wrote("/app/uploads/a")).outcome == "passed"


def test_what_is_only_read() -> None:
    uses = (FileUse("/app/app.db", LINE, found=True),)
    assert outcome(data_ephemeral, built(), make_rehearsal(files=uses)).outcome == "passed"


def test_a_librarys_own_below_the_home() -> None:
    uses = (FileUse("~/.lib/history.db", None, found=False, write=True),)
    assert outcome(data_ephemeral, built(), make_rehearsal(files=uses)).outcome == "passed"


@pytest.mark.parametrize(
    ("name", "default", "path"),
    [
        ("DATABASE_URL", "sqlite:///./app.db", "/app/app.db"),
        ("DATABASE_URL", "sqlite:///~/.board/board.db", "~/.board/board.db"),
        ("DATABASE_URL", "", "/app/app.db"),
        ("DATABASE_URL", None, "/app/app.db"),
        ("APP_DATA_DIR", "data", "/app/data/x.sqlite"),
        ("WHERE", "/app/app.db?timeout=1", "/app/app.db"),
    ],
)
def test_the_owner_can_say_where(name: str, default: str | None, path: str) -> None:
    read = make_read(name, default=default)
    finding = only_finding(data_ephemeral, built(), wrote(path, reads=(read,)))
    assert finding.level == "note"
    assert f"unless {name} names another place" in finding.message
    assert name in finding.hint


@pytest.mark.parametrize(
    ("name", "default"),
    [("DATABASE_URL", "postgresql://db/app"), ("TITLE", "x"), ("TITLE", None), ("D", "d")],
)
def test_a_setting_that_does_not_say_where(name: str, default: str | None) -> None:
    reads = (make_read(name, default=default),)
    assert only_finding(data_ephemeral, built(), wrote("/app/app.db", reads=reads)).level == "warn"


def test_a_declared_example_says_where() -> None:
    space = built(settings=make_settings(PLACE="/app/app.db"))
    reads = (make_read("PLACE", default="elsewhere"),)
    assert only_finding(data_ephemeral, space, wrote("/app/app.db", reads=reads)).level == "note"


@pytest.mark.parametrize(
    "text",
    ["Data is ephemeral.", "The board is lost at every restart.", "Uploads are not persisted."],
)
def test_a_page_says_that_it_is_lost(text: str) -> None:
    space = built(files={"NOTES.md": text})
    finding = only_finding(data_ephemeral, space, wrote("/app/app.db"))
    assert (finding.level, "as NOTES.md says" in finding.message) == ("note", True)


# -- HFS809

ABSENT = "[Errno 2] No such file or directory: '/data/x.json'"


@pytest.mark.parametrize(
    "raised",
    [
        make_raised("FileNotFoundError OSError", ABSENT, LINE),
        denied("/data"),
        make_raised("OSError", "[Errno 30] Read-only file system: '/data/x'", LINE),
    ],
)
@pytest.mark.parametrize("space", [built(NOBODY), built(OWN), make_gradio_space()])
def test_a_volume_is_assumed(raised: Raised, space: Space) -> None:
    finding = only_finding(mount_assumed, space, failed(raised))
    assert "nothing in the repository makes /data" in finding.message
    assert (finding.path, finding.line, finding.level) == ("main.py", 3, "error")
    assert failure_code(space, failed(raised)) == "HFS809"


def test_a_route_assumes_a_volume() -> None:
    visit = make_visit(status=500, raised=make_raised("FileNotFoundError OSError", ABSENT, LINE))
    finding = only_finding(mount_assumed, built(), make_rehearsal(visits=(visit,)))
    assert finding.message.startswith("GET /: ")
    assert finding.predicts is Stage.RUNNING


@pytest.mark.parametrize(
    "steps",
    ["RUN mkdir -p /data && chmod 777 /data\n", "VOLUME /data\n", "RUN ./setup.sh\n", "COPY seed /data/\n"],
)
def test_the_image_may_have_it(steps: str) -> None:
    space = built(steps + NOBODY, files={"seed": "x"})
    raised = make_raised("FileNotFoundError OSError", ABSENT, LINE)
    assert outcome(mount_assumed, space, failed(raised)).findings == ()


def test_the_repository_tells_of_the_volume() -> None:
    space = built(files={"docs/deploy.md": "Attach a Storage Bucket at `/data`.\n"})
    raised = make_raised("FileNotFoundError OSError", ABSENT, LINE)
    assert only_finding(mount_assumed, space, failed(raised)).level == "note"


@pytest.mark.parametrize("text", ["Put your files into ./data, a volume.", "GET /data-sets", "/data"])
def test_another_data(text: str) -> None:
    raised = make_raised("FileNotFoundError OSError", ABSENT, LINE)
    space = built(files={"docs/deploy.md": text})
    assert only_finding(mount_assumed, space, failed(raised)).level == "error"


@pytest.mark.parametrize("path", ["/app/data/x", "data/x", "/database/x"])
def test_a_folder_of_a_like_name(path: str) -> None:
    raised = make_raised("FileNotFoundError OSError", f"[Errno 2] No such file or directory: '{path}'", LINE)
    assert outcome(mount_assumed, built(), failed(raised)).findings == ()


def test_a_fallback_is_fine() -> None:
    assert outcome(mount_assumed, built(), wrote("/data/x")).outcome == "passed"


def test_what_only_root_may_make() -> None:
    not_tried = wrote("/data", impossible="the app writes /data")
    assert only_finding(mount_assumed, built(NOBODY), not_tried).level == "warn"
    assert outcome(mount_assumed, built("RUN mkdir /data\n"), not_tried).reason == "the app writes /data"
