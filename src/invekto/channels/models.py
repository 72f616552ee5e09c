"""Tables of connected accounts and of what the providers sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import Base, TenantRow, tenant_fk


class App(Base):
    """A provider's app: holds the secret that signs webhooks. `tenant_id` is null for the platform's own app."""

    __tablename__ = "app"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        Index(
            "app_platform_key",
            "kind",
            unique=True,
            postgresql_where=text("tenant_id is null"),
        ),
        Index(None, "tenant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    kind: Mapped[str]
    secret: Mapped[bytes]
    verify_token: Mapped[bytes]
    created_at: Mapped[datetime]


class Channel(TenantRow):
    """One connected account. `credentials` is sealed JSON; `account_key` is the provider's id of the account.

    `parent_account_key` is the account above it (a WABA); `health` the provider's latest words about it, by their kind.
    """

    __tablename__ = "channel"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        tenant_fk("team_id", "team", ondelete="SET NULL"),
        ForeignKeyConstraint(["app_id"], ["app.id"]),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "kind", "provider", "account_key"),
        CheckConstraint("status in ('connected', 'reconnect_needed', 'paused')", name="status"),
        CheckConstraint(
            "media_policy in ('store', 'store_days', 'do_not_store')"
            " and (media_policy = 'store_days') = (media_days is not null)",
            name="media_policy",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    kind: Mapped[str]
    provider: Mapped[str]
    account_key: Mapped[str]
    app_id: Mapped[UUID | None]
    name: Mapped[str]
    address: Mapped[str | None]
    credentials: Mapped[bytes]
    status: Mapped[str] = mapped_column(server_default="connected")
    status_reason: Mapped[str | None]
    team_id: Mapped[UUID | None]
    last_inbound_at: Mapped[datetime | None]
    media_policy: Mapped[str] = mapped_column(server_default="store")
    media_days: Mapped[int | None]
    created_at: Mapped[datetime]
    parent_account_key: Mapped[str | None]
    quality: Mapped[str | None]
    messaging_limit: Mapped[str | None]
    health: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    health_at: Mapped[datetime | None]
    probed_at: Mapped[datetime | None]


class ChannelRoute(Base):
    """Which channel an account's webhooks belong to: one tenant per account. A reference table, so no tenant leads it."""

    __tablename__ = "channel_route"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "channel_id"),
        Index(None, "channel_id"),
        Index(
            "channel_route_parent_idx",
            "kind",
            "parent_account_key",
            postgresql_where=text("parent_account_key is not null"),
        ),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    account_key: Mapped[str] = mapped_column(primary_key=True)
    app_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    parent_account_key: Mapped[str | None]


class Receipt(Base):
    """A raw webhook as stored before it was acknowledged. Belongs to no tenant: one body may speak of several."""

    __tablename__ = "receipt"
    __table_args__ = (Index("receipt_open_idx", "id", postgresql_where=text("done_at is null")),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    app_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    query: Mapped[str] = mapped_column(server_default="")
    headers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    body: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    attempts: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None]


class Quarantine(Base):
    """A part of a receipt that could not be stored. `tenant_id` is null while its channel is unknown."""

    __tablename__ = "quarantine"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        Index(None, "tenant_id", "created_at"),
        UniqueConstraint("receipt_id", "path", "reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    receipt_id: Mapped[int]
    kind: Mapped[str]
    app_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    path: Mapped[str]
    raw: Mapped[bytes]
    reason: Mapped[str]
    detail: Mapped[str | None]
    created_at: Mapped[datetime]
    replayed_at: Mapped[datetime | None]
    replayed_receipt_id: Mapped[int | None]


class ChannelPace(TenantRow):
    """The token bucket of one channel, updated when lanes are claimed; `paused_until` after a 429.

    `failures` of its provider in a row since `failing_since`: see circuits.
    """

    __tablename__ = "channel_pace"
    __table_args__ = (tenant_fk("channel_id", "channel", ondelete="CASCADE"),)

    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    rate_per_s: Mapped[float]
    burst: Mapped[float]
    refilled_at: Mapped[datetime]
    paused_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]


class ProviderEvent(TenantRow):
    """Something well formed that a provider said and nobody uses yet; kept for 30 days."""

    __tablename__ = "provider_event"
    __table_args__ = (
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        Index("provider_event_kind_idx", "tenant_id", "kind", text("received_at desc")),
        Index(None, "received_at"),
    )

    receipt_id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID]
    kind: Mapped[str]
    raw: Mapped[bytes]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
