"""How fast a channel may send: a token bucket in a row, drawn from when lanes are claimed, so that every worker shares it.

All times are the database's: workers' clocks may differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from invekto.channels.adapter import Capabilities
from invekto.kernel.tenancy import Connection

# One statement: refill by the time that passed without a pause, take what is there, say what was taken.
_TAKE = """
with made as (
  insert into channel_pace (tenant_id, channel_id, tokens, rate_per_s, burst, refilled_at)
  values ($1, $2, $4, $5, $4, now())
  on conflict (tenant_id, channel_id) do nothing
), held as (
  select tenant_id, channel_id, paused_until,
         least($4, tokens + $5 * greatest(0, extract(epoch from now() - greatest(refilled_at, paused_until))::float8)) as tokens
    from channel_pace where tenant_id = $1 and channel_id = $2
     for update
), taken as (
  select held.*, case when paused_until > now() then 0 else least($3::float8, floor(tokens)) end as granted from held
)
update channel_pace pace
   set tokens = taken.tokens - taken.granted, rate_per_s = $5, burst = $4, refilled_at = now()
  from taken
 where pace.tenant_id = taken.tenant_id and pace.channel_id = taken.channel_id
returning taken.granted::int as granted,
          case when taken.paused_until > now() then extract(epoch from taken.paused_until - now())::float8
               else greatest(0.02, (1 - (taken.tokens - taken.granted)) / $5) end as again_in_s
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """`granted` of the wanted sends may start now; the others not before `again_in_s` seconds."""

    granted: int
    again_in_s: float


async def take_tokens(
    connection: Connection, tenant_id: UUID, channel_id: UUID, wanted: int, capabilities: Capabilities
) -> Grant:
    """Draws up to `wanted` sends from the channel's bucket; none while it is paused.

    Locks the channel's row until the commit: workers that claim the same channel at once take turns here.
    """
    arguments = (tenant_id, channel_id, wanted, capabilities.burst, capabilities.rate_per_s)
    row = await connection.fetchrow(_TAKE, *arguments)
    if row is None:
        # The first send of this channel: the row is made by the statement that could not see it yet.
        row = await connection.fetchrow(_TAKE, *arguments)
    assert row is not None, "the row was made by the statement before"
    return Grant(row["granted"], row["again_in_s"])


async def give_back(connection: Connection, tenant_id: UUID, channel_id: UUID, tokens: int) -> None:
    """Returns draws that were not used."""
    await connection.execute(
        "update channel_pace set tokens = least(burst, tokens + $3) where tenant_id = $1 and channel_id = $2",
        tenant_id,
        channel_id,
        float(tokens),
    )


async def pause_channel(connection: Connection, tenant_id: UUID, channel_id: UUID, seconds: float) -> None:
    """Nothing goes out on the channel for `seconds`: the provider said that we are too fast."""
    await connection.execute(
        "update channel_pace set paused_until = greatest(paused_until, now() + make_interval(secs => $3)), tokens = 0,"
        " refilled_at = now() where tenant_id = $1 and channel_id = $2",
        tenant_id,
        channel_id,
        seconds,
    )
