"""The same steps as delivery_rows for many lanes in one statement each: what makes an outbox fast is lanes per transaction.

Locks as everywhere: conversations in key order, then lanes, then channels' buckets. The role is `invekto_delivery`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from invekto.channels.pacing import LONGEST_REST_S
from invekto.conversations.delivery_rows import Claim
from invekto.kernel.tenancy import Connection


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt to write down."""

    claim: Claim
    message_id: UUID
    attempt_id: UUID
    number: int
    run_id: UUID | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that its provider took over."""

    claim: Claim
    message_id: UUID
    provider_id: str


_LOCK = """
select from conversation c
  join unnest($1::uuid[], $2::uuid[]) as w (tenant_id, id) on c.tenant_id = w.tenant_id and c.id = w.id
 order by c.tenant_id, c.id
   for update of c
"""
_HOLD = """
select l.conversation_id, extract(epoch from l.lease_until - clock_timestamp())::float8 as left_s
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as w (tenant_id, conversation_id, token)
  join lane l on l.tenant_id = w.tenant_id and l.conversation_id = w.conversation_id and l.lease_token = w.token
 order by l.tenant_id, l.conversation_id
   for update of l
"""


async def hold_lanes(connection: Connection, claims: Sequence[Claim]) -> Mapping[UUID, float]:
    """Locks the conversations and then those lanes that are still ours; by conversation, the seconds left of the lease."""
    await connection.execute(_LOCK, *_keys(claims))
    rows = await connection.fetch(_HOLD, *_keys(claims), [claim.token for claim in claims])
    return {row["conversation_id"]: row["left_s"] for row in rows}


async def kinds_of(connection: Connection, channels: Sequence[tuple[UUID, UUID]]) -> Mapping[UUID, tuple[str, str]]:
    """Kind and provider of (tenant, channel), by channel. By primary key."""
    rows = await connection.fetch(
        "select h.id, h.kind, h.provider from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, id)"
        " join channel h on h.tenant_id = w.tenant_id and h.id = w.id",
        [tenant for tenant, _ in channels],
        [channel for _, channel in channels],
    )
    return {row["id"]: (row["kind"], row["provider"]) for row in rows}


@dataclass(frozen=True, slots=True)
class PutOff:
    """An untouched lane that comes due after `seconds`. `failing`: because its provider does not work, so its head's patience runs."""

    claim: Claim
    seconds: float
    failing: bool = False


async def release_lanes(connection: Connection, put_off: Sequence[PutOff]) -> None:
    """Gives lanes back. The caller holds them."""
    if not put_off:
        return
    await connection.execute(
        "update lane l set lease_token = null, lease_until = null, next_at = now() + make_interval(secs => w.seconds),"
        " held_since = case when w.failing then coalesce(l.held_since, now()) else l.held_since end"
        " from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::bool[]) as w (tenant_id, conversation_id, seconds, failing)"
        " where l.tenant_id = w.tenant_id and l.conversation_id = w.conversation_id",
        *_keys([one.claim for one in put_off]),
        [one.seconds for one in put_off],
        [one.failing for one in put_off],
    )


# Not what waits for longer than any rest: it has a reason of its own. Skipping what somebody holds: it is under way.
_LET_GO = """
with waiting as (
  select l.tenant_id, l.conversation_id from lane l
    join unnest($1::uuid[], $2::uuid[]) as w (tenant_id, channel_id)
      on l.tenant_id = w.tenant_id and l.channel_id = w.channel_id
   where l.lease_token is null and l.next_at between now() and now() + make_interval(secs => $3)
     for update of l skip locked
)
update lane l set next_at = now(), held_since = case when l.attempts > 0 then l.held_since end from waiting
 where l.tenant_id = waiting.tenant_id and l.conversation_id = waiting.conversation_id
"""


async def let_go(connection: Connection, channels: Sequence[tuple[UUID, UUID]]) -> None:
    """The circuits of these (tenant, channel) are closed: what waited for them is due. Reads the lanes, which are few; waits for nobody."""
    await connection.execute(
        _LET_GO, [tenant for tenant, _ in channels], [channel for _, channel in channels], LONGEST_REST_S
    )


# As delivery_rows' _HEAD. Each probe is fenced by its limit: a planner without statistics must not turn the order around.
_HEADS = """
select w.conversation_id, o.message_id as id, m.type, m.text, m.payload, m.provider_part, m.status,
       reply.provider_id as reply_to_provider_id,
       h.kind, h.provider, h.credentials, h.status as channel_status, tried.attempts, tried.interrupted,
       (select array_agg(x.scheme || ':' || x.value order by x.scheme, x.value) from identity_address x
         where x.tenant_id = w.tenant_id and x.identity_id = c.identity_id and x.channel_id = m.channel_id) as addresses
  from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, conversation_id)
 cross join lateral (
   select x.message_id from outbox x
    where x.tenant_id = w.tenant_id and x.conversation_id = w.conversation_id order by x.id limit 1) o
 cross join lateral (
   select x.type, x.text, x.payload, x.provider_part, x.status, x.channel_id, x.reply_to_id from message x
    where x.tenant_id = w.tenant_id and x.id = o.message_id limit 1) m
 cross join lateral (
   select x.identity_id from conversation x where x.tenant_id = w.tenant_id and x.id = w.conversation_id limit 1) c
 cross join lateral (
   select x.kind, x.provider, x.credentials, x.status from channel x
    where x.tenant_id = w.tenant_id and x.id = m.channel_id limit 1) h
 cross join lateral (
   select count(*) as attempts, coalesce(bool_or(x.finished_at is null), false) as interrupted from attempt x
    where x.tenant_id = w.tenant_id and x.message_id = o.message_id) tried
  left join lateral (
   select x.provider_id from message x where x.tenant_id = w.tenant_id and x.id = m.reply_to_id limit 1) reply on true
"""


async def heads_of(connection: Connection, claims: Sequence[Claim]) -> Mapping[UUID, asyncpg.Record]:
    """The first message of each lane, by conversation; empty lanes are missing."""
    rows = await connection.fetch(_HEADS, *_keys(claims))
    return {row["conversation_id"]: row for row in rows}


_BEGIN = """
with given as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::uuid[])
         as w (tenant_id, conversation_id, message_id, attempt_id, number, run_id)
), begun as (
  insert into attempt (tenant_id, id, message_id, number, started_at, run_id)
  select tenant_id, attempt_id, message_id, number, now(), run_id from given
), changed as (
  update message m
     set status = case when m.status = 'queued' then 'sending' else m.status end, version = m.version + 1
    from given where m.tenant_id = given.tenant_id and m.id = given.message_id
  returning m.tenant_id, m.conversation_id, m.seq, m.status
)
update conversation c
   set preview_status = case when c.preview_seq = changed.seq then changed.status else c.preview_status end,
       version = c.version + 1
  from changed
 where c.tenant_id = changed.tenant_id and c.id = changed.conversation_id
"""


async def begin_attempts(connection: Connection, begun: Sequence[Begun]) -> None:
    """Writes down that the providers are about to be asked. The caller holds the lanes."""
    await connection.execute(
        _BEGIN,
        *_keys([one.claim for one in begun]),
        [one.message_id for one in begun],
        [one.attempt_id for one in begun],
        [one.number for one in begun],
        [one.run_id for one in begun],
    )


# As delivery_rows' _SETTLE for `sent`, with the attempts and the outbox: forward only.
_ACCEPT = """
with given as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as w (tenant_id, conversation_id, message_id, provider_id)
), finished as (
  update attempt a set finished_at = now(), outcome = 'accepted', vendor_code = null, detail = null
    from given where a.tenant_id = given.tenant_id and a.message_id = given.message_id and a.finished_at is null
), gone as (
  delete from outbox o using given where o.tenant_id = given.tenant_id and o.message_id = given.message_id
), changed as (
  update message m
     set status = case when m.status in ('queued', 'sending', 'unknown') then 'sent' else m.status end,
         provider_id = coalesce(m.provider_id, given.provider_id),
         sent_at = coalesce(m.sent_at, now()),
         error_code = case when m.status <> 'failed' then null else m.error_code end,
         version = m.version + 1
    from given where m.tenant_id = given.tenant_id and m.id = given.message_id
  returning m.tenant_id, m.conversation_id, m.seq, m.status
)
update conversation c
   set preview_status = case when c.preview_seq = changed.seq then changed.status else c.preview_status end,
       version = c.version + 1
  from changed
 where c.tenant_id = changed.tenant_id and c.id = changed.conversation_id
"""
_MOVE_ON = """
with given as (
  select w.*, exists (select from outbox o where o.tenant_id = w.tenant_id and o.conversation_id = w.conversation_id) as more
    from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, conversation_id)
), gone as (
  delete from lane l using given
   where not given.more and l.tenant_id = given.tenant_id and l.conversation_id = given.conversation_id
)
update lane l
   set lease_token = null, lease_until = null, next_at = now(), attempts = 0, held_since = null
  from given
 where given.more and l.tenant_id = given.tenant_id and l.conversation_id = given.conversation_id
"""


async def accept(connection: Connection, accepted: Sequence[Accepted]) -> None:
    """Records what the providers took, and moves each lane on to its next message. The caller holds the lanes."""
    claims = [one.claim for one in accepted]
    await connection.execute(
        _ACCEPT, *_keys(claims), [one.message_id for one in accepted], [one.provider_id for one in accepted]
    )
    await connection.execute(_MOVE_ON, *_keys(claims))


def _keys(claims: Sequence[Claim]) -> tuple[list[UUID], list[UUID]]:
    return [claim.tenant_id for claim in claims], [claim.conversation_id for claim in claims]
