"""What a check may do wrong: a line of the report, and no end of the run."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator
from typing import Any

from .check import Check, Finding, Skip
from .report import unevaluated
from .report.text import said


def guarded(
    check: Check, tell: Callable[[str], None] | None
) -> Callable[..., Generator[Finding, None, None]]:
    """The check's function; for an exception that it did not foresee it is skipped, and ``tell`` is
    told the reason.  None for ``tell`` lets it pass."""

    @functools.wraps(check.function)
    def function(**facts: Any) -> Generator[Finding, None, None]:
        try:
            yield from _sound(check, facts)
        except Skip:
            raise
        except Exception as error:
            if tell is None:
                raise
            reason = f"{unevaluated(check)}{said(error)}{_place(check, error)}"
            tell(reason)
            raise Skip(reason) from error

    return function


def _sound(check: Check, facts: dict[str, Any]) -> Generator[Finding, None, None]:
    """What the check's function finds.  TypeError or ValueError for a finding that is none, or that
    would not count as its author means."""
    for finding in check.function(**facts) or ():
        if not isinstance(finding, Finding):
            raise TypeError(f"{finding!r:.80} is no Finding")
        if finding.level not in (None, "error", "warn", "note"):
            raise ValueError(f"the level {finding.level!r:.80} should be error, warn or note")
        yield finding


def _place(check: Check, error: Exception) -> str:
    """Where in the file of a project's own check it was raised, for its author."""
    code = getattr(check.function, "__code__", None)
    if code is None or check.code.startswith("HFS"):
        return ""
    frame, line = error.__traceback__, 0
    while frame is not None:
        line = frame.tb_lineno if frame.tb_frame.f_code.co_filename == code.co_filename else line
        frame = frame.tb_next
    return f" at {os.path.basename(code.co_filename)}:{line}" if line else ""  # noqa: PTH119 - a name, not a path
