"""The one door out: checks what may be sent, writes it as queued, and puts it into its conversation's lane.

Agents, flows, broadcasts and the API all come through `send_message`. Calls no provider: see delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from invekto.channels.adapter import Capabilities
from invekto.channels.registry import capabilities_of
from invekto.conversations.events import ConversationChanged, MessageChanged, MessageDiscarded
from invekto.conversations.idempotency import append_keyed, content_hash, earlier_line
from invekto.conversations.lifecycle import assign_locked, reopen_locked
from invekto.conversations.thread import Appended, Line, lock_conversation
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.jobs import Job
from invekto.kernel.tx import Tx

Row: TypeAlias = asyncpg.Record

READ_RECEIPT_JOB: Final = "conversations.read_receipt"
"""Its payload is `conversation_id` and `seq`; its handler tells the provider."""
MEDIA_KINDS: Final = ("image", "video", "audio", "document")
AGENT_PRIORITY: Final = 0


@dataclass(frozen=True, slots=True)
class TextContent:
    text: str


@dataclass(frozen=True, slots=True)
class MediaContent:
    """An upload (`attachment_id`) sent as `kind`; `caption` may be empty."""

    attachment_id: UUID
    kind: str
    caption: str | None = None


Content: TypeAlias = TextContent | MediaContent


async def send_message(
    tx: Tx, conversation_id: UUID, content: Content, *, client_id: str, reply_to_id: UUID | None = None
) -> UUID:
    """Queues one message and gives its id. The same `client_id` and content give the same id again.

    Assigns an unassigned conversation to the user who writes, and reopens a resolved one.

    Raises:
        NotFound: no such conversation.
        Conflict: `idempotency_key_reused`, `window_closed`, `channel_reconnect_needed`, `conversation_open_elsewhere`.
        Invalid: too long, empty, an attachment that is missing, taken or not allowed on this channel.
    """
    conversation = await lock_conversation(tx, conversation_id)
    digest = content_hash(tx, conversation_id, *_said(content, reply_to_id))
    known = await earlier_line(tx, client_id, digest)
    if known is not None:
        return known
    await _check_allowed(tx, conversation, content)
    await _check_reply(tx, conversation_id, reply_to_id)
    if conversation["status"] == "resolved":
        await reopen_locked(tx, conversation)
    if conversation["assignee_id"] is None and tx.actor.kind == "user":
        await assign_locked(tx, conversation, tx.actor.id, "first_answer")
    placed = await _append(tx, conversation_id, content, client_id=client_id, digest=digest, reply_to_id=reply_to_id)
    if isinstance(content, MediaContent):
        await _bind_attachment(tx, content, placed.id)
    await _put_in_lane(tx, conversation, placed.id)
    if tx.actor.kind == "user":
        await _note_answer(tx, conversation, placed)
    tx.emit(ConversationChanged(conversation_id=conversation_id))
    return placed.id


async def resend(tx: Tx, conversation_id: UUID, message_id: UUID, *, client_id: str) -> UUID:
    """Sends a failed message again as a new one, and dismisses the failed one. The new message's id.

    Raises:
        NotFound: no such message in the conversation.
        Conflict: `message_not_failed`; an `unknown` one may have arrived, so it is never sent again.
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
    content = await _content_of(tx, failed)
    await _dismiss(tx, conversation_id, message_id)
    if isinstance(content, MediaContent):
        content = await _copy_attachment(tx, content)
    new_id = await send_message(tx, conversation_id, content, client_id=client_id, reply_to_id=failed["reply_to_id"])
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


async def request_read_receipt(tx: Tx, conversation_id: UUID, seq: int) -> None:
    """Orders a job that tells the provider that the contact's messages up to `seq` were read."""
    tx.enqueue(
        Job(
            READ_RECEIPT_JOB,
            {"conversation_id": str(conversation_id), "seq": seq},
            dedupe_key=f"read:{conversation_id}:{seq}",
        )
    )


# What may be sent -------------------------------------------------------------------------------------------------


async def _check_allowed(tx: Tx, conversation: Row, content: Content) -> None:
    """Raises instead of dropping: whoever sends learns why it cannot go out."""
    channel = await tx.fetchrow(
        "select kind, provider, status from channel where tenant_id = $1 and id = $2",
        tx.tenant_id,
        conversation["channel_id"],
    )
    assert channel is not None, "a foreign key holds it"
    if channel["status"] == "reconnect_needed":
        raise Conflict("channel_reconnect_needed")
    capabilities = capabilities_of(channel["kind"], channel["provider"])
    closes_at: datetime | None = conversation["window_closes_at"]
    if capabilities.service_window_s is not None and (closes_at is None or closes_at <= tx.now):
        raise Conflict("window_closed")
    if isinstance(content, TextContent):
        _check_text("text", content.text, capabilities.text_max, required=True)
    else:
        _check_text("text", content.caption or "", capabilities.caption_max, required=False)
        await _check_attachment(tx, content, capabilities)


def _check_text(path: str, text: str, longest: int, *, required: bool) -> None:
    if required and not text.strip():
        raise Invalid(fields=[FieldError(path, "required")])
    if len(text) > longest:
        raise Invalid(params={"max": longest}, fields=[FieldError(path, "too_long")])


async def _check_attachment(tx: Tx, content: MediaContent, capabilities: Capabilities) -> None:
    row = await tx.fetchrow(
        "select mime, size, state, message_id, uploaded_by_id from attachment where tenant_id = $1 and id = $2 for update",
        tx.tenant_id,
        content.attachment_id,
    )
    mine = row is not None and row["uploaded_by_id"] == tx.actor.id
    if row is None or not mine or row["message_id"] is not None or row["state"] != "stored":
        raise Invalid(fields=[FieldError("attachment_id", "not_found")])
    rule = capabilities.media.get(content.kind) if content.kind in MEDIA_KINDS else None
    if rule is None or (rule.mimes and row["mime"] not in rule.mimes):
        raise Invalid(params={"mime": row["mime"]}, fields=[FieldError("attachment_id", "type_refused")])
    if row["size"] > rule.max_bytes:
        raise Invalid(params={"max_bytes": rule.max_bytes}, fields=[FieldError("attachment_id", "too_large")])


async def _check_reply(tx: Tx, conversation_id: UUID, reply_to_id: UUID | None) -> None:
    if reply_to_id is None:
        return
    found = await tx.fetchrow(
        "select 1 from message where tenant_id = $1 and id = $2 and conversation_id = $3",
        tx.tenant_id,
        reply_to_id,
        conversation_id,
    )
    if found is None:
        raise Invalid(fields=[FieldError("reply_to_id", "not_found")])


def _said(content: Content, reply_to_id: UUID | None) -> list[str | None]:
    """What makes two sends of one conversation with one key the same."""
    reply = None if reply_to_id is None else str(reply_to_id)
    if isinstance(content, TextContent):
        return [reply, "text", content.text]
    return [reply, content.kind, str(content.attachment_id), content.caption]


# What is written --------------------------------------------------------------------------------------------------


async def _append(
    tx: Tx, conversation_id: UUID, content: Content, *, client_id: str, digest: bytes, reply_to_id: UUID | None
) -> Appended:
    line = Line(
        direction="outbound",
        type="text" if isinstance(content, TextContent) else content.kind,
        text=content.text if isinstance(content, TextContent) else content.caption or None,
        status="queued",
        author_kind="user" if tx.actor.kind == "user" else "system",
        author_id=tx.actor.id,
        client_id=client_id,
        client_hash=digest,
        reply_to_id=reply_to_id,
    )
    return await append_keyed(tx, conversation_id, line)


async def _bind_attachment(tx: Tx, content: MediaContent, message_id: UUID) -> None:
    await tx.execute(
        "update attachment a set message_id = m.id, channel_id = m.channel_id, kind = $4"
        " from message m where a.tenant_id = $1 and a.id = $2 and m.tenant_id = $1 and m.id = $3",
        tx.tenant_id,
        content.attachment_id,
        message_id,
        content.kind,
    )


async def _put_in_lane(tx: Tx, conversation: Row, message_id: UUID) -> None:
    """One conversation, one lane: its head goes first. A lane that holds a failing head keeps its times."""
    await tx.execute(
        "insert into outbox (tenant_id, message_id, conversation_id, channel_id, created_at) values ($1, $2, $3, $4, $5)",
        tx.tenant_id,
        message_id,
        conversation["id"],
        conversation["channel_id"],
        tx.now,
    )
    # next_at is the database's clock: leases and claims compare with it alone.
    await tx.execute(
        "insert into lane (tenant_id, conversation_id, channel_id, priority, next_at) values ($1, $2, $3, $4, now())"
        " on conflict (tenant_id, conversation_id) do update set priority = least(lane.priority, excluded.priority)",
        tx.tenant_id,
        conversation["id"],
        conversation["channel_id"],
        AGENT_PRIORITY,
    )
    tx.wake("outbox")


async def _note_answer(tx: Tx, conversation: Row, placed: Appended) -> None:
    """A person answered: nobody waits any more, and how long they waited is kept for reports."""
    waited_from: datetime | None = conversation["waiting_since"]
    await tx.execute(
        "update conversation set waiting_since = null, answered_inbound_no = inbound_count,"
        " first_response_at = coalesce(first_response_at, $3) where tenant_id = $1 and id = $2",
        tx.tenant_id,
        conversation["id"],
        tx.now,
    )
    if waited_from is None:
        return
    await tx.execute(
        "insert into answer_interval (tenant_id, id, conversation_id, message_id, channel_id, kind, actor_kind, actor_id,"
        " assignee_id, team_id, waited_from, answered_at, wall_s, business_s)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, null)",
        tx.tenant_id,
        uuid7(),
        conversation["id"],
        placed.id,
        conversation["channel_id"],
        "first" if conversation["first_response_at"] is None else "next",
        tx.actor.kind,
        tx.actor.id,
        conversation["assignee_id"] or tx.actor.id,
        conversation["team_id"],
        waited_from,
        tx.now,
        max(0, int((tx.now - waited_from).total_seconds())),
    )


# A failed message -------------------------------------------------------------------------------------------------


async def _failed_message(tx: Tx, conversation_id: UUID, message_id: UUID) -> asyncpg.Record:
    row = await tx.fetchrow(
        "select * from message where tenant_id = $1 and id = $2 and conversation_id = $3 for update",
        tx.tenant_id,
        message_id,
        conversation_id,
    )
    if row is None:
        raise NotFound
    if row["status"] != "failed" or row["dismissed_at"] is not None:
        raise Conflict("message_not_failed")
    assert isinstance(row, asyncpg.Record)
    return row


async def _content_of(tx: Tx, message: Row) -> Content:
    if message["type"] == "text":
        return TextContent(message["text"] or "")
    row = await tx.fetchrow(
        "select id from attachment where tenant_id = $1 and message_id = $2 order by position limit 1",
        tx.tenant_id,
        message["id"],
    )
    if row is None:
        raise Conflict("message_not_failed")
    return MediaContent(row["id"], message["type"], message["text"])


async def _copy_attachment(tx: Tx, content: MediaContent) -> MediaContent:
    """A second row on the same stored bytes: the failed message keeps its own in the history."""
    new_id = uuid7()
    await tx.execute(
        "insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, name, voice, storage_key, state, created_at)"
        " select tenant_id, $3, $4, kind, mime, size, name, voice, storage_key, state, $5"
        " from attachment where tenant_id = $1 and id = $2",
        tx.tenant_id,
        content.attachment_id,
        new_id,
        tx.actor.id,
        tx.now,
    )
    return MediaContent(new_id, content.kind, content.caption)


async def _dismiss(tx: Tx, conversation_id: UUID, message_id: UUID) -> None:
    await tx.execute(
        "update message set dismissed_at = $3, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        message_id,
        tx.now,
    )
    tx.emit(MessageChanged(conversation_id=conversation_id, message_id=message_id))
