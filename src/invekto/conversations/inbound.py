"""Stores what people wrote: finds them, opens or wakes their conversation, appends the messages. One batch, set-based.

Read `receive_messages` from top to bottom. It is the only door for what is written now; what was written in the past comes
in by `history`. The unique key (tenant, channel, provider id) is the only dedupe, so a replay changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from invekto.channels.adapter import AddressChanged, DeliveryReport, InboundMessage, PreferenceChanged
from invekto.channels.claims import channel_teams, note_inbound
from invekto.contacts.facts import Touch, move_addresses, note_consent, note_first_touch
from invekto.contacts.identities import Known, Writer, follow_profiles, resolve_writers
from invekto.conversations import changes
from invekto.conversations import inbound_rows as rows
from invekto.conversations.consequences import Refused, follow_refusals
from invekto.conversations.events import ConversationAssigned, ConversationChanged, MessageAppended, MessageChanged
from invekto.conversations.received import Incoming, line_of, message_of
from invekto.conversations.statuses import apply_reports, bind_by_callback
from invekto.conversations.thanks import is_lone_thanks
from invekto.kernel.audit import insert_audit
from invekto.kernel.events import Event, insert_events
from invekto.kernel.ids import parse_uuid, uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import storable
from invekto.kernel.tx import SYSTEM

REOPEN_WITHIN: Final = timedelta(hours=24)


@dataclass(slots=True)
class Thread:
    """A conversation while the batch adds to it. Its row is locked, so `last_seq` cannot move under us.

    `gone_assignee`: the name of an assignee who may not sign in any more. `unheard`: nothing was said in it yet, only
    reactions and the like. `phoned`: the firm wrote in it from its own WhatsApp app.
    """

    tenant_id: UUID
    id: UUID
    channel_id: UUID
    last_seq: int
    inbound_count: int
    answered_inbound_no: int
    status: str
    waiting_since: datetime | None
    unheard: bool = False
    thanked_at: datetime | None = None
    assignee_id: UUID | None = None
    gone_assignee: str | None = None
    opened: bool = False
    phoned: bool = False
    lines: list[Placed] = field(default_factory=list)


@dataclass(slots=True)
class Placed:
    """A message with its place. Activity lines have no `message`."""

    id: UUID
    thread: Thread
    seq: int
    inbound_no: int
    message: InboundMessage | None
    action: str | None = None


async def receive_messages(connection: Connection, batch: Sequence[Incoming], now: datetime) -> None:
    """Stores a batch in the caller's transaction, whose role is `invekto_ingest` and whose tenants are the batch's.

    `now` is the time of arrival; sample data and imports give their own past. Orders of the batch are kept.

    Raises:
        Raced: somebody made the same identity or conversation at the same moment; run the transaction again.
        asyncpg.PostgresError: the database refuses an event; the caller finds which one by halves.
    """
    messages = [told for one in batch if (told := line_of(one)) is not None]
    reports = [one for one in batch if isinstance(one.event, DeliveryReport)]
    changed_ones = [one for one in batch if isinstance(one.event, changes.Change)]
    events: list[tuple[UUID, Event]] = []
    fresh, awaited = await _not_stored_yet(connection, messages)
    moved: list[changes.Changed] = []
    if fresh:
        known = await resolve_writers(connection, [_writer(one) for one in fresh], now)
        threads = await _open_threads(connection, fresh, known, now)
        # After the conversations: whoever renames a contact locks them in this order too.
        changed = await _follow_profiles(connection, fresh, known, now)
        placed = [_place(one, threads[person.identity_id], now) for one, person in zip(fresh, known, strict=True)]
        await rows.insert_lines(connection, list(_all_lines(threads)), now)
        await rows.insert_attachments(connection, placed, now)
        await rows.update_threads(connection, [thread for thread in threads.values() if thread.lines], now)
        events += await _give_back(connection, threads.values(), now)
        await note_inbound(connection, {(one.tenant_id, one.channel_id) for one in fresh}, now)
        changed |= await _note_people(connection, fresh, known, now)
        events += _facts(threads.values())
        events += await _contact_facts(connection, changed, threads)
        moved += await changes.link_answers(connection, awaited)
    if changed_ones:
        await changes.keep_changes(connection, changed_ones, now)
    targets = {_target(one) for one in changed_ones}
    moved += await changes.apply_changes(connection, awaited | targets, now)
    moved += await changes.settle_reactions(connection, targets | _reacted_to(fresh), now)
    events += _moved(moved)
    events += await _apply_reports(connection, reports, now, _keys(one for one in fresh if message_of(one).from_phone))
    if events:
        await connection.execute(*insert_events(events, now))


# Who and where ----------------------------------------------------------------------------------------------------


def _writer(one: Incoming) -> Writer:
    return Writer(one.tenant_id, one.channel_id, message_of(one).sender)


async def _not_stored_yet(
    connection: Connection, messages: Sequence[Incoming]
) -> tuple[list[Incoming], set[changes.Key]]:
    """Without replays: they must neither reopen a conversation nor make an empty one. Once per key inside the batch.

    Besides, for which of them an answer or a change came before.
    """
    first: dict[changes.Key, Incoming] = {}
    for one in messages:
        first.setdefault((one.tenant_id, one.channel_id, message_of(one).provider_id), one)
    stored, awaited = await rows.stored_keys(connection, sorted(first))
    return [one for key, one in first.items() if key not in stored], awaited


def _keys(incoming: Iterable[Incoming]) -> list[changes.Key]:
    return [(one.tenant_id, one.channel_id, message_of(one).provider_id) for one in incoming]


def _target(one: Incoming) -> changes.Key:
    assert isinstance(one.event, changes.Change)
    return one.tenant_id, one.channel_id, one.event.target_provider_id


def _reacted_to(fresh: Iterable[Incoming]) -> set[changes.Key]:
    return {
        (one.tenant_id, one.channel_id, about)
        for one in fresh
        if message_of(one).type == "reaction" and (about := message_of(one).reply_to_provider_id) is not None
    }


async def _note_people(
    connection: Connection, fresh: Sequence[Incoming], known: Sequence[Known], now: datetime
) -> set[UUID]:
    """Where they came from, what they wish, how they are reached now. The contacts whose number changed."""
    pairs = list(zip(fresh, known, strict=True))
    touches = [
        Touch(one.tenant_id, person.contact_id, referral, message_of(one).sent_at)
        for one, person in pairs
        if (referral := (message_of(one).context or {}).get("referral")) is not None
    ]
    await note_first_touch(connection, touches)
    said = [(one.tenant_id, person, one.cause) for one, person in pairs if isinstance(one.cause, PreferenceChanged)]
    await note_consent(connection, said, now)
    moves = [
        (one.tenant_id, one.channel_id, person, one.cause)
        for one, person in pairs
        if isinstance(one.cause, AddressChanged)
    ]
    return await move_addresses(connection, moves, now)


async def _follow_profiles(
    connection: Connection, fresh: Sequence[Incoming], known: Sequence[Known], now: datetime
) -> set[UUID]:
    seen = [(one.tenant_id, person, message_of(one).sender) for one, person in zip(fresh, known, strict=True)]
    return await follow_profiles(connection, seen, now)


async def _open_threads(
    connection: Connection, fresh: Sequence[Incoming], known: Sequence[Known], now: datetime
) -> dict[UUID, Thread]:
    """The conversation of each identity, locked in key order: the open one, the one resolved lately, or a new one."""
    wanted = {person.identity_id: one for one, person in zip(fresh, known, strict=True)}
    loud = {person.identity_id for one, person in zip(fresh, known, strict=True) if not _is_quiet(one)}
    latest = await rows.lock_latest(connection, [(one.tenant_id, identity) for identity, one in wanted.items()])
    threads: dict[UUID, Thread] = {}
    missing: list[rows.NewConversation] = []
    contacts = {person.identity_id: person.contact_id for person in known}
    teams = await channel_teams(connection, {(one.tenant_id, one.channel_id) for one in fresh})
    for identity_id, one in wanted.items():
        row = latest.get(identity_id)
        # A reaction or an edit belongs to what is there, however long ago that was resolved.
        stays = row is not None and (identity_id not in loud or row["status"] != "resolved")
        if row is not None and (stays or _may_reopen(row, now)):
            threads[identity_id] = _wake(row)
            continue
        missing.append(
            rows.NewConversation(
                tenant_id=one.tenant_id,
                id=uuid7(),
                channel_id=one.channel_id,
                identity_id=identity_id,
                contact_id=contacts[identity_id],
                team_id=teams.get(one.channel_id),
                previous_id=None if row is None else row["id"],
                quiet=identity_id not in loud,
            )
        )
    await rows.insert_conversations(connection, missing, now)
    for new in missing:
        threads[new.identity_id] = Thread(
            new.tenant_id, new.id, new.channel_id, 0, 0, 0, status="new", waiting_since=None
        )
    return threads


def _may_reopen(row: asyncpg.Record, now: datetime) -> bool:
    """Resolved a moment ago. What was said on the phone before the number came here is over."""
    resolved_at: datetime = row["resolved_at"]
    return not row["past"] and resolved_at > now - REOPEN_WITHIN


def _wake(row: asyncpg.Record) -> Thread:
    return Thread(
        tenant_id=row["tenant_id"],
        id=row["id"],
        channel_id=row["channel_id"],
        last_seq=row["last_seq"],
        inbound_count=row["inbound_count"],
        answered_inbound_no=row["answered_inbound_no"],
        status=row["status"],
        unheard=row["preview_seq"] == 0,
        waiting_since=row["waiting_since"],
        thanked_at=row["thanked_at"],
        assignee_id=row["assignee_id"],
        gone_assignee=row["gone_assignee"],
    )


def _is_quiet(one: Incoming) -> bool:
    return message_of(one).quiet or message_of(one).from_phone


# The lines --------------------------------------------------------------------------------------------------------


def _place(one: Incoming, thread: Thread, now: datetime) -> Placed:
    """Gives the message its `seq`, after a line that says why the conversation is open again."""
    assert isinstance(one.event, InboundMessage)
    message = one.event
    if message.quiet:
        return _add(thread, message, None)
    if message.from_phone:
        return _add_from_phone(thread, message)
    if thread.status in ("resolved", "snoozed") and not thread.unheard:
        _add(thread, None, "reopened" if thread.status == "resolved" else "woken")
        if thread.status == "resolved":
            thread.thanked_at = now if is_lone_thanks(message) else None
    elif thread.thanked_at is not None and not is_lone_thanks(message):
        # More than a thank-you came: somebody waits after all.
        thread.thanked_at = None
    if thread.gone_assignee is not None and not thread.opened:
        # Who had it may not sign in any more: it goes back to the queue.
        _add(thread, None, "unassigned")
    thread.status = "open"
    thread.opened = True
    thread.inbound_count += 1
    if thread.thanked_at is None and thread.waiting_since is None:
        thread.waiting_since = min(message.sent_at, now)
    return _add(thread, message, None)


def _add_from_phone(thread: Thread, message: InboundMessage) -> Placed:
    """A person of the firm answered on the phone: nobody waits any more, unless the contact wrote again after it."""
    if thread.waiting_since is not None and message.sent_at >= thread.waiting_since:
        thread.waiting_since = None
        thread.answered_inbound_no = thread.inbound_count
    thread.phoned = True
    return _add(thread, message, None)


def _add(thread: Thread, message: InboundMessage | None, action: str | None) -> Placed:
    thread.last_seq += 1
    placed = Placed(uuid7(), thread, thread.last_seq, thread.inbound_count, message, action)
    thread.lines.append(placed)
    return placed


async def _give_back(connection: Connection, threads: Iterable[Thread], now: datetime) -> list[tuple[UUID, Event]]:
    """Ends the assignments of those who are gone, as `lifecycle.assign_conversation` does."""
    freed = [thread for thread in threads if thread.opened and thread.gone_assignee is not None]
    await rows.end_assignments(connection, freed, now)
    facts: list[tuple[UUID, Event]] = []
    for thread in freed:
        detail = {"reason": "user_disabled", "from": str(thread.assignee_id)}
        event = ConversationAssigned(conversation_id=thread.id, user_id=None, detail=detail)
        await connection.execute(*insert_audit(thread.tenant_id, SYSTEM, [event], now))
        facts.append((thread.tenant_id, event))
    return facts


def _all_lines(threads: dict[UUID, Thread]) -> Sequence[Placed]:
    return [line for thread in threads.values() for line in thread.lines]


# What is said about it --------------------------------------------------------------------------------------------


def _facts(threads: Iterable[Thread]) -> list[tuple[UUID, Event]]:
    facts: list[tuple[UUID, Event]] = []
    for thread in threads:
        facts += [
            (thread.tenant_id, MessageAppended(conversation_id=thread.id, message_id=line.id)) for line in thread.lines
        ]
        facts.append((thread.tenant_id, ConversationChanged(conversation_id=thread.id)))
    return facts


async def _contact_facts(
    connection: Connection, contacts: set[UUID], threads: dict[UUID, Thread]
) -> list[tuple[UUID, Event]]:
    """A new name or number shows in the contact's other conversations too."""
    if not contacts:
        return []
    here = {thread.id for thread in threads.values()}
    others = await rows.touch_conversations_of(connection, contacts, here)
    return [(tenant, ConversationChanged(conversation_id=conversation)) for tenant, conversation in others]


def _moved(messages: Iterable[changes.Changed]) -> list[tuple[UUID, Event]]:
    facts: list[tuple[UUID, Event]] = []
    for tenant, conversation, message in messages:
        facts.append((tenant, MessageChanged(conversation_id=conversation, message_id=message)))
        facts.append((tenant, ConversationChanged(conversation_id=conversation)))
    return facts


async def _apply_reports(
    connection: Connection, reports: Sequence[Incoming], now: datetime, echoed: Sequence[changes.Key]
) -> list[tuple[UUID, Event]]:
    """`echoed`: what the firm wrote on its phone, of which a report may have come before."""
    if not reports and not echoed:
        return []
    if reports:
        await rows.keep_reports(connection, reports)
    bound = []
    for one in reports:
        assert isinstance(one.event, DeliveryReport)
        ours = parse_uuid(one.event.callback_data or "")
        if ours is not None:
            bound.append((one.tenant_id, one.channel_id, ours, storable(one.event.provider_id)))
    gone = await bind_by_callback(connection, bound)
    reported = [(one.tenant_id, one.channel_id, one.event.provider_id) for one in reports]
    moved = _moved([*gone, *await apply_reports(connection, [*reported, *echoed])])
    await follow_refusals(connection, list(_refusals(reports)), now)
    return moved


def _refusals(reports: Sequence[Incoming]) -> Iterator[Refused]:
    for one in reports:
        event = one.event
        if isinstance(event, DeliveryReport) and event.error_code is not None:
            yield Refused(
                one.tenant_id,
                one.channel_id,
                storable(event.provider_id),
                event.error_code,
                event.error_detail or "",
                event.occurred_at,
            )
