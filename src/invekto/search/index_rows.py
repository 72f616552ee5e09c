"""The statements that fill the search's tables: each takes a whole batch. Run as the stream's role, which sees the claimed firms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from invekto.kernel.events import Cursor
from invekto.kernel.tenancy import Connection
from invekto.search.vectors import (
    NOT_SEARCHED,
    Piece,
    contact_vector,
    kind_of,
    mark_of,
    message_vector,
    pieces_of,
    pieces_of_contact,
    week_of,
)

Key = tuple[UUID, UUID]
"""(tenant, id)."""

SHOWN: Final = """
m.tenant_id, m.id, m.conversation_id, m.channel_id, m.type, m.direction, m.created_at, m.text, m.payload::text as payload,
m.dismissed_at,
(select json_agg(f.name order by f.position, f.id) from attachment f
  where f.tenant_id = m.tenant_id and f.message_id = m.id and f.name is not null)::text as files
"""
_NOT_SEARCHED: Final = ", ".join(f"'{one}'" for one in NOT_SEARCHED)
# What an outbound message says changes only when it is edited or given up: its many reports are none of our business.
_NAMED: Final = f"""
select {SHOWN}
  from unnest($1::uuid[], $2::uuid[], $3::bool[]) as wanted (tenant_id, id, appended)
 cross join lateral (
   select x.* from message x where x.tenant_id = wanted.tenant_id and x.id = wanted.id limit 1) m
 where m.type not in ({_NOT_SEARCHED})
   and (wanted.appended or m.direction <> 'outbound' or m.edited_at is not null or m.dismissed_at is not null)
"""  # noqa: S608  # constants of this file
_IMPORTED: Final = f"""
select {SHOWN}
  from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
  join message m on m.tenant_id = wanted.tenant_id and m.conversation_id = wanted.id
 where m.type not in ({_NOT_SEARCHED})
   and (m.edited_at is not null
        or not exists (select from search_message s where s.tenant_id = m.tenant_id and s.message_id = m.id))
"""  # noqa: S608  # as above
_NEXT: Final = f"""
select {SHOWN} from (select x.* from message x where x.tenant_id = $1 and x.id > $2 order by x.id limit $3) m order by m.id
"""  # noqa: S608  # as above
_PUT: Final = """
with given as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
                       $9::text[], $10::bigint[])
         as x (tenant_id, message_id, conversation_id, channel_id, type, direction, created_at, words, kind, week)
), put as (
  insert into search_message as s
    (tenant_id, message_id, conversation_id, channel_id, type, direction, created_at, words)
  select tenant_id, message_id, conversation_id, channel_id, type, direction, created_at, words::tsvector from given
  on conflict (tenant_id, message_id) do update
     set words = excluded.words, type = excluded.type, conversation_id = excluded.conversation_id
   where s.words is distinct from excluded.words or s.type <> excluded.type
         or s.conversation_id <> excluded.conversation_id
  returning s.tenant_id, s.message_id, (s.xmax = 0) as added
)
insert into search_week as w (tenant_id, kind, week, documents)
select g.tenant_id, g.kind, g.week, count(*)
  from given g join put on put.tenant_id = g.tenant_id and put.message_id = g.message_id
 where put.added
 group by g.tenant_id, g.kind, g.week
 order by g.tenant_id, g.kind, g.week
on conflict (tenant_id, kind, week) do update set documents = w.documents + excluded.documents
"""
_DROP: Final = """
delete from search_message s using unnest($1::uuid[], $2::uuid[]) as gone (tenant_id, id)
 where s.tenant_id = gone.tenant_id and s.message_id = gone.id
"""

PEOPLE: Final = """
k.tenant_id, k.id, k.name, k.phone, k.version,
(select array_agg(i.display) from identity i where i.tenant_id = k.tenant_id and i.contact_id = k.id) as displays,
(select array_agg(a.value) from identity i
   join identity_address a on a.tenant_id = i.tenant_id and a.identity_id = i.id and a.scheme = 'phone'
  where i.tenant_id = k.tenant_id and i.contact_id = k.id) as phones,
(select json_agg(json_build_object('type', d.type, 'value', v.value, 'options', d.options, 'personal', d.personal))
   from contact_field_value v
   join contact_field d on d.tenant_id = v.tenant_id and d.id = v.field_id and d.archived_at is null
  where v.tenant_id = k.tenant_id and v.contact_id = k.id)::text as fields,
(select json_agg(n.text order by n.created_at desc) from contact_note n
  where n.tenant_id = k.tenant_id and n.contact_id = k.id)::text as notes
"""


def contact_pieces(row: asyncpg.Record) -> list[Piece]:
    """Of a row with PEOPLE."""
    phones = [*([row["phone"]] if row["phone"] else []), *(row["phones"] or ())]
    return pieces_of_contact(row["name"], row["displays"] or (), phones, row["fields"], row["notes"])


_PEOPLE_OF: Final = f"""
with wanted as (
  select c.tenant_id, c.contact_id as id, false as whatever
    from unnest($1::uuid[], $2::uuid[]) as talk (tenant_id, id)
   cross join lateral (
     select x.tenant_id, x.contact_id from conversation x where x.tenant_id = talk.tenant_id and x.id = talk.id limit 1) c
   union
  select *, true from unnest($3::uuid[], $4::uuid[])
), one as (
  select tenant_id, id, bool_or(whatever) as whatever from wanted group by 1, 2
)
select {PEOPLE}
  from one
 cross join lateral (select x.* from contact x where x.tenant_id = one.tenant_id and x.id = one.id limit 1) k
  left join lateral (
    select x.version from search_contact x where x.tenant_id = one.tenant_id and x.contact_id = one.id limit 1) s on true
 where one.whatever or s.version is distinct from k.version
"""  # noqa: S608  # as above
_NEXT_PEOPLE: Final = f"""
select {PEOPLE} from (select x.* from contact x where x.tenant_id = $1 and x.id > $2 order by x.id limit $3) k order by k.id
"""  # noqa: S608  # as above
_PUT_PEOPLE: Final = """
insert into search_contact as s (tenant_id, contact_id, version, words)
select t, i, v, w::tsvector from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) as x (t, i, v, w)
on conflict (tenant_id, contact_id) do update set version = excluded.version, words = excluded.words
 where s.version <> excluded.version or s.words is distinct from excluded.words
"""


async def named_messages(
    connection: Connection, appended: Collection[Key], changed: Collection[Key]
) -> list[asyncpg.Record]:
    """The rows that events named, as they are now. By primary key."""
    wanted = [(*key, True) for key in sorted(appended)] + [
        (*key, False) for key in sorted(changed) if key not in appended
    ]
    if not wanted:
        return []
    return await connection.fetch(_NAMED, *(list(column) for column in zip(*wanted, strict=True)))


async def imported_messages(connection: Connection, conversations: Collection[Key]) -> list[asyncpg.Record]:
    """The messages of these conversations that cannot be found yet. Index: message by conversation."""
    return await connection.fetch(_IMPORTED, *_columns(conversations)) if conversations else []


async def next_messages(connection: Connection, tenant_id: UUID, after: UUID, limit: int) -> list[asyncpg.Record]:
    """In the order of their ids, which is no order of time. Primary key."""
    return await connection.fetch(_NEXT, tenant_id, after, limit)


async def put_messages(connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
    """Makes what these messages say now findable, and nothing else of them. Unchanged ones are not written."""
    given: list[tuple[Any, ...]] = []
    gone: list[Key] = []
    for row in rows:
        vector = ""
        if row["dismissed_at"] is None:
            mark = mark_of(row["tenant_id"], row["type"], row["created_at"])
            vector = message_vector(mark, pieces_of(row["type"], row["text"], row["payload"], row["files"]))
        if not vector:
            gone.append((row["tenant_id"], row["id"]))
            continue
        ids = (row["tenant_id"], row["id"], row["conversation_id"], row["channel_id"])
        facts = (row["type"], row["direction"], row["created_at"], vector)
        given.append((*ids, *facts, kind_of(row["type"]), week_of(row["created_at"])))
    if gone:
        await connection.execute(_DROP, *_columns(gone))
    if given:
        given.sort(key=lambda one: one[:2])
        await connection.execute(_PUT, *(list(column) for column in zip(*given, strict=True)))


async def contacts_of(
    connection: Connection, conversations: Collection[Key], contacts: Collection[Key]
) -> list[asyncpg.Record]:
    """The people of these conversations that are new or have changed, and `contacts` in any case. By primary keys."""
    if not conversations and not contacts:
        return []
    return await connection.fetch(_PEOPLE_OF, *_columns(conversations), *_columns(contacts))


async def next_contacts(connection: Connection, tenant_id: UUID, after: UUID, limit: int) -> list[asyncpg.Record]:
    return await connection.fetch(_NEXT_PEOPLE, tenant_id, after, limit)


async def put_contacts(connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row["tenant_id"], row["id"]))
    await connection.execute(
        _PUT_PEOPLE,
        [row["tenant_id"] for row in ordered],
        [row["id"] for row in ordered],
        [row["version"] for row in ordered],
        [contact_vector(row["tenant_id"], contact_pieces(row)) for row in ordered],
    )


def _columns(keys: Collection[Key]) -> tuple[list[UUID], list[UUID]]:
    ordered = sorted(keys)
    return [tenant for tenant, _ in ordered], [id_ for _, id_ in ordered]


# How far it is ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where the event log has been followed to, and which pass over all rows is under way or done."""

    cursor: Cursor
    pass_no: int


async def place(connection: Connection) -> Place:
    row = await connection.fetchrow("select epoch, xid, seq, pass_no from search_progress")
    assert row is not None, "the migration inserts the one row of search_progress"
    return Place(Cursor(row["epoch"], row["xid"], row["seq"]), row["pass_no"])


async def move_place(connection: Connection, cursor: Cursor, *, new_pass: bool = False) -> None:
    """In the transaction that has made everything before it findable."""
    await connection.execute(
        "update search_progress set epoch = $1, xid = $2, seq = $3, pass_no = pass_no + $4",
        *(cursor.epoch, cursor.xid, cursor.seq, int(new_pass)),
    )


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far one firm's rows have been read in this pass."""

    message_after: UUID | None
    contact_after: UUID | None


async def backfill_of(connection: Connection, tenant_id: UUID, pass_no: int) -> Backfill:
    """Begins the pass when this firm has not: an older pass is forgotten."""
    row = await connection.fetchrow(
        "insert into search_backfill as b (tenant_id, pass_no) values ($1, $2)"
        " on conflict (tenant_id) do update set pass_no = excluded.pass_no,"
        "  message_after = case when b.pass_no = excluded.pass_no then b.message_after end,"
        "  contact_after = case when b.pass_no = excluded.pass_no then b.contact_after end,"
        "  done_at = null"
        " returning message_after, contact_after",
        tenant_id,
        pass_no,
    )
    assert row is not None, "an insert that updates on conflict gives its row"
    return Backfill(row["message_after"], row["contact_after"])


async def read_contacts_again(connection: Connection, tenants: Collection[UUID]) -> None:
    """The next look back reads these firms' contacts from the beginning."""
    await connection.execute(
        "update search_backfill set contact_after = null, done_at = null where tenant_id = any($1::uuid[])",
        list(tenants),
    )


async def move_backfill(
    connection: Connection,
    tenant_id: UUID,
    *,
    message_after: UUID | None = None,
    contact_after: UUID | None = None,
    done_at: datetime | None = None,
) -> None:
    await connection.execute(
        "update search_backfill set message_after = coalesce($2, message_after),"
        " contact_after = coalesce($3, contact_after), done_at = $4 where tenant_id = $1",
        tenant_id,
        message_after,
        contact_after,
        done_at,
    )
