"""The API of the board."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import asdict
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlmodel import Session

from . import comparison, reading
from .answers import (
    ComparisonResult,
    Health,
    History,
    Receipt,
    RunSummary,
    SpaceDetail,
    SpaceList,
    SpaceSummary,
    StoredReport,
)
from .auth import require_publisher
from .badge import render_badge
from .database import Database
from .errors import ANY_ERROR, declare
from .events import EventStream, Feed, Full
from .report import EXAMPLE, PART_PATTERN, Invalid, PartName, ReportId, read
from .store import Outcome
from .writing import Busy, Writer

router = APIRouter()

#: A body of more bytes is read in a thread: the others would wait for it.
_LARGE = 64 * 1024

_OWNER, _, _NAME = EXAMPLE["space"]["id"].partition("/")

Owner = Annotated[PartName, Path(description="Who the Space is of", examples=[_OWNER])]
Name = Annotated[PartName, Path(description="What it is called", examples=[_NAME])]
Id = Annotated[ReportId, Path(description="The id of a report", examples=[EXAMPLE["id"]])]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="How many to leave out before")]


class SvgResponse(Response):
    """An image that may run nothing and load nothing."""

    media_type = "image/svg+xml"


@router.post(
    "/api/reports",
    operation_id="publishReport",
    tags=["reports"],
    status_code=201,
    dependencies=[Depends(require_publisher)],
    response_model=Receipt,
    responses={
        201: {
            "description": "The report is stored, and outlives whatever happens to the board",
            "headers": {"Location": {"description": "Where it can be had", "schema": {"type": "string"}}},
        },
        200: {"model": Receipt, "description": "The same report was stored before"},
        **declare(
            {
                400: "The body is not JSON",
                401: "No token of a publisher",
                409: "Another report has this id",
                413: "The body is too large",
                422: "The report is not valid, or names no Space",
                429: "Too many reports with this token; Retry-After says how many seconds to wait",
                503: "Publishing is off, or the database does not answer",
            }
        ),
    },
)
async def publish_report(
    request: Request,
    idempotency_key: Annotated[
        str, Header(description="The id of the report again", examples=[EXAMPLE["id"]])
    ] = "",
) -> Any:
    """Publish the JSON report of one Space, as `pytest --hfspace --hfspace-publish URL` does.

    Sending it again under the same id changes nothing.
    """
    body = await request.body()
    submission = await anyio.to_thread.run_sync(read, body) if len(body) > _LARGE else read(body)
    if idempotency_key and idempotency_key != submission.id:
        raise Invalid(
            [{"loc": ["header", "Idempotency-Key"], "msg": "not the report's id", "type": "value_error"}]
        )
    writer: Writer = request.app.state.writer
    try:
        outcome = await asyncio.wrap_future(writer.submit(submission))
    except Busy:
        raise HTTPException(503, "Too many reports wait to be stored.", {"Retry-After": "1"}) from None
    if outcome is Outcome.CONFLICT:
        raise HTTPException(409, "Another report has this id.")
    url = f"/api/reports/{submission.id}"
    return JSONResponse(
        {"id": submission.id, "space": submission.space, "url": url},
        201 if outcome is Outcome.NEW else 200,
        {"Location": url},
    )


@router.get(
    "/api/spaces",
    operation_id="listSpaces",
    tags=["spaces"],
    responses=declare({422: "A parameter is not valid"}),
)
def list_spaces(
    database: Database,
    search: Annotated[str, Query(max_length=200, description="What the name contains")] = "",
    state: Annotated[
        Literal["", "ready", "unready", "unknown"], Query(description="Only Spaces of this state")
    ] = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> SpaceList:
    """List the Spaces with their latest runs, that one first which was published last."""
    with Session(database) as session:
        page = reading.overview(session, search=search, state=state, limit=limit, offset=offset, recent=1)
    return SpaceList(
        total=page.total,
        limit=limit,
        offset=offset,
        spaces=[_summary(row, SpaceSummary) for row in page.rows],
    )


@router.get(
    "/api/spaces/{owner}/{name}",
    operation_id="getSpace",
    tags=["spaces"],
    responses=declare({404: "Nothing was published of it", 422: "The name is not valid"}),
)
def get_space(owner: Owner, name: Name, database: Database) -> SpaceDetail:
    """Get a Space with its last runs."""
    with Session(database) as session:
        row = _found(reading.space(session, f"{owner}/{name}"))
    detail: SpaceDetail = _summary(row, SpaceDetail)
    return detail


@router.get(
    "/api/spaces/{owner}/{name}/runs",
    operation_id="listRuns",
    tags=["spaces"],
    responses=declare({404: "Nothing was published of it", 422: "A parameter is not valid"}),
)
def list_runs(owner: Owner, name: Name, database: Database, limit: Limit = 50, offset: Offset = 0) -> History:
    """List the runs of a Space that are kept, the newest first."""
    with Session(database) as session:
        row = _found(reading.space(session, f"{owner}/{name}"))
        points = reading.history(session, row.name, limit=limit, offset=offset)
    runs = [RunSummary.model_validate(point) for point in points]
    return History(space=row.name, limit=limit, offset=offset, runs=runs)


@router.get(
    "/api/reports/{report_id}",
    operation_id="getReport",
    tags=["reports"],
    response_model=StoredReport,
    responses=declare({404: "No report has this id", 422: "The id is not valid"}),
)
def get_report(report_id: Id, database: Database) -> Any:
    """Get one report with everything that was published."""
    with Session(database) as session:
        stored = _found(reading.report(session, report_id))
    # The document was checked when it came.
    return JSONResponse(
        {
            "id": stored.id,
            "space": stored.space,
            "received_at": stored.received_at.isoformat(),
            "report": stored.document,
        }
    )


@router.get(
    "/api/reports/{report_id}/comparison",
    operation_id="compareReports",
    tags=["reports"],
    responses=declare({404: "No report has this id", 422: "An id is not valid"}),
)
def compare_reports(
    report_id: Id,
    database: Database,
    old: Annotated[
        ReportId | None,
        Query(description="The report to compare with; without it, the run before, of the same Space"),
    ] = None,
) -> ComparisonResult:
    """Compare a report with an older one: which findings are new, fixed, remaining."""
    with Session(database) as session:
        newer = _found(reading.report(session, report_id))
        older = _found(reading.report(session, old)) if old else reading.previous(session, report_id)
    found = comparison.compare(older.document if older else {"checks": []}, newer.document)
    return ComparisonResult(report=newer.id, old=older.id if older else None, **asdict(found))


@router.get(
    "/api/events",
    operation_id="listenToEvents",
    tags=["events"],
    status_code=200,
    response_class=EventStream,
    responses={
        200: {
            "description": "Events of the kind `report`: the run as in a Space's history, and its `space`",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **declare({503: "Too many listen, or the database does not answer"}),
    },
)
async def listen_to_events(
    request: Request,
    last_event_id: Annotated[
        str, Header(description="The last event that is known: those after it are sent first")
    ] = "",
) -> Response:
    """Be told of every report when it is stored, as server-sent events."""
    feed: Feed = request.app.state.feed
    known = last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19
    try:
        listener = await feed.listen(int(last_event_id) if known else None)
    except Full:
        raise HTTPException(503, "Too many listen already.", {"Retry-After": "30"}) from None
    return EventStream(feed, listener)


@router.get("/health", operation_id="getHealth", tags=["health"])
async def get_health() -> Health:
    """Tell whether the process answers."""
    return Health()


@router.get(
    "/ready",
    operation_id="getReadiness",
    tags=["health"],
    responses=declare({503: "The database does not answer"}),
)
def get_readiness(database: Database) -> Health:
    """Tell whether the database answers too."""
    with Session(database) as session:
        session.execute(text("SELECT 1 FROM space LIMIT 1"))
    return Health()


@router.get(
    "/badge/{owner}/{name}.svg",
    operation_id="getBadge",
    tags=["pages"],
    response_class=SvgResponse,
    responses={304: {"description": "The badge is the one that If-None-Match names"}, **ANY_ERROR},
)
def get_badge(
    owner: Annotated[str, Path(examples=[_OWNER])],
    name: Annotated[str, Path(examples=[_NAME])],
    database: Database,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Get the badge of a Space; grey where nothing is known of it."""
    stage, ready = None, False
    if re.fullmatch(PART_PATTERN, owner) and re.fullmatch(PART_PATTERN, name):
        with Session(database) as session:
            row = reading.space(session, f"{owner}/{name}")
        stage, ready = (row.latest.stage, row.latest.ready) if row else (None, False)
    svg = render_badge(f"{owner[:96]}/{name[:96]}", stage, ready=ready)
    headers = {
        "Cache-Control": "public, max-age=60",
        "ETag": f'"{hashlib.sha256(svg.encode()).hexdigest()[:32]}"',
    }
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {"*", headers["ETag"]}:
        return Response(status_code=304, headers=headers)
    return SvgResponse(svg, headers=headers)


def _found(found: Any) -> Any:
    if found is None:
        raise HTTPException(404, "Nothing of this name is stored.")
    return found


def _summary(row: reading.SpaceRow, kind: Any) -> Any:
    return kind.model_validate({**vars(row), "state": row.latest.state})
