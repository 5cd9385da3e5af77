"""Options and ini values, validated: a bad one ends the run in one line that says what is good."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from .contract import DATE, FIRST
from .roots import ini, read_roots
from .settings import Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^`|~\w-]+)\s*:\s*(?P<value>[^\r\n\0]*)", re.ASCII)

#: The module that writes a report, by the suffix of its file.
REPORTS = {
    ".json": ".report.json",
    ".sarif": ".report.sarif",
    ".md": ".report.markdown",
    ".html": ".report.html",
}


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
        select=_codes(options.hfspace_select or ini(config, "hfspace_select")),
        ignore=_codes(options.hfspace_ignore or ini(config, "hfspace_ignore")),
        strict=options.hfspace_strict or ini(config, "hfspace_strict"),
        strict_codes=_codes(ini(config, "hfspace_strict_codes")),
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
    if value and not _APP.fullmatch(value):
        raise pytest.UsageError(f"--hfspace-app: {value!r} is not MODULE:ATTR, such as main:app")
    return value or None


def _ref(value: str | None) -> str | None:
    if value is not None and (not value.strip() or value.startswith("-")):
        raise pytest.UsageError(f"--hfspace-ref: {value!r} is not a commit, branch or tag")
    return value


def _variable(text: str, source: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name.strip()) or "\0" in value:
        # what was given is not quoted: it may be the secret itself
        raise pytest.UsageError(f"{source} takes NAME=VALUE, with a name of letters, digits and _")
    return name.strip(), value


def _header(text: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(text)
    if found is None:
        # not quoted either
        raise pytest.UsageError("hfspace_headers takes lines such as Authorization: Bearer TOKEN")
    return found["name"], found["value"].strip()


def _codes(values: list[str]) -> tuple[str, ...]:
    return tuple(word for value in values for word in value.replace(",", " ").upper().split())


def _hub_id(value: str, spaces: int) -> str:
    if value and not _HUB_ID.fullmatch(value):
        raise pytest.UsageError(f"--hfspace-id: {value!r} is not OWNER/NAME, as in a Space's address")
    if value and spaces > 1:
        raise pytest.UsageError(f"--hfspace-id: {value!r} cannot be the name of {spaces} Spaces")
    return value


def _contract(value: str) -> str:
    if not value:
        return ""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII):
        raise pytest.UsageError(f"hfspace_contract: {value!r} is not a month such as {DATE}")
    if not FIRST <= value <= DATE:
        known = f"from {FIRST} to {DATE}" if FIRST < DATE else DATE
        raise pytest.UsageError(
            f"hfspace_contract: this version knows the contract of {known}, not of {value}"
        )
    return value


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
    value = asked if asked is not None else ini(config, "hfspace_timeout")
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        source = "--hfspace-timeout" if asked is not None else "hfspace_timeout"
        raise pytest.UsageError(f"{source}: {value!r} is not a number of seconds above 0")
    return seconds


def _report(config: pytest.Config, name: str) -> Path:
    path = config.invocation_params.dir / name
    if path.suffix.lower() not in REPORTS:
        raise pytest.UsageError(f"--hfspace-report: {name!r} should end in {', '.join(REPORTS)}")
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--hfspace-report: there is no directory for {name!r}")
    if path.is_dir():
        raise pytest.UsageError(f"--hfspace-report: {name!r} is a directory")
    return path
