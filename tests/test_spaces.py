"""Healthy Spaces of every shape: each comes up in the right stage, and nothing untrue is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers import readiness, space_copy


@dataclass(frozen=True)
class Expected:
    """``routes``: how many of the Space's routes have their endpoint in the repository; how many of
    these were ``answered``, and ``guarded``.  ``needs``: a package without which it cannot run."""

    routes: int
    answered: int
    guarded: int = 0
    app: str = "main:app"
    requires: tuple[str, ...] = ()
    needs: str = ""


SPACES = {
    "root_main": Expected(2, 2),
    "copied_folder": Expected(1, 1, app="service.main:app"),
    "gradio_uvicorn": Expected(1, 1, app="app:app"),
    "factory": Expected(2, 2, app="shop:create_app"),
    "fastapi_run": Expected(1, 1, app="app.main:app", needs="fastapi_cli"),
    "shell_port": Expected(1, 1, app="api:app"),
    "streams": Expected(6, 6),
    "sqlmodel_auth": Expected(6, 5, 1, app="heroes.app:app", requires=("SECRET_KEY",), needs="sqlmodel"),
    "starlette_only": Expected(5, 5, app="serve:app"),
    "litestar_app": Expected(3, 3, app="app:app", needs="litestar"),
    "required_settings": Expected(
        1,
        1,
        app="bot.main:app",
        requires=("OPENAI_API_KEY", "QUOTA", "SUPPORT_EMAIL"),
        needs="pydantic_settings",
    ),
    "many_routes": Expected(301, 301),
}


@pytest.mark.parametrize("name", SPACES)
def test_healthy(name: str, tmp_path: Path) -> None:
    expected = SPACES[name]
    if expected.needs:
        pytest.importorskip(expected.needs)
    run = readiness(space_copy(name, tmp_path / name))
    assert run.findings("failed", "warned") == [], run.output
    assert run.report["stage"] == "RUNNING"
    assert run.report["ready"] is True
    assert run.report["space"]["app"] == expected.app
    assert run.report["requires"] == list(expected.requires)
    own = [route for route in run.report["routes"] if route["endpoint"].partition(":")[0].endswith(".py")]
    outcomes = [route["outcome"] for route in own]
    assert (len(own), outcomes.count("answered"), outcomes.count("guarded")) == (
        expected.routes,
        expected.answered,
        expected.guarded,
    ), own
    assert run.code == 0, run.output
