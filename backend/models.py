"""The tables of the board."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy.engine import Dialect
from sqlmodel import DateTime, Field, LargeBinary, SQLModel, TypeDecorator, UniqueConstraint


class UtcDateTime(TypeDecorator[datetime]):
    """A moment.  Aware in Python; kept in UTC by databases that know no time zones, as SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Turn into UTC.  Raises ValueError for a naive datetime: nobody knows when that was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is no moment")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Say that it is UTC, where the database forgot."""
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)


class Space(SQLModel, table=True):
    """A Space with what is known of its latest run, so that the overview reads no other one.

    ``name``: owner/name.  ``state``: ready, unready, unknown.  ``latest``: the id of its run.
    ``since``: when the run came since which ``ready`` is what it is.  ``runs``: the number of the
    latest run; ``kept``: how many of its runs are stored.
    """

    __tablename__ = "space"

    name: str = Field(primary_key=True, max_length=193)
    state: str = Field(max_length=10)
    latest: str = Field(max_length=64)
    ready: bool
    received_at: datetime = Field(sa_type=UtcDateTime)
    since: datetime = Field(sa_type=UtcDateTime)
    runs: int
    kept: int


class Run(SQLModel, table=True):
    """A report without its document.

    ``sequence``: the order in which runs of all Spaces were stored; never used twice.  ``id``: as
    the publisher chose it.  ``number``: counts the runs of the Space, from 1.  ``failed`` and
    ``warned``: how many checks had that outcome.  ``because``: what its stage is due to.
    """

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("space", "number", name="run_space_number"),
        {"sqlite_autoincrement": True},
    )

    sequence: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=64, sa_column_kwargs={"unique": True})
    space: str = Field(max_length=193, foreign_key="space.name", ondelete="CASCADE")
    number: int
    stage: str | None = Field(max_length=20)
    ready: bool
    failed: int
    warned: int
    received_at: datetime = Field(sa_type=UtcDateTime)
    because: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})


class Document(SQLModel, table=True):
    """The report as it was published, compressed: apart from the runs, so that these stay small."""

    __tablename__ = "document"

    id: str = Field(primary_key=True, max_length=64, foreign_key="run.id", ondelete="CASCADE")
    body: bytes = Field(sa_type=LargeBinary)
