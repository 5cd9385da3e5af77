"""What ``space_env`` says of the variables that were read, and of configuration from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.rehearsal.facts import FileUse, StandIn, Where
from pytest_hfspace.settings_seen import SettingsSeen

from .factories import make_failure, make_read, make_rehearsal, make_space

HERE = Where("main.py", 3)
#: made up, and joined here, so that no scanner finds it in this file
SECRET = "".join(("Tr0ub", "4dor-", "Qx9"))


def seen(contents: dict[str, str] | None = None, *opened: str, **changes: Any) -> SettingsSeen:
    uses = tuple(FileUse(f"/app/{name}", HERE, found=True) for name in opened)
    return SettingsSeen(make_space(contents or {}), make_rehearsal(**{"files": uses, **changes}))


def test_the_variables_that_the_app_read() -> None:
    reads = (
        make_read("A"),
        make_read("A", default="1", where=Where("b.py", 1)),
        make_read("LIBRARY", own=False),
        make_read("B", required=True),
    )
    settings = seen(reads=reads, stand_ins=(StandIn("B", None),))
    assert list(settings) == ["A", "B"]
    assert (settings["A"].default, settings["B"].required, settings.required) == ("1", True, ("B",))
    settings.assert_only_environment()


@pytest.mark.parametrize(
    "name",
    [
        "data/items.json", "data/prompts.yaml", "static/app.css", "pyproject.toml", "setup.cfg",
        "logging.yaml", "log_config.ini", "models/config.json", "tokenizer_config.json", "i18n/de.json",
        ".env.example", "example.env", "README.md", "alembic.ini", "openapi.yaml", "config.py",
    ],
)  # fmt: skip
def test_what_is_opened_and_is_no_configuration(name: str) -> None:
    assert seen({name: "x: 1\n"}, name).elsewhere() == ()


@pytest.mark.parametrize(
    "name",
    [".env", ".env.local", "local.env", "conf/prod.env", "config.json", "conf/settings.yaml",
     "app.toml", "db.ini", "appsettings.json", "config.prod.yml", "app-config.yaml", "secrets.json"],
)  # fmt: skip
def test_configuration_from_a_file(name: str) -> None:
    settings = seen({name: "{}"}, name)
    basename = name.rpartition("/")[2]
    assert settings.elsewhere() == (f"main.py:3: opens {basename}, which is in the repository",)
    with pytest.raises(AssertionError, match=r"not from the environment:\n  main\.py:3"):
        settings.assert_only_environment()


@pytest.mark.parametrize(
    "use",
    [
        FileUse("/app/config.json", None, found=True),
        FileUse("/app/config.json", HERE, found=False),
        FileUse("/app/config.json", HERE, found=True, write=True),
        FileUse("/app/config.json", HERE, found=True, phase="serve"),
    ],
    ids=["by a library", "absent", "written", "while it serves"],
)
def test_a_file_that_configures_nothing(use: FileUse) -> None:
    assert seen({"config.json": "{}"}, files=(use,)).elsewhere() == ()


def test_a_secret_in_a_file_is_said_once() -> None:
    (said,) = seen({"config.json": f'{{"password": "{SECRET}"}}'}, "config.json").elsewhere()
    assert said.startswith("config.json:1: config.json, opened by main.py:3, gives password")
    assert SECRET not in said


@pytest.mark.parametrize(
    "line", [f'SECRET_KEY = "{SECRET}"', f'import os; K = os.getenv("SECRET_KEY", "{SECRET}")']
)
def test_a_literal(line: str) -> None:
    (said,) = seen({"main.py": f"{line}\n"}).elsewhere()
    assert said.startswith("main.py:1: SECRET_KEY ")
    assert SECRET not in said


def test_an_app_that_did_not_start() -> None:
    with pytest.raises(AssertionError, match="did not start: no such thing"):
        seen(failure=make_failure(message="no such thing")).assert_only_environment()
