"""A run without ``--hfspace`` pays for nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "fastapi",
    "starlette",
    "httpx",
    "anyio",
    "uvicorn",
    "pydantic",
    "yaml",
    "packaging.requirements",
    "huggingface_hub",
    "asgi_lifespan",
    "pytest_hfspace.space",
    "pytest_hfspace.checks",
    "pytest_hfspace.rehearsal",
    "pytest_hfspace.report",
    "pytest_hfspace.run",
    "pytest_hfspace.session",
)
QUIET = ("-p", "no:anyio", "-p", "no:asyncio", "-p", "no:inline_snapshot", "-p", "no:faker")


def test_importing_the_plugin_imports_nothing_heavy(plugin_arguments: tuple[str, ...]) -> None:
    code = f"import sys, pytest, pytest_hfspace.plugin; print(*sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_importing_the_plugin_adds_no_slow_module(plugin_arguments: tuple[str, ...]) -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_hfspace.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"pytest_hfspace", "pytest_hfspace.plugin"}


@pytest.mark.parametrize("arguments", [(), ("--fixtures",), ("--help",)])
def test_a_run_without_the_flag_imports_nothing_heavy(
    pytester: pytest.Pytester, plugin_arguments: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    pytester.makeconftest(
        f"""
        import sys

        def pytest_unconfigure():
            print("heavy:", *sorted({set(HEAVY)!r} & set(sys.modules)))
        """
    )
    pytester.makepyfile("def test(): pass")
    result = pytester.runpytest_subprocess(*plugin_arguments, *QUIET, "-s", *arguments)
    assert result.ret == 0
    assert "heavy:" in [line.rstrip() for line in result.outlines]


def test_the_guard_sees_what_the_flag_imports(plugin_arguments: tuple[str, ...]) -> None:
    code = (
        f"import sys, pytest; pytest.main([*{[*plugin_arguments, *QUIET]!r}, '--hfspace-list']);"
        f"print('heavy:', *sorted({set(HEAVY)!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pytest_hfspace.checks" in done.stdout.splitlines()[-1].split()
