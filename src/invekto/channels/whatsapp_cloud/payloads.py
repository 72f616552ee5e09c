"""The shapes of Meta's webhooks and answers, as far as we read them, and how a body is taken apart without losing any of it.

Outer layers keep their parts as raw slices, so that one bad message costs itself only. What we do not name is ignored here
and kept in the slice. Sources and dates: README.md of this folder.
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from invekto.kernel.text import storable

Shape = TypeVar("Shape")

_DEEPEST: Final = 60
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
# An id is text on Meta's pages and has been seen as a number.
Id = str | int | None


class Envelope(Struct):
    entry: list[Raw]


class Entry(Struct):
    changes: list[Raw]
    id: Id = None
    time: Raw = Raw()


class Change(Struct):
    value: Raw
    field: str | None = None


class Metadata(Struct):
    phone_number_id: str | int


class Value(Struct):
    """`contacts` may be of any shape: without them a message still has its sender."""

    metadata: Raw = Raw()
    contacts: Raw = Raw()
    messages: list[Raw] | None = None
    statuses: list[Raw] | None = None
    message_echoes: list[Raw] | None = None
    errors: Raw = Raw()


class Profile(Struct):
    name: str | None = None
    username: str | None = None


class Contact(Struct):
    profile: Profile | None = None
    wa_id: Id = None
    user_id: Id = None
    parent_user_id: Id = None


class Head(Struct, rename={"from_": "from"}):
    """What every message has."""

    id: str
    type: str = "unknown"
    from_: Id = None
    from_user_id: Id = None
    from_parent_user_id: Id = None
    to: Id = None
    to_user_id: Id = None
    group_id: Id = None
    timestamp: Any = None
    context: Raw = Raw()
    referral: Raw = Raw()


class ReferredProduct(Struct):
    catalog_id: Id = None
    product_retailer_id: Id = None


class Context(Struct):
    id: str | None = None
    forwarded: Any = None
    frequently_forwarded: Any = None
    referred_product: Raw = Raw()


class Text(Struct):
    body: str


class TextMessage(Struct):
    text: Text


class Media(Struct):
    id: str | int
    mime_type: str | None = None
    caption: str | None = None
    filename: str | None = None
    voice: bool | None = None


class ImageMessage(Struct):
    image: Media


class VideoMessage(Struct):
    video: Media


class AudioMessage(Struct):
    audio: Media


class DocumentMessage(Struct):
    document: Media


class StickerMessage(Struct):
    sticker: Media


class Location(Struct):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class LocationMessage(Struct):
    location: Location


class CardName(Struct):
    formatted_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class CardPhone(Struct):
    phone: str | None = None
    wa_id: str | None = None


class CardEmail(Struct):
    email: str | None = None


class CardOrganization(Struct):
    company: str | None = None


class Card(Struct):
    """`emails` and `org` may be of any shape: without them it is a card still."""

    name: CardName | None = None
    phones: list[CardPhone] | None = None
    emails: Raw = Raw()
    org: Raw = Raw()


class ContactsMessage(Struct):
    contacts: list[Card]


class Reaction(Struct):
    """Without an emoji it takes the earlier one back."""

    message_id: str
    emoji: str | None = None


class ReactionMessage(Struct):
    reaction: Reaction


class ErrorData(Struct):
    details: str | None = None


class Error(Struct):
    """In a status, in a webhook, and in the body of a refused call."""

    code: int
    title: str | None = None
    message: str | None = None
    error_data: ErrorData | None = None
    is_transient: bool | None = None
    error_subcode: int | None = None

    @property
    def detail(self) -> str:
        details = self.error_data.details if self.error_data else None
        return storable(details or self.message or self.title or "")[:1000]


class ErrorAnswer(Struct):
    error: Error


class Status(Struct):
    id: str
    status: str
    timestamp: Any = None
    biz_opaque_callback_data: str | None = None
    errors: Raw = Raw()


class SentMessage(Struct):
    id: str


class SendAnswer(Struct):
    messages: list[SentMessage]


class UploadAnswer(Struct):
    id: str | int


class MediaNode(Struct):
    url: str
    mime_type: str | None = None
    file_size: int | None = None


class NumberNode(Struct):
    id: str
    display_phone_number: str | None = None
    verified_name: str | None = None


def read(raw: bytes | Raw, shape: type[Shape]) -> Shape | None:
    """`raw` as `shape`, or None. What JSON admits and a database does not (lone surrogates, 1e400, bad UTF-8) is repaired."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except _UNREADABLE:
        pass
    try:
        return msgspec.json.decode(repaired(bytes(raw)), type=shape)
    except _UNREADABLE:
        return None


def repaired(raw: bytes) -> bytes:
    """The same JSON without what cannot be stored. ValueError or RecursionError when it is no JSON, or nested too deep."""
    # The encoder writes null for what is no finite number.
    return msgspec.json.encode(storable_value(json.loads(raw.decode("utf-8-sig", "replace"))))


def raw_object(raw: bytes | Raw) -> dict[str, Any] | None:
    """A part as it is kept for later: any object, every text storable."""
    found = read(raw, dict[str, Any])
    return None if found is None else storable_value(found)


def storable_value(value: Any, depth: int = 0) -> Any:
    """JSON that PostgreSQL takes as jsonb. What lies deeper than 60 levels is dropped, and a number beyond 64 bits."""
    match value:
        case str():
            return storable(value)
        case dict() | list() if depth >= _DEEPEST:
            return None
        case dict():
            return {storable(key): storable_value(inner, depth + 1) for key, inner in value.items()}
        case list():
            return [storable_value(inner, depth + 1) for inner in value]
        case bool() | None:
            return value
        case int() if abs(value) >= 1 << 63:
            return None
        case _:
            return value
