"""Lets files go: those that a channel keeps for some days only. Rows stay, so that a thread shows what there was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from invekto.conversations.events import MessageChanged
from invekto.kernel.tenancy import Connection
from invekto.kernel.tx import Tx

# Asked after the rows are gone, so that the last one takes its content along.
# Indexes: (tenant_id, storage_key), attachment_thumbnail_idx.
_NAMED_BY_NOBODY = """
select given.key from unnest($2::text[]) as given (key)
 where not exists (select from attachment a where a.tenant_id = $1 and a.storage_key = given.key)
   and not exists (select from attachment a where a.tenant_id = $1 and a.thumbnail_key = given.key)
"""
# Index: attachment_kept_idx.
_EXPIRE = """
with past as (
  select id, storage_key, thumbnail_key from attachment
   where tenant_id = $1 and channel_id = $2 and state = 'stored' and message_id is not null and created_at < $3
   order by created_at limit $4 for update skip locked
)
update attachment a
   set state = 'expired', storage_key = null, thumbnail_key = null, waveform = null, facts_due_at = null
  from past where a.tenant_id = $1 and a.id = past.id
returning a.message_id, past.storage_key, past.thumbnail_key
"""


async def unnamed(connection: Connection, tenant_id: UUID, gone: Sequence[asyncpg.Record]) -> list[str]:
    """The content of rows that were let go (`storage_key`, `thumbnail_key`) that no row names any more.

    Its file may go after the commit, unless it was stored again meanwhile: that row follows its file.
    """
    keys = {row[name] for row in gone for name in ("storage_key", "thumbnail_key")} - {None}
    if not keys:
        return []
    return [row["key"] for row in await connection.fetch(_NAMED_BY_NOBODY, tenant_id, sorted(keys))]


async def channels_that_forget(connection: Connection) -> list[tuple[UUID, UUID, timedelta]]:
    """Tenant, channel and how long it keeps files. The connection is of ingest's role."""
    rows = await connection.fetch("select * from channels_that_forget_media()")
    return [(row["tenant_id"], row["channel_id"], timedelta(days=row["media_days"])) for row in rows]


async def expire_files(tx: Tx, channel_id: UUID, older_than: datetime, limit: int) -> tuple[int, list[str]]:
    """Lets at most `limit` files of a channel's messages from before `older_than` go; their messages are told of.

    Gives their number and the content to remove after the commit, as `unnamed` says.
    """
    gone = await tx.fetch(_EXPIRE, tx.tenant_id, channel_id, older_than, limit)
    messages = await tx.fetch(
        "update message set version = version + 1 where tenant_id = $1 and id = any ($2::uuid[])"
        " returning conversation_id, id",
        tx.tenant_id,
        sorted({row["message_id"] for row in gone}),
    )
    tx.emit(*(MessageChanged(conversation_id=row["conversation_id"], message_id=row["id"]) for row in messages))
    return len(gone), await unnamed(await tx.raw(), tx.tenant_id, gone)
