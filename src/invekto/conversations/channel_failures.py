"""What could not be sent by a channel lately: belongs to its health, and lies in messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from invekto.conversations.models import Message
from invekto.kernel.tx import Tx

LATELY: Final = timedelta(hours=24)
_UNNAMED: Final = "unknown"


async def failures_of(tx: Tx, channel_id: UUID) -> list[tuple[str, int]]:
    """Messages of the last LATELY that failed, counted by error code, the most frequent first. Index: message_failed_idx."""
    code = func.coalesce(Message.error_code, _UNNAMED)
    rows = await tx.session.execute(
        select(code, func.count())
        .where(
            Message.tenant_id == tx.tenant_id,
            Message.channel_id == channel_id,
            Message.status == "failed",
            Message.created_at > tx.now - LATELY,
        )
        .group_by(code)
        .order_by(func.count().desc(), code)
    )
    return [(str(name), int(count)) for name, count in rows]
