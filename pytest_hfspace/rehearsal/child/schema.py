"""The OpenAPI document of an app, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from .endpoints import ANYTHING, attribute


def schema_of(framework: str, app: Any) -> tuple[dict[str, Any] | None, BaseException | None]:
    """The document that the app would publish, and what building it raised.

    An app that publishes none (``openapi_url=None``) is asked as well, for the requests that can
    be made from it, but then a failure is nobody's.
    """
    build = _BUILDERS.get(framework)
    if build is None:
        return None, None
    try:
        return _as_json(build(app), lenient=framework != "fastapi"), None
    except ANYTHING as error:
        return None, error if _published(framework, app) else None


def _fastapi(app: Any) -> Any:
    build = attribute(app, "openapi")
    return build() if callable(build) else None


def _litestar(app: Any) -> Any:
    if attribute(app, "openapi_config") is None:
        return None
    return app.openapi_schema.to_schema()


def _quart(app: Any) -> Any:
    if "quart_schema" not in sys.modules:
        return None
    extension = (attribute(app, "extensions") or {}).get("QUART_SCHEMA")
    provider = attribute(extension, "openapi_provider")
    return None if provider is None else provider.schema()


_BUILDERS = {"fastapi": _fastapi, "litestar": _litestar, "quart": _quart}


def _published(framework: str, app: Any) -> bool:
    return framework != "fastapi" or bool(attribute(app, "openapi_url"))


def _as_json(document: Any, *, lenient: bool) -> dict[str, Any] | None:
    """``lenient``: the framework has an encoder of its own, which knows more types than JSON's."""
    if document is None:
        return None
    if not isinstance(document, dict):
        raise TypeError(f"the OpenAPI document is {type(document).__name__}, not a dict")
    # As strict as Starlette's JSONResponse, by which the app would send it.
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=str if lenient else None)
    text.encode()
    result: dict[str, Any] = json.loads(text)
    return result


def merged(first: dict[str, Any] | None, mounted: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """One document for an app and the apps that are mounted in it.

    These stand under ``x-mounted``, by the prefix of their mount, and their references are
    rewritten to be found there, so that every ``$ref`` is a JSON pointer into this document.
    """
    if not mounted:
        return first
    first = first or {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}}
    return {**first, "x-mounted": {key: _moved(key, schema) for key, schema in mounted.items()}}


def _moved(key: str, schema: dict[str, Any]) -> dict[str, Any]:
    pointer = key.replace("~", "~0").replace("/", "~1")
    target = json.dumps(f"#/x-mounted/{pointer}/components/")[:-1]
    result: dict[str, Any] = json.loads(json.dumps(schema).replace('"#/components/', target))
    return result
