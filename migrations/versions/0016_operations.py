"""Backup, restore and upgrade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _circuits()


def _circuits() -> None:
    op.add_column("channel_pace", sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("channel_pace", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
