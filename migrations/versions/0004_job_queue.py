"""The job queue's tables (pgqueuer), without its trigger: that sends NOTIFY inside the enqueuing transaction."""

from __future__ import annotations

from alembic import op
from helpers import APP, DELIVERY, INGEST
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in _statements(QueryBuilderEnvironment().build_install_query()):
        op.execute(statement)
    op.execute("drop trigger if exists tg_pgqueuer_changed on pgqueuer")
    for table in (
        "pgqueuer",
        "pgqueuer_log",
        "pgqueuer_schedules",
        "pgqueuer_statistics",
    ):
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    for role in (INGEST, DELIVERY):
        op.execute(f"grant select, insert on pgqueuer to {role}")
    op.execute(f"grant usage on all sequences in schema public to {APP}, {INGEST}, {DELIVERY}")


def _statements(script: str) -> list[str]:
    """Split at `;` outside $$ bodies: one statement per round trip is all the driver prepares."""
    parts: list[str] = []
    for number, piece in enumerate(script.split("$$")):
        if number % 2:
            parts[-1] += f"$${piece}$$"
            continue
        first, *rest = piece.split(";")
        if parts:
            parts[-1] += first
        else:
            parts.append(first)
        parts.extend(rest)
    return [part for part in parts if part.strip()]


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
