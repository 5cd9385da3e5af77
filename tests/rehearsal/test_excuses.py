"""Failures that only the rehearsal brought about, and those that look like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal.excuses import Excuses, is_network
from pytest_hfspace.rehearsal.facts import Raised, chain
from pytest_hfspace.rehearsal.layout import Layout, make_layout
from pytest_hfspace.rehearsal.log import Log
from pytest_hfspace.space import Space, read_space
from tests.helpers import write_space

from .rehearse import CARD

DOCKERFILE = 'FROM python:3.12\nWORKDIR /app\nCOPY . .\n{}CMD ["uvicorn", "main:app"]\n'


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Space, Layout]]:
    run = getattr(request, "param", "")
    files = {"README.md": CARD, "Dockerfile": DOCKERFILE.format(run), "main.py": "", "models/m.bin": "m"}
    space = read_space(write_space(tmp_path_factory.mktemp("excuses") / "space", files))
    layout = make_layout(space, "/app")
    yield space, layout
    layout.remove()


def raised(kind: str, message: str = "", cause: Raised | None = None) -> Raised:
    return Raised((kind, "builtins.Exception"), message, None, cause)


@pytest.fixture
def log(made: tuple[Space, Layout]) -> Callable[..., Log]:
    return lambda *targets: Log(made[1], connects=list(targets))


def excuses(
    made: tuple[Space, Layout], here: str = "3.12.1", missing: tuple[str, ...] = (), **stand_ins: str
) -> Excuses:
    return Excuses(made[0], made[1], here, missing, stand_ins)


@pytest.mark.parametrize(
    ("missing", "error", "excused"),
    [
        ("torch", raised("builtins.ModuleNotFoundError", "No module named 'torch'"), True),
        ("torch", raised("builtins.ModuleNotFoundError", "No module named 'torch.nn'"), True),
        ("pillow", raised("builtins.ModuleNotFoundError", "No module named 'PIL'"), True),
        ("scikit-learn", raised("builtins.ModuleNotFoundError", "No module named 'sklearn'"), True),
        ("my-package", raised("builtins.ModuleNotFoundError", "No module named 'my_package'"), True),
        ("torch", raised("builtins.RuntimeError", "x", raised("builtins.ImportError", "needs torch")), True),
        ("torch", raised("builtins.ModuleNotFoundError", "No module named 'torchvision'"), False),
        ("torch", raised("builtins.ModuleNotFoundError", "No module named 'helpers'"), False),
        ("torch", raised("builtins.ValueError", "torch"), False),
        ("", raised("builtins.ModuleNotFoundError", "No module named 'torch'"), False),
    ],
)
def test_a_package_that_is_not_installed_here(
    made: tuple[Space, Layout], missing: str, error: Raised, excused: bool
) -> None:
    reason = excuses(made, missing=(missing,) if missing else ()).common(error)
    assert bool(reason) is excused
    if excused:
        assert reason == f"{missing} is declared but not installed here"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (raised("builtins.ModuleNotFoundError", "No module named 'gradio'"), ("gradio",)),
        (raised("builtins.ModuleNotFoundError", "No module named 'gradio.themes'"), ("gradio",)),
        (raised("x.Y", "", raised("builtins.ImportError", "No module named PIL")), ("pillow",)),
        (raised("builtins.ModuleNotFoundError", "No module named 'gradio_client'"), ()),
        (raised("builtins.ImportError", "cannot import name 'x' from 'gradio'"), ()),
        (raised("builtins.ValueError", "No module named 'gradio'"), ()),
    ],
)
def test_what_the_sdk_brings_and_is_not_installed_here(
    made: tuple[Space, Layout], error: Raised, wanted: tuple[str, ...]
) -> None:
    found = replace(excuses(made), missing_beside=("gradio", "pillow"))
    assert found.wanted_beside(error) == wanted
    assert found.common(error) == (f"{wanted[0]} is not installed here" if wanted else "")


@pytest.mark.parametrize(
    ("missing", "script", "reason"),
    [
        (("alembic",), "alembic", "alembic is declared but not installed here"),
        (("yoyo-migrations",), "yoyo", "yoyo-migrations is declared but not installed here"),
        (("flask-migrate",), "alembic", "alembic is not installed here"),
        ((), "alembic", ""),
    ],
)
def test_a_program_that_is_not_installed_here(
    made: tuple[Space, Layout], missing: tuple[str, ...], script: str, reason: str
) -> None:
    absent = raised("hfspace_child.launch.NotInstalled", f"{script} is not installed here")
    assert excuses(made, missing=missing).common(raised("builtins.SystemExit", "x", absent)) == reason


def test_a_path_of_the_image_that_this_machine_lacks(made: tuple[Space, Layout]) -> None:
    there = raised("builtins.FileNotFoundError", "[Errno 2] No such file or directory: '/app/models/m.bin'")
    nowhere = raised("builtins.FileNotFoundError", "[Errno 2] No such file or directory: '/app/models/n.bin'")
    inside = str(made[1].inside("/app/models/m.bin"))
    moved = raised("builtins.FileNotFoundError", f"[Errno 2] No such file or directory: '{inside}'")
    found = excuses(made)
    assert (
        found.common(there)
        == "the app opens /app/models/m.bin, which exists in the image but not on this machine"
    )
    assert found.common(nowhere) == found.common(moved) == ""


@pytest.mark.parametrize("made", ["RUN wget -O model.bin https://example.com/m\n"], indirect=True)
def test_a_file_that_a_build_step_may_make(made: tuple[Space, Layout]) -> None:
    assert "build step" in excuses(made).common(
        raised("builtins.FileNotFoundError", "[Errno 2] No such file or directory: 'model.bin'")
    )
    assert excuses(made).common(raised("builtins.ValueError", "bad")) == ""


def test_an_older_interpreter(made: tuple[Space, Layout]) -> None:
    error = raised("builtins.SyntaxError", "invalid syntax")
    assert (
        excuses(made, here="3.10.4").common(error) == "the Space runs Python 3.12, and this is Python 3.10.4"
    )
    assert excuses(made).common(error) == ""
    assert excuses(made, here="3.13.0").common(error) == ""
    assert excuses(made, here="3.10.4").common(raised("builtins.NameError", "x")) == ""


def test_a_stand_in_may_be_to_blame(log: Callable[..., Log], made: tuple[Space, Layout]) -> None:
    found = excuses(made, API_KEY="x")
    assert "a real value of API_KEY" in found.start(raised("x.AuthenticationError", "401"), log())
    assert found.start(raised("builtins.NameError", "name 'x' is not defined"), log()) == ""
    assert excuses(made).start(raised("x.AuthenticationError", "401"), log()) == ""


@pytest.mark.parametrize(
    ("kind", "target", "excused"),
    [
        ("httpx.ConnectError", "api.example.com:443", True),
        ("socket.gaierror", "db:5432", True),
        ("sqlalchemy.exc.OperationalError", "10.0.0.3:5432", True),
        ("builtins.ConnectionRefusedError", "127.0.0.1:6379", False),
        ("builtins.ConnectionRefusedError", "localhost:6379", False),
        ("builtins.ValueError", "api.example.com:443", False),
    ],
)
def test_a_peer_that_cannot_be_reached(
    log: Callable[..., Log], made: tuple[Space, Layout], kind: str, target: str, excused: bool
) -> None:
    reason = excuses(made).start(raised(kind), log(target))
    assert reason == (f"start-up needs {target}, which could not be reached from here" if excused else "")
    assert excuses(made).start(raised(kind), log()) == ""


def test_the_chain_of_causes() -> None:
    error = raised("a.B", cause=raised("c.D", cause=raised("socket.timeout.TimeoutError")))
    assert [each.kind for each in chain(error)] == ["B", "D", "TimeoutError"]
    assert is_network(error)
    assert not is_network(raised("builtins.KeyError"))


@pytest.mark.parametrize(
    ("made", "message", "excused"),
    [
        ("ENV DB=sqlite:////app/models/x.db\n", "unable to open database file", True),
        ("ENV DB=/app/models/x.db\n", "(sqlite3.OperationalError) unable to open database file (…)", True),
        ("ENV DB=sqlite:////app/none/x.db\n", "unable to open database file", False),
        ("ENV DB=sqlite:////tmp/x.db\n", "unable to open database file", False),
        ("ENV DB=sqlite:////x.db\n", "unable to open database file", False),
        ("ENV DB=sqlite:////app/models/x.db\n", "no such table: users", False),
        ("", "unable to open database file", False),
    ],
    indirect=["made"],
)
def test_a_database_where_only_the_image_has_room(
    log: Callable[..., Log], made: tuple[Space, Layout], message: str, excused: bool
) -> None:
    error = raised("sqlite3.OperationalError", message)
    reason = excuses(made).common(error)
    assert bool(reason) is excused
    assert reason == "" or "whose directory exists in the image but not on this machine" in reason
    before = raised("builtins.SystemExit", "alembic upgrade head ended with exit code 1")
    assert excuses(made).start(before, log(), f"Traceback …\n{message}") == reason
    assert excuses(made).start(before, log(), "") == ""


@pytest.mark.parametrize("made", ["RUN mkdir /app/data\n"], indirect=True)
def test_a_directory_of_the_image_that_may_not_be_made_here(made: tuple[Space, Layout]) -> None:
    found = excuses(made)
    denied = "[Errno 13] Permission denied: '{}'"
    assert "exists in the image" in found.common(
        raised("builtins.PermissionError", denied.format("/app/data"))
    )
    outside = found.common(raised("builtins.PermissionError", denied.format("/srv/data")))
    assert outside == "the app writes /srv/data, and a rehearsal leaves this machine as it is"


ASKS = "import os\nFOLDER = '/data' if os.path.isdir('/data') else '/tmp'\n"


@pytest.mark.parametrize(
    ("code", "is_here", "excused"),
    [(ASKS, True, True), (ASKS, False, False), ("open('/data/x')\n", True, False)],
)
def test_a_mount_that_this_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, is_here: bool, excused: bool
) -> None:
    files = {"README.md": "---\nsdk: docker\n---\n", "main.py": code}
    files["Dockerfile"] = 'FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["uvicorn", "main:app"]\n'
    space = read_space(write_space(tmp_path / "space", files))
    layout = make_layout(space, "/app")
    try:
        monkeypatch.setattr(
            "pytest_hfspace.rehearsal.excuses.MOUNT", str(tmp_path if is_here else "/no-such")
        )
        said = "[Errno 2] No such file or directory: '/data/x'"
        found = excuses((space, layout)).common(raised("builtins.FileNotFoundError", said))
        assert bool(found) is excused, found
    finally:
        layout.remove()
