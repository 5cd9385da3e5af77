"""A cache that is the test's own, and tools that are found or not."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is written to the user's cache, and nothing of the caller's settings is obeyed."""
    cache = tmp_path_factory.mktemp("cache")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return cache


@pytest.fixture
def no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if uv were not installed."""
    monkeypatch.setattr("pytest_hfspace.fresh.building.find_uv", lambda _: "")


@pytest.fixture
def uv() -> str:
    """The path of uv; the test is skipped where it is not."""
    found = shutil.which("uv")
    if importlib.util.find_spec("uv") is not None:
        from uv import find_uv_bin

        found = str(find_uv_bin())
    return found or pytest.skip("uv is not installed")
