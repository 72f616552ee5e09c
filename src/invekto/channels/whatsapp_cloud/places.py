"""Where a part of a webhook lies, and how to write a body that holds it alone; whose account it speaks of, and when it was.

A slice of a part is a webhook body of its own, with just that part in it: stored again as a receipt, it parses to the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from invekto.channels.adapter import InboundEvent, UnhandledEvent
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.payloads import Change, Entry, Envelope, Value, read
from invekto.channels.whatsapp_cloud.senders import Book
from invekto.kernel.text import storable

Shape = TypeVar("Shape")
_AHEAD_AT_MOST: Final = timedelta(minutes=5)
_MILLISECONDS_FROM: Final = 1e12


@dataclass(frozen=True, slots=True)
class Place:
    """A change, or an entry that holds none that can be read; how to write a body that holds a part of it alone."""

    path: str
    entry_id: shapes.Id
    raw: bytes
    change: Change | None
    time: bytes = b""

    def alone(self, value: bytes) -> bytes:
        field_name = msgspec.json.encode(self.change.field if self.change else None)
        return self._entry(b'{%b"changes":[{"field":%b,"value":%b}]}' % (self._head(), field_name, value))

    def whole(self) -> bytes:
        if self.change is None:
            return self._entry(self.raw)
        return self._entry(b'{%b"changes":[%b]}' % (self._head(), self.raw))

    def _head(self) -> bytes:
        time = b'"time":%b,' % self.time if self.time else b""
        return b'"id":%b,%b' % (msgspec.json.encode(self.entry_id), time)

    @staticmethod
    def _entry(entry: bytes) -> bytes:
        return b'{"object":"whatsapp_business_account","entry":[%b]}' % entry


def places(envelope: Envelope) -> Iterator[Place]:
    for number, raw_entry in enumerate(envelope.entry):
        path = f"$.entry[{number}]"
        entry = read(raw_entry, Entry)
        if entry is None or not entry.changes:
            yield Place(path, None, bytes(raw_entry), None)
            continue
        for index, raw_change in enumerate(entry.changes):
            raw = bytes(raw_change)
            change = read(raw, Change)
            if change is None:
                yield Place(f"{path}.changes[{index}]", entry.id, raw, Change(value=Raw(b"null")), bytes(entry.time))
            else:
                yield Place(f"{path}.changes[{index}]", entry.id, raw, change, bytes(entry.time))


def parent_of(place: Place) -> str | None:
    """The account above the number (a WABA) that the entry names."""
    return storable(str(place.entry_id))[:100] or None if place.entry_id is not None else None


def said_at(place: Place, received_at: datetime) -> datetime:
    """The entry's own time: what account webhooks have."""
    return moment(read(place.time, object) if place.time else None, received_at)


def unhandled(place: Place, account: str | None, reason: str, detail: str | None = None) -> UnhandledEvent:
    return UnhandledEvent(
        account_key=account,
        path=place.path,
        raw_slice=place.whole(),
        reason=reason,
        detail=None if detail is None else storable(detail)[:200],
    )


def account_of(value: Value) -> str | None:
    """The number that the change is about."""
    metadata = read(value.metadata, shapes.Metadata) if value.metadata else None
    return None if metadata is None else storable(str(metadata.phone_number_id))[:100] or None


@dataclass(frozen=True, slots=True)
class Account:
    """One account's change, while its parts are read."""

    place: Place
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


def each_part(
    account: Account,
    shape: type[Shape],
    parts_of: Callable[[Shape], Sequence[Raw]],
    read_part: Callable[[Account, int, Raw], InboundEvent],
) -> Iterator[InboundEvent]:
    """The events of a change that holds a list of parts; one without any is unhandled as a whole."""
    assert account.place.change is not None
    value = read(account.place.change.value, shape)
    parts = [] if value is None else parts_of(value)
    if not parts:
        yield unhandled(account.place, account.key, "change_malformed")
    for number, raw in enumerate(parts):
        yield read_part(account, number, raw)


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
