"""Which variables an app asks for: by which line, with which default, in which phase."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Rehearsal
from pytest_hfspace.rehearsal.facts import Read

from .rehearse import Case, rehearse, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

APP = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            os.getenv("AT_" + message["type"].partition(".")[2].upper())
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    os.getenv("IN_A_ROUTE", "yes")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""

#: statement -> (name, default, required) of the reads that it makes
ACCESSORS: dict[str, list[tuple[str, str | None, bool]]] = {
    "quiet(lambda: os.environ['A0'])": [("A0", None, True)],
    "os.environ.get('A1')": [("A1", None, False)],
    "os.environ.get('A2', 'two')": [("A2", "two", False)],
    "os.environ.get('A3', '')": [("A3", "", False)],
    "os.environ.get('A4', 4)": [("A4", "4", False)],
    "os.environ.get('A5', default=None)": [("A5", None, False)],
    "os.environ.get('A6', ['x'])": [("A6", "<list>", False)],
    "os.environ.get('A7', pathlib.Path('p'))": [("A7", f"<{type(Path()).__name__}>", False)],
    "os.getenv('B1')": [("B1", None, False)],
    "os.getenv('B2', 'two')": [("B2", "two", False)],
    "getenv('B3', key_of)": [("B3", None, True)],
    "'C1' in os.environ": [("C1", None, False)],
    "'C2' not in environ": [("C2", None, False)],
    "quiet(lambda: os.environ.pop('D1'))": [("D1", None, True)],
    "os.environ.pop('D2', None)": [("D2", None, False)],
    "os.environ.setdefault('D3', 'three')": [("D3", "three", False)],
    "os.environb.get(b'E1', b'one')": [("E1", "one", False)],
    "os.getenvb(b'E2')": [("E2", None, False)],
    "os.path.expandvars('$F1/${F2}')": [("F1", None, False), ("F2", None, False)],
    "[os.getenv(f'G{n}') for n in (1, 2)]": [("G1", None, False), ("G2", None, False)],
    "os.getenv(prefix + 'H1')": [("APP_H1", None, False)],
    "read('I1')": [("I1", None, False)],
}
READER = 9  # the line of ``def read``'s own access

COPIES = (
    "dict(os.environ)",
    "{**os.environ}",
    "os.environ.copy()",
    "list(os.environ.items())",
    "{k: v for k, v in os.environ.items()}",
    "{k: os.environ[k] for k in os.environ}",
    "[os.environ[k] for k in os.environ]",
    "sum(len(os.environ[k]) for k in os.environ)",
    "sorted(os.environ)",
    "list(os.environ.values())",
    "os.environ == {}",
    "os.environ | {'X': '1'}",
    "len(os.environ)",
    "str(os.environ)",
    "every()",
)

HEAD = """\
import os, pathlib
from os import environ, getenv
prefix = 'APP_'
def key_of(): pass
def quiet(call):
    try: call()
    except KeyError: pass
def read(name):
    return os.environ.get(name)
def every():
    for name in os.environ:
        os.environ[name]
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    code = HEAD + "\n".join(ACCESSORS) + "\n" + APP
    copies = HEAD + "\n".join(COPIES) + "\n" + APP
    return side_by_side(
        tmp_path_factory.mktemp("environ"),
        {
            "accessors": Case(code),
            "copies": Case(copies, env={"GIVEN": "1"}),
            "given": Case("import os\nos.environ['GIVEN']\n" + APP, env={"GIVEN": "1"}),
        },
    )


def own(rehearsal: Rehearsal) -> list[Read]:
    return [read for read in rehearsal.reads if read.own]


@pytest.mark.parametrize("statement", ACCESSORS)
def test_every_way_to_ask(seen: dict[str, Rehearsal], statement: str) -> None:
    line = HEAD.count("\n") + 1 + list(ACCESSORS).index(statement)
    names = [name for name, _, _ in ACCESSORS[statement]]
    reads = [read for read in own(seen["accessors"]) if read.name in names]
    assert [(read.name, read.default, read.required) for read in reads] == ACCESSORS[statement]
    assert {str(read.where) for read in reads} == {f"main.py:{READER if 'read(' in statement else line}"}
    assert {(read.phase, read.given, read.reader) for read in reads} == {("import", False, "os")}


def test_the_phase_is_that_of_the_first_time(seen: dict[str, Rehearsal]) -> None:
    phases = {read.name: (read.phase, read.default) for read in own(seen["accessors"])}
    assert phases["AT_STARTUP"] == ("startup", None)
    assert phases["IN_A_ROUTE"] == ("serve", "yes")
    assert phases["AT_SHUTDOWN"] == ("shutdown", None)


def test_a_copy_asks_for_nothing(seen: dict[str, Rehearsal]) -> None:
    assert {read.name for read in own(seen["copies"])} == {"AT_STARTUP", "IN_A_ROUTE", "AT_SHUTDOWN"}


def test_what_was_given(seen: dict[str, Rehearsal]) -> None:
    (read,) = (read for read in own(seen["given"]) if read.name == "GIVEN")
    assert (read.given, read.required, str(read.where)) == (True, True, "main.py:2")


PYDANTIC = """
import os
from enum import Enum
from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

class Mode(Enum):
    fast = "quick"

class Base(BaseSettings):
    inherited: str = "base"

class Settings(Base):
    model_config = SettingsConfigDict(env_prefix="app_")
    name: str
    port: int = 8000
    token: SecretStr = SecretStr("hush")
    tags: list[str] = Field(default_factory=list)
    mode: Mode = Mode.fast
    one: str = Field("1", alias="ALIAS")
    two: str = Field("2", validation_alias="VALIDATION")
    three: str = Field("3", validation_alias=AliasChoices("FIRST", "SECOND"))
    four: int = Field(4, validation_alias=AliasPath("PATH_OF", 0))
    passed: str = "x"

class Database(BaseModel):
    host: str
    port: int = 5432

class Nested(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__")
    database: Database

Settings(passed="y", name="n")
Settings(passed="y")
Nested()
"""


def test_pydantic_settings(tmp_path: Path) -> None:
    pytest.importorskip("pydantic_settings")
    rehearsal = rehearse(tmp_path, Case(PYDANTIC + APP, env={"APP_PORT": "1"}))
    reads = {read.name: read for read in own(rehearsal) if read.reader == "pydantic_settings"}
    assert {
        name: (read.where.line if read.where else None, read.default, read.required, read.type)
        for name, read in reads.items()
    } == {
        "APP_INHERITED": (11, "base", False, "str"),
        "APP_NAME": (15, None, True, "str"),
        "APP_PORT": (16, "8000", False, "int"),
        "APP_TOKEN": (17, None, False, "secret"),
        "APP_TAGS": (18, None, False, "json"),
        "APP_MODE": (19, "quick", False, ""),
        "ALIAS": (20, "1", False, "str"),
        "VALIDATION": (21, "2", False, "str"),
        "FIRST": (22, "3", False, "str"),
        "PATH_OF": (23, "4", False, "int"),
        "DATABASE__HOST": (27, None, True, "str"),
        "DATABASE__PORT": (28, "5432", False, "int"),
    }
    assert [name for name, read in reads.items() if read.secret] == ["APP_TOKEN"]
    assert [name for name, read in reads.items() if read.given] == ["APP_PORT"]
    assert {stand_in.name for stand_in in rehearsal.stand_ins} == {"APP_NAME", "DATABASE__HOST"}
    assert rehearsal.served


LIBRARIES = {
    "decouple": (
        """
        import os
        from decouple import config
        config("X1", default="one")
        config("X2", default=2, cast=int)
        config("X3")
        """,
        {"X1": (4, "one", False), "X2": (5, "2", False), "X3": (6, None, True)},
    ),
    "environs": (
        """
        import os
        from environs import Env
        env = Env()
        env.str("X1", "one")
        env.int("X2", default=2)
        env("X3")
        with env.prefixed("APP_"):
            env.bool("X4", default=None)
        """,
        {"X1": (5, "one", False), "X2": (6, "2", False), "X3": (7, None, True), "APP_X4": (9, None, False)},
    ),
    "starlette": (
        """
        import os
        from starlette.config import Config
        config = Config()
        config("X1", default="one")
        config("X2", cast=int, default=2)
        config("X3")
        """,
        {"X1": (5, "one", False), "X2": (6, "2", False), "X3": (7, None, True)},
    ),
    "dotenv": (
        """
        import os
        from dotenv import load_dotenv
        load_dotenv()
        os.getenv("X1", "one")
        """,
        {"X1": (5, "one", False)},
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_settings_libraries(tmp_path: Path, library: str) -> None:
    pytest.importorskip(library)
    code, expected = LIBRARIES[library]
    rehearsal = rehearse(tmp_path, Case(textwrap.dedent(code) + APP))
    assert {
        read.name: (read.where.line if read.where else None, read.default, read.required)
        for read in own(rehearsal)
        if "X" in read.name
    } == expected
    assert rehearsal.served
    assert {stand_in.name for stand_in in rehearsal.stand_ins} == {n for n, e in expected.items() if e[2]}


def test_what_a_library_reads_is_not_the_apps(tmp_path: Path) -> None:
    library = (
        "import os\nCACHE = os.getenv('THE_CACHE', '/c')\n"
        "def client():\n    return os.environ.get('THE_TOKEN')\n"
    )
    code = "import os, sys\nsys.path.insert(0, 'venv/site-packages')\nimport hub\nhub.client()\n" + APP
    files = {"venv/site-packages/hub/__init__.py": library}
    rehearsal = rehearse(tmp_path, Case(code, files=files))
    reads = {read.name: read for read in rehearsal.reads}
    assert (reads["THE_CACHE"].own, reads["THE_CACHE"].where) == (False, None)
    assert (reads["THE_TOKEN"].own, reads["THE_TOKEN"].where) == (False, None)
    assert {read.name for read in own(rehearsal)} == {"AT_STARTUP", "IN_A_ROUTE", "AT_SHUTDOWN"}
    assert [read.name for read in rehearsal.reads if read.name.startswith("UVICORN") and read.own] == []


THROUGH = {
    # a library of settings of its own, one that is only called by the app, and one that calls the app back
    "site-packages/hub.py": (
        "from starlette.config import Config\n"
        "AT_IMPORT = Config()('HUB_AT_IMPORT', default='1')\n"
        "def connect():\n    return Config()('HUB_IN_A_CALL', default='2')\n"
        "def calls(call):\n    return call()\n"
    ),
    # a settings library itself, while the app imports it
    "site-packages/everett.py": "import os\nos.environ.get('EVERETT_AT_IMPORT')\n",
    "settings.py": (
        "import everett\nfrom starlette.config import Config\n"
        "AT_IMPORT = Config()('APP_AT_IMPORT', default='3')\n"
        "def mode():\n    return Config()('APP_IN_A_CALL', default='4')\n"
    ),
}


def test_what_a_library_reads_with_a_settings_library_is_not_the_apps(tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    code = (
        "import os, sys\nsys.path.insert(0, 'site-packages')\n"
        "import hub, settings\nhub.connect()\nhub.calls(settings.mode)\n" + APP
    )
    rehearsal = rehearse(tmp_path, Case(code, files=THROUGH))
    assert rehearsal.served
    reads = {read.name: (read.own, str(read.where), read.default, read.reader) for read in rehearsal.reads}
    assert {name: read for name, read in reads.items() if name.startswith("APP_")} == {
        "APP_AT_IMPORT": (True, "settings.py:3", "3", "starlette"),
        "APP_IN_A_CALL": (True, "settings.py:5", "4", "starlette"),
    }
    assert {name: read[:2] for name, read in reads.items() if name.startswith(("HUB_", "EVERETT_"))} == {
        "EVERETT_AT_IMPORT": (False, "None"),
        "HUB_AT_IMPORT": (False, "None"),
        "HUB_IN_A_CALL": (False, "None"),
    }


def test_a_flood_of_names_is_cut(tmp_path: Path) -> None:
    rehearsal = rehearse(tmp_path, Case("import os\nfor n in range(20000): os.getenv(f'N{n}')\n" + APP))
    assert rehearsal.served
    assert 1000 < len(rehearsal.reads) < 3000
