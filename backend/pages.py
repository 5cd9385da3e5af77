"""The pages of the board: rendered here, usable without JavaScript, and shown in the Hub's frame too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path as File
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import Session

from . import charts, reading, view
from .comparison import Comparison, Difference, compare
from .database import Database
from .errors import declare
from .report import EXAMPLE, State
from .settings import Settings
from .stages import LOOKS, meaning
from .why import why

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)

#: Spaces on a page of the overview, and runs on a page of a history.
SPACES: Final = 50
RUNS: Final = 100

#: Nothing of another host, nothing inline; the Hub may show the pages in a frame.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
    )
)
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STATIC: Final = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "board.svg": "image/svg+xml",
}
_HEADINGS: Final = {
    404: "There is nothing here",
    422: "This address cannot be read",
    500: "The board failed",
    503: "The board cannot do that now",
}

#: What became of checks, the gravest first.
_OUTCOMES: Final = ("failed", "warned", "noted", "waived", "passed", "skipped")

_OWNER, _, _NAME = EXAMPLE["space"]["id"].partition("/")
PageNumber = Annotated[int, Query(ge=1, le=1_000_000, description="From 1")]


@router.get("/", operation_id="showOverview", responses=declare({422: "A parameter is not valid"}))
def show_overview(
    request: Request,
    database: Database,
    search: Annotated[str, Query(max_length=200, description="What the name contains")] = "",
    state: Annotated[Literal["", State], Query(description="Only of this state")] = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show the state of every Space."""
    search = "".join(each for each in search.strip() if each.isprintable())
    with Session(database) as session:
        counts = reading.counts(session)
        found = reading.overview(
            session, search=search, state=state, limit=SPACES, offset=(page - 1) * SPACES
        )
    tiles: list[tuple[str, str, str, int]] = [("", "All", "all", counts["spaces"])]
    tiles += [(key, look.label, look.tone, counts[key]) for key, look in LOOKS.items()]
    return _render(
        request,
        "overview.html",
        counts=counts,
        tiles=tiles,
        found=found,
        search=search,
        state=state,
        page=page,
        first=found.offset + 1,
        last=found.offset + len(found.rows),
        query=partial(_query, search=search, state=state),
        only=partial(_query, search="", page=1),
        sparkline=charts.sparkline,
        runs=charts.RUNS,
        findings_of=_findings_of,
    )


@router.get(
    "/spaces/{owner}/{name}",
    operation_id="showSpace",
    responses=declare({404: "Nothing was published of it", 422: "A parameter is not valid"}),
)
def show_space(
    request: Request,
    database: Database,
    owner: Annotated[str, Path(examples=[_OWNER])],
    name: Annotated[str, Path(examples=[_NAME])],
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show a Space: its history, and what its latest report says."""
    wanted = f"{owner}/{name}"
    with Session(database) as session:
        row = reading.space(session, wanted) if wanted.isprintable() else None
        if row is None:
            raise HTTPException(404, f"No report of {view.text(wanted, 200)} was published.")
        points = reading.history(session, wanted, limit=RUNS + 1, offset=(page - 1) * RUNS)
        stored = reading.report(session, row.latest.id)
    shown = points[:RUNS]
    return _render(
        request,
        "space.html",
        row=row,
        state=row.latest.state,
        meaning=meaning(row.latest.stage, ready=row.latest.ready),
        points=shown,
        more=len(points) > RUNS,
        page=page,
        chart=charts.history_chart(shown[::-1]),
        report=view.read(stored.document) if stored else None,
        why=why(stored.document) if stored else "",
        markdown=_markdown(str(request.base_url), row.name),
    )


@router.get(
    "/reports/{report_id}", operation_id="showReport", responses=declare({404: "No report has this id"})
)
def show_report(
    request: Request, database: Database, report_id: Annotated[str, Path(examples=[EXAMPLE["id"]])]
) -> HTMLResponse:
    """Show a report, and what changed since the run before it."""
    with Session(database) as session:
        stored = reading.report(session, report_id) if report_id.isprintable() else None
        if stored is None:
            raise HTTPException(404, "No report has this id. Only the latest runs of a Space are kept.")
        before = reading.previous(session, report_id)
        row = reading.space(session, stored.space)
    report = view.read(stored.document)
    outcomes = [f"{report.outcomes[each]} {each}" for each in _OUTCOMES if report.outcomes.get(each)]
    return _render(
        request,
        "report.html",
        stored=stored,
        report=report,
        why=why(stored.document),
        outcomes=", ".join(outcomes),
        before=before,
        change=_change(compare(before.document, stored.document)) if before else None,
        newer=row.latest.id if row and row.latest.id != stored.id else "",
    )


@router.get(
    "/static/{name}",
    operation_id="getStatic",
    response_class=Response,
    responses={
        304: {"description": "The file is the one that If-None-Match names"},
        **declare({422: "There is no such file"}),
    },
)
def get_static(
    name: Literal["board.css", "board.js", "board.svg"],
    v: Annotated[str, Query(max_length=64, description="The version, to keep it for ever")] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Get a file that the pages need."""
    version = _version(name)
    lasting = "public, max-age=31536000, immutable" if v == version else "no-cache"
    headers = {**_HEADERS, "Cache-Control": lasting, "ETag": f'"{version}"'}
    if f'"{version}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(_static(name), media_type=_STATIC[name], headers=headers)


def wants_page(request: Request) -> bool:
    """Does a browser ask, for something that is no part of the API?"""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and not request.scope["path"].startswith(("/api/", "/badge/"))


def problem(request: Request, status: int, detail: str) -> HTMLResponse:
    """The page that says what went wrong."""
    page = _render(
        request,
        "problem.html",
        status=status,
        heading=_HEADINGS.get(status, "That did not work"),
        detail=detail,
        unpublished=status == 404 and "/spaces/" in request.scope["path"],
    )
    page.status_code = status
    return page


# -- what the templates are given


def _render(request: Request, template: str, **members: Any) -> HTMLResponse:
    settings: Settings = request.app.state.settings
    now = datetime.now(timezone.utc)
    text = (
        _environment()
        .get_template(template)
        .render(
            base=_base(request),
            site={
                "title": settings.board_title,
                "ephemeral": settings.ephemeral,
                "publishing": bool(settings.token_digests()),
            },
            address=str(request.base_url).rstrip("/"),
            lasting=lambda since: view.lasting((now - since).total_seconds()),
            **members,
        )
    )
    return HTMLResponse(text, headers=_HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(File(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Callable[..., Any] | Mapping[Any, Any]] = {
        "looks": LOOKS,
        "plural": view.plural,
        "version": _version,
    }
    environment.globals.update(helpers)
    return environment


def _base(request: Request) -> str:
    """The way from this page to the board's root: relative, so that it holds behind any proxy."""
    root = request.scope.get("root_path", "").encode()
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.partition(b"?")[0].removeprefix(root.rstrip(b"/"))
    return "../" * (path.count(b"/") - 1) or "./"


def _query(search: str, state: str, page: int) -> str:
    """A link to another part of the overview."""
    given = {"search": search, "state": state, "page": str(page) if page > 1 else ""}
    return "?" + urlencode({name: value for name, value in given.items() if value})


def _findings_of(point: reading.Point) -> str:
    """What a run found, in a few words."""
    said = [
        f"{count} {word}" for count, word in ((point.failed, "failed"), (point.warned, "warned")) if count
    ]
    return " · ".join(said) or ("nothing failed" if point.stage else "not rehearsed")


def _markdown(address: str, space: str) -> str:
    """The badge of a Space that leads to its page, for a README."""
    root, name = address.rstrip("/"), quote(space)
    return f"[![Space readiness]({root}/badge/{name}.svg)]({root}/spaces/{name})"


def _change(change: Comparison) -> dict[str, Any]:
    """What changed, in words and in groups: title, tone, findings, and whether they were known before."""
    groups = [
        ("New", "failed", change.new, False),
        ("Fixed", "passed", change.fixed, False),
        ("Remaining", "unseen", change.remaining, True),
        ("Not looked at again", "unseen", change.unchecked, True),
    ]
    return {
        "summary": ", ".join(f"{len(found)} {title.lower()}" for title, _, found, _ in groups[:3]),
        "groups": [(title, tone, _differences(found), known) for title, tone, found, known in groups],
    }


def _differences(found: tuple[Difference, ...]) -> view.Listing:
    rows = [
        (view.text(each.code, 50), view.finding({"route": each.route}, vars(each)))
        for each in found[: view.MOST]
    ]
    return view.Listing(rows, len(found))


# -- files


@cache
def _static(name: str) -> bytes:
    return (File(__file__).parent / "static" / name).read_bytes()


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_static(name)).hexdigest()[:16]
