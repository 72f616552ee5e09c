"""Makes what was written findable: one consumer follows the event log and reads, besides, the rows that were there before it.

Behind the log, never in the transaction of whoever writes: a message is found some milliseconds later and costs its sender
nothing. A batch and the place it moves to are one transaction, so a process that dies leaves nothing out.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from invekto.contacts.events import ContactChanged, ContactFieldChanged, ContactNoteChanged
from invekto.conversations.events import (
    ContactImported,
    ConversationChanged,
    MessageAppended,
    MessageChanged,
    MessageDiscarded,
    ThreadImported,
)
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database, role_settings
from invekto.kernel.events import LoggedEvent, can_resume, head, read_events
from invekto.kernel.failpoints import hit
from invekto.kernel.pressure import Pressure
from invekto.kernel.tenancy import PINNED_PLANS, STREAM, Connection, claimed
from invekto.search import index_rows
from invekto.search.index_rows import Key, Place

_log = logging.getLogger(__name__)

INDEXER_LOCK: Final = 0x494E5345
"""The advisory lock of the one worker that makes things findable."""
EVENTS_AT_ONCE: Final = 500
ROWS_AT_ONCE: Final = 1_000
_POLL_S: Final = 1.0
_PACE_S: Final = 0.05
"""What comes within this moment is made findable together: a batch of one costs as much as a batch of fifty."""
_STAND_BY_S: Final = 2.0
_SILENCE_S: Final = 30.0
_LOOK_BACK_EVERY_S: Final = 30.0
_AGAIN_S: Final = 0.5
GIVES_WAY_S: Final = 5.0
"""How long a batch waits at most while messages come or go faster than they can be done: nobody searches for those yet."""
_BEGINNING: Final = UUID(int=0)
# A row went while its words were made, or is written by somebody else: the same batch again finds it as it is then.
_AGAIN: Final = (
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


class _Note(msgspec.Struct):
    """The part of ContactNoteChanged's detail that says whom it is about."""

    contact_id: UUID


class _Field(msgspec.Struct):
    """The part of ContactFieldChanged's detail that says whether anybody's values read otherwise now."""

    action: str = ""


_note = msgspec.json.Decoder(_Note).decode
_field = msgspec.json.Decoder(_Field).decode


class _People(msgspec.Struct):
    """ContactImported's detail."""

    contact_ids: list[UUID] = []


_people = msgspec.json.Decoder(_People).decode


@dataclass
class _News:
    """Which rows a page of the log is about."""

    appended: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    imported: set[Key] = field(default_factory=set)
    conversations: set[Key] = field(default_factory=set)
    contacts: set[Key] = field(default_factory=set)
    fields: set[UUID] = field(default_factory=set)

    @property
    def tenants(self) -> set[UUID]:
        every = (self.appended, self.changed, self.imported, self.conversations, self.contacts)
        return {tenant for keys in every for tenant, _ in keys} | self.fields


def _news(events: Iterable[LoggedEvent]) -> _News:
    news = _News()
    for event in events:
        tenant = event.tenant_id
        if event.kind == MessageAppended.kind:
            if event.message_id is not None and event.conversation_id is not None:
                news.appended.add((tenant, event.message_id))
                news.conversations.add((tenant, event.conversation_id))
        elif event.kind in (MessageChanged.kind, MessageDiscarded.kind):
            if event.message_id is not None:
                news.changed.add((tenant, event.message_id))
        elif event.kind == ContactImported.kind:
            news.contacts |= {(tenant, one) for one in _people(event.detail or "{}").contact_ids}
        elif event.kind in (ThreadImported.kind, ContactChanged.kind):
            if event.entity_id is not None:
                (news.imported if event.kind == ThreadImported.kind else news.contacts).add((tenant, event.entity_id))
                if event.kind == ThreadImported.kind:
                    news.conversations.add((tenant, event.entity_id))
        elif event.kind == ContactNoteChanged.kind:
            news.contacts.add((tenant, _note(event.detail or "{}").contact_id))
        elif event.kind == ContactFieldChanged.kind:
            if _field(event.detail or "{}").action not in ("created", "ordered"):
                news.fields.add(tenant)
        elif event.kind == ConversationChanged.kind and event.conversation_id is not None:
            news.conversations.add((tenant, event.conversation_id))
    return news


@dataclass
class Indexer:
    """Runs in every worker; one of them works, elected as `Ingest` is."""

    database: Database
    pressure: Pressure = field(default_factory=Pressure)
    working: bool = False
    _looked_back_at: float = -math.inf

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; a batch that runs is finished first."""
        woken = self.database.wakeup.subscribe("event")
        try:
            while not stop.is_set():
                try:
                    await self._elected(stop, woken)
                except DATABASE_TROUBLE as error:
                    _log.warning("search: interrupted, the batch is made again: %s", error)
                self.working = False
                await self.database.wakeup.wait(stop, _STAND_BY_S)
        finally:
            self.database.wakeup.unsubscribe("event", woken)

    async def _elected(self, stop: asyncio.Event, woken: asyncio.Event) -> None:
        connection = await open_connection(self.database)
        try:
            if not await connection.fetchval("select pg_try_advisory_lock($1)", INDEXER_LOCK):
                return
            self.working = True
            _log.info("search: this worker makes things findable")
            while not stop.is_set():
                woken.clear()
                await self.pressure.ease(GIVES_WAY_S, stop)
                try:
                    more = await self.work_once(connection)
                except _AGAIN as error:
                    _log.info("search: a batch is made again: %s", error)
                    await self.database.wakeup.wait(stop, _AGAIN_S)
                    continue
                if not more:
                    await self.database.wakeup.wait(woken, _POLL_S)
                    await self.database.wakeup.wait(stop, _PACE_S)
        finally:
            # Ends the session, and with it the lock, whatever state it is in.
            connection.terminate()

    async def work_once(self, connection: Connection) -> bool:
        """One page of the log, then one batch of what was there before. Whether there may be more of either."""
        place = await index_rows.place(connection)
        if not await can_resume(connection, place.cursor):
            place = await self._begin_again(connection, place)
        page = await read_events(connection, place.cursor, limit=EVENTS_AT_ONCE)
        if page.events:
            news = _news(page.events)
            async with claimed(connection, news.tenants):
                await self._follow(connection, news)
                hit("search.written")
                await index_rows.move_place(connection, page.cursor)
        return await self._look_back(connection, place.pass_no) or len(page.events) == EVENTS_AT_ONCE

    async def _begin_again(self, connection: Connection, place: Place) -> Place:
        """The log does not reach back to where we were (the first start, a restore, two days of standstill): everything
        from here on by the log, and everything that is there already by another pass."""
        cursor = await head(connection)
        async with claimed(connection):
            await index_rows.move_place(connection, cursor, new_pass=True)
        self._looked_back_at = -math.inf
        _log.info("search: all rows are read (pass %d)", place.pass_no + 1)
        return Place(cursor, place.pass_no + 1)

    async def _follow(self, connection: Connection, news: _News) -> None:
        rows = await index_rows.named_messages(connection, news.appended, news.changed)
        rows += await index_rows.imported_messages(connection, news.imported)
        once = {(row["tenant_id"], row["id"]): row for row in rows}
        ordered = list(once.values())
        for start in range(0, len(ordered), ROWS_AT_ONCE):
            await index_rows.put_messages(connection, ordered[start : start + ROWS_AT_ONCE])
        await index_rows.put_contacts(
            connection, await index_rows.contacts_of(connection, news.conversations, news.contacts)
        )
        if news.fields:
            # What a field is called or who sees it concerns everybody who has something in it.
            await index_rows.read_contacts_again(connection, news.fields)
            self._looked_back_at = -math.inf

    async def _look_back(self, connection: Connection, pass_no: int) -> bool:
        """A batch of a firm's rows from before the log; False when no firm has any left."""
        clock = self.database.clock
        if clock.monotonic() - self._looked_back_at < _LOOK_BACK_EVERY_S:
            return False
        tenant_id: UUID | None = await connection.fetchval("select tenant_to_read_for_search()")
        if tenant_id is None:
            self._looked_back_at = clock.monotonic()
            return False
        async with claimed(connection, [tenant_id]):
            done = await index_rows.backfill_of(connection, tenant_id, pass_no)
            messages = await index_rows.next_messages(
                connection, tenant_id, done.message_after or _BEGINNING, ROWS_AT_ONCE
            )
            await index_rows.put_messages(connection, messages)
            contacts = await index_rows.next_contacts(
                connection, tenant_id, done.contact_after or _BEGINNING, ROWS_AT_ONCE
            )
            await index_rows.put_contacts(connection, contacts)
            hit("search.looked_back")
            await index_rows.move_backfill(
                connection,
                tenant_id,
                message_after=messages[-1]["id"] if messages else None,
                contact_after=contacts[-1]["id"] if contacts else None,
                done_at=None if messages or contacts else clock.now(),
            )
        return True


async def open_connection(database: Database) -> Connection:
    """The consumer's own: a process that is gone without a goodbye must not keep the lock for hours."""
    silence = f"{int(_SILENCE_S * 1000)}ms"
    return await asyncpg.connect(  # nosemgrep: statement-without-a-firm  # reads the log of all firms
        database.options.url,
        timeout=database.options.connect_timeout_s,
        command_timeout=60,
        server_settings={
            **role_settings(STREAM),
            **PINNED_PLANS,
            "application_name": "invekto_indexer",
            "idle_session_timeout": silence,
            "idle_in_transaction_session_timeout": silence,
            # The event log tells again what a lost commit had made findable.
            "synchronous_commit": "off",
        },
    )
