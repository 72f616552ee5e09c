"""What delivery reads and writes: claims of lanes, begun attempts and their outcomes. Each function is one short transaction's part.

Every moment is the database's `now()`, so that workers with different clocks agree on leases. The role is
`invekto_delivery`: it sees every lane, and the rows of the claimed tenants only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection

LEASE_S: Final = 60
"""Longer than any provider call may take: a lease that ran out means a worker that died."""

_SCANNED: Final = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that this worker holds until its lease ends. `held_s`: how long its head has been failing."""

    tenant_id: UUID
    conversation_id: UUID
    channel_id: UUID
    token: UUID
    attempts: int
    held_s: float


# A claimed lane's next_at is the end of its lease: a dead worker's lanes come due by themselves.
# Agents before broadcasts (priority), then turn by turn between the tenants, then the oldest.
_CLAIM = """
with due as (
  select tenant_id, conversation_id, priority, next_at from lane
   where next_at <= now() order by priority, next_at limit $3
), turns as (
  select *, row_number() over (partition by tenant_id, priority order by next_at) as turn from due
), chosen as (
  select l.tenant_id, l.conversation_id
    from (select * from turns order by priority, turn, next_at limit $1) t
    join lane l on l.tenant_id = t.tenant_id and l.conversation_id = t.conversation_id
   where l.next_at <= now()
     for update of l skip locked
)
update lane set lease_token = $2, lease_until = now() + make_interval(secs => $4), next_at = now() + make_interval(secs => $4)
  from chosen
 where lane.tenant_id = chosen.tenant_id and lane.conversation_id = chosen.conversation_id
returning lane.tenant_id, lane.conversation_id, lane.channel_id, lane.attempts,
          coalesce(extract(epoch from now() - lane.held_since), 0)::float8 as held_s
"""


async def claim_lanes(connection: Connection, wanted: int) -> list[Claim]:
    """Up to `wanted` due lanes, ours for LEASE_S. SKIP LOCKED, so workers never wait for each other. Index: lane_due_idx."""
    token = uuid7()
    rows = await connection.fetch(_CLAIM, wanted, token, max(_SCANNED, wanted), float(LEASE_S))
    return [
        Claim(row["tenant_id"], row["conversation_id"], row["channel_id"], token, row["attempts"], row["held_s"])
        for row in rows
    ]


async def next_due_in_s(connection: Connection) -> float | None:
    """Seconds until the next lane comes due, None without lanes."""
    value = await connection.fetchval("select extract(epoch from min(next_at) - now())::float8 from lane")
    return None if value is None else max(0.0, float(value))


async def hold_lane(connection: Connection, claim: Claim) -> float | None:
    """Locks the conversation and then its lane until the commit: the order in which a sender takes them too.

    The seconds that are left of the lease, None when it was lost: somebody else goes on with the lane.
    """
    await connection.execute(
        "select from conversation where tenant_id = $1 and id = $2 for update", claim.tenant_id, claim.conversation_id
    )
    left_s: float | None = await connection.fetchval(
        "select extract(epoch from lease_until - clock_timestamp())::float8 from lane"
        " where tenant_id = $1 and conversation_id = $2 and lease_token = $3 for update",
        claim.tenant_id,
        claim.conversation_id,
        claim.token,
    )
    return left_s


async def renew_lease(connection: Connection, claim: Claim) -> None:
    """The lane is ours for LEASE_S from now. The caller holds it."""
    await connection.execute(
        "update lane set lease_until = clock_timestamp() + make_interval(secs => $3),"
        " next_at = clock_timestamp() + make_interval(secs => $3) where tenant_id = $1 and conversation_id = $2",
        claim.tenant_id,
        claim.conversation_id,
        float(LEASE_S),
    )


_HEAD = """
select o.id as outbox_id, m.id, m.conversation_id, m.seq, m.type, m.text, m.payload, m.provider_part, m.status, m.author_kind,
       reply.provider_id as reply_to_provider_id,
       h.kind, h.provider, h.credentials, h.status as channel_status,
       (select count(*) from attempt a where a.tenant_id = m.tenant_id and a.message_id = m.id) as attempts,
       exists (select from attempt a
                where a.tenant_id = m.tenant_id and a.message_id = m.id and a.finished_at is null) as interrupted,
       (select array_agg(x.scheme || ':' || x.value order by x.scheme, x.value) from identity_address x
         where x.tenant_id = c.tenant_id and x.identity_id = c.identity_id and x.channel_id = c.channel_id) as addresses
  from outbox o
  join message m on m.tenant_id = o.tenant_id and m.id = o.message_id
  join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
  join channel h on h.tenant_id = m.tenant_id and h.id = m.channel_id
  left join message reply on reply.tenant_id = m.tenant_id and reply.id = m.reply_to_id
 where o.tenant_id = $1 and o.conversation_id = $2
 order by o.id limit 1
"""


async def head_of(connection: Connection, claim: Claim) -> asyncpg.Record | None:
    """The lane's first message with what a send needs, None when the lane is empty. Index: outbox by conversation."""
    return await connection.fetchrow(_HEAD, claim.tenant_id, claim.conversation_id)


async def attachments_of(connection: Connection, tenant_id: UUID, message_id: UUID) -> list[asyncpg.Record]:
    return await connection.fetch(
        "select kind, mime, name, size, voice, storage_key from attachment"
        " where tenant_id = $1 and message_id = $2 order by position",
        tenant_id,
        message_id,
    )


async def begin_attempt(
    connection: Connection, claim: Claim, message_id: UUID, attempt_id: UUID, number: int, run_id: UUID | None
) -> None:
    """Writes down that the provider is about to be asked. Found unfinished later, it means: the outcome is unknown, unless
    the notes of `run_id` prove that nobody was asked."""
    await connection.execute(
        "insert into attempt (tenant_id, id, message_id, number, started_at, run_id) values ($1, $2, $3, $4, now(), $5)",
        claim.tenant_id,
        attempt_id,
        message_id,
        number,
        run_id,
    )


async def unfinished_attempts(connection: Connection, claim: Claim, message_id: UUID) -> list[asyncpg.Record]:
    """Those that were begun and have no outcome."""
    return await connection.fetch(
        "select id, run_id from attempt where tenant_id = $1 and message_id = $2 and finished_at is null",
        claim.tenant_id,
        message_id,
    )


async def take_back(connection: Connection, claim: Claim, attempt_id: UUID) -> None:
    """Forgets an attempt that was never used. Whether it is there nobody knows whose commit was not answered."""
    await connection.execute(
        "delete from attempt where tenant_id = $1 and id = $2 and finished_at is null", claim.tenant_id, attempt_id
    )


async def finish_attempts(
    connection: Connection, claim: Claim, message_id: UUID, outcome: str, vendor_code: str | None, detail: str | None
) -> None:
    await connection.execute(
        "update attempt set finished_at = now(), outcome = $3, vendor_code = $4, detail = $5"
        " where tenant_id = $1 and message_id = $2 and finished_at is null",
        claim.tenant_id,
        message_id,
        outcome,
        vendor_code,
        detail,
    )


async def finish_attempt(
    connection: Connection, claim: Claim, attempt_id: UUID, outcome: str, vendor_code: str | None, detail: str | None
) -> None:
    """The same for one attempt, even if it has been called unknown."""
    await connection.execute(
        "update attempt set finished_at = now(), outcome = $3, vendor_code = $4, detail = $5"
        " where tenant_id = $1 and id = $2",
        claim.tenant_id,
        attempt_id,
        outcome,
        vendor_code,
        detail,
    )


async def is_queued(connection: Connection, claim: Claim, message_id: UUID) -> bool:
    """Whether the message is still in its lane."""
    found = await connection.fetchval(
        "select 1 from outbox where tenant_id = $1 and message_id = $2", claim.tenant_id, message_id
    )
    return found is not None


# Forward only: a status that came before our own record of the send stays.
_SETTLE = """
with changed as (
  update message m
     set status = case
           when $3 = 'sending' and m.status = 'queued' then 'sending'
           when $3 = 'sent' and m.status in ('queued', 'sending', 'unknown') then 'sent'
           when $3 = 'unknown' and m.status in ('queued', 'sending') then 'unknown'
           when $3 = 'failed' and m.status in ('queued', 'sending', 'unknown') then 'failed'
           else m.status end,
         provider_id = coalesce(m.provider_id, $4),
         sent_at = case when $3 = 'sent' then coalesce(m.sent_at, now()) else m.sent_at end,
         error_code = case when $3 = 'unknown' and m.status in ('queued', 'sending') then $5
                           when $3 = 'failed' and m.status in ('queued', 'sending', 'unknown') then $5
                           when $3 = 'sent' and m.status <> 'failed' then null else m.error_code end,
         error_vendor_code = case when $3 = 'failed' and m.status in ('queued', 'sending', 'unknown') then $6
                                  else m.error_vendor_code end,
         error_detail = case when $3 = 'failed' and m.status in ('queued', 'sending', 'unknown') then $7
                             else m.error_detail end,
         version = m.version + 1
   where m.tenant_id = $1 and m.id = $2
  returning m.tenant_id, m.conversation_id, m.seq, m.status
)
update conversation c
   set preview_status = case when c.preview_seq = changed.seq then changed.status else c.preview_status end,
       version = c.version + 1
  from changed
 where c.tenant_id = changed.tenant_id and c.id = changed.conversation_id
returning changed.status
"""


async def settle(
    connection: Connection,
    claim: Claim,
    message_id: UUID,
    status: str,
    *,
    provider_id: str | None = None,
    error_code: str | None = None,
    vendor_code: str | None = None,
    detail: str | None = None,
) -> str:
    """Moves the message's status forward if that is forward, and the list's preview with it. The status it has now.

    The caller holds the conversation's row: everybody locks it before a message of it.
    """
    now = await connection.fetchval(
        _SETTLE, claim.tenant_id, message_id, status, provider_id, error_code, vendor_code, detail
    )
    assert isinstance(now, str), "the message exists while its outbox row does"
    return now


async def leave_outbox(connection: Connection, claim: Claim, message_id: UUID) -> None:
    await connection.execute("delete from outbox where tenant_id = $1 and message_id = $2", claim.tenant_id, message_id)


async def move_on(connection: Connection, claim: Claim) -> None:
    """The head is settled: the lane is due for its next message, or goes when it is empty.

    The caller holds the lane's lock, so no sender adds to it unseen between the look and the delete.
    """
    left = await connection.fetchval(
        "select exists (select from outbox where tenant_id = $1 and conversation_id = $2)",
        claim.tenant_id,
        claim.conversation_id,
    )
    if left:
        await connection.execute(
            "update lane set lease_token = null, lease_until = null, next_at = now(), attempts = 0, held_since = null"
            " where tenant_id = $1 and conversation_id = $2",
            claim.tenant_id,
            claim.conversation_id,
        )
    else:
        await connection.execute(
            "delete from lane where tenant_id = $1 and conversation_id = $2", claim.tenant_id, claim.conversation_id
        )


async def hold_back(connection: Connection, claim: Claim, seconds: float) -> None:
    """The head failed for a passing reason: the lane waits, in order, and remembers since when."""
    await connection.execute(
        "update lane set lease_token = null, lease_until = null, next_at = now() + make_interval(secs => $3),"
        " attempts = attempts + 1, held_since = coalesce(held_since, now()) where tenant_id = $1 and conversation_id = $2",
        claim.tenant_id,
        claim.conversation_id,
        seconds,
    )


async def held_for_s(connection: Connection, claim: Claim) -> float:
    """How long the head has been failing."""
    value = await connection.fetchval(
        "select coalesce(extract(epoch from now() - held_since), 0)::float8 from lane"
        " where tenant_id = $1 and conversation_id = $2",
        claim.tenant_id,
        claim.conversation_id,
    )
    return float(value or 0)


def addresses(row: asyncpg.Record) -> Sequence[tuple[str, str]]:
    """`scheme:value` pairs of the head's identity."""
    found: Any = row["addresses"] or []
    return [(scheme, value) for scheme, _, value in (pair.partition(":") for pair in found)]
