"""What WhatsApp says beyond plain messages: edits, revocations, origins, changes of people and accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import INGEST, lock_timeout, tenant_table
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    lock_timeout()
    _messages()
    _past_conversations()
    _revisions()
    _changes()
    _people()
    _accounts()
    _provider_events()


def _messages() -> None:
    op.add_column("message", sa.Column("context", JSONB, nullable=True))
    op.add_column("message", sa.Column("edited_at", TIME, nullable=True))
    op.add_column("message", sa.Column("revoked_at", TIME, nullable=True))
    op.drop_constraint(op.f("message_author_kind_check"), "message", type_="check")
    op.create_check_constraint(
        op.f("message_author_kind_check"), "message", "author_kind in ('contact', 'user', 'system', 'phone')"
    )
    # Only answers and reactions are in it: who waits for a message, and what was reacted to it.
    op.create_index(
        "message_answering_idx",
        "message",
        ["tenant_id", "channel_id", "reply_to_provider_id"],
        postgresql_where=sa.text("reply_to_provider_id is not null"),
    )
    op.add_column("tenant", sa.Column("revoked_messages", sa.Text(), server_default="show", nullable=False))
    op.create_check_constraint(op.f("tenant_revoked_messages_check"), "tenant", "revoked_messages in ('show', 'hide')")


def _past_conversations() -> None:
    """What was said on the firm's phone before its number was connected: one conversation of each person, in silence."""
    op.add_column("conversation", sa.Column("past", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "conversation_one_past_key",
        "conversation",
        ["tenant_id", "identity_id"],
        unique=True,
        postgresql_where=sa.text("past"),
    )


def _revisions() -> None:
    op.create_table(
        "message_revision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", JSONB, nullable=True),
        sa.Column("written_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("message_revision_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", "provider_id", name=op.f("message_revision_pkey")),
    )
    tenant_table("message_revision", app="select, insert", ingest="select, insert")


def _changes() -> None:
    op.create_table(
        "message_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("target_provider_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_phone", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", JSONB, nullable=True),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("applied_at", TIME, nullable=True),
        sa.CheckConstraint("kind in ('edited', 'revoked', 'reaction_removed')", name=op.f("message_change_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("message_change_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "channel_id", "provider_id", name=op.f("message_change_pkey")),
    )
    op.create_index("message_change_target_idx", "message_change", ["tenant_id", "channel_id", "target_provider_id"])
    op.create_index(op.f("message_change_received_at_idx"), "message_change", ["received_at"])
    tenant_table("message_change", app="select", ingest="select, insert, update")
    _forgetting("message_change")


def _people() -> None:
    op.add_column("contact", sa.Column("first_touch", JSONB, nullable=True))
    op.add_column("contact", sa.Column("first_touch_at", TIME, nullable=True))
    op.create_table(
        "consent_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "identity_id"],
            ["identity.tenant_id", "identity.id"],
            name=op.f("consent_entry_identity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("consent_entry_pkey")),
    )
    op.create_index(
        "consent_entry_latest_idx",
        "consent_entry",
        ["tenant_id", "identity_id", "category", sa.text("occurred_at desc")],
    )
    tenant_table("consent_entry", app="select, insert", ingest="select, insert")


def _accounts() -> None:
    op.add_column("channel", sa.Column("parent_account_key", sa.Text(), nullable=True))
    op.add_column("channel", sa.Column("quality", sa.Text(), nullable=True))
    op.add_column("channel", sa.Column("messaging_limit", sa.Text(), nullable=True))
    op.add_column("channel", sa.Column("health", JSONB, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("channel", sa.Column("health_at", TIME, nullable=True))
    op.add_column("channel_route", sa.Column("parent_account_key", sa.Text(), nullable=True))
    op.create_index(
        "channel_route_parent_idx",
        "channel_route",
        ["kind", "parent_account_key"],
        postgresql_where=sa.text("parent_account_key is not null"),
    )


def _provider_events() -> None:
    op.create_table(
        "provider_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("provider_event_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "receipt_id", "path", name=op.f("provider_event_pkey")),
    )
    op.create_index("provider_event_kind_idx", "provider_event", ["tenant_id", "kind", sa.text("received_at desc")])
    op.create_index(op.f("provider_event_received_at_idx"), "provider_event", ["received_at"])
    tenant_table("provider_event", app="select", ingest="select, insert")
    _forgetting("provider_event")


def _forgetting(table: str) -> None:
    """Retention crosses firms: one function drops what is old and says how much it was."""
    op.execute(
        f"create policy {table}_retention on {table} to current_user using (received_at < now() - interval '1 day')"
    )
    op.execute(
        f"""
        create function forget_{table}s(older_than timestamptz) returns bigint
        language sql security definer set search_path = pg_catalog, public
        as $$ with gone as (delete from public.{table} where received_at < older_than returning 1)
              select count(*) from gone $$
        """
    )
    op.execute(f"revoke all on function forget_{table}s(timestamptz) from public")
    op.execute(f"grant execute on function forget_{table}s(timestamptz) to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
