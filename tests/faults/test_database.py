"""A database that stands still, has no place left, no connection to give, or transactions that wait for each other."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
import pytest

from invekto.entry.postgres import SUPERUSER
from invekto.entry.roles import APP
from tests.desk import Desk, wait_until
from tests.faults.scene import Scene, frozen, rss_mb

pytestmark = [pytest.mark.real_ports, pytest.mark.faults_full]

_FROZEN_S = 30


def _rss_mb(desk: Desk, name: str) -> float:
    return rss_mb(desk.running[name].pid)


@pytest.mark.fault(
    "F9", injects=f"SIGSTOP of every process of the database for {_FROZEN_S} s under load", holds="I1-I8"
)
def test_a_database_that_stands_still_is_503_and_everything_goes_on_when_it_does(scene: Scene) -> None:
    desk = scene.desk
    place = len(scene.ledger().copies)
    waits: list[float] = []
    with scene.load(), desk.signed_in("agent3") as client:
        time.sleep(1)
        before = {name: _rss_mb(desk, name) for name in ("web", "worker")}
        with frozen(desk):
            ends = time.monotonic() + _FROZEN_S
            while time.monotonic() < ends:
                began = time.monotonic()
                with contextlib.suppress(httpx.TransportError):
                    answer = client.get("/api/v1/conversations", params={"view": "mine"})
                    assert answer.status_code == 503 or time.monotonic() > ends, answer.text
                waits.append(time.monotonic() - began)
                time.sleep(0.2)
            assert httpx.get(f"{desk.url}/health/live", timeout=5).status_code == 200
            grown = {name: _rss_mb(desk, name) - before[name] for name in before}
    assert len(waits) >= 2, "a request is answered while the database stands still"
    assert max(waits) < _FROZEN_S - 5
    assert max(grown.values()) < 100, f"MB while nothing could be stored: {grown}"
    scene.check(scene.lease_end(), timeout_s=80)
    answers = scene.ledger().answers_since(place)
    assert answers[503], "the provider is asked to come again"
    assert not answers[None], "and is never left without an answer"


@pytest.mark.fault(
    "F27", injects="every connection for requests waits for a lock, 12 s", holds="I8: webhooks go on, requests 503"
)
def test_when_requests_have_no_connection_left_webhooks_are_stored_and_requests_refused_fast(scene: Scene) -> None:
    desk = scene.desk

    async def hold(seconds: float) -> None:
        connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
        async with connection.transaction():
            await connection.execute("lock table conversation in access exclusive mode")
            held.set()
            await asyncio.sleep(seconds)
        await connection.close()

    held = threading.Event()
    with ThreadPoolExecutor(40) as pool, desk.signed_in("agent3") as client:
        holding = pool.submit(lambda: asyncio.run(hold(12)))
        assert held.wait(10)

        def ask(_: int) -> tuple[int, float]:
            began = time.monotonic()
            return client.get("/api/v1/conversations", params={"view": "mine"}).status_code, time.monotonic() - began

        asked = [pool.submit(ask, number) for number in range(20)]
        time.sleep(1)
        slowest = 0.0
        for number in range(10):
            began = time.monotonic()
            wish = {"phone": f"+9055599927{number:02}", "text": "Kilitliyken", "wait": True}
            said = scene.control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()
            assert [answer["status"] for answer in said["answers"]] == [200]
            slowest = max(slowest, time.monotonic() - began)
        assert not holding.done(), "all of them were stored behind the lock"
        assert slowest < 5, "none of them waits for the lock"
        answers = [one.result() for one in asked]
        holding.result()
    assert {status for status, _ in answers} == {200, 503}
    assert max(took for status, took in answers if status == 503) < 8
    scene.check()


@pytest.mark.fault(
    "F28", injects="transactions that lock conversations in every order, under load", holds="I1-I7: run again, whole"
)
def test_deadlocks_cost_nobody_anything(scene: Scene, dice: random.Random) -> None:
    desk = scene.desk
    counted = "select deadlocks::int as n from pg_stat_database where datname = current_database()"
    before = desk.rows(counted)[0]["n"]
    stop = threading.Event()

    async def cross(seed: float) -> None:
        mine = random.Random(seed)
        connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
        while not stop.is_set():
            rows = await connection.fetch(
                "select id from conversation where status = 'open' order by last_message_at desc limit 12"
            )
            ids = [row["id"] for row in rows]
            mine.shuffle(ids)
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    for id_ in ids:
                        await connection.execute("select from conversation where id = $1 for update", id_)
                        await asyncio.sleep(0.02)
        await connection.close()

    crossing = [threading.Thread(target=lambda: asyncio.run(cross(dice.random()))) for _ in range(2)]
    with scene.load():
        time.sleep(1)
        for thread in crossing:
            thread.start()
        time.sleep(10)
        stop.set()
        for thread in crossing:
            thread.join()
    scene.check(timeout_s=80)
    assert desk.rows(counted)[0]["n"] > before, "somebody was the victim of a deadlock"


@pytest.mark.fault(
    "F29", injects="a forgotten open transaction, under load", holds="I5 I7: it is ended, the queues stay flat"
)
def test_a_forgotten_transaction_is_ended_and_the_queues_stay_flat(scene: Scene) -> None:
    desk = scene.desk

    async def forget() -> bool:
        connection = await asyncpg.connect(desk.postgres.url(APP))
        await connection.execute("begin isolation level repeatable read")
        await connection.fetchval("select pg_current_xact_id()")
        began = time.monotonic()
        while not connection.is_closed() and time.monotonic() - began < 30:  # noqa: ASYNC110  # no event tells of it
            await asyncio.sleep(0.1)
        return connection.is_closed()

    patience = desk.rows(
        "select setting::int as ms from pg_settings where name = 'idle_in_transaction_session_timeout'"
    )
    assert 0 < patience[0]["ms"] <= 60_000, "as the server is delivered"
    _alter(desk, "set idle_in_transaction_session_timeout = '6s'")
    try:
        with ThreadPoolExecutor(1) as pool, scene.load():
            forgotten = pool.submit(lambda: asyncio.run(forget()))
            time.sleep(9)
            assert forgotten.result()
    finally:
        _alter(desk, "reset idle_in_transaction_session_timeout")
    scene.check()
    sizes = desk.rows("select pg_total_relation_size('lane') as lane, pg_total_relation_size('outbox') as outbox")[0]
    assert max(sizes.values()) < 4 << 20, sizes


def _alter(desk: Desk, what: str) -> None:
    async def alter() -> None:
        connection = await asyncpg.connect(desk.postgres.url(SUPERUSER))
        await connection.execute(f"alter system {what}")
        await connection.execute("select pg_reload_conf()")
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(alter())).result()
    time.sleep(0.2)


@pytest.mark.fault("F8", injects="every backend ended, one by one, again and again", holds="I1-I7: pools connect anew")
def test_backends_that_are_ended_all_the_time_cost_nobody_anything(scene: Scene, dice: random.Random) -> None:
    query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
    ended = 0
    with scene.load():
        until = time.monotonic() + 5
        while time.monotonic() < until:
            for row in dice.sample(found := scene.desk.rows(query), len(found) // 2):
                ended += scene.desk.rows("select pg_terminate_backend($1)::int as n", row["pid"])[0]["n"]
            time.sleep(0.5)
    assert ended > 10
    scene.check(scene.lease_end())
    wait_until(lambda: httpx.get(f"{scene.desk.url}/health/ready").status_code == 200, "ready", 5)
