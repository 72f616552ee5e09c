"""Files that wait for their message: an upload belongs to its uploader until it is sent."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

import asyncpg

from invekto.conversations.queries import Viewer
from invekto.kernel.ids import uuid7
from invekto.kernel.mime import kind_of, settle
from invekto.kernel.storage import StoredMedia
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
    row = await tx.fetchrow(
        """
        insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, name, storage_key, state, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'stored', $9)
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
    )
    assert isinstance(row, asyncpg.Record)
    return row


def display_name(name: str | None) -> str | None:
    """A file's name as it may be shown and offered: no folders, no control or direction characters, its ending kept."""
    last = preview(_SEPARATORS.split(name or "")[-1], 10_000).strip(". ")
    if not last:
        return None
    suffix = PurePosixPath(last).suffix[:20]
    return last if len(last) <= _NAME_MAX else last[: _NAME_MAX - len(suffix)] + suffix
