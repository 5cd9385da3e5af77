"""Reading and writing reports."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from .models import StoredReport
from .report import Submission


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
    session.refresh(row)
    return row, True


def get(session: Session, report_id: str) -> StoredReport | None:
    """The report of this id."""
    stored: StoredReport | None = session.exec(
        select(StoredReport).where(StoredReport.id == report_id)
    ).first()
    return stored


def newest(session: Session, space: str | None, limit: int, offset: int = 0) -> list[StoredReport]:
    """Reports of one Space, or of all, the newest first."""
    query = select(StoredReport).order_by(col(StoredReport.sequence).desc()).limit(limit).offset(offset)
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
    """The newest report of each Space, the most recently published Space first."""
    latest = select(func.max(StoredReport.sequence)).group_by(StoredReport.space)
    query = select(StoredReport).where(col(StoredReport.sequence).in_(latest))
    return list(session.exec(query.order_by(col(StoredReport.sequence).desc()).limit(limit)))
