"""Errors in one shape, whatever raised them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from .documents import Unreadable
from .report import Invalid

_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one member of a request."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """An error as RFC 9457 has it.  ``errors``: where members of the request are to blame."""

    type: Literal["about:blank"] = "about:blank"
    title: str = Field(examples=["Unauthorized"])
    status: int = Field(examples=[401])
    detail: str = Field(examples=["A publisher's bearer token is needed."])
    errors: list[FieldProblem] = []


Responses = dict[int | str, dict[str, Any]]

#: The media type of a problem.
PROBLEM = "application/problem+json"

#: More errors are not told of one request.
_MOST = 20


def declare(reasons: dict[int, str]) -> Responses:
    """The OpenAPI responses of a route that answers with these errors, each with its reason."""
    return {
        status: {"description": reason, "content": {PROBLEM: {"schema": _REFERENCE}}}
        for status, reason in reasons.items()
    }


_REFERENCE = {"$ref": "#/components/schemas/Problem"}

#: For routes of which no certain error is known.
ANY_ERROR: Responses = {"default": {"description": "An error", "content": {PROBLEM: {"schema": _REFERENCE}}}}

#: Answers a request with a page that tells of an error; None where the request is none of a browser.
Page = Callable[[Request, int, str], Response | None]


def install(app: FastAPI, page: Page) -> None:
    """Have every error of this app answered in the shape of :class:`Problem`, or as a page."""

    def answer(request: Request, status: int, detail: str, errors: Sequence[Any] = ()) -> Response:
        shown = page(request, status, detail)
        if shown is not None:
            return shown
        fields = [
            FieldProblem(loc=list(each["loc"]), msg=each["msg"], type=each["type"]) for each in errors[:_MOST]
        ]
        problem = Problem(title=_title(status), status=status, detail=detail, errors=fields)
        return JSONResponse(problem.model_dump(), status, media_type=PROBLEM)

    async def refused(request: Request, error: Any) -> Response:
        response = answer(request, error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    async def invalid(request: Request, error: Any) -> Response:
        return answer(request, 422, "The request is not valid.", error.errors())

    async def invalid_report(request: Request, error: Any) -> Response:
        return answer(request, 422, str(error), error.errors)

    async def unreadable(request: Request, error: Exception) -> Response:
        return answer(request, 400, str(error))

    async def unavailable(request: Request, error: Exception) -> Response:
        _log.error("the database does not answer", exc_info=error)
        response = answer(request, 503, "The database does not answer.")
        response.headers["Retry-After"] = "5"
        return response

    async def crashed(request: Request, _error: Exception) -> Response:
        return answer(request, 500, "The board failed. The error is in its log.")

    # Starlette's class, not FastAPI's: the router and the body parser raise nothing more special.
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Invalid, invalid_report)
    app.add_exception_handler(Unreadable, unreadable)
    app.add_exception_handler(OperationalError, unavailable)
    app.add_exception_handler(InterfaceError, unavailable)
    # So says PostgreSQL where it may only be read, after a failover.
    app.add_exception_handler(InternalError, unavailable)
    app.add_exception_handler(PoolTimeoutError, unavailable)
    app.add_exception_handler(Exception, crashed)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
