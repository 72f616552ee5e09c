"""Fetches the files of inbound messages from their providers, at once: providers keep them for days at most.

The text of a message never waits for its file. A file that cannot be fetched yet stays `pending`, one that never will
is `failed`; both are shown as such.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from invekto.channels.adapter import (
    ChannelError,
    CredentialsRefused,
    FetchedMedia,
    FetchesMedia,
    MediaGone,
    Rejected,
)
from invekto.channels.registry import Registry, capabilities_of
from invekto.channels.service import mark_reconnect_needed, open_credentials
from invekto.conversations.events import MessageChanged
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.errors import TooLarge
from invekto.kernel.events import insert_events
from invekto.kernel.http import Http, HttpError
from invekto.kernel.mime import settle
from invekto.kernel.storage import MediaStore, StorageFull, StoredMedia
from invekto.kernel.tenancy import DELIVERY, Connection, claimed

_log = logging.getLogger(__name__)

FETCHES_AT_ONCE: Final = 8
_LEASE_S: Final = 180
"""Longer than an adapter's fetch may take."""
_POLL_S: Final = 1.0
_FIRST_BACKOFF_S: Final = 2.0
_LONGEST_BACKOFF_S: Final = 900.0
# A week of tries: no provider keeps a file for longer, and a token may be renewed only after the weekend.
_GIVE_UP_AFTER: Final = 700
_DISK_FULL_S: Final = 30.0
_UNNAMED_MAX_BYTES: Final = 16 << 20

# The lease is next_attempt_at itself: a dead worker's files come due again by themselves. Index: attachment_pending_idx.
_CLAIM = """
update attachment a
   set next_attempt_at = now() + make_interval(secs => $2), attempts = a.attempts + 1
  from (select tenant_id, id from attachment where state = 'pending' and next_attempt_at <= now()
         order by next_attempt_at limit $1 for update skip locked) due
 where a.tenant_id = due.tenant_id and a.id = due.id
returning a.tenant_id, a.id, a.message_id, a.channel_id, a.kind, a.mime, a.provider_media_id, a.attempts
"""


class _OutOfPatience(Rejected):
    code = "media_unavailable"


@dataclass
class MediaFetch:
    """One worker's share of the pending files."""

    database: Database
    registry: Registry
    http: Http
    keys: KeyRing
    media: MediaStore
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        woken = self.database.wakeup.subscribe("media")
        try:
            while not stop.is_set():
                woken.clear()
                try:
                    found = await self._start_due()
                except DATABASE_TROUBLE as error:
                    _log.warning("media: the database is away: %s", error)
                    found = False
                if len(self._running) >= FETCHES_AT_ONCE:
                    await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                elif not found:
                    await self.database.wakeup.wait(woken, _POLL_S)
        finally:
            self.database.wakeup.unsubscribe("media", woken)
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _start_due(self) -> bool:
        free = FETCHES_AT_ONCE - len(self._running)
        if free <= 0:
            return False
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection:
            tenants = await self._tenants_with_pending(connection)
            if not tenants:
                return False
            async with claimed(connection, tenants):
                rows = await connection.fetch(_CLAIM, free, float(_LEASE_S))
        for row in rows:
            task = asyncio.create_task(self._guarded(row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(rows)

    async def _tenants_with_pending(self, connection: Connection) -> list[UUID]:
        return [row["tenant_id"] for row in await connection.fetch("select * from tenants_with_pending_media()")]

    async def _guarded(self, row: asyncpg.Record) -> None:
        try:
            await self._fetch(row)
        except DATABASE_TROUBLE as error:
            # The lease ends and the file comes due again.
            _log.warning("media: a fetch was interrupted: %s", error)

    async def _fetch(self, row: asyncpg.Record) -> None:
        try:
            stored = await self._store(row)
        except DATABASE_TROUBLE:
            raise
        except StorageFull:
            # Nobody's fault at the provider: it does not count as one of the tries.
            _log.error("media: the disk is full; files wait")
            await self._later(row, "disk_full", _DISK_FULL_S, tries_back=1)
        except (MediaGone, TooLarge) as error:
            await self._failed(row, "media_gone" if isinstance(error, MediaGone) else "media_too_large")
        except (ChannelError, HttpError, SecretUnreadable) as error:
            if isinstance(error, CredentialsRefused):
                await self._reconnect(row, error.detail)
            if isinstance(error, Rejected) or row["attempts"] >= _GIVE_UP_AFTER:
                await self._failed(row, getattr(error, "code", "media_unavailable"))
            else:
                await self._later(row, type(error).__name__, _backoff_s(row["attempts"]))
        except Exception as error:  # noqa: BLE001  # an adapter's defect costs this file only, and is tried again slowly
            _log.exception("media: fetching %s failed", row["id"])
            await self._later(row, type(error).__name__, _LONGEST_BACKOFF_S)
        else:
            await self._done(row, stored)

    async def _store(self, row: asyncpg.Record) -> tuple[StoredMedia, str]:
        channel = await self._channel(row)
        adapter = self.registry.adapter(channel["kind"], channel["provider"])
        if not isinstance(adapter, FetchesMedia):
            raise _OutOfPatience("this channel has no files to fetch")
        rule = capabilities_of(channel["kind"], channel["provider"]).media.get(row["kind"])
        limit = rule.max_bytes if rule is not None else _UNNAMED_MAX_BYTES
        kept: list[tuple[StoredMedia, str]] = []

        async def store(fetched: FetchedMedia) -> None:
            if fetched.size is not None and fetched.size > limit:
                raise TooLarge("media_too_large", max_bytes=limit)
            stored = await self.media.put(row["tenant_id"], fetched.chunks, max_bytes=limit)
            kept.append((stored, settle(stored.head, fetched.mime)))

        credentials = open_credentials(self.keys, row["tenant_id"], channel["credentials"])
        await adapter.fetch_media(self.http, credentials, row["provider_media_id"], store)
        return kept[0]

    async def _channel(self, row: asyncpg.Record) -> asyncpg.Record:
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection, [row["tenant_id"]]):
            found = await connection.fetchrow(
                "select kind, provider, credentials from channel where tenant_id = $1 and id = $2",
                row["tenant_id"],
                row["channel_id"],
            )
        assert found is not None, "a foreign key holds it"
        return found

    async def _reconnect(self, row: asyncpg.Record, reason: str) -> None:
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection, [row["tenant_id"]]):
            await mark_reconnect_needed(connection, row["tenant_id"], row["channel_id"], reason)
        self.database.wakeup.wake("event")

    async def _done(self, row: asyncpg.Record, stored: tuple[StoredMedia, str]) -> None:
        media, mime = stored
        await self._write(
            row,
            "update attachment set state = 'stored', storage_key = $3, size = $4, mime = $5, next_attempt_at = null,"
            " failure = null, facts_due_at = now() where tenant_id = $1 and id = $2 and state <> 'stored'",
            media.sha256,
            media.size,
            mime,
        )

    async def _failed(self, row: asyncpg.Record, why: str) -> None:
        await self._write(
            row,
            "update attachment set state = 'failed', failure = $3, next_attempt_at = null"
            " where tenant_id = $1 and id = $2 and state = 'pending'",
            why,
        )

    async def _later(self, row: asyncpg.Record, why: str, wait_s: float, *, tries_back: int = 0) -> None:
        await self._write(
            row,
            "update attachment set failure = $3, next_attempt_at = now() + make_interval(secs => $4), attempts = attempts - $5"
            " where tenant_id = $1 and id = $2 and state = 'pending'",
            why,
            wait_s,
            tries_back,
            shown=False,
        )

    async def _write(self, row: asyncpg.Record, sql: str, *values: object, shown: bool = True) -> None:
        """One change of the attachment; `shown` also raises its message's version and tells the screens."""
        pool = await self.database.pool(DELIVERY)
        async with pool.acquire() as connection, claimed(connection, [row["tenant_id"]]):
            changed = await connection.execute(sql, row["tenant_id"], row["id"], *values)
            if not shown or changed == "UPDATE 0":
                return
            conversation_id = await connection.fetchval(
                "update message set version = version + 1 where tenant_id = $1 and id = $2 returning conversation_id",
                row["tenant_id"],
                row["message_id"],
            )
            event = MessageChanged(conversation_id=conversation_id, message_id=row["message_id"])
            await connection.execute(*insert_events([(row["tenant_id"], event)], self.database.clock.now()))
        self.database.wakeup.wake("event", "facts")


def _backoff_s(attempts: int) -> float:
    return min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * float(2 ** min(attempts - 1, 12)))
