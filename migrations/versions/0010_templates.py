"""Templates of the provider and the firm's canned replies."""

from __future__ import annotations

from helpers import lock_timeout

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
