"""Whether a channel's provider works at all: failures in a row open the channel's circuit, one answer closes it.

While it is open one message at a time is tried (pacing), at growing distances; the others wait without being asked, so that a
provider that is away, or that lets every call hang, takes no worker's time from the other channels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from invekto.channels.models import ChannelPace
from invekto.channels.pacing import FIRST_REST_S, OPENS_AT
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

# A failure while it is open is a probe's, or was under way before: the rest was lengthened when the probe began.
_FAILED = """
update channel_pace
   set failing_since = coalesce(failing_since, now()), failures = failures + 1,
       paused_until = case when failures + 1 < $3 then paused_until
                           else greatest(paused_until, now() + make_interval(secs => $4)) end
 where tenant_id = $1 and channel_id = $2 and failures < $3
returning failures
"""
_ANSWERED = """
with answered as (
  select p.tenant_id, p.channel_id, p.failures from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, channel_id)
    join channel_pace p on p.tenant_id = w.tenant_id and p.channel_id = w.channel_id
   where p.failures > 0
   order by p.tenant_id, p.channel_id
     for update of p
)
update channel_pace p
   set failures = 0, failing_since = null,
       paused_until = case when answered.failures >= $3 then null else p.paused_until end
  from answered
 where p.tenant_id = answered.tenant_id and p.channel_id = answered.channel_id
returning p.tenant_id, p.channel_id, answered.failures >= $3 as was_open
"""


@dataclass(frozen=True, slots=True)
class Circuit:
    """`failures` in a row since `since`. `open`: only one message at a time is tried, the next one at `again_at`."""

    failures: int
    open: bool
    since: datetime
    again_at: datetime | None


async def note_failure(connection: Connection, tenant_id: UUID, channel_id: UUID) -> bool:
    """The provider failed to answer, or to work. Whether that has opened the circuit. Locks the channel's pace."""
    failures = await connection.fetchval(_FAILED, tenant_id, channel_id, OPENS_AT, FIRST_REST_S)
    return bool(failures == OPENS_AT)


async def note_answers(connection: Connection, channels: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """The providers of these (tenant, channel) answered: nothing is wrong with them. Those whose circuit this closes.

    Locks the channels' paces in key order.
    """
    pairs = sorted(channels)
    keys = [tenant for tenant, _ in pairs], [channel for _, channel in pairs]
    rows = await connection.fetch(_ANSWERED, *keys, OPENS_AT)
    return [(row["tenant_id"], row["channel_id"]) for row in rows if row["was_open"]]


async def circuit_of(tx: Tx, channel_id: UUID) -> Circuit | None:
    """None while the provider answers. By primary key."""
    row = (
        await tx.session.execute(
            select(ChannelPace.failures, ChannelPace.failing_since, ChannelPace.paused_until).where(
                ChannelPace.tenant_id == tx.tenant_id, ChannelPace.channel_id == channel_id, ChannelPace.failures > 0
            )
        )
    ).one_or_none()
    if row is None or row.failing_since is None:
        return None
    is_open = row.failures >= OPENS_AT
    return Circuit(min(row.failures, OPENS_AT), is_open, row.failing_since, row.paused_until if is_open else None)
