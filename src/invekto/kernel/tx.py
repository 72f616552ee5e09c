"""The first argument of every use-case: one transaction, one tenant, one actor, one moment.

Everything a use-case says (events, audit entries, jobs) is written in the same transaction as what it did.
No network inside: a provider's slow answer would hold row locks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from invekto.kernel.audit import insert_audit
from invekto.kernel.events import Event, Subscriptions, insert_events
from invekto.kernel.jobs import Job, job_rows
from invekto.kernel.tenancy import Connection


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `kind`: user, system, api, contact. The address and request id end in the audit entry."""

    kind: str
    id: UUID | None = None
    address: str | None = None
    request_id: str | None = None


SYSTEM = Actor("system")


@dataclass
class Tx:
    """An open transaction. Use-cases never commit: the edge that opened it does."""

    session: AsyncSession
    tenant_id: UUID
    actor: Actor
    now: datetime
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    topics: set[str] = field(default_factory=set)
    _events: list[Event] = field(default_factory=list)
    _jobs: list[Job] = field(default_factory=list)

    async def open(self) -> None:
        """Names the tenant to the policies. It must be SQLAlchemy's own first statement: a raw asyncpg
        statement before it would run in autocommit and survive the rollback."""
        await self.session.execute(
            text("select set_config('app.tenant_id', :tenant, true)"),
            {"tenant": str(self.tenant_id)},
        )

    async def raw(self) -> Connection:
        """The asyncpg connection of this transaction, for the hot paths' set-based SQL."""
        connection = await self.session.connection()
        raw = await connection.get_raw_connection()
        return cast(Connection, raw.driver_connection)

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of a raw statement ($1, $2 ...)."""
        return list(await (await self.raw()).fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> Any | None:
        """The first row of a raw statement, or None."""
        return await (await self.raw()).fetchrow(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Runs a raw statement; gives its command tag."""
        return await (await self.raw()).execute(sql, *args)

    def emit(self, *events: Event) -> None:
        """Writes each event at the commit, its audit entry if the class says so, and the jobs somebody wants."""
        self._events.extend(events)

    def enqueue(self, *jobs: Job) -> None:
        """Orders a job, seen by the workers after the commit."""
        self._jobs.extend(jobs)

    def wake(self, topic: str) -> None:
        """After the commit, wakes who waits for `topic` in any process."""
        self.topics.add(topic)

    async def commit(self) -> None:
        """For the edge only."""
        await self._flush()
        await self.session.commit()

    async def _flush(self) -> None:
        if self._events:
            await self._write_events(self._events)
        if self._jobs:
            await self.execute(*job_rows(self.tenant_id, self._jobs))
            self.wake("job")

    async def _write_events(self, events: Sequence[Event]) -> None:
        await self.execute(*insert_events([(self.tenant_id, event) for event in events], self.now))
        audited = [event for event in events if event.audited]
        if audited:
            await self.execute(*insert_audit(self.tenant_id, self.actor, audited, self.now))
        for event in events:
            self._jobs.extend(self.subscriptions.jobs_for(self.tenant_id, event))
        self.wake("event")
