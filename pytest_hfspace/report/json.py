"""The report for machines.  Its schema is fixed: other people's scripts read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import __version__
from ..check import Result
from ..contract import DATE
from . import Report

SCHEMA = 1


def document(report: Report) -> dict[str, Any]:
    """The report as data for ``json.dumps``."""
    evidence = report.evidence
    return {
        "schema": SCHEMA,
        "contract": DATE,
        "version": __version__,
        "space": evidence.space,
        "stage": report.stage.value if report.stage else None,
        "ready": report.ready,
        "confidence": report.confidence,
        "not_rehearsed": report.not_rehearsed,
        "checks": [_check(result) for result in report.results],
        "routes": evidence.routes,
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
        "route": result.route,
        "seconds": round(result.seconds, 4),
        "findings": [
            {
                "message": finding.message,
                "hint": finding.hint,
                "consequence": finding.consequence,
                "path": finding.path,
                "line": finding.line,
            }
            for finding in result.findings
        ],
    }


def write(report: Report, path: Path) -> str:
    """Write the report; what comes back is why that was not possible, or ""."""
    try:
        path.write_text(json.dumps(document(report), indent=1) + "\n", encoding="ascii")
    except OSError as error:
        return f"{path.name} cannot be written: {error.strerror}"
    return ""
