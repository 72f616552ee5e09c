"""Files that wait for their message: an upload belongs to its uploader until it is sent, or for a day."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

import asyncpg

from invekto.conversations.media_retention import unnamed
from invekto.conversations.queries import Viewer
from invekto.kernel.ids import uuid7
from invekto.kernel.mime import kind_of, settle, webp_picture
from invekto.kernel.storage import StoredMedia
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import preview
from invekto.kernel.tx import Tx

UPLOAD_MAX_BYTES: Final = 100 * 1024 * 1024
"""The most that any channel takes; each channel's own limit is its capability, checked when the file is sent."""
_NAME_MAX: Final = 200
_SEPARATORS: Final = re.compile(r"[/\\]")


async def keep_upload(
    tx: Tx, viewer: Viewer, stored: StoredMedia, name: str | None, declared: str | None
) -> asyncpg.Record:
    """The row of a file whose bytes are in the media store. Its type is what the bytes show, not what was claimed."""
    mime = settle(stored.head, declared)
    picture = webp_picture(stored.head)
    row = await tx.fetchrow(
        """
        insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, name, storage_key, state, created_at,
                                width, height, animated)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'stored', $9, $10, $11, $12)
        returning id, kind, mime, size, name
        """,
        tx.tenant_id,
        uuid7(),
        viewer.user_id,
        kind_of(mime),
        mime,
        stored.size,
        display_name(name),
        stored.sha256,
        tx.now,
        picture.width if picture else None,
        picture.height if picture else None,
        picture.animated if picture else None,
    )
    assert isinstance(row, asyncpg.Record)
    tx.wake("facts")
    return row


def display_name(name: str | None) -> str | None:
    """A file's name as it may be shown and offered: no folders, no control or direction characters, its ending kept."""
    last = preview(_SEPARATORS.split(name or "")[-1], 10_000).strip(". ")
    if not last:
        return None
    suffix = PurePosixPath(last).suffix[:20]
    return last if len(last) <= _NAME_MAX else last[: _NAME_MAX - len(suffix)] + suffix


async def tenants_with_unsent(connection: Connection, older_than: datetime) -> list[UUID]:
    """Whose uploads have waited since before `older_than`. The connection is of ingest's role."""
    rows = await connection.fetch("select tenant_id from tenants_with_unsent_uploads($1)", older_than)
    return [row["tenant_id"] for row in rows]


# A file that is being sent at this moment is locked by its sender, and passed over. Index: attachment_unsent_idx.
_FORGET = """
with old as (
  select id from attachment where tenant_id = $1 and message_id is null and canned_reply_id is null and created_at < $2
   order by created_at limit $3 for update skip locked
)
delete from attachment a using old where a.tenant_id = $1 and a.id = old.id returning a.storage_key, a.thumbnail_key
"""


async def forget_unsent(tx: Tx, older_than: datetime, limit: int) -> tuple[int, list[str]]:
    """Removes at most `limit` uploads that nobody has sent since before `older_than`.

    Gives their number, and the content that no row names any more. After the commit its file may go, unless it was stored
    again meanwhile: that row follows its file.
    """
    gone = await tx.fetch(_FORGET, tx.tenant_id, older_than, limit)
    return len(gone), await unnamed(await tx.raw(), tx.tenant_id, gone)
