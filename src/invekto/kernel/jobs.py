"""Orders for later: jobs are rows of the queue, written in the transaction that wants them.

The queue is pgqueuer's; its own trigger is off (it would send NOTIFY inside the transaction), so the edge wakes the
workers after the commit. A payload holds ids only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
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
