"""What GitHub Actions shows of a run: annotations on path and line, and the step's summary.

Nothing comes from ``__future__`` here: its ``annotations`` would hide the function of that name.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..check import Level
from . import Report
from .markdown import blocks, counting, space_name
from .text import printable

#: How much a step may write into its summary, in bytes; GitHub shows nothing of a larger one.
LIMIT = 1024 * 1024

_CUT = "**The rest is cut: GitHub shows 1 MiB of a step's summary.** The JSON report has all."
#: Notes are no annotations, as they are nothing in a terminal without ``-v``.
_COMMANDS: tuple[tuple[Level, str], ...] = (("error", "error"), ("warn", "warning"))
_WRITTEN_AT = re.compile(r"(.+):([0-9]{1,9})")


def annotations(reports: Sequence[Report]) -> list[str]:
    """Workflow commands, one a line: for each waiver that fails the run, and for each finding that
    is not waived, with its fix.

    GitHub shows ten errors and ten warnings of a step.  So the first finding of each check (in each
    Space) stands before any second one.
    """
    lines = [line for report in reports for line in _waivers(report)]
    for level, command in _COMMANDS:
        ranked = [item for report in reports for item in _ranked(report, level, command, reports)]
        lines += [line for _, line in sorted(ranked, key=lambda item: item[0])]
    return list(dict.fromkeys(lines))


def append_summary(reports: Sequence[Report], path: str | os.PathLike[str]) -> str:
    """Append the Markdown report to the step's summary; what comes back is why that was not
    possible, or "".  What GitHub would not take is left out, from the end, in whole sections."""
    try:
        with Path(path).open("ab") as file:
            written = file.tell()
            before = "\n\n" if written else ""
            text = _fitting(blocks(reports), LIMIT - written - len(before))
            file.write(f"{before}{text}".encode() if text else b"")
    except OSError as error:
        return f"the step's summary cannot be written: {error.strerror}"
    return "" if text else "the step's summary is full"


def _fitting(parts: Sequence[str], room: int) -> str:
    """As many of the parts as take no more than ``room`` bytes, with a note if that is not all."""
    whole = _joined(parts)
    if len(whole.encode()) <= room:
        return whole
    kept = 0
    room -= len(_joined([_CUT]).encode())
    for part in parts:
        room -= len(_joined([part]).encode()) + 1
        if room < 0:
            break
        kept += 1
    return _joined([*parts[:kept], _CUT]) if kept else ""


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _ranked(
    report: Report, level: Level, command: str, reports: Sequence[Report]
) -> Iterator[tuple[int, str]]:
    """Annotations, each with the number of those of the same check before it."""
    before: Counter[str] = Counter()
    for result, finding in counting(report, level):
        path = report.evidence.prefix + finding.path if finding.path else ""
        where = _place(path, finding.line)
        title = result.check.id + (f" in {space_name(report)}" if len(reports) > 1 else "")
        text = f"{finding.message}\nFix: {finding.hint}" if finding.hint else finding.message
        yield before[title], f"::{command} {where}title={_property(title)}::{_data(text)}"
        before[title] += 1


def _waivers(report: Report) -> Iterator[str]:
    for waiver in report.waivers:
        if waiver.problem:
            written = _WRITTEN_AT.fullmatch(waiver.origin)
            where = _place(written[1], int(written[2])) if written else ""
            text = f"{waiver.text} ({waiver.origin}): {waiver.problem}"
            yield f"::error {where}title=waiver::{_data(text)}"


def _place(path: str, line: int | None) -> str:
    """The properties that name it from the top of the checkout, each with a comma behind it."""
    file = f"file={_property(path)}," if path else ""
    return f"{file}line={line}," if file and line else file


def _data(text: str) -> str:
    """The text of a command: it stays on its line, and begins none."""
    escaped = printable(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
