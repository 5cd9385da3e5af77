"""The tables of the board."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy.engine import Dialect
from sqlmodel import DateTime, Field, SQLModel, Text, TypeDecorator


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


class StoredReport(SQLModel, table=True):
    """A report as it was published.

    ``sequence``: the order of arrival.  ``id``: chosen by the publisher.  ``failed`` and
    ``warned``: how many checks had that outcome.  ``document``: the report's JSON text.
    """

    __tablename__ = "report"

    sequence: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=64)
    space: str = Field(index=True, max_length=193)
    stage: str = Field(max_length=20)
    ready: bool
    failed: int
    warned: int
    received_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    document: str = Field(sa_type=Text)
