"""What every run in this repository needs, a readiness run without the test tools included."""

from __future__ import annotations

import signal
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare pytest-asyncio's settings where it is not installed: the configuration is strict."""
    if find_spec("pytest_asyncio") is None:
        for name in ("asyncio_mode", "asyncio_default_fixture_loop_scope"):
            parser.addini(name, "a setting of pytest-asyncio")


def pytest_configure() -> None:
    """Be interruptible, as the runs that tests start and interrupt: what a shell without job control
    starts in the background has SIGINT ignored, and hands that on to all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
