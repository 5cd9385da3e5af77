"""From the inventory that the child sent to the routes that checks and visits work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .facts import Route, Where


def routes_from(
    data: Iterable[Mapping[str, Any]],
    openapi: Mapping[str, Any] | None,
    locate: Callable[[str, int], Where | None],
) -> tuple[Route, ...]:
    """The routes of an app, in the order of its router.

    ``data``: the ``routes`` of ``child.inventory.Inventory``.  ``openapi``: its ``openapi``.
    ``locate``: from an absolute file and a line to the repository's, None for files outside it.
    """
    schemas = _schemas(openapi)
    return tuple(
        Route(
            **{
                **entry,
                "where": locate(*entry["where"]) if entry["where"] else None,
                "operation": _operation(schemas, entry),
            }
        )
        for entry in data
    )


def _schemas(openapi: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    """The ``paths`` of the app's document and of mounted apps', each with its prefix."""
    if openapi is None:
        return []
    documents = [("", openapi), *_mapping(openapi.get("x-mounted")).items()]
    return [(prefix, _mapping(_mapping(document).get("paths"))) for prefix, document in documents]


def _operation(
    schemas: list[tuple[str, Mapping[str, Any]]], entry: Mapping[str, Any]
) -> dict[str, Any] | None:
    if entry["kind"] != "http":
        return None
    address = f"//{entry['host']}{entry['path']}" if entry["host"] else entry["path"]
    for prefix, paths in schemas:
        if not address.startswith(prefix):
            continue
        operation = _mapping(paths.get(address[len(prefix) :])).get(entry["method"].lower())
        if isinstance(operation, dict):
            return operation
    return None


def _mapping(thing: object) -> Mapping[str, Any]:
    """An overridden ``app.openapi`` may return any JSON."""
    return thing if isinstance(thing, Mapping) else {}
