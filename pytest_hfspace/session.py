"""The hooks of a readiness run.  Registered under ``--hfspace`` only."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Generator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from .check import Result
from .contract import DATE
from .items import Catalogue, CheckItem, NotReady
from .report import Evidence, Report, gather, install_command, pack, unpack
from .report.catalogue import did_you_mean, find
from .report.json import write
from .report.terminal import closing_section, headline
from .report.text import GLUE, one_line, wrap
from .run import Run

#: The attribute of a test report that carries a result, and its key in a worker's output.
KEY = "hfspace"


class Readiness:
    """Collects the checks, keeps their results, and reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run = Run.of(config)
        self.results: dict[tuple[str, str | None], Result] = {}
        self.collected = 0
        self.deselected = 0
        self.handed_over: list[dict[str, Any]] = []
        self.report: Report | None = None
        self.problems: list[str] = []
        self._validate()
        self._take_arguments()

    def _validate(self) -> None:
        run = self.run
        for name in run.chosen:
            find(name.partition("::")[0], run.catalogue.values())
        for option in ("select", "ignore"):
            for glob in getattr(run.settings, option):
                if not any(fnmatchcase(code, glob) for code in run.catalogue):
                    hint = did_you_mean(glob, run.catalogue)
                    raise pytest.UsageError(f"--hfspace-{option}: there is no check {glob!r}{hint}")

    def _take_arguments(self) -> None:
        """Leave to pytest the paths that were given; where none were, the checks run alone."""
        config = self.config
        ours, others = self.run.arguments
        config.args[:] = [argument for argument in config.args if argument not in ours] if others else []
        # else pytest's header would name the testpaths, which are not collected
        config.args_source = pytest.Config.ArgsSource.ARGS

    # -- the header

    def pytest_report_header(self) -> list[str]:
        """Say what is rehearsed, and what is worth knowing before."""
        run, space = self.run, self.run.space
        root = os.path.relpath(space.root, self.config.invocation_params.dir)
        ref = f" at {run.settings.ref}" if run.settings.ref else ""
        command = shlex.join(space.command.words) if space.command else "no start command"
        parts = [
            f"{space.sdk or 'no SDK:'} Space {space.root if root.startswith('..') else root}{ref}",
            command,
            f"port{GLUE}{space.port}",
            f"contract{GLUE}{DATE}",
        ]
        notices = [*space.files.notices, *self._python_notice(), *self._missing_notice(), *run.notices]
        width = self.config.get_terminal_writer().fullwidth
        return [
            line
            for text in (f"{GLUE}· ".join(parts), *notices)
            for line in wrap(one_line(run.redactor(f"hfspace: {text}")), width, hanging="  ")
        ]

    def _python_notice(self) -> list[str]:
        if self.run.settings.build:
            return []  # the closing section names the Python of the fresh build
        image = self.run.space.image
        there = ".".join((image.python or "").split(".")[:2]) if image else ""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        return [f"Python {here} here, {there} on the Space"] if there not in ("", "3", here) else []

    def _missing_notice(self) -> list[str]:
        missing = self.run.missing_packages()
        if not missing:
            return []
        return [f"not installed here: {', '.join(missing)} ({install_command(self.run.space, missing)})"]

    # -- collection

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Append the catalogue to what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed and self._has_checks():
            node = Catalogue.from_parent(collector, name="hfspace", nodeid="hfspace")
            report.result = [*report.result, node]
        return report

    def _has_checks(self) -> bool:
        return bool(self.run.selected)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what ``-k`` and the like leave out."""
        self.deselected += sum(isinstance(item, CheckItem) for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is left."""
        self.collected = sum(isinstance(item, CheckItem) for item in session.items)

    # -- reports of items

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the result to the report, and the report the place that the finding names."""
        report = yield
        if isinstance(item, CheckItem) and report.when == "call" and item.result is not None:
            setattr(report, KEY, pack(item.result))
            self._place(item, item.result, report)
        return report

    def _place(self, item: CheckItem, result: Result, report: pytest.TestReport) -> None:
        path, line, header = item.reportinfo()
        finding = next((finding for finding in result.findings if finding.path), None)
        if finding is not None:
            path, line = self.run.space.root / finding.path, (finding.line or 1) - 1
        report.location = (os.path.relpath(path, self.config.rootpath), line, header)
        if report.skipped:
            report.longrepr = (str(path), line + 1, f"Skipped: {result.reason}")
        crash = getattr(report.longrepr, "reprcrash", None)
        if report.failed and crash is not None and NotReady.__name__ in crash.message:
            # whole and without its place: the short summary has one line for it
            crash.path, crash.lineno, crash.message = str(path), line + 1, headline(result)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; under pytest-xdist it comes from a worker."""
        data = getattr(report, KEY, None)
        if data is not None:
            result = unpack(data, self.run.catalogue)
            self.results[result.check.code, result.route] = result

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Warnings show, and so do notes with ``-v``; neither fails the run."""
        data = getattr(report, KEY, None)
        if data is None or not report.passed:
            return None
        if data["outcome"] == "warned":
            return "hfspace warned", "w", ("WARN", {"yellow": True})
        if data["outcome"] == "noted" and self.config.option.verbose > 0:
            return "hfspace noted", "n", ("NOTE", {"blue": True})
        return None

    # -- the end

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist hands over."""
        data = getattr(node, "workeroutput", {}).get(KEY)
        if data is not None:
            self.handed_over.append(data)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports; a worker hands its evidence over instead."""
        workeroutput = getattr(self.config, "workeroutput", None)
        if workeroutput is not None:
            workeroutput[KEY] = {
                "evidence": self._gather(),
                "collected": self.collected,
                "deselected": self.deselected,
            }
        elif not self.config.option.collectonly:
            self.report = self._report()
            self._write(session, self.report)
            unknown = self.report.stage is None and not (self.report.partial or session.exitstatus)
            if self.run.settings.strict and unknown:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED  # nothing was verified

    def _gather(self) -> dict[str, Any]:
        evidence = gather(self.run.space, self.run.rehearsed, self.run.built)
        data: dict[str, Any] = self.run.redactor.data(evidence.data())
        return data

    def _report(self) -> Report:
        found = [data["evidence"] for data in self.handed_over]
        for data in self.handed_over:
            self.collected = max(self.collected, data["collected"])
            self.deselected = max(self.deselected, data["deselected"])
        # a worker without a check of the running app knows nothing of it
        best = max(found, key=lambda data: (data["rehearsed"], bool(data["timings"])), default=None)
        return Report(
            Evidence(**(best or self._gather())),
            tuple(sorted((*self.results.values(), *self.run.waived), key=_order)),
            self._partial(),
            self.run.settings.strict,
        )

    def _partial(self) -> str:
        run, results = self.run, self.results
        available = len(run.catalogue) - len(run.waived)
        if len(run.selected) < available:
            codes = {code for code, _ in results}
            return f"{len(codes)} of {available} checks were evaluated"
        expected = self.collected + self.deselected
        if any("::" in name for name in run.chosen):
            return "not every route was examined"
        if len(results) < expected or not results:
            return f"{len(results)} of {expected} checks were evaluated"
        return ""

    def _write(self, session: pytest.Session, report: Report) -> None:
        self.problems = [problem for path in self.run.settings.reports if (problem := write(report, path))]
        if self.problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the closing section."""
        for problem in self.problems:
            terminalreporter.write_line(f"ERROR: {problem}", red=True)
        if self.report is None:
            return
        columns = self.config.get_terminal_writer().fullwidth
        lines = closing_section(self.report, columns, verbose=self.config.option.verbose > 0)
        if lines:
            terminalreporter.write_sep("=", "Space readiness")
        for text, colour in lines:
            terminalreporter.write_line(text, **({colour: True} if colour else {}))


def _order(result: Result) -> tuple[str, str]:
    return result.check.code, result.route or ""
