"""What several tests need: a Space on disk as a git repository, and a readiness run over it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

SPACES = Path(__file__).parent / "spaces"

_LOADED = any(entry.name == "hfspace" for entry in entry_points(group="pytest11")) and not os.environ.get(
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
)
#: What makes the plugin active: once, also where it is installed and loads itself.
PLUGIN = () if _LOADED else ("-p", "pytest_hfspace.plugin")

#: pytest options that keep a run independent of what else is installed
QUIET = ("-p", "no:cacheprovider", "-p", "no:randomly")


@dataclass(frozen=True)
class ReadinessRun:
    """A finished ``pytest --hfspace``: its exit code, what it printed, its JSON report."""

    code: int
    output: str
    report: dict[str, Any]

    def check(self, code: str) -> dict[str, Any]:
        """The only entry of a check that is not evaluated per route."""
        (entry,) = (check for check in self.report["checks"] if check["code"] == code)
        found: dict[str, Any] = entry
        return found

    def findings(self, *outcomes: str) -> list[tuple[str, str | None, int | None, str]]:
        """(code, path, line, message) of every finding of checks with these outcomes."""
        return [
            (check["code"], finding["path"], finding["line"], finding["message"])
            for check in self.report["checks"]
            if check["outcome"] in outcomes
            for finding in check["findings"]
        ]


def unwrapped(lines: Iterable[str]) -> list[str]:
    """Messages on one line each: what is indented goes on with the line before, what is empty is none."""
    found: list[str] = []
    for line in lines:
        if line.startswith("  ") and found:
            found[-1] += f" {line.strip()}"
        elif line.strip():
            found.append(line)
    return found


def git(directory: Path, *arguments: str) -> None:
    """Run git there, whatever the caller's own settings are."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "core.autocrlf=false")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(
        ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, env=environment
    )


def commit_all(directory: Path) -> Path:
    """Make a directory a git repository of everything in it."""
    git(directory, "init", "-q", "-b", "main")
    git(directory, "add", "-A", "-f")
    git(directory, "commit", "-q", "-m", "all")
    return directory


def space_copy(name: str, target: Path) -> Path:
    """One of ``tests/spaces`` as a git repository of its own."""
    shutil.copytree(SPACES / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    return commit_all(target)


def write_space(target: Path, files: dict[str, str]) -> Path:
    """A Space of these files as a git repository."""
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return commit_all(target)


def readiness(directory: Path, *options: str, timeout: float = 120) -> ReadinessRun:
    """``pytest --hfspace`` as its user runs it, in a process of its own."""
    report = directory.parent / f"{directory.name}.report.json"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTEST_"))}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--hfspace",
            f"--hfspace-report={report}",
            *PLUGIN,
            *QUIET,
            *options,
        ],
        cwd=directory,
        env=environment | {"COLUMNS": "80", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    data = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return ReadinessRun(done.returncode, done.stdout + done.stderr, data)
