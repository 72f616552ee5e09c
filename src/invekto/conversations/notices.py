"""What a provider says of accounts, while receipts are read: to the channel's health, to whoever asked for it, or kept.

Talks of the past go to `past_messages`. Knows no templates, calls or address books: `subscribers` are named in entry.wiring, by the type of the event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from invekto.channels.adapter import (
    CallEvent,
    ChannelUpdated,
    ContactSynced,
    HistoryMessage,
    Part,
    ProviderNotice,
    TemplateUpdated,
)
from invekto.channels.provider_events import Kept, keep_provider_events, update_channels
from invekto.contacts.facts import name_from_address_book
from invekto.contacts.identities import Writer, resolve_writers
from invekto.conversations.events import ContactImported, ConversationChanged, ThreadImported
from invekto.conversations.inbound_rows import touch_conversations_of
from invekto.conversations.past_messages import PastMessage, receive_past
from invekto.kernel.events import Event, insert_events
from invekto.kernel.tenancy import Connection

Notice: TypeAlias = ChannelUpdated | TemplateUpdated | CallEvent | ContactSynced | HistoryMessage | ProviderNotice
"""What concerns no conversation, or not yet."""

_PEOPLE_PER_EVENT: Final = 500
"""An address book of thousands is a handful of events: a screen that was away is not told to load everything again."""
_KINDS: Mapping[type[Part], str] = {
    ChannelUpdated: "channel_updated",
    TemplateUpdated: "template_updated",
    CallEvent: "calls",
    ContactSynced: "smb_app_state_sync",
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """An event with a channel of the firm it concerns; of an account above the numbers, with one of them."""

    tenant_id: UUID
    channel_id: UUID
    event: Notice
    key: int = 0


Subscriber: TypeAlias = Callable[
    [Connection, Sequence[tuple[UUID, UUID, Any]], datetime], Awaitable[Sequence[tuple[UUID, Event]]]
]
"""`(connection, [(tenant, channel, event)], now)` in the claim's transaction, whose role is `invekto_ingest` and whose tenants
are claimed; set-based, because a claim may hold hundreds. Gives the facts to log, by tenant."""


async def receive_notices(
    connection: Connection,
    batch: Sequence[Noticed],
    now: datetime,
    subscribers: Mapping[type[Part], Subscriber],
) -> None:
    """Stores a batch in the caller's transaction. A replay changes nothing that is newer."""
    if not batch:
        return
    updates = [(one.tenant_id, one.event) for one in batch if isinstance(one.event, ChannelUpdated)]
    facts = list(await update_channels(connection, updates))
    for wanted, subscriber in subscribers.items():
        parts = [(one.tenant_id, one.channel_id, one.event) for one in batch if isinstance(one.event, wanted)]
        if parts:
            facts += await subscriber(connection, parts, now)
    # Talks before names: a book that comes with them names whoever is in them.
    past = [
        PastMessage(one.tenant_id, one.channel_id, one.event) for one in batch if isinstance(one.event, HistoryMessage)
    ]
    touched = await receive_past(connection, past, now)
    facts += [(tenant, ThreadImported(entity_id=conversation)) for tenant, conversation in sorted(touched)]
    facts += await _name_people(connection, batch, now)
    rest = [one for one in batch if type(one.event) not in subscribers and not _is_used(one.event)]
    await keep_provider_events(connection, [_kept(one) for one in rest], now)
    if facts:
        await connection.execute(*insert_events(facts, now))


def _is_used(event: Notice) -> bool:
    """A name taken out of the phone's address book is no reason to forget it here."""
    return isinstance(event, ChannelUpdated | HistoryMessage) or (
        isinstance(event, ContactSynced) and not event.removed
    )


async def _name_people(connection: Connection, batch: Sequence[Noticed], now: datetime) -> list[tuple[UUID, Event]]:
    """People of the firm's address book become contacts, in silence; known ones are called as the firm calls them."""
    writers = [
        Writer(one.tenant_id, one.channel_id, one.event.sender)
        for one in batch
        if isinstance(one.event, ContactSynced) and not one.event.removed
    ]
    if not writers:
        return []
    known = await resolve_writers(connection, writers, now)
    people: dict[UUID, set[UUID]] = defaultdict(set)
    for writer, one in zip(writers, known, strict=True):
        people[writer.tenant_id].add(one.contact_id)
    facts: list[tuple[UUID, Event]] = [
        (tenant, ContactImported(detail={"contact_ids": [str(one) for one in part]}))
        for tenant, contacts in sorted(people.items())
        for part in _parts(sorted(contacts))
    ]
    renamed = await name_from_address_book(connection, list(zip(writers, known, strict=True)), now)
    if not renamed:
        return facts
    # What was said before is no screen's news: it is shown with its names when it is loaded.
    live = await touch_conversations_of(connection, renamed, set(), tells_past=False)
    return facts + [(tenant, ConversationChanged(conversation_id=conversation)) for tenant, conversation in live]


def _parts(contacts: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [contacts[start : start + _PEOPLE_PER_EVENT] for start in range(0, len(contacts), _PEOPLE_PER_EVENT)]


def _kept(one: Noticed) -> Kept:
    event = one.event
    return Kept(
        tenant_id=one.tenant_id,
        channel_id=one.channel_id,
        receipt_id=one.key,
        path=event.path,
        kind=event.kind if isinstance(event, ProviderNotice) else _KINDS[type(event)],
        raw=event.raw_slice,
        occurred_at=event.occurred_at,
    )
