"""What the wire shows of channels and of the quarantine (docs/api.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class MediaRuleOut(BaseModel):
    """Empty `mimes` means any."""

    mimes: list[str]
    max_bytes: int


class CapabilitiesOut(BaseModel):
    text_max: int
    caption_max: int
    media: dict[str, MediaRuleOut]
    service_window_s: int | None


class ChannelOut(BaseModel):
    id: UUID
    number: int
    kind: str
    provider: str
    name: str
    address: str | None
    status: Literal["connected", "reconnect_needed", "paused"]
    team_id: UUID | None
    capabilities: CapabilitiesOut


class QuarantineOut(BaseModel):
    """`raw` is text for people to read: bytes that are no UTF-8 are replaced, and a long one is cut."""

    id: UUID
    channel_kind: str
    reason: str
    raw: str
    created_at: datetime
    replayed_at: datetime | None
