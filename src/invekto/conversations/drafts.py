"""What somebody has begun to write, kept per user and conversation, so that it follows them to another device."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from invekto.conversations.queries import Viewer, is_visible
from invekto.kernel.errors import NotFound
from invekto.kernel.tx import Tx


async def save_draft(tx: Tx, viewer: Viewer, conversation_id: UUID, kind: Literal["reply", "note"], text: str) -> None:
    """Replaces the viewer's draft; an empty text deletes it. NotFound when the conversation is hidden."""
    if not await is_visible(tx, viewer, conversation_id):
        raise NotFound
    if not text:
        await tx.execute(
            "delete from draft where tenant_id = $1 and conversation_id = $2 and user_id = $3",
            tx.tenant_id,
            conversation_id,
            viewer.user_id,
        )
        return
    await tx.execute(
        """
        insert into draft (tenant_id, conversation_id, user_id, kind, text, updated_at)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (tenant_id, conversation_id, user_id) do update
           set kind = excluded.kind, text = excluded.text, updated_at = excluded.updated_at
        """,
        tx.tenant_id,
        conversation_id,
        viewer.user_id,
        kind,
        text,
        tx.now,
    )
