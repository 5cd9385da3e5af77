"""Command lines: the same step for uv and for pip, and what the tools are told of the caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_hfspace.fresh.plan import Plan, Step
from pytest_hfspace.fresh.tools import Place, pip_command, tool_environment, uv_command, uv_sync_command

PLACE = Place(Path("/env"), Path("/root"), {"/app/wheels"}.__contains__)


def uv(step: Step, texts: dict[str, str] | None = None) -> list[str]:
    """uv's words after those that every step has."""
    command = uv_command("uv", step, Plan(texts=texts or {}), PLACE)
    assert command[:8] == [
        "uv",
        "pip",
        "install",
        "--no-progress",
        "--color",
        "never",
        "--python",
        "/env/bin/python",
    ]
    return command[8:]


def pip(step: Step) -> list[str]:
    """pip's words after those that every step has."""
    command = pip_command(step, PLACE)
    assert command[:4] == ["/env/bin/python", "-m", "pip", "install"]
    return command[4:]


def test_uv_keeps_pips_rules_in_a_step_of_pips() -> None:
    step = Step("pip", ("/app/r.txt",), ("httpx>=0.27", "./libs/x"), ("/app/c.txt",), cwd="/app")
    what = ["-r", "/root/app/r.txt", "-c", "/root/app/c.txt", "--", "httpx>=0.27", "/root/app/libs/x"]
    assert uv(step) == ["--index-strategy", "unsafe-best-match", *what]
    assert pip(step) == what


def test_uv_keeps_its_own_rules_in_a_step_of_its_own() -> None:
    step = Step("uv", requirements=("httpx",), options=("--system", "--prerelease", "allow", "--no-deps"))
    assert uv(step) == ["--prerelease", "allow", "--no-deps", "--", "httpx"]
    assert pip(step) == ["--no-deps", "--pre", "--", "httpx"]


@pytest.mark.parametrize(
    ("options", "for_uv", "for_pip"),
    [
        (("-i", "https://a/b"), ["--index-url", "https://a/b"], ["--index-url", "https://a/b"]),
        (("--no-binary", "a,b"), ["--no-binary", "a", "--no-binary", "b"],
         ["--no-binary", "a", "--no-binary", "b"]),
        (("--prefer-binary",), [], ["--prefer-binary"]),
        (("-U",), ["--upgrade-package=x"], ["--upgrade"]),
        (("--trusted-host", "h"), ["--allow-insecure-host", "h"], ["--trusted-host", "h"]),
        (("-f", "./wheels", "--no-index"), ["--find-links", "/root/app/wheels", "--no-index"],
         ["--find-links", "/root/app/wheels", "--no-index"]),
        # wheels that an earlier stage has built of the same requirements
        (("--no-index", "--find-links", "/built"), [], []),
        (("--extra", "web", "--python", "3.9"), [], []),
    ],
)  # fmt: skip
def test_options_are_spelt_as_each_tool_does(
    options: tuple[str, ...], for_uv: list[str], for_pip: list[str]
) -> None:
    step = Step("pip", requirements=("x",), options=options, cwd="/app")
    assert uv(step) == ["--index-strategy", "unsafe-best-match", *for_uv, "--", "x"]
    assert pip(step) == [*for_pip, "--", "x"]


@pytest.mark.parametrize(
    ("options", "text", "allowed"),
    [(("--pre",), "x\n", True), ((), "x\n--pre\n", True), ((), "x\n# --pre\n", False), ((), "x\n", False)],
)
def test_prereleases_are_allowed_where_pip_is_told_so(
    options: tuple[str, ...], text: str, *, allowed: bool
) -> None:
    words = uv(Step("pip", ("/app/r.txt",), options=options), {"/app/r.txt": text})
    assert ("--prerelease" in words) is allowed


def test_a_lock_file_is_installed_with_the_options_of_the_step() -> None:
    step = Step("uv", options=("--frozen", "--no-dev", "--extra", "web", "--system"), project="/app")
    command = uv_sync_command("uv", step, PLACE)
    assert command[-6:] == ["--project", "/root/app", "--frozen", "--no-dev", "--extra", "web"]
    assert {"--no-install-project", "--inexact"} <= set(command)


def test_the_tools_are_told_nothing_of_the_callers() -> None:
    caller = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "HTTPS_PROXY": "http://proxy",
        "UV_CACHE_DIR": "/cache",
        "PIP_CERT": "/ca.pem",
        "HF_TOKEN": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "VIRTUAL_ENV": "/venv",
        "PYTHONPATH": "/mine",
        "PIP_USER": "1",
        "PIP_TARGET": "/elsewhere",
        "UV_SYSTEM_PYTHON": "1",
        "UV_PROJECT_ENVIRONMENT": "/elsewhere",
    }
    told = tool_environment(caller, {})
    assert "secret" not in told.values()
    assert "/elsewhere" not in told.values()
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "PIP_USER", "UV_SYSTEM_PYTHON"} & set(told)
    assert {name: told[name] for name in ("PATH", "HOME", "HTTPS_PROXY", "UV_CACHE_DIR", "PIP_CERT")} == {
        name: caller[name] for name in ("PATH", "HOME", "HTTPS_PROXY", "UV_CACHE_DIR", "PIP_CERT")
    }
    assert told["UV_PYTHON_DOWNLOADS"] == "never"


def test_one_who_tells_pip_of_an_index_means_uv_as_well() -> None:
    told = tool_environment({"PIP_INDEX_URL": "https://a/simple", "PIP_FIND_LINKS": "/x /y"}, {})
    assert (told["UV_DEFAULT_INDEX"], told["UV_FIND_LINKS"]) == ("https://a/simple", "/x,/y")
    both = tool_environment({"PIP_INDEX_URL": "https://a/simple", "UV_INDEX_URL": "https://b/simple"}, {})
    assert "UV_DEFAULT_INDEX" not in both


def test_the_images_own_index_comes_before_the_callers() -> None:
    told = tool_environment({"PIP_INDEX_URL": "https://a/simple"}, {"PIP_INDEX_URL": "https://image/simple"})
    assert told["PIP_INDEX_URL"] == told["UV_DEFAULT_INDEX"] == "https://image/simple"


def test_no_image_path_leads_out_of_the_layout() -> None:
    assert PLACE.inside("/app/../../../etc/passwd") == "/root/etc/passwd"
    assert PLACE.inside("//app//r.txt") == "/root/app/r.txt"
