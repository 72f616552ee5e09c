"""What WhatsApp's depth still asked of the schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import CLAIMED_TENANTS, DELIVERY, lock_timeout, policy

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    # Whose notes can prove that an attempt never reached its provider.
    op.add_column("attempt", sa.Column("run_id", sa.Uuid(), nullable=True))
    # Every reaction that is sent looks for the one before; a long thread would be read for it.
    op.create_index(
        "message_reaction_idx",
        "message",
        ["tenant_id", "reply_to_id"],
        postgresql_where=sa.text("type = 'reaction' and reply_to_id is not null"),
    )
    # A reaction that fails gives back the one before, unless the firm's phone took that back.
    policy("message_change", DELIVERY, "select", CLAIMED_TENANTS)
    # A sticker that moves may be larger; seen when the file comes, not by the job that looks into it later.
    op.add_column("attachment", sa.Column("animated", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
