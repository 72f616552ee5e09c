"""The one door out: checks what may be sent, writes it as queued, and puts it into its conversation's lane.

Agents, flows, broadcasts and the API all come through `send_message`. Calls no provider: see delivery. The kinds of content:
outbound_content. What becomes of a message afterwards (again, elsewhere, given up): outbound_again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from invekto.channels.outgoing import Capabilities, MediaRule
from invekto.channels.registry import capabilities_of
from invekto.conversations.events import ConversationChanged
from invekto.conversations.idempotency import append_keyed, content_hash, earlier_line
from invekto.conversations.lifecycle import assign_locked, reopen_locked
from invekto.conversations.outbound_content import Content, MediaContent, ReactionContent, file_of, shown_in_list
from invekto.conversations.reactions import replace_reaction
from invekto.conversations.thread import Appended, Line, lock_conversation
from invekto.kernel.errors import Conflict, FieldError, Invalid
from invekto.kernel.ids import uuid7
from invekto.kernel.jobs import Job
from invekto.kernel.tx import Tx

Row: TypeAlias = asyncpg.Record

READ_RECEIPT_JOB: Final = "conversations.read_receipt"
"""Its payload is `conversation_id` and `seq`; its handler tells the provider."""
AGENT_PRIORITY: Final = 0


async def send_message(
    tx: Tx, conversation_id: UUID, content: Content, *, client_id: str, reply_to_id: UUID | None = None
) -> UUID:
    """Queues one message and gives its id. The same `client_id` and content give the same id again.

    Assigns an unassigned conversation to the user who writes, and reopens a resolved one; a quiet content (a reaction) does
    neither and answers nobody.

    Raises:
        NotFound: no such conversation.
        Conflict: `idempotency_key_reused`, `window_closed`, `channel_reconnect_needed`, `channel_stopped`,
            `conversation_open_elsewhere`.
        Invalid: too long, empty, of a kind or size that the channel does not take; an attachment that is missing or taken.
    """
    conversation = await lock_conversation(tx, conversation_id)
    digest = content_hash(tx, conversation_id, None if reply_to_id is None else str(reply_to_id), *content.said())
    known = await earlier_line(tx, client_id, digest)
    if known is not None:
        return known
    return await queue_locked(tx, conversation, content, client_id=client_id, digest=digest, reply_to_id=reply_to_id)


async def queue_locked(
    tx: Tx, conversation: Row, content: Content, *, client_id: str, digest: bytes, reply_to_id: UUID | None = None
) -> UUID:
    """As `send_message`, for a caller that holds the conversation's row and has asked for its key. `digest`: what that stands for."""
    conversation_id: UUID = conversation["id"]
    can = await _check_allowed(tx, conversation, content)
    if isinstance(content, ReactionContent):
        await _check_reaction(tx, conversation_id, content, can)
        reply_to_id = content.to_id
    else:
        await _check_reply(tx, conversation_id, reply_to_id, can)
        await _take_over(tx, conversation)
    placed = await _append(tx, conversation_id, content, client_id=client_id, digest=digest, reply_to_id=reply_to_id)
    file = file_of(content)
    if file is not None:
        await _bind_attachment(tx, file, placed.id)
    if isinstance(content, ReactionContent):
        await replace_reaction(tx, conversation_id, content.to_id, placed.id)
    await _put_in_lane(tx, conversation, placed.id)
    if tx.actor.kind == "user" and not content.quiet:
        await _note_answer(tx, conversation, placed)
    tx.emit(ConversationChanged(conversation_id=conversation_id))
    return placed.id


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


async def _check_allowed(tx: Tx, conversation: Row, content: Content) -> Capabilities:
    """Raises instead of dropping: whoever sends learns why it cannot go out. Gives what the channel can do."""
    channel = await tx.fetchrow(
        "select kind, provider, status from channel where tenant_id = $1 and id = $2",
        tx.tenant_id,
        conversation["channel_id"],
    )
    assert channel is not None, "a foreign key holds it"
    if channel["status"] == "reconnect_needed":
        raise Conflict("channel_reconnect_needed")
    if channel["status"] == "paused":
        raise Conflict("channel_stopped")
    can = capabilities_of(channel["kind"], channel["provider"])
    closes_at: datetime | None = conversation["window_closes_at"]
    if content.free_form and can.service_window_s is not None and (closes_at is None or closes_at <= tx.now):
        raise Conflict("window_closed")
    file = file_of(content)
    if file is not None:
        await _check_attachment(tx, file, can)
    elif content.type not in can.kinds:
        raise Invalid(fields=[FieldError("type", "not_a_choice")])
    problems = list(content.problems(can))
    if problems:
        bounds = [problem.max for problem in problems if problem.max is not None]
        raise Invalid(
            params={"max": bounds[0]} if bounds else None,
            fields=[FieldError(problem.path, problem.code) for problem in problems],
        )
    return can


async def _check_attachment(tx: Tx, content: MediaContent, can: Capabilities) -> None:
    row = await tx.fetchrow(
        "select mime, size, state, message_id, canned_reply_id, uploaded_by_id, width, height, animated from attachment"
        " where tenant_id = $1 and id = $2 for update",
        tx.tenant_id,
        content.attachment_id,
    )
    mine = row is not None and row["uploaded_by_id"] == tx.actor.id
    # A canned reply's own file is copied before it is sent: see canned_files.
    taken = row is not None and (row["message_id"] is not None or row["canned_reply_id"] is not None)
    if row is None or not mine or taken or row["state"] != "stored":
        raise Invalid(fields=[FieldError("attachment_id", "not_found")])
    rule = can.media.get(content.kind) if content.kind in can.kinds else None
    if content.voice and not (can.voice and content.kind == "audio"):
        raise Invalid(fields=[FieldError("voice", "not_a_choice")])
    # What a browser recorded becomes a voice note on its way out, whatever it is in now: see voice_notes.
    recorded = content.voice and row["mime"].startswith("audio/")
    if rule is None or (rule.mimes and row["mime"] not in rule.mimes and not recorded):
        raise Invalid(params={"mime": row["mime"]}, fields=[FieldError("attachment_id", "type_refused")])
    if row["size"] > rule.max_bytes:
        raise Invalid(params={"max_bytes": rule.max_bytes}, fields=[FieldError("attachment_id", "too_large")])
    _check_picture(row, rule)


def _check_picture(row: Row, rule: MediaRule) -> None:
    """What a sticker must be. Of files from before these were known only the size is: the adapter looks into them."""
    side, size = rule.side_px, (row["width"], row["height"])
    if side is not None and None not in size and size != (side, side):
        params = {"side_px": side, "width": size[0], "height": size[1]}
        raise Invalid("sticker_size", params=params, fields=[FieldError("attachment_id", "out_of_range")])
    if rule.still_max_bytes is not None and row["animated"] is False and row["size"] > rule.still_max_bytes:
        params = {"max_bytes": rule.still_max_bytes, "max_kb": rule.still_max_bytes >> 10}
        raise Invalid("sticker_too_large", params=params, fields=[FieldError("attachment_id", "too_large")])


async def _check_reply(tx: Tx, conversation_id: UUID, reply_to_id: UUID | None, can: Capabilities) -> None:
    if reply_to_id is None:
        return
    quoted = await _talk(tx, conversation_id, reply_to_id)
    if quoted is None:
        raise Invalid(fields=[FieldError("reply_to_id", "not_found")])
    if not can.quotes or quoted["direction"] == "internal":
        raise Invalid(fields=[FieldError("reply_to_id", "not_a_choice")])


async def _check_reaction(tx: Tx, conversation_id: UUID, content: ReactionContent, can: Capabilities) -> None:
    about = await _talk(tx, conversation_id, content.to_id)
    if about is None:
        raise Invalid(fields=[FieldError("to_id", "not_found")])
    # What the provider has not taken has no name there yet, and a reaction is nothing to react to.
    if about["provider_id"] is None or about["direction"] == "internal" or about["type"] in ("reaction", "system"):
        raise Invalid(fields=[FieldError("to_id", "not_a_choice")])
    if can.reaction_age_s is not None:
        sent_at: datetime = about["provider_at"] or about["created_at"]
        if sent_at < tx.now - timedelta(seconds=can.reaction_age_s):
            raise Invalid(params={"max": can.reaction_age_s}, fields=[FieldError("to_id", "out_of_range")])


async def _talk(tx: Tx, conversation_id: UUID, message_id: UUID) -> Row | None:
    found: Row | None = await tx.fetchrow(
        "select direction, type, provider_id, provider_at, created_at from message"
        " where tenant_id = $1 and id = $2 and conversation_id = $3",
        tx.tenant_id,
        message_id,
        conversation_id,
    )
    return found


# What is written --------------------------------------------------------------------------------------------------


async def _take_over(tx: Tx, conversation: Row) -> None:
    """Whoever answers has it, and it is open."""
    if conversation["status"] == "resolved":
        await reopen_locked(tx, conversation)
    if conversation["assignee_id"] is None and tx.actor.kind == "user":
        await assign_locked(tx, conversation, tx.actor.id, "first_answer")


async def _append(
    tx: Tx, conversation_id: UUID, content: Content, *, client_id: str, digest: bytes, reply_to_id: UUID | None
) -> Appended:
    line = Line(
        direction="outbound",
        type=content.type,
        text=content.text,
        payload=content.payload,
        provider_part=content.provider_part,
        preview=shown_in_list(content),
        quiet=content.quiet,
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
        "update attachment a set message_id = m.id, channel_id = m.channel_id, kind = $4, voice = a.voice or $5"
        " from message m where a.tenant_id = $1 and a.id = $2 and m.tenant_id = $1 and m.id = $3",
        tx.tenant_id,
        content.attachment_id,
        message_id,
        content.kind,
        content.voice,
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
