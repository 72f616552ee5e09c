"""Notes about a person, whatever the conversation. Everybody who sees the contact reads them; their author changes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from invekto.contacts.events import ContactNoteChanged
from invekto.kernel.errors import Forbidden, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import Tx

NOTES_SQL = """
select n.id, n.text, n.created_at, n.edited_at, n.author_id, u.name as author_name
  from contact_note n
  join user_account u on u.tenant_id = n.tenant_id and u.id = n.author_id
 where n.tenant_id = $1 and n.contact_id = $2
"""


async def list_notes(tx: Tx, contact_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[asyncpg.Record]:
    """Newest first. Index: contact_note_list_idx."""
    if after is None:
        return await tx.fetch(
            f"{NOTES_SQL} order by n.created_at desc, n.id desc limit $3", tx.tenant_id, contact_id, limit
        )
    return await tx.fetch(
        f"{NOTES_SQL} and (n.created_at, n.id) < ($4, $5) order by n.created_at desc, n.id desc limit $3",
        tx.tenant_id,
        contact_id,
        limit,
        *after,
    )


async def find_note(tx: Tx, contact_id: UUID, note_id: UUID) -> asyncpg.Record:
    """NotFound, also when it is about somebody else."""
    row = await tx.fetchrow(f"{NOTES_SQL} and n.id = $3", tx.tenant_id, contact_id, note_id)
    if row is None:
        raise NotFound
    assert isinstance(row, asyncpg.Record)
    return row


async def add_note(tx: Tx, contact_id: UUID, text: str) -> UUID:
    """A note of the actor's."""
    note_id = uuid7()
    await tx.execute(
        "insert into contact_note (tenant_id, id, contact_id, author_id, text, created_at) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant_id,
        note_id,
        contact_id,
        tx.actor.id,
        text,
        tx.now,
    )
    _emit(tx, contact_id, note_id, "added")
    return note_id


async def change_note(tx: Tx, contact_id: UUID, note_id: UUID, text: str) -> None:
    """NotFound; Forbidden for a colleague's."""
    await _own(tx, contact_id, note_id)
    await tx.execute(
        "update contact_note set text = $3, edited_at = $4 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        note_id,
        text,
        tx.now,
    )
    _emit(tx, contact_id, note_id, "changed")


async def delete_note(tx: Tx, contact_id: UUID, note_id: UUID) -> None:
    """NotFound; Forbidden for a colleague's."""
    await _own(tx, contact_id, note_id)
    await tx.execute("delete from contact_note where tenant_id = $1 and id = $2", tx.tenant_id, note_id)
    _emit(tx, contact_id, note_id, "deleted")


async def import_notes(tx: Tx, notes: Iterable[tuple[UUID, UUID, str, datetime]]) -> None:
    """Notes from elsewhere, (contact, author, text, when), in one statement, without events."""
    kept = list(notes)
    await tx.execute(
        "insert into contact_note (tenant_id, id, contact_id, author_id, text, created_at)"
        " select $1, x.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[]) as x",
        tx.tenant_id,
        [uuid7() for _ in kept],
        [contact for contact, _, _, _ in kept],
        [author for _, author, _, _ in kept],
        [text for _, _, text, _ in kept],
        [at for _, _, _, at in kept],
    )


async def _own(tx: Tx, contact_id: UUID, note_id: UUID) -> None:
    if (await find_note(tx, contact_id, note_id))["author_id"] != tx.actor.id:
        raise Forbidden


def _emit(tx: Tx, contact_id: UUID, note_id: UUID, action: str) -> None:
    tx.emit(ContactNoteChanged(entity_id=note_id, detail={"contact_id": str(contact_id), "action": action}))
