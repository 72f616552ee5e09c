"""Takes in what was said on the firm's phone before its number was connected: silent, set-based, in any order, any number of times.

Each person gets one conversation for it, resolved and read, before the live ones (`Conversation.past`). Lines stand in the
provider's time: talks come newest first, so older ones are put before those that are here and `seq` is given anew. No screen
is told; open ones see it when they load again. What is written now comes in by `inbound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import HistoryMessage, InboundMessage
from invekto.channels.claims import channel_teams
from invekto.contacts.identities import Known, Writer, resolve_writers
from invekto.conversations import changes, past_rows
from invekto.conversations import inbound_rows as rows
from invekto.conversations.inbound import Placed, Thread
from invekto.conversations.row_batches import Values, insert_rows
from invekto.conversations.statuses import apply_reports
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message with the channel it was routed to."""

    tenant_id: UUID
    channel_id: UUID
    event: HistoryMessage

    @property
    def message(self) -> InboundMessage:
        return self.event.message

    @property
    def key(self) -> changes.Key:
        return self.tenant_id, self.channel_id, self.message.provider_id


@dataclass(slots=True)
class _Talk:
    """A person's past conversation while lines are added. `made`: it is new, so its lines need not be put between others."""

    known: Known
    thread: Thread
    made: bool
    lines: list[PastMessage] = field(default_factory=list)

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.thread.tenant_id, self.thread.id


async def receive_past(connection: Connection, batch: Sequence[PastMessage], now: datetime) -> set[tuple[UUID, UUID]]:
    """Stores a batch in the caller's transaction, whose role is `invekto_ingest`. A replay changes nothing. Gives the
    conversations, as (tenant, id), that have new lines.

    Raises:
        Raced: somebody made the same identity or conversation at the same moment; run the transaction again.
    """
    first: dict[changes.Key, PastMessage] = {}
    # A file that follows comes under its message's id: in one batch with the placeholder it stands for both.
    for one in batch:
        if one.key not in first or first[one.key].event.placeholder:
            first[one.key] = one
    if not first:
        return set()
    stored, awaited = await rows.stored_keys(connection, sorted(first))
    touched = await _fill_placeholders(connection, [one for key, one in first.items() if key in stored], now)
    fresh = sorted((one for key, one in first.items() if key not in stored), key=lambda one: one.message.sent_at)
    if fresh:
        talks = await _open_talks(connection, fresh, now)
        await _write(connection, talks, now)
        await past_rows.put_in_order(connection, [talk.key for talk in talks if not talk.made])
        about = {
            (one.tenant_id, one.channel_id, target)
            for one in fresh
            if (target := one.message.reply_to_provider_id) is not None
        }
        await changes.link_answers(connection, awaited | about)
        await changes.apply_changes(connection, awaited, now)
        await changes.settle_reactions(connection, awaited | about, now)
        await apply_reports(connection, [one.key for one in fresh if one.message.from_phone])
        await past_rows.put_before_others(connection, [talk.key for talk in talks if talk.made])
        touched |= {talk.key for talk in talks}
    await past_rows.sum_up(connection, touched)
    return touched


# Conversations ----------------------------------------------------------------------------------------------------


async def _open_talks(connection: Connection, fresh: Sequence[PastMessage], now: datetime) -> list[_Talk]:
    """The past conversation of each person, locked in key order; missing ones are made."""
    writers = [Writer(one.tenant_id, one.channel_id, one.message.sender) for one in fresh]
    known = await resolve_writers(connection, writers, now)
    wanted = {person.identity_id: (one, person) for one, person in zip(fresh, known, strict=True)}
    found = await past_rows.lock_past(connection, [(one.tenant_id, identity) for identity, (one, _) in wanted.items()])
    talks: dict[UUID, _Talk] = {}
    for identity, (one, person) in wanted.items():
        row = found.get(identity)
        thread = Thread(
            tenant_id=one.tenant_id,
            id=uuid7() if row is None else row["id"],
            channel_id=one.channel_id,
            last_seq=0 if row is None else row["last_seq"],
            inbound_count=0,
            answered_inbound_no=0,
            status="resolved",
            waiting_since=None,
        )
        talks[identity] = _Talk(person, thread, made=row is None)
    for one, person in zip(fresh, known, strict=True):
        talks[person.identity_id].lines.append(one)
    await _insert_talks(connection, [talk for talk in talks.values() if talk.made])
    return list(talks.values())


async def _insert_talks(connection: Connection, talks: Sequence[_Talk]) -> None:
    if not talks:
        return
    numbers = await take_numbers(connection, "conversation", (talk.thread.tenant_id for talk in talks))
    given = {tenant: iter(values) for tenant, values in numbers.items()}
    teams = await channel_teams(connection, {(talk.thread.tenant_id, talk.thread.channel_id) for talk in talks})
    await insert_rows(
        connection, "conversation", (_conversation(talk, next(given[talk.thread.tenant_id]), teams) for talk in talks)
    )


def _conversation(talk: _Talk, number: int, teams: dict[UUID, UUID | None]) -> Values:
    thread, last = talk.thread, talk.lines[-1].message.sent_at
    return {
        "tenant_id": thread.tenant_id,
        "id": thread.id,
        "number": number,
        "channel_id": thread.channel_id,
        "identity_id": talk.known.identity_id,
        "contact_id": talk.known.contact_id,
        "team_id": teams.get(thread.channel_id),
        "status": "resolved",
        "past": True,
        "resolved_at": last,
        "last_message_at": last,
        "created_at": talk.lines[0].message.sent_at,
    }


# Lines ------------------------------------------------------------------------------------------------------------


async def _write(connection: Connection, talks: Sequence[_Talk], now: datetime) -> None:
    placed: list[tuple[PastMessage, Placed]] = []
    for talk in talks:
        for place, one in enumerate(talk.lines, 1):
            # Below zero nothing is in the way; `put_in_order` finds their place.
            seq = place if talk.made else -place
            placed.append((one, Placed(uuid7(), talk.thread, seq, 0, one.message)))
    await insert_rows(connection, "message", (_line(one, line) for one, line in placed))
    await rows.insert_attachments(connection, [line for _, line in placed], now, apart_s=past_rows.FILES_APART_S)


def _line(one: PastMessage, line: Placed) -> Values:
    message, status = one.message, one.event.status if one.message.from_phone else None
    return {
        "tenant_id": one.tenant_id,
        "id": line.id,
        "conversation_id": line.thread.id,
        "channel_id": one.channel_id,
        "seq": line.seq,
        "direction": "outbound" if message.from_phone else "inbound",
        "type": message.type,
        "text": None if message.text is None else storable(message.text),
        "payload": rows.json_text(message.payload),
        "raw": rows.json_text(message.raw),
        "context": rows.json_text(message.context),
        "status": status,
        "error_code": "provider_rejected" if status == "failed" else None,
        "author_kind": "phone" if message.from_phone else "contact",
        "provider_id": message.provider_id,
        "reply_to_provider_id": message.reply_to_provider_id,
        "provider_at": message.sent_at,
        "created_at": message.sent_at,
        "sent_at": None if status in (None, "failed") else message.sent_at,
    }


async def _fill_placeholders(
    connection: Connection, stored: Iterable[PastMessage], now: datetime
) -> set[tuple[UUID, UUID]]:
    """Files follow under the ids of lines that were told without them. The past conversations they are in, locked."""
    whole = {one.key: one for one in stored if not one.event.placeholder and one.message.attachments}
    if not whole:
        return set()
    contents: list[tuple[Any, ...]] = [
        (
            *key,
            one.message.type,
            None if one.message.text is None else storable(one.message.text),
            rows.json_text(one.message.payload),
        )
        for key, one in sorted(whole.items(), key=lambda pair: pair[0])
    ]
    filled = await past_rows.fill_placeholders(connection, contents)
    threads = [
        Thread(row["tenant_id"], row["conversation_id"], row["channel_id"], 0, 0, 0, "resolved", None) for row in filled
    ]
    placed = [
        Placed(row["id"], thread, 0, 0, whole[row["tenant_id"], row["channel_id"], row["provider_id"]].message)
        for row, thread in zip(filled, threads, strict=True)
    ]
    await rows.insert_attachments(connection, placed, now, apart_s=past_rows.FILES_APART_S)
    return {(row["tenant_id"], row["conversation_id"]) for row in filled if row["past"]}
