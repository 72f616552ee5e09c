"""The firm's reaction to a message: a newer one takes the place of the one before, and gives it back if it does not get through.

What customers' reactions do: see changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from invekto.conversations.changes import Changed
from invekto.conversations.events import MessageChanged
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

# A firm has one reaction to a message, whoever of its people gave it: so it is at the providers. Index: message_reaction_idx.
_REPLACE = """
update message set dismissed_at = $5, version = version + 1
 where tenant_id = $1 and reply_to_id = $3 and conversation_id = $2 and id <> $4
   and type = 'reaction' and direction = 'outbound' and dismissed_at is null
returning id
"""

# The provider still shows the last one that it took, unless a newer one is on its way or has been taken, or the firm's phone
# took it back. A removal that was taken leaves nothing to show.
_RESTORE = """
with failed as (
  select r.tenant_id, r.channel_id, r.reply_to_id, max(r.seq) as seq
    from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, id)
    join message r on r.tenant_id = w.tenant_id and r.id = w.id
   where r.type = 'reaction' and r.direction = 'outbound' and r.status = 'failed' and r.reply_to_id is not null
   group by r.tenant_id, r.channel_id, r.reply_to_id
), last as (
  select distinct on (o.tenant_id, o.reply_to_id) o.tenant_id, o.id, o.status, o.payload, o.seq, failed.seq as failed_seq,
         o.channel_id, target.provider_id as target, coalesce(o.provider_at, o.sent_at, o.created_at) as given_at
    from failed
    join message o on o.tenant_id = failed.tenant_id and o.reply_to_id = failed.reply_to_id
         and o.type = 'reaction' and o.direction = 'outbound' and o.status <> 'failed'
    join message target on target.tenant_id = o.tenant_id and target.id = o.reply_to_id
   order by o.tenant_id, o.reply_to_id, o.seq desc
)
update message m set dismissed_at = null, version = m.version + 1
  from last
 where m.tenant_id = last.tenant_id and m.id = last.id and m.dismissed_at is not null and last.seq < last.failed_seq
   and last.payload ->> 'emoji' is not null
   and not exists (select from message_change x
                    where x.tenant_id = last.tenant_id and x.channel_id = last.channel_id
                      and x.target_provider_id = last.target and x.kind = 'reaction_removed' and x.from_phone
                      and x.occurred_at >= last.given_at)
returning m.tenant_id, m.conversation_id, m.id as message_id
"""


async def replace_reaction(tx: Tx, conversation_id: UUID, to_id: UUID, by_id: UUID) -> None:
    """The firm's reaction to `to_id` is the message `by_id` now; the one before is dismissed."""
    rows = await tx.fetch(_REPLACE, tx.tenant_id, conversation_id, to_id, by_id, tx.now)
    tx.emit(*(MessageChanged(conversation_id=conversation_id, message_id=row["id"]) for row in rows))


async def restore_reactions(connection: Connection, failed: Sequence[tuple[UUID, UUID]]) -> list[Changed]:
    """Those of the messages `failed` = (tenant, id) that are reactions and did not get through give back what they replaced.
    What shows again, as (tenant, conversation, message)."""
    if not failed:
        return []
    tenants, ids = zip(*sorted(set(failed)), strict=True)
    rows = await connection.fetch(_RESTORE, list(tenants), list(ids))
    return [(row["tenant_id"], row["conversation_id"], row["message_id"]) for row in rows]
