"""Conversations, messages and the queue of what goes out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("tag_tenant_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("tag_pkey")),
        sa.UniqueConstraint("tenant_id", "name_key", name=op.f("tag_tenant_id_name_key_key")),
    )
    op.create_table(
        "delivery_update",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_vendor_code", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("callback_data", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("delivery_update_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "channel_id", "provider_id", "status", name=op.f("delivery_update_pkey")),
    )
    op.create_index(
        "delivery_update_parked_idx",
        "delivery_update",
        ["tenant_id", "channel_id", "provider_id"],
        unique=False,
        postgresql_where=sa.text("applied_at is null"),
    )
    op.create_index(op.f("delivery_update_received_at_idx"), "delivery_update", ["received_at"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inbound_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answered_inbound_no", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("preview", sa.Text(), server_default="", nullable=False),
        sa.Column("preview_type", sa.Text(), server_default="text", nullable=False),
        sa.Column("preview_direction", sa.Text(), server_default="inbound", nullable=False),
        sa.Column("preview_status", sa.Text(), nullable=True),
        sa.Column("preview_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("thanked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("window_opened_by", sa.Text(), nullable=True),
        sa.Column("window_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status in ('open', 'snoozed', 'resolved')", name=op.f("conversation_status_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assignee_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("conversation_assignee_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"], ["channel.tenant_id", "channel.id"], name=op.f("conversation_channel_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"], name=op.f("conversation_contact_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "identity_id"],
            ["identity.tenant_id", "identity.id"],
            name=op.f("conversation_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "previous_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("conversation_previous_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["team.tenant_id", "team.id"],
            name=op.f("conversation_team_id_fkey"),
            ondelete="SET NULL (team_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("conversation_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("conversation_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("conversation_tenant_id_number_key")),
    )
    op.create_index(
        "conversation_identity_idx",
        "conversation",
        ["tenant_id", "identity_id", sa.literal_column("number desc")],
        unique=False,
    )
    op.create_index(
        "conversation_list_idx",
        "conversation",
        ["tenant_id", "status", sa.literal_column("last_message_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "conversation_mine_idx",
        "conversation",
        ["tenant_id", "assignee_id", "status", sa.literal_column("last_message_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "conversation_unassigned_idx",
        "conversation",
        ["tenant_id", "status", sa.literal_column("last_message_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("assignee_id is null"),
    )
    op.create_index(
        "conversation_one_open_key",
        "conversation",
        ["tenant_id", "identity_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_index(
        "conversation_snoozed_idx",
        "conversation",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("status = 'snoozed' and snoozed_until is not null"),
    )
    op.create_table(
        "assignment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assigned_by_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("assignment_assigned_by_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("assignment_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("assignment_user_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("assignment_pkey")),
    )
    op.create_index(
        op.f("assignment_tenant_id_conversation_id_started_at_idx"),
        "assignment",
        ["tenant_id", "conversation_id", "started_at"],
        unique=False,
    )
    op.create_index(
        op.f("assignment_tenant_id_user_id_started_at_idx"),
        "assignment",
        ["tenant_id", "user_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "conversation_read",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("inbound_no", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("conversation_read_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("conversation_read_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "conversation_id", "user_id", name=op.f("conversation_read_pkey")),
    )
    op.create_table(
        "conversation_tag",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("conversation_tag_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tag_id"],
            ["tag.tenant_id", "tag.id"],
            name=op.f("conversation_tag_tag_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "conversation_id", "tag_id", name=op.f("conversation_tag_pkey")),
    )
    op.create_index(
        op.f("conversation_tag_tenant_id_tag_id_idx"), "conversation_tag", ["tenant_id", "tag_id"], unique=False
    )
    op.create_table(
        "draft",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('reply', 'note')", name=op.f("draft_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("draft_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("draft_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "conversation_id", "user_id", name=op.f("draft_pkey")),
    )
    op.create_table(
        "lane",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name=op.f("lane_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("lane_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "conversation_id", name=op.f("lane_pkey")),
    )
    op.create_index("lane_due_idx", "lane", ["priority", "next_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_vendor_code", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("client_hash", sa.LargeBinary(), nullable=True),
        sa.Column("reply_to_id", sa.Uuid(), nullable=True),
        sa.Column("reply_to_provider_id", sa.Text(), nullable=True),
        sa.Column("resend_of_id", sa.Uuid(), nullable=True),
        sa.Column("inbound_no", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("provider_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(direction = 'outbound') = (status is not null)", name=op.f("message_outbound_status_check")
        ),
        sa.CheckConstraint("author_kind in ('contact', 'user', 'system')", name=op.f("message_author_kind_check")),
        sa.CheckConstraint("direction in ('inbound', 'outbound', 'internal')", name=op.f("message_direction_check")),
        sa.CheckConstraint(
            "status is null or status in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')",
            name=op.f("message_status_check"),
        ),
        sa.CheckConstraint(
            "type in ('text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'interactive', 'order', 'reaction', 'template', 'system', 'unsupported', 'note', 'activity')",
            name=op.f("message_type_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"], ["channel.tenant_id", "channel.id"], name=op.f("message_channel_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("message_conversation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reply_to_id"], ["message.tenant_id", "message.id"], name=op.f("message_reply_to_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resend_of_id"], ["message.tenant_id", "message.id"], name=op.f("message_resend_of_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("message_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "channel_id", "provider_id", name=op.f("message_tenant_id_channel_id_provider_id_key")
        ),
        sa.UniqueConstraint("tenant_id", "client_id", name=op.f("message_tenant_id_client_id_key")),
        sa.UniqueConstraint(
            "tenant_id", "conversation_id", "seq", name=op.f("message_tenant_id_conversation_id_seq_key")
        ),
    )
    op.create_table(
        "answer_interval",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("waited_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_s", sa.BigInteger(), nullable=False),
        sa.Column("business_s", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('first', 'next')", name=op.f("answer_interval_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["conversation.tenant_id", "conversation.id"],
            name=op.f("answer_interval_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("answer_interval_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("answer_interval_pkey")),
    )
    op.create_index(
        op.f("answer_interval_tenant_id_answered_at_idx"), "answer_interval", ["tenant_id", "answered_at"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("voice", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_media_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('pending', 'stored', 'failed')", name=op.f("attachment_state_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"], ["channel.tenant_id", "channel.id"], name=op.f("attachment_channel_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"], ["message.tenant_id", "message.id"], name=op.f("attachment_message_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "uploaded_by_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("attachment_uploaded_by_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("attachment_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("attachment_pkey")),
    )
    op.create_index(
        "attachment_pending_idx",
        "attachment",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        op.f("attachment_tenant_id_message_id_idx"), "attachment", ["tenant_id", "message_id"], unique=False
    )
    op.create_table(
        "attempt",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome is null or outcome in ('accepted', 'transient', 'rejected', 'unknown')",
            name=op.f("attempt_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("attempt_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("attempt_pkey")),
        sa.UniqueConstraint("tenant_id", "message_id", "number", name=op.f("attempt_tenant_id_message_id_number_key")),
    )
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("outbox_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("outbox_pkey")),
        sa.UniqueConstraint("tenant_id", "message_id", name=op.f("outbox_tenant_id_message_id_key")),
    )
    op.create_index(
        op.f("outbox_tenant_id_conversation_id_id_idx"), "outbox", ["tenant_id", "conversation_id", "id"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
