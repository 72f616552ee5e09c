"""Tables of the core: conversations and their messages. The queue of what goes out: models_outbox.

Notes and activity lines are messages with direction `internal`, so one `seq` orders the whole thread.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import TenantRow, tenant_fk

DIRECTIONS = ("inbound", "outbound", "internal")
STATUSES = ("queued", "sending", "sent", "delivered", "read", "failed", "unknown")
MESSAGE_TYPES = (
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "order", "reaction",
    "template", "system", "unsupported", "note", "activity",
)  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def _newest_first() -> tuple[TextClause, TextClause]:
    """How every list of conversations is ordered; the id tells two of one moment apart."""
    return text("last_message_at desc"), text("id desc")


class Conversation(TenantRow):
    """At most one that is not resolved per identity. The list reads this row alone plus contact, tags and reads.

    `inbound_count` counts inbound messages; a message carries the count as of itself (`inbound_no`), so unread is a
    subtraction. `answered_inbound_no` is that count when a human last answered: the baseline of a user who never read it.
    `version` grows with every change that a client can see. `past`: it took place on the firm's phone before its number was
    connected, and nobody has gone on with it here (`past_messages`); its lines count as read.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("identity_id", "identity"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("team_id", "team", ondelete="SET NULL"),
        tenant_fk("assignee_id", "user_account"),
        tenant_fk("previous_id", "conversation"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint(_one_of("status", ("open", "snoozed", "resolved")), name="status"),
        Index(
            "conversation_one_open_key",
            "tenant_id",
            "identity_id",
            unique=True,
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index("conversation_one_past_key", "tenant_id", "identity_id", unique=True, postgresql_where=text("past")),
        Index("conversation_list_idx", "tenant_id", "status", *_newest_first()),
        Index("conversation_mine_idx", "tenant_id", "assignee_id", "status", *_newest_first()),
        # `is null` fixes no column for the planner: without an index of its own the queue would be sorted on each look.
        Index(
            "conversation_unassigned_idx",
            "tenant_id",
            "status",
            *_newest_first(),
            postgresql_where=text("assignee_id is null"),
        ),
        Index("conversation_identity_idx", "tenant_id", "identity_id", text("number desc")),
        Index(
            "conversation_snoozed_idx",
            "snoozed_until",
            postgresql_where=text("status = 'snoozed' and snoozed_until is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    channel_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    last_seq: Mapped[int] = mapped_column(server_default="0")
    inbound_count: Mapped[int] = mapped_column(server_default="0")
    answered_inbound_no: Mapped[int] = mapped_column(server_default="0")
    last_message_at: Mapped[datetime]
    preview: Mapped[str] = mapped_column(server_default="")
    preview_type: Mapped[str] = mapped_column(server_default="text")
    preview_direction: Mapped[str] = mapped_column(server_default="inbound")
    preview_status: Mapped[str | None]
    preview_seq: Mapped[int] = mapped_column(server_default="0")
    waiting_since: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None]
    thanked_at: Mapped[datetime | None]
    previous_id: Mapped[UUID | None]
    window_opened_by: Mapped[str | None]
    window_closes_at: Mapped[datetime | None]
    past: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]


class Message(TenantRow):
    """One line of a thread. `provider_id` is the dedupe key of inbound, `client_id` that of sends.

    `provider_part` is what an adapter is given of an outbound message beyond its payload (a template's parameters).
    """

    __tablename__ = "message"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("reply_to_id", "message"),
        tenant_fk("resend_of_id", "message"),
        UniqueConstraint("tenant_id", "conversation_id", "seq"),
        UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        UniqueConstraint("tenant_id", "client_id"),
        Index(
            "message_failed_idx", "tenant_id", "channel_id", "created_at", postgresql_where=text("status = 'failed'")
        ),
        CheckConstraint(_one_of("direction", DIRECTIONS), name="direction"),
        CheckConstraint(_one_of("type", MESSAGE_TYPES), name="type"),
        CheckConstraint(f"status is null or {_one_of('status', STATUSES)}", name="status"),
        CheckConstraint("(direction = 'outbound') = (status is not null)", name="outbound_status"),
        CheckConstraint(_one_of("author_kind", ("contact", "user", "system", "phone")), name="author_kind"),
        Index(
            "message_answering_idx",
            "tenant_id",
            "channel_id",
            "reply_to_provider_id",
            postgresql_where=text("reply_to_provider_id is not null"),
        ),
        Index(
            "message_reaction_idx",
            "tenant_id",
            "reply_to_id",
            postgresql_where=text("type = 'reaction' and reply_to_id is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    seq: Mapped[int]
    direction: Mapped[str]
    type: Mapped[str]
    text: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
    provider_part: Mapped[dict[str, Any] | None]
    raw: Mapped[dict[str, Any] | None]
    status: Mapped[str | None]
    error_code: Mapped[str | None]
    error_vendor_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    author_kind: Mapped[str]
    author_id: Mapped[UUID | None]
    provider_id: Mapped[str | None]
    client_id: Mapped[str | None]
    client_hash: Mapped[bytes | None]
    reply_to_id: Mapped[UUID | None]
    reply_to_provider_id: Mapped[str | None]
    resend_of_id: Mapped[UUID | None]
    inbound_no: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")
    provider_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    context: Mapped[dict[str, Any] | None]
    edited_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ConversationRead(TenantRow):
    """How far one user has read. `inbound_no` is the message's running count at `seq`."""

    __tablename__ = "conversation_read"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("user_id", "user_account", ondelete="CASCADE"),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    inbound_no: Mapped[int]
    updated_at: Mapped[datetime]


class Draft(TenantRow):
    __tablename__ = "draft"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("user_id", "user_account", ondelete="CASCADE"),
        CheckConstraint("kind in ('reply', 'note')", name="kind"),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    text: Mapped[str]
    updated_at: Mapped[datetime]


class Tag(TenantRow):
    __tablename__ = "tag"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "name_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    color: Mapped[str]
    created_at: Mapped[datetime]


class ConversationTag(TenantRow):
    __tablename__ = "conversation_tag"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("tag_id", "tag", ondelete="CASCADE"),
        Index(None, "tenant_id", "tag_id"),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(primary_key=True)


class Assignment(TenantRow):
    """Who had a conversation, since when, and why."""

    __tablename__ = "assignment"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("user_id", "user_account"),
        tenant_fk("assigned_by_id", "user_account"),
        Index(None, "tenant_id", "conversation_id", "started_at"),
        Index(None, "tenant_id", "user_id", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID]
    assigned_by_id: Mapped[UUID | None]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AnswerInterval(TenantRow):
    """One answer and how long the contact had waited for it. Reports cannot be made from history that was not kept.

    `business_s` is null while the tenant has no business hours.
    """

    __tablename__ = "answer_interval"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        Index(None, "tenant_id", "answered_at"),
        CheckConstraint("kind in ('first', 'next')", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    waited_from: Mapped[datetime]
    answered_at: Mapped[datetime]
    wall_s: Mapped[int]
    business_s: Mapped[int | None]
