"""Applies what providers report about our messages. Forward only; a report that came before its message waits for it.

queued < sending < sent < delivered < read. `failed` ends a message that was not delivered; a late `delivered` may still
follow it. A report that carries our message id settles an `unknown` send.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from invekto.conversations.echoes import Sent, yield_to_sends
from invekto.conversations.reactions import restore_reactions
from invekto.kernel.tenancy import Connection

# What a message becomes by the best of its new reports. Only what stands in the row and in the reports decides, so that every
# order of arrival ends in the same state.
_NEXT = """case
  when best.rank = 3 then 'read'
  when best.rank = 2 and m.status <> 'read' then 'delivered'
  when best.failed and m.status in ('queued', 'sending', 'sent', 'unknown') then 'failed'
  when best.rank = 1 and m.status in ('queued', 'sending', 'unknown') then 'sent'
  else m.status end"""

# $1 tenants, $2 channels, $3 provider ids: apply what is parked for these messages. Every report of one message is folded
# first; rows are locked conversation first, in key order, because a sender holds its conversation while it writes the message.
_APPLY = f"""
with parked as (
  select d.*, m.id as message_id, m.conversation_id
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, channel_id, provider_id)
    join delivery_update d using (tenant_id, channel_id, provider_id)
    join message m on m.tenant_id = d.tenant_id and m.channel_id = d.channel_id and m.direction = 'outbound'
         and m.provider_id = d.provider_id
   where d.applied_at is null
), best as (
  select tenant_id, message_id, conversation_id,
         max(case status when 'sent' then 1 when 'delivered' then 2 when 'read' then 3 else 0 end) as rank,
         min(occurred_at) filter (where status in ('sent', 'delivered', 'read')) as sent_at,
         min(occurred_at) filter (where status in ('delivered', 'read')) as delivered_at,
         min(occurred_at) filter (where status = 'read') as read_at,
         bool_or(status = 'failed') as failed,
         max(error_code) as error_code, max(error_vendor_code) as error_vendor_code, max(error_detail) as error_detail
    from parked
   group by tenant_id, message_id, conversation_id
), held as (
  select c.tenant_id, c.id from conversation c
   where (c.tenant_id, c.id) in (select tenant_id, conversation_id from best)
   order by c.tenant_id, c.id for update
), moved as (
  update message m
     set status = {_NEXT},
         sent_at = least(m.sent_at, best.sent_at),
         delivered_at = least(m.delivered_at, best.delivered_at),
         read_at = least(m.read_at, best.read_at),
         error_code = case when {_NEXT} <> 'failed' then null
                           when m.status = 'failed' then m.error_code else best.error_code end,
         error_vendor_code = case when {_NEXT} <> 'failed' then null
                                  when m.status = 'failed' then m.error_vendor_code else best.error_vendor_code end,
         error_detail = case when {_NEXT} <> 'failed' then null
                             when m.status = 'failed' then m.error_detail else best.error_detail end,
         version = m.version + 1
    from best join held on held.tenant_id = best.tenant_id and held.id = best.conversation_id
   where m.tenant_id = best.tenant_id and m.id = best.message_id
  returning m.tenant_id, m.id, m.conversation_id, m.seq, m.status, m.type
), shown as (
  update conversation c
     set version = c.version + 1, preview_status = moved.status
    from moved
   where c.tenant_id = moved.tenant_id and c.id = moved.conversation_id and c.preview_seq = moved.seq
), marked as (
  update delivery_update d set applied_at = now()
    from parked
   where d.tenant_id = parked.tenant_id and d.channel_id = parked.channel_id
     and d.provider_id = parked.provider_id and d.status = parked.status
)
select tenant_id, conversation_id, id as message_id, status = 'failed' and type = 'reaction' as given_back from moved
"""  # noqa: S608  # constants of this file

# A report that names our message: the provider took it, whether or not its answer reached us. What an echo has taken the
# name of is left, and told.
_BIND = """
with target as (
  select m.tenant_id, m.channel_id, m.id, m.conversation_id, wanted.provider_id,
         exists (select from message e where e.tenant_id = wanted.tenant_id and e.channel_id = wanted.channel_id
                  and e.provider_id = wanted.provider_id) as echoed
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as wanted (tenant_id, channel_id, message_id, provider_id)
    join message m on m.tenant_id = wanted.tenant_id and m.id = wanted.message_id and m.channel_id = wanted.channel_id
   where m.direction = 'outbound' and m.provider_id is null
), held as (
  select c.tenant_id, c.id from conversation c
   where (c.tenant_id, c.id) in (select tenant_id, conversation_id from target)
   order by c.tenant_id, c.id for update
), bound as (
  update message m
     set provider_id = target.provider_id
    from target join held on held.tenant_id = target.tenant_id and held.id = target.conversation_id
   where m.tenant_id = target.tenant_id and m.id = target.id and m.provider_id is null and not target.echoed
)
select tenant_id, channel_id, id, provider_id from target where echoed
"""


async def bind_by_callback(connection: Connection, reports: Sequence[Sent]) -> list[tuple[UUID, UUID, UUID]]:
    """Gives messages without a provider id theirs; what had to give way for that, as `yield_to_sends` does."""
    if not reports:
        return []
    columns = [list(column) for column in zip(*reports, strict=True)]
    echoed: list[Sent] = [
        (row["tenant_id"], row["channel_id"], row["id"], row["provider_id"])
        for row in await connection.fetch(_BIND, *columns)
    ]
    if not echoed:
        return []
    gone = await yield_to_sends(connection, echoed)
    await connection.execute(_BIND, *columns)
    return gone


async def apply_reports(
    connection: Connection, keys: Sequence[tuple[UUID, UUID, str]]
) -> list[tuple[UUID, UUID, UUID]]:
    """Applies every waiting report of the messages `keys` = (tenant, channel, provider id).

    Gives (tenant, conversation, message) of what changed; the caller writes the events. Reports whose message is not
    there stay parked. Index: delivery_update_parked_idx, then the message's provider key.
    """
    if not keys:
        return []
    tenants, channels, provider_ids = zip(*sorted(set(keys)), strict=True)
    rows = await connection.fetch(_APPLY, list(tenants), list(channels), list(provider_ids))
    given_back = [(row["tenant_id"], row["message_id"]) for row in rows if row["given_back"]]
    moved = [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]
    return moved + await restore_reactions(connection, given_back)


async def apply_parked(
    connection: Connection, tenant_id: UUID, channel_id: UUID, provider_ids: Sequence[str]
) -> list[tuple[UUID, UUID, UUID]]:
    """The same for one channel: what was reported before we had recorded the send."""
    return await apply_reports(connection, [(tenant_id, channel_id, provider_id) for provider_id in provider_ids])


async def forget_parked(connection: Connection, older_than: datetime) -> int:
    """Deletes reports from before `older_than` whose message never came; gives their number."""
    return int(await connection.fetchval("select forget_parked_reports($1)", older_than))
