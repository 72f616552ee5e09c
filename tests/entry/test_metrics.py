"""The numbers by which an operator sees that the desk falls behind: of the database in web, of its own work in the worker."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from invekto.entry.gauges import KEPT_S, DeskGauges
from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.settings import VARIABLES
from tests.rest import World, made_world, stored

MACHINE = "127.0.0.1"


@pytest.fixture
def clock() -> FrozenClock:
    """The database's own time counts here; only the five seconds are ours."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
async def world(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[World]:
    async with made_world(db, clock, tmp_path, owner_url) as world:
        await world.make_firm("demo")
        await world.make_firm("demo2")
        yield world


async def numbers(world: World) -> dict[str, float]:
    """What a scrape from this machine shows, five seconds after the last one."""
    world.clock.advance(timedelta(seconds=KEPT_S))
    return await shown(world)


async def shown(world: World) -> dict[str, float]:
    transport = httpx.ASGITransport(world.edge, client=(MACHINE, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        lines = (await client.get("/metrics")).text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("invekto_"))
    return {name: float(value) for name, value in pairs}


async def test_what_waits_to_go_out_is_counted_over_all_firms(world: World, superuser_url: str) -> None:
    quiet = await numbers(world)
    assert {quiet[f"invekto_{name}"] for name in ("outbox_waiting", "outbox_oldest_seconds", "lanes_due")} == {0}
    for firm in ("demo", "demo2"):
        conversation = await world.write("+905550000001", firm=firm)
        agent = await world.browser("agent1", firm)
        for text in ("Buyurun", "Merhaba"):
            await agent.say(conversation, text)
    await stored(
        superuser_url, "update outbox set created_at = now() - interval '90 s' where id = (select min(id) from outbox)"
    )
    await stored(superuser_url, "update lane set next_at = now() - interval '70 s' where tenant_id = $1", world.firm.id)
    late = await numbers(world)
    assert (late["invekto_outbox_waiting"], late["invekto_lanes_due"]) == (4, 2)
    assert 89 < late["invekto_outbox_oldest_seconds"] < 120
    assert 69 < late["invekto_lane_overdue_seconds"] < 100
    await stored(superuser_url, "update lane set next_at = now() + interval '60 s'")
    claimed = await numbers(world)
    assert (claimed["invekto_outbox_waiting"], claimed["invekto_lanes_due"]) == (4, 0)


async def test_what_was_put_into_the_quarantine_within_the_hour_is_counted(world: World, superuser_url: str) -> None:
    insert = (
        "insert into quarantine (id, receipt_id, kind, path, raw, reason, created_at)"
        " values ($1, $2, 'whatsapp_cloud', '', '', 'unknown_account', now())"
    )
    await stored(superuser_url, insert, uuid7(), 1)
    assert (await numbers(world))["invekto_quarantined_last_hour"] == 1
    world.clock.advance(timedelta(minutes=61))
    assert (await numbers(world))["invekto_quarantined_last_hour"] == 0


async def test_an_event_that_an_open_transaction_keeps_back_is_seen_to_wait(world: World, superuser_url: str) -> None:
    """A forgotten transaction delays every screen, and nothing else shows it."""
    assert (await numbers(world))["invekto_event_lag_seconds"] == 0
    forgotten = await asyncpg.connect(superuser_url)
    async with forgotten.transaction():
        await forgotten.execute("select pg_current_xact_id()")
        await stored(
            superuser_url,
            "insert into event (tenant_id, kind, created_at) values ($1, 'x', now() - interval '90 s')",
            world.firm.id,
        )
        assert 89 < (await numbers(world))["invekto_event_lag_seconds"] < 120
    assert (await numbers(world))["invekto_event_lag_seconds"] == 0
    await forgotten.close()


async def test_the_database_is_asked_once_in_five_seconds_however_many_ask_us(world: World, superuser_url: str) -> None:
    await numbers(world)
    await world.write("+905550000001")
    agent = await world.browser("agent1")
    (conversation,) = (await agent.get("/conversations", view="all"))["items"]
    await agent.say(conversation["id"], "Buyurun")
    assert [(await shown(world))["invekto_outbox_waiting"] for _ in range(3)] == [0, 0, 0]
    assert (await numbers(world))["invekto_outbox_waiting"] == 1


async def test_without_the_database_the_numbers_are_none_instead_of_old_ones(tmp_path: Path) -> None:
    database = await Database.open(DatabaseOptions(f"postgresql://invekto_app@/x?host={tmp_path}"), listen=False)
    await DeskGauges(database, tmp_path).refresh()
    value = REGISTRY.get_sample_value("invekto_outbox_waiting")
    assert value is not None
    assert value != value, "not a number"
    await database.close()


async def test_a_worker_shows_what_it_counts_to_its_own_machine(database_url: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((MACHINE, 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    ours = {"INVEKTO_DATA": str(tmp_path), "DATABASE_URL": database_url, "INVEKTO_WORKER_METRICS_PORT": str(port)}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "invekto.entry.cli", "worker", env={**kept, **ours}
    )
    try:
        async with asyncio.timeout(30), httpx.AsyncClient() as client:
            while True:
                try:
                    said = (await client.get(f"http://{MACHINE}:{port}/metrics")).text
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        for name in ("invekto_receipts_done_total", "invekto_quarantined_total", "invekto_messages_settled_total"):
            assert f"# TYPE {name} counter" in said
        assert _listens_on(port) == ["0100007F"], "not reachable from another machine"
    finally:
        worker.terminate()
        await worker.wait()


def _listens_on(port: int) -> list[str]:
    """The addresses, as the kernel writes them."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [where[:8] for _, where, _, state, *_ in sockets if where.endswith(f":{port:04X}") and state == "0A"]


async def test_channels_are_counted_by_their_last_message_however_many_there_are(
    world: World, superuser_url: str
) -> None:
    ages = ("10 minutes", "5 hours", "3 days", None)
    channels = [firm.channel for firm in world.firms.values()] + [firm.other_channel for firm in world.firms.values()]
    for channel, age in zip(channels, ages, strict=True):
        await stored(
            superuser_url, "update channel set last_inbound_at = now() - $2::text::interval where id = $1", channel, age
        )
    await stored(superuser_url, "update channel set status = 'paused' where id = $1", channels[0])
    seen = await numbers(world)
    told = {
        since: seen[f'invekto_channels{{last_inbound="{since}"}}']
        for since in ("within_hour", "within_day", "within_week", "older", "never")
    }
    assert told == {"within_hour": 1, "within_day": 1, "within_week": 1, "older": 0, "never": 1}
    assert seen['invekto_channels_broken{status="paused"}'] == 1
    assert 590 < seen["invekto_last_inbound_seconds"] < 700


async def test_a_forgotten_transaction_and_dead_and_late_jobs_are_seen(world: World, superuser_url: str) -> None:
    assert (await numbers(world))["invekto_jobs_dead"] == 0
    job = "insert into pgqueuer (priority, entrypoint, status, execute_after) values (0, 'x', $1::text::pgqueuer_status, now() - interval '50 s')"
    for status in ("failed", "queued"):
        await stored(superuser_url, job, status)
    forgotten = await asyncpg.connect(superuser_url)
    async with forgotten.transaction():
        await forgotten.execute("select pg_current_xact_id()")
        for _ in range(5):
            await stored(superuser_url, "select pg_current_xact_id()")
        late = await numbers(world)
    await forgotten.close()
    assert late["invekto_xmin_lag_transactions"] >= 6
    assert (late["invekto_jobs_dead"], late["invekto_jobs_due"]) == (1, 1)
    assert 49 < late["invekto_job_overdue_seconds"] < 80
    assert late["invekto_database_bytes"] > 1_000_000
    assert late["invekto_disk_free_bytes"] > 0


async def test_the_numbers_are_seen_on_a_database_that_only_its_logins_may_enter(
    world: World, superuser_url: str, database_name: str
) -> None:
    """As the server that comes along makes it: the roles of the hot paths have no right to connect themselves."""
    await stored(superuser_url, f"revoke all on database {database_name} from public")
    await stored(superuser_url, f"grant connect on database {database_name} to invekto_app, invekto_owner")
    seen = await numbers(world)
    assert seen["invekto_database_bytes"] > 1_000_000
    assert seen["invekto_outbox_waiting"] == 0


async def test_the_connections_of_each_pool_are_counted(world: World) -> None:
    async with (await world.db.pool("invekto_delivery")).acquire():
        seen = await numbers(world)
    assert seen['invekto_db_connections{pool="delivery",state="used"}'] == 1
    assert seen['invekto_db_pool_size{pool="delivery"}'] == world.db.options.role_pool
    assert 'invekto_db_connections{pool="requests",state="used"}' in seen
