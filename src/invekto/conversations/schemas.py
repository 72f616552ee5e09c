"""The wire of conversations, messages, media and contacts, exactly as docs/api.md gives it.

Answers are typed dicts: REST and the stream build the same ones from the same rows and encode them alike, so the
two cannot differ. What a client sends is a model that refuses unknown fields.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, with_config
from typing_extensions import TypedDict

from invekto.kernel.text import storable

View = Literal["mine", "unassigned", "all"]
Status = Literal["open", "snoozed", "resolved"]
Direction = Literal["inbound", "outbound", "internal"]
DeliveryStatus = Literal["queued", "sending", "sent", "delivered", "read", "failed", "unknown"]
MessageType = Literal[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "order",
    "reaction",
    "template",
    "system",
    "unsupported",
    "note",
    "activity",
]
TagColor = Literal["teal", "blue", "amber", "red", "green", "violet", "grey", "pink"]
MediaKind = Literal["image", "video", "audio", "document", "sticker"]

TEXT_MAX = 20_000
"""What the door admits at all; what a channel admits is its capability, checked when it is sent. Bodies that send: schemas_sending."""
TAGS_MAX = 50
NAME_MAX = 200

# Answers ----------------------------------------------------------------------------------------------------------


@with_config(ConfigDict(extra="forbid"))
class _Answer(TypedDict):
    """Has the fields that are named and no other, which is also how the tests check answers and frames."""


class Named(_Answer):
    """A user or a team."""

    id: UUID
    name: str


class Tag(_Answer):
    id: UUID
    name: str
    color: TagColor


class ContactBrief(_Answer):
    id: UUID
    name: str
    phone: str | None


class ChannelBrief(_Answer):
    id: UUID
    kind: str
    name: str


class ServiceWindow(_Answer):
    opened_by: str
    closes_at: datetime


class SharedConversation(_Answer):
    """What every viewer with the same rights sees alike."""

    id: UUID
    number: int
    status: Status
    preview: str
    preview_type: MessageType
    preview_direction: Direction
    preview_status: DeliveryStatus | None
    last_seq: int
    last_message_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    created_at: datetime
    version: int
    contact: ContactBrief
    channel: ChannelBrief
    assignee: Named | None
    team: Named | None
    tags: list[Tag]
    window: ServiceWindow | None


class Conversation(SharedConversation):
    """`unread` and `read_seq` are the viewer's own."""

    unread: int
    read_seq: int


class Draft(_Answer):
    kind: Literal["reply", "note"]
    text: str
    updated_at: datetime


class ConversationDetail(Conversation):
    draft: Draft | None
    previous_conversation_id: UUID | None


class Counts(_Answer):
    mine: int
    unassigned: int
    all: int


class ReadState(_Answer):
    read_seq: int
    unread: int


class ConversationReadState(ReadState):
    """A read mark as the stream sends it."""

    conversation_id: UUID


class Author(_Answer):
    """`name` is null for the contact, whom the conversation names, and for `phone`: the firm's own WhatsApp app."""

    kind: Literal["contact", "user", "system", "phone"]
    id: UUID | None
    name: str | None


class DeliveryError(_Answer):
    """`resend`: whether the same message, sent again, may go through."""

    code: str
    resend: bool
    vendor_code: str | None
    message: str


class Attachment(_Answer):
    id: UUID
    kind: MediaKind
    mime: str
    size: int | None
    name: str | None
    url: str
    state: Literal["stored", "pending", "failed", "not_stored", "expired"]
    voice: bool
    width: int | None
    height: int | None
    duration_s: float | None
    waveform: list[int] | None
    thumbnail_url: str | None
    poster: str | None


class Quoted(_Answer):
    """The message that is answered; its text shortened."""

    id: UUID
    seq: int
    type: MessageType
    text: str | None
    author: Author


class Message(_Answer):
    id: UUID
    conversation_id: UUID
    seq: int
    direction: Direction
    type: MessageType
    text: str | None
    status: DeliveryStatus | None
    error: DeliveryError | None
    author: Author
    attachments: list[Attachment]
    payload: Any
    reply_to: Quoted | None
    client_id: str | None
    provider_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    dismissed: bool
    version: int
    context: Any
    edited_at: datetime | None
    revoked_at: datetime | None


class Revision(_Answer):
    """An earlier text of a message."""

    text: str | None
    payload: Any
    written_at: datetime


class RevisionList(_Answer):
    """Oldest first; the message itself has the latest."""

    items: list[Revision]
    next_cursor: None


class Upload(_Answer):
    id: UUID
    kind: MediaKind
    mime: str
    size: int
    name: str | None
    url: str


class ContactIdentity(_Answer):
    id: UUID
    channel: ChannelBrief
    display: str
    last_inbound_at: datetime | None


class FirstTouch(_Answer):
    """The first advertisement they came by: `referral` as in a message's context."""

    at: datetime
    referral: dict[str, Any]


class ContactNote(_Answer):
    """About the person, whatever the conversation."""

    id: UUID
    text: str
    author: Named
    created_at: datetime
    edited_at: datetime | None


class ContactCard(_Answer):
    """`fields`: what they have in the firm's fields, by key; `masked_fields`: the keys of those of which only a mask is shown."""

    id: UUID
    name: str
    phone: str | None
    language: str | None
    created_at: datetime
    first_touch: FirstTouch | None
    fields: dict[str, str | int | float | bool | list[str]]
    masked_fields: list[str]
    identities: list[ContactIdentity]
    notes: list[Message]
    conversations: list[Conversation]


class ContactNotePage(_Answer):
    """Newest first."""

    items: list[ContactNote]
    next_cursor: str | None


class ConversationPage(_Answer):
    items: list[Conversation]
    next_cursor: str | None


class MessagePage(_Answer):
    """`next_cursor` leads to older messages, `newer_cursor` to newer ones; null where the conversation ends."""

    items: list[Message]
    next_cursor: str | None
    newer_cursor: str | None


class FoundMessage(_Answer):
    """Where a hit stands; its conversation may be an earlier one of the same person."""

    id: UUID
    conversation_id: UUID
    seq: int
    created_at: datetime


class FoundPage(_Answer):
    """Newest first. `total` counts all hits, whatever the page."""

    items: list[FoundMessage]
    total: int
    next_cursor: str | None


class ContactMediaPage(_Answer):
    """Messages with what was asked for, newest first."""

    items: list[Message]
    next_cursor: str | None


class TagPage(_Answer):
    items: list[Tag]
    next_cursor: str | None


# What clients send ------------------------------------------------------------------------------------------------

Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX), AfterValidator(storable)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_MAX), AfterValidator(storable)
]
Seq = Annotated[int, Field(ge=0, le=2**62)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TakeBody(_Body):
    """`from`: who the client believes has it."""

    holder: Annotated[UUID | None, Field(alias="from")] = None


class AssignBody(_Body):
    """`user_id` null gives it back to the queue."""

    user_id: UUID | None


class SnoozeBody(_Body):
    """`until` null: until the next message."""

    until: AwareDatetime | None


class ReadBody(_Body):
    seq: Seq
    lower: bool = False


class TagsBody(_Body):
    """The whole set."""

    tag_ids: Annotated[list[UUID], Field(max_length=TAGS_MAX)]


class DraftBody(_Body):
    kind: Literal["reply", "note"]
    text: Annotated[str, StringConstraints(max_length=TEXT_MAX), AfterValidator(storable)]


class TagBody(_Body):
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(storable)
    ]
    color: TagColor


FieldKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class ContactBody(_Body):
    """What is left out or null stays. `fields` by key, null empties one; `was`: what the screen showed of those, by key, so that
    nothing is written over that somebody has changed meanwhile."""

    name: Name | None = None
    fields: Annotated[dict[FieldKey, Any], Field(max_length=100)] | None = None
    was: Annotated[dict[FieldKey, Any], Field(max_length=100)] | None = None


class ContactNoteBody(_Body):
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000), AfterValidator(storable)
    ]
