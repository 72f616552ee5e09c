"""Tables of the search: what can be found of messages and contacts, and how far the event log has been followed.

Filled behind the event log by one consumer (handlers), never by whoever writes a message. Read by two functions only.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import Base, TenantRow, tenant_fk

# The list of what was just written is read by every search: it is kept short. In kB.
_PENDING_KB = 256


class SearchMessage(TenantRow):
    """The words of one message or note. Each begins with its firm, week and kind, so that one week of one firm is one
    stretch of the index (decision 32). Gone with its message."""

    __tablename__ = "search_message"
    __table_args__ = (
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        Index(
            "search_message_words_idx",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": _PENDING_KB},
        ),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    type: Mapped[str]
    direction: Mapped[str]
    created_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchContact(TenantRow):
    """The words and numbers of one contact as of its `version`. Gone with the contact."""

    __tablename__ = "search_contact"
    __table_args__ = (
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index(
            "search_contact_words_idx",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": _PENDING_KB},
        ),
    )

    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchWeek(TenantRow):
    """How many messages (`kind` m) or notes (n) of a week have words: which weeks a search looks into, and how many at once.
    Those that have gone since are still counted."""

    __tablename__ = "search_week"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        CheckConstraint("kind in ('m', 'n')", name="kind"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[int] = mapped_column(primary_key=True)
    documents: Mapped[int]


class SearchBackfill(TenantRow):
    """How far the rows of a firm that were there before have been read; of which pass."""

    __tablename__ = "search_backfill"
    __table_args__ = (ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),)

    pass_no: Mapped[int]
    message_after: Mapped[UUID | None]
    contact_after: Mapped[UUID | None]
    done_at: Mapped[datetime | None]


class SearchProgress(Base):
    """One row: the place in the event log up to which everything can be found. A new `pass_no` reads all rows again."""

    __tablename__ = "search_progress"

    only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    epoch: Mapped[int] = mapped_column(server_default="0")
    xid: Mapped[int] = mapped_column(server_default="0")
    seq: Mapped[int] = mapped_column(server_default="0")
    pass_no: Mapped[int] = mapped_column(server_default="0")
