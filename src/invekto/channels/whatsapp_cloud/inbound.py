"""Reads Meta's webhooks: bytes in; messages, delivery reports and what we do not handle out. Pure, and never fails.

A slice of a part is a webhook body of its own, with just that part in it: stored again as a receipt, it parses to the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
import phonenumbers
from msgspec import Raw, Struct

from invekto.channels.adapter import (
    Address,
    DeliveryReport,
    InboundAttachment,
    InboundEvent,
    InboundMessage,
    RawRequest,
    Sender,
    UnhandledEvent,
)
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.errors import class_of
from invekto.channels.whatsapp_cloud.payloads import Change, Contact, Entry, Envelope, Head, Status, Value, read
from invekto.kernel.text import preview, storable

WINDOW: Final = timedelta(hours=24)
_AHEAD_AT_MOST: Final = timedelta(minutes=5)
_MILLISECONDS_FROM: Final = 1e12
_NAME_MAX: Final = 120
_FILE_NAME_MAX: Final = 240
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,126}/[a-z0-9][a-z0-9.+-]{0,126}(; *codecs=[a-z0-9.,\"-]{1,60})?")
_PHONE: Final = re.compile(r"\+?([0-9]{5,20})")
_BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT_BSUID: Final = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")

Delivery = Literal["sent", "delivered", "read", "failed"]
_STATUSES: Final[dict[str, Delivery]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
# They change or announce something instead of saying it: no bubble of their own.
_NO_BUBBLE: Final = frozenset({"edit", "revoke", "system", "request_welcome"})


def parse(request: RawRequest) -> list[InboundEvent]:
    """Every event of a body, at least one: a body that says nothing is an event that we do not handle."""
    envelope = read(request.body, Envelope)
    if envelope is None:
        return [UnhandledEvent(account_key=None, path="$", raw_slice=request.body, reason="unparsable")]
    events = [event for place in _places(envelope) for event in _events(place, request.received_at)]
    if not events:
        events.append(UnhandledEvent(account_key=None, path="$", raw_slice=request.body, reason="empty"))
    return events


@dataclass(frozen=True, slots=True)
class _Place:
    """A change, or an entry that holds none that can be read; how to write a body that holds a part of it alone."""

    path: str
    entry_id: shapes.Id
    raw: bytes
    change: Change | None

    def alone(self, value: bytes) -> bytes:
        field_name = msgspec.json.encode(self.change.field if self.change else None)
        return self._entry(b'{"id":%b,"changes":[{"field":%b,"value":%b}]}' % (self._id(), field_name, value))

    def whole(self) -> bytes:
        if self.change is None:
            return self._entry(self.raw)
        return self._entry(b'{"id":%b,"changes":[%b]}' % (self._id(), self.raw))

    def _id(self) -> bytes:
        return msgspec.json.encode(self.entry_id)

    @staticmethod
    def _entry(entry: bytes) -> bytes:
        return b'{"object":"whatsapp_business_account","entry":[%b]}' % entry


def _places(envelope: Envelope) -> Iterator[_Place]:
    for number, raw_entry in enumerate(envelope.entry):
        path = f"$.entry[{number}]"
        entry = read(raw_entry, Entry)
        if entry is None or not entry.changes:
            yield _Place(path, None, bytes(raw_entry), None)
            continue
        for index, raw_change in enumerate(entry.changes):
            raw = bytes(raw_change)
            change = read(raw, Change)
            if change is None:
                yield _Place(f"{path}.changes[{index}]", entry.id, raw, Change(value=Raw(b"null")))
            else:
                yield _Place(f"{path}.changes[{index}]", entry.id, raw, change)


def _events(place: _Place, received_at: datetime) -> Iterator[InboundEvent]:
    if place.change is None:
        yield _unhandled(place, None, "entry_malformed")
        return
    value = read(place.change.value, Value)
    if value is None:
        yield _unhandled(place, None, "change_malformed")
        return
    account = _account(value)
    if place.change.field != "messages":
        yield _unhandled(place, account, "field_not_handled", place.change.field)
    elif account is None:
        yield _unhandled(place, None, "account_missing")
    else:
        yield from _of_account(_Account(place, account, value, _Book.of(value.contacts), received_at))


def _unhandled(place: _Place, account: str | None, reason: str, detail: str | None = None) -> UnhandledEvent:
    return UnhandledEvent(
        account_key=account,
        path=place.path,
        raw_slice=place.whole(),
        reason=reason,
        detail=None if detail is None else storable(detail)[:200],
    )


def _account(value: Value) -> str | None:
    metadata = read(value.metadata, shapes.Metadata) if value.metadata else None
    return None if metadata is None else storable(str(metadata.phone_number_id))[:100] or None


# One account's messages and statuses ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Account:
    place: _Place
    key: str
    value: Value
    book: _Book
    received_at: datetime

    def path(self, part: str, number: int) -> str:
        return f"{self.place.path}.value.{part}[{number}]"

    def alone(self, part: str, raw: Raw, contact: Raw | None = None) -> bytes:
        contacts = b"" if contact is None else b'"contacts":[%b],' % bytes(contact)
        return self.place.alone(
            b'{"messaging_product":"whatsapp","metadata":%b,%b"%b":[%b]}'
            % (bytes(self.value.metadata), contacts, part.encode(), bytes(raw))
        )

    def unhandled(
        self, part: str, number: int, raw: Raw, reason: str, detail: str | None = None, contact: Raw | None = None
    ) -> UnhandledEvent:
        return UnhandledEvent(
            account_key=self.key,
            path=self.path(part, number),
            raw_slice=self.alone(part, raw, contact),
            reason=reason,
            detail=None if detail is None else storable(detail)[:200],
        )


def _of_account(account: _Account) -> Iterator[InboundEvent]:
    value = account.value
    nothing = True
    for number, raw in enumerate(value.messages or ()):
        nothing = False
        yield _message(account, number, raw)
    for number, raw in enumerate(value.statuses or ()):
        nothing = False
        yield _report(account, number, raw)
    if value.errors and bytes(value.errors) not in (b"null", b"[]") and not value.messages and not value.statuses:
        errors = read(value.errors, list[shapes.Error])
        detail = f"{errors[0].code} {errors[0].detail}" if errors else None
        yield _unhandled(account.place, account.key, "provider_error", detail)
    elif nothing:
        yield _unhandled(account.place, account.key, "empty")


def _report(account: _Account, number: int, raw: Raw) -> InboundEvent:
    status = read(raw, Status)
    if status is None or not status.id:
        return account.unhandled("statuses", number, raw, "status_malformed")
    known = _STATUSES.get(status.status)
    if known is None:
        return account.unhandled("statuses", number, raw, "status_not_handled", status.status)
    errors = (read(status.errors, list[shapes.Error]) if status.errors else None) or []
    first = errors[0] if errors and known == "failed" else None
    callback = status.biz_opaque_callback_data
    return DeliveryReport(
        account_key=account.key,
        provider_id=storable(status.id),
        status=known,
        occurred_at=moment(status.timestamp, account.received_at),
        path=account.path("statuses", number),
        raw_slice=account.alone("statuses", raw),
        callback_data=None if callback is None else storable(callback),
        error_code=None if known != "failed" else class_of(first.code).code if first else "provider_rejected",
        error_vendor_code=None if first is None else str(first.code),
        error_detail=None if first is None else first.detail,
    )


def _message(account: _Account, number: int, raw: Raw) -> InboundEvent:
    head = read(raw, Head)
    if head is None or not head.id:
        return account.unhandled("messages", number, raw, "message_malformed", contact=account.book.only)
    entry = account.book.of_sender(head)
    contact = None if entry is None else entry.raw
    if head.type in _NO_BUBBLE:
        return account.unhandled("messages", number, raw, "type_not_handled", head.type, contact)
    if head.group_id:
        return account.unhandled("messages", number, raw, "group_not_handled", None, contact)
    sender = _sender(head, None if entry is None else entry.contact)
    if sender is None:
        return account.unhandled("messages", number, raw, "sender_missing", None, contact)
    content = _content(head.type, raw)
    if content is None:
        return account.unhandled("messages", number, raw, "type_not_handled", head.type, contact)
    sent_at = moment(head.timestamp, account.received_at)
    context = read(head.context, shapes.Context) if head.context else None
    return InboundMessage(
        account_key=account.key,
        provider_id=storable(head.id),
        sender=sender,
        sent_at=sent_at,
        type=content.type,
        path=account.path("messages", number),
        raw_slice=account.alone("messages", raw, contact),
        text=content.text,
        payload=content.payload,
        raw=content.raw,
        attachments=content.attachments,
        reply_to_provider_id=content.about or (storable(context.id) if context and context.id else None),
        window_closes_at=None if content.quiet else sent_at + WINDOW,
        quiet=content.quiet,
    )


def moment(given: object, received_at: datetime) -> datetime:
    """Seconds or milliseconds, text or number. One that is missing or unreadable is the arrival; none lies in the future."""
    latest = received_at + _AHEAD_AT_MOST
    try:
        seconds = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        return received_at
    if not math.isfinite(seconds) or seconds <= 0:
        return received_at
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    # Compared first: a year past 9999 cannot be made into a time.
    return latest if seconds >= latest.timestamp() else datetime.fromtimestamp(seconds, UTC)


# Who wrote --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _BookEntry:
    contact: Contact
    raw: Raw


@dataclass(slots=True)
class _Book:
    """The change's `contacts`, found by the ids that a message names."""

    entries: list[_BookEntry] = field(default_factory=list)
    by_id: dict[str, _BookEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, raw_contacts: Raw) -> _Book:
        book = cls()
        for raw in (read(raw_contacts, list[Raw]) if raw_contacts else None) or ():
            contact = read(raw, Contact)
            if contact is None:
                continue
            entry = _BookEntry(contact, raw)
            book.entries.append(entry)
            for key in (contact.user_id, contact.wa_id):
                if key:
                    book.by_id.setdefault(str(key), entry)
        return book

    @property
    def only(self) -> Raw | None:
        return self.entries[0].raw if len(self.entries) == 1 else None

    def of_sender(self, head: Head) -> _BookEntry | None:
        """By the business-scoped id first. A single contact belongs to a message whose ids do not speak against it."""
        for key in (head.from_user_id, head.from_):
            if key and (entry := self.by_id.get(str(key))) is not None:
                return entry
        if len(self.entries) != 1:
            return None
        entry = self.entries[0]
        stranger = head.from_user_id and entry.contact.user_id and str(head.from_user_id) != str(entry.contact.user_id)
        return None if stranger else entry


def _sender(head: Head, contact: Contact | None) -> Sender | None:
    """None when the message names nobody. The business-scoped id is trusted before a number, which may change hands."""
    contact = contact or Contact()
    given = [head.from_user_id, contact.user_id, head.from_, contact.wa_id]
    parents = [head.from_parent_user_id, contact.parent_user_id, *given]
    bsuid = _first(given, _BSUID) or _named(head.from_user_id) or _named(contact.user_id)
    parent = _first(parents, _PARENT_BSUID)
    phone = next((_phone(match[1]) for one in (head.from_, contact.wa_id) if (match := _match(one, _PHONE))), None)
    addresses = [
        Address(scheme=scheme, value=value)
        for scheme, value in (("bsuid", bsuid), ("parent_bsuid", parent), ("phone", phone))
        if value
    ]
    if not addresses:
        return None
    profile = contact.profile or shapes.Profile()
    username = preview(profile.username or "", _NAME_MAX) or None
    name = preview(profile.name or "", _NAME_MAX)
    return Sender(
        addresses=tuple(addresses),
        display=name or username or phone or addresses[0].value,
        phone=phone,
        username=username,
    )


def _match(given: shapes.Id, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return pattern.fullmatch(str(given)) if given else None


def _first(given: Sequence[shapes.Id], pattern: re.Pattern[str]) -> str | None:
    return next((str(one) for one in given if _match(one, pattern)), None)


def _named(given: shapes.Id) -> str | None:
    """An id in the field made for it, of a form we do not know yet. A number in it is a number, a parent is a parent."""
    if not given or _match(given, _PHONE) or _match(given, _PARENT_BSUID):
        return None
    return storable(str(given))[:200]


@lru_cache(maxsize=20_000)
def _phone(digits: str) -> str:
    """E.164. WhatsApp's own digits stay as they are where the numbering plan does not know them."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# What was said ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Content:
    type: str
    text: str | None = None
    payload: dict[str, Any] | list[dict[str, Any]] | None = None
    raw: dict[str, Any] | None = None
    attachments: tuple[InboundAttachment, ...] = ()
    about: str | None = None
    quiet: bool = False


_SHAPES: Final[dict[str, type[Struct]]] = {
    "text": shapes.TextMessage,
    "image": shapes.ImageMessage,
    "video": shapes.VideoMessage,
    "audio": shapes.AudioMessage,
    "document": shapes.DocumentMessage,
    "sticker": shapes.StickerMessage,
    "location": shapes.LocationMessage,
    "contacts": shapes.ContactsMessage,
    "reaction": shapes.ReactionMessage,
}


def _content(kind: str, raw: Raw) -> _Content | None:
    """What we show, or the message kept whole as `unsupported`. None for a reaction that is taken back."""
    shape = _SHAPES.get(kind)
    message = None if shape is None else read(raw, shape)
    content: _Content | None = None
    match message:
        case shapes.TextMessage(text=said):
            content = _Content("text", text=storable(said.body))
        case shapes.ImageMessage(image=file):
            content = _file("image", file, "image/jpeg")
        case shapes.VideoMessage(video=file):
            content = _file("video", file, "video/mp4")
        case shapes.AudioMessage(audio=file):
            content = _file("audio", file, "audio/ogg")
        case shapes.DocumentMessage(document=file):
            content = _file("document", file, "application/octet-stream")
        case shapes.StickerMessage(sticker=file):
            content = _file("sticker", file, "image/webp")
        case shapes.LocationMessage(location=place):
            content = _location(place)
        case shapes.ContactsMessage(contacts=cards):
            content = _Content("contacts", payload=[_card(card) for card in cards])
        case shapes.ReactionMessage(reaction=reaction):
            if not reaction.emoji:
                return None
            about = storable(reaction.message_id)
            return _Content("reaction", payload={"emoji": preview(reaction.emoji, 20)}, about=about, quiet=True)
        case _:
            pass
    return content or _unsupported(kind, raw)


def _file(
    kind: Literal["image", "video", "audio", "document", "sticker"], file: shapes.Media, mime: str
) -> _Content | None:
    if file.id == "":
        return None
    given = (file.mime_type or "").strip().lower()
    name = preview((file.filename or "").replace("\\", "/").rpartition("/")[2], _FILE_NAME_MAX)
    attachment = InboundAttachment(
        kind=kind,
        media_id=storable(str(file.id)),
        mime=given if _MIME.fullmatch(given) else mime,
        name=name or None,
        voice=kind == "audio" and bool(file.voice),
    )
    return _Content(kind, text=storable(file.caption) if file.caption else None, attachments=(attachment,))


def _location(place: shapes.Location) -> _Content | None:
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        return None
    payload: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    payload |= {key: storable(said) for key, said in (("name", place.name), ("address", place.address)) if said}
    return _Content("location", payload=payload)


def _card(card: shapes.Card) -> dict[str, Any]:
    name = card.name or shapes.CardName()
    parts = [part for part in (name.first_name, name.last_name) if part]
    phones = [phone.phone or phone.wa_id for phone in card.phones or ()]
    return {
        "name": preview(name.formatted_name or " ".join(parts), _NAME_MAX) or None,
        "phones": [preview(phone, 40) for phone in phones if phone],
    }


def _unsupported(kind: str, raw: Raw) -> _Content:
    """Kept whole. What a person pressed is named, so that the line says something."""
    whole = shapes.raw_object(raw)
    part = (whole or {}).get(kind)
    title: object = None
    if isinstance(part, dict):
        replies = [part, part.get("button_reply"), part.get("list_reply")]
        said = (reply.get("title") or reply.get("text") for reply in replies if isinstance(reply, dict))
        title = next((one for one in said if isinstance(one, str) and one), None)
    payload = {"title": preview(title, _NAME_MAX)} if isinstance(title, str) else None
    return _Content("unsupported", payload=payload, raw=whole)
