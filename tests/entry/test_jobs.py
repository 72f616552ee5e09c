"""Jobs are done, whatever happens to the one who does them; and what has been kept long enough goes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.accounts.service import create_team, create_tenant
from invekto.conversations.outbound import send_message
from invekto.conversations.outbound_content import MediaContent
from invekto.entry.jobs import RETENTION_AT_ONCE, UPLOADS_AT_ONCE, Handler, handlers, keep_tidy, run_jobs
from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.db import Database
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.jobs import Job
from invekto.kernel.storage import DiskStore
from invekto.kernel.tx import SYSTEM, Actor
from tests.rest import Browser, World, made_world, stored

SOON_S = 20
NOWHERE = Path("/nowhere")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def clock() -> FrozenClock:
    """Stands still where the database's clock goes on: jobs come due, and this machine is behind."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        yield world


@asynccontextmanager
async def worker(db: Database, given: dict[str, Handler]) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    running = asyncio.create_task(run_jobs(db, DiskStore(NOWHERE), given, stop))
    try:
        yield running
    finally:
        stop.set()
        async with asyncio.timeout(SOON_S):
            await asyncio.gather(running, return_exceptions=True)


def of(world: World) -> dict[str, Handler]:
    return handlers(world.db, world.app.state.registry, Http(), world.app.state.keys, world.app.state.office)


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(SOON_S):
        while not (value := await holds()):  # noqa: ASYNC110  # what is waited for is any condition
            await asyncio.sleep(0.05)
    return value


async def snoozed(world: World) -> UUID:
    """A conversation that is put aside for a moment."""
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    until = world.clock.now() + timedelta(milliseconds=300)
    await agent.post(f"/conversations/{conversation}/snooze", {"until": until.isoformat()})
    return conversation


def is_awake(superuser_url: str) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return bool(await stored(superuser_url, "select 1 from conversation where status = 'open'"))

    return asked


async def test_a_snoozed_conversation_wakes_although_the_workers_clock_is_behind(
    world: World, superuser_url: str
) -> None:
    """When a job is due is the database's matter, and so is that its time has come."""
    await snoozed(world)
    async with worker(world.db, of(world)):
        await until(is_awake(superuser_url))


async def test_a_job_whose_conversation_cannot_be_written_now_is_done_later(world: World, superuser_url: str) -> None:
    await snoozed(world)
    await stored(superuser_url, "revoke update on conversation from invekto_app")

    async def has_failed() -> bool:
        (row,) = await stored(superuser_url, "select max(attempts) as attempts, count(*) as jobs from pgqueuer")
        assert row["jobs"] == 1, "it was not dropped"
        return bool(row["attempts"])

    async with worker(world.db, of(world)):
        await until(has_failed)
        await stored(superuser_url, "grant update on conversation to invekto_app")
        await until(is_awake(superuser_url))


async def test_jobs_outlive_a_restart_of_the_database(world: World, database_name: str, superuser_url: str) -> None:
    await snoozed(world)
    admin = await asyncpg.connect(superuser_url.replace(database_name, "postgres"))
    async with worker(world.db, of(world)):
        await admin.execute(f"alter database {database_name} allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database_name)
        await asyncio.sleep(1)
        await admin.execute(f"alter database {database_name} allow_connections true")
        await admin.close()
        await until(is_awake(superuser_url))


async def _ordered(db: Database, *jobs: Job) -> UUID:
    tenant_id = uuid7()
    async with db.tx(tenant_id, SYSTEM) as tx:
        await create_tenant(tx, firm="demo")
        await create_team(tx, name="Ekip")
        tx.enqueue(*jobs)
    return tenant_id


async def test_a_job_that_the_worker_is_ended_in_is_not_lost(db: Database, superuser_url: str) -> None:
    began = asyncio.Event()

    async def endless(_tenant_id: UUID, _payload: dict[str, Any]) -> None:
        began.set()
        await asyncio.Event().wait()

    done = asyncio.Event()

    async def quick(_tenant_id: UUID, _payload: dict[str, Any]) -> None:
        done.set()

    await _ordered(db, Job("test.job"))
    async with worker(db, {"test.job": endless}) as running, asyncio.timeout(SOON_S):
        await began.wait()
        # As the worker does with what has not finished within its time.
        running.cancel()
    async with worker(db, {"test.job": quick}), asyncio.timeout(SOON_S):
        await done.wait()


async def test_a_job_that_fails_again_and_again_is_held_where_somebody_can_see_it(
    db: Database, superuser_url: str
) -> None:
    async def broken(_tenant_id: UUID, _payload: dict[str, Any]) -> None:
        raise LookupError("a defect")

    await _ordered(db, Job("test.job"))
    await stored(superuser_url, "update pgqueuer set attempts = 100")
    async with worker(db, {"test.job": broken}):
        await until(lambda: stored(superuser_url, "select 1 from pgqueuer where status = 'failed'"))


@pytest.mark.attack("A7")
async def test_a_job_gets_its_tenant_and_payload(db: Database, superuser_url: str) -> None:
    got: list[tuple[UUID, dict[str, Any]]] = []

    async def taken(tenant_id: UUID, payload: dict[str, Any]) -> None:
        got.append((tenant_id, payload))

    tenant_id = await _ordered(db, Job("test.job", {"x": 1}), Job("test.job", {"x": 2}, dedupe_key="a"))
    async with worker(db, {"test.job": taken}):
        await until(lambda: stored(superuser_url, "select 1 where not exists (select from pgqueuer)"))
    assert got == [(tenant_id, {"x": 1}), (tenant_id, {"x": 2})]


# What has been kept long enough -----------------------------------------------------------------------------------


async def test_however_much_there_is_to_drop_one_run_drops_it_all(
    db: Database, clock: FrozenClock, superuser_url: str
) -> None:
    """Five hundred webhooks a second would outgrow a run that stops at a number."""
    tenant_id = await _ordered(db)
    many = RETENTION_AT_ONCE + 10
    old = clock.now() - timedelta(days=15)
    await stored(
        superuser_url,
        "insert into receipt (kind, body, received_at, done_at) select 'x', '', $2, $2 from generate_series(1, $1)",
        many,
        old,
    )
    await stored(
        superuser_url,
        "insert into event (tenant_id, kind, created_at) select $2, 'x', $3 from generate_series(1, $1::int)",
        many,
        tenant_id,
        old,
    )
    await keep_tidy(db, DiskStore(NOWHERE))
    for table in ("receipt", "event"):
        kept = await stored(superuser_url, f"select count(*) from {table} where {_MADE[table]} = $1", old)
        assert kept[0][0] == 0, table
    (mark,) = await stored(superuser_url, "select trimmed_xid from database_epoch")
    assert mark["trimmed_xid"] > 0, "older cursors are told to load again"


_MADE = {"receipt": "received_at", "event": "created_at"}


async def test_what_is_not_done_or_not_old_stays(db: Database, clock: FrozenClock, superuser_url: str) -> None:
    tenant_id = await _ordered(db)
    insert = "insert into receipt (kind, body, received_at, done_at) values ('x', '', $1, $2)"
    recent, old = clock.now() - timedelta(hours=47), clock.now() - timedelta(days=15)
    await stored(superuser_url, insert, old, None)
    await stored(superuser_url, insert, recent, recent)
    await stored(
        superuser_url, "insert into event (tenant_id, kind, created_at) values ($1, 'late', $2)", tenant_id, recent
    )
    await keep_tidy(db, DiskStore(NOWHERE))
    assert len(await stored(superuser_url, "select 1 from receipt")) == 2
    assert len(await stored(superuser_url, "select 1 from event where kind = 'late'")) == 1


async def test_a_report_waits_a_day_for_its_message_and_one_that_found_it_stays(
    world: World, superuser_url: str
) -> None:
    """F18: a status may come before we have recorded the send, but not a day before."""
    for hours, applied in ((25, False), (23, False), (25, True)):
        await stored(
            superuser_url,
            "insert into delivery_update (tenant_id, channel_id, provider_id, status, occurred_at, received_at, applied_at)"
            " values ($1, $2, $3, 'sent', $4, $4, case when $5 then $4::timestamptz end)",
            *(world.firm.id, world.firm.channel, f"wamid.{hours}.{applied}"),
            *(world.clock.now() - timedelta(hours=hours), applied),
        )
    await keep_tidy(world.db, world.media)
    left = await stored(superuser_url, "select provider_id from delivery_update order by 1")
    assert [row["provider_id"] for row in left] == ["wamid.23.False", "wamid.25.True"]


async def test_the_queues_own_log_and_old_tries_to_sign_in_do_not_grow_for_ever(
    db: Database, clock: FrozenClock, superuser_url: str
) -> None:
    """Anybody may type a thousand names at sign-in; each read receipt leaves two lines in the queue's log."""
    async with worker(db, {"test.job": _nothing}):
        await _ordered(db, Job("test.job"))
        await until(lambda: stored(superuser_url, "select 1 from pgqueuer_log where status = 'successful'"))
    await stored(
        superuser_url,
        "insert into sign_in_attempt (account_key, address, failed, window_started_at)"
        " select n::text, 'x', 1, $1::timestamptz - n * interval '1 minute' from generate_series(1, 1000) n",
        clock.now(),
    )
    await keep_tidy(db, DiskStore(NOWHERE))
    assert await stored(superuser_url, "select 1 from pgqueuer_log"), "of today"
    assert len(await stored(superuser_url, "select 1 from sign_in_attempt")) == 14, "those of the window"
    clock.advance(timedelta(days=3))
    await keep_tidy(db, DiskStore(NOWHERE))
    assert not await stored(superuser_url, "select 1 from pgqueuer_log union all select 1 from pgqueuer_statistics")


async def _nothing(_tenant_id: UUID, _payload: dict[str, Any]) -> None:
    return


# Uploads that were never sent -------------------------------------------------------------------------------------


async def uploaded(agent: Browser, content: bytes) -> str:
    answer = await agent.client.post("/media", files={"file": ("a.png", content, "image/png")})
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


def a_day_later(world: World) -> None:
    world.clock.advance(timedelta(hours=24, minutes=1))
    for file in files(world):
        os.utime(file, (0, 0))


def files(world: World) -> list[Path]:
    return [path for path in Path(world.app.state.settings.data).rglob("media/**/*") if path.is_file()]


async def sent(world: World, agent: Browser, attachment_id: str, phone: str = "+905550000001") -> None:
    conversation = await world.write(phone)
    body = {"type": "image", "attachment_id": attachment_id}
    await agent.post(f"/conversations/{conversation}/messages", body, idempotency_key=attachment_id)


async def test_an_upload_that_nobody_sent_goes_after_a_day_with_its_file(world: World, superuser_url: str) -> None:
    await world.make_firm("demo2")
    agent, theirs = await world.browser("agent1"), await world.browser("agent1", "demo2")
    await uploaded(agent, PNG)
    await uploaded(theirs, PNG)
    kept = await uploaded(agent, PNG + b"2")
    await sent(world, agent, kept)
    await keep_tidy(world.db, world.media)
    assert len(files(world)) == 3, "not yet"
    a_day_later(world)
    await keep_tidy(world.db, world.media)
    rows = await stored(superuser_url, "select id, storage_key from attachment")
    assert [str(row["id"]) for row in rows] == [kept]
    assert [file.name for file in files(world)] == [rows[0]["storage_key"]]


async def test_content_that_another_row_names_stays(world: World, superuser_url: str) -> None:
    agent = await world.browser("agent1")
    await uploaded(agent, PNG)
    await sent(world, agent, await uploaded(agent, PNG))
    a_day_later(world)
    await keep_tidy(world.db, world.media)
    assert len(await stored(superuser_url, "select 1 from attachment")) == 1
    assert len(files(world)) == 1


async def test_content_that_is_being_uploaded_again_stays(world: World, superuser_url: str) -> None:
    """Its file is there before its row is."""
    agent = await world.browser("agent1")
    await uploaded(agent, PNG)
    a_day_later(world)
    os.utime(files(world)[0])
    await keep_tidy(world.db, world.media)
    assert not await stored(superuser_url, "select 1 from attachment")
    assert len(files(world)) == 1


async def test_a_file_that_is_being_sent_at_that_moment_does_not_vanish(world: World, superuser_url: str) -> None:
    agent = await world.browser("agent1")
    attachment_id = UUID(await uploaded(agent, PNG))
    conversation = await world.write("+905550000001")
    a_day_later(world)
    await stored(superuser_url, "update conversation set window_closes_at = window_closes_at + interval '2 days'")
    async with world.db.tx(world.firm.id, Actor("user", agent.user_id)) as tx:
        await send_message(tx, conversation, MediaContent(attachment_id, "image"), client_id="k")
        async with asyncio.timeout(SOON_S):
            await keep_tidy(world.db, world.media)
    (row,) = await stored(superuser_url, "select message_id from attachment")
    assert row["message_id"] is not None
    assert len(files(world)) == 1


async def test_however_many_uploads_were_forgotten_all_of_them_go(world: World, superuser_url: str) -> None:
    await stored(
        superuser_url,
        "insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, storage_key, state, created_at)"
        " select $1, gen_random_uuid(), $2, 'image', 'image/png', 1, repeat('ab', 32), 'stored', $3"
        " from generate_series(1, $4::int)",
        world.firm.id,
        world.firm.users["agent1"],
        world.clock.now() - timedelta(hours=25),
        UPLOADS_AT_ONCE + 10,
    )
    await keep_tidy(world.db, world.media)
    assert not await stored(superuser_url, "select 1 from attachment")
