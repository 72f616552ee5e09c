"""A webhook is durable before it is acknowledged, many in one commit; what cannot be stored is said fast."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invekto.channels.backlog import Backlog
from invekto.channels.receipts import (
    WAITING_MAX,
    WAITING_MAX_BYTES,
    WAITING_MAX_S,
    WRITERS,
    NewReceipt,
    ReceiptWriter,
)
from invekto.entry.postgres import SUPERUSER, EmbeddedPostgres
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.errors import Unavailable
from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REGISTRY
from tests.conftest import MORNING

ROOT = Path(__file__).parents[2]


def receipt(
    number: int = 0,
    *,
    kind: str = "whatsapp_cloud",
    channel_id: UUID | None = None,
    body: bytes | None = None,
    query: str = "a=1",
) -> NewReceipt:
    return NewReceipt(
        kind=kind,
        app_id=uuid7(),
        channel_id=channel_id,
        body=b'{"number":%d}' % number if body is None else body,
        received_at=MORNING,
        query=query,
        headers={"content-type": "application/json"},
    )


@pytest.fixture
async def writer(db: Database) -> AsyncIterator[ReceiptWriter]:
    writer = ReceiptWriter(db)
    writer.start()
    yield writer
    await writer.close()


@pytest.fixture
async def witness(superuser_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Sees what is stored, from outside."""
    connection = await asyncpg.connect(superuser_url)
    yield connection
    await connection.close()


async def _outcomes(stores: list[asyncio.Task[None]]) -> tuple[int, int]:
    """How many were stored, and how many refused; anything else is raised."""
    done = await asyncio.gather(*stores, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, Unavailable):
            raise one
    refused = sum(isinstance(one, Unavailable) for one in done)
    return len(done) - refused, refused


def _store(writer: ReceiptWriter, count: int, **changes: Any) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(writer.store(receipt(number, **changes))) for number in range(count)]


@asynccontextmanager
async def stuck_disk(superuser_url: str) -> AsyncIterator[None]:
    """No receipt is written while the block runs: the table is locked, as a disk that does not answer would."""
    connection = await asyncpg.connect(superuser_url)
    await connection.execute("begin; lock table receipt in access exclusive mode")
    try:
        yield
    finally:
        await connection.execute("rollback")
        await connection.close()


async def test_what_is_stored_is_there_for_others_and_complete(
    writer: ReceiptWriter, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    for number in range(5):
        given = receipt(number, channel_id=uuid7(), query="hub=\x00" if number == 4 else "a=1")
        await writer.store(given)
        row = await witness.fetchrow("select *, headers::text as headers_text from receipt order by id desc limit 1")
        assert row is not None
        assert (row["kind"], row["app_id"], row["channel_id"]) == (given.kind, given.app_id, given.channel_id)
        assert (row["body"], row["received_at"], row["done_at"]) == (given.body, MORNING, None)
        assert row["headers_text"] == '{"content-type": "application/json"}'


async def test_many_at_once_share_few_commits_and_all_are_there(
    writer: ReceiptWriter, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    assert await _outcomes(_store(writer, 1000)) == (1000, 0)
    row = await witness.fetchrow(
        "select count(distinct body) as stored, count(distinct xmin::text) as commits from receipt"
    )
    assert row is not None
    assert row["stored"] == 1000
    assert row["commits"] <= 20


async def test_ids_follow_the_order_of_arrival(db: Database, witness: asyncpg.Connection[asyncpg.Record]) -> None:
    """Ingest claims by id, so one conversation's messages of one batch keep their order."""
    writer = ReceiptWriter(db)
    stores = _store(writer, 200)
    await asyncio.sleep(0)
    writer.start()
    assert await _outcomes(stores) == (200, 0)
    bodies = [row["body"] for row in await witness.fetch("select body from receipt order by id")]
    assert bodies == [b'{"number":%d}' % number for number in range(200)]
    await writer.close()


async def test_an_idle_writer_does_not_wait_for_company(
    writer: ReceiptWriter, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    for number in range(20):
        await writer.store(receipt(number))
        assert await witness.fetchval("select count(*) from receipt") == number + 1
    assert await witness.fetchval("select count(distinct xmin::text) from receipt") == 20


async def test_whoever_waits_for_receipts_is_woken(db: Database, writer: ReceiptWriter) -> None:
    woken = db.wakeup.subscribe("receipt")
    await writer.store(receipt())
    assert woken.is_set()


async def test_a_receipt_that_the_database_refuses_costs_itself_only(
    db: Database, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    writer = ReceiptWriter(db)
    good, bad = _store(writer, 20), _store(writer, 1, kind="no\x00kind")
    await asyncio.sleep(0)
    writer.start()
    assert await _outcomes(good) == (20, 0)
    assert await _outcomes(bad) == (0, 1)
    assert await witness.fetchval("select count(*) from receipt") == 20
    await writer.close()


async def test_a_client_that_left_harms_nobody(
    writer: ReceiptWriter, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    stores = _store(writer, 50)
    await asyncio.sleep(0)
    for task in stores[::2]:
        task.cancel()
    await asyncio.gather(*stores, return_exceptions=True)
    await writer.store(receipt(99))
    bodies = {row["body"] for row in await witness.fetch("select body from receipt")}
    assert {b'{"number":%d}' % number for number in range(1, 50, 2)} <= bodies


async def test_the_queue_is_bounded_and_the_rest_is_stored_when_the_disk_answers(
    writer: ReceiptWriter, superuser_url: str, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    await writer.store(receipt())
    async with stuck_disk(superuser_url):
        stores = _store(writer, WAITING_MAX)
        await asyncio.sleep(0.2)
        # Two batches are under way, so there is room again: more than that comes.
        stores += _store(writer, WAITING_MAX)
        await asyncio.sleep(0.2)
        refused = [task for task in stores if task.done()]
        assert 1 <= len(refused) <= WAITING_MAX
        with pytest.raises(Unavailable) as raised:
            # At its first step: whoever is refused does not wait for anything.
            writer.store(receipt()).send(None)
        assert raised.value.retry_after_s >= 1
    stored, refused_count = await _outcomes(stores)
    assert refused_count == len(refused)
    assert await witness.fetchval("select count(*) from receipt") == stored + 1


async def test_large_bodies_are_bounded_by_their_bytes(writer: ReceiptWriter, superuser_url: str) -> None:
    large = bytes(3 << 20)
    await writer.store(receipt())
    async with stuck_disk(superuser_url):
        stores = _store(writer, 60, body=large)
        await asyncio.sleep(0.3)
        waiting = sum(not task.done() for task in stores)
        # What waits, and the batches under way.
        assert waiting * len(large) <= WAITING_MAX_BYTES + 3 * (16 << 20)
        assert waiting < 60
    await _outcomes(stores)


async def test_an_old_queue_admits_nobody(writer: ReceiptWriter, superuser_url: str) -> None:
    await writer.store(receipt())
    async with stuck_disk(superuser_url):
        under_way = _store(writer, 1)
        await asyncio.sleep(0.1)
        under_way += _store(writer, 1)
        await asyncio.sleep(0.1)
        waiting = _store(writer, 5)
        await asyncio.sleep(WAITING_MAX_S + 0.2)
        with pytest.raises(Unavailable):
            await writer.store(receipt())
    assert await _outcomes(under_way + waiting) == (7, 0)
    await writer.store(receipt())


async def test_a_database_that_is_away_is_said_and_is_found_again(
    cluster: EmbeddedPostgres, database_name: str, writer: ReceiptWriter
) -> None:
    await writer.store(receipt())
    outside = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    await outside.execute(f"alter database {database_name} allow_connections false")
    await outside.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database_name)
    await asyncio.sleep(0.1)
    for _ in range(3):
        assert await _outcomes(_store(writer, 200)) == (0, 200)
    await outside.execute(f"alter database {database_name} allow_connections true")
    await outside.close()

    async def works() -> None:
        while (await _outcomes(_store(writer, 1)))[0] == 0:  # noqa: ASYNC110  # what is waited for is the outcome itself
            await asyncio.sleep(0.05)

    await asyncio.wait_for(works(), 30)
    assert await _outcomes(_store(writer, 100)) == (100, 0)


async def test_more_than_can_be_read_is_refused_until_the_workers_have_caught_up(
    db: Database, witness: asyncpg.Connection[asyncpg.Record], caplog: pytest.LogCaptureFixture
) -> None:
    """The queue on disk is bounded too, and everybody is told that it grows."""
    await witness.execute(
        "insert into receipt (kind, body, received_at)"
        " select 'x', '', now() - interval '90 s' from generate_series(1, 30)"
    )
    writer = ReceiptWriter(db, backlog_max=20)
    writer.start()

    async def answer(stored: int) -> None:
        while (await _outcomes(_store(writer, 1)))[0] != stored:  # noqa: ASYNC110  # the outcome itself is waited for
            await asyncio.sleep(0.05)

    async with asyncio.timeout(20):
        await answer(0)
        assert REGISTRY.get_sample_value("invekto_receipts_waiting") == 20, "counted no further than it must be"
        lag = REGISTRY.get_sample_value("invekto_ingest_lag_seconds")
        assert lag is not None
        assert lag > 60
        await witness.execute("update receipt set done_at = now()")
        await answer(1)
        await witness.execute("insert into receipt (kind, body, received_at) values ('x', '', now() - interval '90 s')")
        while "do the workers run" not in caplog.text:  # noqa: ASYNC110  # another task says it
            await asyncio.sleep(0.05)
    assert await _outcomes(_store(writer, 1)) == (1, 0), "late alone is no reason to refuse"
    await writer.close()


async def test_each_change_of_the_backlog_is_said_once(
    db: Database, witness: asyncpg.Connection[asyncpg.Record], caplog: pytest.LogCaptureFixture
) -> None:
    """An outage of a night would fill the disk with the same line."""
    await witness.execute("insert into receipt (kind, body, received_at) values ('x', '', now() - interval '90 s')")
    away = await Database.open(DatabaseOptions("postgresql://invekto_app@127.0.0.1:9/none"), listen=False)
    watching = [asyncio.create_task(Backlog(one, limit=1).watch(0.01)) for one in (db, away)]
    said = ["no more are taken in", "cannot be seen"]
    async with asyncio.timeout(20):
        while not all(part in caplog.text for part in said):  # noqa: ASYNC110  # other tasks say it
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        await witness.execute("update receipt set done_at = now()")
        while "are taken in again" not in caplog.text:  # noqa: ASYNC110  # another task says it
            await asyncio.sleep(0.05)
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)
    assert [caplog.text.count(part) for part in said] == [1, 1]
    await away.close()


def _until_gone(pids: list[int]) -> None:
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.01)


async def test_connections_that_were_cut_while_idle_cost_no_webhook(
    writer: ReceiptWriter, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    """After a restart of the database the first webhook is stored like any other."""
    assert await _outcomes(_store(writer, 10)) == (10, 0)
    idle = "where application_name = 'invekto_receipts' and state = 'idle' and query ~ 'insert into|typeinfo'"
    async with asyncio.timeout(20):
        while await witness.fetchval(f"select count(*) from pg_stat_activity {idle}") < WRITERS:  # noqa: ASYNC110  # the server's
            await asyncio.sleep(0.01)
    rows = await witness.fetch(f"select pid, pg_terminate_backend(pid) from pg_stat_activity {idle}")
    # Their last word comes before the end of the line: a batch in between would be theirs still, and refused.
    await asyncio.to_thread(_until_gone, [row["pid"] for row in rows])
    for _ in range(5):
        await asyncio.sleep(0)
    assert await _outcomes(_store(writer, 10)) == (10, 0)


async def test_nobody_listening_where_the_database_should_be() -> None:
    database = await Database.open(DatabaseOptions("postgresql://invekto_app@127.0.0.1:9/none"), listen=False)
    writer = ReceiptWriter(database)
    writer.start()
    assert await _outcomes(_store(writer, 50)) == (0, 50)
    await writer.close()
    await database.close()


async def test_closing_stores_what_waits_and_admits_nobody(
    db: Database, witness: asyncpg.Connection[asyncpg.Record]
) -> None:
    writer = ReceiptWriter(db)
    writer.start()
    stores = _store(writer, 300)
    await asyncio.sleep(0)
    await writer.close()
    assert await _outcomes(stores) == (300, 0)
    assert await witness.fetchval("select count(*) from receipt") == 300
    with pytest.raises(Unavailable):
        await writer.store(receipt())


async def test_the_role_of_receipts_can_add_and_not_read(database_url: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"role": "invekto_receipts"})
    try:
        for forbidden in ("select body from receipt", "delete from receipt", "update receipt set done_at = now()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


_STORING = """
import asyncio, sys
from datetime import UTC, datetime
from invekto.channels.receipts import NewReceipt, ReceiptWriter
from invekto.kernel import failpoints
from invekto.kernel.db import Database, DatabaseOptions

async def main(url, place):
    failpoints.arm([place])
    writer = ReceiptWriter(await Database.open(DatabaseOptions(url), listen=False))
    writer.start()
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    for number in range(10):
        await writer.store(NewReceipt(kind="x", app_id=None, channel_id=None, body=b"%d" % number, received_at=at))
        print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(("place", "stored"), [("receipts.before_commit:4", 3), ("receipts.after_commit:4", 4)])
async def test_a_killed_process_has_acknowledged_nothing_that_is_not_stored(
    database_url: str, witness: asyncpg.Connection[asyncpg.Record], place: str, stored: int
) -> None:
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _STORING, database_url, place],
        cwd=ROOT / "src",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert process.stdout.split() == ["0", "1", "2"]
    bodies = [row["body"] for row in await witness.fetch("select body from receipt order by id")]
    assert bodies == [b"%d" % number for number in range(stored)]
