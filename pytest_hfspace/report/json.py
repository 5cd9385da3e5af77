"""The report for machines.  Its schema is fixed: other people's scripts read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .. import __version__
from ..check import Result
from ..contract import DATE
from . import Report

SCHEMA = 1


def render(reports: Sequence[Report]) -> str:
    """One document for one Space; for several, a list of them under ``spaces``."""
    documents = [document(report) for report in reports]
    several = {"schema": SCHEMA, "contract": DATE, "version": __version__, "spaces": documents}
    return json.dumps(documents[0] if len(documents) == 1 else several, indent=1) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as data for ``json.dumps``."""
    evidence = report.evidence
    return {
        "schema": SCHEMA,
        "contract": DATE,
        "version": __version__,
        "id": report.id,
        "created": report.created,
        "space": {**evidence.space, "id": evidence.hub_id or None},
        "stage": report.stage.value if report.stage else None,
        "ready": report.ready,
        "confidence": report.confidence,
        "not_rehearsed": report.not_rehearsed,
        "partial": report.partial,
        "remedy": evidence.remedy,
        "checks": [_check(result) for result in report.results],
        "routes": evidence.routes,
        "waivers": [asdict(waiver) for waiver in report.waivers],
        "requires": evidence.requires,
        "environment": evidence.environment,
        "timings": evidence.timings,
        "peak_rss_mb": evidence.peak_rss_mb,
    }


def _check(result: Result) -> dict[str, Any]:
    check = result.check
    return {
        "code": check.code,
        "name": check.name,
        "level": check.level,
        "predicts": result.predicts.value,
        "outcome": result.outcome,
        "reason": result.reason,
        "applicable": result.applicable,
        "route": result.route,
        "seconds": round(result.seconds, 4),
        "findings": [
            {
                "level": finding.level,
                "message": finding.message,
                "hint": finding.hint,
                "consequence": finding.consequence,
                "path": finding.path,
                "line": finding.line,
                "waived": finding.waived,
            }
            for finding in result.findings
        ],
    }
