"""What could not be stored of the webhooks: shown to its firm, and put into the queue again when somebody asks.

Ingest fills it (claims); a replayed part comes back here if it still cannot be stored.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from invekto.channels.events import QuarantineReplayed
from invekto.channels.models import Quarantine
from invekto.channels.receipts import NewReceipt, store_again
from invekto.kernel.db import Database
from invekto.kernel.errors import NotFound
from invekto.kernel.tenancy import RECEIPTS, Connection
from invekto.kernel.tx import Actor, Tx


async def list_quarantine(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[Quarantine]:
    """The firm's parked parts, newest first. Index: (tenant_id, created_at)."""
    wanted = select(Quarantine).where(Quarantine.tenant_id == tx.tenant_id)
    if after is not None:
        wanted = wanted.where(tuple_(Quarantine.created_at, Quarantine.id) < after)
    rows = await tx.session.scalars(wanted.order_by(Quarantine.created_at.desc(), Quarantine.id.desc()).limit(limit))
    return list(rows)


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
        again = NewReceipt(
            kind=parked.kind,
            app_id=parked.app_id,
            channel_id=parked.channel_id,
            body=parked.raw,
            received_at=parked.created_at,
        )
        pool = await database.pool(RECEIPTS)
        async with pool.acquire() as connection:
            parked.replayed_receipt_id = await store_again(connection, again)
        parked.replayed_at = tx.now
        await tx.session.flush()
        tx.wake("receipt")
        tx.emit(QuarantineReplayed(entity_id=quarantine_id))
    return parked


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
