"""What a run found out, as plain data: every report is written from this and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from ..check import Check, Finding, Level, Result, predicted_stage
from ..contract import BUILTIN_ENVIRONMENT, GRADIO_ENVIRONMENT, OAUTH_ENVIRONMENT, Stage
from ..rehearsal.facts import Read, Rehearsal, Route
from ..space import Space
from .text import count

if TYPE_CHECKING:
    from ..fresh import Build

__all__ = [
    "Evidence",
    "Report",
    "WaiverUse",
    "gather",
    "install_command",
    "pack",
    "settled",
    "unevaluated",
    "unpack",
]

Confidence = Literal["high", "medium", "low", "none"]

_LEVELS: tuple[Level, ...] = ("error", "warn", "note")

_TIMINGS = ("export", "import", "startup", "first_response", "visits", "shutdown", "total")
_GIVEN_BY_THE_HUB = {*BUILTIN_ENVIRONMENT, *OAUTH_ENVIRONMENT, *GRADIO_ENVIRONMENT}


#: The checks of what a push would send, and how their reason begins where commits cannot be seen.
_OF_HISTORY = frozenset({"HFS201", "HFS202"})
_NO_HISTORY = ("the clone is shallow", "not a git repository", "git does not tell")


@dataclass(frozen=True)
class Evidence:
    """What reports say of the facts.  Text, numbers, lists and dicts only, so that the worker
    processes of pytest-xdist can hand it over.

    ``build``: what a fresh build consists of, where one was made.  ``rehearsed``: the app was run to
    its end.  ``served``: it came up.  ``impossible``: why there was no rehearsal.  ``requires``:
    settings that the Space's owner has to set.  ``remedy``: the command that makes the rehearsal
    possible, or "".  ``name``: what the run calls the Space; ``prefix``: what turns a finding's path
    into one from the top of the checkout, "" or "spaces/chat/"; ``hub_id``: owner and name on the
    Hub, or "" where nothing tells.
    """

    space: dict[str, Any]
    name: str = ""
    prefix: str = ""
    hub_id: str = ""
    build: str = ""
    rehearsed: bool = False
    served: bool = False
    impossible: str = ""
    remedy: str = ""
    not_rehearsed: list[str] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    environment: list[dict[str, Any]] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    peak_rss_mb: float | None = None

    def data(self) -> dict[str, Any]:
        """The same as a dict, to be given to this class again."""
        return asdict(self)


@dataclass(frozen=True)
class WaiverUse:
    """A waiver, and what became of it.

    ``text``: as the user wrote it; ``origin``: where ("hfspace_waive", "main.py:12");
    ``used``: how many findings it covers; ``problem``: why it fails the run, or "".
    """

    text: str
    origin: str
    reason: str
    until: str = ""
    used: int = 0
    problem: str = ""


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Report:
    """A run: the evidence, the results, and what follows.

    ``partial`` says, where not everything was evaluated, what was; else it is "".  ``waivers``: what
    became of each waiver; ``id`` and ``created`` tell this run from any other, the time in UTC.
    """

    evidence: Evidence
    results: tuple[Result, ...]
    partial: str = ""
    strict: bool = False
    waivers: tuple[WaiverUse, ...] = ()
    id: str = field(default_factory=lambda: uuid4().hex)
    created: str = field(default_factory=_now)

    @cached_property
    def blamed(self) -> tuple[Result, ...]:
        """The results with an error: those that predict a stage."""
        return tuple(
            result
            for result in self.results
            if result.outcome == "failed"
            and any(finding.level == "error" and not finding.waived for finding in result.findings)
        )

    @cached_property
    def doubts(self) -> tuple[Result, ...]:
        """The warnings that would be another stage than RUNNING if they are right."""
        return tuple(
            result
            for result in self.results
            if any(
                finding.level == "warn"
                and not finding.waived
                and (finding.predicts or result.check.predicts) not in (Stage.RUNNING, Stage.PAUSED)
                for finding in result.findings
            )
        )

    @cached_property
    def stage(self) -> Stage | None:
        """The stage that the Space would reach; None where there is too little to tell."""
        stage = predicted_stage(self.blamed)
        if stage is Stage.RUNNING and (self.partial or not (self.evidence.served or self._is_static)):
            return None
        return stage

    @property
    def _is_static(self) -> bool:
        """Is it a Space that runs no process, so that there is nothing to rehearse?"""
        return self.evidence.space.get("sdk") == "static"

    @cached_property
    def unverified(self) -> bool:
        """Was the whole asked for, and is there no prediction, nor anything that was waived for it?"""
        waived = any(f.waived and f.level == "error" for result in self.results for f in result.findings)
        return self.stage is None and not (self.partial or waived)

    @cached_property
    def ready(self) -> bool:
        """Would it run, and is nothing wrong with it?"""
        return self.stage is Stage.RUNNING and not any(result.outcome == "failed" for result in self.results)

    @property
    def not_rehearsed(self) -> list[str]:
        """What the prediction leaves out."""
        unseen = [
            finding.message
            for result in self.results
            for finding in result.findings
            if finding.message.startswith(unevaluated(result.check))
        ]
        history = dict.fromkeys(
            f"the history of git: {result.reason}"
            for result in self.results
            if result.check.code in _OF_HISTORY
            and result.outcome == "skipped"
            and result.reason.startswith(_NO_HISTORY)
        )
        return [*self.evidence.not_rehearsed, *unseen, *history, *([self.partial] if self.partial else [])]

    @property
    def confidence(self) -> Confidence:
        """How far the prediction can be trusted."""
        if self.stage is None:
            return "none"
        if not (self.evidence.rehearsed or self._is_static):
            return "low"
        return "medium" if self.not_rehearsed or self.doubts else "high"

    @property
    def passed(self) -> bool:
        """Would ``pytest --hfspace`` exit with 0?  No check has failed, every waiver holds, and under
        ``strict`` a stage could be told.  A Space that could not be rehearsed passes without being
        :attr:`ready`."""
        return not (
            any(result.outcome == "failed" for result in self.results)
            or any(waiver.problem for waiver in self.waivers)
            or (self.strict and self.stage is None and not self.partial)
        )

    @property
    def findings(self) -> tuple[tuple[Result, Finding], ...]:
        """Every finding that is not waived, with the result that it is of: errors, warnings, notes."""
        found = [(result, each) for result in self.results for each in result.findings if not each.waived]
        return tuple(sorted(found, key=lambda pair: _LEVELS.index(pair[1].level or pair[0].check.level)))

    def document(self) -> dict[str, Any]:
        """The JSON report as data: what ``docs/report.md`` describes."""
        from .json import document

        return document(self)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write it in the format that the suffix names: .json, .sarif, .md or .html.

        ValueError for another suffix; OSError where the file cannot be written.
        """
        from .formats import checked_suffix, render

        target = Path(path)
        text = render([self], checked_suffix(target.name, target.suffix))
        target.write_text(text, encoding="utf-8", newline="\n")


def settled(reports: Iterable[Report], uses: Iterable[WaiverUse]) -> tuple[Report, ...]:
    """The same reports of one run; ``uses``: the waivers of the settings, which hold in all of its
    Spaces, as they were used in all together."""
    together = {(use.text, use.origin): use for use in uses}
    return tuple(
        replace(report, waivers=tuple(together.get((use.text, use.origin), use) for use in report.waivers))
        for report in reports
    )


def gather(space: Space, rehearsal: Rehearsal | None, build: Build | None = None) -> Evidence:
    """Make evidence of facts; ``rehearsal`` and ``build`` are None where nothing asked for one."""
    about, built = _about(space), _built(build)
    if rehearsal is None:
        reason = "no check that was evaluated looks at the running app"
        return Evidence(about, built, impossible=reason, not_rehearsed=_unbuilt(space))
    return Evidence(
        space=about,
        build=built,
        rehearsed=not rehearsal.impossible,
        served=rehearsal.served,
        impossible=rehearsal.impossible,
        remedy=install_command(space, rehearsal.missing_packages),
        not_rehearsed=_left_out(space, rehearsal),
        routes=_routes(rehearsal),
        requires=_requires(space, rehearsal),
        environment=_environment(space, rehearsal),
        timings={name: round(rehearsal.timings.get(name, 0.0), 4) for name in _TIMINGS},
        peak_rss_mb=rehearsal.peak_rss_mb,
    )


def _about(space: Space) -> dict[str, Any]:
    return {
        "root": str(space.root),
        "sdk": space.sdk,
        "app": space.app,
        "port": space.port,
        "launch": list(space.command.words) if space.command else [],
        "files": len(space.files.tracked),
    }


def _built(build: Build | None) -> str:
    if build is None or not build.python:
        return ""
    spent = "there already" if build.cached else f"{build.seconds:.1f} s"
    return f"Python {build.version}, {count(len(build.packages), 'package')}, {build.tool}, {spent}"


def install_command(space: Space, missing: Iterable[str]) -> str:
    """What installs the packages that are missing here; "" if none is."""
    written = space.card.fields.get("sdk_version")
    version = written.raw.strip("'\"") if written is not None and space.sdk == "gradio" else ""
    exact = {"gradio": version} if re.fullmatch(r"\d[\w.]{0,30}", version, re.ASCII) else {}
    return space.requirements.install_command(missing, exact)


def _left_out(space: Space, rehearsal: Rehearsal) -> list[str]:
    left_out = list(space.image.not_followed) if space.image else _unbuilt(space)
    if space.command:
        left_out += [f"not run before the server: {command}" for command in space.command.skipped]
        left_out += [f"not run beside the server: {command}" for command in space.command.beside]
    if not rehearsal.proxied and rehearsal.not_proxied:
        left_out.append(rehearsal.not_proxied)
    left_out += rehearsal.notes
    left_out += [f"{label}: {reason}" for label, reason in rehearsal.skipped_routes.items()]
    return list(dict.fromkeys(left_out))


def _unbuilt(space: Space) -> list[str]:
    """The command of a static Space that makes the files which it shows."""
    is_built = space.sdk == "static" and "app_build_command" in space.card.fields
    return ["app_build_command is not run: whether it makes the files is not known"] if is_built else []


def _routes(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    from ..rehearsal.coverage import is_bare_mount

    own = (route for route in rehearsal.routes if route.own)
    return [_route(route, rehearsal) for route in own if not is_bare_mount(rehearsal, route)]


def _route(route: Route, rehearsal: Rehearsal) -> dict[str, Any]:
    from ..rehearsal.coverage import best_visit, route_outcome

    visit = best_visit(rehearsal, route)
    skipped = route.label in rehearsal.skipped_routes
    return {
        "method": route.method,
        "path": route.path,
        "endpoint": str(route.where) if route.where else route.endpoint,
        "status": visit.status if visit else None,
        "seconds": round(visit.seconds, 4) if visit else 0.0,
        "outcome": "skipped" if skipped else route_outcome(rehearsal, route),
    }


def _requires(space: Space, rehearsal: Rehearsal) -> list[str]:
    image = set(space.image.env) if space.image else set()
    given = _GIVEN_BY_THE_HUB | image | (set(space.command.env) if space.command else set())
    names = [stand_in.name for stand_in in rehearsal.stand_ins]
    names += [read.name for read in rehearsal.reads if read.own and read.required and read.given]
    return [name for name in dict.fromkeys(names) if name not in given]


def _environment(space: Space, rehearsal: Rehearsal) -> list[dict[str, Any]]:
    reads: dict[str, list[Read]] = {}
    for read in rehearsal.reads:
        if read.own:
            reads.setdefault(read.name, []).append(read)
    return [
        {
            "name": name,
            "secret": any(read.secret for read in found),
            "required": any(read.required for read in found),
            "default": any(read.default is not None for read in found),
            "documented": name in space.settings,
            "where": list(dict.fromkeys(str(read.where) for read in found if read.where)),
        }
        for name, found in sorted(reads.items())
    ]


def unevaluated(check: Check) -> str:
    """How the finding begins that stands for a check that has a defect itself."""
    return f"{check.code} could not be evaluated: "


def pack(result: Result) -> dict[str, Any]:
    """A result as plain data."""
    return {
        "code": result.check.code,
        "outcome": result.outcome,
        "findings": [
            {**asdict(finding), "predicts": finding.predicts.value if finding.predicts else None}
            for finding in result.findings
        ],
        "reason": result.reason,
        "route": result.route,
        "seconds": result.seconds,
        "applicable": result.applicable,
    }


def unpack(data: Mapping[str, Any], catalogue: Mapping[str, Check]) -> Result:
    """The result again."""
    return Result(
        catalogue[data["code"]],
        data["outcome"],
        tuple(
            Finding(**{**finding, "predicts": Stage(finding["predicts"]) if finding["predicts"] else None})
            for finding in data["findings"]
        ),
        data["reason"],
        data["route"],
        data["seconds"],
        data["applicable"],
    )
