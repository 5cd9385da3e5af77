"""Storing reports: many at a time, each with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel, col

from .documents import unpack
from .models import Document, Space, now
from .report import Submission, state_of


class Outcome(Enum):
    """What became of a submission: stored, there already, or refused as its id is another report's."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"


_SPACE, _RUN, _DOCUMENT = (SQLModel.metadata.tables[name] for name in ("space", "run", "document"))
_UPDATE_SPACE = (
    update(_SPACE)
    .where(_SPACE.c.name == bindparam("which"))
    .values({column.name: bindparam(column.name) for column in _SPACE.c if column.name != "name"})
)
_DELETE_RUNS = delete(_RUN).where(_RUN.c.space == bindparam("which"), _RUN.c.number <= bindparam("last"))


def store(
    connection: Connection, batch: Sequence[Submission], history: Callable[[str], int]
) -> list[Outcome]:
    """Store a batch in the transaction of the connection, which holds the lock of writers.

    ``history``: how many runs are kept at most of the Space of this name.
    """
    stored = _stored(connection, batch)
    spaces = _spaces(connection, batch)
    known = set(spaces)
    outcomes, runs, documents = [], [], []
    for submission in batch:
        packed = stored.get(submission.id)
        if packed is not None:
            outcomes.append(Outcome.SAME if _is_same(packed, submission.packed) else Outcome.CONFLICT)
            continue
        stored[submission.id] = submission.packed
        name = submission.space
        space = spaces[name] = _advanced(spaces.get(name), submission, history(name))
        runs.append(_run(submission, space))
        documents.append({"id": submission.id, "body": submission.packed})
        outcomes.append(Outcome.NEW)
    if runs:
        touched = [spaces[name] for name in {run["space"] for run in runs}]
        _write_spaces(connection, touched, known)
        connection.execute(insert(_RUN), runs)
        connection.execute(insert(_DOCUMENT), documents)
        _forget(connection, touched, history)
    return outcomes


def _stored(connection: Connection, batch: Sequence[Submission]) -> dict[str, bytes]:
    """The documents of the ids of the batch that are there already."""
    wanted = {submission.id for submission in batch}
    query = select(col(Document.id), col(Document.body)).where(col(Document.id).in_(wanted))
    return {row.id: row.body for row in connection.execute(query)}


def _is_same(stored: bytes, packed: bytes) -> bool:
    # Members may come in another order.
    return stored == packed or unpack(stored) == unpack(packed)


def _spaces(connection: Connection, batch: Sequence[Submission]) -> dict[str, dict[str, Any]]:
    wanted = {submission.space for submission in batch}
    query = select(_SPACE).where(col(Space.name).in_(wanted))
    return {row.name: dict(row._mapping) for row in connection.execute(query)}  # noqa: SLF001 (SQLAlchemy's public name)


def _advanced(space: dict[str, Any] | None, submission: Submission, most: int) -> dict[str, Any]:
    """The row of the Space after this run."""
    moment = now()
    before = space or {"runs": 0, "kept": 0, "ready": None, "since": moment}
    return {
        "name": submission.space,
        "state": state_of(submission.stage, ready=submission.ready),
        "latest": submission.id,
        "ready": submission.ready,
        "received_at": moment,
        "since": before["since"] if before["ready"] == submission.ready else moment,
        "runs": before["runs"] + 1,
        "kept": min(before["kept"] + 1, most),
    }


def _run(submission: Submission, space: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": submission.id,
        "space": submission.space,
        "number": space["runs"],
        "stage": submission.stage,
        "ready": submission.ready,
        "failed": submission.failed,
        "warned": submission.warned,
        "received_at": space["received_at"],
        "because": submission.because,
    }


def _write_spaces(connection: Connection, spaces: list[dict[str, Any]], known: set[str]) -> None:
    changed = [{"which": row["name"], **row} for row in spaces if row["name"] in known]
    if changed:
        connection.execute(_UPDATE_SPACE, changed)
    made = [row for row in spaces if row["name"] not in known]
    if made:
        connection.execute(insert(_SPACE), made)


def _forget(connection: Connection, spaces: list[dict[str, Any]], history: Callable[[str], int]) -> None:
    ends = [{"which": row["name"], "last": row["runs"] - history(row["name"])} for row in spaces]
    past = [end for end in ends if end["last"] > 0]
    if past:
        connection.execute(_DELETE_RUNS, past)
