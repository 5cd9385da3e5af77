"""What is read of the stored runs: by the API and by the pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from .documents import unpack
from .models import Document, Run, Space
from .report import State, state_of

#: How many runs of a Space a row of the overview has.
RECENT = 30


@dataclass(frozen=True)
class Point:
    """One run, without its details.

    ``stage``: None where the run could predict none; ``because``: the check that it is due to, and
    how many others.  ``failed``, ``warned``: numbers of checks.
    """

    id: str
    stage: str | None
    ready: bool
    received_at: datetime
    failed: int
    warned: int
    because: str = ""

    @property
    def state(self) -> State:
        """The state of a Space of which this is the latest run."""
        return state_of(self.stage, ready=self.ready)


@dataclass(frozen=True)
class SpaceRow:
    """A Space.

    ``since``: when the run came since which it is ready, or is not.  ``recent``: up to
    :data:`RECENT` runs, the oldest first; the last one is ``latest``.
    """

    name: str
    latest: Point
    since: datetime
    recent: tuple[Point, ...]


@dataclass(frozen=True)
class SpacePage:
    """A part of the Spaces.  ``total``: of all parts together."""

    rows: tuple[SpaceRow, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True)
class Stored:
    """A stored report with everything that was published."""

    id: str
    space: str
    received_at: datetime
    document: dict[str, Any]


def overview(
    session: Session,
    *,
    search: str = "",
    state: Literal["", "ready", "unready", "unknown"] = "",
    limit: int = 50,
    offset: int = 0,
    recent: int = RECENT,
) -> SpacePage:
    """The Spaces, that one first which was published last.

    ``search``: what the name contains, in upper or lower case.  ``state``: unknown is a Space of
    whose latest run no stage is known.  ``recent``: how many runs of each are read, at least 1.
    """
    if "\0" in search:
        # No name has it, and PostgreSQL refuses to look.
        return SpacePage((), 0, limit, offset)
    wanted: list[ColumnElement[bool]] = []
    if search:
        wanted.append(func.lower(col(Space.name)).contains(search.lower(), autoescape=True))
    if state:
        wanted.append(col(Space.state) == state)
    total = session.scalar(select(func.count()).select_from(Space).where(*wanted)) or 0
    newest = select(Space).where(*wanted).order_by(col(Space.received_at).desc(), col(Space.name))
    rows = _rows(session, newest.limit(limit).offset(offset), recent)
    return SpacePage(rows, total, limit, offset)


def space(session: Session, name: str) -> SpaceRow | None:
    """The Space of this name, ``owner/name``."""
    return next(iter(_rows(session, select(Space).where(col(Space.name) == name))), None)


def history(session: Session, name: str, *, limit: int = 100, offset: int = 0) -> tuple[Point, ...]:
    """The runs of a Space that are kept, the newest first."""
    newest = select(*_POINT).where(col(Run.space) == name).order_by(col(Run.number).desc())
    return _points(session.execute(newest.limit(limit).offset(offset)))


def report(session: Session, id: str) -> Stored | None:  # noqa: A002 (what it is called everywhere)
    """The report of this id."""
    return _stored(session, select(*_STORED).where(col(Run.id) == id))


def previous(session: Session, id: str) -> Stored | None:  # noqa: A002 (what it is called everywhere)
    """The report before this one, of the same Space."""
    this = session.execute(select(col(Run.space), col(Run.number)).where(col(Run.id) == id)).first()
    if this is None:
        return None
    before = select(*_STORED).where(col(Run.space) == this.space, col(Run.number) < this.number)
    return _stored(session, before.order_by(col(Run.number).desc()).limit(1))


def counts(session: Session) -> dict[str, int]:
    """How many Spaces are ``ready``, ``unready``, ``unknown``; how many ``spaces`` and ``reports``."""
    found = {"ready": 0, "unready": 0, "unknown": 0, "spaces": 0, "reports": 0}
    each = select(col(Space.state), func.count(), func.sum(col(Space.kept))).group_by(col(Space.state))
    for state, spaces, reports in session.execute(each):
        found[state] = spaces
        found["spaces"] += spaces
        found["reports"] += reports
    return found


_POINT: Any = (Run.id, Run.stage, Run.ready, Run.received_at, Run.failed, Run.warned, Run.because)
_STORED: Any = (Run.id, Run.space, Run.received_at, Document.body)


def _points(rows: Iterable[Any]) -> tuple[Point, ...]:
    return tuple(Point(*row) for row in rows)


def _rows(session: Session, query: Select[Any], most: int = RECENT) -> tuple[SpaceRow, ...]:
    found = session.scalars(query).all()
    names = [each.name for each in found]
    recent: dict[str, list[Point]] = {name: [] for name in names}
    # Runs are numbered in their Space, so that an index alone finds the last of each.
    runs = (
        select(col(Run.space), *_POINT)
        .join(Space, col(Space.name) == col(Run.space))
        .where(col(Space.name).in_(names), col(Run.number) > col(Space.runs) - most)
        .order_by(col(Run.space), col(Run.number))
    )
    for name, *fields in session.execute(runs) if names else ():
        recent[name].append(Point(*fields))
    return tuple(
        SpaceRow(each.name, recent[each.name][-1], each.since, tuple(recent[each.name])) for each in found
    )


def _stored(session: Session, query: Select[Any]) -> Stored | None:
    row = session.execute(query.join(Document, col(Document.id) == col(Run.id))).first()
    return Stored(row.id, row.space, row.received_at, unpack(row.body)) if row else None
