"""What we sent comes back as if the firm had written it on its phone, before our own record of the send names it.

The line that was sent stays, the one of the echo gives way: it is dismissed, and loses the provider's id. The other order
needs nothing: an echo whose id is known is a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from invekto.kernel.tenancy import Connection

Sent = tuple[UUID, UUID, UUID, str]
"""(tenant, channel, message, provider id)."""

# Reports that moved the echo are applied again, to the message. By the provider's key, and message_answering_idx.
_YIELD = """
with given as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as w (tenant_id, channel_id, message_id, provider_id)
), doubled as (
  update message e set provider_id = null, text = null, payload = null, dismissed_at = now(), version = e.version + 1
    from given
   where e.tenant_id = given.tenant_id and e.channel_id = given.channel_id and e.provider_id = given.provider_id
     and e.id <> given.message_id and e.author_kind = 'phone'
  returning e.tenant_id, e.channel_id, e.id, e.conversation_id, e.seq, given.message_id, given.provider_id
), answers as (
  update message r set reply_to_id = doubled.message_id, version = r.version + 1
    from doubled
   where r.tenant_id = doubled.tenant_id and r.channel_id = doubled.channel_id
     and r.reply_to_provider_id = doubled.provider_id and r.reply_to_id = doubled.id
), reports as (
  update delivery_update d set applied_at = null
    from doubled
   where d.tenant_id = doubled.tenant_id and d.channel_id = doubled.channel_id and d.provider_id = doubled.provider_id
), shown as (
  update conversation c set preview_seq = m.seq, preview_status = m.status, version = c.version + 1
    from doubled join message m on m.tenant_id = doubled.tenant_id and m.id = doubled.message_id
   where c.tenant_id = doubled.tenant_id and c.id = doubled.conversation_id and c.id = m.conversation_id
     and c.preview_seq = doubled.seq
)
select tenant_id, conversation_id, id as message_id from doubled
"""


async def yield_to_sends(connection: Connection, sent: Sequence[Sent]) -> list[tuple[UUID, UUID, UUID]]:
    """Frees the provider ids of these messages from their echoes; (tenant, conversation, message) of the lines that are gone.

    The caller holds the messages' conversations, gives the messages their ids next, and then applies their reports.
    """
    if not sent:
        return []
    rows = await connection.fetch(_YIELD, *(list(column) for column in zip(*sent, strict=True)))
    return [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]
