"""The JSON report of ``pytest --hfspace`` as a publisher sends it.

Only what the board reads is checked closely.  Members that a later version of the report adds are
kept as they are.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

#: ``owner/name``, as the Hub allows it, and each part by itself.
PART_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
SPACE_PATTERN = rf"^{PART_PATTERN}/{PART_PATTERN}$"

#: How deeply a submission may be nested.  A real one has seven levels.
MAX_DEPTH = 50

SpaceName = Annotated[str, Field(pattern=SPACE_PATTERN)]
ReportId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


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


class CheckResult(BaseModel):
    """What became of one check."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(pattern=r"^[A-Z]{2,8}\d{3}$", examples=["HFS410"])
    outcome: Literal["passed", "failed", "warned", "noted", "skipped", "waived"]


class Report(BaseModel):
    """A report of schema 1."""

    model_config = ConfigDict(extra="allow")

    schema_version: Literal[1] = Field(alias="schema")
    contract: str = Field(max_length=20, examples=["2026-08"])
    version: str = Field(max_length=50, examples=["0.1.0"])
    space: dict[str, JsonValue] = {}
    stage: Stage
    ready: bool
    confidence: str = Field(default="", max_length=20)
    not_rehearsed: list[JsonValue] = []
    checks: list[CheckResult]
    routes: list[dict[str, JsonValue]] = []
    requires: list[str] = []
    environment: list[dict[str, JsonValue]] = []
    timings: dict[str, float] = {}
    peak_rss_mb: float | None = None

    def count(self, outcome: str) -> int:
        """How many checks had this outcome."""
        return sum(check.outcome == outcome for check in self.checks)


#: What a publisher might send.
EXAMPLE: dict[str, Any] = {
    "id": "build-1042-attempt-1",
    "space": "acme/atlas",
    "report": {
        "schema": 1,
        "contract": "2026-08",
        "version": "0.1.0",
        "space": {
            "root": ".",
            "sdk": "docker",
            "app": "main:app",
            "port": 7860,
            "launch": ["uvicorn", "main:app", "--port", "7860"],
            "files": 41,
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
                        "message": "listens on port 8000, the Hub connects to 7860",
                        "hint": "start it with --port 7860",
                        "consequence": "the Space never starts",
                        "path": "Dockerfile",
                        "line": 14,
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
        "requires": [],
        "environment": [],
        "timings": {"total": 0.7},
        "peak_rss_mb": 92.0,
    },
}


class Submission(BaseModel):
    """A report, the Space that it is about, and an id that makes a repeated delivery harmless."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: ReportId
    space: SpaceName
    report: Report

    @model_validator(mode="before")
    @classmethod
    def _is_shallow(cls, data: Any) -> Any:
        # What is nested too deeply can be read, and then not be written again.
        if _is_deeper(data, MAX_DEPTH):
            raise ValueError(f"the report is nested more than {MAX_DEPTH} levels deep")
        return data

    @model_validator(mode="after")
    def _is_json(self) -> Submission:
        # Python's JSON reader lets NaN, Infinity and lone surrogates pass; no answer could hold them.
        try:
            self.document.encode()
        except ValueError:
            raise ValueError("the report holds NaN, Infinity or half a character") from None
        return self

    @cached_property
    def document(self) -> str:
        """The report as JSON text, the same for the same report."""
        sent = self.report.model_dump(mode="python", by_alias=True, exclude_unset=True)
        return json.dumps(sent, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_is_deeper(member, levels - 1) for member in value)
