"""Reading and writing reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from .models import StoredReport
from .report import Submission

# Typed as a plain str, while defer() wants the attribute that it is at run time.
_document: Any = StoredReport.document

#: A document may have a mebibyte, and lists show none.
_UNREAD = defer(_document)
_NEWEST_FIRST = col(StoredReport.sequence).desc()


def add(session: Session, submission: Submission) -> tuple[StoredReport, bool]:
    """Keep a report.  Gives what is stored under its id, and whether it is new.

    It writes without looking first: of two deliveries at the same time, the database lets one win.
    """
    report = submission.report
    row = StoredReport(
        id=submission.id,
        space=submission.space,
        stage=report.stage.value,
        ready=report.ready,
        failed=report.count("failed"),
        warned=report.count("warned"),
        document=submission.document,
    )
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        stored = get(session, submission.id)
        if stored is None:
            raise
        return stored, False
    return row, True


def get(session: Session, report_id: str) -> StoredReport | None:
    """The report of this id."""
    stored: StoredReport | None = session.exec(
        select(StoredReport).where(StoredReport.id == report_id)
    ).first()
    return stored


def newest(session: Session, space: str | None, limit: int, offset: int = 0) -> list[StoredReport]:
    """Reports of one Space, or of all, the newest first, their documents unread."""
    query = select(StoredReport).options(_UNREAD).order_by(_NEWEST_FIRST).limit(limit).offset(offset)
    if space is not None:
        query = query.where(StoredReport.space == space)
    return list(session.exec(query))


def count(session: Session, space: str | None) -> int:
    """How many reports there are of one Space, or of all."""
    query = select(func.count()).select_from(StoredReport)
    if space is not None:
        query = query.where(StoredReport.space == space)
    return session.exec(query).one()


def latest_of_each(session: Session, limit: int) -> list[StoredReport]:
    """The newest report of each Space, the most recent one first, their documents unread."""
    latest = select(func.max(StoredReport.sequence)).group_by(StoredReport.space)
    query = select(StoredReport).options(_UNREAD).where(col(StoredReport.sequence).in_(latest))
    return list(session.exec(query.order_by(_NEWEST_FIRST).limit(limit)))
