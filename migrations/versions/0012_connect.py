"""Connected accounts are asked how they are: which are due, found before anybody may name their tenants; failures by channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import INGEST, lock_timeout

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    op.add_column("channel", sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "message_failed_idx",
        "message",
        ["tenant_id", "channel_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'failed'"),
    )
    op.execute("create policy channel_probed on channel for select to current_user using (credentials <> '')")
    op.execute(
        """
        create function channels_to_probe(older_than timestamptz, at_most int)
          returns table (tenant_id uuid, channel_id uuid)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select c.tenant_id, c.id from public.channel c
               where c.credentials <> '' and (c.probed_at is null or c.probed_at < older_than)
               order by c.probed_at nulls first limit at_most $$
        """
    )
    op.execute("revoke all on function channels_to_probe(timestamptz, int) from public")
    op.execute(f"grant execute on function channels_to_probe(timestamptz, int) to {INGEST}")
    # `invekto doctor` walks every firm's numbers: ids and slugs, for the operator's own role.
    op.execute(
        """
        create function every_tenant() returns table (id uuid, slug text)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select t.id, t.slug from public.tenant t order by t.slug $$
        """
    )
    op.execute("revoke all on function every_tenant() from public")
    op.execute(f"grant execute on function every_tenant() to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
