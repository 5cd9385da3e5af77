"""Notebooks: their cells' sources count, what running them printed does not."""

from __future__ import annotations

import json
from typing import Any


def cell_sources(text: str) -> list[str] | None:
    """The source of every cell; None where the text is no notebook."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return None
    return [_source(cell.get("source")) for cell in cells if isinstance(cell, dict)]


def _source(source: Any) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def line_of(text: str, source: str, start: int) -> int:
    """The line of the notebook's file on which a place of a cell's source stands, from 1."""
    line = source[source.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    for written in (json.dumps(line, ensure_ascii=False), json.dumps(line)):
        found = text.find(written[1:-1])
        if found >= 0:
            return text.count("\n", 0, found) + 1
    return 1
