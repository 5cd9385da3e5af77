"""The routes of the board."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, JsonValue
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from . import store
from .auth import require_publisher
from .badge import render_badge
from .database import Database
from .errors import ANY_ERROR, declare
from .overview import SHOWN, render_overview
from .report import EXAMPLE, PART_PATTERN, ReportId, SpaceName, Stage, Submission

router = APIRouter()


class Receipt(BaseModel):
    """What was stored."""

    id: ReportId


class Summary(BaseModel):
    """A stored report without its details.  ``failed``, ``warned``: numbers of checks."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    space: str
    stage: Stage
    ready: bool
    failed: int
    warned: int
    received_at: datetime


class Detail(Summary):
    """A stored report."""

    report: dict[str, JsonValue]


class Page(BaseModel):
    """A part of the reports, the newest first.  ``total``: of all parts together."""

    total: int
    limit: int
    offset: int
    reports: list[Summary]


class Health(BaseModel):
    """The board answers, and so does its database."""

    status: Literal["ok"] = "ok"


class SvgResponse(Response):
    """An image that may run nothing and load nothing."""

    media_type = "image/svg+xml"


@router.post(
    "/api/reports",
    status_code=201,
    tags=["reports"],
    dependencies=[Depends(require_publisher)],
    responses={
        200: {"model": Receipt, "description": "The same report was stored before"},
        **declare(
            {
                400: "The body could not be read",
                401: "No token of a publisher",
                409: "Another report has this id",
                413: "The body is too large",
                422: "The report is not valid",
                503: "Publishing is off",
            }
        ),
    },
)
def publish_report(submission: Submission, database: Database, response: Response) -> Receipt:
    """Publish a report.  Sending it again under the same id changes nothing."""
    with Session(database) as session:
        stored, new = store.add(session, submission)
        same = new or (stored.space, stored.document) == (submission.space, submission.document)
        if not same:
            raise HTTPException(409, "Another report has this id.")
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/api/reports/{submission.id}"
    return Receipt(id=submission.id)


@router.get("/api/reports", tags=["reports"], responses=declare({422: "A parameter is not valid"}))
def list_reports(
    database: Database,
    space: Annotated[
        SpaceName | None, Query(description="Only of this Space", examples=[EXAMPLE["space"]])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> Page:
    """List reports, the newest first."""
    with Session(database) as session:
        rows = store.newest(session, space, limit, offset)
        reports = [Summary.model_validate(row) for row in rows]
        return Page(total=store.count(session, space), limit=limit, offset=offset, reports=reports)


@router.get(
    "/api/reports/{report_id}",
    tags=["reports"],
    responses=declare({404: "No report has this id", 422: "The id is not valid"}),
)
def get_report(report_id: Annotated[ReportId, Path(examples=[EXAMPLE["id"]])], database: Database) -> Detail:
    """Get one report with everything that was published."""
    with Session(database) as session:
        row = store.get(session, report_id)
        if row is None:
            raise HTTPException(404, "No report has this id.")
        summary = Summary.model_validate(row)
        return Detail(**summary.model_dump(), report=json.loads(row.document))


@router.get(
    "/badge/{owner}/{name}.svg",
    tags=["pages"],
    response_class=SvgResponse,
    responses={304: {"description": "The badge is the one that If-None-Match names"}, **ANY_ERROR},
)
def get_badge(
    owner: Annotated[str, Path(examples=["acme"])],
    name: Annotated[str, Path(examples=["atlas"])],
    database: Database,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Get the badge of a Space; grey where nothing is known of it."""
    stage = None
    if re.fullmatch(PART_PATTERN, owner) and re.fullmatch(PART_PATTERN, name):
        with Session(database) as session:
            stage = next((row.stage for row in store.newest(session, f"{owner}/{name}", 1)), None)
    svg = render_badge(f"{owner[:96]}/{name[:96]}", stage)
    headers = {
        "Cache-Control": "public, max-age=60",
        "Content-Security-Policy": "default-src 'none'",
        "ETag": f'"{hashlib.sha256(svg.encode()).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
    }
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {"*", headers["ETag"]}:
        return Response(status_code=304, headers=headers)
    return SvgResponse(svg, headers=headers)


@router.get("/health", tags=["pages"], responses=declare({503: "The database does not answer"}))
def get_health(database: Database) -> Health:
    """Tell whether the board works."""
    try:
        with Session(database) as session:
            store.newest(session, None, 1)
    except SQLAlchemyError:
        raise HTTPException(503, "The database does not answer.") from None
    return Health()


@router.get("/", tags=["pages"], response_class=HTMLResponse)
def get_overview(request: Request, database: Database) -> HTMLResponse:
    """Show the latest stage of each Space."""
    with Session(database) as session:
        rows = store.latest_of_each(session, SHOWN + 1)
        page = render_overview(request.app.title, rows)
    # No frame-ancestors: the Hub shows this page in a frame.
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})
