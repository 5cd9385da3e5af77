"""The hooks of a readiness run.  Registered under ``--hfspace`` only."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import pytest

from .header import header_lines
from .items import Catalogue, CheckItem, NotReady, RouteGroup
from .options import read_outputs
from .outputs import Written, write_baseline, write_reports
from .report import Evidence, Report, pack, settled, unpack
from .report.catalogue import did_you_mean, find
from .report.terminal import closing_sections, headline, why_failed
from .report.text import printable, terminal_columns
from .run import Run, names
from .runs import Runs
from .settings import matches
from .tally import Tally

#: The attribute of a test report that carries results, and its key in a worker's output.
KEY = "hfspace"
#: That of a report that says that the command line names a route that does not exist.
_MISNAMED = "hfspace_misnamed"


class Readiness:
    """Collects the checks, keeps their results, and reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.runs = Runs.of(config)
        self.outputs = read_outputs(config)
        self.tallies = {name: Tally() for name in self.runs}
        self.handed_over: list[dict[str, Any]] = []
        self.reports: tuple[Report, ...] = ()
        self.written = Written()
        self._misnamed = self._told = False
        self._validate()
        self._take_arguments()
        if self.runs.collects_routes and self.runs.only.needs_app:
            self.runs.only.begin()
        # what is loaded by now stays: the collector need not go through it again and again
        gc.freeze()

    def _validate(self) -> None:
        for run in self.runs.values():
            for name in run.chosen or ():
                self._find(name.partition("::")[0], run)
            try:
                run.judgement.validate()
            except ValueError as error:
                raise pytest.UsageError(str(error)) from None
        run = next(iter(self.runs.values()))
        settings = run.settings
        named = {
            "--hfspace-select": settings.select,
            "--hfspace-ignore": settings.ignore,
            "hfspace_strict_codes": settings.strict_codes,
        }
        for option, globs in named.items():
            for glob in globs:
                if not any(matches(code, (glob,)) for code in run.catalogue):
                    hint = did_you_mean(glob, run.catalogue)
                    raise pytest.UsageError(f"{option}: there is no check {glob!r}{hint}")

    def _find(self, name: str, run: Run) -> None:
        """Raise UsageError if neither a check nor a Space is called so."""
        near = get_close_matches(name, list(self.runs), cutoff=0.6) if self.runs.several else []
        if near and not any(names(name, check) for check in run.catalogue.values()):
            raise pytest.UsageError(f"there is no Space {name!r}; did you mean {' or '.join(near)}?")
        find(name, run.catalogue.values())

    def _take_arguments(self) -> None:
        """Leave to pytest the paths that were given; where none were, the checks run alone."""
        config, runs = self.config, self.runs
        config.args[:] = [arg for arg in config.args if arg not in runs.ours] if runs.paths else []
        # else pytest's header would name the testpaths, which are not collected
        config.args_source = pytest.Config.ArgsSource.ARGS

    def pytest_report_header(self) -> list[str]:
        """Say what is rehearsed, and what is worth knowing before."""
        return header_lines(self.runs, self.config)

    # -- collection

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Append the catalogue to what the session collects."""
        report = yield
        self._misnamed |= isinstance(collector, RouteGroup) and collector.misnamed
        is_top = isinstance(collector, pytest.Session) and report.passed
        if is_top and any(run.selected for run in self.runs.values()):
            node = Catalogue.from_parent(collector, name="hfspace", nodeid="hfspace")
            report.result = [*report.result, node]
        return report

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what ``-k`` and the like leave out."""
        self._count("deselected", items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is left."""
        self._count("collected", session.items)

    def _count(self, what: str, items: Sequence[pytest.Item]) -> None:
        for item in items:
            if isinstance(item, CheckItem):
                tally = self.tallies[item.run.settings.name]
                setattr(tally, what, getattr(tally, what) + 1)

    # -- reports of items

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the results to the report, and the report the place that a finding names."""
        report = yield
        if isinstance(item, CheckItem) and report.when == "call" and item.results:
            name = item.run.settings.name
            setattr(report, KEY, {"space": name, "results": [pack(result) for result in item.results]})
            self._place(item, report)
        if isinstance(item, CheckItem) and item.misnamed:
            setattr(report, _MISNAMED, True)
        return report

    def _place(self, item: CheckItem, report: pytest.TestReport) -> None:
        worst = next((result for result in item.results if result.outcome == "failed"), item.results[0])
        finding = next((finding for finding in worst.findings if finding.path and not finding.waived), None)
        if report.passed and finding is None:
            return
        path, line, header = item.reportinfo()
        if finding is not None:
            path, line = item.run.space.root / finding.path, (finding.line or 1) - 1
        # as in the item's own place
        shown = printable(str(path), keep="")
        report.location = (printable(os.path.relpath(path, self.config.rootpath), keep=""), line, header)
        if report.skipped:
            report.longrepr = (shown, line + 1, f"Skipped: {worst.reason}")
        crash = getattr(report.longrepr, "reprcrash", None)
        if report.failed and crash is not None and NotReady.__name__ in crash.message:
            # whole and without its place: the short summary has one line for it
            crash.path, crash.lineno, crash.message = shown, line + 1, headline(worst)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Forget the facts of a Space behind its last check."""
        if not isinstance(item, CheckItem) or not self.runs.several:
            return
        if not (isinstance(nextitem, CheckItem) and nextitem.run is item.run):
            item.run.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the results; under pytest-xdist they come from a worker."""
        self._misnamed |= getattr(report, _MISNAMED, False)
        data = getattr(report, KEY, None)
        if data is not None:
            tally, run = self.tallies[data["space"]], self.runs[data["space"]]
            tally.evaluated.add(report.nodeid)
            for packed in data["results"]:
                tally.add(unpack(packed, run.catalogue))

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Warnings show, and so do notes with ``-v``; neither fails the run."""
        data = getattr(report, KEY, None)
        if data is None or not report.passed:
            return None
        outcomes = {packed["outcome"] for packed in data["results"]}
        if "warned" in outcomes:
            return "hfspace warned", "w", ("WARN", {"yellow": True})
        if "noted" in outcomes and self.config.option.verbose > 0:
            return "hfspace noted", "n", ("NOTE", {"blue": True})
        return None

    # -- the end

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist hands over."""
        data = getattr(node, "workeroutput", {}).get(KEY)
        if data is not None:
            self.handed_over.append(data)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """All checks of a Space in one worker: it is rehearsed once in the whole run."""
        from .distribution import scheduler

        return scheduler(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports; a worker hands its evidence over instead."""
        workeroutput = getattr(self.config, "workeroutput", None)
        if workeroutput is not None:
            workeroutput[KEY] = {
                name: {"evidence": run.evidence().data(), **self.tallies[name].counts()}
                for name, run in self.runs.items()
                if self.tallies[name].evaluated
            }
        elif not self.config.option.collectonly:
            # a Space of which the command line chose nothing has nothing to report
            self.reports = tuple(self._report(run) for run in self.runs.values() if run.selected)
            self._conclude(session)

    def _report(self, run: Run) -> Report:
        name = run.settings.name
        tally, evidence = self.tallies[name], None
        # a worker without a check of the running app knows nothing of it
        for handed in self.handed_over:
            if name in handed:
                tally.take(handed[name])
                evidence = Evidence(**handed[name]["evidence"])
        codes = [code for code, _ in tally.results]
        evidence = evidence or run.evidence()
        if self.outputs.reports or self.outputs.publish:
            evidence = replace(evidence, hub_id=run.hub_id())
        return run.report(tally.results.values(), run.partial(codes) or tally.partial(), evidence)

    def _conclude(self, session: pytest.Session) -> None:
        """Write what was asked for, and let the exit code tell what no test has told."""
        judged = [
            self.runs[report.evidence.name].judgement.examined(report.results, partial=bool(report.partial))
            for report in self.reports
        ]
        judgement = next(iter(self.runs.values())).judgement
        self.reports = settled(self.reports, judgement.everywhere(judged))
        self.written = write_reports(self.reports, self.outputs)
        baseline = self.runs.settings[0].baseline
        if baseline is not None:
            self.written = write_baseline(self.reports, baseline, self.written)
        if self._misnamed:  # whatever else was found: the command line cannot be meant
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if session.exitstatus != pytest.ExitCode.OK:
            return
        if self.written.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif any(why_failed(report) for report in self.reports):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the closing section."""
        self._told = True
        columns = self.config.get_terminal_writer().fullwidth
        for text, colour in self.written.lines(columns):
            terminalreporter.write_line(text, **({colour: True} if colour else {}))
        lines = closing_sections(self.reports, columns, verbose=self.config.option.verbose > 0)
        if lines:
            terminalreporter.write_sep("=", "Space readiness")
        for text, colour in lines:
            terminalreporter.write_line(text, **({colour: True} if colour else {}))
        for command in self.written.commands:
            terminalreporter.write_line(command)

    def pytest_unconfigure(self) -> None:
        """Without a closing section (``--no-summary``, ``-p no:terminal``): say what must be known."""
        if not self._told:
            sys.stderr.writelines(f"{text}\n" for text, _ in self.written.lines(terminal_columns()))
            sys.stdout.writelines(f"{command}\n" for command in self.written.commands)
