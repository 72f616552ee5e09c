"""Orders for later: jobs are rows of the queue, written in the transaction that wants them.

The queue is pgqueuer's; its own trigger is off (it would send NOTIFY inside the transaction), so the edge wakes the
workers after the commit. A payload holds ids only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from invekto.kernel.tenancy import Connection

_INSERT = """
insert into pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
select priority, entrypoint, payload, coalesce(execute_after, now()), dedupe_key, 'queued'
  from unnest($1::int[], $2::text[], $3::bytea[], $4::timestamptz[], $5::text[])
       as job (priority, entrypoint, payload, execute_after, dedupe_key)
on conflict (dedupe_key)
   where ((status = any (array['queued'::pgqueuer_status, 'picked'::pgqueuer_status])) and (dedupe_key is not null))
   do nothing
"""


@dataclass(frozen=True, slots=True)
class Job:
    """`name` is the handler's entry point; `run_at` None means now; equal `dedupe_key` waiting means once."""

    name: str
    payload: dict[str, Any] = field(default_factory=dict)
    run_at: datetime | None = None
    dedupe_key: str | None = None
    priority: int = 0


def job_rows(tenant_id: UUID, jobs: Sequence[Job]) -> tuple[Any, ...]:
    """The statement and its arguments that enqueue `jobs` for one tenant."""
    return job_rows_of([(tenant_id, job) for job in jobs])


def job_rows_of(jobs: Sequence[tuple[UUID, Job]]) -> tuple[Any, ...]:
    """The same for jobs of several tenants; dedupe keys are kept apart by tenant."""
    return (
        _INSERT,
        [job.priority for _, job in jobs],
        [job.name for _, job in jobs],
        [json.dumps({"tenant_id": str(tenant), **job.payload}).encode() for tenant, job in jobs],
        [job.run_at for _, job in jobs],
        [f"{tenant}:{job.dedupe_key}" if job.dedupe_key else None for tenant, job in jobs],
    )


async def forget_job_log(connection: Connection, older_than: datetime) -> None:
    """Deletes what the queue wrote down about jobs before `older_than`. Index: pgqueuer_log_created."""
    await connection.execute("delete from pgqueuer_log where created < $1", older_than)


RESTORED: Final = """
update pgqueuer set status = 'queued', queue_manager_id = null, slot = null where status = 'picked';
"""
"""For a database that was put back to an earlier moment: whoever had picked these jobs is no more. A job is due that was
due then; each looks at the state it finds, so one that had run since does for the restored state what it did for the lost one."""


_DEAD: Final = """
select j.id, j.entrypoint, j.attempts, j.created, j.updated, j.payload,
       last.traceback ->> 'exception_type' as error, last.traceback ->> 'exception_message' as message,
       last.traceback ->> 'traceback' as trace
  from pgqueuer j
  left join lateral (
    select l.traceback from pgqueuer_log l
     where l.job_id = j.id and l.traceback is not null order by l.created desc limit 1
  ) last on true
 where j.status = 'failed' and ($1::bigint is null or j.id = $1)
 order by j.updated desc limit $2
"""
_TAKE_UP: Final = """
with due as (
  select j.id, row_number() over (partition by j.dedupe_key order by j.id desc) as place, j.dedupe_key,
         exists (select from pgqueuer w where w.dedupe_key = j.dedupe_key and w.status in ('queued', 'picked')) as waits
    from pgqueuer j where j.status = 'failed' and (j.id::text = $1 or j.entrypoint = $1)
), again as (
  update pgqueuer j
     set status = 'queued', execute_after = now(), updated = now(), attempts = 0, queue_manager_id = null, slot = null
    from due where due.id = j.id and (due.dedupe_key is null or (due.place = 1 and not due.waits))
  returning 1
), gone as (
  delete from pgqueuer j using due
   where due.id = j.id and due.dedupe_key is not null and (due.place > 1 or due.waits) returning 1
)
select (select count(*) from again) as again, (select count(*) from gone) as gone
"""


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up: a defect made it fail again and again. `error`, `message` and `trace` are what it failed
    with last, as long as the log remembers it."""

    id: int
    name: str
    attempts: int
    ordered_at: datetime
    failed_at: datetime
    payload: dict[str, Any]
    error: str | None
    message: str | None
    trace: str | None


async def dead_jobs(connection: Connection, limit: int, job_id: int | None = None) -> list[DeadJob]:
    """The last failed first; with `job_id` that one alone."""
    rows = await connection.fetch(_DEAD, job_id, limit)
    return [
        DeadJob(
            id=row["id"],
            name=row["entrypoint"],
            attempts=row["attempts"],
            ordered_at=row["created"],
            failed_at=row["updated"],
            payload=json.loads(row["payload"] or b"{}"),
            error=row["error"],
            message=row["message"],
            trace=row["trace"],
        )
        for row in rows
    ]


async def take_up_dead_jobs(connection: Connection, id_or_name: str) -> tuple[int, int]:
    """Puts one dead job, or every one of that name, back into the queue. How many, and how many were dropped instead
    because the same order waits there already."""
    row = await connection.fetchrow(_TAKE_UP, id_or_name)
    assert row is not None, "it counts"
    return row["again"], row["gone"]


async def discard_dead_jobs(connection: Connection, id_or_name: str) -> int:
    """Drops one dead job, or every one of that name; how many."""
    rows = await connection.fetch(
        "delete from pgqueuer where status = 'failed' and (id::text = $1 or entrypoint = $1) returning id", id_or_name
    )
    return len(rows)
