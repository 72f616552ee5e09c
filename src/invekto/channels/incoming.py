"""What comes in through an adapter: messages, changes of them, and what a provider says of people and accounts.

Part of the boundary that `adapter` describes; the rest of the code imports it from there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what crosses this boundary: immutable, compared by value."""


Payload: TypeAlias = dict[str, Any] | list[Any] | None
"""A message's `payload` as the wire has it (docs/api.md, Message)."""


class Address(Part, frozen=True, kw_only=True):
    """One name a provider has for a person: scheme `phone` (E.164 digits with +), `bsuid`, `parent_bsuid`, `psid` ..."""

    scheme: str
    value: str


class Sender(Part, frozen=True, kw_only=True):
    """Who wrote. `addresses` are in order of trust: on a conflict the first wins. `phone` is E.164 or None."""

    addresses: tuple[Address, ...]
    display: str
    phone: str | None = None
    username: str | None = None


class InboundAttachment(Part, frozen=True, kw_only=True):
    """A file that the provider holds for a while under `media_id`."""

    kind: Literal["image", "video", "audio", "document", "sticker"]
    media_id: str
    mime: str
    name: str | None = None
    voice: bool = False


class InboundMessage(Part, frozen=True, kw_only=True):
    """A message from a person. `type`, `text`, `payload` are the wire's (docs/api.md); `path` and `raw_slice` as in ReceiptPart.

    `window_closes_at` is set when this message opens or renews a service window. `raw` is kept for types we do not show yet.
    `quiet`: a reaction, an edit, a system line; it opens, reopens and wakes no conversation and counts as nothing unread.
    `context` is the wire's: forwarded, product, referral. `from_phone`: the firm wrote it in its own WhatsApp app; `sender`
    is then the person it was written to.
    """

    account_key: str
    provider_id: str
    sender: Sender
    sent_at: datetime
    type: str
    path: str
    raw_slice: bytes
    text: str | None = None
    payload: Payload = None
    raw: dict[str, Any] | None = None
    attachments: tuple[InboundAttachment, ...] = ()
    reply_to_provider_id: str | None = None
    window_closes_at: datetime | None = None
    quiet: bool = False
    context: dict[str, Any] | None = None
    from_phone: bool = False


class ReceiptPart(Part, frozen=True, kw_only=True):
    """What one part of a receipt says. `path` and `raw_slice` are for the quarantine: its place in the receipt, and a webhook
    body of its own that holds just this part, so that a replay stores it as a new receipt and reads the same again."""

    account_key: str
    occurred_at: datetime
    path: str
    raw_slice: bytes


class Change(ReceiptPart, frozen=True, kw_only=True):
    """Of a message. `provider_id` is the change's own, `target_provider_id` the message's. `from_phone`: the firm made it, in
    its own WhatsApp app. It waits for a message that is not there yet."""

    provider_id: str
    target_provider_id: str
    from_phone: bool = False


class DeliveryReport(ReceiptPart, frozen=True, kw_only=True):
    """A status of something we sent. `callback_data` is our message id if the provider echoes it."""

    provider_id: str
    status: Literal["sent", "delivered", "read", "failed"]
    callback_data: str | None = None
    error_code: str | None = None
    error_vendor_code: str | None = None
    error_detail: str | None = None


class MessageEdited(Change, frozen=True, kw_only=True):
    """Somebody wrote something else instead."""

    text: str | None
    payload: Payload = None


class MessageRevoked(Change, frozen=True, kw_only=True):
    """Somebody deleted a message for everyone."""


class ReactionRemoved(Change, frozen=True, kw_only=True):
    """Somebody took back what they had reacted with to `target_provider_id`."""


class AddressChanged(ReceiptPart, frozen=True, kw_only=True):
    """A person is reached by other addresses from now on. `sender` is who they were, `addresses` what they are now.

    `action` and `said` are those of the quiet line that tells it. An address that belongs to somebody else already stays there.
    """

    provider_id: str
    sender: Sender
    addresses: tuple[Address, ...]
    action: str
    said: dict[str, Any] = {}


class PreferenceChanged(ReceiptPart, frozen=True, kw_only=True):
    """A person stopped or resumed a kind of message (`category`, `marketing`) at the provider."""

    provider_id: str
    sender: Sender
    category: str
    wanted: bool
    detail: str | None = None


class TemplateUpdated(ReceiptPart, frozen=True, kw_only=True):
    """The provider judged a template. `account_key` is the parent account's (a WABA). Only what changed is set; `rewritten`:
    its parts are others now, and only the provider's list has them."""

    template_key: str
    name: str | None = None
    language: str | None = None
    status: str | None = None
    category: str | None = None
    quality: str | None = None
    reason: str | None = None
    rewritten: bool = False
    parent: bool = True


class ChannelUpdated(ReceiptPart, frozen=True, kw_only=True):
    """The provider says something about an account: its quality, limit, name, a restriction.

    `parent`: `account_key` is the parent account's, and `address` (digits) names one of its numbers, or None all of them.
    `health` is what to remember of it: small values by the event's name.
    """

    kind: str
    health: dict[str, Any]
    address: str | None = None
    quality: str | None = None
    messaging_limit: str | None = None
    parent: bool = True


class ContactSynced(ReceiptPart, frozen=True, kw_only=True):
    """An entry of the firm's address book on its phone: made, changed or `removed`."""

    sender: Sender
    removed: bool


class HistoryMessage(ReceiptPart, frozen=True, kw_only=True):
    """A message from before the account was connected. Imported in silence: it opens, wakes and tells nothing.

    `status` belongs to what the firm wrote (`message.from_phone`). `placeholder`: its file follows under the same id.
    """

    message: InboundMessage
    status: Literal["sent", "delivered", "read", "failed"] = "sent"
    placeholder: bool = False


class CallEvent(ReceiptPart, frozen=True, kw_only=True):
    """Something about a call. Kept until calls are answered here."""

    call_id: str
    event: str


class ProviderNotice(ReceiptPart, frozen=True, kw_only=True):
    """Well formed, and of no use to us yet: kept for a while under its `kind`, shown to nobody."""

    kind: str
    parent: bool = False


class UnhandledEvent(Part, frozen=True, kw_only=True):
    """A part we do not understand (yet): quarantined with `reason`, visible and replayable, never an exception."""

    account_key: str | None
    path: str
    raw_slice: bytes
    reason: str
    detail: str | None = None


InboundEvent: TypeAlias = (
    InboundMessage
    | DeliveryReport
    | MessageEdited
    | MessageRevoked
    | ReactionRemoved
    | AddressChanged
    | PreferenceChanged
    | TemplateUpdated
    | ChannelUpdated
    | ContactSynced
    | HistoryMessage
    | CallEvent
    | ProviderNotice
    | UnhandledEvent
)
