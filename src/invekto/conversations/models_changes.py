"""Tables of what happens to a message after it was written: delivery, changes by the other side, its earlier texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import TenantRow, tenant_fk


class DeliveryUpdate(TenantRow):
    """Every status a provider reported, once. `applied_at` is null while its message is not known yet (24 h)."""

    __tablename__ = "delivery_update"
    __table_args__ = (
        tenant_fk("channel_id", "channel"),
        Index(
            "delivery_update_parked_idx",
            "tenant_id",
            "channel_id",
            "provider_id",
            postgresql_where=text("applied_at is null"),
        ),
        Index(None, "received_at"),
    )

    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime]
    error_code: Mapped[str | None]
    error_vendor_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    callback_data: Mapped[str | None]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class MessageRevision(TenantRow):
    """One text of a message that was edited: the first under an empty `provider_id`, the others under their edit's."""

    __tablename__ = "message_revision"
    __table_args__ = (tenant_fk("message_id", "message", ondelete="CASCADE"),)

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
    written_at: Mapped[datetime]


class MessageChange(TenantRow):
    """An edit, a revocation or a reaction taken back, once. `applied_at` is null while its message is not there (30 d)."""

    __tablename__ = "message_change"
    __table_args__ = (
        tenant_fk("channel_id", "channel"),
        CheckConstraint("kind in ('edited', 'revoked', 'reaction_removed')", name="kind"),
        Index("message_change_target_idx", "tenant_id", "channel_id", "target_provider_id"),
        Index(None, "received_at"),
    )

    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    target_provider_id: Mapped[str]
    kind: Mapped[str]
    from_phone: Mapped[bool]
    text: Mapped[str | None]
    payload: Mapped[dict[str, Any] | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
