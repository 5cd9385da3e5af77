"""Where a run's reports go: files, a board, and what GitHub Actions shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from .options import REPORTS, Outputs
from .report import Report
from .report.json import document


@dataclass(frozen=True)
class Written:
    """What came of it.  ``problems`` fail the run, ``warnings`` and ``notes`` do not; ``commands`` are
    for GitHub Actions, which reads them from the output."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def write_reports(reports: Sequence[Report], outputs: Outputs) -> Written:
    """Write and send everything that was asked for.  Raises nothing for what others do."""
    problems = [problem for path in outputs.reports if (problem := _write(reports, path))]
    warnings: list[str] = []
    commands: list[str] = []
    if outputs.publish:
        from .publish import publish

        token = os.environ.get("HFSPACE_BOARD_TOKEN", "")
        warnings += publish(outputs.publish, token, [document(report) for report in reports])
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from .report.github import annotations, append_summary

        commands += annotations(reports)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary and (problem := append_summary(reports, Path(summary))):
            warnings.append(problem)
    return Written(tuple(problems), tuple(warnings), commands=tuple(commands))


def write_baseline(reports: Sequence[Report], path: Path, written: Written) -> Written:
    """Write the findings of today where there is no baseline yet, and add what came of it."""
    from .waivers.baseline import write

    if path.exists():
        return written
    problem = write(path, reports)
    if problem:
        return replace(written, problems=(*written.problems, problem))
    return replace(
        written, notes=(*written.notes, f"{path.name} was written: from now on, new findings fail")
    )


def _write(reports: Sequence[Report], path: Path) -> str:
    """Why that was not possible, or ""."""
    try:
        path.write_text(render(reports, path.suffix), encoding="utf-8", newline="\n")
    except OSError as error:
        return f"{path.name} cannot be written: {error.strerror}"
    return ""


def render(reports: Sequence[Report], suffix: str) -> str:
    """The reports in the format of this suffix."""
    writer: Callable[[Sequence[Report]], str] = import_module(REPORTS[suffix.lower()], __package__).render
    return writer(reports)
