"""Spaces, their runs, and the documents of these."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "space",
        sa.Column("name", sa.String(193), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("latest", sa.String(64), nullable=False),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("space", sa.String(193), sa.ForeignKey("space.name", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(20)),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("warned", sa.Integer, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.UniqueConstraint("space", "number", name="run_space_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(64), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop the three tables."""
    for table in ("document", "run", "space"):
        op.drop_table(table)
