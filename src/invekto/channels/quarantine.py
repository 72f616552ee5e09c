"""What could not be stored of the webhooks: shown to its firm, and put into the queue again when somebody asks.

Ingest fills it (claims); a replayed part comes back here if it still cannot be stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, tuple_

from invekto.channels.events import QuarantineReplayed
from invekto.channels.models import Quarantine
from invekto.channels.receipts import NewReceipt, store_again, store_all_again
from invekto.kernel.db import Database
from invekto.kernel.errors import NotFound
from invekto.kernel.tenancy import RECEIPTS, Connection
from invekto.kernel.tx import Actor, Tx

REPLAYED_AT_ONCE: Final = 200
"""A part may be as large as a webhook, so this bounds a transaction's memory."""


async def list_quarantine(
    tx: Tx, after: tuple[datetime, UUID] | None, limit: int, *, reason: str | None = None, waiting: bool = False
) -> list[Quarantine]:
    """The firm's parked parts, newest first: all, those of one reason, or those that were not replayed yet.

    Index: (tenant_id, created_at).
    """
    wanted = select(Quarantine).where(Quarantine.tenant_id == tx.tenant_id)
    if reason is not None:
        wanted = wanted.where(Quarantine.reason == reason)
    if waiting:
        wanted = wanted.where(Quarantine.replayed_at.is_(None))
    if after is not None:
        wanted = wanted.where(tuple_(Quarantine.created_at, Quarantine.id) < after)
    rows = await tx.session.scalars(wanted.order_by(Quarantine.created_at.desc(), Quarantine.id.desc()).limit(limit))
    return list(rows)


async def waiting_by_reason(tx: Tx) -> list[tuple[str, int]]:
    """How many parts of the firm wait for each reason, the commonest first. Index: (tenant_id, created_at)."""
    count = func.count()
    rows = await tx.session.execute(
        select(Quarantine.reason, count)
        .where(Quarantine.tenant_id == tx.tenant_id, Quarantine.replayed_at.is_(None))
        .group_by(Quarantine.reason)
        .order_by(count.desc(), Quarantine.reason)
    )
    return [(reason, number) for reason, number in rows]


async def replay(database: Database, tenant_id: UUID, actor: Actor, quarantine_id: UUID) -> Quarantine:
    """Stores the part as a new receipt and marks it, once: what was replayed already stays as it is.

    A crash between the two stores it again later, which changes nothing: the messages' keys are the dedupe.

    Raises:
        NotFound: not of this firm.
    """
    async with database.tx(tenant_id, actor) as tx:
        # Locked, so that two clicks are one replay.
        parked = await tx.session.get(Quarantine, quarantine_id, with_for_update=True)
        if parked is None or parked.tenant_id != tenant_id:
            raise NotFound
        if parked.replayed_at is not None:
            return parked
        pool = await database.pool(RECEIPTS)
        async with pool.acquire() as connection:
            parked.replayed_receipt_id = await store_again(connection, _again(parked))
        parked.replayed_at = tx.now
        await tx.session.flush()
        tx.wake("receipt")
        tx.emit(QuarantineReplayed(entity_id=quarantine_id))
    return parked


async def replay_reason(database: Database, tenant_id: UUID, actor: Actor, reason: str) -> int:
    """Stores the firm's oldest parts of one reason again, at most REPLAYED_AT_ONCE of them; how many.

    What somebody else is replaying now is left to them. A crash between the two stores them again later, as in `replay`.
    """
    async with database.tx(tenant_id, actor) as tx:
        found = await tx.session.scalars(
            select(Quarantine)
            .where(Quarantine.tenant_id == tenant_id, Quarantine.reason == reason, Quarantine.replayed_at.is_(None))
            .order_by(Quarantine.created_at, Quarantine.id)
            .limit(REPLAYED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        parked = list(found)
        if not parked:
            return 0
        pool = await database.pool(RECEIPTS)
        async with pool.acquire() as connection:
            await store_all_again(connection, [_again(one) for one in parked])
        for one in parked:
            one.replayed_at = tx.now
        await tx.session.flush()
        tx.wake("receipt")
        tx.emit(QuarantineReplayed(detail={"reason": reason, "count": len(parked)}))
    return len(parked)


def _again(parked: Quarantine) -> NewReceipt:
    return NewReceipt(
        kind=parked.kind,
        app_id=parked.app_id,
        channel_id=parked.channel_id,
        body=parked.raw,
        received_at=parked.created_at,
    )


_REPLAY_CHOSEN = """
with taken as (
  update quarantine set replayed_at = now()
   where replayed_at is null and (id::text = $1 or reason = $1)
  returning receipt_id, path, kind, app_id, channel_id, raw, created_at
), stored as (
  insert into receipt (kind, app_id, channel_id, body, received_at)
  select kind, app_id, channel_id, raw, created_at from taken order by receipt_id, path
  returning 1
)
select count(*) from stored
"""


async def replay_chosen(connection: Connection, id_or_reason: str) -> int:
    """For an operator, of any firm or none: queues one part again, or every part with that reason. Gives how many.

    The connection is of ingest's role. What still cannot be stored comes back as a new row.
    """
    count: int = await connection.fetchval(_REPLAY_CHOSEN, id_or_reason)
    return count
