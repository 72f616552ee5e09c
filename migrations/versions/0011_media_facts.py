"""What is known of a file beyond its bytes: size on screen, length, a small picture; and how long a channel keeps files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import DELIVERY, INGEST, lock_timeout
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    op.add_column("attachment", sa.Column("width", sa.BigInteger()))
    op.add_column("attachment", sa.Column("height", sa.BigInteger()))
    op.add_column("attachment", sa.Column("duration_s", sa.Double()))
    op.add_column("attachment", sa.Column("waveform", postgresql.ARRAY(sa.SmallInteger())))
    op.add_column("attachment", sa.Column("thumbnail_key", sa.Text()))
    # The default fills the rows that are there without writing them, so files of before get their facts too.
    op.add_column("attachment", sa.Column("facts_due_at", sa.DateTime(timezone=True), server_default=sa.text("now()")))
    op.add_column("attachment", sa.Column("facts_attempts", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_constraint(op.f("attachment_state_check"), "attachment")
    op.create_check_constraint(
        op.f("attachment_state_check"),
        "attachment",
        "state in ('pending', 'stored', 'failed', 'not_stored', 'expired')",
    )
    op.create_index(
        "attachment_facts_idx",
        "attachment",
        ["facts_due_at"],
        postgresql_where=sa.text("state = 'stored' and facts_due_at is not null"),
    )
    op.create_index(
        "attachment_thumbnail_idx",
        "attachment",
        ["tenant_id", "thumbnail_key"],
        postgresql_where=sa.text("thumbnail_key is not null"),
    )
    op.create_index(
        "attachment_kept_idx",
        "attachment",
        ["tenant_id", "channel_id", "created_at"],
        postgresql_where=sa.text("state = 'stored' and channel_id is not null"),
    )
    op.add_column("channel", sa.Column("media_policy", sa.Text(), nullable=False, server_default="store"))
    op.add_column("channel", sa.Column("media_days", sa.BigInteger()))
    op.create_check_constraint(
        op.f("channel_media_policy_check"),
        "channel",
        "media_policy in ('store', 'store_days', 'do_not_store') and (media_policy = 'store_days') = (media_days is not null)",
    )
    # Whoever works for all firms asks first whose turn it is: functions answer with ids.
    op.execute(
        "create policy attachment_facts on attachment for select to current_user"
        " using (state = 'stored' and facts_due_at is not null)"
    )
    op.execute(
        """
        create function tenants_with_facts_due() returns table (tenant_id uuid)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select distinct a.tenant_id from
              (select x.tenant_id from public.attachment x
                where x.state = 'stored' and x.facts_due_at <= now() order by x.facts_due_at limit 100) a $$
        """
    )
    op.execute("revoke all on function tenants_with_facts_due() from public")
    op.execute(f"grant execute on function tenants_with_facts_due() to {DELIVERY}")
    op.execute("create policy channel_media_days on channel for select to current_user using (media_days is not null)")
    op.execute(
        """
        create function channels_that_forget_media() returns table (tenant_id uuid, channel_id uuid, media_days bigint)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select c.tenant_id, c.id, c.media_days from public.channel c where c.media_days is not null $$
        """
    )
    op.execute("revoke all on function channels_that_forget_media() from public")
    op.execute(f"grant execute on function channels_that_forget_media() to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
