"""The OpenAPI description of the board."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .errors import PROBLEM, Problem
from .report import EXAMPLE, ID_PATTERN, SPACE_PATTERN, Report

_TAGS = [
    {"name": "reports", "description": "Publish reports, read and compare them."},
    {"name": "spaces", "description": "Which Spaces are ready, and which were."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "health", "description": "Does the board work?"},
    {"name": "pages", "description": "For people."},
]

#: What the board needs besides a valid report.
_SUBMISSION: dict[str, Any] = {
    "title": "Submission",
    "description": "The report of one Space, with an id, and the Space's name on the Hub.",
    "allOf": [{"$ref": "#/components/schemas/Report"}],
    "type": "object",
    "required": ["id", "space"],
    "properties": {
        "id": {"type": "string", "pattern": ID_PATTERN},
        "space": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string", "pattern": SPACE_PATTERN}},
        },
    },
    "examples": [EXAMPLE],
}


def install(app: FastAPI) -> None:
    """Have the app describe itself with the models that its routes read and answer by hand."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way


def _describe(app: FastAPI) -> dict[str, Any]:
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=_TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, Report):
        own = model.model_json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
        schemas.update(own.pop("$defs", {}))
        schemas[model.__name__] = own
    schemas["Submission"] = _SUBMISSION
    # Not at the routes: FastAPI drops what is null in an example.
    reference = {"$ref": "#/components/schemas/Submission"}
    described["paths"]["/api/reports"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": reference, "example": EXAMPLE}},
    }
    schemas["StoredReport"]["properties"]["report"] = reference
    _forget_fastapi_errors(described)
    return described


def _forget_fastapi_errors(described: dict[str, Any]) -> None:
    """Every error is a problem: FastAPI's own shape of 422 is never sent."""
    for methods in described["paths"].values():
        for operation in methods.values():
            answer = operation["responses"].get("422", {})
            if "HTTPValidationError" in str(answer):
                answer["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)
