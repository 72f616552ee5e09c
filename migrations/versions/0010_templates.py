"""Templates of the provider and the firm's canned replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import INGEST, lock_timeout, tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ALL = "select, insert, update, delete"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    lock_timeout()
    _template()
    _canned_reply()
    _attachment()


def _template() -> None:
    op.create_table(
        "template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=True),
        sa.Column("rejected_reason", sa.Text(), nullable=True),
        sa.Column("parameter_format", sa.Text(), nullable=False),
        sa.Column("components", JSONB(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("judged_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("template_pkey")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("template_tenant_id_fkey"), ondelete="CASCADE"),
        sa.UniqueConstraint(
            "tenant_id",
            "account_key",
            "name",
            "language",
            name=op.f("template_tenant_id_account_key_name_language_key"),
        ),
    )
    op.create_index("template_list_idx", "template", ["tenant_id", "name", "id"])
    # A webhook changes a template in ingest's transaction.
    tenant_table("template", app=ALL, ingest="select, update")


def _canned_reply() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shortcut", sa.Text(), nullable=False),
        sa.Column("shortcut_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("uses", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("canned_reply_pkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("canned_reply_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("tenant_id", "shortcut_key", name=op.f("canned_reply_tenant_id_shortcut_key_key")),
    )
    op.create_index("canned_reply_list_idx", "canned_reply", ["tenant_id", "sort_key", "id"])
    tenant_table("canned_reply", app=ALL)


def _attachment() -> None:
    """A canned reply's files are uploads that stay: retention passes them over."""
    op.add_column("attachment", sa.Column("canned_reply_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("attachment_canned_reply_id_fkey"),
        "attachment",
        "canned_reply",
        ["tenant_id", "canned_reply_id"],
        ["tenant_id", "id"],
        ondelete="SET NULL (canned_reply_id)",
    )
    op.create_index(
        "attachment_canned_reply_idx",
        "attachment",
        ["tenant_id", "canned_reply_id"],
        postgresql_where=sa.text("canned_reply_id is not null"),
    )
    op.execute(
        """
        create or replace function tenants_with_unsent_uploads(older_than timestamptz) returns table (tenant_id uuid)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select distinct a.tenant_id from public.attachment a
               where a.message_id is null and a.canned_reply_id is null and a.created_at < older_than $$
        """
    )
    op.execute("revoke all on function tenants_with_unsent_uploads(timestamptz) from public")
    op.execute(f"grant execute on function tenants_with_unsent_uploads(timestamptz) to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
