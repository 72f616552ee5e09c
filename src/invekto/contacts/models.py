"""Tables of the people who write to a firm, and of their addresses on each channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import JSONB, TenantRow, tenant_fk


class Contact(TenantRow):
    """A person. `name_source` is 'profile' until somebody edits the name, then 'user' and never overwritten; 'phone' when
    the firm's own address book names them, which a profile does not overwrite. `first_touch`: the advertisement they came by.
    """

    __tablename__ = "contact"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "tenant_id", "phone"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    name: Mapped[str]
    name_source: Mapped[str] = mapped_column(server_default="profile")
    phone: Mapped[str | None]
    language: Mapped[str | None]
    search_key: Mapped[str]
    sort_key: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_touch: Mapped[dict[str, Any] | None]
    first_touch_at: Mapped[datetime | None]


class Identity(TenantRow):
    """One person on one channel account; its addresses are rows of `identity_address`."""

    __tablename__ = "identity"
    __table_args__ = (
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        Index(None, "tenant_id", "contact_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    display: Mapped[str]
    profile: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime]


class IdentityAddress(TenantRow):
    """How a provider names an identity: scheme phone, bsuid, parent_bsuid, psid, igsid, chat ... Unique per channel."""

    __tablename__ = "identity_address"
    __table_args__ = (
        tenant_fk("identity_id", "identity", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel"),
        Index(None, "tenant_id", "identity_id"),
    )

    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID]


class MergeSuggestion(TenantRow):
    """Two contacts that may be one person. Nothing merges by itself."""

    __tablename__ = "merge_suggestion"
    __table_args__ = (
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("other_contact_id", "contact", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "contact_id", "other_contact_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    other_contact_id: Mapped[UUID]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class ConsentEntry(TenantRow):
    """What a person said about a kind of message, and when: never changed, the latest counts."""

    __tablename__ = "consent_entry"
    __table_args__ = (
        tenant_fk("identity_id", "identity", ondelete="CASCADE"),
        Index("consent_entry_latest_idx", "tenant_id", "identity_id", "category", text("occurred_at desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID]
    category: Mapped[str]
    wanted: Mapped[bool]
    source: Mapped[str]
    detail: Mapped[str | None]
    occurred_at: Mapped[datetime]
    created_at: Mapped[datetime]


class ContactField(TenantRow):
    """A field that a firm has given its contacts. `options`: a list of `{"id","label","archived"}`, empty but for the types
    that choose. Archived, never deleted: neither the key nor an option's id may come to mean something else."""

    __tablename__ = "contact_field"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint(
            "type in ('text', 'number', 'date', 'select', 'multi_select', 'boolean', 'phone', 'email', 'url')",
            name="type",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    label: Mapped[str]
    type: Mapped[str]
    options: Mapped[Any] = mapped_column(JSONB)
    position: Mapped[int]
    personal: Mapped[bool]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class ContactFieldValue(TenantRow):
    """What a contact has in a field, as its type writes it (docs/decisions/0034). No row: nothing."""

    __tablename__ = "contact_field_value"
    __table_args__ = (
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("field_id", "contact_field"),
        Index("contact_field_value_field_id_idx", "tenant_id", "field_id", "contact_id"),
    )

    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    field_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class ContactNote(TenantRow):
    """What the firm's people tell each other about a person, whatever the conversation."""

    __tablename__ = "contact_note"
    __table_args__ = (
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("author_id", "user_account"),
        Index("contact_note_list_idx", "tenant_id", "contact_id", text("created_at desc"), text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    author_id: Mapped[UUID]
    text: Mapped[str]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
