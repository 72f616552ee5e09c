"""Jobs that were given up: shown with what they failed with, run again once, or dropped."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from invekto.entry.admin import NO_TENANT
from invekto.kernel.db import Database
from invekto.kernel.jobs import DeadJob, Job, dead_jobs, discard_dead_jobs, job_rows, take_up_dead_jobs
from invekto.kernel.tx import SYSTEM

WAKE = "conversations.wake"


async def give_up(superuser_url: str, name: str, *, key: str | None = None) -> int:
    """What the queue leaves of a job whose handler failed for good."""
    connection = await asyncpg.connect(superuser_url)
    try:
        payload = json.dumps({"tenant_id": str(NO_TENANT), "conversation_id": "7"}).encode()
        job_id: int = await connection.fetchval(
            "insert into pgqueuer (priority, entrypoint, payload, status, dedupe_key, attempts)"
            " values (0, $1, $2, 'failed', $3, 8) returning id",
            name,
            payload,
            key,
        )
        trace = {"exception_type": "KeyError", "exception_message": "'until'", "traceback": "Traceback ...\nKeyError"}
        await connection.execute(
            "insert into pgqueuer_log (job_id, status, priority, entrypoint, traceback) values ($1, 'failed', 0, $2, $3)",
            job_id,
            name,
            json.dumps(trace),
        )
        return job_id
    finally:
        await connection.close()


async def shown(db: Database, job_id: int | None = None) -> list[DeadJob]:
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        return await dead_jobs(await tx.raw(), 50, job_id)


async def changed(db: Database, change: Any, what: str) -> Any:
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        return await change(await tx.raw(), what)


async def test_a_dead_job_is_shown_with_its_reason_and_its_ids(db: Database, superuser_url: str) -> None:
    job_id = await give_up(superuser_url, WAKE)
    (job,) = await shown(db)
    assert (job.id, job.name, job.attempts, job.error, job.message) == (job_id, WAKE, 8, "KeyError", "'until'")
    assert job.payload["conversation_id"] == "7"
    assert (await shown(db, job_id))[0].trace == "Traceback ...\nKeyError"
    assert await shown(db, job_id + 1) == []


@pytest.mark.parametrize("by_name", [True, False])
async def test_a_dead_job_runs_again_with_all_its_tries(db: Database, superuser_url: str, by_name: bool) -> None:
    job_id, _ = await give_up(superuser_url, WAKE), await give_up(superuser_url, "other")
    assert await changed(db, take_up_dead_jobs, WAKE if by_name else str(job_id)) == (1, 0)
    assert [job.name for job in await shown(db)] == ["other"]
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        row = await tx.fetchrow(
            "select status::text, attempts, execute_after <= now() as due from pgqueuer where id = $1", job_id
        )
    assert row is not None
    assert tuple(row) == ("queued", 0, True)


async def test_the_same_order_is_not_run_twice(db: Database, superuser_url: str) -> None:
    """Two dead ones of one key are one order, and none when it waits already."""
    for _ in range(2):
        await give_up(superuser_url, WAKE, key=f"{NO_TENANT}:7")
    await give_up(superuser_url, WAKE, key=f"{NO_TENANT}:8")
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        await tx.execute(*job_rows(NO_TENANT, [Job(WAKE, dedupe_key="8")]))
    assert await changed(db, take_up_dead_jobs, WAKE) == (1, 2)
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        rows = await tx.fetch("select dedupe_key, status::text from pgqueuer order by 1")
    assert [tuple(row) for row in rows] == [(f"{NO_TENANT}:7", "queued"), (f"{NO_TENANT}:8", "queued")]


async def test_only_a_dead_job_is_dropped(db: Database, superuser_url: str) -> None:
    job_id = await give_up(superuser_url, WAKE)
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        await tx.execute(*job_rows(NO_TENANT, [Job(WAKE)]))
    assert await changed(db, discard_dead_jobs, WAKE) == 1
    assert await changed(db, discard_dead_jobs, str(job_id)) == 0
    async with db.tx(NO_TENANT, SYSTEM) as tx:
        assert len(await tx.fetch("select from pgqueuer")) == 1
