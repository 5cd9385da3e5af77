"""An app that cannot start without a setting is given one, and one that fails for else is not."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Rehearsal
from pytest_hfspace.rehearsal.start import MOST_REPEATS

from .rehearse import Case, routes, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

APP = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""

SETTINGS = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
LIBRARY = {
    "site-packages/fakeai.py": (
        "import os\n"
        "class Client:\n"
        "    def __init__(self, api_key=None):\n"
        "        self.key = api_key or os.environ.get('FAKEAI_API_KEY')\n"
        "        if self.key is None:\n"
        "            raise RuntimeError('The api_key option must be set, or the FAKEAI_API_KEY variable')\n"
    )
}

#: code -> the settings that it must be given to start
LACKING: dict[str, tuple[str, set[str]]] = {
    "subscript": ("os.environ['API_KEY']", {"API_KEY"}),
    "several": ("os.environ['A_KEY']; os.environ['B_KEY']; os.environ['C_KEY']", {"A_KEY", "B_KEY", "C_KEY"}),
    "chained": (
        "try: os.environ['API_KEY']\nexcept KeyError as error: raise RuntimeError('no key') from error",
        {"API_KEY"},
    ),
    "RuntimeError": ("if not os.getenv('API_KEY'): raise RuntimeError('API_KEY is not set')", {"API_KEY"}),
    "ValueError": ("if not os.getenv('API_KEY', ''): raise ValueError('set API_KEY')", {"API_KEY"}),
    "AssertionError": ("assert os.getenv('API_KEY'), 'API_KEY'", {"API_KEY"}),
    "SystemExit": ("if not os.getenv('API_KEY'): sys.exit('API_KEY missing')", {"API_KEY"}),
    "printed": (
        "if not os.getenv('API_KEY'):\n    print('Please set API_KEY')\n    sys.exit(1)",
        {"API_KEY"},
    ),
    "logged": (
        (
            "import logging\n"
            "if 'API_KEY' not in os.environ:\n"
            "    logging.error('Missing environment variable: API_KEY')\n    sys.exit(1)"
        ),
        {"API_KEY"},
    ),
    "a library": ("sys.path.insert(0, 'site-packages')\nimport fakeai\nfakeai.Client()", {"FAKEAI_API_KEY"}),
    "int": ("int(os.environ['COUNT_OF'])", {"COUNT_OF"}),
    "int of another name": ("int(os.environ['EVERY'])", {"EVERY"}),
    "json": ("import json\njson.loads(os.environ['CREDENTIALS'])", {"CREDENTIALS"}),
    "length": (
        "if len(os.environ['JWT_SECRET']) < 32: raise ValueError('JWT_SECRET needs at least 32 characters')",
        {"JWT_SECRET"},
    ),
    "pydantic": (SETTINGS + "    token: str\n    url: str\nSettings()", {"TOKEN", "URL"}),
    "pydantic types": (
        "from typing import Literal\nfrom enum import Enum\n"
        "from pydantic import AnyHttpUrl, SecretStr, Field\n"
        "class Kind(Enum):\n    first = 'one'\n"
        + SETTINGS
        + "    a: int\n    b: bool\n    c: AnyHttpUrl\n    d: list[str]\n    e: dict[str, int]\n"
        "    f: Literal['dev', 'prod']\n    g: Kind\n    h: SecretStr = Field(min_length=40)\n"
        "    i: int = Field(ge=1024)\n    j: float = Field(gt=5)\nSettings()",
        set("ABCDEFGHIJ"),
    ),
    "pydantic addresses": (
        "from pydantic import AmqpDsn, MongoDsn, PostgresDsn, RedisDsn\n"
        + SETTINGS
        + "    database_url: PostgresDsn\n    broker: AmqpDsn\n    cache: RedisDsn\n    mongo_uri: MongoDsn\n"
        "settings = Settings()\nassert str(settings.database_url).startswith('postgresql://')",
        {"DATABASE_URL", "BROKER", "CACHE", "MONGO_URI"},
    ),
    "pydantic aliases": (
        "from pydantic import AliasChoices, Field\n" + SETTINGS + "    one: str = Field(alias='MY_ONE')\n"
        "    two: str = Field(validation_alias=AliasChoices('MY_TWO', 'TWO_B'))\nSettings()",
        {"MY_ONE", "MY_TWO"},
    ),
    "pydantic nested": (
        "from pydantic import BaseModel\nclass DB(BaseModel):\n    host: str\n    port: int\n"
        + SETTINGS
        + "    model_config = {'env_nested_delimiter': '__', 'env_prefix': 'my_'}\n    db: DB\nSettings()",
        {"MY_DB__HOST", "MY_DB__PORT"},
    ),
    "decouple": (
        (
            "from decouple import config\nconfig('API_KEY')\n"
            "config('LIMIT_OF', cast=int)\nconfig('IT', cast=bool)"
        ),
        {"API_KEY", "LIMIT_OF", "IT"},
    ),
    "environs": (
        (
            "from environs import Env\nenv = Env()\nenv('API_KEY')\nenv.int('EVERY')\n"
            "env.bool('IT')\nenv.json('J')"
        ),
        {"API_KEY", "EVERY", "IT", "J"},
    ),
}


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rehearsal]:
    cases = {
        name: Case("import os, sys\n" + code + "\n" + APP, files=LIBRARY)
        for name, (code, _) in LACKING.items()
    }
    return side_by_side(tmp_path_factory.mktemp("lacking"), cases)


@pytest.mark.parametrize("name", LACKING)
def test_what_lacks_is_stood_in_for(lacking: Mapping[str, Rehearsal], name: str) -> None:
    seen = lacking[name]
    assert (seen.failure, seen.impossible) == (None, "")
    assert {stand_in.name for stand_in in seen.stand_ins} == LACKING[name][1]
    assert [read.name for read in seen.reads if read.given and read.name in LACKING[name][1]] == []


def test_a_stand_in_names_the_line_that_asked(lacking: Mapping[str, Rehearsal]) -> None:
    (stand_in,) = lacking["subscript"].stand_ins
    assert str(stand_in.where) == "main.py:2"
    assert {(s.name, str(s.where)) for s in lacking["pydantic"].stand_ins} == {
        ("TOKEN", "main.py:4"),
        ("URL", "main.py:5"),
    }


def test_in_the_lifespan(tmp_path: Path) -> None:
    code = "import os\n" + APP.replace(
        "message = await receive()", "message = await receive(); check(message)"
    )
    code = code.replace(
        "async def app", "def check(m): assert os.getenv('API_KEY'), 'no API_KEY'\nasync def app"
    )
    starlette = textwrap.dedent(
        """
        import contextlib, os
        from starlette.applications import Starlette
        @contextlib.asynccontextmanager
        async def lifespan(app):
            os.environ["API_KEY"]
            yield
        app = Starlette(lifespan=lifespan)
        """
    )
    seen = side_by_side(tmp_path, {"starlette": Case(starlette), "bare": Case(code)})
    (stand_in,) = seen["starlette"].stand_ins
    assert (stand_in.name, str(stand_in.where)) == ("API_KEY", "main.py:6")
    assert seen["starlette"].served
    assert seen["bare"].served  # uvicorn takes a lifespan that raises for one that is not supported
    assert seen["bare"].stand_ins == ()


#: code that fails, and with which kind of exception: nothing is to be stood in for
OTHERWISE = {
    "given": ("raise RuntimeError('GIVEN_KEY is wrong: ' + os.environ['GIVEN_KEY'][:1])", "RuntimeError"),
    "a key of a dict": ("os.getenv('API_KEY')\n{}['API_KEY']", "KeyError"),
    "a default": ("os.getenv('MODE_OF', 'dev')\nraise ValueError('MODE_OF dev is not known')", "ValueError"),
    "a default and a key": ("os.getenv('MODE_OF', 'dev')\n{}['MODE_OF']", "KeyError"),
    "a longer name": ("os.getenv('API')\nraise ValueError('API_KEY is not set')", "ValueError"),
    "a shorter name": ("os.getenv('API_KEY_2')\nraise ValueError('API_KEY is not set')", "ValueError"),
    "not asked for": ("raise RuntimeError('API_KEY is not set')", "RuntimeError"),
    "a log line": (
        "os.getenv('DEBUG')\nprint('DEBUG: starting', flush=True)\nsys.exit(3)",
        "SystemExit",
    ),
    "its own defect": ("os.getenv('API_KEY')\n1 / 0", "ZeroDivisionError"),
}


def test_what_fails_for_else_is_the_apps_failure(tmp_path: Path) -> None:
    cases = {
        name: Case("import os, sys\n" + code + "\n" + APP, env={"GIVEN_KEY": "g"})
        for name, (code, _) in OTHERWISE.items()
    }
    seen = side_by_side(tmp_path, cases)
    assert {name: each.stand_ins for name, each in seen.items()} == dict.fromkeys(OTHERWISE, ())
    kinds = {n: each.failure.raised.kind for n, each in seen.items() if each.failure and each.failure.raised}
    assert kinds == {name: kind for name, (_, kind) in OTHERWISE.items()}


def test_it_is_not_started_for_ever(tmp_path: Path) -> None:
    code = "import os\nprint('start', flush=True)\nfor n in range(50):\n    os.environ[f'KEY_{n}']\n"
    (seen,) = side_by_side(tmp_path, {"endless": Case(code + APP)}).values()
    assert not seen.served
    assert len(seen.stand_ins) == MOST_REPEATS


#: what /odd does, and the settings that it is asked once more with, and its answer then
ANSWERS: dict[str, tuple[str, set[str], int]] = {
    "refused": (
        "if not os.getenv('API_KEY'): return answer('API_KEY is not configured', 503)",
        {"API_KEY"},
        200,
    ),
    "refused as JSON": (
        "if not os.getenv('API_KEY'): return answer('{\"detail\": \"missing API_KEY\"}', 500)",
        {"API_KEY"},
        200,
    ),
    "raised": ("os.environ['API_KEY']", {"API_KEY"}, 200),
    "not declared": ("if not os.getenv('OTHER_KEY'): return answer('OTHER_KEY is not set', 503)", set(), 503),
    "not asked for": ("return answer('API_KEY is not set', 503)", set(), 503),
    "not named": ("if not os.getenv('API_KEY'): return answer('not configured', 503)", set(), 503),
    "no lack": ("if not os.getenv('API_KEY'): return answer('API_KEY was used up', 503)", set(), 503),
    "to blame": ("if not os.getenv('API_KEY'): return answer('API_KEY is not set', 401)", set(), 401),
    "still refused": (
        "return answer('API_KEY is not set, or invalid', 503 if os.getenv('API_KEY') else 500)",
        {"API_KEY"},
        503,
    ),
}


def test_an_answer_that_names_a_declared_setting(tmp_path: Path) -> None:
    odd = (
        "def answer(text, status): return PlainTextResponse(text, status)\nasync def odd(request):\n    {}\n"
    )
    odd += "    return answer('there', 200)\n"
    cases = {
        name: replace(routes(odd.format(code)), files={".env.example": "API_KEY=\n"})
        for name, (code, _, _) in ANSWERS.items()
    }
    seen = side_by_side(tmp_path, cases)
    found = {
        name: ({each.name for each in seen[name].stand_ins}, seen[name].of("GET /odd")[0].status)
        for name in ANSWERS
    }
    assert found == {name: (names, status) for name, (_, names, status) in ANSWERS.items()}
    assert {len(each.of("GET /zz")) for each in seen.values()} == {1}


def test_an_app_that_refuses_what_was_made_up_is_judged_without(tmp_path: Path) -> None:
    app = routes(
        """
        key = os.getenv("PROVIDER_KEY")
        if key and not key.startswith("pk_live_"):
            raise RuntimeError("PROVIDER_KEY must start with pk_live_")
        async def odd(request):
            return PlainTextResponse("" if key else "PROVIDER_KEY is not set", 200 if key else 503)
        """
    )
    (seen,) = side_by_side(
        tmp_path, {"app": replace(app, files={".env.example": "PROVIDER_KEY=\n"})}
    ).values()
    assert [visit.status for visit in seen.of("GET /odd")] == [503]
    assert seen.stand_ins == ()
    assert seen.shutdown is not None
    assert not seen.shutdown.timed_out
    assert {"import", "shutdown"} <= seen.timings.keys()
