"""Options and ini values, validated: a bad one ends the run in one line that says what is good."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^`|~\w-]+)\s*:\s*(?P<value>[^\r\n\0]*)", re.ASCII)

#: The reports that exist, by their suffix.
REPORTS = (".json",)


@dataclass(frozen=True)
class Settings:
    """What the user asked for.  ``timeout`` in seconds; ``select``, ``ignore`` and ``secrets`` (of
    variables) are globs."""

    root: Path
    app: str | None = None
    ref: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    build: bool = False
    offline: bool = False
    timeout: float = 120.0
    reports: tuple[Path, ...] = ()

    def is_secret(self, name: str) -> bool:
        """Does the user call this variable a secret?"""
        return _matches(name.upper(), tuple(glob.upper() for glob in self.secrets))

    def selects(self, code: str) -> bool:
        """Is this check to be evaluated, as far as ``select`` says?"""
        return not self.select or _matches(code, self.select)

    def ignores(self, code: str) -> bool:
        """Is this check to be left out?"""
        return _matches(code, self.ignore)


def read_settings(config: pytest.Config) -> Settings:
    """From the command line, else from the ini file; variables from both.

    Raises :class:`pytest.UsageError` for a value that cannot be meant.
    """
    options = config.known_args_namespace
    return Settings(
        root=_root(config, options.hfspace_root),
        app=_app(options.hfspace_app or _ini(config, "hfspace_app")),
        ref=_ref(options.hfspace_ref),
        env=tuple(
            {
                **dict(_variable(text, "hfspace_env") for text in _ini(config, "hfspace_env")),
                **dict(_variable(text, "--hfspace-env") for text in options.hfspace_env),
            }.items()
        ),
        headers=tuple(_header(text) for text in _ini(config, "hfspace_headers")),
        secrets=tuple(_ini(config, "hfspace_secrets")),
        select=_codes(options.hfspace_select or _ini(config, "hfspace_select")),
        ignore=_codes(options.hfspace_ignore or _ini(config, "hfspace_ignore")),
        strict=options.hfspace_strict or _ini(config, "hfspace_strict"),
        build=options.hfspace_build or _ini(config, "hfspace_build"),
        offline=options.hfspace_offline or _ini(config, "hfspace_offline"),
        timeout=_timeout(config, options.hfspace_timeout),
        reports=tuple(_report(config, name) for name in options.hfspace_report),
    )


def _ini(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(name)
    except (TypeError, ValueError) as error:  # pytest 9.2 raises UsageError itself
        raise pytest.UsageError(f"{name}: {error}") from None


def _root(config: pytest.Config, asked: str | None) -> Path:
    base, name, source = config.invocation_params.dir, asked or "", "--hfspace-root"
    if not asked:
        name, source = _ini(config, "hfspace_root"), "hfspace_root"
        if name and config.inipath is not None:
            base = config.inipath.parent
    root = base / name
    try:
        if root.is_dir():
            return root.resolve()
    except (OSError, ValueError):
        pass
    raise pytest.UsageError(f"{source}: {name!r} is not a directory")


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


def _matches(code: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(code, glob) for glob in globs)


def _timeout(config: pytest.Config, asked: str | None) -> float:
    value = asked if asked is not None else _ini(config, "hfspace_timeout")
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
        raise pytest.UsageError(f"--hfspace-report: {name!r} should end in {' or '.join(REPORTS)}")
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--hfspace-report: there is no directory for {name!r}")
    if path.is_dir():
        raise pytest.UsageError(f"--hfspace-report: {name!r} is a directory")
    return path
