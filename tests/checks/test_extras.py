"""HFS303: what libraries import only when they are asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.build.dependencies import (
    dependency_undeclared,
)

from .factories import (
    make_command,
    make_failure,
    make_image,
    make_raised,
    make_rehearsal,
    make_route,
    make_settings,
    make_site,
    make_space,
    only_finding,
    outcome,
)

FORM = {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}
JSON = {"requestBody": {"content": {"application/json": {}}}}
EITHER = {"requestBody": {"content": {"multipart/form-data": {}, "application/json": {}}}}
EXTRAS = "fastapi\nuvicorn\npydantic\nstarlette\n"


def using(line, rest="", requirements=EXTRAS):
    return make_space({"main.py": f"{line}\n{rest}\n"}, requirements=requirements)


def test_form_data_without_the_package():
    route = make_route("POST", "/login", operation=FORM)

    finding = only_finding(dependency_undeclared, using(""), make_rehearsal(routes=(route,)))

    assert finding.message == (
        "POST /login takes form data, for which FastAPI imports python-multipart, "
        "and no declared package brings it"
    )
    assert finding.hint == "add the line python-multipart to requirements.txt"
    assert (finding.path, finding.line) == ("main.py", 7)


@pytest.mark.parametrize(
    ("requirements", "operation", "own"),
    [
        (f"{EXTRAS}python-multipart\n", FORM, True),
        (EXTRAS, JSON, True),
        (EXTRAS, EITHER, True),
        (EXTRAS, None, True),
        (EXTRAS, {}, True),
        (EXTRAS, FORM, False),
    ],
)
def test_forms_that_need_no_more(requirements, operation, own):
    route = make_route("POST", "/login", operation=operation, own=own)
    space = using("", requirements=requirements)

    assert outcome(dependency_undeclared, space, make_rehearsal(routes=(route,))).outcome == "passed"


@pytest.mark.parametrize(
    ("line", "rest", "package", "at"),
    [
        ("from fastapi.templating import Jinja2Templates", "t = Jinja2Templates('t')", "jinja2", 2),
        (
            "from starlette.middleware.sessions import SessionMiddleware as S",
            "app.add_middleware(S)",
            "itsdangerous",
            1,
        ),
        ("from pydantic import EmailStr", "class A:\n    mail: EmailStr", "email-validator", 3),
    ],
)
def test_what_a_library_imports_when_it_is_asked(line, rest, package, at):
    finding = only_finding(dependency_undeclared, using(line, rest))

    assert finding.hint == f"add the line {package} to requirements.txt"
    assert finding.message.endswith(f"imports {package}, and no declared package brings it")
    assert (finding.level, finding.path, finding.line) == ("error", "main.py", at)
    declared = using(line, rest, f"{EXTRAS}{package}\n")
    assert outcome(dependency_undeclared, declared).outcome == "passed"


@pytest.mark.parametrize("rest", ["", "def later(mail: EmailStr): ..."])
def test_what_is_imported_and_not_used(rest):
    assert outcome(dependency_undeclared, using("from pydantic import EmailStr", rest)).outcome == "passed"


SQL = "fastapi\nsqlalchemy\nhttpx\n"
ENGINE = "from sqlalchemy import create_engine\n"


@pytest.fixture
def machine(tmp_path):
    """An interpreter with the libraries that ask, and nothing of what they ask for."""
    names = [name for name in ALL.split() if name not in ("sqlalchemy", "sqlmodel")]
    site = make_site(
        tmp_path,
        *[(f"{name} 1.0",) for name in names],
        ("sqlalchemy 2.1.4", ('greenlet>=1; extra == "asyncio"',)),
        ("sqlmodel 0.0.50", ("sqlalchemy",)),
    )
    return make_rehearsal(site=site)


ALL = (
    "fastapi\nstarlette\npydantic\npasslib\npyjwt\npandas\nuvicorn\nhttpx\nsqlalchemy\nsqlmodel\ndatabases\n"
    "huggingface-hub\nauthlib\npydub\n"
)


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nclient = httpx.AsyncClient()\n",
        "import httpx\nclient = httpx.AsyncClient(http2=False)\n",
        "from passlib.context import CryptContext\nc = CryptContext(schemes=['pbkdf2_sha256', 'bcrypt'])\n",
        "import jwt\ntoken = jwt.encode({}, 'k', algorithm='HS256')\n",
        "import pandas as pd\nd = pd.read_excel('old.xls')\ne = pd.read_excel('a.xlsx', engine='calamine')\n",
        "import pandas as pd\nd = pd.read_csv('a.csv')\n",
        "if DEBUG:\n    import pandas as pd\n    pd.read_parquet('a')\n",
        "from fastapi.responses import ORJSONResponse, JSONResponse\n",
        ENGINE + "engine = create_engine('sqlite:///x.db')\n",
        ENGINE + "engine = create_engine(url)\nurl.replace('postgres://', 'postgresql://')\n",
        "url = 'postgresql+asyncpg://a/b'\n",
        "import sqlalchemy\nassert url.startswith('postgresql://')\n",
        "from pydantic import EmailStr\n\ndef f(mail: EmailStr): ...\n",
        "import pydub\n",
        "from flask import request\nasync def f():\n    await request.form()\n",
    ],
)
def test_libraries_that_are_asked_for_nothing_more(source, machine):
    space = make_space({"main.py": source, "flask.py": ""}, requirements=ALL)

    assert outcome(dependency_undeclared, space, machine).findings == ()


@pytest.mark.parametrize(
    ("source", "line", "level", "package", "says"),
    [
        ("import httpx\nc = httpx.AsyncClient(http2=True)", 2, "error", "httpx[http2]", "the 'h2' package"),
        ("from httpx import Client as C\ndef f():\n    C(http2=True)", 3, "warn", "httpx[http2]", "'h2'"),
        (
            "from passlib.context import CryptContext\nc = CryptContext(schemes=['bcrypt'])",
            2,
            "warn",
            "bcrypt",
            "no backends available",
        ),
        (
            "from passlib.context import CryptContext as C\nc = C(schemes=['argon2', 'bcrypt'])",
            2,
            "warn",
            "argon2-cffi",
            "argon2: no backends",
        ),
        (
            "import jwt\ndef f(t, k):\n    return jwt.decode(t, k, algorithms=['RS256'])",
            3,
            "warn",
            "pyjwt[crypto]",
            "Do you have cryptography installed?",
        ),
        ("import pandas as pd\nd = pd.read_excel('a.xlsx')", 2, "error", "openpyxl", "'openpyxl'"),
        (
            "import pandas\nd = pandas.read_parquet('a')",
            2,
            "error",
            "pyarrow",
            "Unable to find a usable engine",
        ),
        (
            "import fastapi\nfrom fastapi.responses import ORJSONResponse as R\napp = fastapi.FastAPI(x=R)",
            3,
            "warn",
            "orjson",
            "orjson must be installed",
        ),
        (
            "from pydantic import NameEmail\n@app.get('/')\ndef f(mail: NameEmail): ...",
            3,
            "error",
            "email-validator",
            "pydantic[email]",
        ),
        (
            "import pydantic\nclass A(pydantic.BaseModel):\n    a: list[pydantic.EmailStr] | None = None",
            3,
            "error",
            "email-validator",
            "pydantic[email]",
        ),
        (
            "import fastapi\nasync def f(request):\n    return await request.form()",
            3,
            "warn",
            "python-multipart",
            "must be installed to use form parsing",
        ),
        (
            "from sqlalchemy.ext.asyncio import AsyncSession",
            1,
            "error",
            "sqlalchemy[asyncio]",
            "'greenlet' library",
        ),
        (
            "from sqlmodel.ext.asyncio.session import AsyncSession",
            1,
            "error",
            "sqlalchemy[asyncio]",
            "'greenlet' library",
        ),
        (
            "import huggingface_hub as h\nh.attach_huggingface_oauth(app)",
            2,
            "error",
            "huggingface_hub[oauth]",
            "missing library",
        ),
    ],
)
def test_libraries_that_ask_for_more(source, line, level, package, says, machine):
    space = make_space({"main.py": f"{source}\n"}, requirements=ALL.replace("authlib\n", ""))

    finding = only_finding(dependency_undeclared, space, machine)

    assert (finding.level, finding.path, finding.line) == (level, "main.py", line), finding
    assert finding.hint == f"add the line {package} to requirements.txt"
    assert says in finding.consequence


def test_pydub_on_a_python_without_audioop(machine):
    space = make_space(
        {"main.py": "import pydub\n"}, requirements=ALL, image=make_image(["main.py"], python="3.13")
    )

    assert (
        only_finding(dependency_undeclared, space, machine).hint
        == "add the line audioop-lts to requirements.txt"
    )


@pytest.mark.parametrize(
    ("source", "settings", "line", "level", "package"),
    [
        (ENGINE + "e = create_engine('postgresql://u@h/d')", {}, 2, "error", "psycopg[binary]"),
        (ENGINE + "URL = 'mysql://u@h/d'\ne = create_engine(URL, echo=True)", {}, 2, "error", "mysqlclient"),
        (
            "from sqlmodel import create_engine\ndef f():\n    return create_engine(f'mysql+pymysql://{u}@h/d')",
            {},
            3,
            "warn",
            "pymysql",
        ),
        (
            ENGINE + "e = create_engine(settings.url)",
            {"DB": "postgresql+pg8000://u@h/d"},
            1,
            "warn",
            "pg8000",
        ),
        (
            ENGINE + "e = create_engine(url.replace('postgresql://', 'postgresql+psycopg2://'))",
            {"DB": "postgresql://u@h/d"},
            2,
            "warn",
            "psycopg2-binary",
        ),
        (
            "import os, sqlalchemy as s\nU = os.getenv('U', 'sqlite+aiosqlite:///x')\ne = s.create_engine(U)",
            {},
            2,
            "warn",
            "aiosqlite",
        ),
        ("import databases\nd = databases.Database('sqlite:///x')", {}, 2, "error", "aiosqlite"),
    ],
)
def test_a_driver_that_a_url_names(source, settings, line, level, package, machine):
    space = make_space({"main.py": f"{source}\n"}, requirements=ALL, settings=make_settings(**settings))

    finding = only_finding(dependency_undeclared, space, machine)

    assert (finding.level, finding.line) == (level, line), finding
    assert finding.hint == f"add the line {package} to requirements.txt"


@pytest.mark.parametrize(
    ("version", "package"),
    [("2.0.44", "psycopg2-binary"), ("2.1", "psycopg[binary]"), ("1.4.1", "psycopg2-binary")],
)
def test_the_driver_of_a_url_without_one(version, package, tmp_path):
    site = make_site(tmp_path, (f"sqlalchemy {version}",))
    space = make_space(
        {"main.py": ENGINE + "e = create_engine('postgresql://u@h/d')\n"}, requirements="sqlalchemy\n"
    )

    finding = only_finding(dependency_undeclared, space, make_rehearsal(site=site))

    assert finding.hint == f"add the line {package} to requirements.txt"


@pytest.mark.parametrize("driver", ["psycopg2-binary", "psycopg2"])
def test_any_distribution_of_a_driver_is_enough(driver, tmp_path):
    site = make_site(tmp_path, ("sqlalchemy 2.0",), (f"{driver} 2.9",))
    space = make_space(
        {"main.py": ENGINE + "e = create_engine('postgresql://u@h/d')\n"},
        requirements=f"sqlalchemy\n{driver}\n",
    )

    assert outcome(dependency_undeclared, space, make_rehearsal(site=site)).outcome == "passed"


def test_an_extra_brings_greenlet(tmp_path):
    site = make_site(tmp_path, ("sqlalchemy 2.1", ('greenlet>=1; extra == "asyncio"',)), ("greenlet 3.0",))
    space = make_space(
        {"main.py": "from sqlalchemy.ext.asyncio import create_async_engine\n"},
        requirements="sqlalchemy[asyncio]\n",
    )

    assert outcome(dependency_undeclared, space, make_rehearsal(site=site)).outcome == "passed"


def test_what_the_failure_says_already_is_not_said_twice(machine):
    raised = make_raised("ImportError", "requires that the Python 'greenlet' library is installed")
    rehearsal = replace(machine, failure=make_failure("import", raised=raised), routes=(), imported=())
    space = make_space({"main.py": "import sqlalchemy.ext.asyncio\n"}, requirements=ALL)

    result = outcome(dependency_undeclared, space, rehearsal)

    assert (result.outcome, result.reason) == ("skipped", "needs HFS403")


@pytest.mark.parametrize(
    ("words", "package"),
    [("--loop uvloop", "uvloop"), ("--http=httptools", "httptools"), ("--ws wsproto", "wsproto")],
)
def test_options_of_the_start_command(words, package):
    bare = make_space(command=make_command(f"uvicorn main:app {words}"))
    enough = make_space(
        command=make_command(f"uvicorn main:app {words}"), requirements=f"fastapi\nuvicorn\n{package}\n"
    )

    finding = only_finding(dependency_undeclared, bare)

    assert (finding.level, finding.path, finding.line) == ("error", "Dockerfile", 6)
    assert finding.hint == f"add the line {package} to requirements.txt"
    assert outcome(dependency_undeclared, enough).outcome == "passed"


@pytest.mark.parametrize("words", ["--loop asyncio", "--http h11", "--ws none", "--loop auto", "--reload"])
def test_options_that_need_no_more(words):
    space = make_space(command=make_command(f"uvicorn main:app {words}"))

    assert outcome(dependency_undeclared, space).outcome == "passed"


@pytest.mark.parametrize(
    "source",
    [
        "a" + ".b" * 20_000 + "\n",
        "from pydantic import EmailStr\nx = " + "-" * 900 + "1\n",
        "import sqlalchemy\nsqlalchemy.create_engine()\nsqlalchemy.create_engine(*x, **y)\nf''\n",
        "from sqlalchemy import create_engine\ncreate_engine('postgresql+../../x://a')\n",
    ],
)
def test_sources_that_are_hostile(source, machine):
    space = make_space({"main.py": source}, requirements=ALL)

    assert outcome(dependency_undeclared, space, machine).findings == ()
