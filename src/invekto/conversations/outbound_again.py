"""What becomes of a message afterwards: sent again, given up, settled by a person, passed on to other conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias
from uuid import UUID

import asyncpg

from invekto.channels.adapter import resend_helps
from invekto.conversations.events import MessageChanged, MessageDiscarded, MessageSettled
from invekto.conversations.idempotency import content_hash, earlier_line
from invekto.conversations.outbound import queue_locked, send_message
from invekto.conversations.outbound_content import (
    Content,
    InteractiveContent,
    MediaContent,
    ReactionContent,
    TemplateContent,
    TextContent,
    content_of,
)
from invekto.conversations.thread import lock_conversation
from invekto.kernel.errors import Conflict, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import Tx

Row: TypeAlias = asyncpg.Record
Outcome = Literal["sent", "failed"]

SETTLED_BY_HAND: Final = "settled_failed"
"""The error code of a message whose outcome nobody knew, and of which a person said that it did not arrive."""


async def resend(tx: Tx, conversation_id: UUID, message_id: UUID, *, client_id: str) -> UUID:
    """Sends a failed message again as a new one, and dismisses the failed one. The new message's id.

    Raises:
        NotFound: no such message in the conversation.
        Conflict: `message_not_failed`; an `unknown` one may have arrived, so it is never sent again. `resend_useless` when it
            was refused for what it is. What `send_message` raises.
    """
    await lock_conversation(tx, conversation_id)
    again = await tx.fetchrow(
        "select id, resend_of_id from message where tenant_id = $1 and client_id = $2", tx.tenant_id, client_id
    )
    if again is not None:
        if again["resend_of_id"] != message_id:
            raise Conflict("idempotency_key_reused")
        return UUID(str(again["id"]))
    failed = await _failed_message(tx, conversation_id, message_id)
    if not resend_helps(failed["error_code"] or ""):
        raise Conflict("resend_useless")
    content = await _stored_content(tx, failed)
    if content is None:
        raise Conflict("resend_useless")
    await _dismiss(tx, conversation_id, message_id)
    content = await _own_copy(tx, content)
    reply_to_id = None if isinstance(content, ReactionContent) else failed["reply_to_id"]
    new_id = await send_message(tx, conversation_id, content, client_id=client_id, reply_to_id=reply_to_id)
    await tx.execute(
        "update message set resend_of_id = $3 where tenant_id = $1 and id = $2", tx.tenant_id, new_id, message_id
    )
    return new_id


async def discard(tx: Tx, conversation_id: UUID, message_id: UUID) -> None:
    """Gives up a failed message: it leaves the thread, and stays in the history.

    Raises:
        NotFound: no such message in the conversation.
        Conflict: `message_not_failed`.
    """
    await lock_conversation(tx, conversation_id)
    await _failed_message(tx, conversation_id, message_id)
    await _dismiss(tx, conversation_id, message_id)
    tx.emit(MessageDiscarded(conversation_id=conversation_id, message_id=message_id))


_SETTLE = """
with changed as (
  update message
     set status = $4, error_code = $5, error_vendor_code = null, error_detail = null,
         sent_at = case when $4 = 'sent' then coalesce(sent_at, $6) else sent_at end, version = version + 1
   where tenant_id = $1 and conversation_id = $2 and id = $3
  returning tenant_id, conversation_id, seq
)
update conversation c set preview_status = $4, version = c.version + 1
  from changed where c.tenant_id = changed.tenant_id and c.id = changed.conversation_id and c.preview_seq = changed.seq
"""


async def settle(tx: Tx, conversation_id: UUID, message_id: UUID, outcome: Outcome) -> None:
    """A person says what became of a message of unknown outcome; audited. Said `failed`, it may be sent again or given up.

    A report of the provider that comes later still counts for more.

    Raises:
        NotFound: no such message in the conversation.
        Conflict: `message_not_unknown`.
    """
    await lock_conversation(tx, conversation_id)
    row = await _message(tx, conversation_id, message_id)
    if row["status"] != "unknown":
        raise Conflict("message_not_unknown")
    code = SETTLED_BY_HAND if outcome == "failed" else None
    await tx.execute(_SETTLE, tx.tenant_id, conversation_id, message_id, outcome, code, tx.now)
    tx.emit(
        MessageSettled(conversation_id=conversation_id, message_id=message_id, detail={"outcome": outcome}),
        MessageChanged(conversation_id=conversation_id, message_id=message_id),
    )


async def forward(tx: Tx, conversation_id: UUID, message_id: UUID, target_id: UUID, *, client_id: str) -> UUID:
    """Sends what one message says into another conversation; its files are copies on the same bytes. The new message's id.

    The same key again gives the same message. Whether both conversations may be seen is the caller's first question.

    Raises:
        NotFound: no such message or conversation.
        Conflict: `message_not_forwardable` (notes, reactions, what its writer deleted, what we cannot show, files that are not here). What
            `send_message` raises, asked of the target.
        Invalid: the target's channel does not take it.
    """
    target = await lock_conversation(tx, target_id)
    digest = content_hash(tx, target_id, "forward", str(message_id))
    known = await earlier_line(tx, client_id, digest)
    if known is not None:
        return known
    row = await _message(tx, conversation_id, message_id)
    gone = row["direction"] == "internal" or row["revoked_at"] is not None
    content = None if gone else _passed_on(await _stored_content(tx, row), row)
    if content is None:
        raise Conflict("message_not_forwardable")
    return await queue_locked(tx, target, await _own_copy(tx, content), client_id=client_id, digest=digest)


def _passed_on(content: Content | None, row: Row) -> Content | None:
    """Somebody else cannot press what was asked of this person: of controls and templates the words remain."""
    if isinstance(content, ReactionContent):
        return None
    if content is None or isinstance(content, InteractiveContent | TemplateContent):
        return TextContent(row["text"]) if row["type"] in ("interactive", "template", "order") and row["text"] else None
    return content


# Rows -------------------------------------------------------------------------------------------------------------


async def _message(tx: Tx, conversation_id: UUID, message_id: UUID) -> Row:
    row = await tx.fetchrow(
        "select * from message where tenant_id = $1 and id = $2 and conversation_id = $3 for update",
        tx.tenant_id,
        message_id,
        conversation_id,
    )
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


async def _failed_message(tx: Tx, conversation_id: UUID, message_id: UUID) -> Row:
    row = await _message(tx, conversation_id, message_id)
    if row["status"] != "failed" or row["dismissed_at"] is not None:
        raise Conflict("message_not_failed")
    return row


async def _stored_content(tx: Tx, message: Row) -> Content | None:
    file = await tx.fetchrow(
        "select id, voice from attachment where tenant_id = $1 and message_id = $2 and state = 'stored'"
        " order by position limit 1",
        tx.tenant_id,
        message["id"],
    )
    return content_of(message, None if file is None else file["id"], voice=file is not None and file["voice"])


_COPY = """
insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, name, voice, storage_key, state, width, height,
                        animated, duration_s, waveform, thumbnail_key, facts_due_at, created_at)
select tenant_id, $3, $4, kind, mime, size, name, voice, storage_key, state, width, height, animated, duration_s, waveform,
       thumbnail_key, facts_due_at, $5
  from attachment where tenant_id = $1 and id = $2
"""


async def _own_copy(tx: Tx, content: Content) -> Content:
    """A second row on the same stored bytes: the earlier message keeps its own."""
    if isinstance(content, TemplateContent) and content.file is not None:
        file = await _own_copy(tx, content.file)
        assert isinstance(file, MediaContent), "a copy is of the same kind"
        return replace(content, file=file)
    if not isinstance(content, MediaContent):
        return content
    new_id = uuid7()
    await tx.execute(
        _COPY,
        tx.tenant_id,
        content.attachment_id,
        new_id,
        tx.actor.id,
        tx.now,
    )
    return MediaContent(new_id, content.kind, content.caption, content.voice)


async def _dismiss(tx: Tx, conversation_id: UUID, message_id: UUID) -> None:
    await tx.execute(
        "update message set dismissed_at = $3, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        message_id,
        tx.now,
    )
    tx.emit(MessageChanged(conversation_id=conversation_id, message_id=message_id))
