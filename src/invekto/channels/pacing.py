"""How fast a channel may send: a token bucket in a row, drawn from when lanes are claimed, so that every worker shares it.

The same row holds the channel's circuit: whether its provider works at all (see circuits). All times are the database's:
workers' clocks may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from invekto.channels.outgoing import Capabilities
from invekto.kernel.tenancy import Connection

OPENS_AT: Final = 5
"""So many failures of the provider in a row open a channel's circuit."""
FIRST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 60.0

# One statement for many channels: refill each by the time that passed without a pause, take what is there, say what was taken.
_TAKE = """
with held as (
  select p.tenant_id, p.channel_id, p.paused_until, p.failures, w.wanted, w.burst, w.rate,
         least(w.burst, p.tokens + w.rate * greatest(0, extract(epoch from now() - greatest(p.refilled_at, p.paused_until))::float8))
           as tokens
    from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::float8[], $5::float8[])
           as w (tenant_id, channel_id, wanted, burst, rate)
    join channel_pace p on p.tenant_id = w.tenant_id and p.channel_id = w.channel_id
   order by p.tenant_id, p.channel_id
     for update of p
), taken as (
  select held.*,
         case when paused_until > now() then 0
              when failures >= $6 then least(wanted, 1)
              else least(wanted, floor(tokens)) end as granted,
         -- The n-th probe of an open circuit is followed by a rest twice as long, a quarter of it at random.
         case when failures >= $6 and not coalesce(paused_until > now(), false)
              then least($8::float8, $7::float8 * 2 ^ least(failures - $6 + 1, 10)) * (0.75 + random() / 4) end as rest_s
    from held
)
update channel_pace pace
   set tokens = greatest(0, taken.tokens - taken.granted), rate_per_s = taken.rate, burst = taken.burst, refilled_at = now(),
       failures = case when taken.rest_s is null then pace.failures else pace.failures + 1 end,
       paused_until = case when taken.rest_s is null then pace.paused_until
                           else now() + make_interval(secs => taken.rest_s) end
  from taken
 where pace.tenant_id = taken.tenant_id and pace.channel_id = taken.channel_id
returning taken.channel_id, taken.granted::int as granted, taken.failures,
          case when taken.rest_s is not null then taken.rest_s
               when taken.paused_until > now() then extract(epoch from taken.paused_until - now())::float8
               else greatest(0.02, (1 - (taken.tokens - taken.granted)) / taken.rate) end as again_in_s
"""
_MAKE = """
insert into channel_pace (tenant_id, channel_id, tokens, burst, rate_per_s, refilled_at)
select t, c, b, b, r, now() from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::float8[]) as w (t, c, b, r) order by t, c
on conflict (tenant_id, channel_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """So many sends on one channel."""

    tenant_id: UUID
    channel_id: UUID
    wanted: int
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Grant:
    """`granted` of the wanted sends may start now; the others not before `again_in_s` seconds.

    `failures`: of the provider in a row, before this draw; from OPENS_AT on the circuit is open and a granted send is a probe.
    """

    granted: int
    again_in_s: float
    failures: int

    @property
    def open(self) -> bool:
        return self.failures >= OPENS_AT


async def take_tokens(connection: Connection, wishes: Sequence[Wish]) -> dict[UUID, Grant]:
    """Draws from the channels' buckets, at most what is wished; nothing from one that is paused, one probe at a time from
    one whose circuit is open. By channel.

    Locks the channels' rows in key order until the commit: workers that claim the same channel at once take turns here.
    """
    grants = await _take(connection, wishes)
    fresh = [wish for wish in wishes if wish.channel_id not in grants]
    if fresh:
        # The first send of these channels. A statement cannot update what it has inserted itself.
        await connection.execute(
            _MAKE,
            [wish.tenant_id for wish in fresh],
            [wish.channel_id for wish in fresh],
            [wish.capabilities.burst for wish in fresh],
            [wish.capabilities.rate_per_s for wish in fresh],
        )
        grants |= await _take(connection, fresh)
    return grants


async def _take(connection: Connection, wishes: Sequence[Wish]) -> dict[UUID, Grant]:
    rows = await connection.fetch(
        _TAKE,
        [wish.tenant_id for wish in wishes],
        [wish.channel_id for wish in wishes],
        [float(wish.wanted) for wish in wishes],
        [wish.capabilities.burst for wish in wishes],
        [wish.capabilities.rate_per_s for wish in wishes],
        OPENS_AT,
        FIRST_REST_S,
        LONGEST_REST_S,
    )
    return {row["channel_id"]: Grant(row["granted"], row["again_in_s"], row["failures"]) for row in rows}


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
