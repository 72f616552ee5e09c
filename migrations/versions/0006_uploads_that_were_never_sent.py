"""Finds uploads that nobody has sent, and whether another row names the same content: for their removal after a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import INGEST, lock_timeout

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    op.create_index(
        op.f("attachment_tenant_id_storage_key_idx"), "attachment", ["tenant_id", "storage_key"], unique=False
    )
    op.create_index(
        "attachment_unsent_idx",
        "attachment",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("message_id is null"),
    )
    # Retention asks whose uploads are old before it opens a transaction of that tenant: one function answers with ids.
    op.execute("create policy attachment_unsent on attachment for select to current_user using (message_id is null)")
    op.execute(
        """
        create function tenants_with_unsent_uploads(older_than timestamptz) returns table (tenant_id uuid)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select distinct a.tenant_id from public.attachment a
               where a.message_id is null and a.created_at < older_than $$
        """
    )
    op.execute("revoke all on function tenants_with_unsent_uploads(timestamptz) from public")
    op.execute(f"grant execute on function tenants_with_unsent_uploads(timestamptz) to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
