"""Brings in conversations that took place elsewhere or earlier: a move from another system, the sample firms.

Nothing is sent and no screen is told: open ones see it when they load again. The rows are those
that inbound, outbound and lifecycle would have left behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import Sender
from invekto.contacts.facts import Touch, note_first_touch, note_known_since
from invekto.contacts.identities import Known, Writer, resolve_writers
from invekto.conversations.events import ThreadImported
from invekto.conversations.inbound_rows import line_preview
from invekto.conversations.lifecycle import wake_job
from invekto.conversations.row_batches import Values, insert_rows
from invekto.conversations.thread import PREVIEW_LENGTH
from invekto.kernel.ids import uuid7
from invekto.kernel.text import preview
from invekto.kernel.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """A file whose bytes are in the media store already."""

    kind: Literal["image", "video", "audio", "document", "sticker"]
    mime: str
    size: int
    storage_key: str
    name: str | None = None
    voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """One line. `user_id` is its author among our users, `phone` says that the firm wrote it in its own WhatsApp app;
    `reply_to` is the place of an earlier line in the thread. `earlier`: what it said before it was edited, oldest first.

    `quiet` as in adapter.InboundMessage: a reaction, a system line. `status` and the three times belong to outbound lines; `provider_id` is the provider's, so that a later status or
    a repeated webhook finds it.
    """

    at: datetime
    direction: str
    type: str
    text: str | None = None
    payload: Any = None
    user_id: UUID | None = None
    phone: bool = False
    context: dict[str, Any] | None = None
    earlier: Sequence[str] = ()
    edited_at: datetime | None = None
    revoked_at: datetime | None = None
    provider_id: str | None = None
    reply_to: int | None = None
    file: PastFile | None = None
    quiet: bool = False
    status: str | None = None
    error_code: str | None = None
    error_vendor_code: str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastThread:
    """One conversation with its lines in their order. `read_by`: who had read it to its end."""

    channel_id: UUID
    sender: Sender
    lines: Sequence[PastLine]
    window: timedelta | None = None
    status: str = "open"
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    resolved_at: datetime | None = None
    resolved_by_id: UUID | None = None
    snoozed_until: datetime | None = None
    tag_ids: Sequence[UUID] = ()
    read_by: Sequence[UUID] = ()


@dataclass(slots=True)
class _Row:
    """What the lines add up to."""

    conversation_id: UUID
    number: int
    known: Known
    previous_id: UUID | None
    inbound_count: int = 0
    answered_inbound_no: int = 0
    waiting_since: datetime | None = None
    first_response_at: datetime | None = None
    last_inbound_at: datetime | None = None
    shown: tuple[int, PastLine] | None = None
    intervals: list[tuple[UUID, UUID, str, datetime, datetime]] = field(default_factory=list)


async def import_threads(tx: Tx, threads: Sequence[PastThread]) -> list[UUID]:
    """Writes the threads, the older ones of a contact first, and gives their conversations' ids in the same order.

    Raises:
        ValueError: a thread without lines.
        asyncpg.UniqueViolationError: a provider's id that is stored already, or a second conversation of somebody
            who has one that is not resolved.
    """
    if any(not thread.lines for thread in threads):
        raise ValueError("a conversation has at least one line")
    connection = await tx.raw()
    writers = [Writer(tx.tenant_id, thread.channel_id, thread.sender) for thread in threads]
    known = await resolve_writers(connection, writers, tx.now)
    numbers = iter((await take_numbers(connection, "conversation", [tx.tenant_id] * len(threads)))[tx.tenant_id])
    before = await _latest_of(tx, {one.identity_id for one in known})
    pairs: list[tuple[PastThread, _Row]] = []
    messages: list[Values] = []
    files: list[Values] = []
    revisions: list[Values] = []
    for thread, one in zip(threads, known, strict=True):
        row = _Row(uuid7(), next(numbers), one, before.get(one.identity_id))
        before[one.identity_id] = row.conversation_id
        _add_up(tx, thread, row, messages, files, revisions)
        pairs.append((thread, row))
    await insert_rows(connection, "conversation", [_conversation(tx, *pair) for pair in pairs])
    await insert_rows(connection, "message", messages)
    await insert_rows(connection, "attachment", files)
    await insert_rows(connection, "message_revision", revisions)
    await note_first_touch(connection, [touch for pair in pairs for touch in _touches(tx, *pair)])
    await note_known_since(
        connection, [(tx.tenant_id, row.known.contact_id, thread.lines[0].at) for thread, row in pairs]
    )
    await insert_rows(connection, "assignment", [_assignment(tx, *pair) for pair in pairs if pair[0].assignee_id])
    await insert_rows(connection, "answer_interval", (one for pair in pairs for one in _intervals(tx, *pair)))
    await insert_rows(connection, "conversation_tag", (one for pair in pairs for one in _tags(tx, *pair)))
    tx.enqueue(
        *(wake_job(row.conversation_id, at) for thread, row in pairs if (at := thread.snoozed_until) is not None)
    )
    await insert_rows(connection, "conversation_read", (one for pair in pairs for one in _reads(tx, *pair)))
    tx.emit(*(ThreadImported(entity_id=row.conversation_id) for _, row in pairs))
    return [row.conversation_id for _, row in pairs]


# What the lines add up to -----------------------------------------------------------------------------------------


def _add_up(
    tx: Tx, thread: PastThread, row: _Row, messages: list[Values], files: list[Values], revisions: list[Values]
) -> None:
    ids = [uuid7() for _ in thread.lines]
    for place, line in enumerate(thread.lines):
        seq, message_id = place + 1, ids[place]
        if line.direction == "inbound" and not line.quiet:
            row.inbound_count += 1
            row.last_inbound_at = line.at
            row.waiting_since = row.waiting_since or line.at
        if line.direction == "outbound" and line.user_id is not None:
            _answered(row, line, message_id)
        if line.phone:
            # Somebody answered, but nobody whom reports measure: docs/decisions/0025.
            row.waiting_since, row.answered_inbound_no = None, row.inbound_count
        if line.direction != "internal" and not line.quiet:
            row.shown = (seq, line)
        reply_to = None if line.reply_to is None else ids[line.reply_to]
        messages.append(_message(tx, thread, row, line, seq, message_id, reply_to))
        if line.file is not None:
            files.append(_file(tx, thread, line, line.file, message_id))
        if line.edited_at is not None:
            revisions += _revisions(tx, line, message_id)


def _answered(row: _Row, line: PastLine, message_id: UUID) -> None:
    assert line.user_id is not None
    if row.waiting_since is not None:
        kind = "first" if row.first_response_at is None else "next"
        row.intervals.append((message_id, line.user_id, kind, row.waiting_since, line.at))
    row.waiting_since = None
    row.answered_inbound_no = row.inbound_count
    row.first_response_at = row.first_response_at or line.at


def _revisions(tx: Tx, line: PastLine, message_id: UUID) -> Iterable[Values]:
    """The first text stands under no edit's id, the newest is the row's own."""
    assert line.edited_at is not None
    apart = (line.edited_at - line.at) / max(1, len(line.earlier))
    for place, text in enumerate([*line.earlier, line.text]):
        yield {
            "tenant_id": tx.tenant_id,
            "message_id": message_id,
            "provider_id": f"{line.provider_id}.{place}" if place else "",
            "text": text,
            "written_at": line.at + place * apart,
        }


def _touches(tx: Tx, thread: PastThread, row: _Row) -> Iterable[Touch]:
    for line in thread.lines:
        referral = (line.context or {}).get("referral")
        if referral is not None:
            yield Touch(tx.tenant_id, row.known.contact_id, referral, line.at)


async def _latest_of(tx: Tx, identities: set[UUID]) -> dict[UUID, UUID]:
    """The newest conversation of each identity. Index: conversation_identity_idx."""
    found = await tx.fetch(
        "select i.id as identity_id, c.id from unnest($2::uuid[]) as i (id) cross join lateral ("
        "  select id from conversation c where c.tenant_id = $1 and c.identity_id = i.id order by past, number desc limit 1) c",
        tx.tenant_id,
        list(identities),
    )
    return {row["identity_id"]: row["id"] for row in found}


# Rows -------------------------------------------------------------------------------------------------------------


def _conversation(tx: Tx, thread: PastThread, row: _Row) -> Values:
    seq, shown = row.shown or (0, thread.lines[0])
    closes_at = row.last_inbound_at + thread.window if thread.window and row.last_inbound_at else None
    return {
        "tenant_id": tx.tenant_id,
        "id": row.conversation_id,
        "number": row.number,
        "channel_id": thread.channel_id,
        "identity_id": row.known.identity_id,
        "contact_id": row.known.contact_id,
        "team_id": thread.team_id,
        "assignee_id": thread.assignee_id,
        "status": thread.status,
        "version": len(thread.lines),
        "last_seq": len(thread.lines),
        "inbound_count": row.inbound_count,
        "answered_inbound_no": row.answered_inbound_no,
        "last_message_at": shown.at,
        "preview": _preview(shown) if row.shown else "",
        "preview_type": shown.type,
        "preview_direction": shown.direction,
        "preview_status": shown.status,
        "preview_seq": seq,
        "waiting_since": row.waiting_since,
        "first_response_at": row.first_response_at,
        "snoozed_until": thread.snoozed_until,
        "resolved_at": thread.resolved_at,
        "resolved_by_id": thread.resolved_by_id,
        "previous_id": row.previous_id,
        "window_opened_by": None if closes_at is None else "contact_message",
        "window_closes_at": closes_at,
        "created_at": thread.lines[0].at,
    }


def _preview(line: PastLine) -> str:
    if line.direction != "inbound":
        return preview(line.text or "", PREVIEW_LENGTH)
    document = line.file.name if line.file is not None and line.file.kind == "document" else None
    return line_preview(line.type, line.text, line.payload, [document])


def _message(
    tx: Tx, thread: PastThread, row: _Row, line: PastLine, seq: int, message_id: UUID, reply_to: UUID | None
) -> Values:
    return {
        "tenant_id": tx.tenant_id,
        "id": message_id,
        "conversation_id": row.conversation_id,
        "channel_id": thread.channel_id,
        "seq": seq,
        "direction": line.direction,
        "type": line.type,
        "text": line.text,
        "payload": None if line.payload is None else json.dumps(line.payload),
        "status": line.status,
        "error_code": line.error_code,
        "error_vendor_code": line.error_vendor_code,
        "author_kind": _author_kind(line),
        "author_id": line.user_id,
        "provider_id": line.provider_id,
        "reply_to_id": reply_to,
        "context": None if line.context is None else json.dumps(line.context),
        "edited_at": line.edited_at,
        "revoked_at": line.revoked_at,
        "inbound_no": row.inbound_count,
        "provider_at": line.at if line.direction == "inbound" or line.phone else None,
        "created_at": line.at,
        "sent_at": line.sent_at,
        "delivered_at": line.delivered_at,
        "read_at": line.read_at,
    }


def _author_kind(line: PastLine) -> str:
    if line.direction == "inbound":
        return "contact"
    return "phone" if line.phone else "user" if line.user_id else "system"


def _file(tx: Tx, thread: PastThread, line: PastLine, file: PastFile, message_id: UUID) -> Values:
    return {
        "tenant_id": tx.tenant_id,
        "id": uuid7(),
        "message_id": message_id,
        "channel_id": thread.channel_id,
        "uploaded_by_id": line.user_id,
        "kind": file.kind,
        "mime": file.mime,
        "size": file.size,
        "name": file.name,
        "voice": file.voice,
        "storage_key": file.storage_key,
        "state": "stored",
        "created_at": line.at,
    }


def _assignment(tx: Tx, thread: PastThread, row: _Row) -> Values:
    first = next((line for line in thread.lines if line.user_id is not None), thread.lines[0])
    return {
        "tenant_id": tx.tenant_id,
        "id": uuid7(),
        "conversation_id": row.conversation_id,
        "user_id": thread.assignee_id,
        "assigned_by_id": first.user_id,
        "reason": "first_answer" if row.first_response_at else "assigned",
        "started_at": first.at,
    }


def _intervals(tx: Tx, thread: PastThread, row: _Row) -> Iterable[Values]:
    for message_id, user_id, kind, waited_from, answered_at in row.intervals:
        yield {
            "tenant_id": tx.tenant_id,
            "id": uuid7(),
            "conversation_id": row.conversation_id,
            "message_id": message_id,
            "channel_id": thread.channel_id,
            "kind": kind,
            "actor_kind": "user",
            "actor_id": user_id,
            "assignee_id": thread.assignee_id or user_id,
            "team_id": thread.team_id,
            "waited_from": waited_from,
            "answered_at": answered_at,
            "wall_s": max(0, int((answered_at - waited_from).total_seconds())),
        }


def _tags(tx: Tx, thread: PastThread, row: _Row) -> Iterable[Values]:
    for tag_id in thread.tag_ids:
        yield {"tenant_id": tx.tenant_id, "conversation_id": row.conversation_id, "tag_id": tag_id}


def _reads(tx: Tx, thread: PastThread, row: _Row) -> Iterable[Values]:
    for user_id in thread.read_by:
        yield {
            "tenant_id": tx.tenant_id,
            "conversation_id": row.conversation_id,
            "user_id": user_id,
            "seq": len(thread.lines),
            "inbound_no": row.inbound_count,
            "updated_at": thread.lines[-1].at,
        }
