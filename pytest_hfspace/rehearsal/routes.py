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
    """The ``paths`` of every document with the prefix that they stand below, the app's own first,
    then those of mounted apps, the longest prefix first."""
    if openapi is None:
        return []
    mounted = _mapping(openapi.get("x-mounted"))
    keys = ["", *sorted(mounted, key=len, reverse=True)]
    documents = [openapi, *(_mapping(mounted[key]) for key in keys[1:])]
    return [(key, _mapping(document.get("paths"))) for key, document in zip(keys, documents, strict=True)]


def _operation(
    schemas: list[tuple[str, Mapping[str, Any]]], entry: Mapping[str, Any]
) -> dict[str, Any] | None:
    if entry["kind"] != "http":
        return None
    address = f"//{entry['host']}{entry['path']}" if entry["host"] else entry["path"]
    for prefix, paths in schemas:
        if not address.startswith(prefix):
            continue
        operation = _mapping(paths.get(address[len(prefix) :] or "/")).get(entry["method"].lower())
        if isinstance(operation, dict):
            return operation
    return None


def _mapping(thing: object) -> Mapping[str, Any]:
    """An overridden ``app.openapi`` may return any JSON."""
    return thing if isinstance(thing, Mapping) else {}
