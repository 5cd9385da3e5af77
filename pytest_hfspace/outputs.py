"""Where a run's reports go: files, a board, and what GitHub Actions shows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .options import Outputs
from .report import Report
from .report.formats import render
from .report.json import document
from .report.text import said, told
from .run import DEFECT


@dataclass(frozen=True)
class Written:
    """What came of it.  ``problems`` fail the run, ``warnings`` and ``notes`` do not; ``commands`` are
    for GitHub Actions, which reads them from the output."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def lines(self, columns: int) -> Iterator[tuple[str, str]]:
        """What is to be said of it on a terminal of so many columns, and in which colour."""
        texts = [(f"ERROR: {problem}", "red") for problem in self.problems]
        texts += [(f"WARNING: {warning}", "yellow") for warning in self.warnings]
        texts += [(note, "") for note in self.notes]
        yield from ((line, colour) for text, colour in texts for line in told(text, columns))


def write_reports(reports: Sequence[Report], outputs: Outputs) -> Written:
    """Write and send everything that was asked for.  Raises nothing for what others do."""
    problems = [problem for path in outputs.reports if (problem := _write(reports, path))]
    warnings: list[str] = []
    commands: list[str] = []
    if outputs.publish:
        with _defects("the report is not published", warnings):
            warnings += _publish(reports, outputs.publish)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        with _defects("GitHub is shown nothing", warnings):
            from .report.github import annotations

            commands += annotations(reports)
            warnings += _summary(reports)
    return Written(tuple(problems), tuple(warnings), commands=tuple(commands))


@contextmanager
def _defects(what: str, told: list[str]) -> Iterator[None]:
    """A defect of ours is a line: the verdict stands."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # whatever it is, the rest of the run is worth more
        told.append(f"{what}: {said(error)}; {DEFECT}")


def _publish(reports: Sequence[Report], url: str) -> list[str]:
    from .publish import publish

    token = os.environ.get("HFSPACE_BOARD_TOKEN", "")
    return publish(url, token, [document(report) for report in reports])


def _summary(reports: Sequence[Report]) -> list[str]:
    from .report.github import append_summary

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    problem = append_summary(reports, Path(path)) if path else ""
    return [problem] if problem else []


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
    told: list[str] = []
    with _defects(f"{path.name} is not written", told):
        try:
            path.write_text(render(reports, path.suffix), encoding="utf-8", newline="\n")
        except OSError as error:
            return f"{path.name} cannot be written: {error.strerror}"
    return "".join(told)
