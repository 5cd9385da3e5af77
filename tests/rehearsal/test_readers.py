"""dynaconf, which goes through the whole environment; defaults behind ``or``; who says what is secret."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from pytest_hfspace.options import Settings
from pytest_hfspace.redact import Redactor
from pytest_hfspace.rehearsal import Options, Rehearsal, begin
from pytest_hfspace.rehearsal.facts import Read, Where
from pytest_hfspace.rehearsal.reads import completed, is_listed
from pytest_hfspace.space import read_space
from tests.checks.factories import make_files, make_read
from tests.helpers import write_space

from .rehearse import CARD, COMMAND, Case, rehearse

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

APP = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""

DYNACONF = """
import os
from dynaconf import Dynaconf
settings = Dynaconf(envvar_prefix="MYAPP", settings_files=["settings.toml"])
bare = Dynaconf(envvar_prefix=False)
settings.get("X1", "one")
settings.get("X2", default=2)
settings.X3
settings["X4"]
settings.x5_in_a_file
settings.get("DB.HOST")
try:
    settings.X6
except AttributeError:
    pass
getattr(settings, "X7", "seven")
bare.get("X8")
def every():
    for name in settings:
        settings[name]
every()
settings.to_dict(), settings.as_dict(), settings.items()
"""


def own(rehearsal: Rehearsal) -> dict[str, Read]:
    return {read.name: read for read in rehearsal.reads if read.own}


def test_dynaconf(tmp_path: Path) -> None:
    pytest.importorskip("dynaconf")
    files = {"settings.toml": 'x5_in_a_file = "here"\nX3 = 3\nX4 = 4\n'}
    rehearsal = rehearse(tmp_path, Case(DYNACONF + APP, files=files, env={"MYAPP_X3": "'given'"}))
    assert rehearsal.served, rehearsal.failure
    reads = own(rehearsal)
    assert {
        name: (read.where.line if read.where else None, read.default, read.required, read.given)
        for name, read in reads.items()
    } == {
        "MYAPP_X1": (6, "one", False, False),
        "MYAPP_X2": (7, "2", False, False),
        "MYAPP_X3": (8, None, True, True),
        "MYAPP_X4": (9, None, False, False),
        "MYAPP_DB__HOST": (11, None, False, False),
        "MYAPP_X6": (13, None, True, False),
        "MYAPP_X7": (16, None, True, False),
        "X8": (17, None, False, False),
    }
    assert {read.reader for read in reads.values()} == {"dynaconf"}


# -- defaults behind ``or``

SOURCE = """\
import os
a = os.environ.get("A") or "text"
b = os.getenv("B", "") or 5
c = os.getenv("C") or os.getenv("D") or "both"
e = os.getenv("E") or compute()
f = (os.getenv("F")
     or "below")
g = os.getenv("G", "has") or "other"
h = os.environ["H"] or "never"
for name in ("I1", "I2"):
    read(os.getenv(name) or "each")
k = os.getenv("K") and "no"
l = os.getenv("L") or ""
m = os.getenv("M") or None
"""


def read(name: str, line: int, **changes: object) -> Read:
    return make_read(name, where=Where("main.py", line), **changes)


@pytest.mark.parametrize(
    ("before", "default"),
    [
        (read("A", 2), "text"),
        (read("B", 3, default=""), "5"),
        (read("C", 4), "both"),
        (read("D", 4), "both"),
        (read("F", 6), "below"),
        (read("I1", 11), "each"),
        (read("I2", 11), "each"),
        # none of these has one behind it
        (read("E", 5), None),
        (read("G", 8, default="has"), "has"),
        (read("H", 9, required=True), None),
        (read("K", 12), None),
        (read("L", 13), ""),
        (read("M", 14), None),
        (read("A", 3), None),
        (read("A", 2, own=False), None),
        (Read("A", None), None),
        (Read("A", Where("gone.py", 2)), None),
        (Read("A", Where("broken.py", 1)), None),
    ],
    ids=lambda value: f"{value.name}-{value.where}-{value.own}" if isinstance(value, Read) else "gives",
)
def test_a_default_behind_or(before: Read, default: str | None) -> None:
    files = make_files({"main.py": SOURCE, "broken.py": 'os.getenv("A" or "x\n'})
    (after,) = completed([before], files, ())
    assert after.default == default
    assert (after.name, after.where, after.required) == (before.name, before.where, before.required)


@pytest.mark.parametrize(
    ("name", "globs", "listed"),
    [
        ("LICENCE_CODE", ("licence_*",), True),
        ("licence_code", ("LICENCE_CODE",), True),
        ("LICENCE_CODE", ("CODE",), False),
        ("LICENCE_CODE", (), False),
    ],
)
def test_names_that_the_user_lists(name: str, globs: tuple[str, ...], listed: bool) -> None:
    assert is_listed(name, globs) is listed
    (after,) = completed([make_read(name)], make_files(), globs)
    assert after.secret is listed


def test_a_listed_secret_is_one_in_the_rehearsal(tmp_path: Path) -> None:
    code = 'import os\nA = os.getenv("LICENCE_CODE") or "free"\nB = os.getenv("COLOUR")\n'
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    dockerfile = f"FROM python:{version}\nWORKDIR /app\nCOPY . .\nCMD {COMMAND}\n"
    files = {"README.md": CARD, "Dockerfile": dockerfile, "main.py": code + textwrap.dedent(APP)}
    space = read_space(write_space(tmp_path, files))
    reads = own(begin(space, Options(timeout=30, secrets=("LICENCE_*",))).finish())
    assert {name: (read.secret, read.default) for name, read in reads.items()} == {
        "LICENCE_CODE": (True, "free"),
        "COLOUR": (False, None),
    }


def test_a_listed_secret_is_not_printed() -> None:
    settings = Settings(
        Path(), env=(("LICENCE_CODE", "ab12cd34"), ("COLOUR", "blue")), secrets=("licence_*",)
    )
    assert (settings.is_secret("LICENCE_CODE"), settings.is_secret("COLOUR")) == (True, False)
    assert Redactor(settings)("ab12cd34 is blue") == "<LICENCE_CODE> is blue"
