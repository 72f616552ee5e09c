"""Tables of what a firm says again and again: templates that a provider approves, and canned replies of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import JSONB, TenantRow


class Template(TenantRow):
    """A message that the provider allows outside the service window. It belongs to a provider's account (`account_key`, at
    WhatsApp the WABA), not to one channel. `status`, `category`, `components` are the provider's own words; `deleted` ones
    stay, because messages name them. `changed_at`: when we last learned of a change; a list that was begun before does not undo it. `judged_at`: the provider's
    time of its last webhook; an older one does not undo it.
    """

    __tablename__ = "template"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "account_key", "name", "language"),
        Index("template_list_idx", "tenant_id", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    provider: Mapped[str]
    account_key: Mapped[str]
    provider_id: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    category: Mapped[str]
    status: Mapped[str]
    quality: Mapped[str | None]
    rejected_reason: Mapped[str | None]
    parameter_format: Mapped[str]
    components: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    search_key: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    judged_at: Mapped[datetime | None]


class CannedReply(TenantRow):
    """A text of the firm's own, found by its shortcut. `texts` is by language; files are attachments that name it."""

    __tablename__ = "canned_reply"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "shortcut_key"),
        Index("canned_reply_list_idx", "tenant_id", "sort_key", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    shortcut: Mapped[str]
    shortcut_key: Mapped[str]
    title: Mapped[str]
    folder: Mapped[str | None]
    texts: Mapped[dict[str, Any]]
    search_key: Mapped[str]
    sort_key: Mapped[str]
    uses: Mapped[int] = mapped_column(server_default="0")
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
