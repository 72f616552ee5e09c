"""What the ingest has in its hand: an event with the channel it was routed to, and the line that tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from invekto.channels.adapter import (
    AddressChanged,
    DeliveryReport,
    InboundMessage,
    MessageEdited,
    MessageRevoked,
    PreferenceChanged,
    ReactionRemoved,
)

Received: TypeAlias = (
    InboundMessage
    | DeliveryReport
    | MessageEdited
    | MessageRevoked
    | ReactionRemoved
    | AddressChanged
    | PreferenceChanged
)
"""What concerns conversations. The rest goes to `notices`."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event with the channel it was routed to. `key` finds its receipt when it has to be quarantined.

    `cause`: what the message, a quiet line, tells of.
    """

    tenant_id: UUID
    channel_id: UUID
    event: Received
    key: int = 0
    cause: AddressChanged | PreferenceChanged | None = None


def line_of(one: Incoming) -> Incoming | None:
    """The message that the event is, or the quiet line that tells of it."""
    event = one.event
    match event:
        case InboundMessage():
            return one
        case AddressChanged():
            said = {"action": event.action, **event.said}
        case PreferenceChanged():
            said = {"action": f"{event.category}_{'resumed' if event.wanted else 'stopped'}"}
        case _:
            return None
    line = InboundMessage(
        account_key=event.account_key,
        provider_id=event.provider_id,
        sender=event.sender,
        sent_at=event.occurred_at,
        type="system",
        path=event.path,
        raw_slice=event.raw_slice,
        payload=said,
        quiet=True,
    )
    return Incoming(one.tenant_id, one.channel_id, line, one.key, event)


def message_of(one: Incoming) -> InboundMessage:
    """The event of one that `line_of` gave."""
    assert isinstance(one.event, InboundMessage)
    return one.event
