"""What is known of a file beyond its bytes: size on screen, length, a small picture."""

from __future__ import annotations

from helpers import lock_timeout

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
