"""Reads what can be found. Candidates come from the two functions that see the index; who may see them is `Viewer.visible`.

Every read is bounded: ROOM_ROWS of the index and CANDIDATES of them are looked at, newest first, and what was not is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg

from invekto.conversations.queries import Viewer
from invekto.conversations.queries_thread import shown
from invekto.kernel.tx import Tx
from invekto.search.index_rows import PEOPLE
from invekto.search.vectors import Kind, Templates

ROOM_ROWS: Final = 20_000
CANDIDATES: Final = 5_000
CONTACTS_AT_ONCE: Final = 500
TIMEOUT_MS: Final = 2_000
_STEP_MIN: Final = 400
_BEGINNING: Final = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=(1 << 128) - 1))
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[datetime, UUID]
"""When a message was written, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Each narrows; None leaves it. `until` is the first moment that is too late."""

    channel_id: UUID | None = None
    type: str | None = None
    direction: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    team_id: UUID | None = None
    assignee_id: UUID | None = None
    status: str | None = None

    @property
    def of_messages(self) -> bool:
        """Whether one is given that people do not have."""
        return any((self.type, self.direction, self.since, self.until))

    @property
    def of_talks(self) -> bool:
        return any((self.team_id, self.assignee_id, self.status))


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that may be shown. `whole`: it holds the very words."""

    id: UUID
    created_at: datetime
    whole: bool

    @property
    def place(self) -> Place:
        return self.created_at, self.id


@dataclass(slots=True)
class Found:
    """`cut`: there may be more than was looked at; what lies behind `reached` was not."""

    hits: list[Hit] = field(default_factory=list)
    cut: bool = False
    reached: Place | None = None


_OF_TALK: Final = (
    "(${0}::uuid is null or c.team_id = ${0}) and (${1}::uuid is null or c.assignee_id = ${1})"
    " and (${2}::text is null or c.status = ${2})"
)


def _candidates(viewer: Viewer) -> str:
    # Lateral and limited: a join would be made by reading all conversations of the firm.
    return f"""
    with hit as materialized (
      select * from search_messages($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    )
    select hit.message_id, hit.created_at, hit.whole, hit.looked_at, hit.state
      from hit
      left join lateral (
        select true as seen from conversation c
         where c.tenant_id = $1 and c.id = hit.conversation_id and $2::uuid is not null and {viewer.visible}
           and {_OF_TALK.format(18, 19, 20)}
         limit 1) talk on true
      left join lateral (
        select true as shown from message m
         where m.tenant_id = $1 and m.id = hit.message_id and m.dismissed_at is null and {shown("m")} limit 1) line on true
     where hit.state is not null or (talk.seen and line.shown)
    """  # noqa: S608  # put together from constants; values are parameters


async def bound_statements(tx: Tx) -> None:
    """From here on a statement of this transaction that takes longer than TIMEOUT_MS is cancelled."""
    await tx.execute("select set_config('statement_timeout', $1, true)", str(TIMEOUT_MS))


async def find_messages(
    tx: Tx,
    viewer: Viewer,
    kind: Kind,
    wanted_words: Templates,
    word_count: int,
    filters: Filters,
    after: Place | None,
    wanted: int,
) -> Found:
    """At most `wanted` messages (or notes) behind `after` that the viewer may see, newest first."""
    found = Found()
    before = after or _BEGINNING
    step = wanted if viewer.scope == "all" and not filters.of_talks else max(wanted, _STEP_MIN)
    room, looked_at = ROOM_ROWS, 0
    statement = _candidates(viewer)
    while True:
        rows = await tx.fetch(
            statement,
            *(tx.tenant_id, *viewer.parameters),
            *(kind, wanted_words.match, wanted_words.phrase, wanted_words.whole, max(1, word_count)),
            *(filters.channel_id, filters.type, filters.direction),
            *(filters.since or _EARLIEST, filters.until or _BEGINNING[0], *before, step, room),
            *(filters.team_id, filters.assignee_id, filters.status),
        )
        end = next((row for row in rows if row["state"] is not None), None)
        hits = [Hit(row["message_id"], row["created_at"], row["whole"]) for row in rows if row["state"] is None]
        found.hits += sorted(hits, key=lambda hit: hit.place, reverse=True)
        if end is None or end["state"] == "all" or len(found.hits) >= wanted:
            break
        looked_at += step
        room -= end["looked_at"]
        before = (end["created_at"], end["message_id"])
        if end["state"] == "cut" or looked_at >= CANDIDATES or room <= 0:
            found.cut = True
            # Where it came no further there is no way on.
            found.reached = before if before < (after or _BEGINNING) else None
            break
        step = min(step * 2, CANDIDATES - looked_at)
    del found.hits[wanted:]
    return found


_TALK: Final = """
c.id as talk_id, c.number, c.status as talk_status, c.last_message_at, c.channel_id, h.kind as channel_kind,
h.name as channel_name, c.assignee_id, u.name as assignee_name, c.team_id, t.name as team_name
"""
_TALK_JOINS: Final = """
  left join channel h on h.tenant_id = c.tenant_id and h.id = c.channel_id
  left join user_account u on u.tenant_id = c.tenant_id and u.id = c.assignee_id
  left join team t on t.tenant_id = c.tenant_id and t.id = c.team_id
"""


async def shown_messages(tx: Tx, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """What a hit shows of these messages, of those that may still be seen. By primary keys."""
    rows = await tx.fetch(
        f"""
        select m.id, m.seq, m.type, m.direction, m.text, m.payload::text as payload, m.created_at, m.author_kind,
               m.author_id, a.name as author_name,
               (select json_agg(f.name order by f.position, f.id) from attachment f
                 where f.tenant_id = m.tenant_id and f.message_id = m.id and f.name is not null)::text as files,
               k.id as contact_id, k.name as contact_name, k.phone as contact_phone, {_TALK}
          from unnest($4::uuid[]) as wanted (id)
         cross join lateral (
           select x.* from message x where x.tenant_id = $1 and x.id = wanted.id limit 1) m
          join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
          join contact k on k.tenant_id = c.tenant_id and k.id = c.contact_id
          left join user_account a on a.tenant_id = m.tenant_id and a.id = m.author_id and m.author_kind = 'user'
          {_TALK_JOINS}
         where $2::uuid is not null and {viewer.visible} and m.dismissed_at is null and {shown("m")}
        """,  # noqa: S608  # put together from constants; values are parameters
        *(tx.tenant_id, *viewer.parameters),
        list(ids),
    )
    return {row["id"]: row for row in rows}


async def find_contacts(
    tx: Tx, viewer: Viewer, wanted_words: Templates, filters: Filters
) -> tuple[list[asyncpg.Record], bool]:
    """Contacts that the viewer may see, with the newest conversation of each that they see: those with the very words first,
    then by name. And whether there are more than CONTACTS_AT_ONCE candidates, of which only these were looked at."""
    narrowed = filters.of_talks or filters.channel_id is not None
    rows = await tx.fetch(
        f"""
        with hit as materialized (
          select * from search_contacts($4, $5, $6)
        )
        select k.id as contact_id, k.name as contact_name, k.phone as contact_phone, k.sort_key, hit.whole, c.*
          from hit
         cross join lateral (select x.* from contact x where x.tenant_id = $1 and x.id = hit.contact_id limit 1) k
          left join lateral (
            select {_TALK}
              from (select c.* from identity i
                      join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
                     where i.tenant_id = $1 and i.contact_id = hit.contact_id and $2::uuid is not null
                       and {viewer.visible} and ($7::uuid is null or c.channel_id = $7) and {_OF_TALK.format(8, 9, 10)}
                     order by c.last_message_at desc, c.id desc limit 1) c {_TALK_JOINS}) c on true
         where c.talk_id is not null or $11
        """,  # noqa: S608  # as above
        *(tx.tenant_id, *viewer.parameters),
        *(wanted_words.match, wanted_words.whole, CONTACTS_AT_ONCE + 1),
        *(filters.channel_id, filters.team_id, filters.assignee_id, filters.status),
        viewer.scope == "all" and not narrowed,
    )
    rows.sort(key=lambda row: (not row["whole"], row["sort_key"], row["contact_id"]))
    return rows[:CONTACTS_AT_ONCE], len(rows) > CONTACTS_AT_ONCE


async def shown_contacts(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """What can be found of these people as it is now. By primary keys."""
    rows = await tx.fetch(
        f"""
        select {PEOPLE}
          from unnest($2::uuid[]) as wanted (id)
         cross join lateral (select x.* from contact x where x.tenant_id = $1 and x.id = wanted.id limit 1) k
        """,  # noqa: S608  # as above
        tx.tenant_id,
        list(ids),
    )
    return {row["id"]: row for row in rows}


async def find_number(tx: Tx, viewer: Viewer, number: int) -> list[asyncpg.Record]:
    """The conversation of this number, if the viewer may see it, as `find_contacts` gives it. By the unique number."""
    return await tx.fetch(
        f"""
        select k.id as contact_id, k.name as contact_name, k.phone as contact_phone, k.sort_key, true as whole, {_TALK}
          from conversation c
          join contact k on k.tenant_id = c.tenant_id and k.id = c.contact_id {_TALK_JOINS}
         where c.tenant_id = $1 and c.number = $4 and $2::uuid is not null and {viewer.visible}
        """,  # noqa: S608  # as above
        *(tx.tenant_id, *viewer.parameters),
        number,
    )
