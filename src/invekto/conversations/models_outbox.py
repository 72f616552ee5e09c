"""Tables of what goes out: the outbox, its lanes, and the attempts that were made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import TenantRow, tenant_fk


class Outbox(TenantRow):
    """A message that must go out. `id` orders a lane; deleted when the message is settled."""

    __tablename__ = "outbox"
    __table_args__ = (
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        Index(None, "tenant_id", "conversation_id", "id"),
        UniqueConstraint("tenant_id", "message_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    created_at: Mapped[datetime]


class Lane(TenantRow):
    """One conversation's queue: equal conversation = strict order. Claimed with SKIP LOCKED and a lease.

    `priority` 0 is a person's answer, higher waits longer. `held_since` is when the head began to fail transiently.
    """

    __tablename__ = "lane"
    __table_args__ = (
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        Index("lane_due_idx", "priority", "next_at"),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID]
    priority: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    held_since: Mapped[datetime | None]


class Attempt(TenantRow):
    """One call to a provider. `finished_at` null with a dead lease means the outcome is unknown, unless the notes of the worker
    that had `run_id` prove that it was not asked (asked)."""

    __tablename__ = "attempt"
    __table_args__ = (
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "message_id", "number"),
        CheckConstraint(
            "outcome is null or outcome in ('accepted', 'transient', 'rejected', 'unknown')",
            name="outcome",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]
    number: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    vendor_code: Mapped[str | None]
    detail: Mapped[str | None]
    run_id: Mapped[UUID | None]
