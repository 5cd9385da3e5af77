"""What the stage of a run is due to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column.  Of the runs that are there already it is not told."""
    op.add_column("run", sa.Column("because", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("run", "because")
