"""Firms, users, channels, receipts, contacts, the event log and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from invekto.kernel.models import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "database_epoch",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("trimmed_xid", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("database_epoch_pkey")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("query", sa.Text(), server_default="", nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("receipt_pkey")),
    )
    op.create_index("receipt_open_idx", "receipt", ["id"], unique=False, postgresql_where=sa.text("done_at is null"))
    op.create_index(op.f("receipt_received_at_idx"), "receipt", ["received_at"], unique=False)
    op.create_table(
        "sign_in_attempt",
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_key", "address", name=op.f("sign_in_attempt_pkey")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Europe/Istanbul", nullable=False),
        sa.Column("locale", sa.Text(), server_default="tr", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("tenant_pkey")),
        sa.UniqueConstraint("slug", name=op.f("tenant_slug_key")),
    )
    op.create_table(
        "app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("verify_token", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("app_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("app_pkey")),
    )
    op.create_index("app_platform_key", "app", ["kind"], unique=True, postgresql_where=sa.text("tenant_id is null"))
    op.create_index(op.f("app_tenant_id_idx"), "app", ["tenant_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("entity_kind", sa.Text(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("audit_entry_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("audit_entry_pkey")),
    )
    op.create_index(
        op.f("audit_entry_tenant_id_created_at_idx"), "audit_entry", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "contact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_source", sa.Text(), server_default="profile", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("contact_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contact_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("contact_tenant_id_number_key")),
    )
    op.create_index(op.f("contact_tenant_id_phone_idx"), "contact", ["tenant_id", "phone"], unique=False)
    op.create_table(
        "event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("event_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("event_pkey")),
    )
    op.create_index(op.f("event_created_at_idx"), "event", ["created_at"], unique=False)
    op.create_index("event_cursor_idx", "event", ["xid", "seq"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_receipt_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("quarantine_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("quarantine_pkey")),
        sa.UniqueConstraint("receipt_id", "path", "reason", name=op.f("quarantine_receipt_id_path_reason_key")),
    )
    op.create_index(
        op.f("quarantine_tenant_id_created_at_idx"), "quarantine", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "team",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("team_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("team_pkey")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("team_tenant_id_name_key")),
    )
    op.create_table(
        "tenant_counter",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("tenant_counter_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("tenant_counter_pkey")),
    )
    op.create_table(
        "user_account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="tr", nullable=False),
        sa.Column("theme", sa.Text(), server_default="auto", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("locale in ('tr', 'en')", name=op.f("user_account_locale_check")),
        sa.CheckConstraint("role in ('user', 'supervisor')", name=op.f("user_account_role_check")),
        sa.CheckConstraint("theme in ('light', 'dark', 'auto')", name=op.f("user_account_theme_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("user_account_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("user_account_pkey")),
        sa.UniqueConstraint("tenant_id", "username_key", name=op.f("user_account_tenant_id_username_key_key")),
    )
    op.create_table(
        "channel",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), server_default="connected", nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status in ('connected', 'reconnect_needed', 'paused')", name=op.f("channel_status_check")),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("channel_app_id_fkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["team.tenant_id", "team.id"],
            name=op.f("channel_team_id_fkey"),
            ondelete="SET NULL (team_id)",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("channel_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("channel_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "provider", "account_key", name=op.f("channel_tenant_id_kind_provider_account_key_key")
        ),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("channel_tenant_id_number_key")),
    )
    op.create_table(
        "merge_suggestion",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("other_contact_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("merge_suggestion_contact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "other_contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("merge_suggestion_other_contact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("merge_suggestion_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "contact_id",
            "other_contact_id",
            name=op.f("merge_suggestion_tenant_id_contact_id_other_contact_id_key"),
        ),
    )
    op.create_table(
        "session",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("session_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("session_pkey")),
        sa.UniqueConstraint("tenant_id", "token_hash", name=op.f("session_tenant_id_token_hash_key")),
    )
    op.create_index(op.f("session_tenant_id_user_id_idx"), "session", ["tenant_id", "user_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["team.tenant_id", "team.id"],
            name=op.f("team_member_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("team_member_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "team_id", "user_id", name=op.f("team_member_pkey")),
    )
    op.create_index(op.f("team_member_tenant_id_user_id_idx"), "team_member", ["tenant_id", "user_id"], unique=False)
    op.create_table(
        "channel_pace",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("rate_per_s", sa.Double(), nullable=False),
        sa.Column("burst", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("channel_pace_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "channel_id", name=op.f("channel_pace_pkey")),
    )
    op.create_table(
        "channel_route",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("channel_route_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kind", "provider", "account_key", name=op.f("channel_route_pkey")),
    )
    op.create_index(
        op.f("channel_route_tenant_id_channel_id_idx"), "channel_route", ["tenant_id", "channel_id"], unique=False
    )
    op.create_index(op.f("channel_route_channel_id_idx"), "channel_route", ["channel_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"], ["channel.tenant_id", "channel.id"], name=op.f("identity_channel_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"], name=op.f("identity_contact_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("identity_pkey")),
    )
    op.create_index(op.f("identity_tenant_id_contact_id_idx"), "identity", ["tenant_id", "contact_id"], unique=False)
    op.create_table(
        "identity_address",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("identity_address_channel_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "identity_id"],
            ["identity.tenant_id", "identity.id"],
            name=op.f("identity_address_identity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "channel_id", "scheme", "value", name=op.f("identity_address_pkey")),
    )
    op.create_index(
        op.f("identity_address_tenant_id_identity_id_idx"),
        "identity_address",
        ["tenant_id", "identity_id"],
        unique=False,
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
