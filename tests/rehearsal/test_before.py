"""Commands before the server: what ended them, and which of it only this machine brings about."""

from __future__ import annotations

import sys

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import Case, routes, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
APP = routes("odd = fine").code
THEN = "&& uvicorn main:app --host 0.0.0.0 --port 7860"
INSTALLING = f"FROM python:{PYTHON}\nWORKDIR /app\nCOPY . .\n{{}}CMD {{}} {THEN}\n"


def case(command: str, first: str = "", requirements: str = "", seconds: float = 30.0) -> Case:
    step = "RUN pip install -r requirements.txt\n" if requirements else ""
    files = {
        "first.py": first,
        "requirements.txt": requirements,
        "Dockerfile": INSTALLING.format(step, command),
    }
    return Case(APP, seconds, files=files)


CONNECT = "import socket, sys\ntry:\n    socket.create_connection(('db.invalid', 5432), 2)\n"
CASES = {
    "works": case("python first.py", "print('ready')"),
    "exits with 0": case("python first.py", "import sys\nsys.exit(0)"),
    "declared program": case("yoyo apply", requirements="yoyo-migrations\n"),
    "declared module": case("python first.py", "import no_such_tool", "no-such-tool\n"),
    "declared and caught": case(
        "python first.py",
        "import sys\ntry:\n    import no_such_tool\nexcept ImportError:\n    sys.exit(2)",
        "no-such-tool\n",
    ),
    "host": case("python first.py", CONNECT + "finally:\n    pass"),
    "host, and caught": case(
        "python first.py", CONNECT + "except OSError:\n    print('again')\nsys.exit('no database')"
    ),
    "host, and waits": case(
        "python first.py",
        CONNECT + "except OSError:\n    import time\n    time.sleep(60)",
        seconds=3.0,
    ),
    "absent program": case("yoyo apply", requirements="starlette\n"),
    "absent module": case("python first.py", "import no_such_tool", "starlette\n"),
    "raises": case("python first.py", "print('a')\n1 / 0"),
    "exits": case("python first.py", "import sys\nprint('no tables')\nsys.exit(3)"),
    "own host": case(
        "python first.py",
        CONNECT.replace("db.invalid", "127.0.0.1").replace("5432", "9") + "except OSError:\n    sys.exit(4)",
    ),
    "waits": case("python first.py", "import time\ntime.sleep(60)", seconds=2.0),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    return side_by_side(tmp_path_factory.mktemp("before"), CASES)


@pytest.mark.parametrize("name", ["works", "exits with 0"])
def test_a_command_that_goes_well(seen: dict[str, Rehearsal], name: str) -> None:
    assert seen[name].served


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("declared program", "yoyo-migrations is declared but not installed here"),
        ("declared module", "no-such-tool is declared but not installed here"),
        ("declared and caught", "no-such-tool is declared but not installed here"),
        ("host", "start-up needs db.invalid:5432, which could not be reached from here"),
        (
            "host, and caught",
            "`python first.py` ended after it had tried db.invalid:5432, which may not answer here",
        ),
        ("host, and waits", "`python first.py` waits for db.invalid:5432, which does not answer here"),
    ],
)
def test_what_only_this_machine_brings_about(seen: dict[str, Rehearsal], name: str, reason: str) -> None:
    assert seen[name].impossible == reason
    assert seen[name].failure is None


@pytest.mark.parametrize(
    ("name", "ending", "cause", "line"),
    [
        (
            "absent program",
            "yoyo apply ended with exit code 127",
            "NotInstalled: yoyo is not installed",
            None,
        ),
        (
            "absent module",
            "python first.py ended with exit code 1",
            "ModuleNotFoundError: No module named",
            1,
        ),
        ("raises", "python first.py ended with exit code 1", "ZeroDivisionError: division by zero", 2),
        ("exits", "python first.py ended with exit code 3", "SystemExit: 3", 3),
        ("own host", "python first.py ended with exit code 4", "SystemExit: 4", 5),
    ],
)
def test_what_would_end_the_space_as_well(
    seen: dict[str, Rehearsal], name: str, ending: str, cause: str, line: int | None
) -> None:
    failure = seen[name].failure
    assert failure is not None
    assert seen[name].impossible == ""
    assert failure.raised is not None
    assert failure.raised.message == ending
    assert str(failure.raised.cause).startswith(cause)
    assert failure.output.strip().endswith(ending)
    assert (failure.where.line if failure.where else None) == line


def test_a_command_that_waits_for_nobody(seen: dict[str, Rehearsal]) -> None:
    failure = seen["waits"].failure
    assert failure is not None
    assert (failure.kind, failure.phase) == ("hung", "launch")
