"""What WhatsApp says beyond plain messages: edits, revocations, origins, changes of people and accounts."""

from __future__ import annotations

from helpers import lock_timeout

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
