"""Which handler runs which job, and the jobs that come by the clock. The queue itself is pgqueuer's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from invekto.channels.adapter import Transient
from invekto.channels.claims import forget_done_receipts
from invekto.channels.registry import Registry
from invekto.conversations.lifecycle import WAKE_JOB, wake_conversation
from invekto.conversations.outbound import READ_RECEIPT_JOB
from invekto.conversations.read_receipts import send_read_receipt
from invekto.conversations.statuses import forget_parked
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database
from invekto.kernel.errors import NotFound
from invekto.kernel.events import trim_events
from invekto.kernel.http import Http
from invekto.kernel.tenancy import INGEST, STREAM
from invekto.kernel.tx import SYSTEM, Tx

_log = logging.getLogger(__name__)

EVENTS_KEPT: Final = timedelta(hours=48)
RECEIPTS_KEPT: Final = timedelta(days=14)
REPORTS_PARKED: Final = timedelta(hours=24)
_LOOK_EVERY: Final = timedelta(seconds=1)
_TRIES: Final = 8
_AFTER_TROUBLE_S: Final = 2.0

Handler = Callable[[UUID, dict[str, Any]], Awaitable[None]]


async def run_jobs(database: Database, registry: Registry, http: Http, keys: KeyRing, stop: asyncio.Event) -> None:
    """Runs jobs until `stop`. A lost database connection starts it again; what ran is found by its heartbeat and repeated."""

    async def wake(tenant_id: UUID, payload: dict[str, Any]) -> None:
        conversation_id = UUID(payload["conversation_id"])

        async def use_case(tx: Tx) -> bool:
            return await wake_conversation(tx, conversation_id)

        try:
            await database.run(tenant_id, SYSTEM, use_case)
        except NotFound:
            _log.info("a conversation to wake is gone")

    async def read(tenant_id: UUID, payload: dict[str, Any]) -> None:
        conversation_id = UUID(payload["conversation_id"])
        await send_read_receipt(database, registry, http, keys, tenant_id, conversation_id, payload["seq"])

    handlers: dict[str, Handler] = {WAKE_JOB: wake, READ_RECEIPT_JOB: read}
    while not stop.is_set():
        try:
            await _run_once(database, handlers, stop)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            _log.warning("jobs: the database is away: %s", error)
            await database.wakeup.wait(stop, _AFTER_TROUBLE_S)


async def _run_once(database: Database, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
    pool = await asyncpg.create_pool(
        database.options.url, min_size=0, max_size=3, timeout=5, server_settings={"application_name": "invekto_jobs"}
    )
    try:
        queue = PgQueuer.from_asyncpg_pool(pool)
        for name, handler in handlers.items():
            queue.entrypoint(name)(_execute(handler))

        @queue.schedule("kernel.retention", "*/15 * * * *")
        async def retention(_schedule: Schedule) -> None:
            await keep_tidy(database)

        running = asyncio.create_task(queue.run(dequeue_timeout=_LOOK_EVERY, batch_size=20))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        queue.shutdown.set()
        stopping.cancel()
        await running
    finally:
        pool.terminate()


def _execute(handler: Handler) -> Callable[[QueuedJob], Awaitable[None]]:
    async def execute(job: QueuedJob) -> None:
        payload = json.loads(job.payload or b"{}")
        try:
            await handler(UUID(payload.pop("tenant_id")), payload)
        except Transient as error:
            if job.attempts >= _TRIES:
                _log.warning("job %s given up: %s", job.entrypoint, error)
                return
            raise RetryRequested(delay=timedelta(seconds=min(300, 2**job.attempts))) from error

    return execute


async def keep_tidy(database: Database) -> None:
    """Drops what has been kept long enough: events, done receipts, reports whose message never came."""
    now = database.clock.now()
    stream, ingest = await database.pool(STREAM), await database.pool(INGEST)
    async with stream.acquire() as connection:
        events = await trim_events(connection, now - EVENTS_KEPT)
    async with ingest.acquire() as connection:
        receipts = await forget_done_receipts(connection, now - RECEIPTS_KEPT)
        reports = await forget_parked(connection, now - REPORTS_PARKED)
    _log.info("retention: %d events, %d receipts, %d parked reports dropped", events, receipts, reports)
