"""Finds out what stored files show: size, length, waveform, a small picture. Off every path that somebody waits for.

The reading itself happens in a process of its own (kernel.media): a hostile file ends that process, and its row goes without.
Equal content of one firm is read once, however many messages carry it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from invekto.conversations.events import MessageChanged
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.db import Database
from invekto.kernel.events import insert_events
from invekto.kernel.media.process import READ_KINDS, Facts, MediaReader, MediaUnreadable
from invekto.kernel.mime import kind_of
from invekto.kernel.storage import MediaMissing, MediaStore, StorageFull
from invekto.kernel.tenancy import DELIVERY, claimed

_log = logging.getLogger(__name__)

_ROWS_AT_ONCE: Final = 100
_LEASE_S: Final = 600
"""Longer than all files of one claim may take, at two processes a time."""
_POLL_S: Final = 1.0
_AGAIN_S: Final = 60.0
_TRIES: Final = 5
_THUMBNAIL_MAX_BYTES: Final = 1 << 20

# The lease is facts_due_at itself, as in media_fetch. Index: attachment_facts_idx.
_CLAIM = """
update attachment a
   set facts_due_at = now() + make_interval(secs => $2), facts_attempts = a.facts_attempts + 1
  from (select tenant_id, id from attachment where state = 'stored' and facts_due_at <= now()
         order by facts_due_at limit $1 for update skip locked) due
 where a.tenant_id = due.tenant_id and a.id = due.id
returning a.tenant_id, a.storage_key, a.mime, a.facts_attempts
"""
# Of all rows with this content, claimed or not. Index: (tenant_id, storage_key).
_KNOWN = """
update attachment
   set width = $3, height = $4, duration_s = $5, waveform = $6, thumbnail_key = $7, mime = $8,
       kind = case when message_id is null then $9 else kind end, facts_due_at = null
 where tenant_id = $1 and storage_key = $2 and state = 'stored' and facts_due_at is not null
returning message_id
"""
_NOTHING_TO_KNOW = """
update attachment set facts_due_at = null
 where tenant_id = $1 and storage_key = $2 and state = 'stored' and facts_due_at is not null
"""
_LATER = """
update attachment set facts_due_at = now() + make_interval(secs => $3)
 where tenant_id = $1 and storage_key = $2 and state = 'stored' and facts_due_at is not null
"""


@dataclass
class MediaFacts:
    """One worker's share of the files that nobody has looked at."""

    database: Database
    media: MediaStore
    reader: MediaReader = field(default_factory=MediaReader)

    async def run(self, stop: asyncio.Event) -> None:
        woken = self.database.wakeup.subscribe("facts")
        try:
            while not stop.is_set():
                woken.clear()
                try:
                    found = await self.work_once()
                except DATABASE_TROUBLE as error:
                    # The lease ends and the files come due again.
                    _log.warning("media facts: the database is away: %s", error)
                    found = 0
                if not found:
                    await self.database.wakeup.wait(woken, _POLL_S)
        finally:
            self.database.wakeup.unsubscribe("facts", woken)

    async def work_once(self) -> int:
        """Looks at what is due, at most _ROWS_AT_ONCE rows; their number."""
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection:
            tenants = [row["tenant_id"] for row in await connection.fetch("select * from tenants_with_facts_due()")]
            if not tenants:
                return 0
            async with claimed(connection, tenants):
                rows = await connection.fetch(_CLAIM, _ROWS_AT_ONCE, float(_LEASE_S))
        by_content: dict[tuple[UUID, str], list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_content[row["tenant_id"], row["storage_key"]].append(row)
        await asyncio.gather(*(self._look(*key, same) for key, same in by_content.items()))
        return len(rows)

    async def _look(self, tenant_id: UUID, storage_key: str, same: Sequence[asyncpg.Record]) -> None:
        mime = same[0]["mime"]
        if mime not in READ_KINDS:
            await self._write(tenant_id, _NOTHING_TO_KNOW, storage_key)
            return
        try:
            facts = await self.reader.facts(mime, self.media.read(tenant_id, storage_key))
            thumbnail = await self._keep_thumbnail(tenant_id, facts)
        except (MediaUnreadable, MediaMissing) as error:
            _log.info("media facts: a %s of %s shows nothing: %s", mime, tenant_id, error)
            await self._write(tenant_id, _NOTHING_TO_KNOW, storage_key)
        except (OSError, StorageFull) as error:
            _log.warning("media facts: no process or no room: %s", error)
            if max(row["facts_attempts"] for row in same) >= _TRIES:
                await self._write(tenant_id, _NOTHING_TO_KNOW, storage_key)
            else:
                await self._write(tenant_id, _LATER, storage_key, _AGAIN_S)
        else:
            settled = _settled(mime, facts)
            await self._write(
                tenant_id,
                _KNOWN,
                storage_key,
                *(facts.width, facts.height, facts.duration_s, facts.waveform, thumbnail, settled, kind_of(settled)),
                shown=True,
            )

    async def _keep_thumbnail(self, tenant_id: UUID, facts: Facts) -> str | None:
        if facts.thumbnail is None:
            return None
        return (await self.media.put(tenant_id, _once(facts.thumbnail), max_bytes=_THUMBNAIL_MAX_BYTES)).sha256

    async def _write(self, tenant_id: UUID, sql: str, storage_key: str, *values: object, shown: bool = False) -> None:
        """One change of all rows with this content; `shown` also raises their messages' versions and tells the screens."""
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection, [tenant_id]):
            changed = await connection.fetch(sql, tenant_id, storage_key, *values)
            if not shown:
                return
            messages = await connection.fetch(
                "update message set version = version + 1 where tenant_id = $1 and id = any ($2::uuid[])"
                " returning conversation_id, id",
                tenant_id,
                sorted({row["message_id"] for row in changed if row["message_id"] is not None}),
            )
            events = [
                (tenant_id, MessageChanged(conversation_id=row["conversation_id"], message_id=row["id"]))
                for row in messages
            ]
            if events:
                await connection.execute(*insert_events(events, self.database.clock.now()))
        self.database.wakeup.wake("event")


def _settled(mime: str, facts: Facts) -> str:
    """A container may hold film or sound alone; its streams have told which."""
    family, _, kind = mime.partition("/")
    if facts.family in ("audio", "video") and kind in ("mp4", "webm") and family != facts.family:
        return f"{facts.family}/{kind}"
    return mime


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
