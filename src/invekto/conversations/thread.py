"""Adds lines to a thread. The only place that gives out `seq`, under the conversation's row lock, so it is gapless.

Does not decide what may be sent (outbound), nor when a conversation opens (inbound) or closes (lifecycle).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from invekto.conversations.events import MessageAppended
from invekto.kernel.errors import NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.text import preview
from invekto.kernel.tx import Tx

PREVIEW_LENGTH = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What to add. `payload` is the wire's (docs/api.md, Message). Inbound lines come by the batch: see inbound.

    `quiet` as in adapter.InboundMessage: the list does not show it. `preview`: what it shows, where that is not the text.
    `provider_part`: what an adapter is given beyond the payload.
    """

    direction: str
    type: str
    text: str | None = None
    payload: Any = None
    provider_part: Any = None
    preview: str | None = None
    quiet: bool = False
    status: str | None = None
    author_kind: str = "system"
    author_id: UUID | None = None
    client_id: str | None = None
    client_hash: bytes | None = None
    reply_to_id: UUID | None = None
    resend_of_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """A line's place in its thread."""

    id: UUID
    conversation_id: UUID
    seq: int
    created_at: datetime


async def lock_conversation(tx: Tx, conversation_id: UUID) -> asyncpg.Record:
    """The conversation's row, locked until the commit. NotFound for another tenant's.

    Whoever also needs a lane or a contact locks it after this row, never before.
    """
    row = await tx.fetchrow(
        "select * from conversation where tenant_id = $1 and id = $2 for update",
        tx.tenant_id,
        conversation_id,
    )
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


_APPEND = """
with place as (
  update conversation
     set last_seq = last_seq + 1,
         version = version + 1,
         last_message_at = case when $3 then $11 else last_message_at end,
         preview = case when $3 then $4 else preview end,
         preview_type = case when $3 then $6 else preview_type end,
         preview_direction = case when $3 then $5 else preview_direction end,
         preview_status = case when $3 then $9 else preview_status end,
         preview_seq = case when $3 then last_seq + 1 else preview_seq end
   where tenant_id = $1 and id = $2
  returning last_seq, channel_id, inbound_count
)
insert into message (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, payload, status,
                     author_kind, author_id, client_id, client_hash, reply_to_id, resend_of_id, provider_part, inbound_no,
                     created_at)
select $1, $10, $2, place.channel_id, place.last_seq, $5, $6, $7, $8::jsonb, $9, $12, $13, $14, $15, $16, $17, $18::jsonb,
       place.inbound_count, $11
  from place
returning seq
"""


async def append_line(tx: Tx, conversation_id: UUID, line: Line) -> Appended:
    """Adds one line and emits MessageAppended. The caller holds the row by `lock_conversation`.

    Notes, activity and quiet lines leave preview and order of the list as they are: they are not the talk.
    """
    message_id = uuid7()
    shown = line.direction != "internal" and not line.quiet
    row = await tx.fetchrow(
        _APPEND,
        tx.tenant_id,
        conversation_id,
        shown,
        preview(line.preview or line.text or "", PREVIEW_LENGTH),
        line.direction,
        line.type,
        line.text,
        None if line.payload is None else json.dumps(line.payload),
        line.status,
        message_id,
        tx.now,
        line.author_kind,
        line.author_id,
        line.client_id,
        line.client_hash,
        line.reply_to_id,
        line.resend_of_id,
        None if line.provider_part is None else json.dumps(line.provider_part),
    )
    if row is None:
        raise NotFound
    tx.emit(MessageAppended(conversation_id=conversation_id, message_id=message_id))
    return Appended(message_id, conversation_id, row["seq"], tx.now)


async def append_activity(tx: Tx, conversation_id: UUID, action: str, **names: Any) -> Appended:
    """A system line (`assigned`, `resolved` ...). `names` are what the client's sentence needs, ids as strings."""
    return await append_line(
        tx,
        conversation_id,
        Line(
            direction="internal",
            type="activity",
            payload={"action": action, **names},
            author_kind="user" if tx.actor.kind == "user" else "system",
            author_id=tx.actor.id,
        ),
    )
