"""The JSON report of ``pytest --hfspace``: what ``docs/report.schema.json`` says, in pydantic.

It takes and refuses the same documents as the schema; what a later version of the report adds is
left alone.  :func:`read` asks for what the board needs besides: an id, and the Space on the Hub.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictFloat, StrictInt, ValidationError

from .documents import pack, parse

#: ``owner/name``, as the Hub allows it, and each part by itself.
PART_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
SPACE_PATTERN = rf"^{PART_PATTERN}/{PART_PATTERN}$"
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

#: Characters of a check's name that a row of the overview has.
_LONGEST_NAME = 160

SpaceName = Annotated[str, Field(pattern=SPACE_PATTERN)]
PartName = Annotated[str, Field(pattern=f"^{PART_PATTERN}$")]
ReportId = Annotated[str, Field(pattern=ID_PATTERN)]


class Stage(str, Enum):
    """Where a Space would end up, in the order in which the Hub gets there."""

    PUSH_REJECTED = "PUSH_REJECTED"
    CONFIG_ERROR = "CONFIG_ERROR"
    NO_APP_FILE = "NO_APP_FILE"
    BUILD_ERROR = "BUILD_ERROR"
    RUNTIME_ERROR = "RUNTIME_ERROR"
    APP_STARTING = "APP_STARTING"
    PAUSED = "PAUSED"
    RUNNING = "RUNNING"


State = Literal["ready", "unready", "unknown"]


def state_of(stage: str | None, *, ready: bool) -> State:
    """The state of a run: without a stage nothing is known, whatever else it says."""
    if stage is None:
        return "unknown"
    return "ready" if ready else "unready"


Level = Literal["error", "warn", "note"]
_StageName = Literal[
    "PUSH_REJECTED",
    "CONFIG_ERROR",
    "NO_APP_FILE",
    "BUILD_ERROR",
    "RUNTIME_ERROR",
    "APP_STARTING",
    "PAUSED",
    "RUNNING",
]
#: JSON Schema knows one kind of number: 1.0 is an integer there, and true is none.
_Integer = StrictInt | Annotated[StrictFloat, Field(multiple_of=1)]
_Count = Annotated[StrictInt, Field(ge=0)] | Annotated[StrictFloat, Field(ge=0, multiple_of=1)]
_Line = Annotated[StrictInt, Field(ge=1)] | Annotated[StrictFloat, Field(ge=1, multiple_of=1)]
_Amount = Annotated[StrictInt, Field(ge=0)] | Annotated[StrictFloat, Field(ge=0)]
_One = Annotated[StrictInt, Field(ge=1, le=1)] | Annotated[StrictFloat, Field(ge=1, le=1)]
_Text = Annotated[str, Field(min_length=1)]
# A list of a mebibyte can hold half a million mistakes, and one is enough.
_Texts = Annotated[list[str], FailFast()]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class Finding(_Part):
    """One thing that is wrong."""

    level: Level = "error"
    message: str
    hint: str
    consequence: str
    path: str
    line: _Line | None
    waived: str = ""


class CheckResult(_Part):
    """What became of one check, or of one check for one route."""

    code: _Text
    name: str
    level: Level
    predicts: _StageName
    outcome: Literal["passed", "failed", "warned", "noted", "skipped", "waived"]
    reason: str
    applicable: bool = True
    route: str | None
    seconds: _Amount
    findings: Annotated[list[Finding], FailFast()]


class Route(_Part):
    """A route of the app, and how it answered."""

    method: str
    path: str
    endpoint: str
    status: _Integer | None
    seconds: _Amount
    outcome: Literal["answered", "guarded", "rejected", "failed", "skipped"]


class Setting(_Part):
    """A variable that the app's own code reads."""

    name: _Text
    secret: bool
    required: bool
    default: bool
    documented: bool
    where: _Texts


class Waiver(_Part):
    """A waiver, and what became of it."""

    text: str
    origin: str
    reason: str
    until: str
    used: _Count
    problem: str


class SpaceFacts(_Part):
    """The Space as it was looked at.  ``id``: owner/name on the Hub."""

    root: str
    sdk: str | None
    app: str
    port: _Integer
    launch: _Texts
    files: _Count
    id: str | None = None


class Timings(_Part):
    """What took how long, in seconds."""

    export: _Amount = 0
    import_: _Amount = Field(default=0, alias="import")
    startup: _Amount = 0
    first_response: _Amount = 0
    visits: _Amount = 0
    shutdown: _Amount = 0
    total: _Amount = 0


class Report(_Part):
    """The report of one Space, as `--hfspace-report readiness.json` writes it; of schema 1."""

    schema_version: _One = Field(alias="schema")
    contract: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}$")
    version: str
    id: _Text = ""
    created: str = Field(
        default="",
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    )
    space: SpaceFacts
    stage: _StageName | None
    ready: bool
    partial: str = ""
    remedy: str = ""
    confidence: Literal["high", "medium", "low", "none"]
    not_rehearsed: _Texts
    checks: Annotated[list[CheckResult], FailFast()]
    routes: Annotated[list[Route], FailFast()]
    waivers: Annotated[list[Waiver], FailFast()] = []
    requires: _Texts
    environment: Annotated[list[Setting], FailFast()]
    timings: Timings
    peak_rss_mb: _Amount | None


class Invalid(ValueError):
    """A body is no report that the board takes.

    ``errors``: each with the place (``loc``), what is wrong with it (``msg``), and a ``type``.
    """

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("The report is not valid.")
        self.errors = errors


@dataclass(frozen=True)
class Submission:
    """A valid report, ready to be stored.  ``packed``: what :func:`documents.pack` made of it;
    ``because``: the first check that its stage is due to, and how many others."""

    id: str
    space: str
    stage: str | None
    ready: bool
    failed: int
    warned: int
    packed: bytes
    because: str = ""


def read(body: bytes) -> Submission:
    """The report in the body of a request.

    Raises :class:`documents.Unreadable` where that is no JSON, and :class:`Invalid`.
    """
    document = parse(body)
    if isinstance(document, dict) and "spaces" in document:
        raise _invalid("spaces", "several reports are published one at a time")
    try:
        report = Report.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid([{**each, "loc": ["body", *each["loc"]]} for each in problems[:20]]) from None
    if not re.fullmatch(ID_PATTERN.rstrip("$"), report.id):
        raise _invalid("id", "1 to 64 letters, digits, dots, dashes and underscores are wanted")
    space = report.space.id or ""
    if not re.fullmatch(SPACE_PATTERN.rstrip("$"), space):
        raise _invalid(
            "space",
            "id",
            "owner/name on the Hub is wanted: give it with --hfspace-id OWNER/NAME, or in the pytest "
            "configuration as hfspace_id",
        )
    outcomes = [check.outcome for check in report.checks]
    failed, warned = outcomes.count("failed"), outcomes.count("warned")
    because = _because(report)
    return Submission(report.id, space, report.stage, report.ready, failed, warned, pack(body), because)


def _because(report: Report) -> str:
    blamed = [each for each in report.checks if each.outcome == "failed" and each.predicts == report.stage]
    names = list(dict.fromkeys(f"{each.code}-{each.name}" for each in blamed))
    if not names:
        return ""
    # It becomes a column, and a name may hold what databases do not take.
    first = re.sub(r"[^!-~]+", "?", names[0])[:_LONGEST_NAME]
    return f"{first} and {len(names) - 1} more" if len(names) > 1 else first


def _invalid(*place_and_message: str) -> Invalid:
    *place, message = place_and_message
    return Invalid([{"loc": ["body", *place], "msg": message, "type": "value_error"}])


#: What a publisher might send.
EXAMPLE: dict[str, Any] = {
    "schema": 1,
    "contract": "2026-08",
    "version": "0.1.0",
    "id": "0f8fad5bd9cb469fa16570867728950e",
    "created": "2026-08-03T09:30:00+00:00",
    "space": {
        "root": "atlas",
        "sdk": "docker",
        "app": "main:app",
        "port": 7860,
        "launch": ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"],  # noqa: S104 (a Space does)
        "files": 41,
        "id": "acme/atlas",
    },
    "stage": "APP_STARTING",
    "ready": False,
    "confidence": "high",
    "not_rehearsed": [],
    "checks": [
        {
            "code": "HFS410",
            "name": "port-mismatch",
            "level": "error",
            "predicts": "APP_STARTING",
            "outcome": "failed",
            "reason": "",
            "route": None,
            "seconds": 0.001,
            "findings": [
                {
                    "level": "error",
                    "message": "the server listens on port 8000, the Hub connects to 7860",
                    "hint": "write --port 7860 in the start command, or app_port: 8000 in README.md",
                    "consequence": "The Hub waits 30 minutes for the app port, then stops the Space.",
                    "path": "Dockerfile",
                    "line": 14,
                    "waived": "",
                }
            ],
        }
    ],
    "routes": [
        {
            "method": "GET",
            "path": "/health",
            "endpoint": "main.py:9",
            "status": 200,
            "seconds": 0.004,
            "outcome": "answered",
        }
    ],
    "waivers": [],
    "requires": [],
    "environment": [],
    "timings": {"total": 0.7},
    "peak_rss_mb": 92.0,
}
