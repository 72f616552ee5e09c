"""The same send asked for twice is one line. A client's key is unique in its tenant and bound to what it was used for."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

import asyncpg

from invekto.conversations.thread import Appended, Line, append_line
from invekto.kernel.errors import Conflict
from invekto.kernel.tx import Tx


def content_hash(tx: Tx, conversation_id: UUID, *parts: str | None) -> bytes:
    """What a key stands for: who, where, and the content's parts in a fixed order."""
    canonical = json.dumps([str(tx.actor.id), str(conversation_id), *parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()


async def earlier_line(tx: Tx, client_id: str, hashed: bytes) -> UUID | None:
    """The message this key has made before. Conflict `idempotency_key_reused` when it was another one.

    Asked under the conversation's lock. Index: (tenant_id, client_id).
    """
    row = await tx.fetchrow(
        "select id, client_hash from message where tenant_id = $1 and client_id = $2", tx.tenant_id, client_id
    )
    if row is None:
        return None
    if row["client_hash"] != hashed:
        raise Conflict("idempotency_key_reused")
    found: UUID = row["id"]
    return found


async def append_keyed(tx: Tx, conversation_id: UUID, line: Line) -> Appended:
    """Adds a line that carries a client's key. Conflict `idempotency_key_reused` when the key was used at the same moment in
    another conversation: its row was not there when we looked."""
    try:
        return await append_line(tx, conversation_id, line)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "message_tenant_id_client_id_key":
            raise
        raise Conflict("idempotency_key_reused") from error
