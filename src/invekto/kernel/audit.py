"""The audit trail: who did what to which row. Written only through `Tx.emit`, never by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from invekto.kernel.events import Event
from invekto.kernel.ids import uuid7

if TYPE_CHECKING:
    from invekto.kernel.tx import Actor


_INSERT = """
insert into audit_entry (tenant_id, id, action, actor_kind, actor_id, entity_kind, entity_id, fields, address,
                         request_id, created_at)
select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::jsonb[],
                         $9::text[], $10::text[], $11::timestamptz[])
"""


def insert_audit(tenant_id: UUID, actor: Actor, events: Sequence[Event], now: datetime) -> tuple[Any, ...]:
    """The statement and its arguments that write one entry per audited event."""
    many = len(events)
    return (
        _INSERT,
        tenant_id,
        [uuid7() for _ in events],
        [event.kind for event in events],
        [actor.kind] * many,
        [actor.id] * many,
        [event.kind.partition(".")[0] for event in events],
        [event.entity_id or event.message_id or event.conversation_id for event in events],
        [json.dumps(event.detail or {}) for event in events],
        [actor.address] * many,
        [actor.request_id] * many,
        [now] * many,
    )
