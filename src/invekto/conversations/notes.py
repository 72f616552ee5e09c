"""What colleagues tell each other in a thread. A note never leaves the firm and does not answer the contact."""

from __future__ import annotations

from uuid import UUID

from invekto.conversations.idempotency import append_keyed, content_hash, earlier_line
from invekto.conversations.thread import Line, lock_conversation
from invekto.kernel.tx import Tx


async def add_note(tx: Tx, conversation_id: UUID, text: str, *, client_id: str) -> UUID:
    """Adds a note of the actor's; with the same key and text gives the one that is there.

    Raises:
        NotFound: no such conversation.
        Conflict: `idempotency_key_reused`.
    """
    await lock_conversation(tx, conversation_id)
    hashed = content_hash(tx, conversation_id, "note", text)
    if (earlier := await earlier_line(tx, client_id, hashed)) is not None:
        return earlier
    line = Line(
        direction="internal",
        type="note",
        text=text,
        author_kind="user",
        author_id=tx.actor.id,
        client_id=client_id,
        client_hash=hashed,
    )
    return (await append_keyed(tx, conversation_id, line)).id
