"""What the API answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from .report import EXAMPLE, ReportId, Stage, State

_MOMENT = "2026-08-03T09:31:00Z"


class Answer(BaseModel):
    """What the API answers with."""

    model_config = ConfigDict(from_attributes=True)


class Receipt(Answer):
    """What was stored.  ``url``: where it can be had."""

    id: ReportId = Field(examples=[EXAMPLE["id"]])
    space: str = Field(examples=[EXAMPLE["space"]["id"]])
    url: str = Field(examples=[f"/api/reports/{EXAMPLE['id']}"])


class RunSummary(Answer):
    """A report without its details.  ``failed``, ``warned``: numbers of checks."""

    id: str = Field(examples=[EXAMPLE["id"]])
    stage: Stage | None = Field(description="null where none could be predicted")
    ready: bool
    failed: int = Field(examples=[1])
    warned: int = Field(examples=[0])
    because: str = Field(
        description="The check that the stage is due to, and how many others",
        examples=["HFS410-port-mismatch and 1 more"],
    )
    received_at: datetime = Field(examples=[_MOMENT])


class SpaceSummary(Answer):
    """A Space and its latest run.  ``since``: when it came to be ready, or not to be."""

    name: str = Field(examples=[EXAMPLE["space"]["id"]])
    state: State = Field(examples=["unready"])
    since: datetime = Field(examples=[_MOMENT])
    latest: RunSummary


class SpaceDetail(SpaceSummary):
    """A Space with its last runs, the oldest first."""

    recent: list[RunSummary]


class SpaceList(Answer):
    """A part of the Spaces.  ``total``: of all parts together."""

    total: int = Field(examples=[1])
    limit: int = Field(examples=[50])
    offset: int = Field(examples=[0])
    spaces: list[SpaceSummary]


class History(Answer):
    """Runs of a Space, the newest first."""

    space: str = Field(examples=[EXAMPLE["space"]["id"]])
    limit: int = Field(examples=[50])
    offset: int = Field(examples=[0])
    runs: list[RunSummary]


class StoredReport(Answer):
    """A report as it was published."""

    id: str = Field(examples=[EXAMPLE["id"]])
    space: str = Field(examples=[EXAMPLE["space"]["id"]])
    received_at: datetime = Field(examples=[_MOMENT])
    report: dict[str, JsonValue]


class FindingSummary(Answer):
    """A finding of a report."""

    code: str = Field(examples=["HFS410"])
    name: str = Field(examples=["port-mismatch"])
    level: str = Field(examples=["error"])
    route: str | None = Field(examples=[None])
    path: str = Field(examples=["Dockerfile"])
    line: int | None = Field(examples=[14])
    message: str = Field(examples=["the server listens on port 8000, the Hub connects to 7860"])
    hint: str = Field(examples=["write --port 7860 in the start command"])


class ComparisonResult(Answer):
    """What changed from report ``old`` to report ``report``.

    ``old`` is null where nothing was there to compare with: all findings are new.  ``unchecked``:
    the newer run did not get to look whether it has them.
    """

    report: str = Field(examples=[EXAMPLE["id"]])
    old: str | None = Field(examples=["d1f7c2a09c3b4c6e8a52f0c7b6d5e4f3"])
    new: list[FindingSummary]
    fixed: list[FindingSummary]
    remaining: list[FindingSummary]
    unchecked: list[FindingSummary]


class Health(Answer):
    """All is well."""

    status: Literal["ok"] = "ok"
