"""What a message needs that is more than text and a file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import CLAIMED_TENANTS, DELIVERY, lock_timeout, policy
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    op.add_column("message", sa.Column("provider_part", postgresql.JSONB))
    # A send that is refused because the person wants no advertising is written down by the worker.
    policy("consent_entry", DELIVERY, "select, insert", CLAIMED_TENANTS)


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
