"""Reads Meta's webhooks: bytes in; messages, reports, changes and what we do not handle out. Pure, and never fails.

One change is of one field, and each family of fields has its reader: `messages`, `past`, `notices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from invekto.channels.adapter import InboundEvent, RawRequest, UnhandledEvent
from invekto.channels.whatsapp_cloud import messages, notices, past
from invekto.channels.whatsapp_cloud.payloads import Envelope, Value, read
from invekto.channels.whatsapp_cloud.places import Account, Place, account_of, places, unhandled
from invekto.channels.whatsapp_cloud.senders import Book

_OF_A_NUMBER = {
    "messages": messages.of_messages,
    "smb_message_echoes": messages.of_echoes,
    "history": past.of_history,
    "smb_app_state_sync": past.of_address_book,
    "user_preferences": notices.of_preferences,
    "user_id_update": notices.of_user_ids,
    "calls": notices.of_calls,
}


class _OwnCheck(msgspec.Struct):
    invekto_check: str


def parse(request: RawRequest) -> list[InboundEvent]:
    """Every event of a body, at least one: a body that says nothing is an event that we do not handle. Only the desk's own
    question whether webhooks arrive (accounts.test_webhook) has none: it is read, and that was all."""
    envelope = read(request.body, Envelope)
    if envelope is None:
        return [UnhandledEvent(account_key=None, path="$", raw_slice=request.body, reason="unparsable")]
    events = [event for place in places(envelope) for event in _events(place, request.received_at)]
    if not events and read(request.body, _OwnCheck) is None:
        events.append(UnhandledEvent(account_key=None, path="$", raw_slice=request.body, reason="empty"))
    return events


def _events(place: Place, received_at: datetime) -> Iterator[InboundEvent]:
    if place.change is None:
        yield unhandled(place, None, "entry_malformed")
        return
    value = read(place.change.value, Value)
    field = place.change.field
    if value is None or not field:
        yield unhandled(place, None, "change_malformed")
        return
    key = account_of(value)
    reader = _OF_A_NUMBER.get(field)
    if reader is None:
        yield notices.of_parent(place, field, key, received_at)
    elif key is None:
        yield unhandled(place, None, "account_missing")
    else:
        yield from reader(Account(place, key, value, Book.of(value.contacts), received_at))
