"""What the wire shows of firms, users and teams, and takes from it (docs/api.md, "Session" and "People")."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Locale = Literal["tr", "en"]
Theme = Literal["light", "dark", "auto"]
RoleName = Literal["user", "supervisor"]


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    firm: str = Field(max_length=200)
    user: str = Field(max_length=200)
    # Longer than any password that can be set: comparing has no use, only a cost.
    password: str = Field(max_length=1_000)


class Preferences(BaseModel):
    model_config = ConfigDict(extra="forbid")

    locale: Locale | None = None
    theme: Theme | None = None


class FirmSettings(BaseModel):
    revoked_messages: Literal["show", "hide"]


class FirmSettingsBody(BaseModel):
    """What is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    revoked_messages: Literal["show", "hide"] | None = None


class SessionUser(BaseModel):
    id: UUID
    name: str
    username: str
    role: RoleName
    permissions: list[str]
    locale: Locale
    theme: Theme


class SessionTenant(BaseModel):
    id: UUID
    name: str
    slug: str
    timezone: str


class SessionOut(BaseModel):
    user: SessionUser
    tenant: SessionTenant
    expires_at: datetime


class UserOut(BaseModel):
    id: UUID
    name: str
    username: str
    role: RoleName


class TeamOut(BaseModel):
    id: UUID
    name: str
    member_ids: list[UUID]
