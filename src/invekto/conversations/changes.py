"""What the other side does to a message after it was written: edits, revokes, reacts, takes a reaction back. Set-based.

Every order of arrival ends in the same state: a change waits for its message, and the provider's time decides between two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from invekto.channels.adapter import MessageEdited, MessageRevoked, ReactionRemoved
from invekto.conversations.inbound_rows import json_text
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable

if TYPE_CHECKING:
    from invekto.conversations.received import Incoming

Change: TypeAlias = MessageEdited | MessageRevoked | ReactionRemoved
Key: TypeAlias = tuple[UUID, UUID, str]
"""(tenant, channel, provider id of a message)."""
Changed: TypeAlias = tuple[UUID, UUID, UUID]
"""(tenant, conversation, message)."""

_KINDS = {MessageEdited: "edited", MessageRevoked: "revoked", ReactionRemoved: "reaction_removed"}


async def keep_changes(connection: Connection, changes: Sequence[Incoming], now: datetime) -> None:
    """Every change once, by its own id; it is applied when its message is there."""
    events = [one.event for one in changes if isinstance(one.event, Change)]
    await connection.execute(
        "insert into message_change (tenant_id, channel_id, provider_id, target_provider_id, kind, from_phone, text,"
        " payload, occurred_at, received_at) select *, $10 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[],"
        " $5::text[], $6::bool[], $7::text[], $8::jsonb[], $9::timestamptz[]) on conflict do nothing",
        [one.tenant_id for one in changes],
        [one.channel_id for one in changes],
        [event.provider_id for event in events],
        [event.target_provider_id for event in events],
        [_KINDS[type(event)] for event in events],
        [event.from_phone for event in events],
        [
            storable(event.text) if isinstance(event, MessageEdited) and event.text is not None else None
            for event in events
        ],
        [json_text(event.payload) if isinstance(event, MessageEdited) else None for event in events],
        [event.occurred_at for event in events],
        now,
    )


# The writer's side must be the message's own: nobody edits what somebody else wrote. Versions are kept whole, so that a late
# older edit finds its place among them; the row holds the newest. The change's own text is dropped once it is a version.
# What was revoked stays in the list's line too: whether it is shown is decided where rows become answers.
_APPLY = r"""
with pending as (
  select c.*, m.id as message_id, m.conversation_id
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, channel_id, provider_id)
    join message_change c on c.tenant_id = wanted.tenant_id and c.channel_id = wanted.channel_id
         and c.target_provider_id = wanted.provider_id
    join message m on m.tenant_id = c.tenant_id and m.channel_id = c.channel_id and m.provider_id = c.target_provider_id
         and m.direction = case when c.from_phone then 'outbound' else 'inbound' end
   where c.applied_at is null and c.kind in ('edited', 'revoked')
), held as (
  select c.tenant_id, c.id from conversation c
   where (c.tenant_id, c.id) in (select tenant_id, conversation_id from pending)
   order by c.tenant_id, c.id for update
), originals as (
  insert into message_revision (tenant_id, message_id, provider_id, text, payload, written_at)
  select distinct m.tenant_id, m.id, '', m.text, m.payload, coalesce(m.provider_at, m.created_at)
    from (select distinct tenant_id, message_id from pending where kind = 'edited') p
    join message m on m.tenant_id = p.tenant_id and m.id = p.message_id
   where m.edited_at is null
  on conflict do nothing
), versions as (
  insert into message_revision (tenant_id, message_id, provider_id, text, payload, written_at)
  select tenant_id, message_id, provider_id, text, payload, occurred_at from pending where kind = 'edited'
  on conflict do nothing
), newest as (
  select distinct on (tenant_id, message_id) tenant_id, message_id, conversation_id, text, payload, occurred_at
    from pending where kind = 'edited'
   order by tenant_id, message_id, occurred_at desc, provider_id desc
), folded as (
  select p.tenant_id, p.message_id, p.conversation_id, min(p.occurred_at) filter (where p.kind = 'revoked') as revoked_at
    from pending p group by 1, 2, 3
), moved as (
  update message m
     set text = case when n.occurred_at >= coalesce(m.edited_at, '-infinity') then n.text else m.text end,
         payload = case when n.occurred_at >= coalesce(m.edited_at, '-infinity') then coalesce(n.payload, m.payload)
                        else m.payload end,
         edited_at = greatest(m.edited_at, n.occurred_at),
         revoked_at = least(m.revoked_at, f.revoked_at),
         version = m.version + 1
    from folded f
    join held on held.tenant_id = f.tenant_id and held.id = f.conversation_id
    left join newest n on n.tenant_id = f.tenant_id and n.message_id = f.message_id
   where m.tenant_id = f.tenant_id and m.id = f.message_id
  returning m.tenant_id, m.id, m.conversation_id, m.seq, m.text, n.occurred_at is not null as edited
), shown as (
  update conversation c
     set version = c.version + 1,
         preview = case when moved.edited then left(regexp_replace(coalesce(moved.text, ''), '\s+', ' ', 'g'), 160)
                        else c.preview end
    from moved
   where c.tenant_id = moved.tenant_id and c.id = moved.conversation_id and c.preview_seq = moved.seq
), marked as (
  update message_change c set applied_at = $4, text = null, payload = null
    from pending
   where c.tenant_id = pending.tenant_id and c.channel_id = pending.channel_id and c.provider_id = pending.provider_id
)
select tenant_id, conversation_id, id as message_id from moved
"""


async def apply_changes(connection: Connection, messages: Iterable[Key], now: datetime) -> list[Changed]:
    """Applies the edits and revocations that wait for these messages. Index: message_change_target_idx."""
    wanted = sorted(set(messages))
    if not wanted:
        return []
    rows = await connection.fetch(_APPLY, *_columns(wanted), now)
    return [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]


# One side has one reaction to a message: the newest by the provider's time, unless it was taken back later than that. A
# replay of an older one finds itself beaten. Ids break a tie, because Meta's times are whole seconds.
_SETTLE = """
update message r set dismissed_at = $4, version = r.version + 1
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, channel_id, provider_id)
 where r.tenant_id = wanted.tenant_id and r.channel_id = wanted.channel_id
   and r.reply_to_provider_id = wanted.provider_id and r.type = 'reaction' and r.dismissed_at is null
   and (exists (select from message n
                 where n.tenant_id = r.tenant_id and n.channel_id = r.channel_id
                   and n.reply_to_provider_id = r.reply_to_provider_id and n.type = 'reaction'
                   and n.direction = r.direction
                   and (coalesce(n.provider_at, n.created_at), n.id) > (coalesce(r.provider_at, r.created_at), r.id))
        or exists (select from message_change x
                    where x.tenant_id = r.tenant_id and x.channel_id = r.channel_id
                      and x.target_provider_id = r.reply_to_provider_id and x.kind = 'reaction_removed'
                      and x.from_phone = (r.direction = 'outbound')
                      and (x.occurred_at, x.received_at) >= (coalesce(r.provider_at, r.created_at), r.created_at)))
returning r.tenant_id, r.conversation_id, r.id as message_id
"""


async def settle_reactions(connection: Connection, messages: Iterable[Key], now: datetime) -> list[Changed]:
    """Dismisses what is no longer the reaction of its side to these messages. Index: message_answering_idx."""
    wanted = sorted(set(messages))
    if not wanted:
        return []
    rows = await connection.fetch(_SETTLE, *_columns(wanted), now)
    return [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]


_LINK = """
update message r set reply_to_id = m.id, version = r.version + 1
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, channel_id, provider_id)
  join message m on m.tenant_id = wanted.tenant_id and m.channel_id = wanted.channel_id
       and m.provider_id = wanted.provider_id
 where r.tenant_id = m.tenant_id and r.channel_id = m.channel_id and r.reply_to_provider_id = m.provider_id
   and r.reply_to_id is null and r.conversation_id = m.conversation_id
returning r.tenant_id, r.conversation_id, r.id as message_id
"""


async def link_answers(connection: Connection, messages: Iterable[Key]) -> list[Changed]:
    """Answers and reactions that came before these messages name them now. Index: message_answering_idx."""
    wanted = sorted(set(messages))
    if not wanted:
        return []
    rows = await connection.fetch(_LINK, *_columns(wanted))
    return [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]


def _columns(keys: Sequence[Key]) -> list[list[UUID] | list[str]]:
    tenants, channels, ids = zip(*keys, strict=True)
    return [list(tenants), list(channels), list(ids)]


async def forget_changes(connection: Connection, older_than: datetime) -> int:
    """Deletes changes that came before `older_than`: no provider repeats itself that late. Gives their number."""
    return int(await connection.fetchval("select forget_message_changes($1)", older_than))
