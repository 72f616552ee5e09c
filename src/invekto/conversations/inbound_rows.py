"""The statements of inbound: each takes a whole batch. Everything is locked in key order, conversations before messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg

from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import DeliveryReport, InboundMessage, Payload
from invekto.contacts.identities import Raced
from invekto.conversations.thread import PREVIEW_LENGTH
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import preview, storable

if TYPE_CHECKING:
    from invekto.conversations.inbound import Placed, Thread
    from invekto.conversations.received import Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversation:
    tenant_id: UUID
    id: UUID
    channel_id: UUID
    identity_id: UUID
    contact_id: UUID
    team_id: UUID | None
    previous_id: UUID | None
    quiet: bool = False


_AHEAD: Final = timedelta(minutes=5)
"""So far two clocks may differ."""


# `limit 1` keeps each probe a probe, as in contacts.identities.
_STORED = """
select wanted.tenant_id, wanted.channel_id, wanted.provider_id,
       exists (select from message x where x.tenant_id = wanted.tenant_id and x.channel_id = wanted.channel_id
                and x.provider_id = wanted.provider_id) as stored,
       exists (select from message r where r.tenant_id = wanted.tenant_id and r.channel_id = wanted.channel_id
                and r.reply_to_provider_id = wanted.provider_id and r.reply_to_id is null)
       or exists (select from message_change c where c.tenant_id = wanted.tenant_id
                   and c.channel_id = wanted.channel_id and c.target_provider_id = wanted.provider_id
                   and c.applied_at is null) as awaited
  from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, channel_id, provider_id)
"""


async def stored_keys(
    connection: Connection, keys: Sequence[tuple[UUID, UUID, str]]
) -> tuple[set[tuple[UUID, UUID, str]], set[tuple[UUID, UUID, str]]]:
    """Which of (tenant, channel, provider id) are messages already, and for which an answer or a change waits.

    Indexes: message_tenant_id_channel_id_provider_id_key, message_answering_idx, message_change_target_idx.
    """
    if not keys:
        return set(), set()
    found = await connection.fetch(_STORED, *(list(column) for column in zip(*keys, strict=True)))
    stored = {(row["tenant_id"], row["channel_id"], row["provider_id"]) for row in found if row["stored"]}
    return stored, {(row["tenant_id"], row["channel_id"], row["provider_id"]) for row in found if row["awaited"]}


_LOCK_LATEST = """
with latest as (
  select c.tenant_id, c.id
    from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, identity_id)
    cross join lateral (
      select x.tenant_id, x.id from conversation x
       where x.tenant_id = wanted.tenant_id and x.identity_id = wanted.identity_id
       order by x.status = 'resolved', x.past, x.number desc limit 1
    ) c
)
select c.*, (select u.name from user_account u
              where u.tenant_id = c.tenant_id and u.id = c.assignee_id and u.disabled_at is not null) as gone_assignee
  from conversation c
 where (c.tenant_id, c.id) in (select tenant_id, id from latest)
 order by c.tenant_id, c.id
   for update of c
"""


async def lock_latest(connection: Connection, identities: Sequence[tuple[UUID, UUID]]) -> Mapping[UUID, asyncpg.Record]:
    """By identity, its conversation that is not resolved, else its newest, locked; a past one only when there is no other.

    Index: conversation_identity_idx.
    """
    rows = await connection.fetch(
        _LOCK_LATEST, [tenant for tenant, _ in identities], [identity for _, identity in identities]
    )
    return {row["identity_id"]: row for row in rows}


async def insert_conversations(connection: Connection, new: Sequence[NewConversation], now: datetime) -> None:
    """Opens conversations; one that only something quiet is said in begins resolved: nobody has to look at it.

    Raised: Raced, when an identity got an open one at the same moment.
    """
    if not new:
        return
    numbers = await take_numbers(connection, "conversation", (one.tenant_id for one in new))
    given = {tenant: iter(values) for tenant, values in numbers.items()}
    inserted = await connection.fetch(
        "insert into conversation (tenant_id, id, number, channel_id, identity_id, contact_id, team_id, previous_id, status,"
        " resolved_at, last_message_at, created_at)"
        " select t, i, n, h, y, k, m, p, case when quiet then 'resolved' else 'open' end, case when quiet then $9::timestamptz end,"
        " $9, $9 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],"
        " $10::bool[]) as x (t, i, n, h, y, k, m, p, quiet)"
        " on conflict (tenant_id, identity_id) where status <> 'resolved' do nothing returning 1",
        [one.tenant_id for one in new],
        [one.id for one in new],
        [next(given[one.tenant_id]) for one in new],
        [one.channel_id for one in new],
        [one.identity_id for one in new],
        [one.contact_id for one in new],
        [one.team_id for one in new],
        [one.previous_id for one in new],
        now,
        [one.quiet for one in new],
    )
    if len(inserted) != len(new):
        raise Raced


_INSERT_LINES = """
insert into message (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, payload, raw, author_kind,
                     provider_id, reply_to_provider_id, reply_to_id, inbound_no, provider_at, created_at, status, sent_at,
                     context)
select x.tenant_id, x.id, x.conversation_id, x.channel_id, x.seq, x.direction, x.type, x.text, x.payload, x.raw,
       x.author_kind, x.provider_id, x.reply_to_provider_id,
       coalesce(x.reply_to_id,
                case when x.reply_to_provider_id is not null then
                  (select r.id from message r
                    where r.tenant_id = x.tenant_id and r.channel_id = x.channel_id
                      and r.provider_id = x.reply_to_provider_id and r.conversation_id = x.conversation_id) end),
       x.inbound_no, x.provider_at, $16, x.status, case when x.status is not null then x.provider_at end, x.context
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[],
              $9::jsonb[], $10::jsonb[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::bigint[],
              $17::timestamptz[], $18::text[], $19::jsonb[])
       as x (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, payload, raw, author_kind,
             provider_id, reply_to_provider_id, reply_to_id, inbound_no, provider_at, status, context)
on conflict (tenant_id, channel_id, provider_id) do nothing
returning 1
"""


async def insert_lines(connection: Connection, lines: Sequence[Placed], now: datetime) -> None:
    """Messages and the activity lines before them. Raised: Raced, when one was stored at the same moment."""
    here = {
        (line.thread.tenant_id, line.thread.channel_id, line.message.provider_id): line.id
        for line in lines
        if line.message is not None
    }
    columns: list[list[Any]] = [[] for _ in range(15)]
    times: list[datetime | None] = []
    for line in lines:
        for column, value in zip(columns, _line(line, here), strict=True):
            column.append(value)
        times.append(None if line.message is None else line.message.sent_at)
    messages = [line.message for line in lines]
    inserted = await connection.fetch(
        _INSERT_LINES,
        *columns,
        now,
        times,
        ["sent" if message is not None and message.from_phone else None for message in messages],
        [None if message is None else json_text(message.context) for message in messages],
    )
    if len(inserted) != len(lines):
        raise Raced


def _line(line: Placed, here: Mapping[tuple[UUID, UUID, str], UUID]) -> tuple[Any, ...]:
    thread, message = line.thread, line.message
    common = (thread.tenant_id, line.id, thread.id, thread.channel_id, line.seq)
    if message is None:
        said = json.dumps({"action": line.action, "by": None, **_from(line)})
        return (*common, "internal", "activity", None, said, None, "system", None, None, None, line.inbound_no)
    reply = message.reply_to_provider_id
    return (
        *common,
        "outbound" if message.from_phone else "inbound",
        message.type,
        None if message.text is None else storable(message.text),
        json_text(message.payload),
        json_text(message.raw),
        "phone" if message.from_phone else "contact",
        message.provider_id,
        reply,
        None if reply is None else here.get((thread.tenant_id, thread.channel_id, reply)),
        line.inbound_no,
    )


def _from(line: Placed) -> dict[str, str | None]:
    return {"from": line.thread.gone_assignee} if line.action == "unassigned" else {}


def json_text(value: Payload) -> str | None:
    """JSON text that jsonb takes. ValueError for a number that JSON has no word for."""
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in text:
        text = json.dumps(_without_nul(value), ensure_ascii=False)
    return storable(text)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _without_nul(one) for key, one in value.items()}
    return [_without_nul(one) for one in value] if isinstance(value, list) else value


async def insert_attachments(
    connection: Connection, placed: Sequence[Placed], now: datetime, *, apart_s: float = 0
) -> None:
    """Files that the provider holds: to be fetched at once, or one each `apart_s`, unless the channel keeps none."""
    files = [
        (line, position, file)
        for line in placed
        if line.message is not None
        for position, file in enumerate(line.message.attachments)
    ]
    if not files:
        return
    await connection.execute(
        "insert into attachment (tenant_id, id, message_id, channel_id, position, kind, mime, name, voice, state,"
        " provider_media_id, next_attempt_at, created_at)"
        " select x.t, x.i, x.m, x.h, x.p, x.k, x.mime, x.name, x.voice,"
        " case when c.media_policy = 'do_not_store' then 'not_stored' else 'pending' end,"
        " case when c.media_policy = 'do_not_store' then null else x.media end,"
        " now() + make_interval(secs => x.place * $12::float8), $11"
        " from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[],"
        " $9::bool[], $10::text[]) with ordinality as x (t, i, m, h, p, k, mime, name, voice, media, place)"
        " join channel c on c.tenant_id = x.t and c.id = x.h",
        [line.thread.tenant_id for line, _, _ in files],
        [uuid7() for _ in files],
        [line.id for line, _, _ in files],
        [line.thread.channel_id for line, _, _ in files],
        [position for _, position, _ in files],
        [file.kind for _, _, file in files],
        [storable(file.mime) for _, _, file in files],
        [None if file.name is None else storable(file.name) for _, _, file in files],
        [file.voice for _, _, file in files],
        [storable(file.media_id) for _, _, file in files],
        now,
        apart_s,
    )


_UPDATE_THREADS = """
update conversation c
   set last_seq = x.last_seq, inbound_count = x.inbound_count,
       last_message_at = case when x.preview_seq is null then c.last_message_at else greatest(c.last_message_at, $12) end,
       preview = coalesce(x.preview, c.preview), preview_type = coalesce(x.preview_type, c.preview_type),
       preview_direction = coalesce(x.preview_direction, c.preview_direction),
       preview_status = case x.preview_direction when 'inbound' then null when 'outbound' then 'sent' else c.preview_status end,
       preview_seq = coalesce(x.preview_seq, c.preview_seq),
       answered_inbound_no = x.answered_inbound_no, waiting_since = x.waiting_since, thanked_at = x.thanked_at,
       status = case when x.opened then 'open' else c.status end,
       snoozed_until = case when x.opened then null else c.snoozed_until end,
       resolved_at = case when x.opened then null else c.resolved_at end,
       resolved_by_id = case when x.opened then null else c.resolved_by_id end,
       assignee_id = case when x.opened and x.gone then null else c.assignee_id end,
       window_opened_by = case when x.window_closes_at is null then c.window_opened_by else 'contact_message' end,
       window_closes_at = greatest(c.window_closes_at, x.window_closes_at),
       version = c.version + 1
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
              $8::timestamptz[], $9::timestamptz[], $10::bool[], $11::timestamptz[], $13::bool[], $14::text[], $15::bigint[])
       as x (tenant_id, id, last_seq, inbound_count, preview, preview_type, preview_seq, waiting_since, thanked_at,
             gone, window_closes_at, opened, preview_direction, answered_inbound_no)
 where c.tenant_id = x.tenant_id and c.id = x.id
"""


async def update_threads(connection: Connection, threads: Sequence[Thread], now: datetime) -> None:
    """The conversations' rows after their new lines. They are locked already, so the order of the update is free."""
    last = [_newest_shown(thread) for thread in threads]
    await connection.execute(
        _UPDATE_THREADS,
        [thread.tenant_id for thread in threads],
        [thread.id for thread in threads],
        [thread.last_seq for thread in threads],
        [thread.inbound_count for thread in threads],
        [None if line is None else preview_of(_message(line)) for line in last],
        [None if line is None else _message(line).type for line in last],
        [None if line is None else line.seq for line in last],
        [thread.waiting_since for thread in threads],
        [thread.thanked_at for thread in threads],
        [thread.gone_assignee is not None for thread in threads],
        [_window(thread, now) for thread in threads],
        now,
        [thread.opened for thread in threads],
        [None if line is None else "outbound" if _message(line).from_phone else "inbound" for line in last],
        [thread.answered_inbound_no for thread in threads],
    )


async def end_assignments(connection: Connection, threads: Sequence[Thread], now: datetime) -> None:
    if not threads:
        return
    await connection.execute(
        "update assignment a set ended_at = $3 from unnest($1::uuid[], $2::uuid[]) as x (tenant_id, conversation_id)"
        " where a.tenant_id = x.tenant_id and a.conversation_id = x.conversation_id and a.ended_at is null",
        [thread.tenant_id for thread in threads],
        [thread.id for thread in threads],
        now,
    )


def _newest_shown(thread: Thread) -> Placed | None:
    """The line that the list shows, if one of this batch does."""
    if not thread.opened and not thread.phoned:
        return None
    return next((line for line in reversed(thread.lines) if line.message and not line.message.quiet), None)


def _message(line: Placed) -> InboundMessage:
    assert line.message is not None
    return line.message


def preview_of(message: InboundMessage) -> str:
    """What the list shows of it."""
    names = (file.name for file in message.attachments if file.kind == "document")
    return line_preview(message.type, message.text, message.payload, names)


def line_preview(kind: str, said: str | None, payload: Payload, documents: Iterable[str | None]) -> str:
    """The list's line: the text, or what a shown payload is called. The client has the words for the kinds."""
    if kind == "system":
        return ""
    # What we cannot show has a title of the provider's, in the provider's language: the client says it better.
    shown: dict[str, Any] = payload if isinstance(payload, dict) and kind != "unsupported" else {}
    named = shown.get("title") or shown.get("name") or shown.get("emoji")
    text = said or (named if isinstance(named, str) else None) or next((name for name in documents if name), None)
    return preview(text or "", PREVIEW_LENGTH)


def _window(thread: Thread, now: datetime) -> datetime | None:
    """No message opens it for longer than it would now: a provider's clock that is ahead must not promise what will be refused."""
    ends = [
        min(message.window_closes_at, now + _AHEAD + (message.window_closes_at - message.sent_at))
        for line in thread.lines
        if (message := line.message) and message.window_closes_at
    ]
    return max(ends, default=None)


async def touch_conversations_of(
    connection: Connection, contacts: Iterable[UUID], but: set[UUID], *, tells_past: bool = True
) -> list[tuple[UUID, UUID]]:
    """Raises the version of the contacts' other conversations; (tenant, conversation) of each that somebody is told of."""
    rows = await connection.fetch(
        "with touched as (update conversation c set version = version + 1 from identity i"
        " where i.contact_id = any($1::uuid[]) and c.tenant_id = i.tenant_id and c.identity_id = i.id"
        " and c.id <> all($2::uuid[]) returning c.tenant_id, c.id, c.past)"
        " select tenant_id, id from touched where $3 or not past",
        list(contacts),
        list(but),
        tells_past,
    )
    return [(row["tenant_id"], row["id"]) for row in rows]


async def keep_reports(connection: Connection, reports: Sequence[Incoming]) -> None:
    """Every status that was reported, once; `applied_at` stays null until its message is there."""
    events = [one.event for one in reports if isinstance(one.event, DeliveryReport)]
    await connection.execute(
        "insert into delivery_update (tenant_id, channel_id, provider_id, status, occurred_at, error_code,"
        " error_vendor_code, error_detail, callback_data, received_at)"
        " select *, now() from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],"
        " $7::text[], $8::text[], $9::text[]) on conflict do nothing",
        [one.tenant_id for one in reports],
        [one.channel_id for one in reports],
        [storable(event.provider_id) for event in events],
        [event.status for event in events],
        [event.occurred_at for event in events],
        [event.error_code for event in events],
        [event.error_vendor_code for event in events],
        [None if event.error_detail is None else storable(event.error_detail) for event in events],
        [None if event.callback_data is None else storable(event.callback_data) for event in events],
    )
