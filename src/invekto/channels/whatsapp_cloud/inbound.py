"""Reads Meta's webhooks: bytes in; messages, delivery reports and what we do not handle out. Pure, and never fails.

A slice of a part is a webhook body of its own, with just that part in it: stored again as a receipt, it parses to the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from msgspec import Raw

from invekto.channels.adapter import (
    DeliveryReport,
    InboundEvent,
    InboundMessage,
    RawRequest,
    UnhandledEvent,
)
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.content import content_of
from invekto.channels.whatsapp_cloud.errors import class_of
from invekto.channels.whatsapp_cloud.payloads import Change, Entry, Envelope, Head, Status, Value, read
from invekto.channels.whatsapp_cloud.senders import Book, sender_of
from invekto.kernel.text import storable

WINDOW: Final = timedelta(hours=24)
_AHEAD_AT_MOST: Final = timedelta(minutes=5)
_MILLISECONDS_FROM: Final = 1e12

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
        yield from _of_account(_Account(place, account, value, Book.of(value.contacts), received_at))


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
    book: Book
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
    entry = account.book.entry_of(head)
    contact = None if entry is None else entry.raw
    if head.type in _NO_BUBBLE:
        return account.unhandled("messages", number, raw, "type_not_handled", head.type, contact)
    if head.group_id:
        return account.unhandled("messages", number, raw, "group_not_handled", None, contact)
    sender = sender_of(head, None if entry is None else entry.contact)
    if sender is None:
        return account.unhandled("messages", number, raw, "sender_missing", None, contact)
    content = content_of(head.type, raw)
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
