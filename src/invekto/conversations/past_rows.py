"""The statements of past_messages: each takes a whole batch. Conversations are locked in key order, before their messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from invekto.contacts.facts import note_known_since
from invekto.conversations.inbound_rows import line_preview
from invekto.kernel.tenancy import Connection

Key = tuple[UUID, UUID]
"""(tenant, conversation)."""

FILES_APART_S: Final = 0.25
"""Thousands of old files are fetched one after the other, so that a file of today does not wait behind them."""
_WINDOW: Final = timedelta(hours=24)


async def lock_past(connection: Connection, identities: Sequence[tuple[UUID, UUID]]) -> Mapping[UUID, asyncpg.Record]:
    """The past conversations of (tenant, identity), by identity. Index: conversation_one_past_key."""
    found = await connection.fetch(
        "select c.id, c.identity_id, c.last_seq from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, identity_id)"
        " join conversation c on c.tenant_id = wanted.tenant_id and c.identity_id = wanted.identity_id and c.past"
        " order by c.tenant_id, c.id for update of c",
        [tenant for tenant, _ in identities],
        [identity for _, identity in identities],
    )
    return {row["identity_id"]: row for row in found}


# A place is free only when its line has left it, so the lines that move go below zero first.
_AWAY: Final = -1_000_000_000
_LEAVE = f"""
update message m set seq = {_AWAY} - x.place
  from (select m.tenant_id, m.id, m.seq,
               row_number() over (partition by m.tenant_id, m.conversation_id
                                      order by coalesce(m.provider_at, m.created_at), m.id) as place
          from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, conversation_id)
          join message m on m.tenant_id = wanted.tenant_id and m.conversation_id = wanted.conversation_id) x
 where m.tenant_id = x.tenant_id and m.id = x.id and x.seq <> x.place
"""  # noqa: S608  # a number of this file
_ARRIVE = f"""
update message m set seq = {_AWAY} - m.seq, version = m.version + 1
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, conversation_id)
 where m.tenant_id = wanted.tenant_id and m.conversation_id = wanted.conversation_id and m.seq < {_AWAY}
"""  # noqa: S608  # as above


async def put_in_order(connection: Connection, conversations: Sequence[Key]) -> None:
    """Numbers the lines of these locked conversations by the provider's time; only those that move are written."""
    if not conversations:
        return
    tenants, ids = _columns(conversations)
    await connection.execute(_LEAVE, tenants, ids)
    await connection.execute(_ARRIVE, tenants, ids)


async def put_before_others(connection: Connection, conversations: Sequence[Key]) -> None:
    """The first live conversation of each person follows on their past one. Index: conversation_identity_idx."""
    if not conversations:
        return
    await connection.execute(
        "update conversation c set previous_id = p.id, version = c.version + 1"
        " from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)"
        " join conversation p on p.tenant_id = wanted.tenant_id and p.id = wanted.id"
        " where c.tenant_id = p.tenant_id and c.identity_id = p.identity_id and not c.past and c.previous_id is null",
        *_columns(conversations),
    )


_FILL = """
with wanted as (
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
         as x (tenant_id, channel_id, provider_id, type, text, payload)
), target as (
  select m.tenant_id, m.id, m.conversation_id, wanted.provider_id, wanted.type, wanted.text, wanted.payload
    from wanted
    join message m on m.tenant_id = wanted.tenant_id and m.channel_id = wanted.channel_id
         and m.provider_id = wanted.provider_id
   where m.type = 'unsupported' and m.raw ->> 'type' = 'media_placeholder'
), held as (
  select c.tenant_id, c.id, c.past from conversation c
   where (c.tenant_id, c.id) in (select tenant_id, conversation_id from target)
   order by c.tenant_id, c.id for update
)
update message m
   set type = target.type, text = target.text, payload = target.payload, raw = null, version = m.version + 1
  from target join held on held.tenant_id = target.tenant_id and held.id = target.conversation_id
 where m.tenant_id = target.tenant_id and m.id = target.id
returning m.tenant_id, m.id, m.conversation_id, m.channel_id, m.provider_id, held.past
"""


async def fill_placeholders(connection: Connection, contents: Sequence[tuple[Any, ...]]) -> list[asyncpg.Record]:
    """Puts (tenant, channel, provider id, type, text, payload) where only a placeholder stands; what was put.

    Index: message_tenant_id_channel_id_provider_id_key.
    """
    return await connection.fetch(_FILL, *(list(column) for column in zip(*contents, strict=True)))


_NEWEST = """
select c.tenant_id, c.id, ends.lines, ends.first_at, ends.last_at, ends.heard_at,
       m.seq, m.type, m.text, m.payload::text as payload, m.direction, m.status, m.at, m.documents
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
  join conversation c on c.tenant_id = wanted.tenant_id and c.id = wanted.id
 cross join lateral (
   select count(*) as lines, min(coalesce(x.provider_at, x.created_at)) as first_at,
          max(coalesce(x.provider_at, x.created_at)) as last_at,
          max(x.provider_at) filter (where x.direction = 'inbound' and x.type not in ('reaction', 'system')) as heard_at
     from message x where x.tenant_id = c.tenant_id and x.conversation_id = c.id) ends
  left join lateral (
   select x.seq, x.type, x.text, x.payload, x.direction, x.status, coalesce(x.provider_at, x.created_at) as at,
          (select array_agg(f.name order by f.position) from attachment f
            where f.tenant_id = x.tenant_id and f.message_id = x.id and f.kind = 'document') as documents
     from message x
    where x.tenant_id = c.tenant_id and x.conversation_id = c.id and x.direction <> 'internal'
      and x.type not in ('reaction', 'system')
    order by x.seq desc limit 1) m on true
"""
_SUM_UP = """
update conversation c
   set last_seq = x.lines, created_at = least(c.created_at, x.first_at), resolved_at = x.last_at, last_message_at = x.at,
       preview = x.preview, preview_type = x.type, preview_direction = x.direction, preview_status = x.status,
       preview_seq = x.seq, window_closes_at = x.closes_at,
       window_opened_by = case when x.closes_at is not null then 'contact_message' end, version = c.version + 1
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::bigint[], $12::timestamptz[])
       as x (tenant_id, id, lines, first_at, last_at, at, preview, type, direction, status, seq, closes_at)
 where c.tenant_id = x.tenant_id and c.id = x.id
returning c.tenant_id, c.contact_id, c.created_at
"""


async def sum_up(connection: Connection, conversations: Iterable[Key]) -> None:
    """What the lists show of these locked conversations, from the lines that they have now; their people are as old."""
    wanted = sorted(set(conversations))
    if not wanted:
        return
    found = await connection.fetch(_NEWEST, *_columns(wanted))
    summed = await connection.fetch(
        _SUM_UP,
        [row["tenant_id"] for row in found],
        [row["id"] for row in found],
        [row["lines"] for row in found],
        [row["first_at"] for row in found],
        [row["last_at"] for row in found],
        [row["at"] or row["last_at"] for row in found],
        [_preview(row) for row in found],
        [row["type"] or "text" for row in found],
        [row["direction"] or "inbound" for row in found],
        [row["status"] for row in found],
        [row["seq"] or 0 for row in found],
        [None if row["heard_at"] is None else row["heard_at"] + _WINDOW for row in found],
    )
    await note_known_since(connection, [(row["tenant_id"], row["contact_id"], row["created_at"]) for row in summed])


def _preview(row: asyncpg.Record) -> str:
    if row["type"] is None:
        return ""
    payload = None if row["payload"] is None else json.loads(row["payload"])
    return line_preview(row["type"], row["text"], payload, row["documents"] or ())


def _columns(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [tenant for tenant, _ in keys], [id_ for _, id_ in keys]
