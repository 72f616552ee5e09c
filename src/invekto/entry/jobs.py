"""Which handler runs which job, and the jobs that come by the clock. The queue itself is pgqueuer's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from invekto.accounts.throttle import forget_old_attempts
from invekto.channels.adapter import Transient
from invekto.channels.checks import PROBE_JOB, order_probes, probe_channel
from invekto.channels.claims import all_routes, forget_done_receipts
from invekto.channels.connecting import SYNC_JOB, Office, sync_phone
from invekto.channels.provider_events import forget_provider_events
from invekto.channels.registry import Registry
from invekto.conversations.changes import forget_changes
from invekto.conversations.lifecycle import WAKE_JOB, wake_conversation
from invekto.conversations.media_retention import channels_that_forget, expire_files
from invekto.conversations.outbound import READ_RECEIPT_JOB
from invekto.conversations.read_receipts import send_read_receipt
from invekto.conversations.statuses import forget_parked
from invekto.conversations.uploads import forget_unsent, tenants_with_unsent
from invekto.kernel.answers import database_is_away
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database
from invekto.kernel.errors import NotFound
from invekto.kernel.events import trim_events
from invekto.kernel.http import Http
from invekto.kernel.jobs import forget_job_log
from invekto.kernel.link import LINK_SETTINGS, LinkConnection
from invekto.kernel.storage import MediaStore
from invekto.kernel.tenancy import INGEST, STREAM
from invekto.kernel.tx import SYSTEM, Tx
from invekto.templates.accounts import Door, one_per_account
from invekto.templates.events import SYNC_JOB as TEMPLATES_JOB
from invekto.templates.sync import run_sync_job, sync_job

_log = logging.getLogger(__name__)

EVENTS_KEPT: Final = timedelta(hours=48)
RECEIPTS_KEPT: Final = timedelta(days=14)
REPORTS_PARKED: Final = timedelta(hours=24)
PROVIDER_EVENTS_KEPT: Final = timedelta(days=30)
JOB_LOG_KEPT: Final = timedelta(hours=48)
UPLOADS_KEPT: Final = timedelta(hours=24)
# Rows that belong to nobody are read and written under an id that no firm has.
_NO_TENANT: Final = UUID(int=0)
RETENTION_AT_ONCE: Final = 50_000
UPLOADS_AT_ONCE: Final = 500
_ROW_FOLLOWS_FILE_WITHIN_S: Final = 3_600
_LOOK_EVERY: Final = timedelta(seconds=1)
_TRIES: Final = 8
_LONGEST_PAUSE_S: Final = 300
_AFTER_TROUBLE_S: Final = 2.0

Handler = Callable[[UUID, dict[str, Any]], Awaitable[None]]


def handlers(database: Database, registry: Registry, http: Http, keys: KeyRing, office: Office) -> dict[str, Handler]:
    """Every job of the product, by its entry point."""

    async def wake(tenant_id: UUID, payload: dict[str, Any]) -> None:
        conversation_id, until = UUID(payload["conversation_id"]), datetime.fromisoformat(payload["until"])

        async def use_case(tx: Tx) -> bool:
            return await wake_conversation(tx, conversation_id, until)

        try:
            await database.run(tenant_id, SYSTEM, use_case)
        except NotFound:
            _log.info("a conversation to wake is gone")

    async def read(tenant_id: UUID, payload: dict[str, Any]) -> None:
        conversation_id = UUID(payload["conversation_id"])
        await send_read_receipt(database, registry, http, keys, tenant_id, conversation_id, payload["seq"])

    async def probe(tenant_id: UUID, payload: dict[str, Any]) -> None:
        await probe_channel(office, tenant_id, UUID(payload["channel_id"]))

    async def sync(tenant_id: UUID, payload: dict[str, Any]) -> None:
        await sync_phone(office, tenant_id, UUID(payload["channel_id"]))

    async def templates(tenant_id: UUID, payload: dict[str, Any]) -> None:
        door = Door(database, registry, http, keys)
        await run_sync_job(door, tenant_id, UUID(payload["channel_id"]))

    return {WAKE_JOB: wake, READ_RECEIPT_JOB: read, PROBE_JOB: probe, SYNC_JOB: sync, TEMPLATES_JOB: templates}


async def run_jobs(database: Database, media: MediaStore, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
    """Runs jobs until `stop`. A lost database connection starts it again; what ran is found by its heartbeat and repeated."""
    while not stop.is_set():
        try:
            await _run_once(database, media, handlers, stop)
        except DATABASE_TROUBLE as error:
            _log.warning("jobs: the database is away: %s", error)
            await database.wakeup.wait(stop, _AFTER_TROUBLE_S)


async def _run_once(database: Database, media: MediaStore, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
    pool = await asyncpg.create_pool(
        database.options.url,
        min_size=0,
        max_size=3,
        timeout=5,
        command_timeout=60,
        server_settings={"application_name": "invekto_jobs", **LINK_SETTINGS},
        connection_class=LinkConnection,
    )
    queue = PgQueuer.from_asyncpg_pool(pool)
    under_way: set[asyncio.Task[Any]] = set()
    for name, handler in handlers.items():
        queue.entrypoint(name, on_failure="hold")(_execute(handler, under_way))

    @queue.schedule("kernel.retention", "*/15 * * * *")
    async def retention(_schedule: Schedule) -> None:
        await keep_tidy(database, media)

    @queue.schedule("channels.probe", "*/5 * * * *")
    async def probes(_schedule: Schedule) -> None:
        _log.info("probes: %d channels are asked how they are", await order_probes(database))

    @queue.schedule("templates.read", "23 */6 * * *")
    async def read_templates(_schedule: Schedule) -> None:
        await order_template_lists(database)

    # Nobody reads the queue's statistics, which it would keep for ever.
    no_statistics = timedelta(0)
    running = asyncio.create_task(
        queue.run(dequeue_timeout=_LOOK_EVERY, batch_size=20, log_aggregation_interval=no_statistics)
    )
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        queue.shutdown.set()
        await asyncio.wait([running])
    finally:
        # Out of time: what is under way goes back into the queue, and only then do its connections go.
        queue.shutdown.set()
        for task in under_way:
            task.cancel()
        stopping.cancel()
        await asyncio.wait([running, stopping])
        pool.terminate()
    running.result()


def _execute(handler: Handler, under_way: set[asyncio.Task[Any]]) -> Callable[[QueuedJob], Awaitable[None]]:
    """A job is done when its handler has returned. The queue itself would drop one that raised or was cancelled, so
    whatever happens is turned into another try; only a defect ends up as `failed`, kept where somebody can see it."""

    async def execute(job: QueuedJob) -> None:
        payload = json.loads(job.payload or b"{}")
        pause = timedelta(seconds=min(_LONGEST_PAUSE_S, 2**job.attempts))
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await handler(UUID(payload.pop("tenant_id")), payload)
        except asyncio.CancelledError:
            # The worker ends: another one goes on at once.
            raise RetryRequested(reason="stopped") from None
        except Transient as error:
            if job.attempts >= _TRIES:
                _log.warning("job %s given up: %s", job.entrypoint, error)
                return
            raise RetryRequested(delay=pause) from error
        except Exception as error:
            if job.attempts >= _TRIES and not database_is_away(error):
                raise
            _log.warning("job %s failed, again in %s: %r", job.entrypoint, pause, error)
            raise RetryRequested(delay=pause) from error
        finally:
            under_way.discard(task)

    return execute


async def keep_tidy(database: Database, media: MediaStore) -> None:
    """Drops what has been kept long enough: events, done receipts, reports whose message never came, changes and notices of
    providers, uploads that were never sent, files that their channel keeps for days, tries to sign in that no longer count,
    the queue's log. All of it, however much came: in steps, so that no statement is a long one."""
    now = database.clock.now()
    stream, ingest = await database.pool(STREAM), await database.pool(INGEST)
    async with stream.acquire() as connection:
        events = await _to_the_end(partial(trim_events, connection, now - EVENTS_KEPT, RETENTION_AT_ONCE))
    async with ingest.acquire() as connection:
        receipts = await _to_the_end(partial(forget_done_receipts, connection, now - RECEIPTS_KEPT, RETENTION_AT_ONCE))
        reports = await forget_parked(connection, now - REPORTS_PARKED)
        notices = await forget_provider_events(connection, now - PROVIDER_EVENTS_KEPT)
        changes = await forget_changes(connection, now - PROVIDER_EVENTS_KEPT)
        tenants = await tenants_with_unsent(connection, now - UPLOADS_KEPT)
        forgetful = await channels_that_forget(connection)
    async with database.tx(_NO_TENANT, SYSTEM) as tx:
        await forget_old_attempts(tx)
        await forget_job_log(await tx.raw(), now - JOB_LOG_KEPT)
    uploads = 0
    for tenant_id in tenants:
        step = partial(_drop_unsent, database, media, tenant_id, now - UPLOADS_KEPT)
        uploads += await _to_the_end(step, UPLOADS_AT_ONCE)
    files = 0
    for tenant_id, channel_id, kept in forgetful:
        step = partial(_drop_expired, database, media, tenant_id, channel_id, now - kept)
        files += await _to_the_end(step, UPLOADS_AT_ONCE)
    _log.info(
        "retention: %d events, %d receipts, %d parked reports, %d notices, %d changes, %d unsent uploads, %d files of"
        " forgetful channels dropped",
        *(events, receipts, reports, notices, changes, uploads, files),
    )


async def order_template_lists(database: Database) -> None:
    """Orders, for every connected account of every firm, that its provider's list of templates be read."""
    ingest = await database.pool(INGEST)
    async with ingest.acquire() as connection:
        routes = await all_routes(connection)
    for tenant_id, channel_ids in routes.items():
        async with database.tx(tenant_id, SYSTEM) as tx:
            tx.enqueue(*(sync_job(one) for one in await one_per_account(tx, channel_ids)))


async def _drop_unsent(database: Database, media: MediaStore, tenant_id: UUID, older_than: datetime) -> int:
    """One step. A process that dies after the commit leaves files that nobody asks for; before it, nothing is gone."""
    async with database.tx(tenant_id, SYSTEM) as tx:
        count, unnamed = await forget_unsent(tx, older_than, UPLOADS_AT_ONCE)
    await _remove(media, tenant_id, unnamed)
    return count


async def _drop_expired(
    database: Database, media: MediaStore, tenant_id: UUID, channel_id: UUID, older_than: datetime
) -> int:
    """As `_drop_unsent`, of the files that a channel has kept for long enough."""
    async with database.tx(tenant_id, SYSTEM) as tx:
        count, unnamed = await expire_files(tx, channel_id, older_than, UPLOADS_AT_ONCE)
    await _remove(media, tenant_id, unnamed)
    return count


async def _remove(media: MediaStore, tenant_id: UUID, content: list[str]) -> None:
    for sha256 in content:
        try:
            await media.delete(tenant_id, sha256, kept_for_s=_ROW_FOLLOWS_FILE_WITHIN_S)
        except OSError as error:
            _log.warning("a file that nobody names cannot be removed: %s", error)


async def _to_the_end(step: Callable[[], Awaitable[int]], at_once: int = RETENTION_AT_ONCE) -> int:
    """Repeats `step` until it has found less than it could take; the sum of what it took."""
    total = 0
    while True:
        done = await step()
        total += done
        if done < at_once:
            return total
