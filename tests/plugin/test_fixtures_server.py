"""The app in a process of its own, and what it read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import pytest_hfspace
from pytest_hfspace.rehearsal.server import ServerDidNotStart, SpaceServer
from pytest_hfspace.space import read_space
from tests.helpers import git, write_space

from .conftest import PLUGIN
from .project import CARD, SMALL, Project, project

__all__ = ["project"]  # a fixture


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of temporary directories, for this process and those it starts."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return directory


def processes_of(directory: Path) -> list[int]:
    """Processes whose command line or working directory is below a directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            place = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(directory) in words or place.startswith(str(directory)):
            found.append(int(process.name))
    return found


def left_in(directory: Path) -> list[Path | int]:
    """Processes and files; one that is being killed has a moment to go."""
    until = time.monotonic() + 10
    while (left := [*directory.iterdir(), *processes_of(directory)]) and time.monotonic() < until:
        os.sched_yield()
    return left


# -- space_server

SERVER = """
import httpx, os

def test_get(space_server):
    assert space_server.url == f"http://127.0.0.1:{space_server.port}"
    assert space_server.get("/").json()["greeting"] == "hello"
    assert space_server.get("/me", headers={"Cookie": "a=b"}).json() == {"a": "b"}

def test_log(space_server):
    assert space_server.get("/items/42").json() == 42
    assert "asked for 42" in space_server.log

def test_endless(space_server):
    with httpx.stream("GET", space_server.url + "/endless") as answer:
        lines = answer.iter_lines()
        assert [next(lines), next(lines), next(lines)] == ["data: 0", "", "data: 1"]

def test_an_exception_is_a_500(space_server):
    assert space_server.get("/fails").status_code == 500
    assert "Overheated: too hot" in space_server.log

def test_another_process(space_server, space_http):
    space_server.get("/login")
    assert space_http.get("/me").json() == {}
"""


@pytest.mark.parametrize(
    "files",
    [SMALL, {"main.py": SMALL["main.py"]}, {"README.md": "# No card", "main.py": SMALL["main.py"]}],
    ids=["docker", "the app alone", "no card"],
)
def test_space_server(project: Project, temporary: Path, files: dict[str, str]) -> None:
    project.write(SERVER, files)
    project.run().assert_outcomes(passed=5)
    assert not left_in(temporary)


def test_it_has_the_settings_of_the_run(project: Project) -> None:
    project.write(
        """
        def test(space_server): assert space_server.get("/openapi.json").json()["info"]["title"] == "Given"
        """,
        ini="hfspace_env = APP_TITLE=Given",
    )
    project.run().assert_outcomes(passed=1)


def test_under_hfspace(project: Project, temporary: Path) -> None:
    project.write("def test(space_server): assert space_server.get('/').is_success")
    project.run("--hfspace", "--hfspace-select=HFS101", "test_own.py").assert_outcomes(passed=2)
    assert not left_in(temporary)


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys; sys.exit('two\\nlines')", "the process ended with exit code 1"),
        ("api = 1", '*Attribute "app" not found in module "main".'),
    ],
)
def test_a_start_that_fails_is_one_line(project: Project, temporary: Path, app: str, reason: str) -> None:
    project.write(
        "def test_a(space_server): pass\n\ndef test_b(space_server): pass", SMALL | {"main.py": app}
    )
    result = project.run("--tb=short")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["*ERROR at setup of test_a*", f"the app did not start as it would on the Space: {reason}", "_*"],
        consecutive=True,
    )
    assert not left_in(temporary)


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("assert not space_server.get('/').is_success", pytest.ExitCode.TESTS_FAILED),
        ("raise KeyboardInterrupt", pytest.ExitCode.INTERRUPTED),
        ("raise SystemExit(3)", pytest.ExitCode.TESTS_FAILED),
        ("pytest.exit('enough', returncode=7)", 7),
    ],
)
def test_nothing_is_left_after_a_test_that_fails(
    project: Project, temporary: Path, test: str, code: int
) -> None:
    project.write(f"import pytest\n\ndef test_a(space_server):\n    {test}\n\ndef test_b(space_server): pass")
    assert project.run_apart("-x").ret == code
    assert not left_in(temporary)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_is_ended(project: Project, temporary: Path, number: int) -> None:
    project.write(
        "import sys\n\ndef test(space_server):\n    print('ready', flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-m", "pytest", *PLUGIN, "-s", "-p", "no:cacheprovider"]
    command += ["-p", "no:asyncio", "-p", "no:inline_snapshot"]
    with subprocess.Popen(
        command, cwd=project.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        assert run.stdout is not None
        assert any(b"ready" in line for line in run.stdout)
        assert processes_of(temporary)
        run.send_signal(number)
        run.stdout.read()
    assert not left_in(temporary)


def test_without_pytest(tmp_path: Path, temporary: Path) -> None:
    root = write_space(tmp_path / "space", SMALL)
    with SpaceServer(read_space(root)) as server:
        assert server.get().json()["greeting"] == "hello"
        assert server.start() is server
        assert processes_of(temporary)
    assert not left_in(temporary)
    assert "GET / HTTP/1.1" in server.log
    with server:
        assert server.get().is_success
    server.stop()
    assert not left_in(temporary)


def test_without_pytest_a_start_that_fails(tmp_path: Path, temporary: Path) -> None:
    server = SpaceServer(read_space(write_space(tmp_path / "space", SMALL | {"main.py": "1 / 0"})))
    with pytest.raises(ServerDidNotStart, match=r"^it has not been started$"):
        _ = server.port
    with pytest.raises(ServerDidNotStart, match=r"^ZeroDivisionError: division by zero$"):
        server.start()
    assert not left_in(temporary)


# -- space_env

READS = SMALL | {
    "main.py": """\
import os
from fastapi import FastAPI

app = FastAPI(title=os.getenv("APP_TITLE", "Chat"))
key = os.environ["MODEL_KEY"]
os.getenv("APP_TITLE")
"""
}


def test_what_was_read(project: Project) -> None:
    project.write(
        """
        def test(space_env):
            title = space_env["APP_TITLE"]
            assert (title.default, str(title.where), title.required) == ("Chat", "main.py:4", False)
            assert str(space_env["MODEL_KEY"].where) == "main.py:5"
            assert "PATH" not in space_env and set(space_env) == {"APP_TITLE", "MODEL_KEY"}
            assert space_env.required == ("MODEL_KEY",)
            space_env.assert_only_environment()
        """,
        READS,
    )
    project.run().assert_outcomes(passed=1)


def test_what_was_given_is_not_required(project: Project) -> None:
    project.write(
        "def test(space_env): assert space_env.required == () and space_env['MODEL_KEY'].given",
        READS,
        ini="hfspace_env = MODEL_KEY=k",
    )
    project.run().assert_outcomes(passed=1)


ONLY = "def test(space_env): space_env.assert_only_environment()"
BEGINNING = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\n"
DOTENV = {".env": "WORD=hi\n"}


@pytest.mark.parametrize(
    ("app", "others"),
    [
        ("from dotenv import load_dotenv\nload_dotenv()", {}),
        ("from dotenv import load_dotenv\nload_dotenv('.env')", {}),
        ("import os.path\nif os.path.exists('.env'):\n    open('.env')", {}),
        ("try:\n    open('.env')\nexcept FileNotFoundError:\n    pass", {}),
        ("open('.env.example').read()", {".env.example": "WORD=hi\n"}),
        ("os.getenv('API_KEY')", DOTENV),
        ("os.getenv('WORD', 'a-literal')", {}),
    ],
)
def test_only_the_environment(project: Project, app: str, others: dict[str, str]) -> None:
    project.write(ONLY, SMALL | {"main.py": BEGINNING + app} | others)
    project.run().assert_outcomes(passed=1)


def test_the_env_file_of_pydantic_is_looked_for_without_need(project: Project) -> None:
    pytest.importorskip("pydantic_settings")
    app = """\
from fastapi import FastAPI
from pydantic_settings import BaseSettings

class Settings(BaseSettings, env_file=".env"):
    word: str = "hi"

settings = Settings()
app = FastAPI()
"""
    project.write(ONLY, SMALL | {"main.py": app})
    project.run().assert_outcomes(passed=1)
    (project.path / ".env").write_text("WORD=ho\n")
    project.run().assert_outcomes(passed=1)  # not tracked: the Space does not have it
    git(project.path, "add", "-f", ".env")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*main.py:7: opens .env, which is in the repository"])


FOUND = "main.py:4: opens .env, which is in the repository"
NEEDED = (
    "main.py:4: import ends because .env is not there (FileNotFoundError), "
    "wanted: settings from the environment"
)
LITERAL = 'main.py:5: JWT_SECRET has the default "corr…" in code, wanted none'
SECRET = "key = os.getenv('JWT_SECRET', 'correct-horse-battery')"


@pytest.mark.parametrize(
    ("app", "others", "found"),
    [
        ("open('.env').read()", DOTENV, [FOUND]),
        ("open('.env').read()", {}, [NEEDED]),
        (f"open('.env')\n{SECRET}", DOTENV, [FOUND, LITERAL]),
        (f"1 + 1\n{SECRET}", {}, [LITERAL]),
    ],
    ids=["found", "needed", "both", "literal secret"],
)
def test_not_only_the_environment(
    project: Project, app: str, others: dict[str, str], found: list[str]
) -> None:
    project.write(ONLY, SMALL | {"main.py": BEGINNING + app} | others)
    result = project.run("--tb=short")
    result.assert_outcomes(failed=1)
    errors = [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E  ")]
    assert errors == ["AssertionError: configuration that is not from the environment:", *found]


def test_an_app_that_does_not_start_is_not_seen(project: Project) -> None:
    project.write(ONLY, SMALL | {"main.py": "1 / 0"})
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E  *AssertionError: the app did not start: ZeroDivisionError: division by zero"]
    )


def test_no_rehearsal_is_a_skip(project: Project) -> None:
    project.write(ONLY, {"README.md": CARD.replace("docker", "static"), "index.html": ""})
    result = project.run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*the app could not be rehearsed: *"])


# -- the public names


@pytest.mark.parametrize("name", sorted(set(pytest_hfspace.__all__) - {"__version__"}))
def test_public_names(name: str) -> None:
    found = getattr(pytest_hfspace, name)
    assert found.__name__ == name
    assert name in dir(pytest_hfspace)


def test_no_other_names() -> None:
    with pytest.raises(AttributeError, match=r"^module 'pytest_hfspace' has no attribute 'Spaces'$"):
        _ = pytest_hfspace.Spaces


def test_importing_the_package_and_the_fixtures_stays_light() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_hfspace.fixtures, pytest_hfspace;"
        "dir(pytest_hfspace); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.stdout.split() == ["pytest_hfspace", "pytest_hfspace.fixtures"]
