"""Tables of firms and the people who sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from invekto.kernel.tables import Base, TenantRow, tenant_fk


class Tenant(Base):
    """A firm. Its policy compares `id`, not `tenant_id`, with the setting."""

    __tablename__ = "tenant"
    __table_args__ = (CheckConstraint("revoked_messages in ('show', 'hide')", name="revoked_messages"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="Europe/Istanbul")
    locale: Mapped[str] = mapped_column(server_default="tr")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    revoked_messages: Mapped[str] = mapped_column(server_default="show")


class TenantCounter(TenantRow):
    """The last `number` given per kind of row (conversation, contact, channel), for people and the old API."""

    __tablename__ = "tenant_counter"
    __table_args__ = (ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class User(TenantRow):
    """Somebody who signs in. The table is `user_account` because `user` is a reserved word of SQL."""

    __tablename__ = "user_account"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "username_key"),
        CheckConstraint("role in ('user', 'supervisor')", name="role"),
        CheckConstraint("locale in ('tr', 'en')", name="locale"),
        CheckConstraint("theme in ('light', 'dark', 'auto')", name="theme"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    username_key: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="tr")
    theme: Mapped[str] = mapped_column(server_default="auto")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Team(TenantRow):
    __tablename__ = "team"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class TeamMember(TenantRow):
    __tablename__ = "team_member"
    __table_args__ = (
        tenant_fk("team_id", "team", ondelete="CASCADE"),
        tenant_fk("user_id", "user_account", ondelete="CASCADE"),
        Index(None, "tenant_id", "user_id"),
    )

    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)


class Session(TenantRow):
    """A signed-in browser. The cookie names its tenant, so no lookup runs outside one; only a hash is kept."""

    __tablename__ = "session"
    __table_args__ = (
        tenant_fk("user_id", "user_account", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "token_hash"),
        Index(None, "tenant_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class SignInAttempt(Base):
    """Failed sign-ins per (account, address). No tenant: it is written before the firm is known to exist."""

    __tablename__ = "sign_in_attempt"

    account_key: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    failed: Mapped[int]
    window_started_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
