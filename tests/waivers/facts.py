"""A small catalogue, and results made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from pytest_hfspace.check import Check, Finding, Result, outcome_of
from pytest_hfspace.contract import Stage

TODAY = date(2026, 8, 1)


def _nothing() -> Iterable[Finding]:
    return ()


def make_check(code: str, name: str, **changes: Any) -> Check:
    return Check(code, name, "error", Stage.RUNTIME_ERROR, "It breaks.", _nothing, **changes)


KNOWN = {
    check.code: check
    for check in (
        make_check("HFS410", "port-mismatch"),
        make_check("HFS501", "route-answers", each="route"),
        make_check("HFS703", "secret-default"),
        make_check("HFS801", "storage-path"),
        make_check("HFS802", "lost-data"),
        make_check("HFS811", "egress"),
        make_check("ACME101", "no-print"),
    )
}


def make_finding(message: str = "it is wrong", path: str = "main.py", line: int | None = 3, **changes: Any):
    changes.setdefault("level", "error")
    return Finding(message, "change it", path, line, **changes)


def make_result(code: str = "HFS802", *findings: Finding, **changes: Any) -> Result:
    changes.setdefault("outcome", outcome_of(findings))
    return Result(KNOWN[code], findings=findings, **changes)


def skipped(code: str, **changes: Any) -> Result:
    return make_result(code, outcome="skipped", reason="needs HFS403", **changes)
