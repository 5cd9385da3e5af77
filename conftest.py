"""What every run in this repository needs, a readiness run without the test tools included."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare pytest-asyncio's settings where it is not installed: the configuration is strict."""
    if find_spec("pytest_asyncio") is None:
        for name in ("asyncio_mode", "asyncio_default_fixture_loop_scope"):
            parser.addini(name, "a setting of pytest-asyncio")
