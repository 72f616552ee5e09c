"""What an operator watches: how much waits in the whole installation, as numbers only, by one function."""

from __future__ import annotations

from alembic import op
from helpers import INGEST, lock_timeout

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    # The function's owner reads across firms; whoever calls it gets five numbers and no row.
    for table in ("outbox", "lane", "event"):
        op.execute(f"create policy {table}_counted on {table} for select to current_user using (true)")
    op.execute(
        """
        create function desk_numbers() returns table
          (outbox_waiting bigint, outbox_oldest_s float8, lanes_due bigint, lane_overdue_s float8, event_lag_s float8)
        language sql stable security definer set search_path = pg_catalog, public
        as $$
          select o.waiting, coalesce(extract(epoch from now() - o.oldest), 0)::float8,
                 l.due, coalesce(extract(epoch from now() - l.since), 0)::float8,
                 coalesce(extract(epoch from now() - (
                   select created_at from public.event where xid >= pg_snapshot_xmin(pg_current_snapshot())
                    order by xid, seq limit 1)), 0)::float8
            from (select count(*) as waiting, min(created_at) as oldest from public.outbox) o,
                 (select count(*) as due, min(next_at) as since from public.lane where next_at <= now()) l
        $$
        """
    )
    op.execute("revoke all on function desk_numbers() from public")
    op.execute(f"grant execute on function desk_numbers() to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
