"""A person asks for a file that could not be fetched, or not yet. The fetching is media_fetch's."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from invekto.conversations.events import MessageChanged
from invekto.conversations.queries import Viewer
from invekto.conversations.queries_thread import visible_attachment
from invekto.kernel.errors import Conflict, NotFound
from invekto.kernel.tx import Tx


async def fetch_again(tx: Tx, viewer: Viewer, attachment_id: UUID) -> asyncpg.Record:
    """Makes a failed or waiting file due now, with all its tries before it; its row as `visible_attachment` gives it.

    Raises:
        NotFound: no such file, or its conversation is hidden from the viewer.
        Conflict: `media_not_fetchable`: it is here, is kept nowhere, or never was at a provider.
    """
    row = await visible_attachment(tx, viewer, attachment_id)
    if row is None:
        raise NotFound
    changed = await tx.execute(
        "update attachment set state = 'pending', attempts = 0, failure = null, next_attempt_at = now()"
        " where tenant_id = $1 and id = $2 and state in ('failed', 'pending') and coalesce(provider_media_id, '') <> ''",
        tx.tenant_id,
        attachment_id,
    )
    if changed == "UPDATE 0":
        raise Conflict("media_not_fetchable")
    if row["state"] == "failed":
        await tx.execute(
            "update message set version = version + 1 where tenant_id = $1 and id = $2", tx.tenant_id, row["message_id"]
        )
        tx.emit(MessageChanged(conversation_id=row["conversation_id"], message_id=row["message_id"]))
    tx.wake("media")
    again = await visible_attachment(tx, viewer, attachment_id)
    assert again is not None
    return again
