"""The table of files: what came, what waits to be sent, and what is known of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import TenantRow, tenant_fk


class Attachment(TenantRow):
    """A file of a message, or an upload that waits for one. Bytes live in the media store under `storage_key`.

    `not_stored`: its channel keeps no files. `expired`: kept as long as the channel said. `facts_due_at`: when a stored file
    is looked at next; None once it is known, or cannot be.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        tenant_fk("message_id", "message"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("uploaded_by_id", "user_account"),
        tenant_fk("canned_reply_id", "canned_reply", ondelete="SET NULL"),
        CheckConstraint(
            "state in ('pending', 'stored', 'failed', 'not_stored', 'expired')",
            name="state",
        ),
        Index(None, "tenant_id", "message_id"),
        Index(None, "tenant_id", "storage_key"),
        Index(
            "attachment_facts_idx",
            "facts_due_at",
            postgresql_where=text("state = 'stored' and facts_due_at is not null"),
        ),
        Index(
            "attachment_thumbnail_idx", "tenant_id", "thumbnail_key", postgresql_where=text("thumbnail_key is not null")
        ),
        Index(
            "attachment_kept_idx",
            *("tenant_id", "channel_id", "created_at"),
            postgresql_where=text("state = 'stored' and channel_id is not null"),
        ),
        Index("attachment_pending_idx", "next_attempt_at", postgresql_where=text("state = 'pending'")),
        Index(
            "attachment_canned_reply_idx",
            "tenant_id",
            "canned_reply_id",
            postgresql_where=text("canned_reply_id is not null"),
        ),
        Index("attachment_unsent_idx", "tenant_id", "created_at", postgresql_where=text("message_id is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    uploaded_by_id: Mapped[UUID | None]
    canned_reply_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(server_default="0")
    kind: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int | None]
    name: Mapped[str | None]
    voice: Mapped[bool] = mapped_column(server_default=text("false"))
    storage_key: Mapped[str | None]
    state: Mapped[str]
    provider_media_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    animated: Mapped[bool | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration_s: Mapped[float | None]
    waveform: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    thumbnail_key: Mapped[str | None]
    facts_due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    facts_attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
