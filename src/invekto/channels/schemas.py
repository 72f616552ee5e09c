"""What the wire shows of channels and of the quarantine (docs/api.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class MediaRuleOut(BaseModel):
    """Empty `mimes` means any. `side_px`: a square of just that side; `still_max_bytes`: one that does not move."""

    mimes: list[str]
    max_bytes: int
    side_px: int | None
    still_max_bytes: int | None


class InteractiveRuleOut(BaseModel):
    """Which controls there are, and the most characters or pieces of each part."""

    kinds: list[Literal["buttons", "list", "cta_url", "location_request"]]
    body_max: int
    list_body_max: int
    header_max: int
    footer_max: int
    buttons_max: int
    button_title_max: int
    button_id_max: int
    opener_max: int
    list_rows_max: int
    list_sections_max: int
    section_title_max: int
    row_title_max: int
    row_description_max: int
    row_id_max: int
    label_max: int
    url_max: int


class CapabilitiesOut(BaseModel):
    """`kinds`: the types of messages that can be sent. `contacts_max`: cards in one message."""

    text_max: int
    caption_max: int
    media: dict[str, MediaRuleOut]
    service_window_s: int | None
    kinds: list[str]
    reactions: bool
    reaction_age_s: int | None
    quotes: bool
    voice: bool
    interactive: InteractiveRuleOut | None
    contacts_max: int
    templates: bool
    edit: bool
    delete: bool


class StoreDays(BaseModel):
    """Files are let go after `days`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["store_days"]
    days: Annotated[int, Field(ge=1, le=3650)]


class StoreOrNot(BaseModel):
    """Files are kept for good, or never fetched."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["store", "do_not_store"]
    days: None = None


MediaPolicy: TypeAlias = Annotated[StoreDays | StoreOrNot, Field(discriminator="kind")]
"""How long the files of a channel's messages are kept."""


class ChannelChange(BaseModel):
    """What of a channel may be changed; what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] | None = None
    team_id: UUID | None = None
    media_policy: MediaPolicy | None = None


class ChannelOut(BaseModel):
    id: UUID
    number: int
    kind: str
    provider: str
    name: str
    address: str | None
    status: Literal["connected", "reconnect_needed", "paused"]
    status_reason: str | None
    team_id: UUID | None
    media_policy: MediaPolicy
    quality: str | None
    messaging_limit: str | None
    health_at: datetime | None
    capabilities: CapabilitiesOut


class QuarantineReasonOut(BaseModel):
    """How many parts wait for one reason. `message`: the reason in words, by Accept-Language."""

    reason: str
    message: str
    waiting: int


class QuarantineReasonsOut(BaseModel):
    """The commonest first."""

    items: list[QuarantineReasonOut]


class QuarantineReplay(BaseModel):
    """Which parts: all that wait for this reason."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=80)


class QuarantineReplayedOut(BaseModel):
    """`replayed` of this call; `waiting` are left for another one."""

    replayed: int
    waiting: int


class QuarantineOut(BaseModel):
    """`message`: the reason in words, by Accept-Language. `raw` is text for people to read: bytes that are no UTF-8 are replaced, and a long one is cut."""

    id: UUID
    channel_kind: str
    reason: str
    message: str
    raw: str
    created_at: datetime
    replayed_at: datetime | None
