"""Tables of the kernel's own mechanisms: the event log, the audit trail and the database's epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from invekto.kernel.tables import Base, TenantRow


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


class Event(TenantRow):
    """A fact that was committed. Ids and a version, never a personal value. Read in the order (xid, seq) below xmin."""

    __tablename__ = "event"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        Index("event_cursor_idx", "xid", "seq"),
        Index(None, "created_at"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))
    kind: Mapped[str]
    conversation_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    entity_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class AuditEntry(TenantRow):
    """Who did what to which row. Names of fields, never their values. Insert and select only."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        Index(None, "tenant_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    entity_kind: Mapped[str | None]
    entity_id: Mapped[UUID | None]
    fields: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime]


class DatabaseEpoch(Base):
    """One row. A restore raises `epoch`, retention raises `trimmed_xid`: cursors from before are answered with a resync."""

    __tablename__ = "database_epoch"

    only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    epoch: Mapped[int] = mapped_column(server_default="1")
    trimmed_xid: Mapped[int] = mapped_column(server_default="0")
