"""Errors in one shape, whatever raised them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException


class FieldProblem(BaseModel):
    """What is wrong with one member of a request."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """An error.  ``status`` as in the status line; ``errors`` where members of the request are to blame."""

    status: int = Field(examples=[401])
    detail: str = Field(examples=["A publisher's bearer token is needed."])
    errors: list[FieldProblem] = []


Responses = dict[int | str, dict[str, Any]]


def declare(reasons: dict[int, str]) -> Responses:
    """The OpenAPI responses of a route that answers with these errors, each with its reason."""
    return {status: {"model": Problem, "description": reason} for status, reason in reasons.items()}


#: For routes whose answers are not JSON, while their errors are.
ANY_ERROR: Responses = {
    "default": {
        "description": "An error",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def install(app: FastAPI) -> None:
    """Have every error of this app answered in the shape of :class:`Problem`."""
    # Starlette's class, not FastAPI's: the router and the body parser raise nothing more special.
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _crashed)


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), problem.status, headers)


async def _refused(_request: Request, error: Any) -> JSONResponse:
    return _answer(Problem(status=error.status_code, detail=str(error.detail)), error.headers)


async def _invalid(_request: Request, error: Any) -> JSONResponse:
    fields = [
        FieldProblem(loc=list(problem["loc"]), msg=problem["msg"], type=problem["type"])
        for problem in error.errors()
    ]
    return _answer(Problem(status=422, detail="The request is not valid.", errors=fields))


async def _crashed(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(Problem(status=500, detail="The board failed. The error is in its log."))
