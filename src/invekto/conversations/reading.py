"""How far each user has read. Never touches the conversation's own row: reading is not a change for the others."""

from __future__ import annotations

from uuid import UUID

from invekto.conversations.events import ConversationSeen
from invekto.conversations.outbound import request_read_receipt
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import unread_count
from invekto.conversations.schemas import ReadState
from invekto.kernel.errors import NotFound
from invekto.kernel.tx import Tx

# One statement, so that two screens of one user cannot interleave a look and a write: the row's own lock orders them.
_MARK = """
with at as (
  select least($4, c.last_seq) as seq, c.inbound_count, c.answered_inbound_no, c.assignee_id, c.team_id,
         coalesce((select m.inbound_no from message m
                    where m.tenant_id = $1 and m.conversation_id = $3 and m.seq <= $4
                    order by m.seq desc limit 1), 0) as inbound_no
    from conversation c where c.tenant_id = $1 and c.id = $3
), marked as (
  insert into conversation_read as r (tenant_id, conversation_id, user_id, seq, inbound_no, updated_at)
  select $1, $3, $2, at.seq, at.inbound_no, $6 from at
      on conflict (tenant_id, conversation_id, user_id) do update
     set seq = excluded.seq, inbound_no = excluded.inbound_no, updated_at = excluded.updated_at
   where excluded.seq > r.seq or ($5 and excluded.seq < r.seq)
  returning seq, inbound_no
)
select at.inbound_count, at.answered_inbound_no, at.assignee_id, at.team_id, marked.seq as marked_seq,
       coalesce(marked.seq, held.seq, 0) as seq,
       coalesce(marked.inbound_no, held.inbound_no) as read_inbound_no
  from at
  left join marked on true
  left join conversation_read held on held.tenant_id = $1 and held.conversation_id = $3 and held.user_id = $2
"""


async def mark_read(tx: Tx, viewer: Viewer, conversation_id: UUID, seq: int, *, lower: bool) -> ReadState:
    """Moves the viewer's mark up to `seq`; with `lower` also down, which marks unread again.

    The assignee's reading asks for the provider's read receipt; nobody else's does. NotFound when hidden.
    """
    row = await tx.fetchrow(_MARK, tx.tenant_id, viewer.user_id, conversation_id, seq, lower, tx.now)
    if row is None or not viewer.sees(row["assignee_id"], row["team_id"]):
        raise NotFound
    if row["marked_seq"] is not None:
        tx.emit(ConversationSeen(conversation_id=conversation_id, user_id=viewer.user_id))
        if not lower and row["assignee_id"] == viewer.user_id:
            await request_read_receipt(tx, conversation_id, row["seq"])
    return {"read_seq": row["seq"], "unread": unread_count(row, row["read_inbound_no"])}
