"""Options and ini values, validated: a bad one ends the run in one line that says what is good."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from . import values
from .report.formats import checked_suffix
from .roots import ini, read_roots
from .settings import Settings

_T = TypeVar("_T")
_Meant = TypeVar("_Meant")


@dataclass(frozen=True)
class Outputs:
    """Where the reports of a run go: files, and the address of a board."""

    reports: tuple[Path, ...] = ()
    publish: str = ""


def read_settings(config: pytest.Config) -> tuple[Settings, ...]:
    """One for each Space, from the command line, else from the ini file; variables from both.

    Raises :class:`pytest.UsageError` for a value that cannot be meant.
    """
    options = config.known_args_namespace
    spaces = read_roots(config, options.hfspace_root)
    first = Settings(
        root=spaces[0][1],
        app=_app(options.hfspace_app or ini(config, "hfspace_app")),
        ref=_ref(options.hfspace_ref),
        env=tuple(
            {
                **dict(_variable(text, "hfspace_env") for text in ini(config, "hfspace_env")),
                **dict(_variable(text, "--hfspace-env") for text in options.hfspace_env),
            }.items()
        ),
        headers=tuple(_header(text) for text in ini(config, "hfspace_headers")),
        secrets=tuple(ini(config, "hfspace_secrets")),
        select=_select(options.hfspace_select, ini(config, "hfspace_select")),
        ignore=values.codes(options.hfspace_ignore or ini(config, "hfspace_ignore")),
        strict=options.hfspace_strict or ini(config, "hfspace_strict"),
        strict_codes=values.codes(ini(config, "hfspace_strict_codes")),
        build=options.hfspace_build or ini(config, "hfspace_build"),
        offline=options.hfspace_offline or ini(config, "hfspace_offline"),
        timeout=_timeout(config, options.hfspace_timeout),
        waive=tuple(line for line in ini(config, "hfspace_waive") if line.strip()),
        baseline=_baseline(config, options.hfspace_baseline),
        contract=_contract(ini(config, "hfspace_contract")),
        hub_id=_hub_id(options.hfspace_id or ini(config, "hfspace_id"), len(spaces)),
    )
    return tuple(replace(first, name=name, root=root) for name, root in spaces)


def read_outputs(config: pytest.Config) -> Outputs:
    """Where the reports go.  Raises :class:`pytest.UsageError` likewise."""
    options = config.known_args_namespace
    return Outputs(
        reports=tuple(_report(config, name) for name in options.hfspace_report),
        publish=_board(options.hfspace_publish or ini(config, "hfspace_publish")),
    )


def _app(value: str) -> str | None:
    return _as("--hfspace-app: ", values.app_name, value)


def _ref(value: str | None) -> str | None:
    return None if value is None else _as("--hfspace-ref: ", values.revision, value)


def _variable(text: str, source: str) -> tuple[str, str]:
    return _as(f"{source} ", values.variable, text)


def _header(text: str) -> tuple[str, str]:
    return _as("hfspace_headers ", values.header, text)


def _select(asked: list[str], written: list[str]) -> tuple[str, ...]:
    """Those of the command line, else of the ini file; nothing is no way to say everything."""
    if any(not values.codes([text]) for text in asked):
        raise pytest.UsageError("--hfspace-select names no check; leave it out for all of them")
    return values.codes(asked or written)


def _hub_id(value: str, spaces: int) -> str:
    if value and spaces > 1:
        raise pytest.UsageError(f"--hfspace-id: {value!r} cannot be the name of {spaces} Spaces")
    return _as("--hfspace-id: ", values.hub_id, value)


def _contract(value: str) -> str:
    return _as("hfspace_contract: ", values.month, value)


def _as(source: str, meant: Callable[[_T], _Meant], value: _T) -> _Meant:
    """The value as it is meant; a ValueError becomes a usage error that names the source."""
    try:
        return meant(value)
    except ValueError as error:
        raise pytest.UsageError(f"{source}{error}") from None


def _baseline(config: pytest.Config, asked: str | None) -> Path | None:
    path = _in_file(config, asked, "hfspace_baseline")
    if path is None:
        return None
    source = "--hfspace-baseline" if asked else "hfspace_baseline"
    if path.is_dir() or not path.parent.is_dir():
        raise pytest.UsageError(f"{source}: {path.name!r} is a directory, or there is none for it")
    if not path.exists() and os.environ.get("CI", "").lower() not in ("", "0", "false"):
        # written there, it would turn everything green and be lost
        raise pytest.UsageError(
            f"{source}: there is no {path.name}; write it on your own machine, and commit it"
        )
    return path


def _in_file(config: pytest.Config, asked: str | None, name: str) -> Path | None:
    """A path of the command line, from where pytest was called, or of the ini file, from there."""
    if asked:
        return config.invocation_params.dir / asked
    value = ini(config, name)
    base = config.inipath.parent if config.inipath is not None else config.invocation_params.dir
    return base / value if value else None


def _board(url: str) -> str:
    if not url:
        return ""
    from .publish import check_url

    try:
        return check_url(url)
    except ValueError as error:
        raise pytest.UsageError(f"--hfspace-publish: {error}") from None


def _timeout(config: pytest.Config, asked: str | None) -> float:
    source = "--hfspace-timeout" if asked is not None else "hfspace_timeout"
    return _as(f"{source}: ", values.seconds, asked if asked is not None else ini(config, "hfspace_timeout"))


def _report(config: pytest.Config, name: str) -> Path:
    path = config.invocation_params.dir / name
    _as("--hfspace-report: ", lambda suffix: checked_suffix(name, suffix), path.suffix)
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--hfspace-report: there is no directory for {name!r}")
    if path.is_dir():
        raise pytest.UsageError(f"--hfspace-report: {name!r} is a directory")
    return path
