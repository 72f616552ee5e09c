"""What a client sends to send something, exactly as docs/api.md gives it. Lengths here are what the door admits at all: what a
channel admits is its capability, checked when the message is queued.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, with_config
from typing_extensions import TypedDict

from invekto.conversations.schemas import TEXT_MAX, Message, Text, _Body
from invekto.kernel.text import storable

FORWARDS_MAX = 10
_PARTS_MAX = 100

Words = Annotated[str, StringConstraints(max_length=TEXT_MAX), AfterValidator(storable)]

IdempotencyKey = Annotated[str, Header(min_length=1, max_length=200), AfterValidator(storable)]
"""Of a send: kept with its message (docs/api.md, "Sending")."""

Parts = Annotated[tuple[Words, ...], Field(max_length=_PARTS_MAX)]


class _Reply(_Body):
    reply_to_id: UUID | None = None


class TextMessageBody(_Reply):
    type: Literal["text"]
    text: Text


class NoteBody(_Body):
    type: Literal["note"]
    text: Text


class MediaMessageBody(_Reply):
    """`voice`: a recorded voice note (OGG with Opus)."""

    type: Literal["image", "video", "audio", "document", "sticker"]
    attachment_id: UUID
    text: Words | None = None
    voice: bool | None = None


class ButtonBody(_Body):
    id: Words
    title: Words


class ButtonsBody(_Body):
    kind: Literal["buttons"]
    buttons: Annotated[list[ButtonBody], Field(max_length=_PARTS_MAX)]
    header: Words | None = None
    footer: Words | None = None


class ListRowBody(_Body):
    id: Words
    title: Words
    description: Words | None = None


class SectionBody(_Body):
    title: Words | None = None
    rows: Annotated[list[ListRowBody], Field(max_length=_PARTS_MAX)]


class ListBody(_Body):
    kind: Literal["list"]
    opener: Words
    sections: Annotated[list[SectionBody], Field(max_length=_PARTS_MAX)]
    header: Words | None = None
    footer: Words | None = None


class LinkBody(_Body):
    kind: Literal["cta_url"]
    label: Words
    url: Words
    header: Words | None = None
    footer: Words | None = None


class LocationRequestBody(_Body):
    kind: Literal["location_request"]


class InteractiveMessageBody(_Reply):
    type: Literal["interactive"]
    text: Text
    payload: Annotated[ButtonsBody | ListBody | LinkBody | LocationRequestBody, Field(discriminator="kind")]


class LocationMessageBody(_Reply):
    """Degrees, WGS 84."""

    type: Literal["location"]
    latitude: float
    longitude: float
    name: Words | None = None
    address: Words | None = None


class CardBody(_Body):
    name: Words
    phones: Parts
    emails: Parts | None = None
    organization: Words | None = None


class ContactsMessageBody(_Reply):
    type: Literal["contacts"]
    contacts: Annotated[list[CardBody], Field(max_length=_PARTS_MAX)]


class ReactionBody(_Body):
    """`emoji` null takes the firm's reaction back."""

    type: Literal["reaction"]
    to_id: UUID
    emoji: Words | None


class TemplateMessageBody(_Reply):
    """`values` by the keys of the template's variables; `attachment_id`: the file of a header that takes one."""

    type: Literal["template"]
    template_id: UUID
    values: Annotated[dict[str, Words], Field(max_length=_PARTS_MAX, default_factory=dict)]
    attachment_id: UUID | None = None


MessageBody = Annotated[
    TextMessageBody
    | NoteBody
    | MediaMessageBody
    | InteractiveMessageBody
    | LocationMessageBody
    | ContactsMessageBody
    | ReactionBody
    | TemplateMessageBody,
    Field(discriminator="type"),
]


class SettleBody(_Body):
    """What a person found out about a message of unknown outcome."""

    outcome: Literal["sent", "failed"]


class ForwardBody(_Body):
    conversation_ids: Annotated[list[UUID], Field(min_length=1, max_length=FORWARDS_MAX)]


@with_config(ConfigDict(extra="forbid"))
class ForwardRefusal(TypedDict):
    """As `error` of a refused request (docs/api.md, "Errors"); the client has the words."""

    code: str
    params: dict[str, Any]
    fields: list[dict[str, str]]


@with_config(ConfigDict(extra="forbid"))
class Forwarded(TypedDict):
    """One of `message` and `error` is given."""

    conversation_id: UUID
    message: Message | None
    error: ForwardRefusal | None


@with_config(ConfigDict(extra="forbid"))
class ForwardAnswer(TypedDict):
    """In the order of the request."""

    items: list[Forwarded]
