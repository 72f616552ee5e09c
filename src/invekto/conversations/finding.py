"""Finds places in what was said with one person: words, a day, files, links. Who may see them is `Viewer.visible`.

One person's messages are few: they are read through the thread's own index and compared as they are written, so
nothing has to be kept for it. Search over the whole desk is another matter.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg

from invekto.conversations.queries import Viewer
from invekto.conversations.queries_thread import MESSAGE_COLUMNS, MESSAGE_JOINS, shown
from invekto.kernel.text import search_key, search_pattern
from invekto.kernel.tx import Tx

MediaSort = Literal["media", "files", "links"]
_OF_SORT: Final[dict[MediaSort, str]] = {
    "media": "m.type in ('image', 'video')",
    "files": "m.type in ('document', 'audio')",
    "links": r"m.text ~ '(https?://|www\.)[^\s]+' and m.type <> 'activity'",
}
_BEGINNING: Final = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=(1 << 128) - 1))


def _same_person(viewer: Viewer) -> str:
    """The conversations of `$4`'s identity that the viewer sees, `$4` among them. Index: conversation_identity_idx."""
    return f"""
      from conversation here
      join conversation c on c.tenant_id = here.tenant_id and c.identity_id = here.identity_id
     where here.tenant_id = $1 and here.id = $4 and $2::uuid is not null and {viewer.visible}
    """  # put together from constants


async def find_words(
    tx: Tx, viewer: Viewer, conversation_id: UUID, words: str, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[asyncpg.Record], int]:
    """Messages that hold `words` in the order given, newest first, and how many there are in all.

    Folded as Turks search: "ışık", "IŞIK" and "Işik" find the same. Notes are found too, what was given up is not.
    """
    key = search_key(words)
    if not key:
        return [], 0
    rows = await tx.fetch(
        f"""
        with thread as materialized (select c.id {_same_person(viewer)}), hit as materialized (
          select m.id, m.conversation_id, m.seq, m.created_at
            from thread join message m on m.tenant_id = $1 and m.conversation_id = thread.id
           where m.text ~ $5 and m.dismissed_at is null and {shown("m")} and m.type not in ('activity', 'system', 'reaction')
        ), page as (
          select * from hit where (created_at, id) < ($6, $7) order by created_at desc, id desc limit $8
        )
        select total.hits, page.*
          from (select count(*) as hits from hit) total left join page on true
         order by page.created_at desc, page.id desc
        """,  # noqa: S608  # put together from constants of this file; values are parameters
        tx.tenant_id,
        *viewer.parameters,
        conversation_id,
        search_pattern(key),
        *(after or _BEGINNING),
        limit,
    )
    return [row for row in rows if row["id"] is not None], rows[0]["hits"]


async def place_of_day(tx: Tx, viewer: Viewer, conversation_id: UUID, begins_at: datetime) -> tuple[UUID, int] | None:
    """Conversation and seq of the person's first message at or after `begins_at`; None when nothing came since."""
    row = await tx.fetchrow(
        f"""
        with thread as materialized (select c.id, c.number {_same_person(viewer)} and c.last_message_at >= $5)
        select m.conversation_id, m.seq
          from thread join message m on m.tenant_id = $1 and m.conversation_id = thread.id and m.created_at >= $5
         order by thread.number, m.seq limit 1
        """,  # noqa: S608  # as above
        tx.tenant_id,
        *viewer.parameters,
        conversation_id,
        begins_at,
    )
    return None if row is None else (row["conversation_id"], row["seq"])


async def contacts_media(
    tx: Tx, viewer: Viewer, contact_id: UUID, sort: MediaSort, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """A contact's messages with pictures, files or links in conversations that the viewer sees, newest first."""
    return await tx.fetch(
        f"""
        with page as materialized (
          select m.* from identity i
            join conversation c on c.tenant_id = i.tenant_id and c.identity_id = i.id
            join message m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
           where i.tenant_id = $1 and i.contact_id = $4 and $2::uuid is not null and {viewer.visible}
             and {_OF_SORT[sort]} and m.dismissed_at is null and {shown("m")} and (m.created_at, m.id) < ($5, $6)
           order by m.created_at desc, m.id desc limit $7
        )
        select {MESSAGE_COLUMNS} from page m {MESSAGE_JOINS} order by m.created_at desc, m.id desc
        """,  # noqa: S608  # as above
        tx.tenant_id,
        *viewer.parameters,
        contact_id,
        *(after or _BEGINNING),
        limit,
    )
