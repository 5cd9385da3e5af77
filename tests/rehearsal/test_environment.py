"""What the app finds in its environment, and what stands in for what it lacks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_hfspace.contract import BUILTIN_ENVIRONMENT, GRADIO_ENVIRONMENT, OAUTH_ENVIRONMENT
from pytest_hfspace.rehearsal.environment import KEPT, base_environment, stand_in
from pytest_hfspace.rehearsal.facts import Read
from pytest_hfspace.rehearsal.layout import Layout, make_layout
from pytest_hfspace.space import Space, read_space
from tests.helpers import write_space

from .rehearse import CARD, Case, rehearse

CALLER = {
    "HF_TOKEN": "t",
    "GITHUB_TOKEN": "t",
    "AWS_SECRET_ACCESS_KEY": "t",
    "PYTHONPATH": "/caller",
    "PYTHONHOME": "/caller",
    "PYTEST_CURRENT_TEST": "x",
    "PYTEST_XDIST_WORKER": "gw0",
    "VIRTUAL_ENV": "/caller",
    "http_proxy": "http://proxy",
    "HTTPS_PROXY": "http://proxy",
    "HOME": "/caller",
    "USER": "caller",
    "PORT": "1",
    "LD_PRELOAD": "x.so",
    "UVICORN_PORT": "1",
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


def space_of(directory: Path, files: dict[str, str]) -> tuple[Space, Layout]:
    space = read_space(write_space(directory / "space", files))
    workdir = space.command.cwd if space.command else "/app"
    return space, make_layout(space, workdir)


def docker(lines: str = "", card: str = CARD, **files: str) -> dict[str, str]:
    command = 'CMD ["uvicorn", "main:app"]\n'
    text = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\n{lines}\n{command}"
    return {"README.md": card, "Dockerfile": text, "main.py": "app = None\n", **files}


def test_of_the_callers_only_the_machine_is_kept(tmp_path: Path) -> None:
    space, layout = space_of(tmp_path, docker())
    found = base_environment(space, layout, {}, CALLER)
    layout.remove()
    assert {name for name in CALLER if found.get(name) == CALLER[name]} == {"PATH", "LANG", "LC_ALL", "TZ"}
    assert set(found) - set(KEPT) - set(BUILTIN_ENVIRONMENT) - {"PYTHONUSERBASE"} == {
        "HOME",
        "TMPDIR",
        "PYTHON_DOTENV_DISABLED",
        "LC_ALL",
    }
    assert found["HOME"] == str(layout.home)


@pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")
def test_nothing_else_reaches_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(CALLER) - {"PATH", "LANG", "LC_ALL", "TZ", "HOME", "PYTHONHOME", "LD_PRELOAD"}:
        monkeypatch.setenv(name, "canary-7")
    code = (
        "import os\nprint('SEEN', sorted(k for k, v in os.environ.items() if 'canary-7' in v))\n"
        "raise SystemExit(1)\n"
    )
    seen = rehearse(tmp_path / "space", Case(code))
    assert "SEEN []" in seen.output


@pytest.mark.parametrize(
    ("card", "there", "absent"),
    [
        (CARD, BUILTIN_ENVIRONMENT, {**GRADIO_ENVIRONMENT, **OAUTH_ENVIRONMENT}),
        (CARD.replace("sdk: docker", "sdk: docker\nhf_oauth: true"), OAUTH_ENVIRONMENT, GRADIO_ENVIRONMENT),
        (
            CARD.replace("sdk: docker", "sdk: gradio\nsdk_version: 5.0.0\napp_file: main.py"),
            {**BUILTIN_ENVIRONMENT, **GRADIO_ENVIRONMENT},
            OAUTH_ENVIRONMENT,
        ),
    ],
    ids=["docker", "oauth", "gradio"],
)
def test_built_in_variables(tmp_path: Path, card: str, there: dict[str, str], absent: dict[str, str]) -> None:
    space, layout = space_of(tmp_path, docker(card=card))
    found = base_environment(space, layout, {}, {})
    layout.remove()
    assert {name: found.get(name) for name in there} == there
    assert [name for name in absent if name in found] == []


def test_the_images_variables_with_its_paths_moved(tmp_path: Path) -> None:
    lines = (
        "ENV DATA=/app/data PYTHONPATH=/app:/app/src MODEL=/models/x URL=http://h/app HOME=/home/user\n"
        "ENV PATH=/home/user/.local/bin:$PATH LEVEL=info"
    )
    space, layout = space_of(tmp_path, docker(lines, **{"data/x": "", "src/y.py": ""}))
    found = base_environment(space, layout, {"LEVEL": "debug"}, {"PATH": "/usr/bin"})
    layout.remove()
    root = layout.root
    assert found["DATA"] == f"{root}/app/data"
    assert found["PYTHONPATH"] == f"{root}/app:{root}/app/src"
    assert (found["MODEL"], found["URL"]) == ("/models/x", "http://h/app")
    assert (found["PATH"], found["HOME"]) == ("/usr/bin", str(layout.home))
    assert found["LEVEL"] == "debug"  # the user's own word wins


def test_a_database_and_the_start_scripts_variables_are_moved_too(tmp_path: Path) -> None:
    lines = "ENV A=sqlite:////app/data/a.db B=sqlite+aiosqlite:////app/none/b.db C=sqlite:////c.db"
    script = "#!/bin/sh\nexport PYTHONPATH=/app/data D=/app/none\nexec uvicorn main:app\n"
    files = docker(lines, **{"data/x": "", "start.sh": script})
    files["Dockerfile"] = files["Dockerfile"].rpartition("CMD")[0] + 'CMD ["sh", "start.sh"]\n'
    space, layout = space_of(tmp_path, files)
    found = base_environment(space, layout, {}, {})
    layout.remove()
    assert found["A"] == f"sqlite:///{layout.root}/app/data/a.db"
    assert (found["B"], found["C"]) == ("sqlite+aiosqlite:////app/none/b.db", "sqlite:////c.db")
    assert (found["PYTHONPATH"], found["D"]) == (f"{layout.root}/app/data", f"{layout.root}/app/none")


SHAPES = {
    "DATABASE_URL": r"sqlite:///.+\.db",
    "SQLALCHEMY_DATABASE_URI": r"sqlite:.+",
    "DB_READ_URL": r"sqlite:.+",
    "FEEDBACK_URL": r"https://.+",
    "REDIS_URL": r"redis://stand-in\.invalid:6379/0",
    "MONGODB_URI": r"mongodb://.+",
    "SENTRY_DSN": r"https://standin\d+@.+/1",
    "API_BASE": r"https://stand-in\.invalid/.*",
    "CALLBACK_ENDPOINT": r"https://.*",
    "PRIVATE_KEY": r"-----BEGIN PRIVATE KEY-----(?s:.*)",
    "SMTP_PORT": r"\d+",
    "SMTP_HOST": r"stand-in\.invalid",
    "MAX_TOKENS": r"\d+",
    "TIMEOUT_SECONDS": r"\d+",
    "TEMPERATURE": r"0\.5",
    "ENABLE_CACHE": r"false",
    "DEBUG": r"false",
    "ADMIN_EMAIL": r".+@example\.com",
    "LOG_LEVEL": r"INFO",
    "AWS_REGION": r"[a-z]+-[a-z]+-\d",
    "CACHE_DIR": r"/home",
    "OPENAI_API_KEY": r"sk-.+",
    "HF_TOKEN": r"hf_.+",
    "SECRET_KEY": r"stand-in-.+",
    "ISSUER": r"stand-in-.+",  # near misses: no IS_ in front, no MAX of its own
    "CLIMAX": r"stand-in-.+",
    "SUPPORT": r"stand-in-.+",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Space:
    example = "MODE=dev\nSECRET_TOKEN=abc\nHOLDER=your-value-here\nDB_URL=postgresql://u:p@h/d\n"
    files = docker(**{".env.example": example})
    return read_space(write_space(tmp_path_factory.mktemp("plain") / "space", files))


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_that_a_name_promises(plain: Space, name: str) -> None:
    assert re.fullmatch(SHAPES[name], stand_in(name, None, plain, "/home"))


@pytest.mark.parametrize(
    ("name", "kind", "complaint", "value"),
    [
        ("ANY", "int", "", "1"),
        ("ANY", "bool", "", "false"),
        ("ANY", "json", "", "[]"),
        ("ANY", "json", "json:dict", "{}"),
        ("ANY", "", "float", "0.5"),
        ("ANY", "str", "int", "1"),
        ("ANY", "path", "", "/home"),
        ("ANY", "", "text:prod", "prod"),
        ("ANY", "", "text:8080", "8080"),
        ("MODE", "", "", "dev"),
        ("MODE", "", "int", "1"),
    ],
)
def test_a_type_and_a_complaint_win_over_the_name(
    plain: Space, name: str, kind: str, complaint: str, value: str
) -> None:
    assert stand_in(name, Read(name, None, type=kind), plain, "/home", complaint) == value


def test_a_length_is_met(plain: Space) -> None:
    assert len(stand_in("JWT_SECRET", None, plain, "/home", "length:32")) == 32
    assert len(stand_in("JWT_SECRET", None, plain, "/home", "length:3")) > 3


def test_an_example_is_used_where_it_is_one(plain: Space) -> None:
    assert stand_in("MODE", None, plain, "/home") == "dev"
    assert stand_in("SECRET_TOKEN", None, plain, "/home") != "abc"
    assert stand_in("HOLDER", None, plain, "/home") != "your-value-here"
    assert stand_in("DB_URL", None, plain, "/home").startswith("sqlite:")


@pytest.mark.parametrize("installed", [True, False])
def test_the_driver_that_an_example_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    example = (
        "DB_URL=postgresql+asyncpg://user:password@localhost/app\nDB=postgresql+psycopg://localhost/app\n"
    )
    space, layout = space_of(tmp_path, docker(**{".env.example": f"{example}DATABASE_URL=\n"}))
    layout.remove()
    found = object() if installed else None
    monkeypatch.setattr("pytest_hfspace.rehearsal.environment.find_spec", lambda _name: found)
    wanted = (
        "sqlite+aiosqlite:////home/stand-in.db"
        if installed
        else "postgresql+asyncpg://stand-in.invalid/stand_in"
    )
    assert stand_in("DB_URL", None, space, "/home") == wanted
    assert stand_in("DATABASE_URL", None, space, "/home") == "sqlite:////home/stand-in.db"
    assert "asyncpg" not in stand_in("DB", None, space, "/home")


def test_stand_ins_differ_by_name(plain: Space) -> None:
    assert stand_in("A_TOKEN", None, plain, "/home") != stand_in("B_TOKEN", None, plain, "/home")
