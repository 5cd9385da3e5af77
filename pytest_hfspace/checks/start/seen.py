"""4xx: what was seen while the app came up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Connect, Logged, Rehearsal, Where
from ...space import Space
from ...space.modules import entry_file
from ..causes import NO_PROCESS, failure_code
from ..serving import SERVED, listing, one_line, serving
from .server import hardware_of
from .worker_count import workers_of

#: Hosts of files that can be in the image before it starts, and how.
_DOWNLOADS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(r"(^|\.)(huggingface\.co|hf\.co)$"),
        "connect in the lifespan; name what is downloaded in preload_from_hub of README.md",
    ),
    (
        re.compile(r"^openaipublic\.blob\.core\.windows\.net$"),
        "load the encoding in a RUN step, with TIKTOKEN_CACHE_DIR set to where the app finds it",
    ),
    (
        re.compile(
            r"^(raw\.githubusercontent\.com|.*\.?nltk\.org|s3\.amazonaws\.com|download\.pytorch\.org)$"
        ),
        "download it in a RUN step of the Dockerfile",
    ),
)
_MOVE: Final = "connect in the lifespan, or when it is first needed; download while the image is built"

#: Exceptions that no value of a setting brings about.
_CERTAIN: Final = frozenset(
    {"ImportError", "ModuleNotFoundError", "SyntaxError", "NameError", "FileNotFoundError", "PermissionError"}
)
_MOST: Final = 5
_GIB: Final = 1024.0


# -- the network


@check(
    "HFS405",
    "import-network",
    level="warn",
    predicts=Stage.APP_STARTING,
    needs=("HFS401",),
    consequence=(
        "Every start waits for another host. Where that does not answer, the app may never listen: "
        '"Launch timed out, workload was not healthy after 30 min".'
    ),
)
def import_network(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Importing the app opens no connection to another host.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    found: dict[Where | None, list[Connect]] = {}
    for connect in space_rehearsal.connects:
        if connect.phase == "import":
            found.setdefault(connect.where, []).append(connect)
    if not found:
        _came_through_import(space, space_rehearsal)
    is_program = space.command is not None and space.command.runner == "python"
    doing = "the program connects to" if is_program else "importing the app connects to"
    for where, connects in found.items():
        hosts = listing(f"{one_line(each.host, 60)}:{each.port}" for each in connects)
        yield Finding(
            f"{doing} {hosts}{' before it serves' if is_program else ''}",
            _network_hint(connects),
            where.path if where else entry_file(space),
            where.line if where else None,
            # a thread of a library's own, for which no line of the repository waits
            level=None if where else "note",
            consequence="" if where else "It may hold up the start where the host does not answer.",
        )


def _came_through_import(space: Space, rehearsal: Rehearsal) -> None:
    """Skip where the import was not seen to its end."""
    if rehearsal.impossible:
        raise Skip(rehearsal.impossible)
    failure = rehearsal.failure
    if failure is not None and failure.phase in ("launch", "import"):
        raise Skip(f"needs {failure_code(space, rehearsal)}")


def _network_hint(connects: Iterable[Connect]) -> str:
    for connect in connects:
        for pattern, hint in _DOWNLOADS:
            if pattern.search(connect.host.lower()):
                return hint
    return _MOVE


# -- errors


@check(
    "HFS408",
    "startup-errors",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space shows RUNNING, and what failed is missing for every visitor.",
)
def startup_errors(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Nothing is logged as an error, and no traceback printed, while the app comes up.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    serving(space_rehearsal)
    records = {(record.logger, record.message): record for record in space_rehearsal.logged}
    certain = [record for record in records.values() if not _excuse(space, space_rehearsal, record)]
    excused = [record for record in records.values() if record not in certain]
    for record in certain[:_MOST]:
        yield _error(space, record)
    if len(certain) > _MOST:
        first = certain[_MOST]
        path, line = _place(space, first)
        more = len(certain) - _MOST
        yield Finding(f"{more} more error{'s' if more > 1 else ''} while the app comes up", _READ, path, line)
    for record in excused[:_MOST]:
        yield _error(space, record, _excuse(space, space_rehearsal, record))


_READ: Final = "correct what it tells of; what the app cannot do without should end the start"


def _error(space: Space, record: Logged, excuse: str = "") -> Finding:
    said = one_line(record.message.strip().partition("\n")[0], 100)
    raised = record.raised
    if raised is not None and record.logger and raised.message not in said:
        said = f"{said} ({one_line(str(raised), 100)})"
    subject = f"{one_line(record.logger, 40)} logs an error" if record.logger else "a traceback is printed"
    path, line = _place(space, record)
    return Finding(
        f"{subject} while the app comes up: {said}" + (f"; {one_line(excuse)}" if excuse else ""),
        _READ,
        path,
        line,
        level="note" if excuse else None,
    )


def _place(space: Space, record: Logged) -> tuple[str, int | None]:
    where = (record.raised.where if record.raised else None) or record.where
    return (where.path, where.line) if where else (entry_file(space), None)


def _excuse(space: Space, rehearsal: Rehearsal, record: Logged) -> str:
    """Why it may be this machine's alone, or ""."""
    if record.excuse or (record.raised is not None and record.raised.kind in _CERTAIN):
        return record.excuse
    for read in rehearsal.reads:
        # what an owner sets on the Space is not set here
        is_early = read.own and not read.given and read.phase in ("import", "startup")
        is_awaited = read.secret or (read.name in space.settings and not read.default)
        if is_early and (is_awaited or read.name in record.message):
            return f"{read.name} is not set here"
    return ""


# -- memory


@check(
    "HFS421",
    "memory",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence='The Hub ends the container: "Memory limit exceeded", exit code 137.',
)
def memory(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the app takes at most fits the hardware; over half of it is a warning.  [spaces-overview]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible or space_rehearsal.peak_rss_mb is None:
        raise Skip(space_rehearsal.impossible or "this system does not tell how much memory was used")
    name, hardware = hardware_of(space)
    peak = space_rehearsal.peak_rss_mb / _GIB
    if peak > hardware.memory:
        yield Finding(
            f"the app took {peak:.1f} GiB of memory, and {name} has {hardware.memory:g} GiB",
            "load less, or parts when they are asked for, or choose hardware with more memory",
            entry_file(space),
        )
        return
    if not space_rehearsal.served:
        raise Skip(f"needs {failure_code(space, space_rehearsal)}")
    count = _workers(space, space_rehearsal)
    if peak * count > hardware.memory:
        raise Skip("needs HFS414")
    if peak * count > hardware.memory / 2:
        each = f" ({count} workers of {peak:.1f} GiB)" if count > 1 else ""
        yield Finding(
            f"the app took {peak * count:.1f} GiB of memory{each}, more than half of the "
            f"{hardware.memory:g} GiB that {name} has",
            "load less, or parts when they are asked for; visitors at the same time take more",
            entry_file(space),
            level="warn",
            consequence='A busy hour can end the Space with "Memory limit exceeded".',
        )


def _workers(space: Space, rehearsal: Rehearsal) -> int:
    """How many processes hold what was measured; 1 where nobody can tell."""
    if space.command is None or space.command.runner is None:
        return 1
    count = workers_of(space, space.command, rehearsal.listener).count
    return count if isinstance(count, int) else 1


CHECKS: Final[tuple[Check, ...]] = (import_network, startup_errors, memory)
