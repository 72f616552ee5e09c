"""What a message needs that is more than text and a file."""

from __future__ import annotations

from helpers import lock_timeout

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
